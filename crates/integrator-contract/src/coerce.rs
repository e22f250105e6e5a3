//! From text to the JSON value that a schema expects: forms and queries have no types of their own.
//!
//! Where nothing fits, the text stays text and the schema says what is wrong with it; this module only reports what the
//! value cannot show (a name given twice, a file where text is expected). Alternatives are tried and the best is taken.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::{
    form::Node,
    merge,
    schema::Components,
    violation::{Problem, escaped},
};

/// Costs of what does not fit; a wrong kind of value weighs more than anything wrong inside it.
const WRONG_KIND: u32 = 10_000;
const WRONG_VALUE: u32 = 30;
const MISSING: u32 = 20;
const UNKNOWN: u32 = 20;
/// Deepest nesting of alternatives and members.
const DEPTH: usize = 80;

pub(crate) struct Coerced {
    pub(crate) value: Value,
    pub(crate) problems: Vec<Problem>,
    cost: u32,
}

impl Coerced {
    fn new(value: Value, cost: u32) -> Self {
        Self {
            value,
            problems: Vec::new(),
            cost,
        }
    }

    fn with(mut self, problem: Problem) -> Self {
        self.problems.push(problem);
        self.cost = self.cost.saturating_add(WRONG_VALUE);
        self
    }

    /// Takes the result of a member in; its paths get the member's name.
    fn take(&mut self, name: &str, inner: Self) -> Value {
        let at = |problem: Problem| Problem::new(format!("/{}{}", escaped(name), problem.path), problem.message);
        self.problems.extend(inner.problems.into_iter().map(at));
        self.cost = self.cost.saturating_add(inner.cost);
        inner.value
    }
}

/// The value that this tree means under this schema.
pub(crate) fn coerced(components: &Components, schema: &Value, node: &Node) -> Coerced {
    coerced_to(components, schema, node, DEPTH)
}

fn coerced_to(components: &Components, schema: &Value, node: &Node, depth: usize) -> Coerced {
    if depth == 0 {
        return untyped(node, 0);
    }
    let schema = merge::flattened(components, schema);
    for keyword in ["anyOf", "oneOf"] {
        if let Some(members) = schema.get(keyword).and_then(Value::as_array) {
            return best_member(components, &schema, keyword, members, node, depth);
        }
    }
    match node {
        Node::Text(texts) => match texts.as_slice() {
            [text] if !wants_list(&schema) => scalar(&schema, text),
            texts if admits(&schema, "array") => list_of_texts(components, &schema, texts, depth),
            texts => {
                let first = texts.first().map_or("", String::as_str);
                scalar(&schema, first).with(Problem::new("", "given more than once"))
            }
        },
        Node::File => {
            let binary = schema.get("format").is_some_and(|format| format == "binary") || schema.get("type").is_none();
            let value = Coerced::new(Value::String(String::new()), if binary { 0 } else { WRONG_KIND });
            if binary {
                value
            } else {
                value.with(Problem::new("", "expected a field, found a file"))
            }
        }
        Node::Members(members) if is_list(&schema, members) => list(components, &schema, members, depth),
        Node::Members(members) => object(components, &schema, members, depth),
    }
}

fn best_member(
    components: &Components,
    schema: &Value,
    keyword: &str,
    members: &[Value],
    node: &Node,
    depth: usize,
) -> Coerced {
    let mut base = schema.clone();
    if let Some(keywords) = base.as_object_mut() {
        keywords.remove(keyword);
    }
    let alone = base
        .as_object()
        .is_none_or(|keywords| keywords.keys().all(|key| key.starts_with("x-")));
    let candidates = members.iter().map(|member| {
        let member = if alone {
            Cow::Borrowed(member)
        } else {
            Cow::Owned(merge::both(base.clone(), &merge::flattened(components, member)))
        };
        coerced_to(components, &member, node, depth - 1)
    });
    candidates
        .min_by_key(|candidate| candidate.cost)
        .unwrap_or_else(|| untyped(node, depth - 1))
}

