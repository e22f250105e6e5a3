//! Two schemas against each other: types, members, values and bounds, judged by who notices.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::change::{Change, Kind, Owner, code, codes};

/// Who meets a schema.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Side {
    /// A user writes it.
    pub(super) sent: bool,
    /// A user reads it.
    pub(super) answered: bool,
}

/// What of its owner a schema is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part<'a> {
    Type,
    Body,
    Answer,
    /// An argument, with its label.
    Parameter(&'a str),
}

/// A comparison of schemas.
pub(super) struct Schemas<'a> {
    /// What references lead into.
    pub(super) documents: (&'a Value, &'a Value),
    pub(super) owner: &'a Owner,
    pub(super) side: Side,
    pub(super) part: Part<'a>,
    pub(super) changes: &'a mut Vec<Change>,
}

/// Formats that make another type of a string or number.
const FORMATS: [&str; 5] = ["binary", "date-time", "decimal", "int64", "unix-time"];

/// Lower and upper bounds.
const BOUNDS: [(&str, bool); 8] = [
    ("minimum", true),
    ("maximum", false),
    ("minLength", true),
    ("maxLength", false),
    ("minItems", true),
    ("maxItems", false),
    ("minProperties", true),
    ("maxProperties", false),
];

/// Name of the component that a schema refers to.
pub(super) fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

/// Whether a component becomes a type of its own.
pub(super) fn is_type(schema: &Value) -> bool {
    schema.get("properties").is_some() || values(schema).is_some() || union(schema).is_some()
}

impl Schemas<'_> {
    /// Notes what is otherwise in `new`; `at` leads there from the part's root.
    pub(super) fn compare(&mut self, at: &str, old: &Value, new: &Value) {
        if component(old).is_some() && component(old) == component(new) {
            self.nullable(at, flag(old, "nullable"), flag(new, "nullable"));
            return;
        }
        let outer = (flag(old, "nullable"), flag(new, "nullable"));
        let (old, new) = (through(self.documents.0, old), through(self.documents.1, new));
        let (was, is) = (shape(old), shape(new));
        if was != is {
            let kind = if at.is_empty() { Kind::Type } else { Kind::Field };
            self.note(at, kind, true, &format!("{} is {} now", code(&was), code(&is)));
            return;
        }
        self.nullable(at, outer.0 || flag(old, "nullable"), outer.1 || flag(new, "nullable"));
        self.deprecated(at, old, new);
        self.values(at, old, new);
        self.bounds(at, old, new);
        self.members(at, old, new);
        self.union(at, old, new);
        if let (Some(was), Some(is)) = (old.get("items"), new.get("items")) {
            self.compare(&format!("{at}[]"), was, is);
        }
        if let (Some(was @ Value::Object(_)), Some(is @ Value::Object(_))) =
            (old.get("additionalProperties"), new.get("additionalProperties"))
        {
            self.compare(&format!("{at}{{}}"), was, is);
        }
    }

    fn note(&mut self, at: &str, kind: Kind, breaks: bool, what: &str) {
        self.count(at, kind, breaks, what, 1);
    }

    fn count(&mut self, at: &str, kind: Kind, breaks: bool, what: &str, count: usize) {
        let label = match (self.part, at) {
            (Part::Type, "") => String::new(),
            (Part::Type, at) => format!("{}: ", code(at)),
            (Part::Body, "") => "the body: ".to_owned(),
            (Part::Body, at) => format!("body {}: ", code(at)),
            (Part::Answer, "") => "the answer: ".to_owned(),
            (Part::Answer, at) => format!("answer {}: ", code(at)),
            (Part::Parameter(label), "") => format!("{label}: "),
            (Part::Parameter(label), at) => format!("{label} {}: ", code(at)),
        };
        let kind = match (self.part, kind) {
            (Part::Parameter(_), Kind::Field | Kind::Type) => Kind::Parameter,
            (_, kind) => kind,
        };
        self.changes.push(Change {
            owner: self.owner.clone(),
            kind,
            breaks,
            text: format!("{label}{what}"),
            count,
        });
    }

    fn nullable(&mut self, at: &str, was: bool, is: bool) {
        match (was, is) {
            (false, true) => self.note(at, Kind::Field, self.side.answered, "may be null now"),
            (true, false) => self.note(at, Kind::Field, true, "never null now"),
            _ => {}
        }
    }

    fn deprecated(&mut self, at: &str, old: &Value, new: &Value) {
        match (flag(old, "deprecated"), flag(new, "deprecated")) {
            (false, true) => self.note(at, Kind::Field, false, "deprecated now"),
            (true, false) => self.note(at, Kind::Field, false, "no longer deprecated"),
            _ => {}
        }
    }

    /// Enums are open: a new value breaks nobody.
    fn values(&mut self, at: &str, old: &Value, new: &Value) {
        let (Some(was), Some(is)) = (values(old), values(new)) else {
            return;
        };
        for (these, others, breaks, what) in [(&was, &is, true, "gone"), (&is, &was, false, "new")] {
            let mut left: Vec<&str> = these
                .iter()
                .filter(|value| !others.contains(value))
                .map(String::as_str)
                .collect();
            left.sort_unstable();
            if !left.is_empty() {
                let noun = if left.len() == 1 { "value" } else { "values" };
                let text = format!("{noun} {what}: {}", codes(left.iter().copied()));
                self.count(at, Kind::Value, breaks, &text, left.len());
            }
        }
    }

    /// What may be sent; answers are read whatever their bounds.
    fn bounds(&mut self, at: &str, old: &Value, new: &Value) {
        if !self.side.sent {
            return;
        }
        for (name, is_lower) in BOUNDS {
            let (was, is) = (number(old, name), number(new, name));
            if was == is {
                continue;
            }
            let narrower = match (was, is) {
                (None, _) => true,
                (_, None) => false,
                (Some(was), Some(is)) => (is > was) == is_lower,
            };
            let shown = |bound: Option<f64>| bound.map_or_else(|| "none".to_owned(), |bound| bound.to_string());
            let text = format!("`{name}` is {} now, was {}", shown(is), shown(was));
            self.note(at, Kind::Field, narrower, &text);
        }
    }

    fn members(&mut self, at: &str, old: &Value, new: &Value) {
        let (before, after) = (properties(old), properties(new));
        let below = |name: &str| {
            if at.is_empty() {
                name.to_owned()
            } else {
                format!("{at}.{name}")
            }
        };
        for (name, was) in &before {
            let at = below(name);
            let side = self.side;
            self.side = narrowed(side, was);
            match after.get(name) {
                None => self.note(&at, Kind::Field, true, "gone"),
                Some(now) => {
                    match (required(old, name), required(new, name)) {
                        (false, true) => self.note(&at, Kind::Field, true, "required now"),
                        (true, false) => self.note(&at, Kind::Field, self.side.answered, "may be missing now"),
                        _ => {}
                    }
                    self.compare(&at, was, now);
                }
            }
            self.side = side;
        }
        for (name, is) in after.iter().filter(|(name, _)| !before.contains_key(*name)) {
            let side = narrowed(self.side, is);
            if !side.sent && !side.answered {
                continue;
            }
            let needed = required(new, name) && side.sent;
            let text = if needed { "new, and required" } else { "new" };
            self.note(&below(name), Kind::Field, needed, text);
        }
    }

    fn union(&mut self, at: &str, old: &Value, new: &Value) {
        let (Some(was), Some(is)) = (union(old), union(new)) else {
            return;
        };
        let (before, after) = (keyed(was), keyed(is));
        for (key, was) in &before {
            match after.get(key) {
                None => self.note(at, Kind::Value, true, &format!("member gone: {}", code(key))),
                Some(is) => self.compare(&format!("{at}<{key}>"), was, is),
            }
        }
        for (key, _) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            self.note(at, Kind::Value, false, &format!("member new: {}", code(key)));
        }
    }
}

