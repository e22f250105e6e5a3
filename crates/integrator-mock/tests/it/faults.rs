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

#[tokio::test]
async fn a_listener_that_is_gone_for_a_while() {
    let mock = stripe().await;
    let mut open = connect(&mock).await.unwrap();
    mock.refuse().await;
    assert_eq!(open.read(&mut [0; 8]).await.unwrap_or(0), 0, "what stood is closed");
    for _ in 0..3 {
        let error = connect(&mock).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRefused);
    }
    mock.accept().await;
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().status, 200);

    mock.fail(Fault::refuse(Duration::from_millis(100)));
    get(&mock, CUSTOMER).await.unwrap_err();
    assert_eq!(connect(&mock).await.unwrap_err().kind(), ErrorKind::ConnectionRefused);
    while get(&mock, CUSTOMER).await.is_err() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(mock.received().len(), 3);
}

#[tokio::test]
async fn resets_on_both_sides_of_a_request() {
    let mock = stripe().await;
    mock.on(&CREATE_CUSTOMER)
        .fail(Fault::reset_before_read())
        .fail(Fault::reset_after_read());
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    for complete in [false, true] {
        let error = send(&mock, "POST", "/v1/customers", form, "name=ada")
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        assert_eq!(mock.received().last().unwrap().complete, complete);
    }
}

#[tokio::test]
async fn resets_within_an_answer() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .answer(json!({"id": "x".repeat(1000)}))
        .fail(Fault::reset_before_body())
        .fail(Fault::reset_after_body());
    for whole in [false, true] {
        let mut stream = connect(&mock).await.unwrap();
        stream
            .write_all(format!("GET {CUSTOMER} HTTP/1.1\r\nhost: m\r\n\r\n").as_bytes())
            .await
            .unwrap();
        let mut bytes = Vec::new();
        let error = stream.read_to_end(&mut bytes).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        let text = String::from_utf8_lossy(&bytes);
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        assert_eq!(text.contains("xxx"), whole, "{text}");
        assert_eq!(text.contains("content-length"), !whole, "{text}");
    }
}

#[tokio::test]
async fn a_head_that_comes_in_pieces() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER).fail(Fault::slow_head(Duration::from_millis(60)));
    let mut stream = connect(&mock).await.unwrap();
    let request = format!("GET {CUSTOMER} HTTP/1.1\r\nhost: m\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut first = [0; 4096];
    let length = stream.read(&mut first).await.unwrap();
    assert!(first[..length].starts_with(b"HTTP/1.1 200"));
    assert!(
        !first[..length].windows(4).any(|end| end == b"\r\n\r\n"),
        "the head is not there yet"
    );
    let started = tokio::time::Instant::now();
    let mut rest = Vec::new();
    stream.read_to_end(&mut rest).await.unwrap();
    assert!(started.elapsed() > Duration::from_millis(30));
    assert!(rest.ends_with(b"}"));
}

#[tokio::test]
async fn answers_that_lie_about_themselves() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .answer(json!({"id": "cus_1", "name": "ada"}))
        .fail(Fault::truncated_json())
        .fail(Fault::content_type("text/html"))
        .fail(Fault::error_in_200())
        .fail(Fault::redirect(307, "https://elsewhere.example/"))
        .fail(Fault::gzip_bomb(2));
    let torn = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        torn.header("content-length"),
        Some(torn.body.len().to_string().as_str())
    );
    serde_json::from_slice::<serde_json::Value>(&torn.body).unwrap_err();
    let page = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        (page.header("content-type"), &page.json()["id"]),
        (Some("text/html"), &json!("cus_1"))
    );
    let error = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        (error.status, error.json()["error"]["message"].is_string()),
        (200, true)
    );
    let moved = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        (moved.status, moved.header("location")),
        (307, Some("https://elsewhere.example/"))
    );
    let bomb = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(bomb.header("content-encoding"), Some("gzip"));
    assert!(bomb.body.len() < 10_000);
}

