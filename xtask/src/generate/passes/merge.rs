//! `allOf` becomes one schema: properties and required names are joined, the first of two equal properties wins,
//! unless only the other lists its values.

use serde_json::{Map, Value, json};

use super::{Report, component, each_schema};

pub(super) fn run(document: &mut Value, report: &mut Report) {
    let components = document.pointer("/components/schemas").cloned().unwrap_or_default();
    each_schema(document, &mut |schema, pointer| {
        let Some(members) = schema.as_object_mut() else {
            return;
        };
        let Some(Value::Array(parts)) = members.shift_remove("allOf") else {
            return;
        };
        report.hits += 1;
        // One reference with notes beside it stays a reference.
        let plain = !members.contains_key("properties") && !members.contains_key("type");
        if let [part] = parts.as_slice()
            && plain
            && component(part).is_some()
        {
            for (key, value) in part.as_object().into_iter().flatten() {
                members.insert(key.clone(), value.clone());
            }
            return;
        }
        let mut merged = Map::new();
        for part in &parts {
            if let Err(reason) = join(&mut merged, part, &components, 0) {
                report.problems.push(format!("{pointer}: {reason}"));
            }
        }
        let own = Value::Object(std::mem::take(members));
        if let Err(reason) = join(&mut merged, &own, &components, 0) {
            report.problems.push(format!("{pointer}: {reason}"));
        }
        *members = merged;
    });
}

fn join(into: &mut Map<String, Value>, part: &Value, components: &Value, depth: usize) -> Result<(), String> {
    if depth > 16 {
        return Err("allOf refers to itself".to_owned());
    }
    if let Some(name) = component(part) {
        let Some(target) = components.get(name) else {
            return Err(format!("`{name}` leads nowhere"));
        };
        join(into, target, components, depth + 1)?;
    }
    for (key, value) in part.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("$ref", _) => {}
            ("allOf", Value::Array(parts)) => {
                for part in parts {
                    join(into, part, components, depth + 1)?;
                }
            }
            ("properties", Value::Object(properties)) => {
                let target = into.entry("properties").or_insert_with(|| json!({}));
                for (name, property) in properties {
                    let narrows = |known: &Value| known.get("enum").is_none() && property.get("enum").is_some();
                    if target.get(name).is_none_or(narrows) {
                        target[name] = property.clone();
                    }
                }
            }
            ("required", Value::Array(names)) => {
                let target = into.entry("required").or_insert_with(|| json!([]));
                if let Some(target) = target.as_array_mut() {
                    for name in names {
                        if !target.contains(name) {
                            target.push(name.clone());
                        }
                    }
                }
            }
            _ => {
                into.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    Ok(())
}
