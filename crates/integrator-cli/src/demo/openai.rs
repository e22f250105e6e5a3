//! What is tried on OpenAI: streamed chats that add up, POSTs that may be repeated since nothing lasts but cost, and
//! failures inside a success.

use std::time::Duration;

use integrator::mock::{Fault, Mock, Received, Reply, StreamEvent};
use integrator::openai::types::{
    ChatCompletionRequestMessage, ChatCompletionRequestUserMessage, ChatCompletionTool,
    CreateChatCompletionRequestTools, CreateChatCompletionResponse, CreateChatCompletionStreamResponse, FunctionObject,
};
use integrator::openai::{Client, PROVIDER, op};
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
        name: "a streamed chat with a tool call adds up to the answer",
        survives: Some("streamed tool call"),
        run: |scene| Box::pin(streamed(scene)),
    },
    Scenario {
        name: "a chat that meets a 503, then a 429 with a wait in milliseconds",
        survives: Some("503 and 429 for a chat"),
        run: |scene| Box::pin(unavailable(scene)),
    },
    Scenario {
        name: "a chat whose answer is lost is asked again, one that is stored is not",
        survives: Some("lost chat"),
        run: |scene| Box::pin(lost(scene)),
    },
    Scenario {
        name: "a quota that is used up is not waited for",
        survives: None,
        run: |scene| Box::pin(exhausted(scene)),
    },
    Scenario {
        name: "an error inside a 200, before the first content",
        survives: Some("error inside a 200"),
        run: |scene| Box::pin(failed_at_first(scene)),
    },
    Scenario {
        name: "an error inside a 200, after the first content",
        survives: None,
        run: |scene| Box::pin(failed_later(scene)),
    },
    Scenario {
        name: "a stream cut within an event",
        survives: None,
        run: |scene| Box::pin(cut(scene)),
    },
];

/// What is read from a live server.
const READINGS: &[Reading<Client>] = &[
    Reading {
        name: "models.list",
        run: |client| {
            Box::pin(async {
                let models = client.models().list().send().await?;
                Ok(live::found(models.data.len(), usize::MAX))
            })
        },
    },
    Reading {
        name: "files.list",
        run: |client| {
            Box::pin(async {
                let files = client.files().list().limit(100).items();
                files
                    .collect_all(live::ITEMS)
                    .await
                    .map(|files| live::found(files.len(), live::ITEMS))
            })
        },
    },
];

/// Bytes of a piece of a stream: no event fits into one.
const PIECE: usize = 7;
/// What the model wants to call the tool with, in the pieces in which it says so.
const ARGUMENTS: [&str; 3] = ["{\"ci", "ty\":\"Zü", "rich\"}"];

fn chat(client: &Client) -> Call<CreateChatCompletionResponse> {
    let question = ChatCompletionRequestUserMessage::new("What is the weather in Zürich?");
    let city = json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]});
    let weather = ChatCompletionTool::new(FunctionObject::new("weather").parameters(city));
    let create = client.chat().completions().create().model("gpt-5");
    create
        .messages([ChatCompletionRequestMessage::ChatCompletionRequestUserMessage(question)])
        .tools([CreateChatCompletionRequestTools::ChatCompletionTool(weather)])
        .call()
}

/// The answer with this object and these choices.
fn answer(object: &str, choices: &Value, usage: &Value) -> Value {
    json!({
        "id": "chatcmpl-demo", "object": object, "created": 1_764_000_000, "model": "gpt-5",
        "choices": choices, "usage": usage,
    })
}

fn usage() -> Value {
    json!({"prompt_tokens": 61, "completion_tokens": 17, "total_tokens": 78})
}

fn whole() -> Value {
    let function = json!({"name": "weather", "arguments": ARGUMENTS.concat()});
    let calls = json!([{"id": "call_1", "type": "function", "function": function}]);
    let message = json!({"role": "assistant", "content": null, "refusal": null, "tool_calls": calls});
    let choice = json!({"index": 0, "finish_reason": "tool_calls", "message": message, "logprobs": null});
    answer("chat.completion", &json!([choice]), &usage())
}

fn events() -> Vec<StreamEvent> {
    let object = "chat.completion.chunk";
    let chunk = |delta: Value, reason: Value| {
        let choice = json!({"index": 0, "delta": delta, "finish_reason": reason});
        StreamEvent::json(answer(object, &json!([choice]), &Value::Null))
    };
    let call = |call: Value| chunk(json!({"tool_calls": [call]}), Value::Null);
    let begin = json!({"name": "weather", "arguments": ""});
    let mut events = vec![
        chunk(json!({"role": "assistant", "content": null}), Value::Null),
        call(json!({"index": 0, "id": "call_1", "type": "function", "function": begin})),
    ];
    events.extend(ARGUMENTS.map(|piece| call(json!({"index": 0, "function": {"arguments": piece}}))));
    events.push(chunk(json!({}), "tool_calls".into()));
    events.push(StreamEvent::json(answer(object, &json!([]), &usage())));
    events.push(StreamEvent::text("[DONE]"));
    events
}

