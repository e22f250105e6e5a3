//! Streams: what they add up to, how they end, and what counts as a failure.

use std::time::Duration;

use integrator_core::testing::Scripted;
use integrator_core::{Call, ErrorKind, Value, json};
use integrator_mock::{Fault, Mock, Reply, StreamEvent};
use integrator_openai::types::{AgentSession, AgentSessionEvent, AssistantStreamEvent, CreateChatCompletionResponse};
use integrator_openai::{Client, Credential, PROVIDER, op};

use crate::client;

async fn mock() -> (Mock, Client) {
    let mock = Mock::start(PROVIDER).await.expect("loopback has a free port");
    let builder = Client::builder()
        .base_url(mock.url())
        .credential(Credential::bearer("key"));
    let client = builder.build().expect("the client is complete");
    (mock, client)
}

fn sse(events: impl IntoIterator<Item = StreamEvent>) -> Scripted {
    let answer = Scripted::status(200).header("content-type", "text/event-stream");
    let chunk = |answer: Scripted, event: StreamEvent| answer.chunk(event.to_string());
    events.into_iter().fold(answer, chunk)
}

fn done() -> StreamEvent {
    StreamEvent::text("[DONE]")
}

fn typed(kind: &str, more: &Value) -> StreamEvent {
    let mut event = more.clone();
    event["type"] = json!(kind);
    StreamEvent::json(event).named(kind)
}

fn chat(client: &Client) -> Call<CreateChatCompletionResponse> {
    let create = client.chat().completions().create();
    let create = create.set("model", json!("gpt-5"));
    create
        .set("messages", json!([{"role": "user", "content": "weather?"}]))
        .call()
}

fn answer() -> Value {
    json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": "gpt-5",
        "choices": [{"index": 0, "finish_reason": "tool_calls", "logprobs": null, "message": {
            "role": "assistant", "content": null, "refusal": null, "tool_calls": [
                {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{\"city\":\"Zürich\"}"}},
                {"id": "call_2", "type": "function", "function": {"name": "now", "arguments": "{}"}},
            ]}}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14},
    })
}

/// The same as chunks: the arguments of a call come in pieces, and those of the second begin before the first's end.
fn chunks() -> Vec<StreamEvent> {
    let chunk = |choices: Value, usage: Value| {
        StreamEvent::json(
            json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000,
            "model": "gpt-5", "choices": choices, "usage": usage}),
        )
    };
    let delta = |delta: Value| {
        chunk(
            json!([{"index": 0, "delta": delta, "finish_reason": null}]),
            Value::Null,
        )
    };
    let start = |index: u64, id: &str, name: &str| {
        delta(json!({"tool_calls": [{"index": index, "id": id, "type": "function",
            "function": {"name": name, "arguments": ""}}]}))
    };
    let piece =
        |index: u64, text: &str| delta(json!({"tool_calls": [{"index": index, "function": {"arguments": text}}]}));
    let last = json!([{"index": 0, "delta": {}, "finish_reason": "tool_calls"}]);
    vec![
        delta(json!({"role": "assistant", "content": null})),
        start(0, "call_1", "weather"),
        piece(0, "{\"ci"),
        start(1, "call_2", "now"),
        piece(0, "ty\":\"Zür"),
        piece(1, "{}"),
        piece(0, "ich\"}"),
        chunk(last, Value::Null),
        chunk(json!([]), answer()["usage"].clone()),
        done(),
    ]
}

