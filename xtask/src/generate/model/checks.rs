//! Types that hold themselves or too much: unions are boxed where they do, large structs wherever they stand, and
//! structs that need themselves are refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};

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

/// A struct above this many bytes stands in another behind a pointer, so that reading one takes little stack.
const LARGE: usize = 256;

/// Boxes large structs where they stand in others.
pub(super) fn box_large(types: &mut [Type]) {
    let mut sizes = Sizes {
        types: types.iter().map(|ty| (ty.name.clone(), members(ty))).collect(),
        known: HashMap::new(),
    };
    for ty in types {
        match &mut ty.body {
            Body::Object(fields) => fields.iter_mut().for_each(|field| field.ty = sizes.boxed(&field.ty)),
            Body::Union(cases) => cases.iter_mut().for_each(|case| case.ty = sizes.boxed(&case.ty)),
            Body::Enum(_) => {}
        }
    }
}

/// How the size of a type follows from others.
enum Members {
    Sum(Vec<String>),
    Largest(Vec<String>),
    Known(usize),
}

fn members(ty: &Type) -> Members {
    match &ty.body {
        Body::Object(fields) => Members::Sum(fields.iter().map(|field| field.ty.clone()).collect()),
        Body::Union(cases) => Members::Largest(cases.iter().map(|case| case.ty.clone()).collect()),
        Body::Enum(_) => Members::Known(16),
    }
}

/// Sizes on a 64-bit machine, about; what is large in a struct counts as a pointer.
struct Sizes {
    types: HashMap<String, Members>,
    known: HashMap<String, usize>,
}

impl Sizes {
    fn boxed(&mut self, ty: &str) -> String {
        if let Some(inner) = ty.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
            return format!("Option<{}>", self.boxed(inner));
        }
        if self.types.contains_key(ty) && self.size(ty) > LARGE {
            format!("Box<{ty}>")
        } else {
            ty.to_owned()
        }
    }

    fn size(&mut self, ty: &str) -> usize {
        for wrap in ["Option<", "Patch<"] {
            if let Some(inner) = ty.strip_prefix(wrap).and_then(|rest| rest.strip_suffix('>')) {
                return match inner {
                    "i64" | "f64" | "UnixTime" => 16,
                    _ => self.size(inner),
                };
            }
        }
        if let Some(known) = self.known.get(ty) {
            return *known;
        }
        // A type inside itself is behind a pointer already.
        self.known.insert(ty.to_owned(), 8);
        let (names, largest) = match self.types.get(ty) {
            Some(Members::Sum(names)) => (names.clone(), false),
            Some(Members::Largest(names)) => (names.clone(), true),
            Some(Members::Known(size)) => return *self.known.entry(ty.to_owned()).insert_entry(*size).get(),
            None => (Vec::new(), false),
        };
        let sizes: Vec<usize> = names.iter().map(|name| self.placed(name)).collect();
        let size = match ty {
            "bool" => 1,
            "i64" | "f64" | "UnixTime" => 8,
            "Decimal" | "Timestamp" | "Raw" => 16,
            "Value" | "()" => 32,
            _ if ty.starts_with("Box<") => 8,
            _ if ty.starts_with("Expandable<") => 32,
            _ if names.is_empty() => 24,
            _ if largest => sizes.iter().max().copied().unwrap_or_default().max(16) + 8,
            _ => sizes.iter().sum(),
        };
        self.known.insert(ty.to_owned(), size);
        size
    }

    fn placed(&mut self, ty: &str) -> usize {
        let size = self.size(ty);
        if size > LARGE && !ty.starts_with("Patch<") {
            8
        } else {
            size
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
