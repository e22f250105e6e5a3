//! What is emitted: types and operations of one provider, in words of Rust.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::engine::{Types, Wanted};
use super::facts::Facts;
use super::hoist::{Pins, type_of};
use super::names::{value_name, variant_names};
use super::passes::{self, list};
use super::surface::Name;

mod bounds;
mod checks;
mod operations;
mod place;

pub(crate) use operations::{Argument, Operation, Stream, argument_type, repeat_class, takes_files};

/// One provider.
#[derive(Debug)]
pub(crate) struct Model {
    /// Types in the document's order.
    pub(crate) types: Vec<Type>,
    /// Operations by name.
    pub(crate) operations: Vec<Operation>,
    /// Pointers of members typed `Value`.
    pub(crate) values: Vec<String>,
}

/// One type.
#[derive(Debug)]
pub(crate) struct Type {
    /// Rust name.
    pub(crate) name: String,
    /// JSON pointer of the schema that it was first made from.
    pub(crate) pointer: String,
    /// Sent by a user.
    pub(crate) sent: bool,
    /// Has members of the user's own making, which are kept.
    pub(crate) open: bool,
    /// What it is.
    pub(crate) body: Body,
    /// Name of the type of the same shape that stands for it.
    pub(crate) same_as: Option<String>,
}

impl Type {
    /// Name of the document's component that it is.
    pub(crate) fn component(&self) -> Option<String> {
        let name = self.pointer.strip_prefix("#/components/schemas/")?;
        (!name.contains('/')).then(|| name.replace("~1", "/").replace("~0", "~"))
    }
}

/// What a type is.
#[derive(Debug)]
pub(crate) enum Body {
    /// A struct.
    Object(Vec<Field>),
    /// An open enum: variant and text.
    Enum(Vec<(String, String)>),
    /// A union.
    Union(Vec<Case>),
}

/// One member of a struct.
#[derive(Debug)]
pub(crate) struct Field {
    /// Name on the wire.
    pub(crate) wire: String,
    /// Rust name.
    pub(crate) name: String,
    /// Rust type.
    pub(crate) ty: String,
    /// The user must give it.
    pub(crate) required: bool,
    /// The one text that it can have.
    pub(crate) fixed: Option<String>,
    /// The provider announced its end.
    pub(crate) deprecated: bool,
}

/// One member of a union.
#[derive(Debug)]
pub(crate) struct Case {
    /// Variant.
    pub(crate) name: String,
    /// Rust type.
    pub(crate) ty: String,
    /// `tag`, `flag`, `has`, `string`, `otherwise` …
    pub(crate) how: String,
    /// Words for it.
    pub(crate) by: Vec<String>,
}

/// Makes the model of a document in normal form.
///
/// # Errors
/// Everything that cannot be emitted.
pub(crate) fn build(
    document: &Value,
    names: &BTreeMap<(String, String), Name>,
    facts: &Facts,
    pins: &Pins,
) -> Result<Model, Vec<String>> {
    let schemas = document
        .pointer("/components/schemas")
        .and_then(Value::as_object)
        .cloned()
        .unwrap_or_default();
    let plans = operations::plan(document, names, facts);
    let sent = reach(&schemas, plans.iter().flat_map(|plan| plan.sent()));
    let answered = reach(&schemas, plans.iter().flat_map(|plan| plan.answered()));
    let mut wanted = Wanted::default();
    for (name, schema) in &schemas {
        match kind(schema) {
            Kind::Object => wanted.structure(name, properties(schema).map(|(_, member)| strip_null(member)).collect()),
            Kind::Enum => wanted.opaque(name),
            Kind::Union => {
                wanted.opaque(name);
                wanted.loose(name, list(schema.get("cases")).map(|case| case["of"].clone()).collect());
            }
        }
    }
    for plan in &plans {
        wanted.loose(&plan.key(), plan.schemas());
    }
    let types = wanted.resolve().map_err(|error| vec![error])?;
    let mut model = Model {
        types: Vec::new(),
        operations: Vec::new(),
        values: Vec::new(),
    };
    for (name, schema) in &schemas {
        let pointer = pins.get(name).cloned().unwrap_or_default();
        let direction = Direction {
            sent: sent.contains(name),
            answered: answered.contains(name) || !sent.contains(name),
        };
        let body = match kind(schema) {
            Kind::Object => Body::Object(fields(name, schema, &types, direction, facts, &schemas)),
            Kind::Enum => {
                let texts: Vec<&str> = list(schema.get("enum")).filter_map(Value::as_str).collect();
                Body::Enum(
                    variant_names(&texts)
                        .into_iter()
                        .zip(texts.iter().map(|text| (*text).to_owned()))
                        .collect(),
                )
            }
            Kind::Union => Body::Union(cases(schema, types.loose(name))),
        };
        for (wire, member) in properties(schema) {
            free_form(
                member,
                &format!("{pointer}/properties/{}", passes::escape(wire)),
                &mut model.values,
            );
        }
        model.types.push(Type {
            name: name.clone(),
            pointer,
            sent: direction.sent,
            open: schema.get("x-custom-fields").is_some(),
            body,
            same_as: None,
        });
    }
    checks::box_unions(&mut model.types);
    let mut problems = checks::endless(&model.types);
    checks::box_large(&mut model.types);
    for plan in &plans {
        match plan.build(&types, facts, &schemas) {
            Ok(operation) => model.operations.push(operation),
            Err(found) => problems.extend(found),
        }
        plan.free_form(&mut model.values);
    }
    if problems.is_empty() { Ok(model) } else { Err(problems) }
}

