//! Requests, answers, errors and events held against the contract: what drifts is heard of, and what fits passes.

use std::time::Duration;

use integrator_contract as contract;
use integrator_core::operation::{Answer, Method};
use integrator_core::testing::Spans;
use integrator_core::{Client, Credential, ErrorKind, Provider, Value, json};
use integrator_mock::{Fault, Mock, StreamEvent};
use integrator_stripe::op;

const KEY: &str = "sk_test_1";

async fn stripe() -> Mock {
    Mock::start(integrator_stripe::PROVIDER).await.expect("a port is free")
}

fn client(mock: &Mock, check: contract::Check) -> integrator_stripe::Client {
    let builder = integrator_stripe::Client::builder().base_url(mock.url());
    let client = builder.credential(Credential::bearer(KEY)).validate(check).build();
    client.expect("the settings are right")
}

/// A customer whose email became a number and whose balance is gone.
fn drifted() -> Value {
    json!({"id": "cus_1", "object": "customer", "created": 1, "livemode": false, "email": 7, "metadata": {}})
}

#[tokio::test]
async fn a_drifted_answer_is_an_event_once_and_the_call_goes_on() {
    let mock = stripe().await;
    mock.on(&op::customers::LIST).answer(json!({
        "object": "list", "url": "/v1/customers", "has_more": false, "data": [drifted(), drifted()],
    }));
    let client = client(&mock, contract::report(integrator_stripe::PROVIDER));
    let (spans, _guard) = Spans::capture();
    for _ in 0..2 {
        // The generated type is as strict as it has to be and no stricter; the event comes either way.
        let _ = client.customers().list().raw().send().await.unwrap();
    }
    let text = spans.text();
    let events: Vec<&str> = text.lines().filter(|line| line.contains("differs from")).collect();
    let email: Vec<&&str> = events.iter().filter(|line| line.contains("/email")).collect();
    assert_eq!(email.len(), 1, "{text}");
    assert!(
        email[0].contains("path=/data/0/email") && email[0].contains("customers.list"),
        "{email:?}"
    );
    assert!(!text.contains(KEY));
}

#[tokio::test]
async fn an_enforced_contract_ends_the_call_on_a_drifted_answer_and_names_every_place() {
    let mock = stripe().await;
    mock.on(&op::customers::RETRIEVE).answer(drifted());
    let client = client(&mock, contract::enforce(integrator_stripe::PROVIDER));
    let error = client.customers().retrieve("cus_1").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contract);
    let paths: Vec<&str> = error
        .violations()
        .iter()
        .map(|violation| violation.path.as_str())
        .collect();
    assert!(paths.contains(&"/email"), "{error}: {paths:?}");
    assert_eq!(mock.received().len(), 1, "it is not repeated");
    assert!(error.to_string().contains("body /email"), "{error}");
}

#[tokio::test]
async fn an_enforced_contract_keeps_a_wrong_request_back() {
    let mock = stripe().await;
    let client = client(&mock, contract::enforce(integrator_stripe::PROVIDER));
    let error = client
        .customers()
        .create()
        .set("emial", json!("ada@example.com"))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    assert!(error.to_string().contains("did you mean `email`?"), "{error}");
    assert!(mock.received().is_empty());
    // Where it is reported, the provider decides; this one refuses as well.
    let reporting = self::client(&mock, contract::report(integrator_stripe::PROVIDER));
    let (spans, _guard) = Spans::capture();
    let call = reporting.customers().create().set("emial", json!("ada@example.com"));
    call.send().await.unwrap_err();
    assert_eq!(mock.received().len(), 1);
    assert!(spans.text().contains("request differs"), "{}", spans.text());
}

#[test]
fn a_provider_without_a_contract_is_refused_when_the_client_is_built() {
    static NOBODY: Provider = Provider {
        name: "nobody",
        base_url: Some("https://nobody.test"),
        ..Provider::DEFAULT
    };
    let builder = Client::builder(&NOBODY).credential(Credential::bearer(KEY));
    let error = builder.validate(contract::report(&NOBODY)).build().unwrap_err();
    assert!(error.to_string().contains("a contract named `nobody`"), "{error}");
}

