//! Answers that are cut into streams, as the API does it, add up to the answers.

use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Accumulate, Credential, ErrorKind, Value, json};

use crate::Client;
use crate::types::{
    AssistantStreamEvent, CreateChatCompletionResponse, CreateChatCompletionStreamResponse, ResponseObject,
    ResponseStreamEvent,
};

fn chat() -> Value {
    let token = |text: &str| json!({"token": text, "logprob": -0.5, "bytes": null, "top_logprobs": []});
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-5",
        "service_tier": "default", "system_fingerprint": "fp_1",
        "choices": [
            {"index": 0, "finish_reason": "tool_calls",
             "message": {"role": "assistant", "content": null, "refusal": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Zürich\"}"}},
                {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
             ]}, "logprobs": null},
            {"index": 1, "finish_reason": "stop",
             "message": {"role": "assistant", "content": "It is \"18 °C\" 🌤", "refusal": null},
             "logprobs": {"content": [token("It"), token(" is")], "refusal": null}},
            {"index": 2, "finish_reason": "stop",
             "message": {"role": "assistant", "content": null, "refusal": "I can't."}, "logprobs": null},
        ],
        "usage": {"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3},
    })
}

fn pieces(text: &Value) -> Vec<String> {
    let letters: Vec<char> = text.as_str().unwrap_or_default().chars().collect();
    letters.chunks(3).map(|piece| piece.iter().collect()).collect()
}

/// The chunks that a chat comes as; choices take turns, and their first pieces come in no order.
fn chunks(chat: &Value) -> Vec<Value> {
    let mut turns: Vec<Vec<Value>> = Vec::new();
    for choice in chat["choices"].as_array().unwrap().iter().rev() {
        let (index, message) = (&choice["index"], &choice["message"]);
        let piece = |delta: Value| json!({"index": index, "delta": delta, "finish_reason": null, "logprobs": null});
        let mut turn = vec![piece(json!({"role": "assistant", "content": null}))];
        turn.extend(
            pieces(&message["content"])
                .into_iter()
                .map(|text| piece(json!({"content": text}))),
        );
        turn.extend(
            pieces(&message["refusal"])
                .into_iter()
                .map(|text| piece(json!({"refusal": text}))),
        );
        for (at, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
            let mut start = call.clone();
            (start["index"], start["function"]["arguments"]) = (json!(at), json!(""));
            turn.push(piece(json!({"tool_calls": [start]})));
            turn.extend(pieces(&call["function"]["arguments"]).into_iter().map(|text| {
                // Some servers say the id and the name again.
                piece(json!({"tool_calls": [{"index": at, "id": call["id"], "function": {"arguments": text}}]}))
            }));
        }
        for token in choice["logprobs"]["content"].as_array().into_iter().flatten() {
            let mut piece = piece(json!({}));
            piece["logprobs"] = json!({"content": [token], "refusal": null});
            turn.push(piece);
        }
        turn.push(json!({"index": index, "delta": {}, "finish_reason": choice["finish_reason"], "logprobs": null}));
        turns.push(turn);
    }
    let longest = turns.iter().map(Vec::len).max().unwrap_or_default();
    let mut order: Vec<Value> = Vec::new();
    for at in 0..longest {
        order.extend(turns.iter().filter_map(|turn| turn.get(at).cloned()));
    }
    let mut head = chat.clone();
    (head["object"], head["usage"], head["choices"]) = (json!("chat.completion.chunk"), Value::Null, json!([]));
    let mut chunks: Vec<Value> = order
        .into_iter()
        .map(|choice| {
            let mut chunk = head.clone();
            chunk["choices"] = json!([choice]);
            chunk
        })
        .collect();
    head["usage"] = chat["usage"].clone();
    chunks.push(head);
    chunks
}

fn sse(events: &[Value], end: &'static str) -> Scripted {
    let answer = Scripted::status(200).header("content-type", "text/event-stream");
    let answer = events.iter().fold(answer, |answer, event| {
        let name = event["type"]
            .as_str()
            .map(|name| format!("event: {name}\n"))
            .unwrap_or_default();
        answer.chunk(format!("{name}data: {event}\n\n"))
    });
    answer.chunk(end)
}

