//! What a failed call says: kind, code, message, request id, recovery; and what it keeps to itself.

use integrator_core::testing::Scripted;
use integrator_core::{Error, ErrorKind, Recovery, RequestOptions, Retry, Value, json};

use crate::support::{self, PROVIDERS};

/// The error of a Stripe call, sent once.
async fn stripe(answer: Scripted) -> Error {
    let (client, _) = support::stripe([answer]);
    let once = RequestOptions::new().retry(Retry::never());
    let call = client.customers().retrieve("cus_secret");
    call.with(once).raw().send().await.unwrap_err()
}

/// The error of a Calendly call, sent once.
async fn calendly(answer: Scripted) -> Error {
    let (client, _) = support::calendly([answer]);
    let once = RequestOptions::new().retry(Retry::never());
    let call = client.scheduled_events().retrieve("secret");
    call.with(once).raw().send().await.unwrap_err()
}

#[tokio::test(start_paused = true)]
async fn a_typed_error_of_stripe() {
    let body = json!({"error": {
        "type": "card_error", "code": "card_declined", "decline_code": "do_not_honor",
        "message": "Declined for cus_secret.", "param": "source",
    }});
    let answer = Scripted::status(402).with_json(&body).header("request-id", "req_9");
    let error = stripe(answer).await;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.code(), Some("card_declined"));
    assert_eq!(error.message(), Some("Declined for cus_secret."));
    assert_eq!(error.request_id(), Some("req_9"));
    assert_eq!(error.recovery(), Recovery::FixRequest);
    assert_eq!(error.body::<Value>().unwrap()["error"]["decline_code"], "do_not_honor");
    assert_eq!(
        error.to_string(),
        "call stripe customers.retrieve: the provider does not accept the request \
         (status 402, code card_declined, request req_9)"
    );
    let typed = error.body::<integrator_stripe::types::Error>().unwrap();
    assert_eq!(typed.error.decline_code.as_deref(), Some("do_not_honor"));
}

#[tokio::test(start_paused = true)]
async fn an_error_of_stripe_without_a_code_has_its_type() {
    let body = json!({"error": {"type": "api_error", "message": "Oh."}});
    let error = stripe(Scripted::status(500).with_json(&body)).await;
    assert_eq!((error.kind(), error.code()), (ErrorKind::Server, Some("api_error")));
    assert_eq!(error.recovery(), Recovery::RetryLater(None));
}

#[tokio::test(start_paused = true)]
async fn a_typed_error_of_calendly() {
    let body = json!({
        "title": "Invalid Argument", "message": "The supplied parameters are invalid.",
        "details": [{"parameter": "uuid", "message": "secret is no uuid"}],
    });
    let answer = Scripted::status(400).with_json(&body).header("x-request-id", "7f-1");
    let error = calendly(answer).await;
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert_eq!(error.code(), Some("Invalid Argument"));
    assert_eq!(error.message(), Some("The supplied parameters are invalid."));
    assert_eq!(error.request_id(), Some("7f-1"));
    assert_eq!(error.recovery(), Recovery::FixRequest);
    let shown = error.to_string();
    assert!(
        shown.contains("status 400") && shown.contains("request 7f-1"),
        "{shown}"
    );
    assert!(!shown.contains("secret"), "{shown}");
}

