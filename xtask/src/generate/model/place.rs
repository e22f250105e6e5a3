//! Where a parameter goes, in words of core.

use serde_json::Value;

/// `Place::…` of a parameter; none where core cannot send it.
pub(super) fn place(parameter: &Value) -> Option<String> {
    let style = parameter.get("style").and_then(Value::as_str);
    let explode = parameter.get("explode").and_then(Value::as_bool);
    Some(match parameter.get("in").and_then(Value::as_str)? {
        "path" => "Place::Path".to_owned(),
        "header" => "Place::Header".to_owned(),
        "query" => {
            let style = match (style.unwrap_or("form"), explode) {
                _ if parameter.get("content").is_some() => "Json",
                ("deepObject", _) => "Deep",
                ("spaceDelimited", _) => "Space",
                ("pipeDelimited", _) => "Pipe",
                (_, Some(false)) => "Comma",
                _ => "Form",
            };
            format!("Place::Query(QueryStyle::{style})")
        }
        _ => return None,
    })
}
