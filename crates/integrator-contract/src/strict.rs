//! Members that no schema mentions: to JSON Schema they are welcome, in a request they are a wrong wire name.
//!
//! A union's members count together: a name is unknown when no alternative has it.

use serde_json::Value;

use crate::{
    nearest,
    schema::Components,
    violation::{Problem, escaped},
};

/// Deepest nesting that is looked into.
const DEPTH: usize = 64;

/// Every member of the value that the schema does not mention, unless it leaves the object open.
pub(crate) fn unknown_members(components: &Components, schema: &Value, value: &Value) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut schemas = Vec::new();
    spread(components, schema, &mut schemas, DEPTH);
    walk(components, &schemas, value, "", DEPTH, &mut problems);
    problems
}

pub(crate) fn unknown_member<'a>(name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    unknown("member", name, known)
}

/// Says that a name is unknown, and which one may have been meant.
pub(crate) fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str> + Clone) -> String {
    if let Some(near) = nearest::name(name, known.clone()) {
        return format!("unknown {what}, did you mean `{near}`?");
    }
    let mut names: Vec<&str> = known.collect();
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => format!("unknown {what}, there are none here"),
        1..=12 => format!("unknown {what}, known are {}", names.join(", ")),
        count => format!("unknown {what}, none of the {count} known ones"),
    }
}

fn walk(
    components: &Components,
    schemas: &[&Value],
    value: &Value,
    path: &str,
    depth: usize,
    problems: &mut Vec<Problem>,
) {
    if depth == 0 {
        return;
    }
    match value {
        Value::Object(members) => {
            let properties = || {
                schemas
                    .iter()
                    .filter_map(|schema| schema.get("properties")?.as_object())
            };
            let extra = schemas.iter().filter_map(|schema| schema.get("additionalProperties"));
            let extra: Vec<&Value> = extra.filter(|schema| **schema != Value::Bool(false)).collect();
            let open = !extra.is_empty()
                || schemas
                    .iter()
                    .any(|schema| schema.get("patternProperties").is_some() || is_free_form(schema))
                || schemas
                    .iter()
                    .all(|schema| schema.get("properties").is_none() && schema.get("additionalProperties").is_none());
            for (name, member) in members {
                let at = format!("{path}/{}", escaped(name));
                let mut inner = Vec::new();
                for schema in properties().filter_map(|known| known.get(name)) {
                    spread(components, schema, &mut inner, depth);
                }
                if inner.is_empty() {
                    if !open {
                        let known = properties().flat_map(|known| known.keys()).map(String::as_str);
                        problems.push(Problem::new(at, unknown_member(name, known)));
                        continue;
                    }
                    extra
                        .iter()
                        .for_each(|schema| spread(components, schema, &mut inner, depth));
                }
                walk(components, &inner, member, &at, depth - 1, problems);
            }
        }
        Value::Array(items) => {
            let mut inner = Vec::new();
            for schema in schemas.iter().filter_map(|schema| schema.get("items")) {
                spread(components, schema, &mut inner, depth);
            }
            for (index, item) in items.iter().enumerate() {
                walk(
                    components,
                    &inner,
                    item,
                    &format!("{path}/{index}"),
                    depth - 1,
                    problems,
                );
            }
        }
        _ => {}
    }
}

/// A schema that says nothing about the members of an object.
fn is_free_form(schema: &Value) -> bool {
    let Some(keywords) = schema.as_object() else {
        return true;
    };
    let is_object = keywords.get("type").is_none_or(|kind| {
        kind == "object"
            || kind
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|kind| kind == "object"))
    });
    let says = [
        "properties",
        "additionalProperties",
        "anyOf",
        "oneOf",
        "allOf",
        "$ref",
        "enum",
        "const",
        "items",
        "required",
    ];
    is_object && !says.iter().any(|keyword| keywords.contains_key(*keyword))
}

/// The schema and all that it is made of, references followed.
fn spread<'a>(components: &'a Components, schema: &'a Value, into: &mut Vec<&'a Value>, depth: usize) {
    if depth == 0 {
        return;
    }
    let (resolved, _) = components.resolve(schema);
    into.push(resolved);
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for part in resolved.get(keyword).and_then(Value::as_array).into_iter().flatten() {
            spread(components, part, into, depth - 1);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn unknown(schema: &Value, value: &Value) -> Vec<String> {
        let components = Components::new(std::collections::BTreeMap::from([(
            "point".to_owned(),
            json!({"type": "object", "properties": {"x": {"type": "integer"}, "next": {"$ref": "#/$defs/point"}}}),
        )]));
        unknown_members(&components, schema, value)
            .into_iter()
            .map(|problem| problem.path)
            .collect()
    }

    #[test]
    fn a_name_that_no_alternative_has_is_unknown() {
        let schema = json!({"anyOf": [{"$ref": "#/$defs/point"}, {"properties": {"y": {}}}]});
        assert_eq!(
            unknown(&schema, &json!({"next": {"q": 1}, "x": 1, "y": 2, "z": 3})),
            ["/next/q", "/z"]
        );
    }

    #[test]
    fn parts_count_together() {
        let schema = json!({"allOf": [{"$ref": "#/$defs/point"}, {"properties": {"y": {}}}]});
        assert_eq!(unknown(&schema, &json!({"x": 1, "y": 2, "z": 3})), ["/z"]);
    }

    #[test]
    fn open_objects_are_left_alone() {
        for schema in [
            json!({}),
            json!({"type": "object"}),
            json!({"properties": {"a": {}}, "additionalProperties": true}),
        ] {
            assert!(unknown(&schema, &json!({"a": 1, "b": {"c": 2}})).is_empty(), "{schema}");
        }
        let typed = json!({"additionalProperties": {"$ref": "#/$defs/point"}});
        assert_eq!(unknown(&typed, &json!({"any": {"x": 1, "y": 2}})), ["/any/y"]);
    }

    #[test]
    fn lists_are_looked_into() {
        let schema = json!({"type": "array", "items": {"$ref": "#/$defs/point"}});
        assert_eq!(unknown(&schema, &json!([{"x": 1}, {"a/b": 1}])), ["/1/a~1b"]);
    }
}
