//! Finds everything that is wrong with a document, before anything is made of it.
//!
//! The structure and the references are checked against [`super::grammar`]; what paths, operations and parameters must
//! agree on is checked in [`operations`].

mod operations;

use serde_json::Value;

use super::grammar::{self, EXTENSIONS, Object, Shape};
use super::pointer::{Pointer, child, is_circle, resolve};
use crate::report::Problems;

/// JSON Schema's types.
const TYPES: [&str; 7] = ["array", "boolean", "integer", "null", "number", "object", "string"];

/// Every problem of the document.
pub(super) fn check(document: &Value) -> Problems {
    let mut problems = Problems::default();
    if !version(document, &mut problems) {
        return problems;
    }
    let mut checker = Checker {
        document,
        problems,
        at: Pointer::default(),
    };
    checker.value(document, Shape::Object(&grammar::DOCUMENT));
    checker.circles();
    let mut problems = checker.problems;
    info(document, &mut problems);
    operations::check(document, &mut problems);
    problems
}

/// Whether the rest of the document can be read at all.
fn version(document: &Value, problems: &mut Problems) -> bool {
    let expected = "an OpenAPI document of version 3.0 or 3.1, with the version as text";
    match (document.get("openapi"), document.get("swagger")) {
        (Some(Value::String(version)), _) if version.starts_with("3.0.") || version.starts_with("3.1.") => {
            return true;
        }
        (Some(Value::String(version)), _) => {
            problems.unexpected("/openapi", format!("unknown OpenAPI version `{version}`"), expected);
            return version.starts_with("3.");
        }
        (Some(other), _) => problems.unexpected("/openapi", format!("the version is {}", kind(other)), expected),
        (None, Some(version)) => {
            problems.unexpected(
                "/swagger",
                format!("this is Swagger {version}"),
                format!("{expected}: convert it first"),
            );
        }
        (None, None) if document.is_object() => {
            problems.unexpected("/openapi", "there is no OpenAPI version", expected)
        }
        (None, None) => problems.unexpected("/", format!("the document is {}", kind(document)), expected),
    }
    false
}

fn info(document: &Value, problems: &mut Problems) {
    for name in ["title", "version"] {
        let place = format!("/info/{name}");
        match document.pointer(&place) {
            Some(Value::String(_)) => {}
            None if name == "version" => problems.unexpected(place, "missing", "the API's version, or `--version`"),
            None => problems.unexpected(place, "missing", "the API's name"),
            Some(other) => problems.unexpected(place, format!("is {}", kind(other)), "text: put it in quotes"),
        }
    }
    if !document.get("paths").is_some_and(Value::is_object) && document.get("webhooks").is_none() {
        problems.unexpected("/paths", "missing", "an object of paths");
    }
}

struct Checker<'a> {
    document: &'a Value,
    problems: Problems,
    at: Pointer,
}

