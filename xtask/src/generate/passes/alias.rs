//! A component that is no type of its own (a scalar, a list, a map) stands where it is used.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{Report, component, each_schema};

pub(super) fn run(document: &mut Value, report: &mut Report) {
    let Some(components) = document.pointer("/components/schemas").and_then(Value::as_object) else {
        return;
    };
    let aliases: BTreeMap<String, Value> = components
        .iter()
        .filter(|(_, schema)| !is_type(schema))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    each_schema(document, &mut |schema, pointer| {
        for _ in 0..16 {
            let Some(target) = component(schema).and_then(|name| aliases.get(name)) else {
                return;
            };
            let kept: Vec<(&str, Value)> = ["nullable", "deprecated"]
                .into_iter()
                .filter_map(|key| Some((key, schema.get(key)?.clone())))
                .collect();
            *schema = target.clone();
            for (key, value) in kept {
                schema[key] = value;
            }
            report.hits += 1;
        }
        report.problems.push(format!("{pointer}: aliases go round in a circle"));
    });
    if let Some(components) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        components.retain(|name, _| !aliases.contains_key(name));
    }
}

/// A struct, an enum of texts, or a union.
pub(crate) fn is_type(schema: &Value) -> bool {
    schema.get("properties").is_some()
        || schema.get("enum").is_some()
        || schema.get("x-kind").is_some_and(|kind| kind == "union")
}
