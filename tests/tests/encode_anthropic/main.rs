//! Proof of Anthropic: every operation, through its generated setters, arrives as the document says, and its answer is
//! kept. What is particular to this provider follows: headers of features in beta, and tools without a type.

#[rustfmt::skip]
mod generated;
#[path = "../encode/run.rs"]
mod run;

use integrator_anthropic::types::{ContentBlock, CreateMessageParamsTools, InputMessage, Message, MessageBatch};
use integrator_anthropic::{Client, PROVIDER};
use integrator_contract::{Contract, Where};
use integrator_core::operation::{Framing, Repeat};
use integrator_core::testing::{Scripted, ScriptedTransport, decode};
use integrator_core::wire::{Wire, Written};
use integrator_core::{Credential, ErrorKind, Patch, RequestOptions, Value, json};

run::proof!(integrator_anthropic, Credential::header("x-api-key", "key"));

fn scripted(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let builder = Client::builder().credential(Credential::header("x-api-key", "key"));
    (
        builder
            .transport(transport.clone())
            .build()
            .expect("the settings are whole"),
        transport,
    )
}

fn message() -> Value {
    let text = include_str!("../../../specs/anthropic/fixtures/message.json");
    text.parse().expect("a fixture is JSON")
}

fn batch() -> Value {
    let text = include_str!("../../../specs/anthropic/fixtures/message_batch.json");
    text.parse().expect("a fixture is JSON")
}

/// Nothing of a document is lost on the way in and out; nothing, null and an empty list are the same.
fn is_kept<T: Wire>(document: &Value) {
    fn pruned(value: &Value) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .filter(|(_, member)| !member.is_null() && **member != json!([]))
                .map(|(name, member)| (name.clone(), pruned(member)))
                .collect(),
            Value::Array(items) => items.iter().map(pruned).collect(),
            other => other.clone(),
        }
    }
    let read: T = decode(document.clone()).expect("a fixture reads as its type");
    assert_eq!(
        pruned(&serde_json::to_value(Written(&read)).expect("what was read can be written")),
        pruned(document)
    );
}

#[test]
fn fixtures_are_what_the_contract_says_and_are_kept() {
    let contract = Contract::load("anthropic").unwrap();
    for (schema, fixture) in [("Message", message()), ("MessageBatch", batch())] {
        let faults = contract.schema(schema).unwrap().violations(&fixture, Where::Body);
        assert!(faults.is_empty(), "{schema}: {faults:?}");
    }
    is_kept::<Message>(&message());
    is_kept::<MessageBatch>(&batch());
}

#[tokio::test(start_paused = true)]
async fn beta_operations_go_to_the_plain_path_with_their_header() {
    let page = || Scripted::json(&json!({"data": [], "next_page": null}));
    let (client, transport) = scripted([page(), page()]);
    client.beta().user_profiles().list().send().await.unwrap();
    let call = client.beta().user_profiles().list().betas(["efs-2026-10-01"]);
    call.with(RequestOptions::new().beta("new-2027-01-01"))
        .send()
        .await
        .unwrap();
    let sent: Vec<(String, String)> = transport
        .received()
        .iter()
        .map(|request| {
            let beta = request
                .headers
                .get("anthropic-beta")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            (request.uri.path_and_query().unwrap().to_string(), beta)
        })
        .collect();
    let path = "/v1/user_profiles".to_owned();
    assert_eq!(sent[0], (path.clone(), "user-profiles-2026-08-18".to_owned()));
    assert_eq!(
        sent[1],
        (
            path,
            "user-profiles-2026-08-18,efs-2026-10-01,new-2027-01-01".to_owned()
        )
    );
}

#[tokio::test(start_paused = true)]
async fn a_conversation_is_asked_again_while_the_provider_is_overloaded() {
    let busy = json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}});
    let (client, transport) = scripted([
        Scripted::status(529).with_json(&busy),
        Scripted::reset(),
        Scripted::json(&message()),
    ]);
    let said = [InputMessage::new("hi", "user")];
    let ask = || {
        client
            .messages()
            .create()
            .model("claude-sonnet-4-5")
            .max_tokens(64)
            .messages(said.clone())
    };
    let answer = ask().send().await.unwrap();
    assert_eq!(answer.id, "msg_01Lovelace");
    assert_eq!(transport.left(), 0);

    let (client, _) = scripted([Scripted::reset(), Scripted::json(&message())]);
    let ask = client
        .messages()
        .create()
        .model("claude-sonnet-4-5")
        .max_tokens(64)
        .messages(said.clone());
    let error = ask
        .container(Patch::Set("container_1".into()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoAnswer, "a container outlives the call");
}

#[test]
fn a_message_is_read_block_by_block() {
    let read: Message = decode(message()).unwrap();
    assert!(matches!(
        &*read.content,
        [
            ContentBlock::ResponseThinkingBlock(_),
            ContentBlock::ResponseTextBlock(_),
            ContentBlock::ResponseToolUseBlock(_)
        ]
    ));
    let mut newer = message();
    newer["content"][1] = json!({"type": "hologram", "depth": 3});
    let read: Message = decode(newer).unwrap();
    assert!(matches!(&read.content[1], ContentBlock::Unlisted(_)));
}

#[test]
fn a_tool_is_the_callers_own_unless_its_type_says_otherwise() {
    for kind in [json!(null), json!("custom")] {
        let tool = json!({"type": kind, "name": "weather", "input_schema": {"type": "object"}});
        assert!(matches!(decode(tool).unwrap(), CreateMessageParamsTools::Tool(_)));
    }
    let bash = json!({"type": "bash_20250124", "name": "bash"});
    assert!(!matches!(decode(bash).unwrap(), CreateMessageParamsTools::Tool(_)));
}

#[test]
fn what_the_document_says_by_extensions_is_data() {
    let operation = |name: &str| PROVIDER.operation(name).unwrap();
    assert_eq!(operation("messages.create").repeat, Repeat::Repeatable);
    assert_eq!(operation("messages.batches.create").repeat, Repeat::Unsafe);
    assert_eq!(
        operation("messages.create").stream.unwrap().switch,
        Some(("stream", "true"))
    );
    assert_eq!(
        operation("messages.batches.results").stream.unwrap().framing,
        Framing::Lines
    );
    assert_eq!(operation("beta.sessions.events.stream").stream.unwrap().switch, None);
    assert_eq!(PROVIDER.timeouts.first_byte_ms, 600_000);
}
