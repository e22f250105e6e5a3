//! Compares two JSON values, numbers by value, and names every place where they differ.

use serde_json::Value;

use super::NOTHING;

/// Pointer, expected, got of every difference.
pub(super) fn differences(expected: &Value, got: &Value) -> Vec<(String, String, String)> {
    let mut found = Vec::new();
    walk("", expected, got, &mut found);
    found
}

fn walk(at: &str, expected: &Value, got: &Value, found: &mut Vec<(String, String, String)>) {
    match (expected, got) {
        (Value::Object(expected), Value::Object(got)) => {
            for (name, value) in expected {
                match got.get(name) {
                    // Inside of a type that is also answered, null and nothing are one; an argument says which it is.
                    None if value.is_null() && !at.is_empty() => {}
                    Some(got) => walk(&format!("{at}/{name}"), value, got, found),
                    None => found.push((format!("{at}/{name}"), value.to_string(), NOTHING.to_owned())),
                }
            }
            for (name, value) in got.iter().filter(|(name, _)| !expected.contains_key(*name)) {
                found.push((format!("{at}/{name}"), NOTHING.to_owned(), value.to_string()));
            }
        }
        (Value::Array(expected), Value::Array(got)) if expected.len() == got.len() => {
            for (index, (expected, got)) in expected.iter().zip(got).enumerate() {
                walk(&format!("{at}/{index}"), expected, got, found);
            }
        }
        (Value::Number(left), Value::Number(right)) if left.is_f64() || right.is_f64() => {
            if left.as_f64() != right.as_f64() {
                found.push((at.to_owned(), expected.to_string(), got.to_string()));
            }
        }
        (expected, got) if expected == got => {}
        _ => found.push((at.to_owned(), expected.to_string(), got.to_string())),
    }
}
