//! Real sockets: how far a request got is told apart, and nothing is done that was not asked for.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use wiremock::matchers::{body_json, header, method, path, query_param};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::testing::acme::{self, CREATE, DELETE, ELSEWHERE, LAUNCH, PLAIN, RETRIEVE, WATCH};
use crate::{Client, ClientBuilder, Credential, Error, ErrorKind, RequestOptions, Retry};

fn client(base: &str, retry: Retry) -> ClientBuilder {
    let retry = retry.backoff(Duration::ZERO).throttled_backoff(Duration::ZERO);
    Client::builder(&PLAIN)
        .base_url(base)
        .credential(Credential::bearer("key"))
        .retry(retry)
}

/// Serves each connection with `serve`, in turn.
async fn server<F: Future<Output = ()> + Send>(serve: impl Fn(usize, TcpStream) -> F + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let Ok((stream, _)) = listener.accept().await else {
                return;
            };
            serve(number, stream).await;
        }
    });
    address
}

/// Reads a request without a body to its end.
async fn read_head(stream: &mut TcpStream) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let Ok(byte) = stream.read_u8().await else {
            return;
        };
        head.push(byte);
    }
}

async fn error(base: &str) -> Error {
    acme::call(&client(base, Retry::never()).build().unwrap(), &RETRIEVE)
        .send()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = error(&format!("http://{address}")).await;
    assert_eq!(
        (error.kind(), error.may_have_been_sent()),
        (ErrorKind::Connect, false),
        "{error:?}"
    );
    assert_eq!(error.attempts().len(), 1);
}

