//! Facts only, in canonical order: what may enter `specs/`.
//!
//! Works on a checked document and cannot fail. What belongs in a document is said by [`super::grammar`].

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::grammar::{self, EXTENSION_PROSE, EXTENSIONS, EXTENSIONS_BY_PROPERTY, Object, Order, Shape};

/// What was left out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Dropped {
    /// Members that OpenAPI does not know, with how often they stood there.
    pub(super) unknown: BTreeMap<String, usize>,
    /// Extensions that carry no facts, with how often they stood there.
    pub(super) extensions: BTreeMap<String, usize>,
}

/// The document without prose, in canonical order.
pub(super) fn strip(document: Value, keep_prose: bool) -> (Value, Dropped) {
    let mut stripper = Stripper {
        keep_prose,
        dropped: Dropped::default(),
    };
    let facts = stripper
        .value(document, Shape::Object(&grammar::DOCUMENT))
        .unwrap_or_default();
    (facts, stripper.dropped)
}

struct Stripper {
    keep_prose: bool,
    dropped: Dropped,
}

impl Stripper {
    /// The facts of one value; none when it is prose.
    fn value(&mut self, value: Value, shape: Shape) -> Option<Value> {
        Some(match (shape, value) {
            (Shape::Fact, value) => value,
            (Shape::Prose, value) => return self.keep_prose.then_some(value),
            (Shape::Blank, value) => self.text(value),
            (Shape::Name, value) => {
                let keep = self.keep_prose || value.as_str().is_some_and(is_identifier);
                return keep.then_some(value);
            }
            (Shape::Object(object), Value::Object(members)) => Value::Object(self.object(members, object)),
            (Shape::Schema | Shape::Schemas, Value::Object(members)) => {
                Value::Object(self.object(members, &grammar::SCHEMA))
            }
            (Shape::Map(inner, order), Value::Object(members)) => Value::Object(self.map(members, *inner, order)),
            (Shape::Extensible(inner), Value::Object(members)) => Value::Object(self.extensible(members, *inner)),
            (Shape::List(inner), Value::Array(items)) => Value::Array(self.list(items, *inner)),
            (Shape::Schemas, Value::Array(items)) => Value::Array(self.list(items, Shape::Schema)),
            (Shape::Scopes, Value::Object(scopes)) => {
                Value::Object(sorted(scopes).map(|(name, text)| (name, self.text(text))).collect())
            }
            (_, value) => value,
        })
    }

    fn object(&mut self, mut members: Map<String, Value>, object: &Object) -> Map<String, Value> {
        let mut facts = Map::new();
        for &(name, shape) in object.members {
            let value = match members.swap_remove(name) {
                None if matches!(shape, Shape::Blank) && !facts.contains_key("$ref") => Value::String(String::new()),
                None => continue,
                Some(value) => value,
            };
            if let Some(fact) = self.value(value, shape) {
                facts.insert(name.to_owned(), fact);
            }
        }
        self.extensions(members, &mut facts);
        facts
    }

    fn map(&mut self, members: Map<String, Value>, inner: Shape, order: Order) -> Map<String, Value> {
        let members: Box<dyn Iterator<Item = (String, Value)>> = match order {
            Order::Sorted => Box::new(sorted(members)),
            Order::Kept => Box::new(members.into_iter()),
        };
        members
            .filter_map(|(name, value)| Some((name, self.value(value, inner)?)))
            .collect()
    }

    fn extensible(&mut self, members: Map<String, Value>, inner: Shape) -> Map<String, Value> {
        let (extensions, members) = members.into_iter().partition(|(name, _)| name.starts_with("x-"));
        let mut facts = self.map(members, inner, Order::Sorted);
        self.extensions(extensions, &mut facts);
        facts
    }

    fn list(&mut self, items: Vec<Value>, inner: Shape) -> Vec<Value> {
        items.into_iter().filter_map(|item| self.value(item, inner)).collect()
    }

    /// Moves the extensions that carry facts, and counts everything else.
    fn extensions(&mut self, members: Map<String, Value>, facts: &mut Map<String, Value>) {
        for (name, mut value) in sorted(members) {
            if EXTENSIONS.contains(&name.as_str()) {
                if !self.keep_prose && !EXTENSIONS_BY_PROPERTY.contains(&name.as_str()) {
                    strip_extension(&mut value);
                }
                facts.insert(name, value);
            } else if name.starts_with("x-") {
                *self.dropped.extensions.entry(name).or_default() += 1;
            } else {
                *self.dropped.unknown.entry(name).or_default() += 1;
            }
        }
    }

    fn text(&self, value: Value) -> Value {
        if self.keep_prose {
            value
        } else {
            Value::String(String::new())
        }
    }
}

fn strip_extension(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(strip_extension),
        Value::Object(members) => {
            members.retain(|name, _| !EXTENSION_PROSE.contains(&name.as_str()));
            members.values_mut().for_each(strip_extension);
        }
        _ => {}
    }
}

fn sorted(members: Map<String, Value>) -> impl Iterator<Item = (String, Value)> {
    let mut members: Vec<_> = members.into_iter().collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    members.into_iter()
}

/// One word that could be the name of a type.
fn is_identifier(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || matches!(letter, '_' | '.' | '-'))
}
