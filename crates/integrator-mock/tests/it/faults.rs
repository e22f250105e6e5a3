//! Every fault as a client sees it, and the queue that they stand in.

use std::{io::ErrorKind, time::Duration};

use integrator_mock::Fault;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::client::{CREATE_CUSTOMER, GET_CUSTOMER, LIST_CUSTOMERS, connect, get, send, stripe};

const CUSTOMER: &str = "/v1/customers/cus_1";
/// Long enough for loopback, short enough for a test that waits in vain.
const MOMENT: Duration = Duration::from_millis(200);

#[tokio::test]
async fn faults_queue_and_are_used_up() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .fail(Fault::status(503).times(2))
        .fail(Fault::status(429).retry_after("1").header("x-reason", "endpoint"))
        .fail(Fault::status(500).times(0))
        .then_example();
    let mut statuses = Vec::new();
    for _ in 0..5 {
        let answer = get(&mock, CUSTOMER).await.unwrap();
        statuses.push(answer.status);
        let limited = answer.status == 429;
        assert_eq!(answer.header("retry-after"), limited.then_some("1"));
        assert_eq!(answer.header("x-reason"), limited.then_some("endpoint"));
        if answer.status == 503 {
            assert_eq!(answer.json()["error"]["message"], "status 503 by script");
        }
    }
    assert_eq!(statuses, [503, 503, 429, 200, 200]);
    assert_eq!(mock.count(&GET_CUSTOMER), 5);
    assert_eq!(
        get(&mock, "/v1/customers").await.unwrap().status,
        200,
        "another operation is not touched"
    );
}

#[tokio::test]
async fn bodies_that_no_provider_promises() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .fail(Fault::html(502))
        .fail(Fault::body("{\"id\": \"cus"))
        .fail(Fault::status(402).with_json(json!({"error": {"code": "card_declined"}})));
    let html = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!((html.status, html.header("content-type")), (502, Some("text/html")));
    assert!(html.body.starts_with(b"<html>"));
    let cut = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!((cut.status, cut.body.as_slice()), (200, &b"{\"id\": \"cus"[..]));
    let declined = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        (declined.status, declined.json()),
        (402, json!({"error": {"code": "card_declined"}}))
    );
}

#[tokio::test]
async fn dropped_before_the_body_is_read() {
    let mock = stripe().await;
    mock.on(&CREATE_CUSTOMER).fail(Fault::drop_before_read());
    let mut stream = connect(&mock).await.unwrap();
    let head = "POST /v1/customers HTTP/1.1\r\nhost: m\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 7\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(MOMENT, stream.read_to_end(&mut answer))
        .await
        .expect("the connection is closed without the body");
    assert!(answer.is_empty());
    let received = &mock.received_for(&CREATE_CUSTOMER)[0];
    assert_eq!((received.complete, received.body_length), (false, 0));
}

#[tokio::test]
async fn dropped_after_the_body_is_read() {
    let mock = stripe().await;
    mock.on(&CREATE_CUSTOMER).fail(Fault::drop_after_read());
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let error = send(&mock, "POST", "/v1/customers", form, "name=ada")
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
    let received = &mock.received_for(&CREATE_CUSTOMER)[0];
    assert_eq!((received.complete, &received.body[..]), (true, &b"name=ada"[..]));
    assert_eq!(
        send(&mock, "POST", "/v1/customers", form, "name=ada")
            .await
            .unwrap()
            .status,
        200
    );
}

#[tokio::test]
async fn connections_left_unread() {
    let mock = stripe().await;
    mock.leave_unread(2);
    for _ in 0..2 {
        get(&mock, CUSTOMER).await.unwrap_err();
    }
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().status, 200);
    assert_eq!(mock.received().len(), 1);
}

#[tokio::test]
async fn truncated_and_reset() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .answer(json!({"id": "x".repeat(1000)}))
        .fail(Fault::truncate())
        .fail(Fault::reset_mid_body());

    let truncated = get(&mock, CUSTOMER).await.unwrap();
    let announced: usize = truncated.header("content-length").unwrap().parse().unwrap();
    assert_eq!((truncated.status, announced / 2), (200, truncated.body.len()));

    let mut stream = connect(&mock).await.unwrap();
    stream
        .write_all(format!("GET {CUSTOMER} HTTP/1.1\r\nhost: m\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    let error = loop {
        match stream.read(&mut chunk).await {
            Ok(0) => panic!("the connection ended in order"),
            Ok(length) => bytes.extend_from_slice(&chunk[..length]),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 200"), "{text}");
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().status, 200);
}

#[tokio::test]
async fn stalled_before_the_head() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .fail(Fault::stall_forever())
        .fail(Fault::stall(Duration::from_millis(1)));
    timeout(MOMENT, get(&mock, CUSTOMER)).await.unwrap_err();
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().status, 200);
    assert!(mock.received().iter().all(|received| received.complete));
}

#[tokio::test]
async fn stalled_in_the_body() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .fail(Fault::stall_body_forever())
        .fail(Fault::stall_body(Duration::from_millis(1)));
    let mut stream = connect(&mock).await.unwrap();
    stream
        .write_all(format!("GET {CUSTOMER} HTTP/1.1\r\nhost: m\r\n\r\n").as_bytes())
        .await
        .unwrap();
    let mut chunk = vec![0; 4096];
    let length = timeout(MOMENT, stream.read(&mut chunk))
        .await
        .expect("the head comes")
        .unwrap();
    assert!(chunk[..length].starts_with(b"HTTP/1.1 200"));
    let rest = timeout(MOMENT, stream.read_to_end(&mut chunk)).await;
    assert!(rest.is_err(), "the connection stays open");
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().json()["id"], "cus_1");
}

#[tokio::test]
async fn answers_of_tomorrow() {
    let mock = stripe().await;
    mock.on(&LIST_CUSTOMERS)
        .list_examples(2)
        .fail(Fault::unknown_enum("data.1.tax_exempt"))
        .fail(Fault::unknown_field().header("x-version", "2027"));
    let unlisted = get(&mock, "/v1/customers").await.unwrap().json();
    assert_eq!(unlisted["data"][1]["tax_exempt"], "integrator_unlisted");
    assert_eq!(unlisted["data"][0].get("tax_exempt"), None);
    let more = get(&mock, "/v1/customers").await.unwrap();
    assert_eq!(more.header("x-version"), Some("2027"));
    for place in [
        "/integrator_unknown_field",
        "/data/0/integrator_unknown_field",
        "/data/1/integrator_unknown_field",
    ] {
        assert!(more.json().pointer(place).is_some(), "{place}");
    }
}
