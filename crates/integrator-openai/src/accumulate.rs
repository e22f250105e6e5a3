//! What streamed answers add up to: what `send()` would have answered.
//!
//! Chats and completions come in pieces of the answer's own shape; a response comes whole in its last event, and what is
//! put together before serves a stream that breaks off.

use integrator_core::{Accumulate, Value};

use crate::types::{
    BetaResponse, BetaResponseStreamEvent, CreateChatCompletionResponse, CreateChatCompletionStreamResponse,
    CreateCompletionResponse, ResponseObject, ResponseStreamEvent,
};

mod merge;
mod response;

use merge::{merge, take};

impl Accumulate for CreateChatCompletionStreamResponse {
    type Message = CreateChatCompletionResponse;

    fn add(message: &mut Value, mut event: Value) {
        if let Some(object) = event.get_mut("object") {
            *object = "chat.completion".into();
        }
        for choice in choices(&mut event) {
            let delta = take(choice, "delta");
            if let Some(members) = choice.as_object_mut() {
                members.insert("message".to_owned(), delta);
            }
        }
        merge(message, event);
        complete(message);
    }
}

impl Accumulate for CreateCompletionResponse {
    type Message = Self;

    fn add(message: &mut Value, event: Value) {
        merge(message, event);
        complete(message);
    }
}

impl Accumulate for ResponseStreamEvent {
    type Message = ResponseObject;

    fn add(message: &mut Value, event: Value) {
        response::add(message, event);
    }
}

impl Accumulate for BetaResponseStreamEvent {
    type Message = BetaResponse;

    fn add(message: &mut Value, event: Value) {
        response::add(message, event);
    }
}

fn choices(message: &mut Value) -> impl Iterator<Item = &mut Value> {
    message
        .get_mut("choices")
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
}

/// Members that an answer always has and a stream says late, or never.
fn complete(message: &mut Value) {
    for choice in choices(message) {
        let Some(members) = choice.as_object_mut() else {
            continue;
        };
        // Empty until the last piece says why it ended.
        let reason = members.entry("finish_reason").or_insert(Value::Null);
        if reason.is_null() {
            *reason = "".into();
        }
        if let Some(message) = members.get_mut("message").and_then(Value::as_object_mut) {
            message.entry("role").or_insert_with(|| "assistant".into());
            message.entry("content").or_insert(Value::Null);
            message.entry("refusal").or_insert(Value::Null);
        }
    }
}

#[cfg(test)]
mod tests;
