//! From a schema of OpenAPI 3.0 or 3.1 to JSON Schema 2020-12.
//!
//! `nullable` becomes a type or a branch, boolean bounds become numbers, references point into `$defs`. A document may
//! mix both styles. Nothing is simplified: that would be the generator's work.

use serde_json::{Map, Value, json};

use crate::vendor::grammar::{self, Shape};

/// Translates one schema; `root` is the reference that `$recursiveRef: "#"` stands for.
pub(super) fn translate(schema: &Value, root: &str) -> Value {
    let mut schema = schema.clone();
    if let Value::Object(members) = &mut schema {
        whole(members);
    }
    part(&schema, root)
}

/// What holds for a schema that is no part of another: names are required only if there is such a property, and a part
/// that says nothing but `nullable` says it of the whole.
fn whole(members: &mut Map<String, Value>) {
    let combined = ["allOf", "anyOf", "oneOf", "$ref"]
        .iter()
        .any(|name| members.contains_key(*name));
    if !combined
        && let Some(properties) = members.get("properties").and_then(Value::as_object).cloned()
        && let Some(Value::Array(names)) = members.get_mut("required")
    {
        names.retain(|name| name.as_str().is_some_and(|name| properties.contains_key(name)));
    }
    if let Some(Value::Array(parts)) = members.get_mut("allOf") {
        let count = parts.len();
        parts.retain(|part| *part != json!({"nullable": true}));
        if parts.len() < count {
            members.insert("nullable".to_owned(), json!(true));
        }
    }
}

fn part(schema: &Value, root: &str) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let mut members: Map<String, Value> = members
        .iter()
        .filter_map(|(name, value)| member(name, value, root))
        .collect();
    bound(&mut members, "exclusiveMinimum", "minimum");
    bound(&mut members, "exclusiveMaximum", "maximum");
    match members.shift_remove("nullable") {
        Some(Value::Bool(true)) => nullable(members),
        _ => Value::Object(members),
    }
}

fn member(name: &str, value: &Value, root: &str) -> Option<(String, Value)> {
    let value = match (name, grammar::SCHEMA.member(name)) {
        ("$ref", _) => reference(value),
        ("$recursiveRef", _) => return Some(("$ref".to_owned(), json!(root))),
        // Documentation in JSON Schema, and of no use to a validator.
        ("xml", _) | (_, Some(Shape::Prose)) => return None,
        ("discriminator", _) => discriminator(value),
        (_, Some(Shape::Schema)) => translate(value, root),
        (_, Some(Shape::Schemas)) => match value {
            Value::Array(_) => list(value, root),
            one => translate(one, root),
        },
        ("allOf", _) => {
            let parts = value.as_array().into_iter().flatten();
            parts.map(|schema| part(schema, root)).collect()
        }
        (_, Some(Shape::List(_))) => list(value, root),
        (_, Some(Shape::Map(..))) => {
            let members = value.as_object().into_iter().flatten();
            members
                .map(|(name, schema)| (name.clone(), translate(schema, root)))
                .collect()
        }
        ("x-expansionResources", _) => translate(value, root),
        _ => value.clone(),
    };
    Some((name.to_owned(), value))
}

fn list(value: &Value, root: &str) -> Value {
    value
        .as_array()
        .into_iter()
        .flatten()
        .map(|schema| translate(schema, root))
        .collect()
}

fn reference(value: &Value) -> Value {
    let target = value.as_str().unwrap_or_default();
    match target.strip_prefix("#/components/schemas/") {
        Some(name) => json!(format!("#/$defs/{name}")),
        None => value.clone(),
    }
}

fn discriminator(value: &Value) -> Value {
    let mut value = value.clone();
    for target in value
        .get_mut("mapping")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flat_map(Map::values_mut)
    {
        *target = reference(target);
    }
    value
}

/// OpenAPI 3.0 says with a boolean that a bound itself is excluded; 2020-12 has a bound of its own for that.
fn bound(members: &mut Map<String, Value>, exclusive: &str, inclusive: &str) {
    let Some(Value::Bool(excluded)) = members.get(exclusive) else {
        return;
    };
    let excluded = *excluded;
    members.shift_remove(exclusive);
    if excluded && let Some(limit) = members.shift_remove(inclusive) {
        members.insert(exclusive.to_owned(), limit);
    }
}

fn nullable(mut members: Map<String, Value>) -> Value {
    let composed = ["$ref", "allOf", "oneOf", "not", "if"]
        .iter()
        .any(|name| members.contains_key(*name));
    if composed || (members.contains_key("anyOf") && members.contains_key("type")) {
        return json!({ "anyOf": [Value::Object(members), { "type": "null" }] });
    }
    if let Some(Value::Array(branches)) = members.get_mut("anyOf") {
        branches.push(json!({ "type": "null" }));
    }
    match members.get_mut("type") {
        Some(Value::Array(types)) if !types.contains(&json!("null")) => types.push(json!("null")),
        Some(kind @ Value::String(_)) => *kind = json!([kind.take(), "null"]),
        _ => {}
    }
    if let Some(Value::Array(values)) = members.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    Value::Object(members)
}