/// The model's answer, whole or streamed as it was asked for.
fn reply(received: &Received) -> Reply {
    if received.argument("stream").as_deref() == Some("true") {
        Reply::stream(events()).in_chunks(PIECE, Duration::ZERO)
    } else {
        Reply::json(whole())
    }
}

async fn streamed(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::chat::completions::CREATE).answer_by(reply);
    let sent = scene.succeeds("the chat is answered", chat(&scene.client).send().await)?;
    let opening = chat(&scene.client).stream::<CreateChatCompletionStreamResponse>();
    let mut events = scene.succeeds("the stream begins", opening.await)?;
    let mut sum = Accumulator::new();
    let mut count = 0;
    while let Some(event) = events.next().await {
        sum.add(&scene.succeeds("every event is read", event)?);
        count += 1;
    }
    scene.equal("every event comes", count, 7);
    let message = scene.succeeds("the events add up", sum.message())?;
    scene.equal(
        "to the answer without a stream",
        json!(message),
        json!(sent.into_inner()),
    );
    let called = json!(message)["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].take();
    scene.equal("the tool call is whole", called, Value::from(ARGUMENTS.concat()));
    Ok(())
}

async fn unavailable(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::chat::completions::CREATE)
        .answer_by(reply)
        .fail(Fault::status(503))
        .fail(Fault::status(429).retry_after_ms(30));
    let chat = scene.succeeds("the call succeeds", chat(&scene.client).send().await)?;
    let reasons: Vec<_> = chat.attempts().iter().map(|attempt| attempt.reason()).collect();
    let expected = vec!["server", "rate_limited", "ok"];
    scene.equal("each attempt says how it ended", reasons, expected);
    let waited = chat.attempts().last().map(|attempt| attempt.wait());
    let obeyed = waited.is_some_and(|wait| wait >= Duration::from_millis(30));
    scene.expect("the wait that was asked for is kept", obeyed, || {
        format!("waited {waited:?}")
    });
    Ok(())
}

async fn lost(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::chat::completions::CREATE;
    let on = scene.mock.on(create).answer_by(reply).fail(Fault::reset_after_read());
    scene.succeeds("the call succeeds", chat(&scene.client).send().await)?;
    scene.equal("the mock read two requests", scene.mock.count(create), 2);
    on.fail(Fault::reset_after_read());
    let stored = chat(&scene.client).set("store", true).send().await;
    let error = scene.fails("a chat that is stored fails", stored)?;
    scene.equal("the mock read it once", scene.mock.count(create), 3);
    scene.equal(
        "the error says to check the outcome",
        error.recovery(),
        Recovery::CheckOutcome,
    );
    Ok(())
}

async fn exhausted(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let body = json!({"error": {"code": "insufficient_quota", "type": "insufficient_quota", "message": "pay first"}});
    let fault = Fault::status(429).retry_after("1").with_json(body);
    scene.mock.on(&op::chat::completions::CREATE).fail(fault);
    let error = scene.fails("the call fails", chat(&scene.client).send().await)?;
    scene.equal("it takes one attempt", error.attempts().len(), 1);
    scene.equal(
        "the error says to raise the quota",
        error.recovery(),
        Recovery::RaiseQuota,
    );
    Ok(())
}

async fn failed_at_first(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::chat::completions::CREATE;
    scene.mock.on(create).answer_by(reply).fail(Fault::stream_error(0));
    let opening = chat(&scene.client).stream::<CreateChatCompletionStreamResponse>();
    let events = scene.succeeds("the stream begins", opening.await)?;
    scene.equal("it takes two attempts", events.attempts().len(), 2);
    let message = scene.succeeds("the events add up", events.into_message().await)?;
    scene.equal("one choice comes", message.choices.len(), 1);
    Ok(())
}

async fn failed_later(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::chat::completions::CREATE;
    scene.mock.on(create).answer_by(reply).fail(Fault::stream_error(3));
    interrupted(scene, ARGUMENTS[0]).await
}

async fn cut(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::chat::completions::CREATE;
    scene.mock.on(create).answer_by(reply).fail(Fault::cut_stream(4));
    interrupted(scene, &ARGUMENTS[..2].concat()).await
}

/// A stream that breaks off when so much of the tool's arguments was said.
async fn interrupted(scene: &Scene<'_, Client>, said: &str) -> Result<(), Stop> {
    let opening = chat(&scene.client).stream::<CreateChatCompletionStreamResponse>();
    let events = scene.succeeds("the stream begins", opening.await)?;
    let error = scene.fails("it breaks off", events.into_message().await)?;
    scene.equal("the error says so", error.kind(), ErrorKind::StreamInterrupted);
    scene.equal(
        "nothing is repeated",
        scene.mock.count(&op::chat::completions::CREATE),
        1,
    );
    let partial = error
        .partial::<CreateChatCompletionResponse>()
        .map(|partial| json!(partial));
    let mut partial = partial.unwrap_or_default();
    let called = partial["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"].take();
    scene.equal("what came before is kept", called, Value::from(said));
    Ok(())
}
