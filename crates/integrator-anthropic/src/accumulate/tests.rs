//! A message that is cut into a stream, as the API does it, adds up to the message.

use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Credential, ErrorKind, Value, json};

use crate::Client;
use crate::types::Message;

/// A message with a block of each kind that streams in a way of its own, and of two that do not.
fn message() -> Value {
    json!({
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-opus-4-7",
        "content": [
            {"type": "thinking", "thinking": "Let me see\n…", "signature": "c2ln"},
            {"type": "redacted_thinking", "data": "ZGF0YQ=="},
            {"type": "text", "text": "It is \"18 °C\" in Zürich 🌤", "citations": [
                {"type": "char_location", "cited_text": "18 °C", "document_index": 0, "document_title": null,
                 "start_char_index": 0, "end_char_index": 5, "file_id": null},
            ]},
            {"type": "text", "text": "", "citations": null},
            {"type": "tool_use", "id": "toolu_1", "name": "weather", "caller": {"type": "direct"},
             "input": {"city": "Zürich", "days": [1, 2.5], "deep": {"a": null, "quote": "\"\\"}}},
            {"type": "tool_use", "id": "toolu_2", "name": "now", "caller": {"type": "direct"}, "input": {}},
            {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "caller": {"type": "direct"},
             "input": {"query": "weather"}},
            {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "caller": {"type": "direct"}, "content": [
                {"type": "web_search_result", "title": "t", "url": "https://example.com", "encrypted_content": "x",
                 "page_age": null},
            ]},
            {"type": "new_block", "what": "nobody knows"},
        ],
        "stop_reason": "tool_use", "stop_sequence": null, "stop_details": null, "container": null,
        "usage": {
            "input_tokens": 12, "output_tokens": 34, "cache_creation": null, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 5, "inference_geo": "eu", "service_tier": "standard", "speed": null,
            "output_tokens_details": null,
            "server_tool_use": {"web_search_requests": 1, "web_fetch_requests": 0},
        },
    })
}

/// The events that a message comes as, with texts in pieces of `size` characters.
fn events(message: &Value, size: usize) -> Vec<Value> {
    let pieces = |text: &str| -> Vec<String> {
        let letters: Vec<char> = text.chars().collect();
        letters.chunks(size).map(|piece| piece.iter().collect()).collect()
    };
    let mut begun = message.clone();
    begun["content"] = json!([]);
    begun["stop_reason"] = Value::Null;
    begun["usage"]["output_tokens"] = json!(1);
    begun["usage"]["server_tool_use"] = Value::Null;
    let mut events = vec![
        json!({"type": "message_start", "message": begun}),
        json!({"type": "ping"}),
    ];
    for (index, block) in message["content"].as_array().unwrap().iter().enumerate() {
        let mut start = block.clone();
        let mut deltas = Vec::new();
        match block["type"].as_str().unwrap() {
            "text" => {
                start["text"] = json!("");
                deltas.extend(
                    pieces(block["text"].as_str().unwrap())
                        .into_iter()
                        .map(|text| json!({"type": "text_delta", "text": text})),
                );
                if let Some(citations) = block["citations"].as_array() {
                    start["citations"] = json!([]);
                    deltas.extend(
                        citations
                            .iter()
                            .map(|citation| json!({"type": "citations_delta", "citation": citation})),
                    );
                }
            }
            "thinking" => {
                (start["thinking"], start["signature"]) = (json!(""), json!(""));
                deltas.extend(
                    pieces(block["thinking"].as_str().unwrap())
                        .into_iter()
                        .map(|text| json!({"type": "thinking_delta", "thinking": text})),
                );
                deltas.push(json!({"type": "signature_delta", "signature": block["signature"]}));
            }
            "tool_use" | "server_tool_use" => {
                start["input"] = json!({});
                let input = block["input"].to_string();
                deltas.push(json!({"type": "input_json_delta", "partial_json": ""}));
                if input != "{}" {
                    deltas.extend(
                        pieces(&input)
                            .into_iter()
                            .map(|text| json!({"type": "input_json_delta", "partial_json": text})),
                    );
                }
            }
            _ => {}
        }
        events.push(json!({"type": "content_block_start", "index": index, "content_block": start}));
        events.extend(
            deltas
                .into_iter()
                .map(|delta| json!({"type": "content_block_delta", "index": index, "delta": delta})),
        );
        events.push(json!({"type": "content_block_stop", "index": index}));
    }
    let usage =
        json!({"output_tokens": 34, "server_tool_use": message["usage"]["server_tool_use"], "input_tokens": null});
    let delta = json!({"stop_reason": message["stop_reason"], "stop_sequence": null});
    events.push(json!({"type": "message_delta", "delta": delta, "usage": usage}));
    events.push(json!({"type": "message_stop"}));
    events
}

