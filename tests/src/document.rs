//! Loads an OpenAPI document and lists its operations with every reference resolved.
//!
//! Only what a request consists of is read; answers are none of its business. Which values an argument takes is
//! left to `arguments`, how they look on the wire to `expect`.
//!
//! Names of arguments: parameters keep their bare name, path before query before header before cookie; whoever comes
//! second is prefixed with its place (`query.id`), and a body field that clashes with a parameter is `body.<name>`.

mod facts;
mod model;

pub(crate) use facts::joined_headers;
pub use model::{Body, Encoding, Field, MediaType, Operation, Parameter, Place, Style};

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

/// One provider's document.
#[derive(Debug)]
pub struct Document {
    root: Value,
    operations: Vec<Operation>,
    brackets_lists: bool,
}

/// Why a document cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// The file cannot be read.
    #[error("read {path}")]
    Read {
        /// Where it was looked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not JSON.
    #[error("read the document as JSON")]
    Json(#[from] serde_json::Error),
    /// The facts are not TOML, or not such as are read here.
    #[error("read the facts about the provider")]
    Toml(#[from] toml::de::Error),
    /// A reference leads nowhere.
    #[error("follow the reference {0:?}: nothing is there")]
    Reference(String),
    /// Something has another shape than OpenAPI gives it.
    #[error("read {at}: expected {expected}")]
    Shape {
        /// Where in the document.
        at: String,
        /// What should be there.
        expected: &'static str,
    },
    /// No value can be made for a schema.
    #[error("make a value for {at}: {why}")]
    Value {
        /// The argument, with the path inside it.
        at: String,
        /// What stands in the way.
        why: String,
    },
}

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "search"];

impl Document {
    /// Reads `specs/<provider>/openapi.json` of this workspace.
    ///
    /// # Errors
    /// When the file is missing, is not JSON, or is no OpenAPI document.
    pub fn load(provider: &str) -> Result<Self, DocumentError> {
        let read = |name| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../specs")
                .join(provider)
                .join(name);
            std::fs::read_to_string(&path).map_err(|source| DocumentError::Read { path, source })
        };
        let mut document = Self::new(serde_json::from_str(&read("openapi.json")?)?)?;
        let facts: facts::Facts = toml::from_str(&read("provider.toml")?)?;
        document
            .operations
            .iter_mut()
            .for_each(|operation| facts.apply(operation));
        document.brackets_lists = facts.bracketed_lists;
        Ok(document)
    }

    /// Lists in multipart bodies are spelled `a[]`, objects `a[b]`.
    pub(crate) fn brackets_lists(&self) -> bool {
        self.brackets_lists
    }

    /// Reads a document that is in memory.
    ///
    /// # Errors
    /// When it is no OpenAPI document.
    pub fn new(mut root: Value) -> Result<Self, DocumentError> {
        let components = root.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
        for (name, schema) in components.into_iter().flatten() {
            itself(schema, &format!("#/components/schemas/{name}"));
        }
        let mut document = Self {
            root,
            operations: Vec::new(),
            brackets_lists: false,
        };
        let mut operations = Vec::new();
        for (path, item) in object(&document.root["paths"], "/paths")? {
            let item = document.resolve(item)?;
            for method in METHODS {
                if let Some(operation) = item.get(method) {
                    operations.push(document.operation(path, method, &item, operation)?);
                }
            }
        }
        document.operations = operations;
        Ok(document)
    }

    /// Every operation, in the order of the document's paths.
    #[must_use]
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation with this `operationId`.
    #[must_use]
    pub fn operation_by_id(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// What a node says once references are followed and `allOf` is merged.
    pub(crate) fn resolve<'a>(&'a self, node: &'a Value) -> Result<Cow<'a, Value>, DocumentError> {
        let mut node = node;
        for _ in 0..32 {
            match node.get("$ref").and_then(Value::as_str) {
                Some(reference) => node = self.target(reference)?,
                None if node.get("allOf").is_some() => return Ok(Cow::Owned(self.merged(node)?)),
                None => return Ok(Cow::Borrowed(node)),
            }
        }
        Err(DocumentError::Reference(
            node["$ref"].as_str().unwrap_or_default().to_owned(),
        ))
    }

    fn target(&self, reference: &str) -> Result<&Value, DocumentError> {
        reference
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer))
            .ok_or_else(|| DocumentError::Reference(reference.to_owned()))
    }

    fn merged(&self, node: &Value) -> Result<Value, DocumentError> {
        let mut merged = object(node, "a schema")?.clone();
        for part in list(merged.remove("allOf").as_ref()) {
            for (key, value) in object(self.resolve(&part)?.as_ref(), "a member of allOf")? {
                match (merged.get_mut(key), value) {
                    (Some(Value::Object(there)), Value::Object(more)) => {
                        for (name, schema) in more {
                            // Both hold, so it may be null only where both say so.
                            let narrows = |known: &Value| may_be_null(known) && !may_be_null(schema);
                            if there.get(name).is_none_or(narrows) {
                                there.insert(name.clone(), schema.clone());
                            }
                        }
                    }
                    (Some(Value::Array(there)), Value::Array(more)) if key == "required" => {
                        there.extend(more.iter().cloned());
                    }
                    (Some(_), _) => {}
                    (None, _) => {
                        merged.insert(key.clone(), value.clone());
                    }
                }
            }
        }
        Ok(Value::Object(merged))
    }

    fn operation(&self, path: &str, method: &str, item: &Value, operation: &Value) -> Result<Operation, DocumentError> {
        let at = format!("{} {path}", method.to_uppercase());
        let mut parameters: Vec<Parameter> = Vec::new();
        for node in list(item.get("parameters"))
            .into_iter()
            .chain(list(operation.get("parameters")))
        {
            let parameter = self.parameter(self.resolve(&node)?.as_ref(), &at)?;
            parameters.retain(|other| (other.place, &other.name) != (parameter.place, &parameter.name));
            parameters.push(parameter);
        }
        parameters.sort_by_key(|parameter| parameter.place);
        let mut taken = BTreeSet::new();
        for parameter in &mut parameters {
            if !taken.insert(parameter.argument.clone()) {
                parameter.argument = format!("{}.{}", parameter.place.word(), parameter.name);
                taken.insert(parameter.argument.clone());
            }
        }
        let (body, form) = match operation.get("requestBody") {
            Some(node) => self.bodies(self.resolve(node)?.as_ref(), method, &taken, &at)?,
            None => (None, None),
        };
        Ok(Operation {
            id: text(operation, "operationId", &at)?.to_owned(),
            sdk_name: operation.get("x-sdk-name").and_then(Value::as_str).map(str::to_owned),
            method: method.to_uppercase(),
            path: path.to_owned(),
            headers: std::collections::BTreeMap::new(),
            betas: facts::betas(operation),
            array_suffix: operation
                .get("x-multipart-array-suffix")
                .and_then(Value::as_str)
                .map(str::to_owned),
            parameters,
            body,
            form,
        })
    }

    /// The body that is preferred and, where that is JSON and a form can carry files, the form. A JSON body that needs
    /// a file cannot be sent.
    fn bodies(
        &self,
        node: &Value,
        method: &str,
        taken: &BTreeSet<String>,
        at: &str,
    ) -> Result<(Option<Body>, Option<Body>), DocumentError> {
        let at = format!("{at}, body");
        let mut content: Vec<(&String, &Value)> = object(&node["content"], &at)?.iter().collect();
        content.sort_by_key(|(name, _)| MediaType::of(name) as u8);
        let required = node["required"] == true;
        let mut bodies = Vec::new();
        for (name, media) in content {
            bodies.extend(self.body((name, media), required, method, taken)?);
        }
        let form = bodies.iter().position(|body| body.kind == MediaType::Multipart);
        let form = form.map(|form| bodies.remove(form));
        let body = bodies
            .into_iter()
            .next()
            .filter(|body| form.is_none() || body.kind == MediaType::Json);
        Ok(match (body, form) {
            (Some(body), Some(form)) if self.files(&body, true) => (Some(form), None),
            (None, Some(form)) => (Some(form), None),
            (Some(body), Some(form)) if !self.files(&form, false) => (Some(body), None),
            (Some(mut body), Some(form)) => {
                // JSON has no files.
                let schema = self.resolve(&body.schema)?.into_owned();
                let fields = body.fields.iter_mut();
                fields.for_each(|fields| fields.retain(|field| !self.takes_file(&schema["properties"][&field.name])));
                (Some(body), Some(form))
            }
            both => both,
        })
    }

    /// Whether a file can go, or must go, into a body.
    fn files(&self, body: &Body, needed: bool) -> bool {
        let Ok(schema) = self.resolve(&body.schema) else {
            return false;
        };
        let variants = variants(&schema);
        let parts = if variants.is_empty() {
            vec![schema.into_owned()]
        } else {
            variants
        };
        parts.iter().filter_map(|part| self.resolve(part).ok()).any(|part| {
            let required = list(part.get("required"));
            let members = part.get("properties").and_then(Value::as_object);
            members.into_iter().flatten().any(|(name, member)| {
                (!needed || required.iter().any(|wanted| wanted == name)) && self.takes_file(member)
            })
        })
    }

    /// Whether a member is a file, several, or a file or something else.
    pub(crate) fn takes_file(&self, member: &Value) -> bool {
        let Ok(member) = self.resolve(member) else {
            return false;
        };
        member["format"] == "binary"
            || member["items"]["format"] == "binary"
            || variants(&member).iter().any(|variant| self.takes_file(variant))
    }

    fn parameter(&self, node: &Value, at: &str) -> Result<Parameter, DocumentError> {
        let name = text(node, "name", at)?.to_owned();
        let shape = |expected| DocumentError::Shape {
            at: format!("{at}, parameter {name}"),
            expected,
        };
        let place = match text(node, "in", at)? {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            "cookie" => Place::Cookie,
            _ => return Err(shape("in: path, query, header or cookie")),
        };
        let style = match (node.get("style").and_then(Value::as_str), place) {
            (Some("form"), _) | (None, Place::Query | Place::Cookie) => Style::Form,
            (Some("simple"), _) | (None, _) => Style::Simple,
            (Some("spaceDelimited"), _) => Style::Space,
            (Some("pipeDelimited"), _) => Style::Pipe,
            (Some("deepObject"), _) => Style::Deep,
            _ => return Err(shape("a style that OpenAPI defines and this reader knows")),
        };
        let content = node
            .get("content")
            .and_then(Value::as_object)
            .and_then(|types| types.values().next());
        let schema = content.map_or(node.get("schema"), |media| media.get("schema")).cloned();
        Ok(Parameter {
            argument: name.clone(),
            place,
            required: place == Place::Path || node["required"] == true,
            style,
            explode: node
                .get("explode")
                .and_then(Value::as_bool)
                .unwrap_or(style == Style::Form),
            brackets: false,
            json: content.is_some(),
            schema: schema.ok_or_else(|| shape("a schema or a content"))?,
            name,
        })
    }

    fn body(
        &self,
        (media_type, media): (&String, &Value),
        required: bool,
        method: &str,
        taken: &BTreeSet<String>,
    ) -> Result<Option<Body>, DocumentError> {
        let kind = MediaType::of(media_type);
        let schema = media
            .get("schema")
            .cloned()
            .unwrap_or_else(|| Value::Object(Map::new()));
        let resolved = self.resolve(&schema)?.into_owned();
        let keys = |schema: &Value| -> Option<Vec<String>> {
            Some(schema.get("properties")?.as_object()?.keys().cloned().collect())
        };
        let mut names = keys(&resolved);
        // A form whose fields depend on each other has those of all its variants.
        if kind == MediaType::Multipart && names.is_none() {
            let mut all: Vec<String> = Vec::new();
            for variant in variants(&resolved) {
                let more = keys(self.resolve(&variant)?.as_ref()).unwrap_or_default();
                all.extend(more.into_iter().filter(|name| !all.contains(name)).collect::<Vec<_>>());
            }
            names = Some(all);
        }
        let empty = names.as_ref().is_some_and(Vec::is_empty);
        if empty && matches!(method, "get" | "head" | "delete") {
            return Ok(None);
        }
        let fields = names.map(|names| {
            let field = |name: String| Field {
                argument: if taken.contains(&name) {
                    format!("body.{name}")
                } else {
                    name.clone()
                },
                encoding: match media["encoding"][&name]["style"].as_str() {
                    Some("deepObject") => Encoding::Brackets,
                    _ => Encoding::Parts,
                },
                content_type: media["encoding"][&name]["contentType"].as_str().map(str::to_owned),
                name,
            };
            names.into_iter().map(field).collect()
        });
        Ok(Some(Body {
            required,
            media_type: media_type.clone(),
            kind,
            schema,
            fields,
        }))
    }
}

