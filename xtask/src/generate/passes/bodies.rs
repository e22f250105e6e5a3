//! One content type each way: what is sent, and what a success answers. Failures leave the generated code.

use serde_json::{Value, json};

use super::{Report, each_operation};

/// Request types in the order of preference.
const SENT: &[&str] = &[
    "multipart/form-data",
    "application/x-www-form-urlencoded",
    "application/json",
    "application/xml",
    "text/xml",
];

pub(super) fn run(document: &mut Value, report: &mut Report) {
    let components = document.pointer("/components/schemas").cloned().unwrap_or_default();
    each_operation(document, &mut |operation, pointer| {
        let bodiless = ["/get", "/delete", "/head"]
            .iter()
            .any(|method| pointer.ends_with(method));
        if bodiless
            && operation
                .get("requestBody")
                .is_some_and(|body| is_empty(body, &components))
        {
            remove(operation, "requestBody");
            report.hits += 1;
        }
        if let Some(contents) = operation
            .pointer_mut("/requestBody/content")
            .and_then(Value::as_object_mut)
        {
            let chosen = SENT
                .iter()
                .find_map(|media| contents.get_key_value(*media))
                .or_else(|| contents.iter().next())
                .map(|(media, content)| (media.clone(), content.clone()));
            if contents.len() > 1 {
                // Both ways are kept where a file decides between them.
                let json = contents.get("application/json").cloned();
                let multipart = chosen.as_ref().is_some_and(|(media, _)| media == "multipart/form-data");
                contents.clear();
                if let Some((media, mut content)) = chosen {
                    if let Some(json) = json.as_ref().filter(|_| multipart) {
                        either(&mut content, json, &components);
                    }
                    contents.insert(media, content);
                }
                if json.is_some() && multipart {
                    operation["x-body"] = json!("multipart or json");
                }
                report.hits += 1;
            }
        }
        if let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            let count = answers.len();
            let success = answers
                .iter()
                .filter(|(status, _)| status.starts_with('2'))
                .max_by_key(|(status, answer)| (rank(answer), std::cmp::Reverse((*status).clone())))
                .or_else(|| answers.iter().find(|(status, _)| status.starts_with('3')))
                .map(|(status, answer)| (status.clone(), answer.clone()));
            answers.clear();
            if let Some((status, mut answer)) = success {
                one_content(&mut answer);
                answers.insert(status, answer);
            }
            report.hits += count.saturating_sub(answers.len());
        }
    });
}

/// A form that also has the members of the JSON body; what is required depends on which of them is sent.
fn either(form: &mut Value, json: &Value, components: &Value) {
    let schema = json.get("schema").unwrap_or(&Value::Null);
    let schema = super::component(schema)
        .and_then(|name| components.get(name))
        .unwrap_or(schema);
    let Some(form) = form.get_mut("schema") else { return };
    remove(form, "required");
    for (name, member) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        if form["properties"].get(name).is_none() {
            form["properties"][name] = member.clone();
        }
    }
}

fn is_empty(body: &Value, components: &Value) -> bool {
    body.get("content")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .all(|(_, content)| {
            let schema = content.get("schema").unwrap_or(&Value::Null);
            let schema = super::component(schema)
                .and_then(|name| components.get(name))
                .unwrap_or(schema);
            schema
                .get("properties")
                .and_then(Value::as_object)
                .is_none_or(serde_json::Map::is_empty)
                && ["anyOf", "oneOf", "allOf", "items"]
                    .iter()
                    .all(|key| schema.get(key).is_none())
        })
}

/// An answer with a type counts more than one without.
fn rank(answer: &Value) -> u8 {
    match answer.get("content").and_then(Value::as_object) {
        Some(contents) if contents.contains_key("application/json") => 2,
        Some(contents) if !contents.is_empty() => 1,
        _ => 0,
    }
}

fn one_content(answer: &mut Value) {
    remove(answer, "headers");
    let Some(contents) = answer.get_mut("content").and_then(Value::as_object_mut) else {
        return;
    };
    let chosen = contents
        .iter()
        .find(|(media, _)| media.contains("json"))
        .or_else(|| contents.iter().next())
        .map(|(media, content)| (media.clone(), content.clone()));
    contents.clear();
    contents.extend(chosen);
}

fn remove(value: &mut Value, key: &str) {
    if let Some(members) = value.as_object_mut() {
        members.shift_remove(key);
    }
}
