//! Parameters, bodies and answers by reference stand where they are used; parameters of a path join its operations.

use serde_json::Value;

use super::{METHODS, Report, list};

pub(super) fn run(document: &mut Value, report: &mut Report) {
    let components = document.get("components").cloned().unwrap_or_default();
    for (path, item) in document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        let shared: Vec<Value> = list(item.get("parameters")).cloned().collect();
        for method in METHODS {
            let Some(operation) = item.get_mut(method) else {
                continue;
            };
            let mut parameters: Vec<Value> = Vec::new();
            for parameter in list(operation.get("parameters")).chain(&shared) {
                let parameter = resolve(parameter, &components, report, path);
                let same = |other: &Value| {
                    other.get("name") == parameter.get("name") && other.get("in") == parameter.get("in")
                };
                if !parameters.iter().any(same) {
                    parameters.push(parameter);
                }
            }
            if !parameters.is_empty() {
                operation["parameters"] = Value::Array(parameters);
            }
            if let Some(body) = operation.get_mut("requestBody") {
                *body = resolve(body, &components, report, path);
            }
            for (_, answer) in operation
                .get_mut("responses")
                .and_then(Value::as_object_mut)
                .into_iter()
                .flatten()
            {
                *answer = resolve(answer, &components, report, path);
            }
        }
        if let Some(item) = item.as_object_mut() {
            item.remove("parameters");
        }
    }
}

fn resolve(value: &Value, components: &Value, report: &mut Report, path: &str) -> Value {
    let mut value = value;
    // A chain of references longer than this is a circle.
    for _ in 0..16 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return value.clone();
        };
        let target = reference
            .strip_prefix("#/components")
            .and_then(|pointer| components.pointer(pointer));
        let Some(target) = target else {
            report.problems.push(format!("{path}: `{reference}` leads nowhere"));
            return Value::Null;
        };
        report.hits += 1;
        value = target;
    }
    report.problems.push(format!("{path}: references go round in a circle"));
    Value::Null
}