/// Whether a schema says itself that it takes null.
fn may_be_null(schema: &Value) -> bool {
    schema["nullable"] == true
        || schema["type"] == "null"
        || list(schema.get("type")).contains(&Value::from("null"))
        || variants(schema).iter().any(may_be_null)
}

/// `$recursiveRef: "#"` as a reference to the component in which it stands.
fn itself(node: &mut Value, component: &str) {
    match node {
        Value::Object(members) => {
            if members.remove("$recursiveRef").is_some() {
                members.insert("$ref".to_owned(), Value::from(component));
            }
            members.values_mut().for_each(|member| itself(member, component));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| itself(item, component)),
        _ => {}
    }
}

/// Members of a union.
fn variants(schema: &Value) -> Vec<Value> {
    ["anyOf", "oneOf"]
        .iter()
        .flat_map(|key| list(schema.get(*key)))
        .collect()
}

fn object<'a>(node: &'a Value, at: &str) -> Result<&'a Map<String, Value>, DocumentError> {
    node.as_object().ok_or_else(|| DocumentError::Shape {
        at: at.to_owned(),
        expected: "an object",
    })
}

fn text<'a>(node: &'a Value, key: &'static str, at: &str) -> Result<&'a str, DocumentError> {
    node.get(key)
        .and_then(Value::as_str)
        .ok_or_else(|| DocumentError::Shape {
            at: format!("{at}/{key}"),
            expected: "a string",
        })
}

fn list(node: Option<&Value>) -> Vec<Value> {
    node.and_then(Value::as_array).cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests;
