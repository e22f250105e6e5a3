//! Language models: an operation answers with the text that it was asked, or with one that a test gives, whole or streamed,
//! with usage.
//!
//! What an answer and its events look like is in the provider's file, as JSON with words in braces.

use std::collections::HashMap;

use fastrand::Rng;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::{Reply, answer, asked::Asked, kept::words::Words, stream};

/// One operation in a provider's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    /// `METHOD /path` of the operations that answer like this.
    operations: Vec<String>,
    /// Member of the body with the text: a text, or a list whose last member is what was said last.
    input: String,
    /// How an id looks.
    id: String,
    /// The whole answer, as JSON.
    answer: String,
    /// Members of the answer while it has only begun, as JSON; `{start}` is the answer with them.
    #[serde(default)]
    start: String,
    /// The events of a stream.
    #[serde(default)]
    event: Vec<Event>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Event {
    /// The event, as JSON.
    data: String,
    /// Comes once for each word of the text, which is `{word}`.
    #[serde(default)]
    each: bool,
    /// Comes only when this member of the body, by dotted path, is true.
    #[serde(default)]
    when: String,
}

/// The forms of a provider by operation.
#[derive(Debug, Default)]
pub(crate) struct Echo(HashMap<String, Form>, HashMap<String, String>);

impl Echo {
    pub(crate) fn new(forms: Vec<Form>) -> Self {
        let mut by_operation = HashMap::new();
        let mut all = HashMap::new();
        for (index, form) in forms.into_iter().enumerate() {
            let name = index.to_string();
            by_operation.extend(
                form.operations
                    .iter()
                    .map(|operation| (operation.clone(), name.clone())),
            );
            all.insert(name, form);
        }
        Self(all, by_operation)
    }

    /// The answer with this text, or with the text of the request; none where no form fits the operation.
    pub(crate) fn answer(&self, asked: &Asked<'_>, text: Option<&str>) -> Option<Reply> {
        let operation = format!("{} {}", asked.operation.method, asked.operation.path);
        let form = self.0.get(self.1.get(&operation)?)?;
        let sent = asked.body()?;
        let input = sent.get(&form.input).map(said).unwrap_or_default();
        let text = text.unwrap_or(&input);
        let state = asked.state;
        let turn = state.look(<[crate::Received]>::len).to_string();
        // Requests of one batch come in the same turn.
        let own = String::from_utf8_lossy(asked.held);
        let mut words = Words {
            random: Rng::with_seed(answer::seed(state.seed, &[&asked.operation.id, &turn, &own])),
            number: 0,
            now: state.clock.wall(),
            base: "",
            parent: "",
            id: Value::Null,
            sent: &sent,
            file: None,
        };
        words.id = words.text(&form.id, &Value::Null)?;
        let tail = words
            .id
            .as_str()
            .and_then(|id| id.rsplit(['_', '-']).next())
            .unwrap_or_default()
            .to_owned();
        let tokens = |text: &str| text.split_whitespace().count();
        let everything = sent.get(&form.input).map(all_text).unwrap_or_default();
        let (used, made) = (tokens(&everything), tokens(text));
        let mut own = Map::from_iter([
            ("text".to_owned(), Value::from(text)),
            ("tail".to_owned(), tail.into()),
            ("input_tokens".to_owned(), used.into()),
            ("output_tokens".to_owned(), made.into()),
            ("tokens".to_owned(), (used + made).into()),
        ]);
        let whole = words.value(&json(&form.answer), &own.clone().into())?;
        let Some(streaming) = stream::asked_for(asked) else {
            return Some(Reply::json(whole));
        };
        let mut start = whole.clone();
        if let (Some(start), Value::Object(begun)) = (start.as_object_mut(), json(&form.start)) {
            start.extend(begun);
        }
        own.insert("answer".to_owned(), whole);
        own.insert("start".to_owned(), start);
        let mut events = Vec::new();
        for event in &form.event {
            if !event.when.is_empty() && crate::dotted::get(&sent, &event.when) != Some(&Value::Bool(true)) {
                continue;
            }
            let pieces: Vec<&str> = if event.each {
                text.split_inclusive(' ').collect()
            } else {
                vec![""]
            };
            for piece in pieces {
                own.insert("word".to_owned(), piece.into());
                own.insert("n".to_owned(), events.len().into());
                events.push(words.value(&json(&event.data), &own.clone().into())?);
            }
        }
        Some(stream::framed(state, streaming.framing, events))
    }
}

#[cfg(test)]
impl Echo {
    /// Everything in the forms that does not fit the contract.
    pub(crate) fn problems(&self, contract: &integrator_contract::Contract) -> Vec<String> {
        let mut problems = Vec::new();
        for form in self.0.values() {
            let texts = form.event.iter().map(|event| &event.data).chain([&form.answer]);
            for text in texts.filter(|text| json(text).is_null()) {
                problems.push(format!("no JSON: {text}"));
            }
            for operation in &form.operations {
                let known =
                    |known: &&integrator_contract::Operation| format!("{} {}", known.method, known.path) == *operation;
                if !operation.contains('?') && contract.operations().iter().find(known).is_none() {
                    problems.push(format!("no operation: {operation}"));
                }
            }
        }
        problems
    }
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_default()
}

/// What was said last: a text, the text of the last message, or that of its parts.
fn said(input: &Value) -> String {
    match input {
        Value::Array(messages) if messages.iter().any(|message| message.get("content").is_some()) => {
            let mut last = messages.iter().rev().filter_map(|message| message.get("content"));
            last.next().map(said).unwrap_or_default()
        }
        other => all_text(other),
    }
}

fn all_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let texts: Vec<String> = items.iter().map(all_text).filter(|text| !text.is_empty()).collect();
            texts.join(" ")
        }
        Value::Object(members) => ["text", "content"]
            .into_iter()
            .filter_map(|name| members.get(name))
            .map(all_text)
            .next()
            .unwrap_or_default(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_said_last_is_found_in_every_shape() {
        let parts = json!([{"role": "user", "content": "one"}, {"role": "user", "content": [{"type": "text", "text": "two"}, {"type": "image"}, {"type": "text", "text": "three"}]}]);
        assert_eq!(said(&json!("plain")), "plain");
        assert_eq!(said(&parts), "two three");
        assert_eq!(all_text(&parts), "one two three");
        assert_eq!(said(&json!([])), "");
    }
}