/// A member that is only read, or only written.
fn narrowed(side: Side, member: &Value) -> Side {
    Side {
        sent: side.sent && !flag(member, "readOnly"),
        answered: side.answered && !flag(member, "writeOnly"),
    }
}

/// What a schema is in one word; equal words may still differ inside.
fn shape(schema: &Value) -> String {
    if let Some(name) = component(schema) {
        return name.to_owned();
    }
    if schema.get("x-nothing").is_some() {
        return "nothing".to_owned();
    }
    if union(schema).is_some() {
        return "union".to_owned();
    }
    if values(schema).is_some() {
        return "enum".to_owned();
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("array") => "list".to_owned(),
        Some("object") | None if schema.get("properties").is_some() => "object".to_owned(),
        Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => "map".to_owned(),
        Some("object") => "free-form object".to_owned(),
        Some(kind) => match schema.get("format").and_then(Value::as_str) {
            Some(format) if FORMATS.contains(&format) => format!("{kind} ({format})"),
            _ => kind.to_owned(),
        },
        None => "anything".to_owned(),
    }
}

/// The schema, or what stands behind it: the target of a reference that is no type of its own, a union's only member.
fn through<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let mut schema = schema;
    // A chain longer than this is a circle.
    for _ in 0..16 {
        let target = component(schema).and_then(|name| document.pointer("/components/schemas")?.get(name));
        match target {
            Some(target) if !is_type(target) => schema = target,
            Some(_) => break,
            None => match union(schema) {
                Some([only]) => schema = only,
                _ => break,
            },
        }
    }
    schema
}

/// Members of a union by what tells them apart.
fn keyed(members: &[Value]) -> BTreeMap<String, &Value> {
    let mut keyed: BTreeMap<String, &Value> = BTreeMap::new();
    for member in members {
        let tag = properties(member).into_iter().find_map(|(name, property)| {
            let only = values(property).filter(|values| values.len() == 1)?;
            Some(format!("{name}={}", only.first()?))
        });
        let base = tag.unwrap_or_else(|| shape(member));
        let mut key = base.clone();
        let mut number = 2;
        while keyed.contains_key(&key) {
            key = format!("{base} {number}");
            number += 1;
        }
        keyed.insert(key, member);
    }
    keyed
}

fn union(schema: &Value) -> Option<&[Value]> {
    let members = schema.get("anyOf").or_else(|| schema.get("oneOf"))?;
    members.as_array().map(Vec::as_slice)
}

/// The values of an enum or a constant, as text.
fn values(schema: &Value) -> Option<Vec<String>> {
    let list = match (schema.get("enum"), schema.get("const")) {
        (Some(Value::Array(list)), _) => list.clone(),
        (_, Some(only)) => vec![only.clone()],
        _ => return None,
    };
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    Some(list.iter().filter(|value| !value.is_null()).map(text).collect())
}

fn properties(schema: &Value) -> BTreeMap<&str, &Value> {
    let members = schema.get("properties").and_then(Value::as_object);
    let members = members.into_iter().flatten();
    members.map(|(name, member)| (name.as_str(), member)).collect()
}

fn required(schema: &Value, name: &str) -> bool {
    let list = schema.get("required").and_then(Value::as_array);
    list.is_some_and(|list| list.iter().any(|known| known == name))
}

fn flag(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&json!(true))
}

fn number(schema: &Value, name: &str) -> Option<f64> {
    schema.get(name)?.as_f64()
}
