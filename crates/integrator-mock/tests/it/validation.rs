//! What contradicts the contract is refused with everything that is wrong, and remembered.

use serde_json::json;

use crate::client::{CREATE_CUSTOMER, get, notes, send, stripe};

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

#[tokio::test]
async fn every_violation_is_in_the_answer() {
    let mock = stripe().await;
    let body = "emial=a&balance=x&tax_id_data[0][type]=eu_vat";
    let answer = send(&mock, "POST", "/v1/customers?limit=5", FORM, body).await.unwrap();
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (422, &json!("contract_violation"))
    );
    let named: Vec<String> = answer.json()["error"]["violations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|violation| {
            format!(
                "{} {}",
                violation["place"].as_str().unwrap(),
                violation["path"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        named,
        [
            "query /limit",
            "body /emial",
            "body /balance",
            "body /tax_id_data/0/value"
        ]
    );
    assert!(
        answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("did you mean `email`?")
    );
    assert_eq!(mock.violations().len(), 4);
    assert_eq!(mock.received_for(&CREATE_CUSTOMER)[0].violations.len(), 4);
    mock.reset();
    assert!(mock.received().is_empty());
}

#[tokio::test]
async fn what_the_contract_allows_is_answered() {
    let mock = stripe().await;
    let body = "email=ada%40example.com&metadata[a]=1&address=&expand[0]=sources&balance=-5";
    let answer = send(&mock, "POST", "/v1/customers", FORM, body).await.unwrap();
    assert_eq!((answer.status, mock.violations()), (200, vec![]));
    assert_eq!(answer.json()["object"], "customer");
    let received = &mock.received()[0];
    assert_eq!(received.argument("email").as_deref(), Some("ada@example.com"));
    assert_eq!(received.form_pairs()[1], ("metadata[a]".to_owned(), "1".to_owned()));
    assert_eq!(
        received.header("Content-Type"),
        Some("application/x-www-form-urlencoded")
    );
}

#[tokio::test]
async fn a_path_without_operation_names_the_nearest() {
    let mock = stripe().await;
    let answer = get(&mock, "/v1/customer").await.unwrap();
    assert_eq!(
        (answer.status, &answer.json()["error"]["code"]),
        (404, &json!("unknown_route"))
    );
    assert!(
        answer.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("GET /v1/customers")
    );
    assert!(
        mock.violations()[0]
            .starts_with("GET /v1/customer: path: no operation is there; nearest are GET /v1/customers")
    );
}

#[tokio::test]
async fn errors_have_the_providers_shape() {
    let mock = notes().await;
    let answer = get(&mock, "/notes/n1?x=1").await.unwrap().json();
    assert_eq!(answer["title"], "contract_violation");
    assert!(
        answer["message"]
            .as_str()
            .unwrap()
            .starts_with("the request contradicts the contract of notes: query /x")
    );
}

#[tokio::test]
async fn bytes_that_are_no_http_end_the_connection_only() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let mock = stripe().await;
    let mut stream = crate::client::connect(&mock).await.unwrap();
    stream.write_all(b"\x16\x03\x01 hello\r\n\r\n").await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert_eq!(get(&mock, "/v1/customers").await.unwrap().status, 200);
}