fn scalar(schema: &Value, text: &str) -> Coerced {
    let typed = [
        admits(schema, "integer").then(|| integer(text)).flatten(),
        admits(schema, "number").then(|| number(text)).flatten(),
        admits(schema, "boolean")
            .then(|| text.parse().ok().map(Value::Bool))
            .flatten(),
        (text.is_empty() && admits(schema, "null") && !admits(schema, "string")).then_some(Value::Null),
        // A style without nesting holds an object as JSON text.
        (text.starts_with('{') && admits(schema, "object"))
            .then(|| serde_json::from_str(text).ok())
            .flatten(),
    ];
    let any = schema.get("type").is_none() && schema.get("enum").is_none() && schema.get("const").is_none();
    let value = if any { None } else { typed.into_iter().flatten().next() };
    let text_fits = admits(schema, "string");
    let known = |value: &Value| {
        let listed = schema
            .get("enum")
            .and_then(Value::as_array)
            .is_none_or(|options| options.contains(value));
        listed && schema.get("const").is_none_or(|constant| constant == value)
    };
    let as_text = Value::String(text.to_owned());
    let value = match value {
        Some(value) if known(&value) || !text_fits => value,
        // Where a text is expected, nothing is an empty one, unless that is no value.
        _ if text.is_empty() && !known(&as_text) && admits(schema, "null") => Value::Null,
        _ => as_text,
    };
    let mut cost = if known(&value) { 0 } else { WRONG_VALUE };
    if value.is_string() && !text_fits {
        cost += WRONG_KIND;
    }
    let coerced = Coerced::new(value, cost);
    if schema.get("format").is_some_and(|format| format == "binary") {
        return coerced.with(Problem::new("", "expected a file, found a field"));
    }
    coerced
}

/// Integers as JSON writes them: no sign but `-`, no leading zeros.
fn integer(text: &str) -> Option<Value> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    if text != "0" && !digits.starts_with(|first: char| ('1'..='9').contains(&first)) {
        return None;
    }
    text.parse::<i64>()
        .map(Value::from)
        .or_else(|_| text.parse::<u64>().map(Value::from))
        .ok()
}

fn number(text: &str) -> Option<Value> {
    serde_json::from_str::<serde_json::Number>(text).ok().map(Value::Number)
}

fn list_of_texts(components: &Components, schema: &Value, texts: &[String], depth: usize) -> Coerced {
    let items = schema.get("items").unwrap_or(&Value::Null);
    let mut whole = Coerced::new(Value::Null, 0);
    let mut values = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let item = coerced_to(components, items, &Node::Text(vec![text.clone()]), depth - 1);
        values.push(whole.take(&index.to_string(), item));
    }
    whole.value = Value::Array(values);
    whole
}

/// Whether nothing but a list fits.
fn wants_list(schema: &Value) -> bool {
    let scalars = ["string", "integer", "number", "boolean", "object"];
    schema.get("type").is_some() && admits(schema, "array") && !scalars.iter().any(|kind| admits(schema, kind))
}

/// `[0]`, `[1]` … under a schema that wants a list, or under one that wants nothing in particular.
fn is_list(schema: &Value, members: &[(String, Node)]) -> bool {
    let indexed = members.iter().all(|(name, _)| name.parse::<usize>().is_ok());
    indexed && !members.is_empty() && admits(schema, "array") && schema.get("properties").is_none()
}

fn list(components: &Components, schema: &Value, members: &[(String, Node)], depth: usize) -> Coerced {
    let wanted = schema.get("items").unwrap_or(&Value::Null);
    let mut sorted: Vec<(usize, &str, &Node)> = members
        .iter()
        .filter_map(|(name, node)| Some((name.parse().ok()?, name.as_str(), node)))
        .collect();
    sorted.sort_by_key(|(index, ..)| *index);
    let mut whole = Coerced::new(Value::Null, 0);
    let mut values = Vec::new();
    for (expected, (index, name, node)) in sorted.into_iter().enumerate() {
        if index != expected {
            whole = whole.with(Problem::new(
                format!("/{name}"),
                format!("expected the index {expected}"),
            ));
        }
        let item = coerced_to(components, wanted, node, depth - 1);
        values.push(whole.take(name, item));
    }
    whole.value = Value::Array(values);
    whole
}

