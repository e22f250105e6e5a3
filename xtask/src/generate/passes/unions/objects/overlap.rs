//! Objects that overlap: told apart by what all but one of them can have, or read as the one that takes all the others.

use serde_json::Value;

use super::super::{Kind, kind};
use super::{branches, case, name_of, property_names, required, resolve, sole};

/// Each but one has a member that those after it lack; the one left takes what the others are without theirs.
pub(super) fn by_what_others_lack(members: &[Value], components: &Value) -> Option<Vec<Value>> {
    members.iter().enumerate().find_map(|(index, rest)| {
        let mut open: Vec<&Value> = members
            .iter()
            .enumerate()
            .filter(|(other, _)| *other != index)
            .map(|(_, member)| member)
            .collect();
        let mut cases = Vec::new();
        while !open.is_empty() {
            let (at, own) = next(&open, rest, components)?;
            let member = open.remove(at);
            let by: Vec<&str> = own.iter().map(String::as_str).collect();
            cases.push(case(
                &name_of(member, by[0]),
                if by.len() == 1 { "has" } else { "has_any" },
                &by,
                member,
            ));
        }
        cases.push(case(&name_of(rest, "plain"), "object", &[], rest));
        Some(cases)
    })
}

/// The first that must have what no other has, else the first that can; and what that is.
fn next(open: &[&Value], rest: &Value, components: &Value) -> Option<(usize, Vec<String>)> {
    let lacked = |at: usize, name: &String| {
        open.iter()
            .enumerate()
            .filter(|(other, _)| *other != at)
            .map(|(_, member)| *member)
            .chain([rest])
            .all(|other| !property_names(other, components, 0).contains(name))
    };
    let must = open.iter().enumerate().find_map(|(at, member)| {
        let own = required(member, components).into_iter().find(|name| lacked(at, name))?;
        Some((at, vec![own]))
    });
    must.or_else(|| {
        open.iter().enumerate().find_map(|(at, member)| {
            let names = property_names(member, components, 0).into_iter();
            let own: Vec<String> = names.filter(|name| lacked(at, name)).collect();
            (!own.is_empty() && takes(rest, member, &own, components)).then_some((at, own))
        })
    })
}

/// The member that takes whatever the others take.
pub(super) fn superset(members: &[Value], components: &Value) -> Option<Value> {
    members
        .iter()
        .find(|largest| members.iter().all(|member| takes(largest, member, &[], components)))
        .cloned()
}

/// Whether `object` reads everything that `member` is, but for the members `without`.
fn takes(object: &Value, member: &Value, without: &[String], components: &Value) -> bool {
    let (object, member) = (resolve(object, components), resolve(member, components));
    let needed = required(member, components);
    let properties = |schema: &Value| {
        schema
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    let taken = properties(object);
    required(object, components).iter().all(|name| needed.contains(name))
        && properties(member)
            .iter()
            .filter(|(name, _)| !without.contains(name))
            .all(|(name, property)| {
                taken
                    .get(name)
                    .is_some_and(|other| reads(other, property, components, 0))
            })
}

/// Whether the type of `taken` reads the values of `property`.
fn reads(taken: &Value, property: &Value, components: &Value, depth: usize) -> bool {
    if depth > 4 {
        return false;
    }
    if sole(taken) == sole(property) {
        return true;
    }
    let (taken, property) = (resolve(sole(taken), components), resolve(sole(property), components));
    if taken == property {
        return true;
    }
    if let Some(inner) = branches(property, components) {
        return inner.iter().all(|branch| reads(taken, branch, components, depth + 1));
    }
    let wanted = kind(property, components);
    if let Some(inner) = branches(taken, components) {
        // A union of objects keeps those that it does not know.
        let objects = inner
            .iter()
            .filter(|branch| kind(branch, components) == Kind::Object)
            .count();
        return wanted == Kind::Object && objects > 1
            || inner
                .iter()
                .any(|branch| reads(branch, property, components, depth + 1));
    }
    match kind(taken, components) {
        Kind::Array => match (taken.get("items"), property.get("items")) {
            (Some(taken), Some(property)) => reads(taken, property, components, depth + 1),
            _ => false,
        },
        // An enum is open: it reads any text.
        scalar => scalar == wanted && matches!(scalar, Kind::String | Kind::Number | Kind::Boolean),
    }
}
