//! Server-sent events by script, and how their streams break.

use std::time::Duration;

use integrator_mock::{Fault, Reply, StreamEvent};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Answer, GET_CUSTOMER, connect, get, stripe};

const CUSTOMER: &str = "/v1/customers/cus_1";

fn events() -> Vec<StreamEvent> {
    let text = |n: usize| StreamEvent::json(json!({"n": n})).named("tick");
    (1..=3).map(text).chain([StreamEvent::text("[DONE]")]).collect()
}

/// The payload of a chunked body; what a cut left behind counts, too.
pub(crate) fn payload(answer: &Answer) -> String {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    let mut rest = text.as_str();
    let mut whole = String::new();
    while let Some((length, more)) = rest.split_once("\r\n") {
        let length = usize::from_str_radix(length, 16).expect("a chunk begins with its length");
        whole.push_str(&more[..length.min(more.len())]);
        rest = more.get(length + 2..).unwrap_or_default();
    }
    whole
}

#[tokio::test]
async fn a_scripted_stream_comes_in_chunks_of_any_size() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER).stream(events());
    let whole = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(whole.header("content-type"), Some("text/event-stream"));
    assert_eq!(
        (whole.header("content-length"), whole.header("transfer-encoding")),
        (None, Some("chunked"))
    );
    let expected = "event: tick\ndata: {\"n\":1}\n\nevent: tick\ndata: {\"n\":2}\n\nevent: tick\ndata: {\"n\":3}\n\ndata: [DONE]\n\n";
    assert_eq!(payload(&whole), expected);

    mock.on(&GET_CUSTOMER)
        .reply(Reply::stream(events()).in_chunks(7, Duration::from_millis(1)));
    let pieces = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(payload(&pieces), expected);
    let body = String::from_utf8(pieces.body).unwrap();
    assert_eq!(body.matches("7\r\n").count(), expected.len() / 7, "{body}");
}

#[tokio::test]
async fn a_stream_cut_within_an_event() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER).stream(events()).fail(Fault::cut_stream(1));
    let cut = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(payload(&cut), "event: tick\ndata: {\"n\":1}\n\nevent: tick\nd");
    assert!(!cut.body.ends_with(b"0\r\n\r\n"), "the end is not announced");
}

#[tokio::test]
async fn an_error_within_a_stream() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .stream(events())
        .fail(Fault::stream_error(0))
        .fail(Fault::stream_error(2));
    let first = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(first.status, 200);
    let event = payload(&first);
    let data = event
        .strip_prefix("event: error\ndata: ")
        .expect("the first event is an error");
    let data: serde_json::Value = serde_json::from_str(data).expect("its data is JSON");
    assert_eq!(
        (&data["type"], data["error"]["message"].is_string()),
        (&json!("error"), true)
    );
    let later = payload(&get(&mock, CUSTOMER).await.unwrap());
    assert!(
        later.contains("{\"n\":2}\n\nevent: error\n") && !later.contains("{\"n\":3}"),
        "{later}"
    );
}

#[tokio::test]
async fn a_stream_that_falls_silent() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .stream(events())
        .fail(Fault::stall_body_forever());
    let mut stream = connect(&mock).await.unwrap();
    stream
        .write_all(format!("GET {CUSTOMER} HTTP/1.1\r\nhost: m\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut bytes = Vec::new();
    let silent = tokio::time::timeout(Duration::from_millis(200), stream.read_to_end(&mut bytes)).await;
    assert!(silent.is_err() && bytes.windows(4).any(|part| part == b"tick"));
}
