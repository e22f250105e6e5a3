//! What a check sees, what it ends, and what it says once.

use std::time::Duration;

use serde_json::json;

use super::*;
use crate::testing::Spans;
use crate::testing::acme::{CREATE, DELETE, PLAIN, READ_FILE, RETRIEVE, SEND_FILE, WATCH, call, once, scripted, thing};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, Download, RequestOptions, Retry, Upload, Value};

/// Objects to every argument `bad` and to every answer that says so, and remembers what it saw.
#[derive(Debug, Clone)]
struct Picky {
    reaction: Reaction,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Validate for Picky {
    fn reaction(&self) -> Reaction {
        self.reaction
    }

    fn request(&self, operation: &'static Operation, request: &Outgoing<'_>) -> Vec<Violation> {
        let body = request.body.map(|body| String::from_utf8_lossy(body).into_owned());
        let shown = format!("{} {}?{} {body:?}", request.method, request.path, request.query);
        self.seen.lock().unwrap().push(format!("{} {shown}", operation.name));
        assert!(!request.headers.contains_key("authorization"));
        let is_bad = shown.contains("bad");
        is_bad
            .then(|| Violation::new("body", "/items/0/bad", "expected nothing"))
            .into_iter()
            .collect()
    }

    fn answer(&self, operation: &'static Operation, answer: &Incoming<'_>) -> Vec<Violation> {
        let body = String::from_utf8_lossy(answer.body).into_owned();
        self.seen
            .lock()
            .unwrap()
            .push(format!("{} {} {body}", operation.name, answer.status));
        let count = body.matches("drift").count();
        (0..count)
            .map(|at| Violation::new("body", format!("/items/{at}/name"), "expected text"))
            .collect()
    }
}

fn client(reaction: Reaction, script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport, Picky) {
    let picky = Picky {
        reaction,
        seen: Arc::default(),
    };
    let (builder, transport) = scripted(&PLAIN, script);
    let builder = builder.base_url("https://acme.test/api").validate(picky.clone());
    (builder.build().unwrap(), transport, picky)
}

fn drifted() -> Scripted {
    Scripted::json(&json!({"items": ["drift", "drift"]}))
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_wrong_is_not_sent() {
    let (client, transport, picky) = client(Reaction::Enforce, [thing()]);
    let error = call(&client, &CREATE).set("name", "bad").send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    assert_eq!(error.violations()[0].path, "/items/0/bad");
    let text = error.to_string();
    assert!(
        text.contains("acme things.create") && text.contains("body /items/0/bad: expected nothing"),
        "{text}"
    );
    assert!(!error.may_have_been_sent() && transport.received().is_empty());
    assert_eq!(
        *picky.seen.lock().unwrap(),
        ["things.create POST /things? Some(\"{\\\"name\\\":\\\"bad\\\"}\")"],
        "the path is the document's, without what the base URL adds"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_drifted_is_an_error_that_is_neither_repeated_nor_an_outage() {
    let (client, transport, _) = client(Reaction::Enforce, [drifted(), thing()]);
    let error = call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Contract);
    assert_eq!((error.violations().len(), error.attempts().len()), (2, 1));
    assert!(error.may_have_been_sent());
    assert_eq!(error.body::<Value>().unwrap()["items"][0], "drift");
    assert_eq!(transport.received().len(), 1);
    assert_eq!(client.circuits()[0].failures, 0);
    call(&client, &RETRIEVE).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_is_reported_is_reported_once_for_each_place_and_ends_nothing() {
    let (spans, _guard) = Spans::capture();
    let (client, _, _) = client(Reaction::Report, [drifted(), drifted(), drifted(), thing()]);
    for _ in 0..2 {
        call(&client, &RETRIEVE).send().await.unwrap();
    }
    call(&client, &DELETE).send().await.unwrap();
    call(&client, &CREATE).set("name", "bad").send().await.unwrap();
    let text = spans.text();
    assert_eq!(
        text.matches("answer differs from the provider's document").count(),
        2,
        "one for each of two operations: {text}"
    );
    assert_eq!(text.matches("request differs").count(), 1, "{text}");
    for field in [
        "path=/items/0/name",
        "expected=expected text",
        "operation=\"things.delete\"",
    ] {
        assert!(text.contains(field), "{field} in {text}");
    }
    assert!(!text.contains("drift"), "no value is repeated: {text}");
}

#[tokio::test(start_paused = true)]
async fn failures_uploads_streams_and_downloads_are_left_alone() {
    let event = "data: {\"drift\": 1}\n\n";
    let (client, _, picky) = client(
        Reaction::Enforce,
        [
            Scripted::status(404).with_json(&json!({"why": "drift"})),
            thing(),
            Scripted::status(200).chunk(event),
            Scripted::status(200).chunk("drift"),
        ],
    );
    let missing = call(&client, &RETRIEVE).send().await.unwrap_err();
    assert!(missing.is_not_found());
    let upload = Upload::stream("x.txt", Some(1), once("x"));
    client.call::<Value>(&SEND_FILE).upload(1, upload).send().await.unwrap();
    drop(call(&client, &WATCH).stream::<Value>().await.unwrap());
    let file = client.call::<Download>(&READ_FILE).set("id", "1");
    file.send().await.unwrap();
    let seen = picky.seen.lock().unwrap().join("\n");
    assert!(seen.contains("files.create POST /files? None"), "{seen}");
    assert_eq!(seen.matches(" 200 OK ").count(), 1, "{seen}");
}

#[cfg(feature = "cache-memory")]
#[tokio::test(start_paused = true)]
async fn an_answer_that_drifted_is_not_kept() {
    let picky = Picky {
        reaction: Reaction::Enforce,
        seen: Arc::default(),
    };
    let (builder, transport) = scripted(&PLAIN, [drifted(), thing()]);
    let cache = crate::Cache::memory(1 << 20).cache_for(&RETRIEVE, Duration::from_secs(60));
    let client = builder
        .cache(cache)
        .retry(Retry::never())
        .validate(picky.clone())
        .build()
        .unwrap();
    call(&client, &RETRIEVE).send().await.unwrap_err();
    for _ in 0..2 {
        call(&client, &RETRIEVE).send().await.unwrap();
    }
    assert_eq!(transport.received().len(), 2);
    let looked = picky
        .seen
        .lock()
        .unwrap()
        .iter()
        .filter(|line| line.contains("200 OK"))
        .count();
    assert_eq!(looked, 2, "what the cache answers was looked at when it came");
}

#[tokio::test(start_paused = true)]
async fn it_is_off_and_shows_when_it_is_not() {
    let (builder, _) = scripted(&PLAIN, [drifted()]);
    let off = builder.build().unwrap();
    call(&off, &RETRIEVE).send().await.unwrap();
    assert!(!off.pipeline().describe().to_string().contains("validate"));
    for (reaction, word) in [
        (Reaction::Report, "validate=report"),
        (Reaction::Enforce, "validate=enforce"),
    ] {
        let (client, ..) = client(reaction, []);
        assert!(client.pipeline().describe().to_string().contains(word));
    }
}

#[test]
fn one_that_cannot_be_used_is_refused() {
    #[derive(Debug)]
    struct Broken;

    impl Validate for Broken {
        fn reaction(&self) -> Reaction {
            Reaction::Report
        }

        fn request(&self, _: &'static Operation, _: &Outgoing<'_>) -> Vec<Violation> {
            Vec::new()
        }

        fn answer(&self, _: &'static Operation, _: &Incoming<'_>) -> Vec<Violation> {
            Vec::new()
        }

        fn fault(&self) -> Option<String> {
            Some("there is no contract".to_owned())
        }
    }
    let error = scripted(&PLAIN, []).0.validate(Broken).build().unwrap_err();
    assert!(error.to_string().contains("there is no contract"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_query_is_looked_at_and_a_page_that_the_provider_named_is_not() {
    let (client, _, picky) = client(Reaction::Enforce, [thing(), thing()]);
    let options = RequestOptions::new().query("verbose", "1");
    call(&client, &RETRIEVE).with(options).send().await.unwrap();
    let target = call(&client, &RETRIEVE).target("/api/things/1?bad=1".to_owned());
    target.send().await.unwrap();
    let seen = picky.seen.lock().unwrap();
    let requests: Vec<&String> = seen.iter().filter(|line| line.contains(" GET ")).collect();
    assert_eq!(requests, ["things.retrieve GET /things/1?verbose=1 Some(\"\")"]);
}
