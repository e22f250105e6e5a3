//! Schemas that no value satisfies, as their authors meant them. Facts stay as they are; only what contradicts itself is
//! settled, so that the contract, the generator and the proof read the same.

use serde_json::{Value, json};

/// Settles every contradiction of the document; answers how many there were.
pub(super) fn settle(document: &mut Value) -> usize {
    let schemas = document.pointer("/components/schemas").cloned().unwrap_or_default();
    let mut settled = 0;
    walk(document, &schemas, &mut settled);
    settled
}

fn walk(value: &mut Value, schemas: &Value, settled: &mut usize) {
    match value {
        Value::Object(members) => {
            for key in ["oneOf", "anyOf"] {
                if members.get(key).is_some_and(Value::is_array) {
                    *settled +=
                        usize::from(format_alone(members, key)) + usize::from(type_beside(members, key, schemas));
                }
            }
            if let Some(content) = members.get_mut("content").and_then(Value::as_object_mut) {
                for media in content.values_mut() {
                    *settled += usize::from(only_member(media))
                        + usize::from(required_nothing(media))
                        + usize::from(scalar_with_members(media));
                }
            }
            members.values_mut().for_each(|member| walk(member, schemas, settled));
        }
        Value::Array(values) => values.iter_mut().for_each(|value| walk(value, schemas, settled)),
        _ => {}
    }
}

/// A member that is only a format takes every value, so that no other member is the only one that does.
fn format_alone(members: &mut serde_json::Map<String, Value>, key: &str) -> bool {
    let Some(branches) = members.get_mut(key).and_then(Value::as_array_mut) else {
        return false;
    };
    let count = branches.len();
    let alone = |branch: &Value| {
        branch
            .as_object()
            .is_some_and(|branch| branch.len() == 1 && branch.contains_key("format"))
    };
    branches.retain(|branch| !alone(branch));
    let found = branches.len() < count;
    if found && branches.len() == 1 {
        let only = branches.remove(0);
        members.shift_remove(key);
        for (name, value) in only.as_object().into_iter().flatten() {
            members.insert(name.clone(), value.clone());
        }
    }
    found
}

/// A type beside a union that has no member of that type is one more member: `string`, or the object that it stands for.
fn type_beside(members: &mut serde_json::Map<String, Value>, key: &str, schemas: &Value) -> bool {
    let Some(kind) = members.get("type").and_then(Value::as_str).map(str::to_owned) else {
        return false;
    };
    let kind_of = |branch: &Value| {
        let name = branch.get("$ref").and_then(Value::as_str);
        let target = name.and_then(|name| schemas.get(name.strip_prefix("#/components/schemas/")?));
        target
            .unwrap_or(branch)
            .get("type")
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    let branches = members.get(key).and_then(Value::as_array);
    let kinds: Vec<Option<String>> = branches.into_iter().flatten().map(kind_of).collect();
    if kinds.is_empty()
        || kinds
            .iter()
            .any(|found| found.as_deref().is_none_or(|found| found == kind))
    {
        return false;
    }
    let mut member = json!({ "type": kind });
    members.shift_remove("type");
    if let Some(format) = members.shift_remove("format") {
        member["format"] = format;
    }
    if let Some(branches) = members.get_mut(key).and_then(Value::as_array_mut) {
        branches.insert(0, member);
    }
    true
}

/// A body that is a union of one is that one.
fn only_member(media: &mut Value) -> bool {
    let Some(schema) = media
        .get_mut("schema")
        .filter(|schema| schema.as_object().is_some_and(|all| all.len() == 1))
    else {
        return false;
    };
    let only = ["anyOf", "oneOf"]
        .iter()
        .find_map(|key| match schema.get(key)?.as_array()?.as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        });
    match only {
        Some(only) => {
            *schema = only;
            true
        }
        None => false,
    }
}

/// What is required of a body and not described cannot be given.
fn required_nothing(media: &mut Value) -> bool {
    let Some(schema) = media.get_mut("schema").and_then(Value::as_object_mut) else {
        return false;
    };
    let Some(known) = schema.get("properties").and_then(Value::as_object).cloned() else {
        return false;
    };
    let whole = !["allOf", "anyOf", "oneOf"].iter().any(|key| schema.contains_key(*key));
    let Some(Value::Array(required)) = schema.get_mut("required").filter(|_| whole) else {
        return false;
    };
    let count = required.len();
    required.retain(|name| name.as_str().is_some_and(|name| known.contains_key(name)));
    required.len() < count
}

/// A body with members is an object, whatever its type says.
fn scalar_with_members(media: &mut Value) -> bool {
    let Some(schema) = media.get_mut("schema").and_then(Value::as_object_mut) else {
        return false;
    };
    let scalar = schema
        .get("type")
        .and_then(Value::as_str)
        .is_some_and(|kind| kind != "object");
    let found = scalar && schema.contains_key("properties");
    if found {
        schema.insert("type".to_owned(), json!("object"));
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::settle;

    #[test]
    fn what_no_value_satisfies_is_settled() {
        let reference = json!({"$ref": "#/components/schemas/User"});
        let cases: [(Value, Value, usize); 5] = [
            (
                json!({"type": "string", "format": "uuid", "nullable": true, "oneOf": [reference]}),
                json!({"nullable": true, "oneOf": [{"type": "string", "format": "uuid"}, reference]}),
                1,
            ),
            (
                json!({"type": "object", "oneOf": [reference]}),
                json!({"type": "object", "oneOf": [reference]}),
                0,
            ),
            (
                json!({"oneOf": [{"type": "string"}, {"format": "ipv4"}]}),
                json!({"type": "string"}),
                1,
            ),
            (
                json!({"oneOf": [{"type": "array"}, {"format": "many-to-many"}, reference]}),
                json!({"oneOf": [{"type": "array"}, reference]}),
                1,
            ),
            (
                json!({"anyOf": [reference], "nullable": true}),
                json!({"anyOf": [reference], "nullable": true}),
                0,
            ),
        ];
        for (given, wanted, count) in cases {
            let mut document = json!({"components": {"schemas": {"User": {"type": "object"}, "It": given}}});
            assert_eq!(settle(&mut document), count, "{given}");
            assert_eq!(document["components"]["schemas"]["It"], wanted);
        }
        let mut body = json!({"content": {"application/json": {"schema": {"anyOf": [reference]}}}});
        assert_eq!(settle(&mut body), 1);
        assert_eq!(body["content"]["application/json"]["schema"], reference);
        let mut body =
            json!({"content": {"application/json": {"schema": {"required": ["a", "b"], "properties": {"a": {}}}}}});
        assert_eq!(settle(&mut body), 1);
        assert_eq!(body["content"]["application/json"]["schema"]["required"], json!(["a"]));
    }
}
