//! What a success answers: a document, a file or a text; and the events beside it where it can be a stream.

use serde_json::{Map, Value, json};

use super::super::Report;
use super::remove;

const EVENTS: &str = "text/event-stream";

pub(super) fn run(operation: &mut Value, report: &mut Report) {
    let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let count = answers.len();
    let success = answers
        .iter()
        .filter(|(status, _)| status.starts_with('2'))
        .max_by_key(|(status, answer)| (rank(answer), std::cmp::Reverse((*status).clone())))
        .or_else(|| answers.iter().find(|(status, _)| status.starts_with('3')))
        .map(|(status, answer)| (status.clone(), answer.clone()));
    answers.clear();
    if let Some((status, mut answer)) = success {
        contents(&mut answer);
        answers.insert(status, answer);
    }
    report.hits += count.saturating_sub(answers.len());
}

/// The stream that a document declares outside of its answers stands among them.
pub(super) fn events(operation: &mut Value) {
    let Some(stream) = operation
        .as_object_mut()
        .and_then(|members| members.shift_remove("x-event-stream"))
    else {
        return;
    };
    let answer = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
        .and_then(|answers| answers.values_mut().next());
    if let (Some(answer), Some(schema)) = (answer, stream.get("schema")) {
        if stream.get("when").is_none() {
            answer["content"] = json!({});
        }
        answer["content"][EVENTS] = json!({"schema": {"$ref": schema}});
    }
}

/// An answer with a type counts more than one without.
fn rank(answer: &Value) -> u8 {
    match answer.get("content").and_then(Value::as_object) {
        Some(contents) if contents.contains_key("application/json") => 2,
        Some(contents) if !contents.is_empty() => 1,
        _ => 0,
    }
}

/// One content type, then the events.
fn contents(answer: &mut Value) {
    remove(answer, "headers");
    let Some(contents) = answer.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    let events = contents.shift_remove(EVENTS);
    let mut chosen = chosen(contents);
    if let Some((media, content)) = &mut chosen
        && media.contains("json")
        && contents.keys().any(|media| media == "text/plain")
    {
        let text = json!({"type": "string"});
        let schema = &mut content["schema"];
        let union = ["anyOf", "oneOf"].into_iter().find(|key| schema.get(key).is_some());
        match union.and_then(|key| schema[key].as_array_mut()) {
            Some(members) => members.push(text),
            None => *schema = json!({"anyOf": [schema.take(), text]}),
        }
        answer["x-text"] = json!(true);
    }
    let all = chosen
        .into_iter()
        .chain(events.map(|events| (EVENTS.to_owned(), events)));
    answer["content"] = Value::Object(all.collect());
}

/// A file goes before a text that stands for it, JSON before everything else.
fn chosen(contents: &Map<String, Value>) -> Option<(String, Value)> {
    let is_file = |content: &Value| {
        content
            .pointer("/schema/format")
            .is_some_and(|format| format == "binary")
    };
    let is_text = |content: &Value| content.pointer("/schema/type").is_some_and(|kind| kind == "string");
    let json = contents.iter().find(|(media, _)| media.contains("json"));
    let file = contents.iter().find(|(_, content)| is_file(content));
    let first = match (json, file) {
        (Some((_, content)), Some(file)) if is_text(content) => Some(file),
        (Some(json), _) => Some(json),
        _ => contents.iter().next(),
    };
    first.map(|(media, content)| (media.clone(), content.clone()))
}
