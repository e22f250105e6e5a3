//! Our side: the streamed chat as data, with the types of its chunks as the generator writes them.

use integrator_core::generated::{data, object, open_enum, operation};
use integrator_core::provider::{Provider, StreamFacts};
use integrator_core::{Client, Credential, Error, Events, Value, json};

object! { pub struct Chunk {
    0 id: String = "id",
    1 choices: Vec<Choice> = "choices",
    2 created: i64 = "created",
    3 model: String = "model",
    4 service_tier: Option<String> = "service_tier",
    5 system_fingerprint: Option<String> = "system_fingerprint",
    6 object: Kind = "object",
    7 usage: Option<Usage> = "usage",
} }

open_enum! { pub enum Kind { Chunk = "chat.completion.chunk" } }

object! { pub struct Choice {
    0 delta: Delta = "delta",
    1 logprobs: Option<Value> = "logprobs",
    2 finish_reason: Option<Reason> = "finish_reason",
    3 index: i64 = "index",
} }

open_enum! { pub enum Reason { Stop = "stop", Length = "length", ToolCalls = "tool_calls" } }

object! { pub struct Delta {
    0 content: Option<String> = "content",
    1 tool_calls: Vec<ToolCall> = "tool_calls",
    2 role: Option<Role> = "role",
    3 refusal: Option<String> = "refusal",
} }

open_enum! { pub enum Role { Assistant = "assistant", User = "user", System = "system", Tool = "tool" } }

object! { pub struct ToolCall {
    0 index: i64 = "index",
    1 id: Option<String> = "id",
    2 function: Option<Value> = "function",
} }

object! { pub struct Usage {
    0 completion_tokens: i64 = "completion_tokens",
    1 prompt_tokens: i64 = "prompt_tokens",
    2 total_tokens: i64 = "total_tokens",
} }

operation! {
    CREATE as CreateCall -> Value, stream Chunk {
        id: "createChatCompletion",
        name: "chat.completions.create",
        method: data::Method::Post,
        path: "/chat/completions",
        body: data::Body::Json,
        repeat: data::Repeat::Repeatable,
        stream: Some(data::Streaming::DEFAULT),
    }
    0 model: String = field("model").needed(),
    1 messages: Value = field("messages").needed(),
    switch field("stream")
}

static PROVIDER: Provider = Provider {
    name: "chat",
    title: "Chat",
    stream: StreamFacts {
        done: Some("[DONE]"),
        error_type: Some("error"),
        error_member: Some("error"),
    },
    ..Provider::DEFAULT
};

pub(crate) fn client(base: &str) -> Result<Client, Error> {
    Client::builder(&PROVIDER)
        .base_url(base)
        .credential(Credential::bearer("key"))
        .build()
}

pub(crate) async fn stream(client: &Client) -> Result<Events<Chunk>, Error> {
    let messages = json!([{"role": "user", "content": "hi"}]);
    CreateCall::new(client).model("gpt-5").messages(messages).stream().await
}
