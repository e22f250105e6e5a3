//! One way to say null: `nullable: true`, also where a reference leads to a component that may be null. What else
//! OpenAPI 3.1 says differently becomes 3.0 on the way.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Report, component, each_schema, list, list_mut};

pub(super) fn run(document: &mut Value, report: &mut Report) {
    each_schema(document, &mut |schema, pointer| {
        itself(schema, pointer, report);
        for _ in 0..4 {
            let hits = report.hits;
            step(schema, report);
            if hits == report.hits {
                break;
            }
        }
    });
    while references(document, report) {}
    members(document);
    if let Some(version) = document.get_mut("openapi") {
        *version = json!("3.0.3");
    }
}

/// `$recursiveRef: "#"` is the component in which it stands.
fn itself(schema: &mut Value, pointer: &str, report: &mut Report) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    members.remove("$recursiveAnchor");
    if members.remove("$recursiveRef").is_none() {
        return;
    }
    report.hits += 1;
    let mut steps = pointer.split('/');
    match (steps.nth(1), steps.next(), steps.next()) {
        (Some("components"), Some("schemas"), Some(name)) => {
            members.insert("$ref".to_owned(), json!(format!("#/components/schemas/{name}")));
        }
        _ => report
            .problems
            .push(format!("{pointer}: `$recursiveRef` outside of a component")),
    }
}

/// Marks the references to components that may be null, and the unions of which a member may be; whether any was new,
/// since a component may be a reference.
fn references(document: &mut Value, report: &mut Report) -> bool {
    let is_nullable = |schema: &Value| schema.get("nullable") == Some(&json!(true));
    let nullable: BTreeSet<String> = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| is_nullable(schema))
        .map(|(name, _)| name.clone())
        .collect();
    let before = report.hits;
    each_schema(document, &mut |schema, _| {
        if component(schema).is_some_and(|name| nullable.contains(name)) && !is_nullable(schema) {
            schema["nullable"] = json!(true);
            report.hits += 1;
        }
        for union in ["anyOf", "oneOf"] {
            if list(schema.get(union)).any(is_nullable) && !is_nullable(schema) {
                schema["nullable"] = json!(true);
                report.hits += 1;
            }
        }
    });
    report.hits > before
}

/// Whoever holds the union says that it may be null, not its members.
fn members(document: &mut Value) {
    each_schema(document, &mut |schema, _| {
        for union in ["anyOf", "oneOf"] {
            for member in list_mut(schema.get_mut(union)).filter_map(Value::as_object_mut) {
                member.shift_remove("nullable");
            }
        }
    });
}

fn step(schema: &mut Value, report: &mut Report) {
    if schema.as_bool() == Some(true) {
        *schema = json!({});
        report.hits += 1;
    }
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    if let Some(Value::Array(types)) = members.get("type") {
        let mut types: Vec<Value> = types.clone();
        let nullable = types.iter().any(|kind| kind == "null");
        types.retain(|kind| kind != "null");
        if nullable {
            members.insert("nullable".to_owned(), json!(true));
        }
        match types.len() {
            0 => {
                members.remove("type");
            }
            1 => {
                members.insert("type".to_owned(), types.remove(0));
            }
            _ => {
                members.remove("type");
                let branches: Vec<Value> = types
                    .into_iter()
                    .map(|kind| {
                        let mut branch = serde_json::Map::new();
                        for key in keys_of(&kind) {
                            if let Some(value) = members.get(*key) {
                                branch.insert((*key).to_owned(), value.clone());
                            }
                        }
                        branch.insert("type".to_owned(), kind);
                        Value::Object(branch)
                    })
                    .collect();
                for key in [
                    "items",
                    "properties",
                    "required",
                    "additionalProperties",
                    "format",
                    "enum",
                ] {
                    members.remove(key);
                }
                members.insert("anyOf".to_owned(), Value::Array(branches));
            }
        }
        report.hits += 1;
    }
    if let Some(value) = members.remove("const") {
        if !members.contains_key("type")
            && let Some(kind) = kind_of(&value)
        {
            members.insert("type".to_owned(), json!(kind));
        }
        members.insert("enum".to_owned(), json!([value]));
        report.hits += 1;
    }
    for (bound, exclusive) in [("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")] {
        if members.get(exclusive).is_some_and(Value::is_number)
            && let Some(value) = members.remove(exclusive)
        {
            members.insert(bound.to_owned(), value);
            members.insert(exclusive.to_owned(), json!(true));
            report.hits += 1;
        }
    }
    for union in ["anyOf", "oneOf"] {
        let Some(branches) = members.get_mut(union).and_then(Value::as_array_mut) else {
            continue;
        };
        let count = branches.len();
        branches.retain(|branch| !is_null(branch));
        if branches.len() < count {
            members.insert("nullable".to_owned(), json!(true));
            report.hits += 1;
        }
    }
    if let Some(values) = members.get_mut("enum").and_then(Value::as_array_mut) {
        let count = values.len();
        values.retain(|value| !value.is_null());
        if values.len() < count {
            if values.is_empty() {
                members.remove("enum");
            }
            members.insert("nullable".to_owned(), json!(true));
            report.hits += 1;
        }
    }
}

fn kind_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::String(_) => Some("string"),
        Value::Bool(_) => Some("boolean"),
        Value::Number(number) if number.is_f64() => Some("number"),
        Value::Number(_) => Some("integer"),
        _ => None,
    }
}

fn is_null(branch: &Value) -> bool {
    branch
        .get("type")
        .is_some_and(|kind| kind == "null" || *kind == json!(["null"]))
        || branch.get("const").is_some_and(Value::is_null)
        || branch.get("enum").is_some_and(|values| *values == json!([null]))
}

fn keys_of(kind: &Value) -> &'static [&'static str] {
    match kind.as_str() {
        Some("array") => &["items"],
        Some("object") => &["properties", "required", "additionalProperties"],
        Some("string") => &["format", "enum"],
        _ => &["format"],
    }
}