fn stream(events: &[Value]) -> Scripted {
    let answer = Scripted::status(200).header("content-type", "text/event-stream; charset=utf-8");
    events.iter().fold(answer, |answer, event| {
        answer.chunk(format!("event: {}\ndata: {event}\n\n", event["type"].as_str().unwrap()))
    })
}

fn client(script: Vec<Scripted>) -> Client {
    Client::builder()
        .credential(Credential::bearer("key"))
        .transport(ScriptedTransport::new(script))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_stream_adds_up_to_the_answer() {
    for size in [1, 3, 1_000] {
        let message = message();
        let client = client(vec![
            Scripted::json(&message),
            stream(&events(&message, size)),
            Scripted::json(&message),
            stream(&events(&message, size)),
        ]);
        let create = || {
            client
                .messages()
                .create()
                .set("model", json!("claude-opus-4-7"))
                .set("max_tokens", json!(100))
                .set("messages", json!([{"role": "user", "content": "hi"}]))
        };
        let sent = create().send().await.unwrap().into_inner();
        let streamed = create().stream().await.unwrap().into_message().await.unwrap();
        assert_eq!(json!(streamed), json!(sent));
        assert_eq!(json!(streamed)["content"][8], message["content"][8]);

        let create = || {
            client
                .beta()
                .messages()
                .create()
                .set("model", json!("claude-opus-4-7"))
                .set("max_tokens", json!(100))
                .set("messages", json!([{"role": "user", "content": "hi"}]))
        };
        let sent = create().send().await.unwrap().into_inner();
        let streamed = create().stream().await.unwrap().into_message().await.unwrap();
        assert_eq!(json!(streamed), json!(sent));
    }
}

#[tokio::test]
async fn a_stream_that_breaks_off_leaves_what_there_was() {
    let message = message();
    let mut events = events(&message, 4);
    let at = events
        .iter()
        .position(|event| event["delta"]["type"] == "input_json_delta")
        .unwrap();
    events.truncate(at + 3);
    events.push(json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}));
    let client = client(vec![stream(&events)]);
    let call = client
        .messages()
        .create()
        .set("model", json!("claude-opus-4-7"))
        .set("max_tokens", json!(100))
        .set("messages", json!([{"role": "user", "content": "hi"}]));
    let error = call.stream().await.unwrap().into_message().await.unwrap_err();
    assert_eq!(
        (error.kind(), error.code()),
        (ErrorKind::StreamInterrupted, Some("overloaded_error"))
    );
    let partial = json!(error.partial::<Message>().unwrap());
    assert_eq!(partial["content"].as_array().unwrap().len(), 5);
    assert_eq!(partial["content"][2]["text"], message["content"][2]["text"]);
    assert_eq!(partial["content"][4]["input"], json!({}));
}

#[tokio::test(start_paused = true)]
async fn an_overload_inside_a_success_is_tried_again() {
    let overload = [json!({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})];
    let client = client(vec![stream(&overload), stream(&events(&message(), 9))]);
    let call = client
        .messages()
        .create()
        .set("model", json!("claude-opus-4-7"))
        .set("max_tokens", json!(100))
        .set("messages", json!([{"role": "user", "content": "hi"}]));
    let events = call.stream().await.unwrap();
    let statuses: Vec<u16> = events
        .attempts()
        .iter()
        .map(|attempt| attempt.status().unwrap().as_u16())
        .collect();
    assert_eq!(statuses, [529, 200]);
}

#[test]
fn events_out_of_place_change_nothing() {
    use integrator_core::{Accumulate, Accumulator};
    let odd = [
        json!({"type": "content_block_stop", "index": 7}),
        json!({"type": "content_block_delta", "index": 0, "delta": "text"}),
        json!({"type": "content_block_delta", "index": -1}),
        json!({"type": "content_block_start"}),
        json!({"type": "message_delta", "delta": 1, "usage": []}),
        json!({"type": 1}),
        json!("text"),
        json!([1]),
    ];
    let mut message = Value::Null;
    let add = <crate::types::MessageStreamEvent as Accumulate>::add;
    odd.iter().for_each(|event| add(&mut message, event.clone()));
    assert_eq!(message, Value::Null);
    add(
        &mut message,
        json!({"type": "message_start", "message": {"content": ["text"], "usage": 1}}),
    );
    odd.iter().for_each(|event| add(&mut message, event.clone()));
    assert_eq!(message["content"][0], "text");
    assert!(
        Accumulator::<crate::types::MessageStreamEvent>::new()
            .message()
            .is_err()
    );
}
