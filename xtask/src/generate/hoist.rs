//! Every inline type gets a name: hoisted out, equal ones joined, and pinned so that a later document renames nothing.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::names::{is_taken, type_name};
use super::passes::{self, children, component, escape, list_mut};
use super::surface::Name;

/// Pinned names: type name to the pointer of the schema that it was first given to.
pub(crate) type Pins = BTreeMap<String, String>;

/// What hoisting did.
#[derive(Debug, Default)]
pub(crate) struct Hoisted {
    /// Inline types that became types.
    pub(crate) types: usize,
    /// Inline types that were equal to one that had a name.
    pub(crate) joined: usize,
    /// All names with the pointers that they are pinned to.
    pub(crate) pins: Pins,
    /// What makes the document unusable.
    pub(crate) problems: Vec<String>,
}

/// Hoists all inline types into `components/schemas`, which is keyed by Rust names afterwards.
pub(crate) fn run(document: &mut Value, names: &BTreeMap<(String, String), Name>, pins: &Pins) -> Hoisted {
    let mut hoister = Hoister::default();
    let components: Vec<String> = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(name, _)| name.clone())
        .collect();
    for name in &components {
        let pointer = format!("/components/schemas/{}", escape(name));
        if let Some(schema) = document.pointer_mut(&pointer) {
            let own = type_name(name);
            let at = Place {
                pointer: format!("#{pointer}"),
                root: own.clone(),
                owner: own.clone(),
                field: own,
            };
            hoister.below(schema, &at);
        }
    }
    for ((path, method), name) in names {
        let Some(operation) = document
            .get_mut("paths")
            .and_then(|paths| paths.get_mut(path))
            .and_then(|item| item.get_mut(method))
        else {
            continue;
        };
        let pointer = format!("#/paths/{}/{method}", escape(path));
        hoister.operation(operation, &pointer, &type_name(&name.dotted()));
    }
    hoister.finish(document, &components, pins)
}

#[derive(Debug, Clone)]
struct Place {
    pointer: String,
    /// The component or operation inside which everything is.
    root: String,
    owner: String,
    field: String,
}

#[derive(Debug)]
struct Entry {
    desired: String,
    /// Names for when others want that one, longer and longer.
    fallbacks: Vec<String>,
    pointers: Vec<String>,
    schema: Value,
}

#[derive(Debug, Default)]
struct Hoister {
    entries: Vec<Entry>,
    known: HashMap<(String, String), usize>,
    joined: usize,
}

