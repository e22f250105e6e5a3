//! A key of another collection, or the item that it stands for: where both may stand, the provider answers the key and
//! puts the item in its place when asked to. Components with `x-collection` are such items.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Report, component, each_schema, list};

pub(super) fn run(document: &mut Value, report: &mut Report) {
    let keys: BTreeMap<String, String> = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, schema)| schema.get("x-collection").is_some())
        .map(|(name, schema)| {
            let kind = schema.pointer("/properties/id/type").and_then(Value::as_str);
            (name.clone(), kind.unwrap_or("string").to_owned())
        })
        .collect();
    if keys.is_empty() {
        return;
    }
    each_schema(document, &mut |schema, pointer| {
        let union = ["oneOf", "anyOf"].iter().find(|key| schema.get(**key).is_some());
        let Some(union) = union else { return };
        let members: Vec<Value> = list(schema.get(*union)).cloned().collect();
        let (items, others): (Vec<&Value>, Vec<&Value>) = members
            .iter()
            .partition(|member| component(member).is_some_and(|name| keys.contains_key(name)));
        let [item] = items.as_slice() else { return };
        let kind = |member: &Value| member.get("type").and_then(Value::as_str).map(str::to_owned);
        let made = match others.as_slice() {
            [] if pointer.ends_with("/items") => {
                let key = component(item).and_then(|name| keys.get(name));
                relation(key.map_or("string", String::as_str), item)
            }
            [key] => match kind(key).as_deref() {
                Some(scalar @ ("string" | "integer")) => relation(scalar, item),
                _ => return,
            },
            _ => return,
        };
        let nullable = schema.get("nullable").cloned();
        *schema = made;
        if let Some(nullable) = nullable {
            schema["nullable"] = nullable;
        }
        report.hits += 1;
    });
}

/// Keys that are texts are read like any id that can be expanded; numbers stay numbers.
fn relation(key: &str, item: &Value) -> Value {
    let mut node = json!({"oneOf": [{"type": key}, item]});
    if key == "string" {
        node["x-expansionResources"] = json!({});
    }
    node
}
