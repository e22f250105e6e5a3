//! Batches against a mock that answers them, and against scripts where the mock is too well-behaved.

use std::time::Duration;

use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Call, Error, ErrorKind, RequestOptions, Upload, Value, decode, json};
use integrator_mock::{Fault, Mock};
use integrator_openai::types::{CreateEmbeddingResponse, ImagesResponse, ResponseObject};
use integrator_openai::{Cadence, Client, Credential, PROVIDER, op};

use crate::client;

async fn mock() -> (Mock, Client) {
    let mock = Mock::builder(PROVIDER)
        .stateful()
        .start()
        .await
        .expect("loopback has a free port");
    let builder = Client::builder()
        .base_url(mock.url())
        .credential(Credential::bearer("key"));
    let client = builder.build().expect("the client is complete");
    (mock, client)
}

fn ask(client: &Client, text: &str) -> Call<ResponseObject> {
    client.responses().create().model("gpt-5").input(text).call()
}

fn quick() -> Cadence {
    Cadence::default().first(Duration::from_millis(1))
}

fn text(answer: &Result<ResponseObject, Error>) -> String {
    let answer = json!(answer.as_ref().expect("it was answered"));
    answer["output"][0]["content"][0]["text"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

#[tokio::test]
async fn calls_are_answered_in_their_order_each_for_itself() {
    let (mock, client) = mock().await;
    mock.on(&op::responses::CREATE)
        .fail(Fault::none())
        .fail(Fault::status(429));
    let words = ["one", "two", "three"];
    let sent = client.batch(words.map(|word| ask(&client, word))).send().await.unwrap();
    let answers = sent.cadence(quick()).answers().await.unwrap();
    assert_eq!(
        (text(&answers[0]), text(&answers[2])),
        ("one".to_owned(), "three".to_owned())
    );
    let refused = answers[1].as_ref().unwrap_err();
    assert_eq!(
        refused.kind(),
        ErrorKind::RateLimited,
        "the scripted refusal is the call's own"
    );
    assert!(refused.request_id().is_some_and(|id| id.starts_with("req_")));

    let upload = &mock.received_for(&op::files::CREATE)[0];
    let part = |name: &str| upload.parts.iter().find(|part| part.name == name).unwrap();
    assert_eq!(part("purpose").text(), Some("batch"));
    assert_eq!(part("file").filename.as_deref(), Some("batch.jsonl"));
    let lines = String::from_utf8(part("file").head.clone()).unwrap();
    let second: Value = decode(lines.lines().nth(1).unwrap().as_bytes()).unwrap();
    assert_eq!(
        second,
        json!({"custom_id": "call-1", "method": "POST", "url": "/v1/responses", "body": {"model": "gpt-5", "input": "two"}})
    );
    let created = mock.received_for(&op::batches::CREATE)[0].json().unwrap();
    assert_eq!(
        (&created["endpoint"], &created["completion_window"]),
        (&json!("/v1/responses"), &json!("24h"))
    );
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn a_batch_is_taken_up_again_by_its_id_and_asked_until_it_ends() {
    let (mock, client) = mock().await;
    mock.on(&op::batches::CREATE).ends_after(4);
    let sent = client
        .batch(["a", "b"].map(|word| ask(&client, word)))
        .send()
        .await
        .unwrap();
    let id = sent.id().to_owned();
    drop(sent);
    let later = client.sent_batch::<ResponseObject>(id).cadence(quick());
    let answers = later.answers().await.unwrap();
    assert_eq!(answers.iter().map(text).collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(mock.count(&op::batches::RETRIEVE), 4);
    assert_eq!(later.answers().await.unwrap().len(), 2, "the results stay");
    let embed = |text: &str| client.embeddings().create().model("text-embedding-3-small").input(text);
    let sent = client.batch([embed("x")]).send().await.unwrap().cadence(quick());
    let answers: Vec<Result<CreateEmbeddingResponse, Error>> = sent.answers().await.unwrap();
    assert!(answers[0].is_ok(), "{answers:?}");
}

#[tokio::test]
async fn what_was_not_begun_says_so() {
    let (mock, client) = mock().await;
    let words = ["a", "b", "c", "d"];
    let send = || client.batch(words.map(|word| ask(&client, word))).send();

    let sent = send().await.unwrap().cadence(quick());
    sent.cancel().await.unwrap();
    let answers = sent.answers().await.unwrap();
    assert_eq!(answers[..2].iter().map(text).collect::<Vec<_>>(), ["a", "b"]);
    for answer in &answers[2..] {
        let error = answer.as_ref().unwrap_err();
        assert!(error.to_string().contains("canceled"), "{error}");
        assert!(!error.may_have_been_sent());
    }
    assert_eq!(
        sent.cancel().await.unwrap_err().kind(),
        ErrorKind::InvalidRequest,
        "it is over"
    );

    mock.on(&op::batches::CREATE).ends_as("expired");
    let answers = send().await.unwrap().cadence(quick()).answers().await.unwrap();
    let kinds: Vec<Option<ErrorKind>> = answers
        .iter()
        .map(|answer| answer.as_ref().err().map(Error::kind))
        .collect();
    assert_eq!(
        kinds,
        [None, None, Some(ErrorKind::Deadline), Some(ErrorKind::Deadline)]
    );

    mock.on(&op::batches::CREATE).ends_as("failed");
    let sent = send().await.unwrap().cadence(quick());
    let answers = sent.answers().await.unwrap();
    assert_eq!(answers.len(), 4);
    for answer in &answers {
        let error = answer.as_ref().unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::InvalidRequest, Some("invalid_request"))
        );
    }
    let elsewhere = client.sent_batch::<ResponseObject>(sent.id()).cadence(quick());
    assert_eq!(elsewhere.answers().await.unwrap().len(), 4);
}

#[tokio::test]
async fn what_cannot_be_in_a_batch_is_refused_before_anything_is_sent() {
    let (client, transport) = client([]);
    let images = client.images();
    let misuse = |error: Error, words: &str| {
        assert_eq!(error.kind(), ErrorKind::InvalidCall);
        assert!(error.to_string().contains(words), "{error}");
    };
    let generate: Call<ImagesResponse> = images.generate().prompt("a cat").call();
    let edit: Call<ImagesResponse> = images.edit().prompt("a dog").call();
    let mixed = client.batch([generate, edit]).send().await;
    misuse(
        mixed.unwrap_err(),
        "call 1 is images.edit and the first is images.generate",
    );
    let upload: Call<ImagesResponse> = images.edit().prompt("x").image(Upload::bytes("a.png", "png")).call();
    misuse(
        client.batch([upload]).send().await.unwrap_err(),
        "call 0 cannot be in a batch",
    );
    let beta = ask(&client, "x").with(RequestOptions::new().beta("x=v1"));
    misuse(
        client.batch([beta]).send().await.unwrap_err(),
        "leave features in beta out",
    );
    let none: [Call<ResponseObject>; 0] = [];
    misuse(client.batch(none).send().await.unwrap_err(), "at least one");
    let foreign: Call<ResponseObject> = client.core().call(&op::responses::RETRIEVE).set("response_id", "r");
    misuse(
        client.batch([foreign]).send().await.unwrap_err(),
        "put calls of responses.create into it",
    );
    let many = (0..50_001).map(|_| ask(&client, "x"));
    misuse(client.batch(many).send().await.unwrap_err(), "50001 calls are too many");
    let incomplete = client.embeddings().create().model("m");
    misuse(client.batch([incomplete]).send().await.unwrap_err(), "input");
    assert_eq!(transport.received().len(), 0);
}

fn scripted(state: &Value, files: impl IntoIterator<Item = String>) -> (Client, ScriptedTransport) {
    let file = |content: String| {
        Scripted::status(200)
            .header("content-type", "application/octet-stream")
            .chunk(content)
    };
    let mut script = vec![Scripted::json(state)];
    script.extend(files.into_iter().map(file));
    client(script)
}

fn line(index: usize, response: &Value, error: &Value) -> String {
    format!(
        "{}\n",
        json!({"custom_id": format!("call-{index}"), "response": response, "error": error})
    )
}

#[tokio::test(start_paused = true)]
async fn lines_that_are_missing_or_broken_cost_their_own_call_alone() {
    let state = json!({
        "id": "batch_1", "status": "completed", "output_file_id": "file-1", "error_file_id": "file-2",
        "request_counts": {"total": 5, "completed": 3, "failed": 2},
    });
    let embedding =
        json!({"object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 1, "total_tokens": 1}});
    let answered = |body: &Value| json!({"status_code": 200, "request_id": "r", "body": body});
    let output = [
        line(3, &answered(&embedding), &Value::Null),
        "{\"custom_id\": \"call-1\", \"respo\n".to_owned(),
        line(0, &answered(&json!({"data": 5})), &Value::Null),
        "\n".to_owned(),
    ];
    let timeout = json!({"code": "request_timeout", "message": "It took too long."});
    let errors = line(4, &Value::Null, &timeout);
    let (client, _) = scripted(&state, [output.concat(), errors.trim_end().to_owned()]);
    let answers = client
        .sent_batch::<CreateEmbeddingResponse>("batch_1")
        .answers()
        .await
        .unwrap();
    let error = |index: usize| answers[index].as_ref().unwrap_err();
    assert_eq!(error(0).kind(), ErrorKind::Decode);
    for lost in [1, 2] {
        assert_eq!(error(lost).kind(), ErrorKind::NoAnswer);
        assert!(error(lost).may_have_been_sent());
        assert!(error(lost).to_string().contains("could not be read"), "{}", error(lost));
    }
    assert_eq!(answers[3].as_ref().unwrap().model, "m");
    assert_eq!(
        (error(4).code(), error(4).message()),
        (Some("request_timeout"), Some("It took too long."))
    );
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_refused_is_the_error_of_its_call() {
    let errors = json!({"data": [
        {"code": "invalid_json_line", "message": "Line 1 is broken.", "line": null},
        {"code": "invalid_value", "message": "Line 2 has no model.", "line": 2, "param": "model"},
    ]});
    let state = json!({"id": "batch_1", "status": "failed", "errors": errors, "request_counts": {"total": 2}});
    let (client, _) = scripted(&state, []);
    let answers = client.sent_batch::<ResponseObject>("batch_1").answers().await.unwrap();
    let codes: Vec<Option<&str>> = answers
        .iter()
        .map(|answer| answer.as_ref().unwrap_err().code())
        .collect();
    assert_eq!(codes, [Some("invalid_json_line"), Some("invalid_value")]);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_no_batch_came_of_is_deleted_and_one_in_doubt_stays() {
    let file = || {
        let file = json!({"id": "file-1", "object": "file", "bytes": 1, "created_at": 1, "filename": "batch.jsonl",
            "purpose": "batch", "status": "processed"});
        Scripted::json(&file)
    };
    let refused = Scripted::status(400).with_json(&json!({"error": {"code": "billing_hard_limit_reached"}}));
    let gone = Scripted::json(&json!({"id": "file-1", "object": "file", "deleted": true}));
    let (broken, lost) = (Scripted::status(500), Scripted::reset());
    let (client, transport) = client([file(), refused, gone, file(), broken, file(), lost]);
    let error = client.batch([ask(&client, "x")]).send().await.unwrap_err();
    assert_eq!(error.code(), Some("billing_hard_limit_reached"));
    let received = transport.received();
    assert_eq!(
        (received[2].method.as_str(), received[2].uri.path()),
        ("DELETE", "/v1/files/file-1")
    );

    // A server that breaks, or falls silent, may have created the batch before.
    for sent in [5, 7] {
        let error = client.batch([ask(&client, "x")]).send().await.unwrap_err();
        assert!(error.may_have_been_sent());
        assert_eq!(
            transport.received().len(),
            sent,
            "nothing is sent again, and nothing deleted"
        );
    }
}
