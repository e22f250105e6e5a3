//! Streams from outside: how they begin, go on, end and break off.

#![allow(unreachable_pub, reason = "the macros make public types")]

use std::time::Duration;

use serde_json::{Value, json};

use crate::error::ErrorKind;
use crate::operation::{Answer, Body, Framing, Method, Repeat, Streaming};
use crate::provider::{ErrorCode, ErrorFacts, Provider, RecoveryFact, StreamFacts};
use crate::testing::acme::{self, PLAIN};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Accumulate, Accumulator, Client, Error, Events, RequestOptions};

crate::object! {
    pub struct Delta { 0 text: String = "text", }
}

crate::union! {
    pub enum Event { Delta(Delta): tag("type", "delta"), Last(Value): tag("type", "stop") }
}

crate::operation! {
    /// Talks.
    CHAT as ChatCall -> Value, stream Event {
        id: "CreateChat",
        name: "chats.create",
        method: Method::Post,
        path: "/chats",
        body: Body::Json,
        answer: Answer::Json,
        repeat: Repeat::Repeatable,
        stream: Some(Streaming { opening: &["start", "ping"], last: &["stop"], ..Streaming::DEFAULT }),
    }
    0 prompt: String = field("prompt").needed(),
    switch field("stream")
}

/// The same, as the other framings have it.
static NAMED: crate::Operation = crate::Operation {
    stream: Some(Streaming {
        framing: Framing::Named,
        switch: None,
        ..Streaming::DEFAULT
    }),
    ..CHAT
};
static LINES: crate::Operation = crate::Operation {
    answer: Answer::Bytes,
    stream: Some(Streaming {
        framing: Framing::Lines,
        switch: None,
        ..Streaming::DEFAULT
    }),
    ..CHAT
};
static ENDLESS: crate::Operation = crate::Operation {
    stream: Some(Streaming {
        switch: None,
        ..Streaming::DEFAULT
    }),
    ..CHAT
};
/// Ends behind some of its events.
static SESSION: crate::Operation = crate::Operation {
    stream: Some(Streaming {
        switch: None,
        closing: &["idle"],
        ..Streaming::DEFAULT
    }),
    ..CHAT
};
/// What is done twice is done twice.
static LAUNCH: crate::Operation = crate::Operation {
    repeat: Repeat::Unsafe,
    ..CHAT
};

static TALKER: Provider = Provider {
    stream: StreamFacts {
        done: Some("[DONE]"),
        error_type: Some("error"),
        error_member: Some("error"),
    },
    errors: ErrorFacts {
        code: &["error.type"],
        codes: &[ErrorCode {
            code: "overloaded_error",
            status: 529,
            recovery: RecoveryFact::RetryLater,
            meaning: "Too much is going on.",
        }],
        ..ErrorFacts::DEFAULT
    },
    ..PLAIN
};

const OVERLOADED: &str =
    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"busy\"}}\n\n";
const STOP: &str = "event: stop\ndata: {\"type\":\"stop\"}\n\n";

