//! Downloads that break off: what is asked for again, and what must not be put together.

use std::time::Duration;

use crate::error::ErrorKind;
use crate::testing::acme::{self, PLAIN, READ_FILE};
use crate::testing::{Recorded, Scripted};
use crate::{Download, Error, Retry};

fn first() -> Scripted {
    Scripted::status(200)
        .header("content-length", "10")
        .header("accept-ranges", "bytes")
        .header("etag", "\"v1\"")
        .chunk("01234")
        .cut()
}

fn rest(range: &str, content: &'static str) -> Scripted {
    Scripted::status(206).header("content-range", range).chunk(content)
}

async fn read(retry: Retry, script: Vec<Scripted>) -> (Result<String, Error>, Vec<Recorded>) {
    let (builder, transport) = acme::scripted(&PLAIN, script);
    let client = builder.retry(retry).build().unwrap();
    let call = client.call::<Download>(&READ_FILE).set("id", "1");
    let content = call.send().await.unwrap().into_inner().bytes(1_000).await;
    let text = content.map(|content| String::from_utf8(content.to_vec()).unwrap());
    (text, transport.received())
}

#[tokio::test(start_paused = true)]
async fn the_rest_is_asked_for() {
    let breaks = [
        first(),
        first().silent(),
        rest("bytes 5-9/10", "56").cut(),
        rest("bytes 7-9/10", "7"),
        rest("bytes 8-9/10", ""),
        rest("bytes 8-9/*", "89"),
    ];
    let [cut, silent, short, shorter, empty, last] = breaks;
    let (content, received) = read(Retry::standard(), vec![cut, short, shorter, empty, last]).await;
    assert_eq!(content.unwrap(), "0123456789");
    let asked = |at: usize, name: &str| received[at].headers[name].to_str().unwrap().to_owned();
    let ranges: Vec<String> = (1..5).map(|at| asked(at, "range")).collect();
    assert_eq!(ranges, ["bytes=5-", "bytes=7-", "bytes=8-", "bytes=8-"]);
    assert_eq!(
        (asked(1, "if-range"), asked(1, "authorization")),
        ("\"v1\"".to_owned(), "Bearer key".to_owned())
    );
    assert!(
        received
            .iter()
            .all(|request| request.headers["accept-encoding"] == "identity")
    );
    assert!(!received[0].headers.contains_key("range"));

    let (content, _) = read(Retry::standard(), vec![silent, rest("bytes 5-9/10", "56789")]).await;
    assert_eq!(content.unwrap(), "0123456789");
}

#[tokio::test(start_paused = true)]
async fn only_the_same_content_is_put_together() {
    let answers = [
        Scripted::status(200).chunk("56789"),
        rest("bytes 4-9/10", "456789"),
        rest("bytes 5-10/11", "56789x"),
        rest("5-9", "56789"),
        Scripted::status(206).chunk("56789"),
        Scripted::status(416),
        Scripted::status(404),
    ];
    for answer in answers {
        let shown = format!("{answer:?}");
        let (content, received) = read(Retry::standard(), vec![first(), answer]).await;
        let error = content.unwrap_err();
        assert_eq!((error.kind(), received.len()), (ErrorKind::NoAnswer, 2), "{shown}");
        assert!(error.may_have_been_sent(), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_offered_is_not_asked_for() {
    let answer = |headers: &[(&str, &str)]| {
        let answer = Scripted::status(200).chunk("01234").cut();
        headers
            .iter()
            .fold(answer, |answer, (name, value)| answer.header(name, value))
    };
    let (offer, tag) = (("accept-ranges", "bytes"), ("etag", "\"v1\""));
    for headers in [
        &[offer][..],
        &[tag],
        &[("accept-ranges", "none"), tag],
        &[offer, ("etag", "W/\"v1\"")],
        &[offer, tag, ("content-encoding", "zstd")],
    ] {
        let (content, received) = read(Retry::standard(), vec![answer(headers), rest("bytes 5-9/10", "56789")]).await;
        assert_eq!(content.unwrap_err().kind(), ErrorKind::NoAnswer);
        assert_eq!(received.len(), 1, "{headers:?}");
    }
    let (content, received) = read(Retry::never(), vec![first(), rest("bytes 5-9/10", "56789")]).await;
    assert_eq!((content.unwrap_err().kind(), received.len()), (ErrorKind::NoAnswer, 1));
}

#[tokio::test(start_paused = true)]
async fn what_brings_nothing_new_comes_to_an_end() {
    let empty = || rest("bytes 5-9/10", "").after(Duration::from_secs(1));
    let (content, received) = read(
        Retry::standard().max_attempts(4),
        vec![first(), empty(), empty(), empty(), empty()],
    )
    .await;
    assert_eq!((content.unwrap_err().kind(), received.len()), (ErrorKind::NoAnswer, 4));
}

#[tokio::test]
async fn a_length_that_is_not_reached_is_a_failure() {
    let short = Scripted::status(200).header("content-length", "6").chunk("01234");
    let (content, _) = read(Retry::standard(), vec![short]).await;
    assert_eq!(content.unwrap_err().kind(), ErrorKind::NoAnswer);
}
