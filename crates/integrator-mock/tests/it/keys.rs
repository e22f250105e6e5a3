//! Idempotency keys and credentials, as the provider's facts have them.

use integrator_core::{
    Provider,
    provider::{ErrorCode, Idempotency, RecoveryFact, Scheme},
};
use integrator_mock::{Fault, Mock};

use crate::client::{CREATE_CUSTOMER, GET_CUSTOMER, STRIPE, send};

static KEYED: Provider = Provider {
    idempotency: Some(Idempotency {
        header: "idempotency-key",
        max_length: 10,
        replayed_header: Some("idempotent-replayed"),
    }),
    scope_headers: &["stripe-account"],
    errors: integrator_core::provider::ErrorFacts {
        codes: &[ErrorCode {
            code: "idempotency_error",
            status: 400,
            recovery: RecoveryFact::FixRequest,
            meaning: "",
        }],
        ..integrator_core::provider::ErrorFacts::DEFAULT
    },
    ..STRIPE_FACTS
};
const STRIPE_FACTS: Provider = Provider {
    name: "stripe",
    operations: &[&CREATE_CUSTOMER, &GET_CUSTOMER],
    ..Provider::DEFAULT
};
static BY_HEADER: Provider = Provider {
    scheme: Scheme::Header("x-api-key"),
    ..STRIPE_FACTS
};

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

fn keyed(key: &str) -> String {
    format!("{FORM}idempotency-key: {key}\r\n")
}

#[tokio::test]
async fn a_key_brings_the_first_answer_back() {
    let mock = Mock::start(&KEYED).await.unwrap();
    let create =
        async |headers: String, body: &str| send(&mock, "POST", "/v1/customers", &headers, body).await.unwrap();
    let first = create(keyed("k1"), "name=ada").await;
    assert_eq!((first.status, first.header("idempotent-replayed")), (200, None));
    let again = create(keyed("k1"), "name=ada").await;
    assert_eq!((again.status, again.header("idempotent-replayed")), (200, Some("true")));
    assert_eq!(again.json(), first.json());
    assert_ne!(
        create(keyed("k2"), "name=ada").await.json(),
        first.json(),
        "another key is another call"
    );
    let elsewhere = format!("{}stripe-account: acct_1\r\n", keyed("k1"));
    assert_eq!(create(elsewhere, "name=ada").await.header("idempotent-replayed"), None);

    let refused = create(keyed("k1"), "name=grace").await;
    assert_eq!(
        (refused.status, refused.json()["error"]["code"].as_str()),
        (400, Some("idempotency_error"))
    );
    assert_eq!(
        create(keyed("k1"), "name=ada").await.json(),
        first.json(),
        "a refusal changes nothing"
    );
    assert_eq!(create(keyed("k-that-is-too-long"), "").await.status, 400);
    mock.reset();
    assert_eq!(create(keyed("k1"), "name=grace").await.status, 200);
}

#[tokio::test]
async fn a_repeat_finds_what_was_done_when_the_answer_was_lost() {
    let mock = Mock::builder(&KEYED).stateful().start().await.unwrap();
    mock.on(&CREATE_CUSTOMER)
        .fail(Fault::status(503))
        .fail(Fault::reset_after_read());
    let create = || send(&mock, "POST", "/v1/customers", &KEY, "name=ada");
    static KEY: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| keyed("k1"));
    assert_eq!(create().await.unwrap().status, 503);
    assert!(
        mock.stored("/v1/customers").is_empty(),
        "a fault that answers did nothing"
    );
    create().await.unwrap_err();
    assert_eq!(
        mock.stored("/v1/customers").len(),
        1,
        "it was done, only the answer is lost"
    );
    let again = create().await.unwrap();
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    assert_eq!(mock.stored("/v1/customers"), [again.json()]);
}

#[tokio::test]
async fn a_request_without_credential_is_refused_when_asked() {
    for (provider, header) in [(&STRIPE, "authorization: Bearer sk"), (&BY_HEADER, "x-api-key: k")] {
        let mock = Mock::builder(provider).authenticated().start().await.unwrap();
        let get = async |headers: &str| {
            send(&mock, "GET", "/v1/customers/cus_1", headers, "")
                .await
                .unwrap()
                .status
        };
        assert_eq!(get("").await, 401);
        assert_eq!(get("authorization: Bearer \r\n").await, 401);
        assert_eq!(get(&format!("{header}\r\n")).await, 200);
    }
}
