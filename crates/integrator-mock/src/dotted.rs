//! Members of a JSON value by dotted path, `data.0.status`, as a provider's facts name them.

use serde_json::{Map, Value};

/// The value at the path; the value itself at the empty path.
pub(crate) fn get<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    segments(path).try_fold(value, |value, segment| match value {
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        other => other.get(segment),
    })
}

/// Puts a value at the path and makes the objects on the way there; says whether it could be done.
///
/// What is there and is neither an object nor a list stays as it is.
pub(crate) fn set(value: &mut Value, path: &str, new: Value) -> bool {
    let mut at = value;
    for segment in segments(path) {
        if at.is_null() {
            *at = Value::Object(Map::new());
        }
        at = match at {
            Value::Object(members) => members.entry(segment).or_insert(Value::Null),
            Value::Array(items) => match segment.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
                Some(item) => item,
                None => return false,
            },
            _ => return false,
        };
    }
    *at = new;
    true
}

/// Takes the member at the path away.
pub(crate) fn remove(value: &mut Value, path: &str) {
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let pointer: String = segments(parent).map(|segment| format!("/{segment}")).collect();
    if let Some(Value::Object(members)) = value.pointer_mut(&pointer) {
        members.remove(name);
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('.').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn paths_reach_into_objects_and_lists() {
        let mut value = json!({"data": [{"status": "open"}], "name": "n"});
        assert_eq!(get(&value, "data.0.status"), Some(&json!("open")));
        assert_eq!(get(&value, "data.1.status"), None);
        assert!(set(&mut value, "data.0.status", json!("done")));
        assert!(set(&mut value, "page.next.token", json!("t")));
        assert!(!set(&mut value, "name.first", json!("x")));
        assert!(!set(&mut value, "data.7", json!("x")));
        remove(&mut value, "page.next.token");
        assert_eq!(
            value,
            json!({"data": [{"status": "done"}], "name": "n", "page": {"next": {}}})
        );
    }
}
