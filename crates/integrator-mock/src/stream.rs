//! Streams that nobody scripted: whether a request asks for one, examples of its events, and how it says an error.

use integrator_contract::Example;
use integrator_core::operation::{Framing, Streaming};
use serde_json::{Map, Value};

use crate::{Reply, StreamEvent, answer, asked::Asked, dotted, state::State};

/// How many examples are looked through for an event of one type.
const TRIES: u64 = 300;
/// Events between the first and the last.
const BETWEEN: u64 = 3;

/// How the answer is to be streamed, when the request asks for that.
pub(crate) fn asked_for(asked: &Asked<'_>) -> Option<Streaming> {
    let known = asked.state.provider.operation(&asked.operation.id)?;
    let streaming = known.stream?;
    let Some((argument, wanted)) = streaming.switch else {
        return Some(streaming);
    };
    let wanted: Value = serde_json::from_str(wanted).unwrap_or_default();
    let in_body = asked.body().and_then(|body| dotted::get(&body, argument).cloned());
    let text = match &wanted {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let in_query = || asked.received.query_pairs().contains(&(argument.to_owned(), text));
    (in_body.as_ref() == Some(&wanted) || in_query()).then_some(streaming)
}

/// A stream of examples made from the schema of the operation's events.
pub(crate) fn example(asked: &Asked<'_>) -> Option<Reply> {
    let streaming = asked_for(asked)?;
    let (state, operation) = (asked.state, asked.operation);
    let (status, _) = operation.success();
    let content = operation.responses.get(&status.to_string())?;
    let (media_type, schema) = content
        .iter()
        .find(|(media_type, _)| media_type.starts_with("text/event-stream") || media_type.contains("jsonl"))?;
    let seed = answer::seed(state.seed, &[&operation.id]);
    let make = |number: u64| Example::seeded(seed ^ number).random().of(state.contract, schema);
    let of_type = |wanted: &[&str]| {
        let is_it = |event: &Value| event_type(event).is_some_and(|found| wanted.contains(&found));
        (0..TRIES).map(make).find(is_it)
    };
    let ends = |event: &Value| event_type(event).is_some_and(|found| streaming.last.contains(&found));
    let between = (0..TRIES)
        .map(make)
        .filter(|event| !ends(event))
        .take(usize::try_from(BETWEEN).unwrap_or(1));
    let events = of_type(streaming.opening)
        .into_iter()
        .chain(between)
        .chain(of_type(streaming.last));
    Some(framed(state, streaming.framing, events.collect()).header("content-type", media_type))
}

/// The events as an answer.
pub(crate) fn framed(state: &State, framing: Framing, events: Vec<Value>) -> Reply {
    if framing == Framing::Lines {
        let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
        return Reply::stream([StreamEvent::raw(lines)]).header("content-type", "application/x-ndjson");
    }
    let done = state.provider.stream.done.map(StreamEvent::text);
    let event = |value: Value| match framing {
        Framing::Named => {
            let name = value
                .get("event")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            match value.get("data") {
                Some(Value::String(text)) => StreamEvent::text(text.clone()).named(name),
                data => StreamEvent::json(data.cloned().unwrap_or_default()).named(name),
            }
        }
        _ => match value.get("type").and_then(Value::as_str).map(str::to_owned) {
            Some(name) => StreamEvent::json(value).named(name),
            None => StreamEvent::json(value),
        },
    };
    Reply::stream(events.into_iter().map(event).chain(done))
}

/// An error as this provider's streams say it.
pub(crate) fn error(state: &State, body: Value) -> StreamEvent {
    let facts = &state.provider.stream;
    match (facts.error_type, facts.error_member) {
        (Some(name), _) => {
            let mut members = Map::from_iter([("type".to_owned(), Value::from(name))]);
            members.extend(body.as_object().cloned().unwrap_or_default());
            StreamEvent::json(members).named(name)
        }
        (None, Some(member)) => {
            let error = body.get("error").cloned().unwrap_or(body);
            StreamEvent::json(Map::from_iter([(member.to_owned(), error)]))
        }
        (None, None) => StreamEvent::json(body),
    }
}

fn event_type(event: &Value) -> Option<&str> {
    event.get("type").or_else(|| event.get("event"))?.as_str()
}
