//! Objects in a union: told apart by a constant member, by a flag, by a member that only one has, or merged.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::super::list;
use super::{case, name_of, resolve};

mod groups;
mod overlap;

use groups::Tagged;

pub(super) enum Found {
    One(Value),
    Cases(Vec<Value>),
}

pub(super) fn classify(schema: &Value, members: &[Value], components: &Value, alone: bool) -> Result<Found, String> {
    // One member with a discriminator is a union that waits for its second.
    if let [one] = members
        && schema.get("discriminator").is_none()
    {
        return Ok(Found::One(one.clone()));
    }
    by_tag(schema, members, components)
        .or_else(|| match members {
            [one] => Some(vec![case(&name_of(one, "object"), "object", &[], one)]),
            _ => None,
        })
        .or_else(|| by_flag(members, components))
        .or_else(|| by_own_member(members, components))
        .map(Found::Cases)
        // Without a discriminator, objects that agree are one.
        .or_else(|| {
            merged(members, components)
                .filter(|_| alone && schema.get("discriminator").is_none())
                .map(Found::One)
        })
        .or_else(|| groups::by_tag(schema, members, components).map(Found::Cases))
        .or_else(|| overlapping(members, components, alone))
        .ok_or_else(|| "objects that nothing tells apart".to_owned())
}

/// Objects that a tag does not tell apart: as one object, or by what they have.
fn overlapping(members: &[Value], components: &Value, alone: bool) -> Option<Found> {
    let one = || merged(members, components).filter(|_| alone).map(Found::One);
    one()
        .or_else(|| overlap::by_what_others_lack(members, components).map(Found::Cases))
        .or_else(|| overlap::superset(members, components).map(Found::One))
}

/// A member of the object that has other texts in each.
fn by_tag(schema: &Value, members: &[Value], components: &Value) -> Option<Vec<Value>> {
    tag_names(schema, members, components).into_iter().find_map(|name| {
        let mut seen: BTreeSet<String> = BTreeSet::new();
        let mut tagged = Vec::new();
        for member in members {
            let tags = tags(schema, member, &name, components);
            if tags.len() > FEW || tags.is_empty() || tags.iter().any(|tag| !seen.insert(tag.clone())) {
                return None;
            }
            tagged.push(Tagged::one(member, &name, tags, components));
        }
        groups::cases(&name, &tagged, components)
    })
}

/// A longer list is a choice, not a constant.
const FEW: usize = 3;

/// What may tell members apart: the given discriminator, then what the first of them has.
fn tag_names(schema: &Value, members: &[Value], components: &Value) -> Vec<String> {
    let given = schema.pointer("/discriminator/propertyName").and_then(Value::as_str);
    let mut names: Vec<String> = given.map(str::to_owned).into_iter().collect();
    if let Some(first) = members.first() {
        names.extend(property_names(first, components, 0));
    }
    names
}

/// The texts that a member of a union has for a tag; none when it can have any.
fn tags(schema: &Value, member: &Value, name: &str, components: &Value) -> Vec<String> {
    let tags = constants(member, name, components, 0);
    let given = schema
        .pointer("/discriminator/propertyName")
        .is_some_and(|given| given == name);
    if tags.is_empty() && given {
        mapped(schema, member)
    } else {
        tags
    }
}

/// The texts that the discriminator's mapping gives a member.
fn mapped(schema: &Value, member: &Value) -> Vec<String> {
    let reference = member.get("$ref").and_then(Value::as_str);
    schema
        .pointer("/discriminator/mapping")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .filter(|(_, target)| target.as_str() == reference)
        .map(|(tag, _)| tag.clone())
        .collect()
}

/// A boolean that is always true in one of two, and that the other lacks.
fn by_flag(members: &[Value], components: &Value) -> Option<Vec<Value>> {
    let [left, right] = members else { return None };
    for (flagged, plain) in [(left, right), (right, left)] {
        for name in property_names(flagged, components, 0) {
            if flag(flagged, &name, components, 0) && !property_names(plain, components, 0).contains(&name) {
                return Some(vec![
                    case(&name_of(flagged, &name), "flag", &[&name], flagged),
                    case(&name_of(plain, "plain"), "otherwise", &[], plain),
                ]);
            }
        }
    }
    None
}

/// A required member that the others do not have.
fn by_own_member(members: &[Value], components: &Value) -> Option<Vec<Value>> {
    members
        .iter()
        .enumerate()
        .map(|(index, member)| {
            let others: Vec<Vec<String>> = members
                .iter()
                .enumerate()
                .filter(|(other, _)| *other != index)
                .map(|(_, other)| property_names(other, components, 0))
                .collect();
            let own = required(member, components)
                .into_iter()
                .find(|name| others.iter().all(|names| !names.contains(name)))?;
            Some(case(&name_of(member, &own), "has", &[&own], member))
        })
        .collect()
}

