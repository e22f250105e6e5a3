//! The contract file as `cargo xtask vendor` writes it, and the way from there to [`Operation`]s.

use std::{
    collections::BTreeMap,
    sync::{Arc, Weak},
};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    Body, Media, Operation, Parameter, Place,
    schema::{Components, Schema},
};

#[derive(Deserialize)]
pub(crate) struct ContractFile {
    pub(crate) provider: String,
    pub(crate) version: String,
    #[serde(default)]
    pub(crate) servers: Vec<String>,
    operations: Vec<OperationFile>,
    #[serde(default)]
    schemas: BTreeMap<String, Value>,
    #[serde(default)]
    pub(crate) events: Option<Value>,
}

#[derive(Deserialize)]
struct OperationFile {
    id: String,
    #[serde(default)]
    name: Option<String>,
    method: String,
    path: String,
    #[serde(default)]
    server: Option<String>,
    #[serde(default)]
    parameters: Vec<ParameterFile>,
    #[serde(default)]
    body: Option<BodyFile>,
    #[serde(default)]
    responses: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default)]
    paging: Option<Value>,
}

#[derive(Deserialize)]
struct ParameterFile {
    name: String,
    #[serde(rename = "in")]
    place: Place,
    #[serde(default)]
    required: bool,
    style: String,
    explode: bool,
    #[serde(default)]
    content: Option<String>,
    schema: Value,
}

#[derive(Deserialize)]
struct BodyFile {
    #[serde(default)]
    required: bool,
    content: BTreeMap<String, MediaFile>,
}

#[derive(Deserialize)]
struct MediaFile {
    schema: Value,
    #[serde(default)]
    encoding: BTreeMap<String, EncodingFile>,
}

#[derive(Deserialize)]
struct EncodingFile {
    style: String,
    explode: bool,
}

impl ContractFile {
    /// Takes the schemas and operations out, connected to each other.
    pub(crate) fn connect(&mut self) -> (Arc<Components>, Vec<Operation>) {
        let schemas = std::mem::take(&mut self.schemas);
        let components = Components::new(schemas);
        let weak = Arc::downgrade(&components);
        let operations = std::mem::take(&mut self.operations)
            .into_iter()
            .map(|file| file.connect(&weak))
            .collect();
        (components, operations)
    }
}

impl OperationFile {
    fn connect(self, components: &Weak<Components>) -> Operation {
        let schema = |json| Schema::new(json, components.clone());
        let parameters = self.parameters.into_iter().map(|file| Parameter {
            name: file.name,
            place: file.place,
            required: file.required,
            style: file.style,
            explode: file.explode,
            content: file.content,
            schema: schema(file.schema),
        });
        let media = |file: MediaFile| Media {
            schema: schema(file.schema),
            encoding: file
                .encoding
                .into_iter()
                .map(|(name, file)| (name, (file.style, file.explode)))
                .collect(),
        };
        let body = self.body.map(|file| Body {
            required: file.required,
            content: file
                .content
                .into_iter()
                .map(|(media_type, file)| (media_type, media(file)))
                .collect(),
        });
        let answers = |content: BTreeMap<String, Value>| {
            content
                .into_iter()
                .map(|(media_type, json)| (media_type, schema(json)))
                .collect()
        };
        Operation {
            id: self.id,
            name: self.name,
            method: self.method.to_ascii_uppercase(),
            path: self.path,
            server: self.server,
            parameters: parameters.collect(),
            body,
            responses: self
                .responses
                .into_iter()
                .map(|(status, content)| (status, answers(content)))
                .collect(),
            paging: self.paging.filter(|value| !value.is_null()),
        }
    }
}