#[tokio::test]
async fn every_form_of_retry_after() {
    let mock = stripe().await;
    mock.on(&GET_CUSTOMER)
        .fail(Fault::limited().retry_after("2"))
        .fail(Fault::limited().retry_after_ms(250))
        .fail(Fault::limited().retry_after_date(Duration::from_secs(30)));
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().header("retry-after"), Some("2"));
    assert_eq!(
        get(&mock, CUSTOMER).await.unwrap().header("retry-after-ms"),
        Some("250")
    );
    let dated = get(&mock, CUSTOMER).await.unwrap();
    let date = |name| httpdate::parse_http_date(dated.header(name).unwrap()).unwrap();
    let wait = date("retry-after").duration_since(date("date")).unwrap().as_secs();
    assert!((30..=32).contains(&wait), "{wait}");
    assert_eq!(dated.status, 429);
}

#[tokio::test]
async fn faults_for_any_operation_and_by_chance() {
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        let mock = integrator_mock::Mock::builder(&crate::client::STRIPE)
            .seed(seed)
            .start()
            .await
            .unwrap();
        mock.fail(Fault::status(500).times(2))
            .fail_sometimes(0.5, Fault::status(503));
        mock.on(&LIST_CUSTOMERS).fail_sometimes(1.0, Fault::status(504));
        let mut statuses = Vec::new();
        for _ in 0..40 {
            statuses.push(get(&mock, CUSTOMER).await.unwrap().status);
        }
        assert_eq!(statuses[..2], [500, 500]);
        let failed = statuses.iter().filter(|status| **status == 503).count();
        assert!((8..32).contains(&failed), "{failed}");
        let of_list = get(&mock, "/v1/customers").await.unwrap().status;
        assert!(of_list == 504 || of_list == 503, "{of_list}");
        runs.push(statuses);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn faults_from_a_file() {
    let mock = stripe().await;
    let text = r#"
        [[fault]]
        operation = "customers.list"
        kind = "status"
        status = 503
        times = 2
        retry_after = 1
        headers = { x-a = "b" }

        [[fault]]
        operation = "GetCustomersCustomer"
        kind = "html"
        status = 502

        [[fault]]
        kind = "limited"
        retry_after_ms = 20
    "#;
    mock.script(integrator_mock::Faults::from_toml(&crate::client::STRIPE, text).unwrap());
    for _ in 0..2 {
        let answer = get(&mock, "/v1/customers").await.unwrap();
        assert_eq!(
            (answer.status, answer.header("retry-after"), answer.header("x-a")),
            (503, Some("1"), Some("b"))
        );
    }
    assert_eq!(
        get(&mock, CUSTOMER).await.unwrap().header("content-type"),
        Some("text/html")
    );
    let limited = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!((limited.status, limited.header("retry-after-ms")), (429, Some("20")));
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().status, 200);
}

#[test]
fn a_file_of_faults_is_refused_with_all_that_is_wrong() {
    let text = r#"
        colour = "red"
        [[fault]]
        kind = "status"
        staus = 503
        [[fault]]
        kind = "stall"
        seconds = -1
        operation = "customers.lst"
        chance = 2
        [[fault]]
        operation = "customers.list"
        times = 1
        chance = 0.5
        [[fault]]
        kind = "truncate"
        headers = { a = 1 }
        status = 3
    "#;
    let error = integrator_mock::Faults::from_toml(&crate::client::STRIPE, text).unwrap_err();
    let expected = [
        "unknown key `colour`, the file holds `[[fault]]` only",
        "fault 1: `status` is missing",
        "fault 1: unknown key `staus`, did you mean `status`?",
        "fault 2: `seconds` is no number from 0 to 86400",
        "fault 2: stripe has no operation `customers.lst`, did you mean `customers.list`?",
        "fault 2: `chance` is no number from 0 to 1",
        "fault 3: `kind` is missing: one of none, status",
        "fault 3: `times` and `chance` exclude each other",
        "fault 4: the header `a` is no text",
        "fault 4: unknown key `status`: this kind has ",
    ];
    assert_eq!(error.problems.len(), expected.len(), "{error}");
    for (found, expected) in error.problems.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
    let torn = integrator_mock::Faults::from_toml(&crate::client::STRIPE, "[[fault]\n").unwrap_err();
    assert!(torn.to_string().contains("line 1"), "{torn}");
}
