//! Language models that repeat what they are asked, or say what a test wants, whole and streamed.

use integrator_contract::{Contract, Where};
use integrator_core::{Operation, Provider, operation::Streaming, provider::StreamFacts};
use integrator_mock::{Fault, Mock};
use serde_json::{Value, json};

use crate::{
    client::{Answer, send},
    streams::payload,
};

static CHAT: Operation = Operation {
    id: "createChatCompletion",
    stream: Some(Streaming::DEFAULT),
    ..Operation::DEFAULT
};
static RESPOND: Operation = Operation {
    id: "createResponse",
    stream: Some(Streaming {
        last: &["response.completed"],
        ..Streaming::DEFAULT
    }),
    ..Operation::DEFAULT
};
static OPENAI: Provider = Provider {
    name: "openai",
    operations: &[&CHAT, &RESPOND],
    stream: StreamFacts {
        done: Some("[DONE]"),
        ..StreamFacts::DEFAULT
    },
    ..Provider::DEFAULT
};
static MESSAGES: Operation = Operation {
    id: "messages_post",
    stream: Some(Streaming::DEFAULT),
    ..Operation::DEFAULT
};
static ANTHROPIC: Provider = Provider {
    name: "anthropic",
    operations: &[&MESSAGES],
    ..Provider::DEFAULT
};

const JSON: &str = "content-type: application/json\r\nanthropic-version: 2023-06-01\r\n";

async fn start(provider: &'static Provider) -> Mock {
    Mock::start(provider)
        .await
        .expect("the provider has a contract, and loopback a free port")
}

async fn ask(mock: &Mock, path: &str, body: &Value) -> Answer {
    let answer = send(mock, "POST", path, JSON, &body.to_string())
        .await
        .expect("the mock answers");
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer
}

fn events(answer: &Answer) -> Vec<Value> {
    let text = payload(answer);
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

fn hold(contract: &Contract, schema: &str, events: &[Value]) {
    let schema = contract.schema(schema).expect("the schema is in the contract");
    for event in events {
        assert_eq!(schema.violations(event, Where::Body), [], "{event}");
    }
}

#[tokio::test]
async fn chat_is_echoed_and_streamed_with_usage() {
    let mock = start(&OPENAI).await;
    let mut body = json!({"model": "gpt-x", "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hello there"}]});
    let whole = ask(&mock, "/chat/completions", &body).await;
    let operation = mock.contract().operation("createChatCompletion").unwrap();
    let found = mock
        .contract()
        .validate_response(operation, 200, whole.header("content-type"), &whole.body);
    assert_eq!(found, []);
    let whole = whole.json();
    assert_eq!(
        (&whole["choices"][0]["message"]["content"], &whole["model"]),
        (&json!("Hello there"), &json!("gpt-x"))
    );
    assert_eq!(
        whole["usage"],
        json!({"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6})
    );

    body["stream"] = json!(true);
    body["stream_options"] = json!({"include_usage": true});
    mock.on(&CHAT).says("one two three");
    let answer = ask(&mock, "/chat/completions", &body).await;
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    assert!(payload(&answer).ends_with("data: [DONE]\n\n"));
    let chunks = events(&answer);
    hold(mock.contract(), "CreateChatCompletionStreamResponse", &chunks);
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "one two three");
    assert_eq!(chunks.last().unwrap()["usage"]["completion_tokens"], 3);

    mock.on(&CHAT).fail(Fault::stream_error(2));
    let broken = payload(&ask(&mock, "/chat/completions", &body).await);
    assert!(broken.contains("one ") && !broken.contains("two"), "{broken}");
    assert!(
        broken.trim_end().rsplit("data: ").next().unwrap().contains("\"error\""),
        "{broken}"
    );
}

#[tokio::test]
async fn responses_are_echoed_and_streamed() {
    let mock = start(&OPENAI).await;
    let whole = ask(&mock, "/responses", &json!({"model": "gpt-x", "input": "Hello there"}))
        .await
        .json();
    hold(mock.contract(), "Response", std::slice::from_ref(&whole));
    assert_eq!(whole["output"][0]["content"][0]["text"], "Hello there");
    let answer = ask(
        &mock,
        "/responses",
        &json!({"model": "gpt-x", "input": "Hello there", "stream": true}),
    )
    .await;
    let found = events(&answer);
    hold(mock.contract(), "ResponseStreamEvent", &found);
    let numbers: Vec<u64> = found
        .iter()
        .filter_map(|event| event["sequence_number"].as_u64())
        .collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    let last = found.last().unwrap();
    assert_eq!(
        (&last["type"], &last["response"]["status"]),
        (&json!("response.completed"), &json!("completed"))
    );
    assert_eq!(
        last["response"]["output"],
        whole["output"]
            .as_array()
            .map(|output| {
                let mut output = output.clone();
                output[0]["id"] = last["response"]["output"][0]["id"].clone();
                Value::Array(output)
            })
            .unwrap()
    );
    assert!(payload(&answer).starts_with("event: response.created\n"));
}

#[tokio::test]
async fn messages_are_echoed_and_streamed() {
    let mock = start(&ANTHROPIC).await;
    let mut body = json!({"model": "claude-x", "max_tokens": 9, "messages": [
        {"role": "user", "content": [{"type": "text", "text": "Hello"}, {"type": "text", "text": "there"}]}]});
    let whole = ask(&mock, "/v1/messages", &body).await.json();
    hold(mock.contract(), "Message", std::slice::from_ref(&whole));
    assert_eq!(
        (&whole["content"][0]["text"], &whole["usage"]["output_tokens"]),
        (&json!("Hello there"), &json!(2))
    );
    body["stream"] = json!(true);
    let answer = ask(&mock, "/v1/messages", &body).await;
    let found = events(&answer);
    hold(mock.contract(), "MessageStreamEvent", &found);
    let types: Vec<&str> = found.iter().filter_map(|event| event["type"].as_str()).collect();
    let expected = [
        "message_start",
        "content_block_start",
        "content_block_delta",
        "content_block_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ];
    assert_eq!(types, expected);
    assert!(payload(&answer).starts_with("event: message_start\ndata: "));
}
