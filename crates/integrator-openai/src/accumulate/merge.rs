//! Merging a piece of an answer into what is there: texts go on, lists grow, anything else is replaced.

use integrator_core::{Value, json};

/// Members whose texts come in pieces; other texts come whole, and some servers say them again in every piece.
const IN_PIECES: &[&str] = &["arguments", "content", "data", "input", "refusal", "text", "transcript"];

/// Takes the members of `piece` into `whole`.
pub(super) fn merge(whole: &mut Value, piece: Value) {
    if whole.is_null() {
        *whole = json!({});
    }
    if let (Value::Object(whole), Value::Object(piece)) = (whole, piece) {
        for (name, value) in piece {
            let there = whole.entry(name.as_str()).or_insert(Value::Null);
            member(&name, there, value);
        }
    }
}

fn member(name: &str, there: &mut Value, value: Value) {
    match (there, value) {
        (_, Value::Null) => {}
        (there @ (Value::Object(_) | Value::Null), value @ Value::Object(_)) => merge(there, value),
        (Value::Array(items), Value::Array(more)) => more.into_iter().for_each(|item| insert(items, item)),
        (there @ Value::Null, Value::Array(more)) => {
            let mut items = Vec::new();
            more.into_iter().for_each(|item| insert(&mut items, item));
            *there = items.into();
        }
        (Value::String(text), Value::String(more)) if IN_PIECES.contains(&name) => text.push_str(&more),
        (there, value) => *there = value,
    }
}

/// Items with an index are pieces of the one at that index, wherever they come; others are new ones.
fn insert(items: &mut Vec<Value>, item: Value) {
    let Some(index) = index(&item) else {
        items.push(item);
        return;
    };
    let at = items
        .iter()
        .position(|there| self::index(there) >= Some(index))
        .unwrap_or(items.len());
    if items.get(at).and_then(self::index) != Some(index) {
        items.insert(at, Value::Null);
    }
    if let Some(there) = items.get_mut(at) {
        merge(there, item);
    }
}

fn index(item: &Value) -> Option<u64> {
    item.get("index")?.as_u64()
}

/// A member, leaving `null`.
pub(super) fn take(value: &mut Value, name: &str) -> Value {
    value.get_mut(name).map_or(Value::Null, Value::take)
}