/// Nothing is found where nothing is wrong: whatever an operation without arguments is answered by a simulator that goes
/// by the same contract fits it, headers that are attached late included.
#[tokio::test]
async fn what_fits_passes_for_every_provider() {
    let mut all = 0;
    for provider in [
        integrator_anthropic::PROVIDER,
        integrator_calendly::PROVIDER,
        integrator_close::PROVIDER,
        integrator_directus::PROVIDER,
        integrator_openai::PROVIDER,
        integrator_stripe::PROVIDER,
    ] {
        let mock = Mock::start(provider).await.expect("a port is free");
        let builder = Client::builder(provider).base_url(mock.url());
        let mut builder = builder.credential(Credential::bearer(KEY));
        for key in provider.keys {
            builder = builder.key(key.name, Credential::bearer(KEY));
        }
        let client: Client = builder
            .validate(contract::enforce(provider))
            .deadline(Duration::from_secs(60))
            .build()
            .expect("the settings are right");
        // Of several operations at one address, a simulator answers as one of them.
        let address = |path: &'static str| path.split('?').next();
        let is_alone = |path: &'static str| {
            let same = provider
                .operations
                .iter()
                .filter(|other| address(other.path) == address(path));
            same.filter(|other| other.method == Method::Get).count() == 1
        };
        let simple = provider.operations.iter().filter(|operation| {
            operation.method == Method::Get
                && operation.answer == Answer::Json
                && is_alone(operation.path)
                // A simulator ends lists as the client pages, whatever the schema requires besides.
                && operation.paging.is_none()
                && operation.arguments.iter().all(|argument| !argument.required)
        });
        let mut called = 0;
        for operation in simple.take(25) {
            let call = client.call::<Value>(operation);
            if let Err(error) = call.send().await {
                panic!("{}: {error}: {:?}", operation.name, error.violations());
            }
            called += 1;
        }
        assert!(called >= 1, "{}: {called}", provider.name);
        all += called;
    }
    assert!(all >= 40, "{all}");
}

/// A refusal of Stripe's whose message became a number.
fn refused() -> Fault {
    Fault::status(404).with_json(json!({"error": {"type": "invalid_request_error", "message": 7}}))
}

#[tokio::test]
async fn an_error_answer_that_drifted_stays_the_error_that_it_is_and_says_so() {
    let mock = stripe().await;
    let enforcing = client(&mock, contract::enforce(integrator_stripe::PROVIDER));
    mock.fail(refused());
    let error = enforcing.customers().retrieve("cus_1").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    let paths: Vec<&str> = error
        .violations()
        .iter()
        .map(|violation| violation.path.as_str())
        .collect();
    assert_eq!(paths, ["/error/message"]);

    let reporting = client(&mock, contract::report(integrator_stripe::PROVIDER));
    let (spans, _guard) = Spans::capture();
    for _ in 0..2 {
        mock.fail(refused());
        let error = reporting.customers().retrieve("cus_1").send().await.unwrap_err();
        assert_eq!((error.kind(), error.violations().len()), (ErrorKind::NotFound, 0));
    }
    assert_eq!(
        spans.text().matches("error answer differs").count(),
        1,
        "{}",
        spans.text()
    );
}

