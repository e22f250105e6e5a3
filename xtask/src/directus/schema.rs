//! What a schema snapshot says about collections, in words of Rust.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::generate::names::{type_name, value_name};
use crate::generate::passes::list;

/// The collections of an instance, by name.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) collections: Vec<Collection>,
}

/// One collection.
#[derive(Debug)]
pub(super) struct Collection {
    pub(super) wire: String,
    pub(super) name: String,
    /// It has one item.
    pub(super) singleton: bool,
    pub(super) fields: Vec<Field>,
}

/// One field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) wire: String,
    pub(super) name: String,
    pub(super) ty: String,
}

/// Fields of the system's own collections are typed by the generated structs.
struct Names<'a> {
    snapshot: &'a Value,
    system: BTreeMap<String, (String, &'static str)>,
}

impl Schema {
    /// Reads a snapshot, bare or as it is answered.
    ///
    /// # Errors
    /// When it is none, or two collections would have one name.
    pub(super) fn read(snapshot: &Value, document: &Value) -> Result<Self, String> {
        let snapshot = snapshot.get("data").unwrap_or(snapshot);
        if snapshot.get("collections").is_none_or(|found| !found.is_array()) {
            return Err("no schema snapshot: it has no list of `collections`".to_owned());
        }
        let names = Names {
            snapshot,
            system: system(document),
        };
        let mut collections: Vec<Collection> = Vec::new();
        for collection in list(snapshot.get("collections")) {
            let wire = text(collection, "/collection");
            // Folders of the data model have no table.
            if wire.starts_with("directus_") || collection.get("schema").is_none_or(Value::is_null) {
                continue;
            }
            let name = type_name(wire);
            if let Some(other) = collections.iter().find(|other| other.name == name) {
                return Err(format!(
                    "the collections `{}` and `{wire}` are both `{name}`",
                    other.wire
                ));
            }
            collections.push(Collection {
                wire: wire.to_owned(),
                name,
                singleton: collection.pointer("/meta/singleton").and_then(Value::as_bool) == Some(true),
                fields: names.fields(wire),
            });
        }
        collections.sort_by(|a, b| a.wire.cmp(&b.wire));
        Ok(Self { collections })
    }
}

impl Names<'_> {
    fn fields(&self, collection: &str) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for field in list(self.snapshot.get("fields")).filter(|field| text(field, "/collection") == collection) {
            let wire = text(field, "/field");
            let Some(ty) = self.type_of(collection, field) else {
                continue;
            };
            let mut name = value_name(wire);
            while fields.iter().any(|other| other.name == name) {
                name.push('_');
            }
            fields.push(Field {
                wire: wire.to_owned(),
                name,
                ty,
            });
        }
        fields
    }

    /// The type of a field; none where it only groups others on the screen.
    fn type_of(&self, collection: &str, field: &Value) -> Option<String> {
        let name = text(field, "/field");
        let relations = || list(self.snapshot.get("relations"));
        let to_one =
            |relation: &&Value| text(relation, "/collection") == collection && text(relation, "/field") == name;
        if let Some(relation) = relations().find(to_one) {
            return Some(match text(relation, "/related_collection") {
                // Any of several collections.
                "" => scalar(text(field, "/type")).to_owned(),
                related => self.related(related),
            });
        }
        if text(field, "/type") == "alias" {
            let to_many = |relation: &&Value| {
                text(relation, "/related_collection") == collection && text(relation, "/meta/one_field") == name
            };
            let many = text(relations().find(to_many)?, "/collection");
            return Some(format!("Vec<{}>", self.related(many)));
        }
        Some(scalar(text(field, "/type")).to_owned())
    }

    fn related(&self, collection: &str) -> String {
        if let Some((name, key)) = self.system.get(collection) {
            return format!("Related<{key}, {name}>");
        }
        let table = list(self.snapshot.get("collections")).any(|known| text(known, "/collection") == collection);
        if !table || collection.starts_with("directus_") {
            return "Value".to_owned();
        }
        format!("Related<{}, {}>", self.key(collection), type_name(collection))
    }

    fn key(&self, collection: &str) -> &'static str {
        let key = list(self.snapshot.get("fields")).find(|field| {
            text(field, "/collection") == collection
                && field.pointer("/schema/is_primary_key").and_then(Value::as_bool) == Some(true)
        });
        scalar(key.map_or("string", |key| text(key, "/type")))
    }
}

/// The generated struct of each system collection, and the type of its key.
fn system(document: &Value) -> BTreeMap<String, (String, &'static str)> {
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    let named = schemas.into_iter().flatten().filter_map(|(name, schema)| {
        let collection = schema.get("x-collection")?.as_str()?;
        let key = match text(schema, "/properties/id/type") {
            "integer" => "i64",
            _ => "String",
        };
        Some((collection.to_owned(), (format!("types::{}", type_name(name)), key)))
    });
    named.filter(|(collection, _)| collection != "directus_items").collect()
}

/// Databases write what does not fit a number of theirs as text: `Decimal` reads both.
fn scalar(kind: &str) -> &'static str {
    match kind {
        "string" | "text" | "uuid" | "hash" | "date" | "time" | "binary" => "String",
        "integer" => "i64",
        "bigInteger" | "decimal" => "Decimal",
        "float" => "f64",
        "boolean" => "bool",
        "dateTime" | "timestamp" => "Timestamp",
        "csv" => "Vec<String>",
        _ => "Value",
    }
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}