#[tokio::test]
async fn a_failed_handshake_was_not_sent() {
    let address = server(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 400 no TLS here\r\n\r\n").await;
    })
    .await;
    let error = error(&format!("https://{address}")).await;
    assert_eq!(
        (error.kind(), error.may_have_been_sent()),
        (ErrorKind::Connect, false),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_connection_that_breaks_after_the_request_may_have_done_it() {
    let address = server(|_, mut stream| async move { read_head(&mut stream).await }).await;
    let error = error(&format!("http://{address}")).await;
    assert_eq!(
        (error.kind(), error.may_have_been_sent()),
        (ErrorKind::NoAnswer, true),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_cut_body_is_no_answer() {
    let address = server(|_, mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n{\"id\"")
            .await;
    })
    .await;
    let error = error(&format!("http://{address}")).await;
    assert_eq!(
        (error.kind(), error.may_have_been_sent()),
        (ErrorKind::NoAnswer, true),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_dropped_stream_closes_its_connection() {
    let (told, closed) = tokio::sync::oneshot::channel();
    let told = std::sync::Mutex::new(Some(told));
    let address = server(move |_, mut stream| {
        let told = told.lock().unwrap().take();
        async move {
            read_head(&mut stream).await;
            let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
            let chunk = "data: {\"a\":1}\n\n";
            let _ = stream
                .write_all(format!("{head}{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes())
                .await;
            let end = stream.read_u8().await;
            told.unwrap().send(end.is_err()).unwrap();
        }
    })
    .await;
    let client = client(&format!("http://{address}"), Retry::never()).build().unwrap();
    let mut events = acme::call(&client, &WATCH).stream::<Value>().await.unwrap();
    assert_eq!(events.next().await.unwrap().unwrap()["a"], 1);
    drop(events);
    let closed = tokio::time::timeout(Duration::from_secs(10), closed).await;
    assert!(closed.unwrap().unwrap());
}

#[tokio::test]
async fn a_silent_server_is_given_up() {
    let address = server(|_, mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream.read_u8().await;
    })
    .await;
    let client = client(&format!("http://{address}"), Retry::never());
    let client = client.first_byte_timeout(Duration::from_millis(30)).build().unwrap();
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.may_have_been_sent()),
        (ErrorKind::Timeout, true),
        "{error:?}"
    );
}

/// The first connection breaks after the request, the second answers.
async fn breaks_once() -> SocketAddr {
    server(|number, mut stream| async move {
        read_head(&mut stream).await;
        if number > 0 {
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
                .await;
        }
    })
    .await
}

#[tokio::test]
async fn only_what_can_do_no_harm_is_sent_again() {
    let url = |address| format!("http://{address}");
    let safe = client(&url(breaks_once().await), Retry::standard()).build().unwrap();
    assert_eq!(acme::call(&safe, &RETRIEVE).send().await.unwrap().attempts().len(), 2);
    let harmful = client(&url(breaks_once().await), Retry::standard()).build().unwrap();
    let error = acme::call(&harmful, &LAUNCH).send().await.unwrap_err();
    assert_eq!((error.attempts().len(), error.may_have_been_sent()), (1, true));
}

#[tokio::test]
async fn a_connection_that_the_server_closed_while_idle_does_no_harm() {
    let address = server(|_, mut stream| async move {
        read_head(&mut stream).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            .await;
    })
    .await;
    let client = client(&format!("http://{address}"), Retry::standard()).build().unwrap();
    for _ in 0..5 {
        acme::call(&client, &RETRIEVE).send().await.unwrap();
    }
}

#[tokio::test]
async fn a_request_arrives_as_it_was_meant() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/v2/things"))
        .and(query_param("x", "a b"))
        .and(header("authorization", "Bearer key"))
        .and(header("acme-version", "1"))
        .and(header("content-type", "application/json"))
        .and(header("user-agent", concat!("integrator/", env!("CARGO_PKG_VERSION"))))
        .and(body_json(serde_json::json!({"name": "1"})))
        .respond_with(ResponseTemplate::new(200).set_body_json(serde_json::json!({"id": "1"})))
        .expect(1)
        .mount(&server)
        .await;
    let client = client(&format!("{}/v2/", server.uri()), Retry::standard())
        .build()
        .unwrap();
    let response = acme::call(&client, &CREATE)
        .with(RequestOptions::new().query("x", "a b"))
        .send()
        .await
        .unwrap();
    assert_eq!(response["id"], "1");
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .respond_with(ResponseTemplate::new(302).insert_header("location", "/elsewhere"))
        .expect(1)
        .mount(&server)
        .await;
    let error = error(&server.uri()).await;
    assert_eq!(error.kind(), ErrorKind::UnexpectedStatus);
}

#[tokio::test]
async fn a_base_url_of_ones_own_takes_every_operation() {
    let server = MockServer::start().await;
    Mock::given(path("/things/1"))
        .respond_with(ResponseTemplate::new(204))
        .expect(2)
        .mount(&server)
        .await;
    let client = client(&server.uri(), Retry::never()).build().unwrap();
    for operation in [&ELSEWHERE, &DELETE] {
        client
            .call::<()>(operation)
            .set("id", Value::from("1"))
            .send()
            .await
            .unwrap();
    }
}

#[cfg(feature = "compression")]
#[tokio::test]
async fn compressed_answers_are_read_and_end_at_the_limit_of_a_body() {
    use std::io::Write as _;

    let packed = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        packer.write_all(text.as_bytes()).unwrap();
        packer.finish().unwrap()
    };
    let bomb = format!("\"{}\"", "x".repeat(10_000_000));
    assert!(packed(&bomb).len() < 20_000);
    for (text, is_read) in [("{\"id\": \"1\"}".to_owned(), true), (bomb, false)] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(200)
            .insert_header("content-encoding", "gzip")
            .set_body_raw(packed(&text), "application/json");
        Mock::given(method("GET")).respond_with(answer).mount(&server).await;
        let client = client(&server.uri(), Retry::never())
            .max_answer(100_000)
            .build()
            .unwrap();
        match acme::call(&client, &RETRIEVE).send().await {
            Ok(answer) => assert!(is_read && answer["id"] == "1"),
            Err(error) => assert!(!is_read && error.kind() == ErrorKind::TooLarge, "{error:?}"),
        }
    }
}