fn object(components: &Components, schema: &Value, members: &[(String, Node)], depth: usize) -> Coerced {
    let properties = schema.get("properties").and_then(Value::as_object);
    let extra = schema.get("additionalProperties");
    let mut whole = Coerced::new(Value::Null, if admits(schema, "object") { 0 } else { WRONG_KIND });
    let mut values = Map::new();
    for (name, node) in members {
        let known = properties.and_then(|properties| properties.get(name));
        if known.is_none() && extra.is_none_or(|extra| *extra == Value::Bool(false)) {
            whole.cost = whole.cost.saturating_add(UNKNOWN);
        }
        let member = match known.or(extra) {
            Some(schema) => coerced_to(components, schema, node, depth - 1),
            None => untyped(node, depth - 1),
        };
        let value = whole.take(name, member);
        values.insert(name.clone(), value);
    }
    for name in schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if values.contains_key(name) {
            continue;
        }
        let schema = properties.and_then(|properties| properties.get(name));
        match schema.and_then(|schema| empty(components, schema, depth - 1)) {
            Some(value) => drop(values.insert(name.to_owned(), value)),
            None => whole.cost = whole.cost.saturating_add(MISSING),
        }
    }
    whole.value = Value::Object(values);
    whole
}

/// The empty list or object that a schema accepts: a form has no way to write it but to leave it out.
fn empty(components: &Components, schema: &Value, depth: usize) -> Option<Value> {
    if depth == 0 {
        return None;
    }
    let schema = merge::flattened(components, schema);
    let least = |keyword: &str| schema.get(keyword).and_then(Value::as_u64).unwrap_or(0);
    for keyword in ["anyOf", "oneOf"] {
        if let Some(members) = schema.get(keyword).and_then(Value::as_array) {
            return members.iter().find_map(|member| empty(components, member, depth - 1));
        }
    }
    let kind = schema.get("type").and_then(Value::as_str);
    match kind {
        Some("array") if least("minItems") == 0 => Some(Value::Array(Vec::new())),
        Some("object") if least("minProperties") == 0 => {
            let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
            let member = |name: &Value| {
                let name = name.as_str()?;
                Some((
                    name.to_owned(),
                    empty(components, schema.get("properties")?.get(name)?, depth - 1)?,
                ))
            };
            Some(Value::Object(required.map(member).collect::<Option<Map<_, _>>>()?))
        }
        _ => None,
    }
}

/// What a tree means when nothing says what it should.
fn untyped(node: &Node, depth: usize) -> Coerced {
    let value = match node {
        Node::Text(texts) => match texts.as_slice() {
            [text] => Value::String(text.clone()),
            texts => texts.iter().map(String::as_str).collect(),
        },
        Node::File => Value::String(String::new()),
        Node::Members(_) if depth == 0 => Value::Null,
        Node::Members(members) => Value::Object(
            members
                .iter()
                .map(|(name, node)| (name.clone(), untyped(node, depth - 1).value))
                .collect(),
        ),
    };
    Coerced::new(value, 0)
}