fn client(script: Vec<Scripted>) -> Client {
    Client::builder()
        .credential(Credential::bearer("key"))
        .transport(ScriptedTransport::new(script))
        .build()
        .unwrap()
}

#[tokio::test]
async fn a_chat_adds_up_to_the_answer() {
    let chat = chat();
    let client = client(vec![Scripted::json(&chat), sse(&chunks(&chat), "data: [DONE]\n\n")]);
    let create = || {
        client
            .chat()
            .completions()
            .create()
            .set("model", json!("gpt-5"))
            .set("messages", json!([{"role": "user", "content": "hi"}]))
    };
    let sent = create().send().await.unwrap().into_inner();
    let streamed = create().stream().await.unwrap().into_message().await.unwrap();
    assert_eq!(json!(streamed), json!(sent));
}

#[tokio::test]
async fn a_chat_that_breaks_off_leaves_what_there_was() {
    let chunks = chunks(&chat());
    let client = client(vec![sse(&chunks[..12], "")]);
    let call = client
        .chat()
        .completions()
        .create()
        .set("model", json!("gpt-5"))
        .set("messages", json!([{"role": "user", "content": "hi"}]));
    let error = call.stream().await.unwrap().into_message().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
    let partial = json!(error.partial::<CreateChatCompletionResponse>().unwrap());
    assert_eq!(partial["choices"][1]["message"]["content"], "It is \"18");
    assert_eq!(partial["choices"][1]["finish_reason"], "");
}

/// A response as it is when it begins, and at its end.
fn responses() -> (Value, Value) {
    let begun = json!({
        "id": "resp_1", "object": "response", "created_at": 1_700_000_000, "status": "in_progress", "model": "gpt-5",
        "output": [], "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "error": null,
        "incomplete_details": null, "instructions": null, "metadata": {}, "temperature": 1.0, "top_p": 1.0,
    });
    let mut done = begun.clone();
    (done["status"], done["output"]) = (json!("completed"), items());
    (begun, done)
}

fn items() -> Value {
    json!([
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "Thinking of rain"}]},
        {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather", "status": "completed",
         "arguments": "{\"city\":\"Zürich\"}"},
        {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [
            {"type": "output_text", "text": "It is 18 °C 🌤", "annotations": [
                {"type": "url_citation", "url": "https://example.com", "title": "t", "start_index": 0, "end_index": 2},
            ], "logprobs": []},
            {"type": "refusal", "refusal": "No more."},
        ]},
    ])
}

/// The events between the first and the last one.
fn progress() -> Vec<Value> {
    let mut events = Vec::new();
    let items = items();
    for (at, item) in items.as_array().unwrap().iter().enumerate() {
        let mut start = item.clone();
        for (name, empty) in [
            ("summary", json!([{"role": "user", "content": "hi"}])),
            ("arguments", json!("")),
            ("content", json!([])),
        ] {
            if start.get(name).is_some() {
                start[name] = empty;
            }
        }
        events.push(json!({"type": "response.output_item.added", "output_index": at, "item": start}));
        for text in pieces(&item["arguments"]) {
            events.push(json!({"type": "response.function_call_arguments.delta", "item_id": "x", "output_index": at, "delta": text}));
        }
        for (index, part) in item["summary"].as_array().into_iter().flatten().enumerate() {
            let place = json!({"item_id": "x", "output_index": at, "summary_index": index});
            let event = |kind: &str, name: &str, value: Value| {
                let mut event = place.clone();
                (event["type"], event[name]) = (json!(kind), value);
                event
            };
            let empty = json!({"type": "summary_text", "text": ""});
            events.push(event("response.reasoning_summary_part.added", "part", empty));
            for text in pieces(&part["text"]) {
                events.push(event("response.reasoning_summary_text.delta", "delta", json!(text)));
            }
        }
        for (index, part) in item["content"].as_array().into_iter().flatten().enumerate() {
            let place = json!({"item_id": "x", "output_index": at, "content_index": index});
            let event = |kind: &str, name: &str, value: Value| {
                let mut event = place.clone();
                (event["type"], event[name]) = (json!(kind), value);
                event
            };
            let (member, kind) = match part["type"].as_str() {
                Some("refusal") => ("refusal", "response.refusal.delta"),
                _ => ("text", "response.output_text.delta"),
            };
            let mut empty = part.clone();
            empty[member] = json!("");
            if empty.get("annotations").is_some() {
                empty["annotations"] = json!([]);
            }
            events.push(event("response.content_part.added", "part", empty));
            for text in pieces(&part[member]) {
                events.push(event(kind, "delta", json!(text)));
            }
            for annotation in part["annotations"].as_array().into_iter().flatten() {
                events.push(event(
                    "response.output_text.annotation.added",
                    "annotation",
                    annotation.clone(),
                ));
            }
        }
    }
    events
}

