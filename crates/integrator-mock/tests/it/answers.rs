//! Normal answers: examples, fixtures, functions; and the life of a mock.

use integrator_core::{Operation, Provider};
use integrator_mock::{Mock, Reply};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{GET_CUSTOMER, STRIPE, connect, get, send, stripe};

#[tokio::test]
async fn an_example_keeps_to_the_contract() {
    let mock = stripe().await;
    let answer = get(&mock, "/v1/customers/cus_42").await.unwrap();
    let operation = mock.contract().operation(GET_CUSTOMER.id).unwrap();
    let found = mock
        .contract()
        .validate_response(operation, 200, answer.header("content-type"), &answer.body);
    assert_eq!((found, &answer.json()["id"]), (vec![], &json!("cus_42")));
    assert_eq!(answer.header("x-request-id"), Some("req_mock_1"));
    assert_eq!(
        get(&mock, "/v1/customers/cus_42").await.unwrap().body,
        answer.body,
        "a read repeats itself"
    );
}

#[tokio::test]
async fn what_is_created_differs_and_a_seed_repeats_it() {
    let mut ids = Vec::new();
    for seed in [1, 1, 2] {
        let mock = Mock::builder(&STRIPE).seed(seed).start().await.unwrap();
        for _ in 0..2 {
            ids.push(send(&mock, "POST", "/v1/customers", "", "").await.unwrap().json()["id"].clone());
        }
    }
    assert_eq!(ids[..2], ids[2..4]);
    assert!(ids[0] != ids[1] && ids[0] != ids[4], "{ids:?}");
}

#[tokio::test]
async fn fixtures_and_functions() {
    let mock = stripe().await;
    let on = mock.on(&GET_CUSTOMER);
    on.answer(json!({"id": "fixture"}));
    assert_eq!(
        get(&mock, "/v1/customers/c").await.unwrap().json(),
        json!({"id": "fixture"})
    );
    on.answer_with(404, &[("x-a", "b")], "gone");
    let gone = get(&mock, "/v1/customers/c").await.unwrap();
    assert_eq!(
        (gone.status, gone.header("x-a"), gone.body.as_slice()),
        (404, Some("b"), &b"gone"[..])
    );
    on.answer_by(|received| Reply::json(json!({"asked": received.path_arguments[0].1})));
    assert_eq!(
        get(&mock, "/v1/customers/c%20d").await.unwrap().json(),
        json!({"asked": "c d"})
    );
    on.then_example();
    assert_eq!(
        get(&mock, "/v1/customers/c").await.unwrap().json()["object"],
        "customer"
    );
}

#[tokio::test]
async fn answers_without_json() {
    let mock = stripe().await;
    let pdf = get(&mock, "/v1/quotes/qt_1/pdf").await.unwrap();
    assert_eq!((pdf.status, pdf.header("content-type")), (200, Some("application/pdf")));
    assert!(!pdf.body.is_empty());
}

#[tokio::test]
async fn a_connection_is_kept_and_ends_with_the_mock() {
    let mock = stripe().await;
    let mut stream = connect(&mock).await.unwrap();
    let mut chunk = [0; 65536];
    for _ in 0..3 {
        stream
            .write_all(b"GET /v1/customers/c HTTP/1.1\r\nhost: m\r\n\r\n")
            .await
            .unwrap();
        let length = stream.read(&mut chunk).await.unwrap();
        assert!(chunk[..length].starts_with(b"HTTP/1.1 200"));
    }
    let address = mock.url().trim_start_matches("http://").to_owned();
    drop(mock);
    assert_eq!(stream.read(&mut chunk).await.unwrap_or(0), 0);
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_provider_without_contract_is_refused() {
    static NOBODY: Provider = Provider {
        name: "nobody",
        operations: &[&Operation::DEFAULT],
        ..Provider::DEFAULT
    };
    let error = Mock::start(&NOBODY).await.unwrap_err().to_string();
    assert!(
        error.starts_with("find a contract named `nobody`; there are: "),
        "{error}"
    );
    let mock = stripe().await;
    let port = mock.url().rsplit(':').next().unwrap().parse().unwrap();
    let taken = Mock::builder(&STRIPE).port(port).start().await.unwrap_err().to_string();
    assert!(taken.starts_with(&format!("listen on 127.0.0.1:{port}: ")), "{taken}");
}

#[tokio::test]
async fn many_at_once() {
    let mock = stripe().await;
    let requests = (0..64).map(|n| {
        let url = format!("{}/v1/customers/cus_{n}", mock.url());
        tokio::spawn(async move { reqwest::get(url).await?.text().await })
    });
    let requests: Vec<_> = requests.collect();
    for (n, request) in requests.into_iter().enumerate() {
        assert!(request.await.unwrap().unwrap().contains(&format!("\"cus_{n}\"")));
    }
    assert_eq!(mock.count(&GET_CUSTOMER), 64);
}

#[tokio::test]
async fn a_long_life_remembers_the_newest_requests() {
    let mock = Mock::builder(&STRIPE).keep(2).start().await.unwrap();
    for id in ["cus_1", "cus_2", "cus_3"] {
        get(&mock, &format!("/v1/customers/{id}")).await.unwrap();
    }
    let targets: Vec<String> = mock.received().into_iter().map(|received| received.target).collect();
    assert_eq!(targets, ["/v1/customers/cus_2", "/v1/customers/cus_3"]);
}
