//! [`Document`]: a vendored document, and the questions that are asked about it.

use std::path::Path;

use miette::{IntoDiagnostic, Result, WrapErr};
use serde_json::{Map, Value};

use crate::{generate, specs};

/// A document twice: as it was taken in, and in the generator's form.
#[derive(Debug)]
pub(super) struct Document {
    /// With failures, headers and security.
    pub(super) facts: Value,
    /// With one answer an operation, references in place of parameters followed, `allOf` merged.
    pub(super) flat: Value,
}

const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "search"];

impl Document {
    /// Reads `specs/<provider>/openapi.json`.
    ///
    /// # Errors
    /// When it cannot be read, or says what cannot be expressed.
    pub(super) fn read(root: &Path, provider: &str) -> Result<Self> {
        let bytes = specs::read(&root.join(specs::document(provider)))?;
        let facts = serde_json::from_slice(&bytes)
            .into_diagnostic()
            .wrap_err("failed to read openapi.json")?;
        Self::new(facts)
    }

    /// A document that was taken in.
    ///
    /// # Errors
    /// When it says what cannot be expressed.
    pub(super) fn new(facts: Value) -> Result<Self> {
        let mut flat = facts.clone();
        generate::flatten(&mut flat)?;
        Ok(Self { facts, flat })
    }

    /// What the API is called.
    pub(super) fn title(&self) -> String {
        let title = self.facts.pointer("/info/title").and_then(Value::as_str);
        let title = title.unwrap_or_default().trim();
        let word = title.strip_suffix(" API").unwrap_or(title);
        word.chars()
            .filter(|letter| !letter.is_control() && !"\"\\`".contains(*letter))
            .collect()
    }

    /// Path, method and operation, as taken in.
    pub(super) fn operations(&self) -> Vec<(&str, &str, &Value)> {
        operations(&self.facts)
    }

    /// Path, method and operation, in the generator's form.
    pub(super) fn flat_operations(&self) -> Vec<(&str, &str, &Value)> {
        operations(&self.flat)
    }

    /// What is there, or what it refers to.
    pub(super) fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        follow(&self.facts, value)
    }

    /// The same in the generator's form.
    pub(super) fn follow_flat<'a>(&'a self, value: &'a Value) -> &'a Value {
        follow(&self.flat, value)
    }

    /// The schema of the answer in JSON.
    pub(super) fn answer<'a>(&'a self, operation: &'a Value) -> Option<&'a Value> {
        let (_, answer) = members(operation.get("responses")).next()?;
        let (_, content) = members(answer.get("content")).find(|(media, _)| media.contains("json"))?;
        content.get("schema").map(|schema| self.follow_flat(schema))
    }

    /// Parameters of an operation with their place and name.
    pub(super) fn parameters<'a>(
        &'a self,
        operation: &'a Value,
    ) -> impl Iterator<Item = (&'a str, &'a str, &'a Value)> {
        let list = operation.get("parameters").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(|parameter| {
            let parameter = self.follow(parameter);
            let text = |key| parameter.get(key).and_then(Value::as_str);
            Some((text("in")?, text("name")?, parameter))
        })
    }
}

/// The members of an object, if it is one.
pub(super) fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let mut found = Vec::new();
    for (path, item) in members(document.get("paths")) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push((path.as_str(), method, operation));
            }
        }
    }
    found
}

fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let mut value = value;
    // A longer chain is a circle.
    for _ in 0..16 {
        let reference = value.get("$ref").and_then(Value::as_str);
        match reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?)) {
            Some(target) => value = target,
            None => break,
        }
    }
    value
}
