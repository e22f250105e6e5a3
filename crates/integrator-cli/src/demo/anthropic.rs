//! What is tried on Anthropic: streamed messages that add up, overload in both of its shapes, and tokens that run out.

use std::time::Duration;

use integrator::anthropic::types::{
    CreateMessageParamsTools, InputMessage, InputSchema, Message, MessageStreamEvent, Tool,
};
use integrator::anthropic::{Client, PROVIDER, op};
use integrator::mock::{Fault, Mock, Received, Reply, StreamEvent};
use integrator::{Accumulator, Call, ErrorKind, Recovery, Value, json};

use super::live::{self, Reading};
use super::scene::{Scenario, Scene, Stop};
use super::{Part, play};

/// Its part of the demo.
pub(super) const PART: Part = Part {
    provider: PROVIDER,
    play: |settings, console| Box::pin(play(PROVIDER, Mock::builder(PROVIDER), SCENARIOS, settings, console)),
    read: |url, console| Box::pin(live::read(PROVIDER, READINGS, url, console)),
};

/// The table.
const SCENARIOS: &[Scenario<Client>] = &[
    Scenario {
        name: "a streamed message with a tool call adds up to the answer",
        survives: Some("streamed tool call"),
        run: |scene| Box::pin(streamed(scene)),
    },
    Scenario {
        name: "a message that meets a 529 twice",
        survives: Some("529 twice"),
        run: |scene| Box::pin(overloaded(scene)),
    },
    Scenario {
        name: "a batch of messages that meets a 529 is sent again, one whose answer is lost is not",
        survives: Some("529 for a batch"),
        run: |scene| Box::pin(batch(scene)),
    },
    Scenario {
        name: "an overload inside a 200, before the first content",
        survives: Some("overload inside a 200"),
        run: |scene| Box::pin(overloaded_at_first(scene)),
    },
    Scenario {
        name: "an overload inside a 200, after the first content",
        survives: None,
        run: |scene| Box::pin(overloaded_later(scene)),
    },
    Scenario {
        name: "429 in the provider's own headers",
        survives: Some("429"),
        run: |scene| Box::pin(limited(scene)),
    },
];

/// What is read from a live server.
const READINGS: &[Reading<Client>] = &[Reading {
    name: "models.list",
    run: |client| {
        Box::pin(async {
            let models = client.models().list().limit(100).items();
            models
                .collect_all(live::ITEMS)
                .await
                .map(|models| live::found(models.len(), live::ITEMS))
        })
    },
}];

/// Bytes of a piece of a stream: no event fits into one.
const PIECE: usize = 11;
/// What the model says, and what it wants to call the tool with, in pieces.
const WORDS: [&str; 2] = ["Let me ", "look 🌤"];
const INPUT: [&str; 3] = ["{\"ci", "ty\":\"Zü", "rich\"}"];

fn message(client: &Client) -> Call<Message> {
    let question = InputMessage::new("What is the weather in Zürich?", "user");
    let city = InputSchema::new().properties(json!({"city": {"type": "string"}}));
    let weather = CreateMessageParamsTools::Tool(Tool::new("weather", city));
    let create = client.messages().create().model("claude-sonnet-4-5").max_tokens(100);
    create.messages([question]).tools([weather]).call()
}

/// The message with this content and what is known at its end.
fn answer(content: &Value, reason: Option<&str>, tokens: u32) -> Value {
    json!({
        "id": "msg_demo", "type": "message", "role": "assistant", "model": "claude-sonnet-4-5", "content": content,
        "stop_reason": reason, "stop_sequence": null, "stop_details": null, "container": null, "diagnostics": null,
        "usage": {
            "input_tokens": 61, "output_tokens": tokens, "cache_creation": null, "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0, "inference_geo": null, "service_tier": "standard", "server_tool_use": null,
            "output_tokens_details": null, "speed": null,
        },
    })
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text, "citations": null})
}

fn call(input: &Value) -> Value {
    json!({"type": "tool_use", "id": "toolu_1", "name": "weather", "caller": {"type": "direct"}, "input": input})
}

fn whole() -> Value {
    let content = json!([text(&WORDS.concat()), call(&json!({"city": "Zürich"}))]);
    answer(&content, Some("tool_use"), 17)
}

fn events() -> Vec<StreamEvent> {
    let event = |name: &str, members: Value| {
        let mut event = json!({"type": name});
        if let (Some(event), Value::Object(members)) = (event.as_object_mut(), members) {
            event.extend(members);
        }
        StreamEvent::json(event).named(name)
    };
    let start =
        |index: u32, block: Value| event("content_block_start", json!({"index": index, "content_block": block}));
    let delta = |index: u32, delta: Value| event("content_block_delta", json!({"index": index, "delta": delta}));
    let stop = |index: u32| event("content_block_stop", json!({"index": index}));
    let mut events = vec![
        event("message_start", json!({"message": answer(&json!([]), None, 1)})),
        event("ping", json!({})),
        start(0, text("")),
    ];
    events.extend(WORDS.map(|word| delta(0, json!({"type": "text_delta", "text": word}))));
    events.extend([stop(0), start(1, call(&json!({})))]);
    events.extend(INPUT.map(|piece| delta(1, json!({"type": "input_json_delta", "partial_json": piece}))));
    let end = json!({"stop_reason": "tool_use", "stop_sequence": null});
    events.extend([
        stop(1),
        event("message_delta", json!({"delta": end, "usage": {"output_tokens": 17}})),
        event("message_stop", json!({})),
    ]);
    events
}

