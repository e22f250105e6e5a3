//! Arguments of one call, by name, and the accessors that the generated setters' proof reads them with.
//!
//! Values are JSON as the setters take it: `null` is *unset* (or an explicit null where the document is `nullable`),
//! and a file is `{"$upload": {"name": "…", "bytes": "…"}}`. Which values they are is decided in [`Generator`].

mod generate;
mod pattern;
mod text;

pub use generate::{Generator, Plan};

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Key of the marker that stands for a file.
pub(crate) const UPLOAD: &str = "$upload";

/// Arguments by name; `document` says which name an argument has.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Arguments(Map<String, Value>);

/// A file among the arguments.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadArgument {
    /// File name, not escaped.
    pub name: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}

impl Arguments {
    /// Arguments that are already there.
    #[must_use]
    pub fn new(values: Map<String, Value>) -> Self {
        Self(values)
    }

    /// The argument of this name as the type that a setter takes; `null` is handed to the type.
    ///
    /// # Errors
    /// When the type does not take the value.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, String> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        let text = value.to_string();
        serde_json::from_str(&text)
            .map(Some)
            .map_err(|error| format!("{name} does not take the argument {}: {error}", short(&text)))
    }

    /// A path argument as text; empty when there is none, which no client sends.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.0.get(name).map(plain).unwrap_or_default()
    }

    /// The file of this name.
    ///
    /// # Errors
    /// When the argument is no file.
    pub fn upload(&self, name: &str) -> Result<Option<UploadArgument>, String> {
        let Some(value) = self.0.get(name) else {
            return Ok(None);
        };
        upload(value)
            .map(Some)
            .ok_or_else(|| format!("{name} is no file: {}", short(&value.to_string())))
    }

    /// The files of this name, one or a list; none for `null`.
    ///
    /// # Errors
    /// When one of them is no file.
    pub fn uploads(&self, name: &str) -> Result<Vec<UploadArgument>, String> {
        match self.0.get(name) {
            Some(Value::Array(members)) => members
                .iter()
                .map(|member| upload(member).ok_or_else(|| format!("{name} is no list of files")))
                .collect(),
            Some(Value::Null) => Ok(Vec::new()),
            _ => Ok(self.upload(name)?.into_iter().collect()),
        }
    }

    /// The argument as JSON.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Names of all arguments.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl std::fmt::Display for Arguments {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Value::Object(self.0.clone()).fmt(f)
    }
}

/// The file that a marker stands for.
pub(crate) fn upload(value: &Value) -> Option<UploadArgument> {
    let marker = value.get(UPLOAD)?;
    let text = |key| marker.get(key).and_then(Value::as_str);
    Some(UploadArgument {
        name: text("name")?.to_owned(),
        bytes: text("bytes")?.as_bytes().to_vec(),
    })
}

/// A scalar as it is spelled outside JSON; a container as JSON text; unset as nothing.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// At most the first 300 characters.
pub(crate) fn short(text: &str) -> String {
    match text.char_indices().nth(300) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
