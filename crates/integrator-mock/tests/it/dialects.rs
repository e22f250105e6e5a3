//! Errors and lists in the words of each provider.

use integrator_core::{
    Operation, Provider,
    operation::{Next, Paging},
};
use integrator_mock::{Fault, Mock};
use serde_json::{Value, json};

use crate::client::{get, send};

static LIST_FILES: Operation = Operation {
    id: "listFiles",
    path: "/files",
    paging: Some(Paging {
        items: "data",
        next: Next::Token {
            argument: "after",
            path: "last_id",
            more: "has_more",
        },
        size: Some("limit"),
    }),
    ..Operation::DEFAULT
};
static OPENAI: Provider = Provider {
    name: "openai",
    operations: &[&LIST_FILES],
    ..Provider::DEFAULT
};
static ANTHROPIC: Provider = Provider {
    name: "anthropic",
    ..Provider::DEFAULT
};
static DIRECTUS: Provider = Provider {
    name: "directus",
    ..Provider::DEFAULT
};

static STRIPE: Provider = Provider {
    name: "stripe",
    ..Provider::DEFAULT
};

async fn refused(provider: &'static Provider, target: &str) -> Value {
    let mock = Mock::start(provider).await.expect("loopback has a free port");
    mock.fail(Fault::status(429));
    let answer = get(&mock, target).await.expect("the mock answers");
    assert_eq!(answer.status, 429);
    answer.json()
}

#[tokio::test]
async fn errors_look_as_the_provider_writes_them() {
    let error = refused(&ANTHROPIC, "/v1/models").await;
    assert_eq!(
        (&error["type"], &error["error"]["type"], &error["error"]["message"]),
        (
            &json!("error"),
            &json!("scripted_fault"),
            &json!("status 429 by script")
        )
    );
    let error = refused(&OPENAI, "/models").await;
    let error = error["error"].as_object().expect("an error is an object");
    for member in ["code", "message", "param", "type"] {
        assert!(error.contains_key(member), "{member}: {error:?}");
    }
    // A type that it does not list would contradict its document.
    let error = refused(&STRIPE, "/v1/customers").await;
    assert_eq!(
        (&error["error"]["type"], &error["error"]["code"]),
        (&json!("invalid_request_error"), &json!("scripted_fault"))
    );
    let error = refused(&DIRECTUS, "/users/me").await;
    assert_eq!(error["errors"][0]["extensions"]["code"], "scripted_fault");
    assert_eq!(error["errors"].as_array().map(Vec::len), Some(1));
}

#[tokio::test]
async fn a_page_names_its_first_and_its_last_item() {
    let mock = Mock::start(&OPENAI).await.expect("loopback has a free port");
    mock.on(&LIST_FILES)
        .list(5, |index| json!({"id": format!("file-{index}")}));
    let mut seen = Vec::new();
    let mut target = "/files?limit=2".to_owned();
    loop {
        let page = send(&mock, "GET", &target, "", "")
            .await
            .expect("the mock answers")
            .json();
        let ids: Vec<&str> = page["data"]
            .as_array()
            .expect("a list")
            .iter()
            .filter_map(|item| item["id"].as_str())
            .collect();
        assert_eq!(
            (page["first_id"].as_str(), page["last_id"].as_str()),
            (ids.first().copied(), ids.last().copied())
        );
        seen.extend(ids.iter().map(|id| (*id).to_owned()));
        if page["has_more"] == false {
            break;
        }
        target = format!("/files?limit=2&after={}", page["last_id"].as_str().expect("an id"));
    }
    assert_eq!(seen, ["file-0", "file-1", "file-2", "file-3", "file-4"]);
    let lost = get(&mock, "/files?after=file-x").await.expect("the mock answers");
    assert_eq!(lost.status, 400);
    assert_eq!(mock.violations(), [""; 0]);
}
