//! What an error says of every kind of answer.

use serde_json::json;

use crate::operation::Operation;
use crate::testing::Scripted;
use crate::testing::acme::{self, CREATE, LAUNCH, RETRIEVE, RICH};
use crate::wire::Map;
use crate::{Error, ErrorKind, Recovery, RequestOptions, Retry, Value};

async fn error(operation: &'static Operation, answer: Scripted) -> Error {
    let (builder, _) = acme::scripted(&RICH, [answer]);
    let call = acme::call(&builder.build().unwrap(), operation);
    call.with(RequestOptions::new().retry(Retry::never()))
        .send()
        .await
        .unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_typed_body_is_read_and_kept() {
    let body = json!({"error": {"code": "account_closed", "message": "Closed on Monday.", "param": "id"}});
    let answer = Scripted::status(403).header("request-id", "req_1").with_json(&body);
    let error = error(&RETRIEVE, answer).await;
    assert_eq!(error.status().map(|status| status.as_u16()), Some(403));
    assert_eq!(error.code(), Some("account_closed"));
    assert_eq!(error.message(), Some("Closed on Monday."));
    assert_eq!(error.request_id(), Some("req_1"));
    assert!(error.is_auth() && !error.is_not_found());
    assert_eq!(
        error.recovery(),
        Recovery::ContactProvider,
        "the provider's table goes first"
    );
    assert_eq!(error.body::<Map<Value>>().unwrap().get("error").unwrap()["param"], "id");
    assert_eq!(
        error.operation().map(|operation| operation.name),
        Some("things.retrieve")
    );
    assert_eq!(
        error.attempts().last().and_then(crate::Attempt::request_id),
        Some("req_1")
    );
    assert_eq!(
        error.to_string(),
        "call acme things.retrieve: not allowed (status 403, code account_closed, request req_1)"
    );
}

#[tokio::test(start_paused = true)]
async fn any_body_at_all_is_tolerated() {
    let bodies: [fn(Scripted) -> Scripted; 5] = [
        |answer| answer,
        |answer| {
            answer
                .header("content-type", "text/html")
                .chunk("<html>Bad gateway</html>")
        },
        |answer| answer.with_json(&json!({"error": {"code": "a"}})).cut(),
        |answer| answer.chunk(r#"{"error": {"code": "a""#).cut(),
        |answer| answer.chunk([0xff_u8, 0xfe].to_vec()),
    ];
    for body in bodies {
        let error = error(&RETRIEVE, body(Scripted::status(502))).await;
        assert_eq!(
            (error.kind(), error.status().map(|s| s.as_u16())),
            (ErrorKind::Server, Some(502))
        );
    }
    let huge = Scripted::status(500)
        .chunk(vec![b'x'; 1024 * 1024])
        .chunk(vec![b'x'; 10]);
    assert_eq!(error(&RETRIEVE, huge).await.body_bytes().len(), 1024 * 1024);
}

#[tokio::test(start_paused = true)]
async fn an_unreadable_success_names_the_place_and_keeps_the_bytes() {
    let (builder, _) = acme::scripted(&RICH, [Scripted::json(&json!({"id": 1})).header("request-id", "req_1")]);
    let call = acme::call(&builder.build().unwrap(), &CREATE).answering::<Map<String>>();
    let error = call.send().await.unwrap_err();
    assert!(error.is_decode());
    assert!(error.to_string().contains("`id`"), "{error}");
    assert_eq!(
        (error.request_id(), error.body_bytes()),
        (Some("req_1"), &br#"{"id":1}"#[..])
    );
    assert_eq!(error.recovery(), Recovery::CheckOutcome, "it was done");
    assert!(error.idempotency_key().is_some());
}

#[tokio::test(start_paused = true)]
async fn recovery_says_what_to_do() {
    let quota = || Scripted::status(429).with_json(&json!({"error": {"code": "insufficient_quota"}}));
    let cases: [(&'static Operation, Scripted, Recovery); 11] = [
        (&CREATE, Scripted::reset(), Recovery::RetryLater(None)),
        (&RETRIEVE, Scripted::status(401), Recovery::Reauthenticate),
        (&RETRIEVE, Scripted::status(422), Recovery::FixRequest),
        (&RETRIEVE, quota(), Recovery::RaiseQuota),
        (&RETRIEVE, Scripted::status(500), Recovery::RetryLater(None)),
        (&RETRIEVE, Scripted::reset(), Recovery::RetryLater(None)),
        (&RETRIEVE, Scripted::bad_certificate(), Recovery::FixRequest),
        (&LAUNCH, Scripted::reset(), Recovery::CheckOutcome),
        (&LAUNCH, Scripted::status(500), Recovery::CheckOutcome),
        (&LAUNCH, Scripted::status(503), Recovery::RetryLater(None)),
        (&LAUNCH, Scripted::not_sent(), Recovery::RetryLater(None)),
    ];
    for (operation, answer, recovery) in cases {
        let error = error(operation, answer).await;
        assert_eq!(error.recovery(), recovery, "{error:?}");
    }
}

#[test]
fn an_error_fits_in_a_word() {
    assert_eq!(size_of::<Error>(), size_of::<usize>());
}