impl Hoister {
    fn operation(&mut self, operation: &mut Value, pointer: &str, owner: &str) {
        for (index, parameter) in list_mut(operation.get_mut("parameters")).enumerate() {
            let name = parameter
                .get("name")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .to_owned();
            if let Some(schema) = parameter.get_mut("schema") {
                let pointer = format!("{pointer}/parameters/{index}/schema");
                self.visit(
                    schema,
                    &Place {
                        pointer,
                        root: owner.to_owned(),
                        owner: owner.to_owned(),
                        field: name,
                    },
                );
            }
        }
        for (media, content) in operation
            .pointer_mut("/requestBody/content")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            if let Some(schema) = content.get_mut("schema") {
                let pointer = format!("{pointer}/requestBody/content/{}/schema", escape(media));
                let at = Place {
                    pointer,
                    root: owner.to_owned(),
                    owner: owner.to_owned(),
                    field: "body".to_owned(),
                };
                // The members of an inline body are the arguments of the call.
                if schema.get("properties").is_some() {
                    self.below(schema, &at)
                } else {
                    self.visit(schema, &at)
                }
            }
        }
        for (status, answer) in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            for (media, content) in answer
                .get_mut("content")
                .and_then(Value::as_object_mut)
                .into_iter()
                .flatten()
            {
                if let Some(schema) = content.get_mut("schema") {
                    let pointer = format!("{pointer}/responses/{status}/content/{}/schema", escape(media));
                    self.visit(
                        schema,
                        &Place {
                            pointer,
                            root: owner.to_owned(),
                            owner: owner.to_owned(),
                            field: "response".to_owned(),
                        },
                    );
                }
            }
        }
    }

    /// Visits what is inside `schema`, which has the name `at.owner` or has none.
    fn below(&mut self, schema: &mut Value, at: &Place) {
        let union_names: Vec<String> = passes::list(schema.get("cases"))
            .map(|case| case.get("name").and_then(Value::as_str).unwrap_or_default().to_owned())
            .collect();
        let base = at.pointer.clone();
        children(schema, &base, &mut |child, pointer| {
            let field = match pointer
                .strip_prefix(&base)
                .unwrap_or_default()
                .split('/')
                .collect::<Vec<_>>()
                .as_slice()
            {
                [_, "properties", name] => name.replace("~1", "/").replace("~0", "~"),
                [_, "cases", index] => {
                    let index: usize = index.parse().unwrap_or_default();
                    let name = union_names.get(index).map_or("", String::as_str);
                    // The kind of a value says nothing about what it is.
                    if matches!(name, "list" | "object" | "string" | "number" | "boolean") {
                        &at.field
                    } else {
                        name
                    }
                    .to_owned()
                }
                _ => at.field.clone(),
            };
            self.visit(
                child,
                &Place {
                    pointer: pointer.to_owned(),
                    root: at.root.clone(),
                    owner: at.owner.clone(),
                    field,
                },
            );
        });
    }

    fn visit(&mut self, schema: &mut Value, at: &Place) {
        if schema.get("$ref").is_some() {
            return;
        }
        let object = schema.get("properties").is_some();
        let named = object || passes::alias_is_type(schema);
        if !named {
            self.below(schema, at);
            return;
        }
        let title = schema
            .get("title")
            .and_then(Value::as_str)
            .map(type_name)
            .or_else(|| twin(schema));
        let fallback = format!("{}{}", at.owner, type_name(&at.field));
        // What stands inside an object is named after it, so its own name must say enough.
        let owner = title.clone().unwrap_or_else(|| fallback.clone());
        let desired = title.unwrap_or_else(|| type_name(&at.field));
        let inner = Place {
            pointer: at.pointer.clone(),
            root: at.root.clone(),
            owner: if object { owner } else { at.owner.clone() },
            field: at.field.clone(),
        };
        self.below(schema, &inner);
        let kept: Vec<(&str, Value)> = ["nullable", "deprecated", "x-file", "x-part"]
            .into_iter()
            .filter_map(|key| Some((key, schema.as_object_mut()?.shift_remove(key)?)))
            .collect();
        let mut fallbacks = vec![
            fallback.clone(),
            format!("{}{desired}", at.root),
            format!("{}{fallback}", at.root),
        ];
        // Nothing is named after its owner twice.
        let twice = format!("{0}{0}", at.root);
        fallbacks.retain(|name| !name.starts_with(&twice));
        let part = if at.pointer.ends_with("/items") {
            "Item"
        } else {
            "Object"
        };
        fallbacks.push(format!(
            "{}{part}",
            fallback
                .strip_prefix(&at.root)
                .filter(|rest| *rest == at.root)
                .unwrap_or(&fallback)
        ));
        let index = self.intern(std::mem::take(schema), desired, fallbacks, &at.pointer);
        *schema = json!({"$ref": format!("#/hoisted/{index}")});
        for (key, value) in kept {
            schema[key] = value;
        }
    }

    fn intern(&mut self, schema: Value, desired: String, fallbacks: Vec<String>, pointer: &str) -> usize {
        let key = (desired.clone(), shape(&schema));
        if let Some(index) = self.known.get(&key) {
            let entry = &mut self.entries[*index];
            entry.pointers.push(pointer.to_owned());
            // The name after the shortest owner says most: `MessageRole`, not `BetaMessageRole`.
            let length = |fallbacks: &[String]| fallbacks.first().map_or(0, String::len);
            if length(&fallbacks) < length(&entry.fallbacks) {
                entry.fallbacks = fallbacks;
            }
            self.joined += 1;
            return *index;
        }
        let index = self.entries.len();
        self.known.insert(key, index);
        self.entries.push(Entry {
            desired,
            fallbacks,
            pointers: vec![pointer.to_owned()],
            schema,
        });
        index
    }

    fn finish(self, document: &mut Value, components: &[String], pins: &Pins) -> Hoisted {
        let mut hoisted = Hoisted {
            types: self.entries.len(),
            joined: self.joined,
            ..Hoisted::default()
        };
        let pinned: HashMap<&str, &str> = pins
            .iter()
            .map(|(name, pointer)| (pointer.as_str(), name.as_str()))
            .collect();
        let mut used: BTreeSet<String> = BTreeSet::new();
        let mut renamed: HashMap<String, String> = HashMap::new();
        for name in components {
            let pointer = format!("#/components/schemas/{}", escape(name));
            let mut wanted = pinned
                .get(pointer.as_str())
                .map_or_else(|| type_name(name), |name| (*name).to_owned());
            if is_taken(&wanted) {
                wanted.push_str("Object");
            }
            if !used.insert(wanted.clone()) {
                hoisted.problems.push(format!(
                    "{pointer}: another component is `{wanted}` too; rename one in overlay.yaml"
                ));
            }
            hoisted.pins.insert(wanted.clone(), pointer.clone());
            renamed.insert(pointer, format!("#/components/schemas/{wanted}"));
        }
        let mut wishes: HashMap<&str, usize> = HashMap::new();
        for entry in &self.entries {
            *wishes.entry(&entry.desired).or_default() += 1;
        }
        let mut names: Vec<Option<String>> = self
            .entries
            .iter()
            .map(|entry| {
                entry
                    .pointers
                    .iter()
                    .find_map(|pointer| pinned.get(pointer.as_str()))
                    .map(|name| (*name).to_owned())
            })
            .map(|name| name.filter(|name| used.insert(name.clone())))
            .collect();
        for (index, entry) in self.entries.iter().enumerate() {
            if names[index].is_none()
                && wishes.get(entry.desired.as_str()) == Some(&1)
                && !is_taken(&entry.desired)
                && used.insert(entry.desired.clone())
            {
                names[index] = Some(entry.desired.clone());
            }
        }
        for (index, entry) in self.entries.iter().enumerate() {
            if names[index].is_some() {
                continue;
            }
            let last = entry.fallbacks.last().unwrap_or(&entry.desired);
            let numbered = (2..).map(|number| format!("{last}{number}"));
            let mut wanted = entry.fallbacks.iter().cloned().chain(numbered);
            let Some(name) = wanted.find(|name| !is_taken(name) && used.insert(name.clone())) else {
                continue;
            };
            names[index] = Some(name);
        }
        let mut table = serde_json::Map::new();
        let old = document.pointer_mut("/components/schemas").map(Value::take);
        for (name, schema) in old.as_ref().and_then(Value::as_object).into_iter().flatten() {
            if let Some(target) = renamed.get(&format!("#/components/schemas/{}", escape(name))) {
                table.insert(target.rsplit('/').next().unwrap_or_default().to_owned(), schema.clone());
            }
        }
        for (index, entry) in self.entries.into_iter().enumerate() {
            let name = names[index].clone().unwrap_or_default();
            renamed.insert(format!("#/hoisted/{index}"), format!("#/components/schemas/{name}"));
            if let Some(pointer) = entry.pointers.first() {
                hoisted.pins.insert(name.clone(), pointer.clone());
            }
            table.insert(name, entry.schema);
        }
        // Names of types that are gone stay pinned, so that nobody gets them by accident.
        for (name, pointer) in pins {
            hoisted.pins.entry(name.clone()).or_insert_with(|| pointer.clone());
        }
        document["components"]["schemas"] = Value::Object(table);
        rename(document, &renamed);
        hoisted
    }
}

