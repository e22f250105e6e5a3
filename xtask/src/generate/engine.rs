//! progenitor's type engine: from schemas in normal form to Rust types, with cycles of structs boxed.
//!
//! Enums, unions, patches, expandables and timestamps are ours and go through it as opaque names. Members are handed
//! over under positional names, since the engine sorts them and forgets what they are called on the wire; all as
//! required, since what may be missing depends on the direction.

use std::collections::HashMap;

use progenitor::{GenerationSettings, Generator};
use serde_json::{Map, Value, json};
use typify::TypeDetails;

use super::hoist::type_of;

/// A list of schemas that want types, and the name under which they are asked for.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    groups: Vec<(String, Vec<Value>)>,
    opaque: Vec<String>,
}

/// Types by group and position.
#[derive(Debug, Default)]
pub(crate) struct Types(HashMap<String, Vec<String>>);

impl Wanted {
    /// A struct of the document whose members want types.
    pub(crate) fn structure(&mut self, name: &str, members: Vec<Value>) {
        self.groups.push((name.to_owned(), members));
    }

    /// Schemas that want types without being members of a struct.
    pub(crate) fn loose(&mut self, name: &str, schemas: Vec<Value>) {
        self.groups.push((loose_name(name), schemas));
    }

    /// A type that we write ourselves.
    pub(crate) fn opaque(&mut self, name: &str) {
        self.opaque.push(name.to_owned());
    }

    /// Runs the engine.
    ///
    /// # Errors
    /// What the engine says.
    pub(crate) fn resolve(&self) -> Result<Types, String> {
        let mut schemas = Map::new();
        for (name, members) in &self.groups {
            let mut properties = Map::new();
            for (index, member) in members.iter().enumerate() {
                properties.insert(position(index), plain(member));
            }
            let required: Vec<&String> = properties.keys().collect();
            let required = json!(required);
            schemas.insert(
                name.clone(),
                json!({"type": "object", "properties": properties, "required": required}),
            );
        }
        for name in &self.opaque {
            schemas.insert(name.clone(), json!({"type": "string"}));
        }
        let document = json!({
            "openapi": "3.0.3",
            "info": {"title": "types", "version": "1"},
            "paths": {},
            "components": {"schemas": schemas},
        });
        let document: openapiv3::OpenAPI = serde_json::from_value(document).map_err(|error| error.to_string())?;
        let mut settings = GenerationSettings::new();
        settings.with_map_type("::std::collections::BTreeMap");
        for own in ["integrator_core", "std"] {
            settings.with_crate(own, progenitor::CrateVers::Any, None);
        }
        for name in &self.opaque {
            settings.with_replacement(name, format!("types::{name}"), std::iter::empty());
        }
        let mut generator = Generator::new(&settings);
        generator
            .generate_tokens(&document)
            .map_err(|error| error.to_string())?;
        self.read(&generator)
    }

    fn read(&self, generator: &Generator) -> Result<Types, String> {
        let space = generator.get_type_space();
        let mut found: HashMap<String, Vec<String>> = HashMap::new();
        for item in space.iter_types() {
            if let TypeDetails::Struct(structure) = item.details() {
                let mut members: Vec<(String, String)> = Vec::new();
                for member in structure.properties_info() {
                    let ty = space.get_type(&member.type_id).map_err(|error| error.to_string())?;
                    members.push((member.name.to_owned(), short(&ty.ident().to_string())));
                }
                members.sort();
                found.insert(item.name(), members.into_iter().map(|(_, ty)| ty).collect());
            }
        }
        for (name, members) in &self.groups {
            let count = found.get(name).map_or(0, Vec::len);
            if count != members.len() {
                return Err(format!(
                    "the type engine has {count} members of `{name}`, the document has {}",
                    members.len()
                ));
            }
        }
        Ok(Types(found))
    }
}

impl Types {
    /// Types of the members of a struct.
    pub(crate) fn structure(&self, name: &str) -> &[String] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Types of loose schemas.
    pub(crate) fn loose(&self, name: &str) -> &[String] {
        self.structure(&loose_name(name))
    }
}

fn loose_name(name: &str) -> String {
    format!("Zz{}", super::names::type_name(name))
}

fn position(index: usize) -> String {
    format!("p{index:04}")
}

/// A schema in words that the engine takes without second thoughts.
fn plain(schema: &Value) -> Value {
    let inner = plain_inner(schema);
    if schema.get("nullable") == Some(&json!(true)) {
        native("std::option::Option", &[inner])
    } else {
        inner
    }
}

fn plain_inner(schema: &Value) -> Value {
    if let Some(name) = type_of(schema) {
        return json!({"$ref": format!("#/components/schemas/{name}")});
    }
    let inner = |key: &str| vec![plain(schema.get(key).unwrap_or(&Value::Null))];
    match schema.get("x-kind").and_then(Value::as_str) {
        Some("patch") => return native("integrator_core::Patch", &inner("of")),
        Some("expandable") => return native("integrator_core::Expandable", &inner("of")),
        Some("timestamp") => return native("integrator_core::Timestamp", &[]),
        Some("unix-time") => return native("integrator_core::UnixTime", &[]),
        Some("decimal") => return native("integrator_core::Decimal", &[]),
        _ => {}
    }
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => json!({"type": "string"}),
        Some("integer") => json!({"type": "integer", "format": "int64"}),
        Some("number") => json!({"type": "number", "format": "double"}),
        Some("boolean") => json!({"type": "boolean"}),
        Some("array") => {
            json!({"type": "array", "items": plain(schema.get("items").unwrap_or(&Value::Null))})
        }
        Some("object") if schema.get("additionalProperties").is_some_and(Value::is_object) => {
            json!({"type": "object", "additionalProperties": plain(&schema["additionalProperties"])})
        }
        _ => json!({}),
    }
}

fn native(path: &str, parameters: &[Value]) -> Value {
    let own = path.split("::").next().unwrap_or_default();
    json!({"type": "string", "x-rust-type": {"crate": own, "version": "*", "path": path, "parameters": parameters}})
}

/// `::std::vec::Vec<types::Customer>` as a person writes it.
fn short(tokens: &str) -> String {
    let mut text: String = tokens.chars().filter(|sign| !sign.is_whitespace()).collect();
    for (long, short) in [
        ("::std::option::Option", "Option"),
        ("::std::vec::Vec", "Vec"),
        ("::std::string::String", "String"),
        ("::std::boxed::Box", "Box"),
        ("::std::collections::BTreeMap<String,", "Map<"),
        ("::serde_json::Map<String,", "Map<"),
        ("::integrator_core::", ""),
        ("::serde_json::Value", "Value"),
        ("::serde_json::Map<String,", "Map<"),
        ("types::", ""),
        (",>", ">"),
    ] {
        text = text.replace(long, short);
    }
    text
}
