//! What OpenAI's client sends and reads where the provider has ways of its own: batches, streams, files, keys.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by where it panics")]

mod batches;
mod streams;
mod wire;

use integrator_core::testing::{Recorded, Scripted, ScriptedTransport};
use integrator_core::{Value, decode};
use integrator_openai::{Client, Credential};

fn client(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let builder = Client::builder().credential(Credential::bearer("key")).seed(7);
    let client = builder.transport(transport.clone()).build();
    (client.expect("the client is complete"), transport)
}

fn body(request: &Recorded) -> Value {
    decode(&request.body).expect("the body is JSON")
}

fn header<'a>(request: &'a Recorded, name: &str) -> &'a str {
    let value = request.headers.get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or_default()
}