/// Anything may stand where an error should.
#[tokio::test(start_paused = true)]
async fn bodies_that_are_no_error_documents() {
    let typed = "{\"error\":{\"code\":\"rate_limit\"},\"title\":\"Busy\"}";
    let bodies: [(&str, &str); 7] = [
        ("text/html", "<html><body>503 Service Unavailable secret</body></html>"),
        ("text/plain", ""),
        ("application/json", ""),
        ("application/json", "{\"error\":{\"code\":\"rate_li"),
        ("application/json", "[1, null, {}]"),
        ("application/json", "{\"error\":null,\"title\":{},\"message\":[]}"),
        ("application/json", "{\"error\":\"secret\"}"),
    ];
    for (media_type, body) in bodies {
        let answer = || {
            let answer = Scripted::status(503).header("content-type", media_type);
            answer.header("request-id", "r").header("x-request-id", "r").chunk(body)
        };
        for error in [stripe(answer()).await, calendly(answer()).await] {
            assert_eq!(error.kind(), ErrorKind::Server, "{body}");
            assert_eq!((error.code(), error.message()), (None, None), "{body}");
            assert_eq!(error.request_id(), Some("r"));
            assert_eq!(error.body_bytes(), body.as_bytes());
            assert_eq!(error.recovery(), Recovery::RetryLater(None));
            let shown = format!("{error}{error:?}");
            assert!(shown.contains("503") && !shown.contains("secret"), "{shown}");
        }
    }
    // A body counts by what it is, whatever its media type says.
    let mislabelled = || Scripted::status(429).header("content-type", "text/html").chunk(typed);
    assert_eq!(stripe(mislabelled()).await.code(), Some("rate_limit"));
    assert_eq!(calendly(mislabelled()).await.code(), Some("Busy"));
}

#[tokio::test(start_paused = true)]
async fn an_error_body_that_breaks_off_is_still_an_answer() {
    let cut = || Scripted::status(404).chunk("{\"error\":{\"co").cut();
    for error in [stripe(cut()).await, calendly(cut()).await] {
        assert!(error.is_not_found(), "{error:?}");
        assert_eq!(error.code(), None);
        assert_eq!(error.body_bytes(), b"{\"error\":{\"co");
    }
}

#[tokio::test(start_paused = true)]
async fn a_success_that_is_no_document_is_an_error() {
    for body in ["<html>", "", "{\"id\":"] {
        let answer = || Scripted::status(200).chunk(body);
        let (client, _) = support::stripe([answer()]);
        let error = client.charges().retrieve("ch_1").send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        let (client, _) = support::calendly([answer()]);
        let error = client.users().me().send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
        assert_eq!(error.body_bytes(), body.as_bytes());
    }
}

/// Codes, kinds and recoveries of both providers, as `provider.toml` has them.
#[tokio::test(start_paused = true)]
async fn known_codes() {
    let mut table = String::new();
    for provider in PROVIDERS {
        for known in provider.errors.codes {
            let error = match provider.name {
                "stripe" => {
                    let body = json!({"error": {"code": known.code}});
                    stripe(Scripted::status(known.status).with_json(&body)).await
                }
                _ => {
                    let body = json!({"title": known.code});
                    calendly(Scripted::status(known.status).with_json(&body)).await
                }
            };
            assert_eq!(error.code(), Some(known.code));
            let (name, kind) = (provider.name, error.kind().as_str());
            let (status, recovery) = (known.status, error.recovery());
            table.push_str(&format!(
                "{name:<9} {status} {:<32} {kind:<16} {recovery:?}\n",
                known.code
            ));
        }
    }
    insta::assert_snapshot!(table);
}

#[tokio::test(start_paused = true)]
async fn what_is_missing_is_named_at_once_and_nothing_is_sent() {
    let (client, transport) = support::stripe([]);
    let error = client.payment_intents().create().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    let shown = error.to_string();
    assert!(shown.contains("`amount`") && shown.contains("`currency`"), "{shown}");
    let error = client.charges().retrieve("").send().await.unwrap_err();
    assert!(error.to_string().contains("`charge`"), "{error}");
    assert!(transport.received().is_empty());

    let (client, transport) = support::calendly([]);
    let call = client.scheduled_events().list().count(101);
    let error = call.send().await.unwrap_err();
    assert!(error.to_string().contains("`count`"), "{error}");
    let keyed = client.users().me().with("order-42").send().await.unwrap_err();
    assert!(keyed.to_string().contains("idempotency"), "{keyed}");
    assert!(transport.received().is_empty());
}