/// Name of an object and what is left of it: `CustomerOrDeleted`.
fn twin(schema: &Value) -> Option<String> {
    match schema.get("cases").and_then(Value::as_array).map(Vec::as_slice) {
        Some([gone, live]) if gone["case"] == "flag" && live["case"] == "otherwise" => {
            let live = type_name(live["name"].as_str()?);
            Some(format!("{live}Or{}", type_name(gone["by"][0].as_str()?)))
        }
        _ => None,
    }
}

/// The schema as text, without what does not change the type.
fn shape(schema: &Value) -> String {
    let mut schema = schema.clone();
    strip(&mut schema);
    schema.to_string()
}

fn strip(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        members.retain(|key, _| {
            matches!(
                key.as_str(),
                "$ref"
                    | "type"
                    | "format"
                    | "enum"
                    | "properties"
                    | "required"
                    | "items"
                    | "additionalProperties"
                    | "nullable"
                    | "x-kind"
                    | "of"
                    | "cases"
                    | "deprecated"
            )
        });
    }
    children(schema, "", &mut |child, _| strip(child));
}

fn rename(value: &mut Value, renamed: &HashMap<String, String>) {
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                match member {
                    Value::String(text) if key == "$ref" => {
                        if let Some(target) = renamed.get(text.as_str()) {
                            text.clone_from(target);
                        }
                    }
                    _ => rename(member, renamed),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| rename(value, renamed)),
        _ => {}
    }
}

/// The Rust name of the type that a node refers to.
pub(crate) fn type_of(schema: &Value) -> Option<&str> {
    component(schema)
}