/// Whether the schema's `type`, or the kinds of its listed values, admit this kind.
fn admits(schema: &Value, kind: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == kind,
        Some(Value::Array(kinds)) => kinds.iter().any(|listed| listed == kind),
        _ => {
            let listed = schema.get("enum").and_then(Value::as_array).map(Vec::as_slice);
            let listed = listed.or_else(|| schema.get("const").map(std::slice::from_ref));
            match (listed, kind) {
                (Some(listed), _) => listed.iter().any(|value| crate::explain::kind_of(value) == kind),
                (None, "array") => schema.get("properties").is_none() && schema.get("additionalProperties").is_none(),
                (None, "object") => schema.get("items").is_none(),
                (None, _) => true,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;
    use crate::form::{Leaf, Tree, pairs};

    fn read(schema: &Value, text: &str) -> (Value, Vec<String>) {
        let components = Components::new(BTreeMap::from([(
            "address".to_owned(),
            json!({"type": "object", "properties": {"city": {"type": "string"}, "floor": {"type": "integer"}}}),
        )]));
        let schema = json!({"type": "object", "properties": schema});
        let mut tree = Tree::default();
        for (name, value) in pairs(text) {
            tree.add(&name, Leaf::Text(value.into_owned()), false);
        }
        let coerced = coerced(&components, &schema, &tree.into_node());
        (
            coerced.value,
            coerced.problems.into_iter().map(|problem| problem.path).collect(),
        )
    }

    #[test]
    fn scalars_take_the_declared_type() {
        let schema = json!({"i": {"type": "integer"}, "n": {"type": "number"}, "b": {"type": "boolean"}, "s": {"type": "string"},
            "z": {"type": ["integer", "null"]}, "big": {"type": "integer"}});
        let (value, problems) = read(&schema, "i=-3&n=2.50&b=true&s=007&z=&big=18446744073709551615");
        assert_eq!(
            value,
            json!({"i": -3, "n": 2.5, "b": true, "s": "007", "z": null, "big": u64::MAX})
        );
        assert!(problems.is_empty());
    }

    #[test]
    fn what_does_not_fit_stays_text() {
        let schema = json!({"i": {"type": "integer"}, "b": {"type": "boolean"}, "o": {"type": "object"}});
        assert_eq!(
            read(&schema, "i=007&b=yes&o={").0,
            json!({"i": "007", "b": "yes", "o": "{"})
        );
        assert_eq!(read(&schema, "o=%7B%22a%22%3A1%7D").0, json!({"o": {"a": 1}}));
    }

    #[test]
    fn the_best_alternative_is_taken() {
        let schema = json!({
            "address": {"anyOf": [{"type": "string", "enum": [""]}, {"$ref": "#/$defs/address"}]},
            "at": {"anyOf": [{"type": "object", "properties": {"gte": {"type": "integer"}}}, {"type": "integer"}]}});
        assert_eq!(read(&schema, "address=").0, json!({"address": ""}));
        assert_eq!(
            read(&schema, "address[floor]=2&at=5").0,
            json!({"address": {"floor": 2}, "at": 5})
        );
        assert_eq!(read(&schema, "at[gte]=5").0, json!({"at": {"gte": 5}}));
    }

    #[test]
    fn lists_need_their_indices_without_gaps() {
        let schema = json!({"l": {"type": "array", "items": {"type": "integer"}}});
        assert_eq!(read(&schema, "l[1]=2&l[0]=1"), (json!({"l": [1, 2]}), vec![]));
        assert_eq!(read(&schema, "l[0]=1&l[2]=2").1, ["/l/2"]);
        assert_eq!(read(&schema, "l=1&l=2"), (json!({"l": [1, 2]}), vec![]));
    }

    #[test]
    fn a_scalar_given_twice_is_a_problem() {
        let schema = json!({"i": {"type": "integer"}});
        assert_eq!(read(&schema, "i=1&i=2"), (json!({"i": 1}), vec!["/i".to_owned()]));
    }

    #[test]
    fn what_a_form_cannot_write_is_taken_as_empty() {
        let schema = json!({"o": {"type": "object", "required": ["inner", "list"], "properties": {
            "inner": {"type": "object"}, "list": {"type": "array"}, "more": {"type": "string"}}},
            "p": {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}});
        assert_eq!(
            read(&schema, "o[more]=x").0,
            json!({"o": {"inner": {}, "list": [], "more": "x"}})
        );
        assert_eq!(read(&schema, "p[other]=x").0, json!({"p": {"other": "x"}}));
    }

    #[test]
    fn numeric_names_of_an_object_are_no_list() {
        let schema = json!({"m": {"type": "object", "additionalProperties": {"type": "string"}}});
        assert_eq!(read(&schema, "m[0]=a&m[7]=b").0, json!({"m": {"0": "a", "7": "b"}}));
    }
}
