//! What of an answer must survive being read as a type and written again: everything that it says.

use serde_json::Value;

use crate::arguments::short;

/// What `sent` says and `kept` does not, or the other way round, by path; nothing when all is well.
///
/// Nothing, null and an empty list or object are the same to a reader, and so are 2 and 2.0.
#[must_use]
pub fn lost(sent: &Value, kept: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", sent, kept, &mut found);
    found
}

fn compare(path: &str, sent: &Value, kept: &Value, found: &mut Vec<String>) {
    if is_empty(sent) && is_empty(kept) {
        return;
    }
    match (sent, kept) {
        (Value::Object(sent), Value::Object(kept)) => {
            for (name, value) in sent {
                compare(
                    &format!("{path}/{name}"),
                    value,
                    kept.get(name).unwrap_or(&Value::Null),
                    found,
                );
            }
            for (name, value) in kept.iter().filter(|(name, _)| !sent.contains_key(*name)) {
                compare(&format!("{path}/{name}"), &Value::Null, value, found);
            }
        }
        (Value::Array(sent), Value::Array(kept)) if sent.len() == kept.len() => {
            for (index, (sent, kept)) in sent.iter().zip(kept).enumerate() {
                compare(&format!("{path}/{index}"), sent, kept, found);
            }
        }
        (Value::Number(sent), Value::Number(kept)) if sent.as_f64() == kept.as_f64() => {}
        _ if sent == kept => {}
        _ => found.push(format!(
            "{path}: {} became {}",
            short(&sent.to_string()),
            short(&kept.to_string())
        )),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.values().all(is_empty),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::lost;

    #[test]
    fn only_what_says_nothing_may_go() {
        let sent = json!({"a": 2, "b": null, "c": [], "d": {"e": null}, "f": [{"g": "h"}]});
        assert_eq!(lost(&sent, &json!({"a": 2.0, "f": [{"g": "h", "i": []}]})), [""; 0]);
        let kept = json!({"a": 3, "f": [{}], "j": false});
        assert_eq!(
            lost(&sent, &kept),
            ["/a: 2 became 3", "/f/0/g: \"h\" became null", "/j: null became false"]
        );
        assert_eq!(lost(&json!([1]), &json!([1, 2])).len(), 1);
    }
}
