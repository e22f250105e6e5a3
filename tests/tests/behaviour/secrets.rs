//! Canaries in every place that holds a secret: none of them may show in anything that is printed.

use std::error::Error as _;
use std::fmt::Write as _;

use integrator_core::testing::{Scripted, Spans, decode};
use integrator_core::{Credential, Error, RequestOptions, Retry, Value, json};
use integrator_stripe as stripe;

use crate::support::{self, fixture, scripted};

const CANARY: &str = "canary-4711";

/// Answers that hold the canary wherever a server could put one.
const ANSWERS: &[fn() -> Scripted] = &[
    || {
        Scripted::status(402)
            .with_json(&json!({"error": {"code": "x canary-4711", "message": CANARY, "param": CANARY}}))
    },
    || Scripted::status(400).with_json(&json!({"title": "no canary-4711", "message": CANARY, "details": [CANARY]})),
    || {
        Scripted::status(500)
            .header("x-internal", CANARY)
            .header("set-cookie", CANARY)
            .chunk(CANARY)
    },
    || {
        Scripted::status(200)
            .header("x-internal", CANARY)
            .chunk("\"canary-4711\"")
    },
    || Scripted::status(200).with_json(&json!({"id": CANARY, "canary-4711": {"canary-4711": 1}})),
    || Scripted::status(302).header("location", "https://h/?key=canary-4711"),
    || {
        Scripted::status(404)
            .header("request-id", "canary-4711 x")
            .header("x-request-id", "canary-4711 x")
    },
    Scripted::reset,
    Scripted::hang,
];

/// Everything that an error shows.
fn shown(error: &Error) -> String {
    let mut text = format!("{error}{error:?}{:?}", error.attempts());
    let mut source = error.source();
    while let Some(error) = source {
        let _ = write!(text, "{error}{error:?}");
        source = error.source();
    }
    text
}

fn options() -> RequestOptions {
    RequestOptions::new()
        .header("x-one", CANARY)
        .query("q", CANARY)
        .retry(Retry::never())
}

fn check(what: &str, text: &str) {
    assert!(!text.contains(CANARY), "{what}: {text}");
}

#[tokio::test(start_paused = true)]
async fn nothing_that_stripe_is_sent_or_answers_shows() {
    for answer in ANSWERS {
        for credential in [
            Credential::bearer(CANARY),
            Credential::basic(CANARY, CANARY),
            Credential::header("x-key", CANARY),
            Credential::query("key", CANARY),
        ] {
            let (spans, _guard) = Spans::capture();
            let (builder, _) = scripted(stripe::Client::builder(), [answer()]);
            let builder = builder.credential(credential).header("x-team", CANARY);
            check("builder", &format!("{builder:?}"));
            let client = builder.build().unwrap();
            check(
                "client",
                &format!("{client:?}{:?}{}", client.core(), client.core().pipeline().describe()),
            );
            let call = client
                .payment_methods()
                .create()
                .type_("card")
                .customer(CANARY)
                .metadata([(CANARY, CANARY)])
                .set("card", json!({"number": CANARY, "cvc": CANARY}))
                .set(CANARY, json!(CANARY))
                .with(options());
            check("call", &format!("{call:?}"));
            let call = call.raw();
            check("prepared", &format!("{call:?}{:?}", call.prepare().unwrap()));
            let sending = call.send();
            check("sending", &format!("{sending:?}"));
            if let Err(error) = sending.await {
                check("error", &shown(&error));
            }
            let text = spans.text();
            assert!(text.contains("otel.name=POST /v1/payment_methods"), "{text}");
            check("spans", &text);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_in_paths_queries_and_pages_shows() {
    for answer in ANSWERS {
        let (spans, _guard) = Spans::capture();
        let (client, transport) = support::stripe([answer()]);
        let call = client.payment_intents().retrieve(CANARY).client_secret(CANARY);
        let call = call.with(options());
        check("call", &format!("{call:?}"));
        if let Err(error) = call.raw().send().await {
            check("error", &shown(&error));
        }
        transport.push(answer());
        let mut items = client.charges().list().customer(CANARY).with(options()).items();
        let outcome = items.next().await;
        check("items", &format!("{items:?}"));
        if let Some(Err(error)) = outcome {
            check("error", &shown(&error));
        }
        check("spans", &spans.text());
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_that_calendly_is_sent_or_answers_shows() {
    for answer in ANSWERS {
        let (spans, _guard) = Spans::capture();
        let (builder, _) = scripted(integrator_calendly::Client::builder(), [answer()]);
        let client = builder.credential(Credential::bearer(CANARY)).build().unwrap();
        let call = client
            .webhook_subscriptions()
            .create()
            .url(format!("https://h/{CANARY}"))
            .events(["invitee.created"])
            .organization(CANARY)
            .scope("organization")
            .signing_key(CANARY)
            .with(options());
        check(
            "call",
            &format!("{client:?}{call:?}{:?}", call.clone().call().prepare().unwrap()),
        );
        if let Err(error) = call.raw().send().await {
            check("error", &shown(&error));
        }
        check("spans", &spans.text());
    }
}

/// Members that hold secrets are masked in what a type shows, whatever the type.
#[tokio::test(start_paused = true)]
async fn secret_members_of_answers_are_masked() {
    let secret = json!({
        "id": "we_1", "object": "webhook_endpoint", "created": 1, "enabled_events": [], "livemode": false,
        "metadata": {}, "status": "enabled", "url": "https://h/", "secret": CANARY,
    });
    let read: stripe::types::WebhookEndpoint = decode(secret.clone()).unwrap();
    assert_eq!(read.secret.as_deref(), Some(CANARY), "it is there for the program");
    check("answer", &format!("{read:?}{read:#?}"));

    let answer = Scripted::json(&secret).header("set-cookie", CANARY);
    let (client, _) = support::stripe([answer]);
    let response = client.webhook_endpoints().retrieve("we_1").send().await.unwrap();
    check("response", &format!("{response:?}"));

    let mut card = fixture("stripe", "charge");
    card["payment_intent"] = json!({"id": "pi_1", "client_secret": CANARY});
    let read: stripe::types::Charge = decode(card).unwrap();
    check("expandable", &format!("{read:?}"));
}

/// What a user prints of a value of any shape is masked on demand.
#[test]
fn bodies_are_masked_by_the_providers_list() {
    for provider in support::PROVIDERS {
        let members: serde_json::Map<String, Value> = provider
            .redact
            .iter()
            .map(|name| ((*name).to_owned(), json!([CANARY, {"deep": CANARY}])))
            .collect();
        assert!(!members.is_empty());
        let body = json!({"data": [members], "amount": 3}).to_string();
        let text = integrator_core::redact::body(provider, "application/json", body.as_bytes(), 10_000);
        check(provider.name, &text);
        assert!(text.contains("\"amount\":3"), "{text}");
    }
}
