//! An answer that is only a wrapper is named after what it holds: `data` with one `Users`, or with a list of them.

use serde_json::{Value, json};

use super::{Report, component, each_operation};

/// Members of a wrapper.
const WRAPPING: [&str; 3] = ["data", "meta", "public"];

pub(super) fn run(document: &mut Value, report: &mut Report) {
    each_operation(document, &mut |operation, _| {
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
        let contents = answers
            .into_iter()
            .flatten()
            .filter_map(|(_, answer)| answer.get_mut("content")?.as_object_mut())
            .flatten();
        for (_, content) in contents {
            if let Some(schema) = content.get_mut("schema")
                && let Some(title) = title(schema)
            {
                schema["title"] = json!(title);
                report.hits += 1;
            }
        }
    });
}

fn title(schema: &Value) -> Option<String> {
    let members = schema.get("properties")?.as_object()?;
    let wraps = members.keys().all(|name| WRAPPING.contains(&name.as_str()));
    if !wraps || schema.get("title").is_some() {
        return None;
    }
    let data = members.get("data")?;
    match component(data) {
        Some(name) => Some(format!("{name} answer")),
        None if data.get("type").is_some_and(|kind| kind == "array") => {
            Some(format!("{} list", component(data.get("items")?)?))
        }
        None if data.get("x-kind").is_some_and(|kind| kind == "any") => Some("Any answer".to_owned()),
        None => None,
    }
}
