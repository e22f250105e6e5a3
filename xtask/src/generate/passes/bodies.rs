//! One way to send and one to answer, or two where a file or an argument decides between them. Failures leave the
//! generated code.

use serde_json::{Value, json};

use super::{Report, each_operation};

mod answers;
mod files;

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
        request(operation, &components, report);
        answers::run(operation, report);
        answers::events(operation);
    });
}

/// One content type, or multipart and JSON where a file decides between them.
fn request(operation: &mut Value, components: &Value, report: &mut Report) {
    let suffix = operation
        .get("x-multipart-array-suffix")
        .and_then(Value::as_str)
        .map(str::to_owned);
    let Some(contents) = operation
        .pointer_mut("/requestBody/content")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let count = contents.len();
    let chosen = SENT
        .iter()
        .find_map(|media| contents.get_key_value(*media))
        .or_else(|| contents.iter().next())
        .map(|(media, content)| (media.clone(), content.clone()));
    let Some((media, mut content)) = chosen else {
        return;
    };
    let json = contents.get("application/json").cloned();
    contents.clear();
    if media != "multipart/form-data" {
        contents.insert(media, content);
    } else {
        match files::form(&content, json.as_ref(), components, suffix.as_deref()) {
            files::Form::Json(content) => {
                contents.insert("application/json".to_owned(), content);
            }
            files::Form::Multipart(schema) => {
                content["schema"] = schema;
                contents.insert(media, content);
            }
            files::Form::Either(schema) => {
                content["schema"] = schema;
                contents.insert(media, content);
                operation["x-body"] = json!("multipart or json");
            }
        }
    }
    report.hits += usize::from(count > 1);
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

fn remove(value: &mut Value, key: &str) {
    if let Some(members) = value.as_object_mut() {
        members.shift_remove(key);
    }
}
