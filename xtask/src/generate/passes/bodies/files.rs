//! Forms with files: `format: binary` stands for one file, `x-files` for one or several, `x-file` beside a type for a
//! member that is a file or a value.

use serde_json::{Map, Value, json};

use super::super::{component, list};

/// How a body is sent.
pub(super) enum Form {
    /// No member is a file.
    Json(Value),
    /// A file is required.
    Multipart(Value),
    /// As a form when a file is given, else as JSON.
    Either(Value),
}

/// The body that a form and the JSON beside it are.
///
/// `suffix` is what the names of lists of files end in, where the operation says so.
pub(super) fn form(content: &Value, json: Option<&Value>, components: &Value, suffix: Option<&str>) -> Form {
    let form = object(content.get("schema").unwrap_or(&Value::Null), components);
    let Some(json) = json else {
        return Form::Multipart(marked(form, content, components, suffix));
    };
    let other = object(json.get("schema").unwrap_or(&Value::Null), components);
    let files = |schema: &Value, needed: bool| {
        let required: Vec<&str> = list(schema.get("required")).filter_map(Value::as_str).collect();
        properties(schema).any(|(name, member)| {
            (!needed || required.contains(&name.as_str())) && File::of(member, components).is_some()
        })
    };
    if !files(&form, false) {
        return Form::Json(json.clone());
    }
    if files(&other, true) {
        return Form::Multipart(marked(form, content, components, suffix));
    }
    Form::Either(joined(marked(form, content, components, suffix), &other, components))
}

/// How a member takes files.
enum File {
    One,
    Several,
    OrValue(Value),
}

impl File {
    fn of(schema: &Value, components: &Value) -> Option<Self> {
        let schema = resolve(schema, components);
        if is_binary(schema) {
            return Some(Self::One);
        }
        if schema.get("items").is_some_and(is_binary) {
            return Some(Self::Several);
        }
        let members: Vec<&Value> = list(schema.get("anyOf")).chain(list(schema.get("oneOf"))).collect();
        if let [one] = members.as_slice() {
            return Self::of(one, components);
        }
        if !members.iter().any(|member| is_binary(member)) {
            return None;
        }
        let mut rest = members.into_iter().filter(|member| !is_binary(member));
        match (rest.next(), rest.next()) {
            (Some(list), None) if list.get("items").is_some_and(is_binary) => Some(Self::Several),
            (Some(value), None) => Some(Self::OrValue(value.clone())),
            _ => None,
        }
    }
}

fn is_binary(schema: &Value) -> bool {
    schema.get("format").is_some_and(|format| format == "binary")
}

/// The form with its files in words of the normal form, and the media types of its parts.
fn marked(mut form: Value, content: &Value, components: &Value, suffix: Option<&str>) -> Value {
    for (name, member) in form
        .get_mut("properties")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        match File::of(member, components) {
            None => {}
            Some(File::One) => *member = json!({"type": "string", "format": "binary"}),
            Some(File::Several) => {
                let always = resolve(member, components)
                    .get("x-multipart-array-suffix")
                    .and_then(Value::as_str)
                    .or(suffix);
                let many = format!("{name}{}", always.unwrap_or("[]"));
                let one = if always.is_some() { many.clone() } else { name.clone() };
                *member = json!({"type": "string", "format": "binary", "x-files": [one, many]});
            }
            Some(File::OrValue(mut value)) => {
                value["x-file"] = json!(true);
                *member = value;
            }
        }
        let media_type = content
            .get("encoding")
            .and_then(|encoding| encoding.get(name)?.get("contentType"));
        if let Some(media_type) = media_type {
            member["x-part"] = media_type.clone();
        }
    }
    form
}

/// Members of both; required is what both require.
fn joined(mut form: Value, other: &Value, components: &Value) -> Value {
    let needed: Vec<Value> = list(form.get("required"))
        .filter(|name| list(other.get("required")).any(|other| other == *name))
        .cloned()
        .collect();
    for (name, member) in properties(other) {
        let file = File::of(member, components).is_some();
        match form["properties"].get(name) {
            Some(known) if is_binary(known) && !file => {
                let mut member = member.clone();
                member["x-file"] = json!(true);
                form["properties"][name] = member;
            }
            Some(_) => {}
            None => form["properties"][name] = member.clone(),
        }
    }
    form["required"] = Value::Array(needed);
    form
}

/// The members of a body; those of all members of a union, of which required is what all require.
fn object(schema: &Value, components: &Value) -> Value {
    let schema = resolve(schema, components);
    let mut members = list(schema.get("anyOf")).chain(list(schema.get("oneOf")));
    let Some(first) = members.next() else {
        return schema.clone();
    };
    members.fold(object(first, components), |all, member| {
        let mut all = all;
        let member = object(member, components);
        let names: Map<String, Value> = properties(&member)
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        for (name, schema) in names {
            if all["properties"].get(&name).is_none() {
                all["properties"][name] = schema;
            }
        }
        let needed = list(all.get("required"))
            .filter(|name| list(member.get("required")).any(|other| other == *name))
            .cloned()
            .collect();
        all["required"] = Value::Array(needed);
        all
    })
}

fn properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
}

fn resolve<'a>(schema: &'a Value, components: &'a Value) -> &'a Value {
    component(schema)
        .and_then(|name| components.get(name))
        .unwrap_or(schema)
}
