//! Single words that stand for a type: `x-kind` says `timestamp`, `unix-time`, `decimal`, `any`.

use serde_json::{Value, json};

use super::{Report, each_schema};

pub(super) fn run(document: &mut Value, report: &mut Report) {
    each_schema(document, &mut |schema, _| {
        let text = |key: &str| schema.get(key).and_then(Value::as_str);
        let nullable = schema.get("nullable").cloned();
        let kind = match (text("type"), text("format")) {
            (Some("string"), Some("date-time")) => "timestamp",
            (Some("string"), _) if schema.get("x-date-time").is_some() => "timestamp",
            (Some("integer"), Some("unix-time")) => "unix-time",
            (Some("string" | "number"), Some("decimal")) | (Some("string"), Some("int64")) => "decimal",
            (Some("object"), _) if free_form(schema) => "any",
            (None, _) if untyped(schema) => "any",
            _ => {
                numbers(schema);
                return;
            }
        };
        if schema.get("enum").is_some() {
            return;
        }
        report.hits += 1;
        *schema = json!({"x-kind": kind});
        if let Some(nullable) = nullable {
            schema["nullable"] = nullable;
        }
    });
}

/// An enum of numbers or booleans is its type: new values are as good as old ones.
fn numbers(schema: &mut Value) {
    let all = |test: fn(&Value) -> bool| {
        schema
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| values.iter().all(test))
    };
    let kind = if all(Value::is_boolean) {
        "boolean"
    } else if all(|value| value.is_i64() || value.is_u64()) {
        "integer"
    } else if all(Value::is_number) {
        "number"
    } else {
        return;
    };
    if let Some(members) = schema.as_object_mut()
        && members
            .get("enum")
            .and_then(Value::as_array)
            .is_some_and(|values| !values.is_empty())
    {
        members.shift_remove("enum");
        members.insert("type".to_owned(), json!(kind));
    }
}

fn free_form(schema: &Value) -> bool {
    schema.get("properties").is_none()
        && schema
            .get("additionalProperties")
            .is_none_or(|value| !value.is_object())
}

fn untyped(schema: &Value) -> bool {
    [
        "$ref",
        "x-kind",
        "properties",
        "items",
        "enum",
        "additionalProperties",
        "allOf",
        "anyOf",
        "oneOf",
    ]
    .iter()
    .all(|key| schema.get(key).is_none())
}