impl Checker<'_> {
    fn value(&mut self, value: &Value, shape: Shape) {
        match (shape, value) {
            (Shape::Object(object), Value::Object(_)) => self.object(value, object),
            (Shape::Schema | Shape::Schemas, Value::Object(_)) => {
                self.object(value, &grammar::SCHEMA);
                self.schema(value);
            }
            (Shape::Schema | Shape::Schemas, Value::Bool(_)) | (Shape::Scopes, Value::Object(_)) => {}
            (Shape::Map(inner, _), Value::Object(members)) => {
                for (name, member) in members {
                    self.below(name, member, *inner);
                }
            }
            (Shape::Extensible(inner), Value::Object(members)) => {
                for (name, member) in members {
                    if name.starts_with("x-") {
                        self.extension(name, member);
                    } else {
                        self.below(name, member, *inner);
                    }
                }
            }
            (Shape::List(inner), Value::Array(items)) => {
                for (index, item) in items.iter().enumerate() {
                    self.below(&index.to_string(), item, *inner);
                }
            }
            (Shape::Schemas, Value::Array(_)) => self.value(value, Shape::List(&Shape::Schema)),
            (Shape::Fact | Shape::Name | Shape::Blank | Shape::Prose, _) => {}
            (shape, value) => self.wrong(format!("is {}", kind(value)), expectation(shape)),
        }
    }

    /// A component that is nothing but a reference must lead to one that is more.
    fn circles(&mut self) {
        let sections = self.document.get("components").and_then(Value::as_object);
        for (section, components) in sections.into_iter().flatten() {
            for (name, component) in components.as_object().into_iter().flatten() {
                if is_circle(self.document, component) {
                    let place = child(&child("/components", section), name);
                    self.problems
                        .unexpected(place, "refers to itself", "a component that says what it is");
                }
            }
        }
    }

    fn below(&mut self, name: &str, value: &Value, shape: Shape) {
        let length = self.at.enter(name);
        self.value(value, shape);
        self.at.leave(length);
    }

    fn object(&mut self, value: &Value, object: &Object) {
        for (name, member) in value.as_object().into_iter().flatten() {
            if name == "$ref" {
                self.reference(name, member);
            } else if let Some(shape) = object.member(name) {
                self.below(name, member, shape);
            } else if EXTENSIONS.contains(&name.as_str()) {
                self.extension(name, member);
            }
        }
    }

    fn reference(&mut self, name: &str, target: &Value) {
        let length = self.at.enter(name);
        match target.as_str() {
            None => self.wrong(format!("is {}", kind(target)), "the text of a reference".to_owned()),
            Some(target) if !target.starts_with('#') => self.wrong(
                format!("refers to `{target}`, outside of this file"),
                "a reference inside the document, `#/…`: bundle the files first".to_owned(),
            ),
            Some(target) if resolve(self.document, target).is_none() => self.wrong(
                format!("refers to `{target}`, which is not there"),
                format!(
                    "`{}` in the document, or another target",
                    target.trim_start_matches('#')
                ),
            ),
            Some(_) => {}
        }
        self.at.leave(length);
    }

    /// References may hide anywhere in an extension.
    fn extension(&mut self, name: &str, value: &Value) {
        if value.as_str().is_some_and(|text| text.starts_with("#/components/")) {
            return self.reference(name, value);
        }
        let length = self.at.enter(name);
        match value {
            Value::Object(members) => members.iter().for_each(|(name, member)| self.extension(name, member)),
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(index, item)| self.extension(&index.to_string(), item));
            }
            _ => {}
        }
        self.at.leave(length);
    }

    /// Keywords without which a schema says nothing that can be relied on.
    fn schema(&mut self, schema: &Value) {
        let types = match schema.get("type") {
            Some(Value::Array(types)) => types.iter().collect(),
            Some(one) => vec![one],
            None => Vec::new(),
        };
        for name in types
            .into_iter()
            .filter(|name| !name.as_str().is_some_and(|name| TYPES.contains(&name)))
        {
            self.keyword(
                "type",
                format!("unknown type {name}"),
                format!("one of {}", TYPES.join(", ")),
            );
        }
        if schema
            .get("enum")
            .is_some_and(|values| values.as_array().is_none_or(Vec::is_empty))
        {
            self.keyword(
                "enum",
                "holds no values".to_owned(),
                "a list of at least one value".to_owned(),
            );
        }
        let is_name = |name: &Value| name.is_string();
        if schema
            .get("required")
            .is_some_and(|names| !names.as_array().is_some_and(|names| names.iter().all(is_name)))
        {
            self.keyword(
                "required",
                "is no list of names".to_owned(),
                "a list of property names".to_owned(),
            );
        }
        let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
        for (value, target) in mapping.into_iter().flatten() {
            if target.as_str().is_none_or(|target| target.starts_with('#')) {
                let length = self.at.enter("discriminator/mapping");
                self.reference(value, target);
                self.at.leave(length);
            }
        }
    }

    fn keyword(&mut self, name: &str, what: String, expected: String) {
        self.problems.unexpected(child(self.at.as_str(), name), what, expected);
    }

    fn wrong(&mut self, what: String, expected: String) {
        self.problems.unexpected(self.at.as_str(), what, expected);
    }
}

/// What a value is, for messages.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

fn expectation(shape: Shape) -> String {
    match shape {
        Shape::Object(object) => format!("an object: the {}", object.name),
        Shape::Schema => "a schema: an object or a boolean".to_owned(),
        Shape::Schemas => "a schema or a list of schemas".to_owned(),
        Shape::List(_) => "a list".to_owned(),
        _ => "an object".to_owned(),
    }
}