#[tokio::test]
async fn a_streamed_chat_with_tool_calls_is_the_answer() {
    let (mock, client) = mock().await;
    mock.on(&op::chat::completions::CREATE).answer(answer());
    let sent = chat(&client).send().await.unwrap().into_inner();
    // Chunks of HTTP that take no heed of events, nor of characters.
    let stream = Reply::stream(chunks()).in_chunks(7, Duration::ZERO);
    mock.on(&op::chat::completions::CREATE).reply(stream);
    let create = client.chat().completions().create().set("model", json!("gpt-5"));
    let create = create.set("messages", json!([{"role": "user", "content": "weather?"}]));
    let streamed = create.stream().await.unwrap().into_message().await.unwrap();
    assert_eq!(json!(streamed), json!(sent));
    let call = &json!(streamed)["choices"][0]["message"]["tool_calls"][0];
    assert_eq!(call["function"]["arguments"], "{\"city\":\"Zürich\"}");
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn a_streamed_response_is_the_answer() {
    let (mock, client) = mock().await;
    mock.on(&op::responses::CREATE).says("one two three");
    let create = || client.responses().create().model("gpt-5").input("count");
    let sent = json!(create().send().await.unwrap().into_inner());
    let mut events = create().stream().await.unwrap();
    let mut count = 0;
    while let Some(event) = events.next().await {
        event.unwrap();
        count += 1;
    }
    assert_eq!(count, 11, "`[DONE]` is no event");
    let streamed = json!(create().stream().await.unwrap().into_message().await.unwrap());
    assert_eq!(streamed["output"][0]["content"], sent["output"][0]["content"]);
    assert_eq!(
        (&streamed["status"], &streamed["usage"]),
        (&sent["status"], &sent["usage"])
    );
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn events_of_assistants_are_told_by_their_line() {
    let (mock, client) = mock().await;
    let delta = json!({"id": "msg_1", "object": "thread.message.delta", "delta": {"content": [
        {"index": 0, "type": "text", "text": {"value": "Hi", "annotations": []}}]}});
    let events = [
        StreamEvent::json(delta.clone()).named("thread.message.delta"),
        StreamEvent::json(delta).named("thread.message.newer"),
        done().named("done"),
    ];
    mock.on(&op::beta::threads::runs::CREATE).stream(events);
    let run = client.beta().threads().runs().create("thread_1").assistant_id("asst_1");
    let mut events = run.stream().await.unwrap();
    let first = events.next().await.unwrap().unwrap();
    assert!(
        matches!(first, AssistantStreamEvent::ThreadMessageDelta(_)),
        "{first:?}"
    );
    let second = events.next().await.unwrap().unwrap();
    assert!(matches!(second, AssistantStreamEvent::Unlisted(_)), "{second:?}");
    assert!(events.next().await.is_none());
    let sent = &mock.received_for(&op::beta::threads::runs::CREATE)[0];
    assert_eq!(sent.header("openai-beta"), Some("assistants=v2"));
}

#[tokio::test(start_paused = true)]
async fn an_error_within_a_success_is_one_of_the_attempt_until_there_is_content() {
    let error = || StreamEvent::json(json!({"error": {"code": "server_error", "message": "busy"}}));
    let typed_error = || {
        typed(
            "error",
            &json!({"code": "server_error", "message": "busy", "sequence_number": 1}),
        )
    };
    let begun = json!({"id": "resp_1", "object": "response", "created_at": 1, "status": "in_progress", "model": "gpt-5",
        "output": [], "parallel_tool_calls": true, "tool_choice": "auto", "tools": [], "error": null, "metadata": {},
        "incomplete_details": null, "instructions": null, "temperature": 1.0, "top_p": 1.0});
    let created = || typed("response.created", &json!({"response": begun, "sequence_number": 0}));
    let delta = || {
        typed(
            "response.output_text.delta",
            &json!({"delta": "x", "output_index": 0, "content_index": 0,
        "item_id": "i", "sequence_number": 2, "logprobs": []}),
        )
    };
    let respond = |client: &Client| client.responses().create().model("gpt-5").input("x");

    for failure in [vec![error()], vec![created(), typed_error()]] {
        let (client, transport) = client([sse(failure), sse([created(), delta(), error()])]);
        let mut events = respond(&client).stream().await.unwrap();
        assert_eq!(transport.received().len(), 2, "what had no content is asked for again");
        events.next().await.unwrap().unwrap();
        events.next().await.unwrap().unwrap();
        let broken = events.next().await.unwrap().unwrap_err();
        assert_eq!(
            (broken.kind(), broken.code()),
            (ErrorKind::StreamInterrupted, Some("server_error"))
        );
        assert!(events.next().await.is_none());
        assert_eq!(transport.received().len(), 2, "what had content is not");
    }
}

#[tokio::test]
async fn a_chat_without_its_end_was_cut() {
    let (mock, client) = mock().await;
    mock.on(&op::chat::completions::CREATE)
        .stream(chunks().into_iter().take(6));
    let create = client.chat().completions().create().set("model", json!("gpt-5"));
    let create = create.set("messages", json!([{"role": "user", "content": "x"}]));
    let error = create.stream().await.unwrap().into_message().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::StreamInterrupted);
    let partial = json!(error.partial::<CreateChatCompletionResponse>().unwrap());
    assert_eq!(
        partial["choices"][0]["message"]["tool_calls"][1]["function"]["name"],
        "now"
    );

    mock.on(&op::responses::CREATE)
        .says("one two")
        .fail(Fault::cut_stream(5));
    let events = client
        .responses()
        .create()
        .model("gpt-5")
        .input("x")
        .stream()
        .await
        .unwrap();
    assert_eq!(
        events.into_message().await.unwrap_err().kind(),
        ErrorKind::StreamInterrupted
    );
}

fn session(client: &Client) -> Call<AgentSession> {
    let create = client.beta().agents().sessions().create();
    create
        .set("agent_id", json!("agent_1"))
        .set("environment", json!({"id": "env_1"}))
        .call()
}

#[tokio::test(start_paused = true)]
async fn a_session_may_end_when_nothing_goes_on_and_nowhere_else() {
    let text = || {
        typed(
            "agent.session.turn.output_text.delta",
            &json!({"delta": "x", "event_id": "e", "session_id": "s", "turn_id": "t", "item_id": "i", "content_index": 0, "output_index": 0}),
        )
    };
    let idle = || typed("agent.session.idle", &json!({"event_id": "e", "session": {}}));
    let cut = Some(ErrorKind::StreamInterrupted);
    for (events, expected) in [
        (vec![text(), idle()], None),
        (vec![text(), idle(), text(), idle()], None),
        (vec![text(), done()], None),
        (vec![text()], cut),
        (vec![text(), idle(), text()], cut),
    ] {
        let (client, transport) = client([sse(events)]);
        let mut stream = session(&client).stream::<Value>().await.unwrap();
        let mut end = None;
        while let Some(event) = stream.next().await {
            end = event.err().map(|error| error.kind());
        }
        assert_eq!(end, expected);
        assert_eq!(crate::header(&transport.received()[0], "openai-beta"), "agents=v1");
    }
    let (client, _) = client([sse([text(), idle()])]);
    let mut stream = client
        .beta()
        .agents()
        .sessions()
        .events()
        .stream("s")
        .stream()
        .await
        .unwrap();
    let first = stream.next().await.unwrap().unwrap();
    assert!(
        matches!(first, AgentSessionEvent::AgentSessionTurnOutputTextDeltaEvent(_)),
        "{first:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_done_may_end_the_stream_and_need_not() {
    let image = |kind: &str| {
        typed(
            kind,
            &json!({"b64_json": "aGk=", "created_at": 1, "size": "auto", "quality": "low", "background": "auto",
            "output_format": "png", "partial_image_index": 0, "usage": {"total_tokens": 1, "input_tokens": 1,
            "output_tokens": 1, "input_tokens_details": {"text_tokens": 1, "image_tokens": 0}}}),
        )
    };
    let (partial, completed) = ("image_generation.partial_image", "image_generation.completed");
    for (kinds, is_whole) in [
        (&[partial, completed][..], true),
        (&[completed, partial, completed], true),
        (&[partial], false),
    ] {
        let (client, _) = client([sse(kinds.iter().map(|kind| image(kind)))]);
        let mut events = client.images().generate().prompt("a cat").stream().await.unwrap();
        let mut found = Vec::new();
        while let Some(event) = events.next().await {
            found.push(event.is_ok());
        }
        let mut expected = vec![true; kinds.len()];
        expected.extend((!is_whole).then_some(false));
        assert_eq!(found, expected, "{kinds:?}");
    }
}