/// Objects whose shared members agree, as one object in which nothing is required that one of them lacks.
fn merged(members: &[Value], components: &Value) -> Option<Value> {
    let mut properties: Map<String, Value> = Map::new();
    let mut needed: Option<Vec<String>> = None;
    for member in members {
        let member = resolve(member, components);
        for (name, property) in member.get("properties")?.as_object()? {
            let joined = match properties.get(name) {
                Some(other) => join(other, property, components)?,
                None => property.clone(),
            };
            properties.insert(name.clone(), joined);
        }
        let names = required(member, components);
        needed = Some(match needed {
            None => names,
            Some(needed) => needed.into_iter().filter(|name| names.contains(name)).collect(),
        });
    }
    let title = members
        .iter()
        .find_map(|member| resolve(member, components).get("title"));
    let mut node = json!({"type": "object", "properties": properties, "required": needed.unwrap_or_default()});
    if let Some(title) = title {
        node["title"] = title.clone();
    }
    Some(node)
}

/// One schema that takes what either takes; none when they are of different types.
fn join(left: &Value, right: &Value, components: &Value) -> Option<Value> {
    let (left, right) = (sole(left), sole(right));
    if plain(left) == plain(right) {
        let mut joined = left.clone();
        for value in list(right.get("enum")) {
            let values = joined.get_mut("enum").and_then(Value::as_array_mut);
            if let Some(values) = values.filter(|values| !values.contains(value)) {
                values.push(value.clone());
            }
        }
        if right.get("enum").is_none() {
            joined.as_object_mut()?.shift_remove("enum");
        }
        return Some(joined);
    }
    let object = |schema: &Value| resolve(schema, components).get("properties").is_some();
    if object(left) && object(right) {
        return merged(&[left.clone(), right.clone()], components);
    }
    None
}

/// The only member of a union.
fn sole(schema: &Value) -> &Value {
    match schema.get("anyOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([one]) => one,
        _ => schema,
    }
}

/// A schema without what does not change its type.
fn plain(schema: &Value) -> Value {
    let mut schema = schema.clone();
    if let Some(members) = schema.as_object_mut() {
        for key in ["enum", "x-open-enum", "title", "maxLength", "nullable", "pattern"] {
            members.shift_remove(key);
        }
    }
    schema
}

fn branches<'a>(schema: &'a Value, components: &'a Value) -> Option<Vec<&'a Value>> {
    let schema = resolve(schema, components);
    let branches: Vec<&Value> = list(schema.get("anyOf")).chain(list(schema.get("oneOf"))).collect();
    (!branches.is_empty()).then_some(branches)
}

fn property_names(schema: &Value, components: &Value, depth: usize) -> Vec<String> {
    if depth > 8 {
        return Vec::new();
    }
    if let Some(branches) = branches(schema, components) {
        let mut names: Vec<String> = Vec::new();
        for branch in branches {
            for name in property_names(branch, components, depth + 1) {
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        return names;
    }
    resolve(schema, components)
        .get("properties")
        .and_then(Value::as_object)
        .map(|properties| properties.keys().cloned().collect())
        .unwrap_or_default()
}

/// The texts that a member can have; none when it can have any.
fn constants(schema: &Value, name: &str, components: &Value, depth: usize) -> Vec<String> {
    if depth > 8 {
        return Vec::new();
    }
    if let Some(branches) = branches(schema, components) {
        let all: Vec<Vec<String>> = branches
            .iter()
            .map(|branch| constants(branch, name, components, depth + 1))
            .collect();
        return if all.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            all.concat()
        };
    }
    let Some(property) = resolve(schema, components)
        .get("properties")
        .and_then(|properties| properties.get(name))
    else {
        return Vec::new();
    };
    texts(property, components, depth)
}

/// The texts that a schema lists; none when it is no text, or takes others.
fn texts(schema: &Value, components: &Value, depth: usize) -> Vec<String> {
    if depth > 8 {
        return Vec::new();
    }
    if let Some(branches) = branches(schema, components) {
        let all: Vec<Vec<String>> = branches
            .iter()
            .map(|branch| texts(branch, components, depth + 1))
            .collect();
        return if all.iter().any(Vec::is_empty) {
            Vec::new()
        } else {
            all.concat()
        };
    }
    list(resolve(schema, components).get("enum"))
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn flag(schema: &Value, name: &str, components: &Value, depth: usize) -> bool {
    if depth > 8 {
        return false;
    }
    if let Some(branches) = branches(schema, components) {
        return branches.iter().all(|branch| flag(branch, name, components, depth + 1));
    }
    resolve(schema, components)
        .get("properties")
        .and_then(|properties| properties.get(name))
        .and_then(|property| property.get("enum"))
        .is_some_and(|values| *values == json!([true]))
}

/// What every member of `schema` has.
fn required(schema: &Value, components: &Value) -> Vec<String> {
    required_at(schema, components, 0)
}

fn required_at(schema: &Value, components: &Value, depth: usize) -> Vec<String> {
    if depth > 8 {
        return Vec::new();
    }
    if let Some(branches) = branches(schema, components) {
        let mut all = branches.iter().map(|branch| required_at(branch, components, depth + 1));
        let first = all.next().unwrap_or_default();
        return all.fold(first, |common, names| {
            common.into_iter().filter(|name| names.contains(name)).collect()
        });
    }
    list(resolve(schema, components).get("required"))
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}
