//! `allOf`, and keywords beside a reference, as one schema; for readers that walk a schema instead of running it.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::schema::Components;

/// How deep `allOf` may nest.
const DEPTH: usize = 16;

/// The schema with its reference followed and its `allOf` taken in.
pub(crate) fn flattened<'a>(components: &'a Components, schema: &'a Value) -> Cow<'a, Value> {
    flattened_to(components, schema, DEPTH)
}

fn flattened_to<'a>(components: &'a Components, schema: &'a Value, depth: usize) -> Cow<'a, Value> {
    let Some(members) = schema.as_object() else {
        return Cow::Borrowed(schema);
    };
    let refers = members.contains_key("$ref");
    if depth == 0 || (!refers && !members.contains_key("allOf")) {
        return Cow::Borrowed(schema);
    }
    if refers && members.len() == 1 {
        let (target, name) = components.resolve(schema);
        return if name.is_some() {
            flattened_to(components, target, depth - 1)
        } else {
            Cow::Borrowed(schema)
        };
    }
    let mut merged = members.clone();
    merged.remove("$ref");
    let all = merged.remove("allOf");
    let mut whole = Value::Object(merged);
    if refers {
        let bare = Value::Object(Map::from_iter([("$ref".to_owned(), members["$ref"].clone())]));
        whole = both(whole, &flattened_to(components, components.resolve(&bare).0, depth - 1));
    }
    for part in all.iter().filter_map(Value::as_array).flatten() {
        whole = both(whole, &flattened_to(components, part, depth - 1));
    }
    Cow::Owned(whole)
}

/// A schema that accepts what both accept, as far as members, types and bounds go.
pub(crate) fn both(a: Value, b: &Value) -> Value {
    let (Value::Object(mut whole), Value::Object(part)) = (a, b) else {
        return b.clone();
    };
    for (key, value) in part {
        let merged = match (key.as_str(), whole.remove(key)) {
            (_, None) => value.clone(),
            ("properties", Some(Value::Object(mut known))) => {
                for (name, schema) in value.as_object().into_iter().flatten() {
                    let merged = known
                        .remove(name)
                        .map_or_else(|| schema.clone(), |old| beside(old, schema));
                    known.insert(name.clone(), merged);
                }
                Value::Object(known)
            }
            ("required", Some(Value::Array(mut names))) => {
                names.extend(
                    value
                        .as_array()
                        .into_iter()
                        .flatten()
                        .filter(|name| !names.contains(name))
                        .cloned()
                        .collect::<Vec<_>>(),
                );
                Value::Array(names)
            }
            ("type" | "enum", Some(old)) => shared(&old, value),
            ("minimum" | "minLength" | "minItems" | "minProperties" | "exclusiveMinimum", Some(old)) => {
                larger(old, value)
            }
            ("maximum" | "maxLength" | "maxItems" | "maxProperties" | "exclusiveMaximum", Some(old)) => {
                if larger(old.clone(), value) == old {
                    value.clone()
                } else {
                    old
                }
            }
            ("anyOf" | "oneOf", Some(old)) => {
                // Two unions at once: the second stays as a part of its own.
                let rest = Value::Object(Map::from_iter([(key.clone(), value.clone())]));
                whole.insert("allOf".to_owned(), Value::Array(vec![rest]));
                old
            }
            ("items", Some(old)) => beside(old, value),
            (_, Some(_)) => value.clone(),
        };
        whole.insert(key.clone(), merged);
    }
    Value::Object(whole)
}

fn beside(a: Value, b: &Value) -> Value {
    if a == *b {
        a
    } else {
        Value::Object(Map::from_iter([("allOf".to_owned(), Value::Array(vec![a, b.clone()]))]))
    }
}

fn larger(a: Value, b: &Value) -> Value {
    match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) if y > x => b.clone(),
        _ => a,
    }
}

fn shared(a: &Value, b: &Value) -> Value {
    let list = |value: &Value| match value {
        Value::Array(items) => items.clone(),
        one => vec![one.clone()],
    };
    let other = list(b);
    let mut both: Vec<Value> = list(a).into_iter().filter(|item| other.contains(item)).collect();
    match both.len() {
        0 => b.clone(),
        1 if !a.is_array() || !b.is_array() => both.remove(0),
        _ => Value::Array(both),
    }
}