fn sse(chunks: &[&'static str]) -> Scripted {
    let answer = Scripted::status(200).header("content-type", "text/event-stream");
    chunks.iter().fold(answer, |answer, chunk| answer.chunk(*chunk))
}

fn client(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = acme::scripted(&TALKER, script);
    (builder.build().unwrap(), transport)
}

fn chat(client: &Client) -> ChatCall {
    ChatCall::new(client).prompt("hi")
}

async fn texts(mut events: Events<Event>) -> (Vec<String>, Option<Error>) {
    let mut texts = Vec::new();
    while let Some(event) = events.next().await {
        match event {
            Ok(Event::Delta(delta)) => texts.push(delta.text),
            Ok(Event::Last(_)) => texts.push("(last)".to_owned()),
            Ok(Event::Unlisted(raw)) => texts.push(raw.get().to_owned()),
            Err(error) => return (texts, Some(error)),
        }
    }
    assert!(events.next().await.is_none());
    (texts, None)
}

#[tokio::test]
async fn events_come_typed_and_unknown_ones_are_kept() {
    let (client, transport) = client([sse(&[
        ": hello\n\ndata: {\"type\":\"delta\",\"te",
        "xt\":\"a\"}\n\ndata: {\"type\":\"new\"}\r\n\r\n",
        STOP,
    ])]);
    let events = chat(&client).stream().await.unwrap();
    assert_eq!(events.status(), 200);
    assert_eq!(texts(events).await.0, ["a", "{\"type\":\"new\"}", "(last)"]);
    let sent = &transport.received()[0];
    assert_eq!(sent.headers["accept"], "text/event-stream");
    let body: Value = serde_json::from_slice(&sent.body).unwrap();
    assert_eq!(body, json!({"prompt": "hi", "stream": true}));
}

const A: &str = "data: {\"type\":\"delta\",\"text\":\"a\"}\n\n";
const B: &str = "id: 7\ndata: {\"type\":\"delta\",\"text\":\"b\"}\n\n";

fn kinds(error: &Error) -> (ErrorKind, Option<&str>) {
    (error.kind(), error.code())
}

#[tokio::test(start_paused = true)]
async fn a_failure_before_the_first_content_is_one_of_the_attempt() {
    let opened = "event: start\ndata: {\"type\":\"start\"}\n\nevent: ping\ndata: {}\n\n";
    for failure in [
        sse(&[OVERLOADED]),
        sse(&[opened, OVERLOADED]),
        sse(&["data: {\"error\":{\"type\":\"overloaded_error\"}}\n\n"]),
        Scripted::json(&json!({"error": {"type": "overloaded_error"}})),
    ] {
        let (client, transport) = client([failure, sse(&[opened, A, STOP])]);
        let events = chat(&client).stream().await.unwrap();
        let statuses: Vec<_> = events
            .attempts()
            .iter()
            .map(|attempt| attempt.status().unwrap().as_u16())
            .collect();
        assert_eq!(statuses, [529, 200]);
        assert_eq!(transport.received().len(), 2);
        assert_eq!(texts(events).await.0, ["{\"type\":\"start\"}", "{}", "a", "(last)"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_cut_before_the_first_content_is_no_answer() {
    for failure in [
        sse(&[]),
        sse(&["data: {\"ty"]).cut(),
        sse(&[": hello\n\n"]).cut(),
        sse(&["event: ping\ndata: {}\n\n"]),
    ] {
        let (client, transport) = client([failure, sse(&[A, STOP])]);
        let events = chat(&client).stream().await.unwrap();
        assert_eq!(events.attempts()[0].reason(), "no_answer");
        assert_eq!((texts(events).await.0.len(), transport.received().len()), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_be_done_twice_is_not_begun_again() {
    let (client, transport) = client([sse(&[OVERLOADED]), sse(&[A, STOP])]);
    let call = client.call::<Value>(&LAUNCH).set("prompt", "hi");
    let error = call.stream::<Event>().await.unwrap_err();
    assert_eq!(kinds(&error), (ErrorKind::Server, Some("overloaded_error")));
    assert_eq!((error.status().unwrap().as_u16(), error.message()), (529, Some("busy")));
    assert_eq!((error.attempts().len(), transport.left()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_repeated_after_the_first_content() {
    let cases = [
        (sse(&[A, B, OVERLOADED]), Some("overloaded_error"), "provider"),
        (sse(&[A, B]).cut(), None, "broken"),
        (sse(&[A, B, "data: {\"type\":"]), None, "short"),
        (sse(&[A, B]), None, "ended without its last event"),
    ];
    for (script, code, why) in cases {
        let (client, transport) = client([script, sse(&[A, STOP])]);
        let mut events = chat(&client).stream().await.unwrap();
        for text in ["a", "b"] {
            assert!(
                matches!(events.next().await, Some(Ok(Event::Delta(delta))) if delta.text == text),
                "{why}"
            );
        }
        let error = events.next().await.unwrap().unwrap_err();
        assert_eq!(kinds(&error), (ErrorKind::StreamInterrupted, code), "{why}");
        assert_eq!(
            (error.event_id(), events.last_event_id()),
            (Some("7"), Some("7")),
            "{why}"
        );
        assert_eq!(
            (error.status().unwrap().as_u16(), error.attempts().len()),
            (200, 1),
            "{why}"
        );
        assert!(
            error
                .to_string()
                .starts_with("call acme chats.create: the stream broke off"),
            "{error}"
        );
        assert!(events.next().await.is_none(), "{why}");
        assert_eq!(transport.left(), 1, "{why}");
    }
}

#[tokio::test]
async fn streams_end_as_their_provider_ends_them() {
    for end in [
        STOP,
        "data: [DONE]\n\n",
        "data: [DONE] \n\ndata: {\"type\":\"error\"}\n\n",
        "data: [DONE]",
    ] {
        let (client, _) = client([sse(&[A, end])]);
        let (texts, error) = texts(chat(&client).stream().await.unwrap()).await;
        assert_eq!(texts[0], "a");
        assert!(error.is_none(), "{end:?}: {error:?}");
    }
    // Where nothing marks the end, the end of the answer does.
    let (builder, _) = acme::scripted(&PLAIN, [sse(&[A])]);
    let client = builder.build().unwrap();
    let call = client.call::<Value>(&ENDLESS).set("prompt", "hi");
    assert_eq!(texts(call.stream().await.unwrap()).await.0, ["a"]);
}

#[tokio::test]
async fn an_answer_may_end_behind_a_closing_event_and_nowhere_else() {
    const IDLE: &str = "event: idle\ndata: {\"type\":\"idle\"}\n\n";
    const DONE: &str = "data: [DONE]\n\n";
    let cut = Some(ErrorKind::StreamInterrupted);
    for (chunks, count, expected) in [
        (&[A, IDLE][..], 2, None),
        (&[A, IDLE, A, IDLE], 4, None),
        (&[A, IDLE, A, DONE], 3, None),
        (&[A, IDLE, A], 3, cut),
        (&[A], 1, cut),
        (&[A, IDLE, "data: {\"type\":\"del"], 2, cut),
    ] {
        let (client, _) = client([sse(chunks)]);
        let call = client.call::<Value>(&SESSION).set("prompt", "hi");
        let (texts, error) = texts(call.stream().await.unwrap()).await;
        assert_eq!(
            (texts.len(), error.map(|error| error.kind())),
            (count, expected),
            "{chunks:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_with_the_first_content() {
    let (client, _) = client([sse(&[A, A, A, A, STOP]).gap(Duration::from_secs(50))]);
    let within = RequestOptions::new().timeout(Duration::from_secs(60));
    let events = chat(&client).with(within).stream().await.unwrap();
    assert_eq!(texts(events).await.0.len(), 5);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_covers_what_comes_before_the_first_content() {
    let (client, _) = client([sse(&["event: ping\ndata: {}\n\n"; 9]).gap(Duration::from_secs(50))]);
    let within = RequestOptions::new().timeout(Duration::from_secs(130));
    let error = chat(&client).with(within).stream().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Deadline);
}

#[tokio::test(start_paused = true)]
async fn a_silent_stream_is_given_up() {
    let (client, _) = client([sse(&[A]).silent()]);
    let (texts, error) = texts(chat(&client).stream().await.unwrap()).await;
    let error = error.unwrap();
    assert_eq!(
        (texts, error.kind(), error.is_timeout()),
        (vec!["a".to_owned()], ErrorKind::StreamInterrupted, true)
    );
}

#[tokio::test]
async fn an_event_that_cannot_be_read_does_not_end_the_stream() {
    let (client, _) = client([sse(&[A, "data: {\"type\":\"delta\",\"text\":[1]}\n\n", B, STOP])]);
    let mut events = chat(&client).stream().await.unwrap();
    assert!(events.next().await.unwrap().is_ok());
    let error = events.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.detail().contains("`text`"), "{error}");
    assert_eq!(error.body::<Value>().unwrap()["text"], json!([1]));
    assert_eq!(texts(events).await.0, ["b", "(last)"]);
}

#[tokio::test]
async fn an_event_that_is_too_large_ends_the_stream() {
    let (builder, _) = acme::scripted(
        &TALKER,
        [sse(&[A, "data: 0123456789", "0123456789", "0123456789", "0123456789"])],
    );
    let client = builder.max_answer(40).build().unwrap();
    let (texts, error) = texts(chat(&client).stream().await.unwrap()).await;
    assert_eq!((texts.len(), error.unwrap().kind()), (1, ErrorKind::TooLarge));
}

#[tokio::test]
async fn an_answer_that_is_no_stream_is_an_error_that_holds_it() {
    let page = Scripted::status(200)
        .header("content-type", "text/html; charset=utf-8")
        .chunk("<h1>hi</h1>");
    let (client, _) = client([page]);
    let error = chat(&client).stream().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.body_bytes()),
        (ErrorKind::Decode, &b"<h1>hi</h1>"[..])
    );
    let error = client
        .call::<Value>(&acme::CREATE)
        .set("name", "x")
        .stream::<Value>()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
}

#[tokio::test]
async fn what_looks_like_an_error_is_none() {
    let odd = "data: {\"type\":\"x\",\"error\":null,\"in\":{\"error\":1,\"type\":\"error\"},\"said\":\"error\"}\n\n";
    let (client, _) = client([sse(&[odd, STOP])]);
    let (texts, error) = texts(chat(&client).stream().await.unwrap()).await;
    assert_eq!(texts.len(), 2);
    assert!(error.is_none(), "{error:?}");
}

#[tokio::test]
async fn events_may_be_named_by_their_line() {
    let (client, _) = client([sse(&[
        "event: run.\"new\"\ndata: {\"id\":\"r\"}\n\nevent: done\ndata: [DONE]\n\n",
    ])]);
    let call = client.call::<Value>(&NAMED).set("prompt", "hi");
    let mut events = call.stream::<Value>().await.unwrap();
    let event = events.next().await.unwrap().unwrap();
    assert_eq!(event, json!({"event": "run.\"new\"", "data": {"id": "r"}}));
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_line_may_be_an_event() {
    let lines = Scripted::status(200)
        .header("content-type", "application/x-jsonl")
        .chunk("{\"text\":\"a\"}\r\n\n{\"te")
        .chunk("xt\":\"b\"}\n{\"text\":\"c\"}");
    let (client, transport) = client([lines]);
    let call = client.call::<Value>(&LINES).set("prompt", "hi");
    let mut events = call.stream::<Delta>().await.unwrap();
    let mut texts = Vec::new();
    while let Some(event) = events.next().await {
        texts.push(event.unwrap().text);
    }
    assert_eq!(texts, ["a", "b", "c"]);
    assert_eq!(transport.received()[0].headers["accept"], "*/*");
}

impl Accumulate for Event {
    type Message = String;

    fn add(message: &mut Value, event: Value) {
        if let Some(text) = event["text"].as_str() {
            *message = format!("{}{text}", message.as_str().unwrap_or_default()).into();
        }
    }
}

#[tokio::test]
async fn a_message_is_what_the_events_add_up_to() {
    let (client, _) = client([
        sse(&[A, B, STOP]),
        sse(&[A, B, OVERLOADED]),
        sse(&[STOP]),
        sse(&[A, B, STOP]),
    ]);
    assert_eq!(
        chat(&client).stream().await.unwrap().into_message().await.unwrap(),
        "ab"
    );
    let error = chat(&client).stream().await.unwrap().into_message().await.unwrap_err();
    assert_eq!(kinds(&error), (ErrorKind::StreamInterrupted, Some("overloaded_error")));
    assert_eq!(error.partial::<String>().unwrap(), "ab");
    assert!(error.partial::<u8>().is_none());
    let error = chat(&client).stream().await.unwrap().into_message().await.unwrap_err();
    assert_eq!((error.kind(), error.partial::<String>()), (ErrorKind::Decode, None));
    let mut events = chat(&client).stream().await.unwrap();
    let mut sum = Accumulator::new();
    while let Some(event) = events.next().await {
        sum.add(&event.unwrap());
    }
    assert_eq!(sum.message().unwrap(), "ab");
}

#[tokio::test]
async fn a_stream_can_be_kept_and_sent_elsewhere() {
    fn owned<T: Send + Unpin + 'static>(value: T) -> T {
        value
    }
    let (client, _) = client([sse(&[A, STOP])]);
    let opening = owned(chat(&client).stream());
    let texts = tokio::spawn(async move { texts(owned(opening.await.unwrap())).await.0 })
        .await
        .unwrap();
    assert_eq!(texts, ["a", "(last)"]);
}
