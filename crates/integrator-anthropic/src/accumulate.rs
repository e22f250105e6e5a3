//! What a streamed message adds up to: the message that `send()` would have answered.
//!
//! Both the stable and the beta API stream in the same way. Blocks and deltas of kinds that are unknown here are taken
//! over as they are.

use integrator_core::{Accumulate, Value};

use crate::types::{BetaMessage, BetaMessageStreamEvent, Message, MessageStreamEvent};

impl Accumulate for MessageStreamEvent {
    type Message = Message;

    fn add(message: &mut Value, event: Value) {
        add(message, event);
    }
}

impl Accumulate for BetaMessageStreamEvent {
    type Message = BetaMessage;

    fn add(message: &mut Value, event: Value) {
        add(message, event);
    }
}

/// Text of a tool's input so far; it is no JSON before its block stops.
const PARTIAL: &str = "partial_json";

fn add(message: &mut Value, mut event: Value) {
    match event["type"].as_str() {
        Some("message_start") => *message = take(&mut event, "message"),
        Some("message_delta") => {
            overwrite(message, take(&mut event, "delta"));
            if let Some(usage) = message.get_mut("usage") {
                overwrite(usage, take(&mut event, "usage"));
            }
            if let Some(members) = event.as_object_mut() {
                members.retain(|name, _| !matches!(name.as_str(), "type" | "delta" | "usage"));
            }
            overwrite(message, event);
        }
        Some("content_block_start") => {
            let block = take(&mut event, "content_block");
            if let Some(blocks) = message.get_mut("content").and_then(Value::as_array_mut) {
                match index(&event).and_then(|index| blocks.get_mut(index)) {
                    Some(there) => *there = block,
                    None => blocks.push(block),
                }
            }
        }
        Some("content_block_delta") => {
            let delta = take(&mut event, "delta");
            if let Some(block) = block(message, &event) {
                grow(block, delta);
            }
        }
        Some("content_block_stop") => {
            if let Some(block) = block(message, &event) {
                close(block);
            }
        }
        _ => {}
    }
}

fn index(event: &Value) -> Option<usize> {
    event.get("index")?.as_u64()?.try_into().ok()
}

fn block<'a>(message: &'a mut Value, event: &Value) -> Option<&'a mut Value> {
    message.get_mut("content")?.get_mut(index(event)?)
}

fn grow(block: &mut Value, mut delta: Value) {
    let kind = take(&mut delta, "type");
    match kind.as_str() {
        Some("text_delta") => append(block, "text", &delta["text"]),
        Some("thinking_delta") => append(block, "thinking", &delta["thinking"]),
        Some("input_json_delta") => append(block, PARTIAL, &delta["partial_json"]),
        Some("citations_delta") => match block.get_mut("citations").and_then(Value::as_array_mut) {
            Some(citations) => citations.push(take(&mut delta, "citation")),
            None => set(block, "citations", vec![take(&mut delta, "citation")].into()),
        },
        // A signature comes whole, and so does what a compaction leaves.
        _ => overwrite(block, delta),
    }
}

/// An input that was cut off, as by `max_tokens`, stays as the block began.
fn close(block: &mut Value) {
    let partial = block.as_object_mut().and_then(|members| members.remove(PARTIAL));
    if let Some(Value::String(text)) = partial
        && !text.is_empty()
        && let Ok(input) = integrator_core::decode(text.as_bytes())
    {
        set(block, "input", input);
    }
}

fn take(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map_or(Value::Null, Value::take)
}

fn append(target: &mut Value, name: &str, more: &Value) {
    let Some(more) = more.as_str() else {
        return;
    };
    match target.get_mut(name) {
        Some(Value::String(text)) => text.push_str(more),
        _ => set(target, name, more.into()),
    }
}

fn set(target: &mut Value, name: &str, value: Value) {
    if let Some(members) = target.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// Takes over every member that says something.
fn overwrite(target: &mut Value, source: Value) {
    if let Value::Object(members) = source {
        for (name, value) in members {
            if !value.is_null() {
                set(target, &name, value);
            }
        }
    }
}

#[cfg(test)]
mod tests;