#[tokio::test]
async fn a_response_comes_whole_and_until_then_in_parts() {
    let (begun, done) = responses();
    let mut events = vec![json!({"type": "response.created", "response": begun, "sequence_number": 0})];
    events.extend(progress());
    let cut = sse(&events, "");
    events.push(json!({"type": "response.completed", "response": done, "sequence_number": 99}));
    let client = client(vec![Scripted::json(&done), sse(&events, ""), cut]);
    let create = || {
        client
            .responses()
            .create()
            .set("model", json!("gpt-5"))
            .set("input", json!("hi"))
    };
    let sent = create().send().await.unwrap().into_inner();
    let streamed = create().stream().await.unwrap().into_message().await.unwrap();
    assert_eq!(json!(streamed), json!(sent));

    let error = create().stream().await.unwrap().into_message().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
    let partial = json!(error.partial::<ResponseObject>().unwrap());
    assert_eq!(partial["output"], json!(sent)["output"]);
    assert_eq!(partial["status"], "in_progress");
}

#[test]
fn events_out_of_place_change_nothing() {
    let odd = [
        json!({"type": "response.output_text.delta", "output_index": 9, "content_index": 0, "delta": "x"}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": "x", "delta": "x"}),
        json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": 1}),
        json!({"type": "response.content_part.added", "output_index": 0}),
        json!({"type": "response.output_text.annotation.added", "output_index": 0, "content_index": 0}),
        json!({"type": "response.new", "output_index": 0}),
        json!({"type": 1}),
        json!("text"),
        json!([1]),
    ];
    let mut message = Value::Null;
    let add = <ResponseStreamEvent as Accumulate>::add;
    odd.iter().for_each(|event| add(&mut message, event.clone()));
    assert_eq!(message, Value::Null);
    let begun = json!({"type": "response.created", "response": {"output": [{"content": ["text"]}]}});
    add(&mut message, begun);
    odd.iter().for_each(|event| add(&mut message, event.clone()));
    assert_eq!(message, json!({"output": [{"content": ["text"]}]}));

    let add = <CreateChatCompletionStreamResponse as Accumulate>::add;
    let mut message = Value::Null;
    let odd = [
        json!("text"),
        json!([1]),
        json!({"choices": "x"}),
        json!({"choices": [1, {"delta": 1}, {"index": 0}]}),
        json!({"choices": {}}),
    ];
    odd.iter().for_each(|event| add(&mut message, event.clone()));
    assert!(message.is_object());
}

#[tokio::test]
async fn events_of_assistants_are_told_by_their_line() {
    let data = json!({"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [
        {"index": 0, "type": "text", "text": {"value": "Hi", "annotations": []}},
    ]}});
    let answer = Scripted::status(200)
        .header("content-type", "text/event-stream")
        .chunk(format!(
            "event: thread.message.delta\ndata: {data}\n\nevent: thread.new\ndata: {data}\n\n"
        ))
        .chunk("event: done\ndata: [DONE]\n\n");
    let client = client(vec![answer]);
    let call = client
        .beta()
        .threads()
        .runs()
        .create("thread_1")
        .set("assistant_id", json!("asst_1"));
    let mut events = call.stream().await.unwrap();
    let event = events.next().await.unwrap().unwrap();
    assert!(!matches!(event, AssistantStreamEvent::Unlisted(_)));
    let event = json!(event);
    assert_eq!(
        (&event["event"], &event["data"]["delta"]["content"][0]["text"]["value"]),
        (&json!("thread.message.delta"), &json!("Hi"))
    );
    assert!(matches!(
        events.next().await.unwrap().unwrap(),
        AssistantStreamEvent::Unlisted(_)
    ));
    assert!(events.next().await.is_none());
}