#[tokio::test]
async fn an_error_answer_that_fits_or_that_no_document_speaks_of_is_none_the_worse() {
    let mock = stripe().await;
    let enforcing = client(&mock, contract::enforce(integrator_stripe::PROVIDER));
    mock.fail(Fault::status(404).with_json(json!({"error": {"type": "invalid_request_error", "message": "gone"}})));
    let error = enforcing.customers().retrieve("cus_1").send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.violations().len()),
        (ErrorKind::NotFound, 0),
        "{:?}",
        error.violations()
    );

    // This document lists a 200 and nothing else.
    let mock = Mock::start(integrator_openai::PROVIDER).await.unwrap();
    let builder = integrator_openai::Client::builder()
        .base_url(mock.url())
        .credential(Credential::bearer(KEY));
    let client = builder
        .validate(contract::enforce(integrator_openai::PROVIDER))
        .build()
        .unwrap();
    mock.fail(Fault::html(404));
    let error = client.models().retrieve("m").send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.violations().len()),
        (ErrorKind::NotFound, 0),
        "{:?}",
        error.violations()
    );
}

fn chunk(content: &Value) -> StreamEvent {
    StreamEvent::json(json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [{"index": 0, "finish_reason": null, "delta": {"content": content}}],
    }))
}

#[tokio::test]
async fn an_event_that_drifted_is_an_error_in_its_place_and_the_stream_goes_on() {
    let mock = Mock::start(integrator_openai::PROVIDER).await.unwrap();
    let events = || {
        [
            chunk(&json!("a")),
            chunk(&json!(7)),
            chunk(&json!("b")),
            StreamEvent::text("[DONE]"),
        ]
    };
    mock.on(&integrator_openai::op::chat::completions::CREATE)
        .stream(events());
    let client = |check| {
        let builder = integrator_openai::Client::builder()
            .base_url(mock.url())
            .credential(Credential::bearer(KEY));
        builder.validate(check).build().unwrap()
    };
    let stream = async |check| {
        let said = json!([{"role": "user", "content": "hi"}]);
        let call = client(check)
            .chat()
            .completions()
            .create()
            .model("m")
            .set("messages", said);
        call.raw().stream::<Value>().await.unwrap()
    };
    let mut events = stream(contract::enforce(integrator_openai::PROVIDER)).await;
    let mut seen = Vec::new();
    while let Some(event) = events.next().await {
        seen.push(match event {
            Ok(event) => event["choices"][0]["delta"]["content"].as_str().unwrap().to_owned(),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Contract);
                error.violations()[0].path.clone()
            }
        });
    }
    assert_eq!(seen, ["a", "/choices/0/delta/content", "b"]);

    let (spans, _guard) = Spans::capture();
    let mut events = stream(contract::report(integrator_openai::PROVIDER)).await;
    while let Some(event) = events.next().await {
        event.unwrap();
    }
    assert_eq!(spans.text().matches("event differs").count(), 1, "{}", spans.text());
}

/// The document of this provider declares its streams outside of its answers.
#[tokio::test]
async fn events_of_a_stream_that_is_declared_elsewhere_are_held_too() {
    let mock = Mock::start(integrator_anthropic::PROVIDER).await.unwrap();
    let key = Credential::header("x-api-key", KEY);
    let builder = integrator_anthropic::Client::builder()
        .base_url(mock.url())
        .credential(key);
    let client = builder
        .validate(contract::enforce(integrator_anthropic::PROVIDER))
        .build()
        .unwrap();
    let call = || {
        let said = [integrator_anthropic::types::InputMessage::new("one two", "user")];
        client.messages().create().model("m").max_tokens(9).messages(said)
    };
    let mut events = call().raw().stream::<Value>().await.unwrap();
    let mut count = 0;
    while let Some(event) = events.next().await {
        event.unwrap();
        count += 1;
    }
    assert_eq!(count, 7, "what the simulator says fits");
    let delta = json!({"type": "content_block_delta", "index": "first", "delta": {"type": "text_delta", "text": "a"}});
    mock.on(&integrator_anthropic::op::messages::CREATE)
        .stream([StreamEvent::json(delta).named("content_block_delta")]);
    let mut events = call().raw().stream::<Value>().await.unwrap();
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contract);
    assert!(
        error.violations().iter().any(|violation| violation.path == "/index"),
        "{:?}",
        error.violations()
    );
}
