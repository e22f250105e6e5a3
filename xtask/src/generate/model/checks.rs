//! Types that hold themselves: unions are boxed where they do, structs that need themselves are refused.

use std::collections::{BTreeMap, BTreeSet};

use super::{Body, Type};

/// Boxes the members of unions from which the union can be reached without an indirection.
pub(super) fn box_unions(types: &mut [Type]) {
    let edges: BTreeMap<String, Vec<String>> = types
        .iter()
        .map(|ty| (ty.name.clone(), held(ty, true).collect()))
        .collect();
    for ty in types {
        let name = ty.name.clone();
        if let Body::Union(cases) = &mut ty.body {
            for case in cases {
                if direct(&case.ty, true).is_some_and(|target| leads_to(target, &name, &edges)) {
                    case.ty = format!("Box<{}>", case.ty);
                }
            }
        }
    }
}

/// Structs that require themselves: nobody can write one down.
pub(super) fn endless(types: &[Type]) -> Vec<String> {
    let edges: BTreeMap<String, Vec<String>> = types
        .iter()
        .filter(|ty| matches!(ty.body, Body::Object(_)))
        .map(|ty| (ty.name.clone(), held(ty, false).collect()))
        .collect();
    types
        .iter()
        .filter(|ty| {
            edges
                .get(&ty.name)
                .is_some_and(|next| next.iter().any(|target| leads_to(target, &ty.name, &edges)))
        })
        .map(|ty| {
            format!(
                "{}: `{}` requires itself; make a member optional in overlay.yaml",
                ty.pointer, ty.name
            )
        })
        .collect()
}

fn held(ty: &Type, optional: bool) -> impl Iterator<Item = String> {
    let types: Vec<&str> = match &ty.body {
        Body::Object(fields) => fields.iter().map(|field| field.ty.as_str()).collect(),
        Body::Union(cases) => cases.iter().map(|case| case.ty.as_str()).collect(),
        Body::Enum(_) => Vec::new(),
    };
    types
        .into_iter()
        .filter_map(move |ty| direct(ty, optional))
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}

/// The type that stands in this one without an indirection, or (`optional` false) that must be there.
fn direct(ty: &str, optional: bool) -> Option<&str> {
    if optional {
        for wrap in ["Option<", "Patch<"] {
            if let Some(inner) = ty.strip_prefix(wrap).and_then(|rest| rest.strip_suffix('>')) {
                return direct(inner, optional);
            }
        }
    } else if let Some(inner) = ty.strip_prefix("Box<").and_then(|rest| rest.strip_suffix('>')) {
        return direct(inner, optional);
    }
    (!ty.contains('<')).then_some(ty)
}

fn leads_to(from: &str, target: &str, edges: &BTreeMap<String, Vec<String>>) -> bool {
    let mut seen = BTreeSet::new();
    let mut open = vec![from];
    while let Some(name) = open.pop() {
        if name == target {
            return true;
        }
        if seen.insert(name) {
            open.extend(edges.get(name).into_iter().flatten().map(String::as_str));
        }
    }
    false
}