/// What a stream says when the provider has too much to do.
fn overload() -> StreamEvent {
    let error = json!({"type": "overloaded_error", "message": "Overloaded"});
    StreamEvent::json(json!({"type": "error", "error": error})).named("error")
}

/// The model's answer, whole or streamed as it was asked for.
fn reply(received: &Received) -> Reply {
    if received.argument("stream").as_deref() == Some("true") {
        Reply::stream(events()).in_chunks(PIECE, Duration::ZERO)
    } else {
        Reply::json(whole())
    }
}

/// A success that begins to stream, says so many events, and then that there is too much to do.
fn overload_after(count: usize) -> Fault {
    let events = events().into_iter().take(count).chain([overload()]);
    let text: String = events.map(|event| event.to_string()).collect();
    Fault::status(200)
        .header("content-type", "text/event-stream")
        .with_body(text)
}

async fn streamed(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::messages::CREATE).answer_by(reply);
    let sent = scene.succeeds("the message is answered", message(&scene.client).send().await)?;
    let opening = message(&scene.client).stream::<MessageStreamEvent>();
    let mut events = scene.succeeds("the stream begins", opening.await)?;
    let mut sum = Accumulator::new();
    while let Some(event) = events.next().await {
        sum.add(&scene.succeeds("every event is read", event)?);
    }
    let message = scene.succeeds("the events add up", sum.message())?;
    scene.equal(
        "to the answer without a stream",
        json!(message),
        json!(sent.into_inner()),
    );
    let input = json!(message)["content"][1]["input"].take();
    scene.equal("the tool call is whole", input, json!({"city": "Zürich"}));
    Ok(())
}

async fn overloaded(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::messages::CREATE;
    scene.mock.on(create).answer_by(reply).fail(Fault::status(529).times(2));
    let message = scene.succeeds("the call succeeds", message(&scene.client).send().await)?;
    scene.equal("it takes three attempts", message.attempts().len(), 3);
    scene.equal("the answer is whole", message.content.len(), 2);
    Ok(())
}

async fn batch(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::messages::batches::CREATE;
    let send = || scene.client.batch([message(&scene.client)]).send();
    let on = scene.mock.on(create).fail(Fault::status(529));
    let batch = scene.succeeds("a batch that was turned away is sent again", send().await)?;
    scene.expect("it has an id", !batch.id().is_empty(), || "it has none".to_owned());
    scene.equal("the mock read two requests", scene.mock.count(create), 2);
    on.fail(Fault::reset_after_read());
    let error = scene.fails("a batch whose answer is lost fails", send().await)?;
    scene.equal("the mock read it once", scene.mock.count(create), 3);
    scene.equal(
        "the error says to check the outcome",
        error.recovery(),
        Recovery::CheckOutcome,
    );
    Ok(())
}

async fn overloaded_at_first(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::messages::CREATE;
    scene
        .mock
        .on(create)
        .answer_by(reply)
        .fail(overload_after(0))
        .fail(overload_after(2));
    let opening = message(&scene.client).stream::<MessageStreamEvent>();
    let events = scene.succeeds("the stream begins", opening.await)?;
    let statuses = events
        .attempts()
        .iter()
        .map(|attempt| attempt.status().map(|status| status.as_u16()));
    scene.equal(
        "an overload counts as one, whatever the status",
        statuses.collect::<Vec<_>>(),
        vec![Some(529), Some(529), Some(200)],
    );
    let message = scene.succeeds("the events add up", events.into_message().await)?;
    scene.equal("the answer is whole", message.content.len(), 2);
    Ok(())
}

async fn overloaded_later(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::messages::CREATE;
    scene.mock.on(create).answer_by(reply).fail(overload_after(4));
    let opening = message(&scene.client).stream::<MessageStreamEvent>();
    let events = scene.succeeds("the stream begins", opening.await)?;
    let error = scene.fails("it breaks off", events.into_message().await)?;
    scene.equal("the error says so", error.kind(), ErrorKind::StreamInterrupted);
    scene.equal("and why", error.code(), Some("overloaded_error"));
    scene.equal("nothing is repeated", scene.mock.count(create), 1);
    let partial = error.partial::<Message>().map(|partial| json!(partial));
    let said = partial.unwrap_or_default()["content"][0]["text"].take();
    scene.equal("what came before is kept", said, Value::from(WORDS[0]));
    Ok(())
}

async fn limited(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::messages::CREATE;
    scene.mock.on(create).answer_by(reply).fail(Fault::limited());
    let message = scene.succeeds("the call succeeds", message(&scene.client).send().await)?;
    scene.equal("it takes two attempts", message.attempts().len(), 2);
    let waited = message.attempts().last().map(|attempt| attempt.wait());
    let obeyed = waited.is_some_and(|wait| wait >= Duration::from_secs(1));
    scene.expect("the wait that was asked for is kept", obeyed, || {
        format!("waited {waited:?}")
    });
    Ok(())
}
