//! Batches of a stateful mock: answered by itself, read until they end, with results to be fetched.

use integrator_core::{Operation, Provider, operation::Method};
use integrator_mock::{Fault, Mock};
use serde_json::{Value, json};

use crate::client::{Answer, send};

static CREATE_MESSAGE: Operation = Operation {
    id: "messages_post",
    method: Method::Post,
    path: "/v1/messages",
    ..Operation::DEFAULT
};
static CREATE_BATCH: Operation = Operation {
    id: "message_batches_post",
    method: Method::Post,
    path: "/v1/messages/batches",
    ..Operation::DEFAULT
};
static ANTHROPIC: Provider = Provider {
    name: "anthropic",
    operations: &[&CREATE_MESSAGE, &CREATE_BATCH],
    ..Provider::DEFAULT
};
static OPENAI: Provider = Provider {
    name: "openai",
    ..Provider::DEFAULT
};

const JSON: &str = "content-type: application/json\r\nanthropic-version: 2023-06-01\r\n";
const GET: &str = "anthropic-version: 2023-06-01\r\n";

async fn stateful(provider: &'static Provider) -> Mock {
    Mock::builder(provider)
        .stateful()
        .start()
        .await
        .expect("loopback has a free port")
}

async fn ask(mock: &Mock, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let answer = send(mock, method, target, headers, body).await;
    answer.expect("the mock answers")
}

fn lines(answer: &Answer) -> Vec<Value> {
    let text = String::from_utf8_lossy(&answer.body).into_owned();
    text.lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect()
}

fn messages(texts: &[&str]) -> String {
    let request = |(index, text): (usize, &&str)| {
        json!({"custom_id": format!("r{index}"), "params": {"model": "claude-x", "max_tokens": 9,
            "messages": [{"role": "user", "content": text}]}})
    };
    let requests: Vec<Value> = texts.iter().enumerate().map(request).collect();
    json!({ "requests": requests }).to_string()
}

#[tokio::test]
async fn messages_are_answered_together() {
    let mock = stateful(&ANTHROPIC).await;
    mock.on(&CREATE_MESSAGE).fail(Fault::none()).fail(Fault::status(529));
    let created = ask(&mock, "POST", "/v1/messages/batches", JSON, &messages(&["a", "b", "c"]))
        .await
        .json();
    assert_eq!(created["processing_status"], "in_progress");
    let path = format!("/v1/messages/batches/{}", created["id"].as_str().unwrap());
    assert_eq!(
        ask(&mock, "GET", &path, GET, "").await.json()["processing_status"],
        "in_progress"
    );
    let ended = ask(&mock, "GET", &path, GET, "").await.json();
    assert_eq!(ended["processing_status"], "ended");
    assert_eq!(
        (
            &ended["request_counts"]["succeeded"],
            &ended["request_counts"]["errored"]
        ),
        (&json!(2), &json!(1))
    );
    let results = lines(&ask(&mock, "GET", &format!("{path}/results"), GET, "").await);
    let told: Vec<(&Value, &Value)> = results
        .iter()
        .map(|line| (&line["custom_id"], &line["result"]["type"]))
        .collect();
    assert_eq!(told.len(), 3);
    let message = results.iter().find(|line| line["custom_id"] == "r2").unwrap();
    assert_eq!(message["result"]["message"]["content"][0]["text"], "c");
    let failed = results.iter().find(|line| line["result"]["type"] == "errored").unwrap();
    assert_eq!(failed["custom_id"], "r1");
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn a_batch_ends_when_the_script_says_or_early() {
    let mock = stateful(&ANTHROPIC).await;
    mock.on(&CREATE_BATCH).ends_after(4);
    let created = ask(&mock, "POST", "/v1/messages/batches", JSON, &messages(&["a", "b"]))
        .await
        .json();
    let path = format!("/v1/messages/batches/{}", created["id"].as_str().unwrap());
    let mut seen = Vec::new();
    for _ in 0..5 {
        let state = ask(&mock, "GET", &path, GET, "").await.json();
        seen.push(state["processing_status"] == "ended");
    }
    assert_eq!(seen, [false, false, false, true, true]);

    let created = ask(&mock, "POST", "/v1/messages/batches", JSON, &messages(&["a", "b", "c"]))
        .await
        .json();
    let path = format!("/v1/messages/batches/{}", created["id"].as_str().unwrap());
    let canceling = ask(&mock, "POST", &format!("{path}/cancel"), GET, "").await.json();
    assert_eq!(canceling["processing_status"], "canceling");
    assert_eq!(
        ask(&mock, "GET", &path, GET, "").await.json()["processing_status"],
        "ended"
    );
    let results = lines(&ask(&mock, "GET", &format!("{path}/results"), GET, "").await);
    let types: Vec<&str> = results
        .iter()
        .filter_map(|line| line["result"]["type"].as_str())
        .collect();
    assert_eq!(types, ["succeeded", "succeeded", "canceled"]);
    assert_eq!(ask(&mock, "POST", &format!("{path}/cancel"), GET, "").await.status, 400);
}

#[tokio::test]
async fn a_file_that_is_no_batch_of_its_endpoint_fails() {
    let mock = stateful(&OPENAI).await;
    let upload = |lines: &str| {
        format!(
            "--x\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"b.jsonl\"\r\n\r\n{lines}\r\n--x--\r\n"
        )
    };
    let multipart = "content-type: multipart/form-data; boundary=x\r\n";
    let good = r#"{"custom_id": "a", "method": "POST", "url": "/v1/embeddings", "body": {"model": "m", "input": "x"}}"#;
    let other = r#"{"custom_id": "b", "method": "POST", "url": "/v1/responses", "body": {}}"#;
    for (content, status, line) in [
        (good.to_owned(), "completed", None),
        (format!("{good}\n{other}"), "failed", Some(2)),
        ("no json".to_owned(), "failed", Some(1)),
    ] {
        let file = ask(&mock, "POST", "/files", multipart, &upload(&content)).await.json();
        let body = json!({"input_file_id": file["id"], "endpoint": "/v1/embeddings", "completion_window": "24h"});
        let created = ask(&mock, "POST", "/batches", JSON, &body.to_string()).await.json();
        assert_eq!(
            (&created["status"], created.get("output_file_id")),
            (&json!("validating"), None)
        );
        let path = format!("/batches/{}", created["id"].as_str().unwrap());
        assert_eq!(ask(&mock, "GET", &path, "", "").await.json()["status"], "in_progress");
        let ended = ask(&mock, "GET", &path, "", "").await.json();
        assert_eq!(ended["status"], status, "{ended}");
        assert_eq!(ended["errors"]["data"][0]["line"].as_u64(), line);
        assert_eq!(ended.get("output_file_id").is_some(), line.is_none());
    }
    let body = json!({"input_file_id": "file-none", "endpoint": "/v1/embeddings", "completion_window": "24h"});
    assert_eq!(
        ask(&mock, "POST", "/batches", JSON, &body.to_string()).await.status,
        400
    );
    assert_eq!(mock.stored("/batches").len(), 3);
}
