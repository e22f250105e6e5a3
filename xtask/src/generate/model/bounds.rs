//! Limits that a schema puts on a value, as data of the operation.

use serde_json::Value;

/// `Bound::…` of an argument.
pub(super) fn bounds(schema: &Value) -> Vec<String> {
    let count = |key: &str, bound: &str| {
        schema
            .get(key)
            .and_then(Value::as_u64)
            .map(|limit| format!("Bound::{bound}({limit})"))
    };
    let number = |key: &str, bound: &str| {
        schema
            .get(key)
            .and_then(Value::as_f64)
            .map(|limit| format!("Bound::{bound}({limit:?})"))
    };
    [
        count("minLength", "MinLength"),
        count("maxLength", "MaxLength"),
        number("minimum", "Minimum"),
        number("maximum", "Maximum"),
        count("minItems", "MinItems"),
        count("maxItems", "MaxItems"),
    ]
    .into_iter()
    .flatten()
    .collect()
}