#[derive(Debug, Clone, Copy)]
struct Direction {
    sent: bool,
    answered: bool,
}

enum Kind {
    Object,
    Enum,
    Union,
}

fn kind(schema: &Value) -> Kind {
    if schema.get("x-kind").is_some_and(|kind| kind == "union") {
        Kind::Union
    } else if schema.get("enum").is_some() {
        Kind::Enum
    } else {
        Kind::Object
    }
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn strip_null(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        members.shift_remove("nullable");
    }
    schema
}

fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable").and_then(Value::as_bool) == Some(true)
}

fn fields(
    name: &str,
    schema: &Value,
    types: &Types,
    direction: Direction,
    facts: &Facts,
    schemas: &serde_json::Map<String, Value>,
) -> Vec<Field> {
    let required: BTreeSet<&str> = list(schema.get("required")).filter_map(Value::as_str).collect();
    let wires: Vec<&str> = properties(schema).map(|(wire, _)| wire.as_str()).collect();
    let rust = distinct(wires.iter().map(|wire| value_name(wire)).collect());
    properties(schema)
        .zip(types.structure(name))
        .zip(rust)
        .map(|(((wire, member), ty), rust)| {
            let lenient = direction.answered
                && facts
                    .lenient
                    .iter()
                    .any(|entry| entry == "*" || *entry == format!("{name}.{wire}"));
            let needed = required.contains(wire.as_str()) && !lenient;
            Field {
                wire: wire.clone(),
                name: rust,
                ty: member_type(ty, needed, is_nullable(member), direction),
                required: needed,
                fixed: fixed(member, schemas),
                deprecated: member.get("deprecated").and_then(Value::as_bool) == Some(true),
            }
        })
        .collect()
}

/// The type of a member: what may be missing or null, by direction.
fn member_type(ty: &str, required: bool, nullable: bool, direction: Direction) -> String {
    if ty.starts_with("Patch<") {
        return ty.to_owned();
    }
    // Only a patch can say null where it must be said, and where nothing is read.
    if direction.sent && nullable && (required || !direction.answered) {
        return format!("Patch<{ty}>");
    }
    let collection = ty.starts_with("Vec<") || ty.starts_with("Map<");
    if required && !nullable || collection && !direction.sent || collection && required {
        return ty.to_owned();
    }
    format!("Option<{ty}>")
}

/// The only text that an enum lists.
fn fixed(member: &Value, schemas: &serde_json::Map<String, Value>) -> Option<String> {
    let target = schemas.get(type_of(member)?)?;
    match target.get("enum").and_then(Value::as_array).map(Vec::as_slice) {
        Some([Value::String(text)]) => Some(text.clone()),
        _ => None,
    }
}

/// Equal names get a number.
fn distinct(mut names: Vec<String>) -> Vec<String> {
    for index in 0..names.len() {
        let base = names[index].clone();
        let mut number = 2;
        while names[..index].contains(&names[index]) {
            names[index] = format!("{base}_{number}");
            number += 1;
        }
    }
    names
}

fn cases(schema: &Value, types: &[String]) -> Vec<Case> {
    let raw: Vec<String> = list(schema.get("cases"))
        .map(|case| {
            type_of(&case["of"])
                .filter(|_| case["case"] != "string")
                .or_else(|| case["name"].as_str())
                .unwrap_or("Other")
                .to_owned()
        })
        .collect();
    let texts: Vec<&str> = raw.iter().map(String::as_str).collect();
    list(schema.get("cases"))
        .zip(variant_names(&texts))
        .zip(types)
        .map(|((case, name), ty)| Case {
            name,
            ty: ty.clone(),
            how: case["case"].as_str().unwrap_or("otherwise").to_owned(),
            by: list(case.get("by"))
                .filter_map(Value::as_str)
                .map(str::to_owned)
                .collect(),
        })
        .collect()
}

/// Names of all types that these schemas lead to.
fn reach<'a>(schemas: &serde_json::Map<String, Value>, roots: impl Iterator<Item = &'a Value>) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let mut open: Vec<String> = Vec::new();
    for root in roots {
        references(root, &mut open);
    }
    while let Some(name) = open.pop() {
        if let Some(schema) = schemas.get(&name)
            && seen.insert(name)
        {
            references(schema, &mut open);
        }
    }
    seen
}

/// Names of the types that a schema refers to.
pub(crate) fn references(schema: &Value, found: &mut Vec<String>) {
    if let Some(name) = type_of(schema) {
        found.push(name.to_owned());
    }
    let mut schema = schema.clone();
    passes::children(&mut schema, "", &mut |child, _| references(child, found));
}

/// Notes the pointers of free-form members.
fn free_form(schema: &Value, pointer: &str, found: &mut Vec<String>) {
    if schema.get("x-kind").is_some_and(|kind| kind == "any") {
        found.push(pointer.to_owned());
    }
    let mut schema = schema.clone();
    passes::children(&mut schema, pointer, &mut |child, at| {
        if type_of(child).is_none() {
            free_form(child, at, found);
        }
    });
}

/// Types by name.
pub(crate) fn by_name(types: &[Type]) -> HashMap<&str, &Type> {
    types.iter().map(|ty| (ty.name.as_str(), ty)).collect()
}
