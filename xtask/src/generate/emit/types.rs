//! Types as lists for core's macros.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::model::{Body, Case, Field, Type, argument_type};
use super::text::{quoted_list, wrapped};

/// How many lines a type takes, about.
pub(super) fn lines(ty: &Type) -> usize {
    match &ty.body {
        Body::Object(fields) => fields.len() + if ty.sent { fields.len() / 3 + 8 } else { 5 },
        Body::Enum(values) => values.len() / 4 + 6,
        Body::Union(cases) => cases.len() + 5,
    }
}

/// Structs that have an `id`, always.
pub(super) fn with_id(types: &[Type]) -> BTreeSet<&str> {
    types
        .iter()
        .filter(|ty| match &ty.body {
            Body::Object(fields) => fields.iter().any(|field| field.name == "id" && field.ty == "String"),
            _ => false,
        })
        .map(|ty| ty.name.as_str())
        .collect()
}

pub(super) fn write(ty: &Type, ids: &BTreeSet<&str>, text: &mut String) {
    text.push('\n');
    match &ty.body {
        Body::Object(fields) => object(ty, fields, text),
        Body::Enum(values) => open_enum(ty, values, text),
        Body::Union(cases) => union(ty, cases, ids, text),
    }
}

fn documented(ty: &Type) -> String {
    match ty.pointer.strip_prefix("#/components/schemas/") {
        Some(component) if !component.contains('/') => {
            format!(
                "    /// The document's `{}`.\n",
                component.replace("~1", "/").replace("~0", "~")
            )
        }
        _ => String::new(),
    }
}

fn object(ty: &Type, fields: &[Field], text: &mut String) {
    let _ = write!(text, "object! {{\n{}    pub struct {} {{\n", documented(ty), ty.name);
    for (index, field) in fields.iter().enumerate() {
        if field.deprecated {
            text.push_str("        /// Deprecated by the provider.\n");
        }
        let _ = writeln!(text, "        {index} {}: {} = {:?},", field.name, field.ty, field.wire);
    }
    if ty.open {
        text.push_str("        .. /// Members that the document does not list, by their names.\n");
        let _ = writeln!(text, "        {}: Map<Value>", open_name(fields));
    }
    text.push_str("    }\n");
    if ty.sent {
        setters(fields, text);
        if ty.open {
            let _ = writeln!(text, "        {}: Members<Value>,", open_name(fields));
        }
    }
    text.push_str("}\n");
}

/// Members of the user's own making are custom fields; a listed member of that name keeps it.
fn open_name(fields: &[Field]) -> &'static str {
    if fields.iter().any(|field| field.name == "custom_fields") {
        "other_fields"
    } else {
        "custom_fields"
    }
}

fn setters(fields: &[Field], text: &mut String) {
    let required: Vec<String> = fields
        .iter()
        .filter(|field| field.required && field.fixed.is_none())
        .map(|field| format!("{}: {}", field.name, argument_type(&field.ty, false)))
        .collect();
    let fixed: Vec<String> = fields
        .iter()
        .filter(|field| field.required)
        .filter_map(|field| field.fixed.as_ref().map(|value| format!("{} = {value:?}", field.name)))
        .collect();
    let fixed = if fixed.is_empty() {
        String::new()
    } else {
        format!("; {}", fixed.join(", "))
    };
    let _ = writeln!(text, "    new({}{fixed})", required.join(", "));
    let optional = fields.iter().filter(|field| !field.required);
    text.push_str(&wrapped(
        optional.map(|field| format!("{}: {}", field.name, argument_type(&field.ty, false))),
        4,
    ));
}

fn open_enum(ty: &Type, values: &[(String, String)], text: &mut String) {
    let _ = write!(text, "open_enum! {{\n{}    pub enum {} {{\n", documented(ty), ty.name);
    text.push_str(&wrapped(
        values.iter().map(|(variant, value)| format!("{variant} = {value:?}")),
        8,
    ));
    text.push_str("    }\n}\n");
}

fn union(ty: &Type, cases: &[Case], ids: &BTreeSet<&str>, text: &mut String) {
    if let [gone, live] = cases
        && gone.how == "flag"
        && live.how == "otherwise"
    {
        let flag = gone.by.first().map(String::as_str).unwrap_or_default();
        let id = if cases.iter().all(|case| ids.contains(case.ty.as_str())) {
            " id"
        } else {
            ""
        };
        let _ = writeln!(
            text,
            "twin! {{\n{}    pub enum {} {{ {}({}) if {flag:?}, {}({}) }}{id}\n}}",
            documented(ty),
            ty.name,
            gone.name,
            gone.ty,
            live.name,
            live.ty
        );
        return;
    }
    let _ = write!(text, "union! {{\n{}    pub enum {} {{\n", documented(ty), ty.name);
    for case in cases {
        let by = match (case.how.as_str(), case.by.split_first()) {
            ("tags" | "tags_or_none", Some((member, texts))) => format!("{member:?}, {}", quoted_list(texts)),
            ("has_any", _) => quoted_list(&case.by),
            ("tags_or_has", Some((member, [other, texts @ ..]))) => {
                format!("{member:?}, {}, {other:?}", quoted_list(texts))
            }
            (_, _) => case
                .by
                .iter()
                .map(|word| format!("{word:?}"))
                .collect::<Vec<_>>()
                .join(", "),
        };
        let _ = writeln!(text, "        {}({}): {}({by}),", case.name, case.ty, case.how);
    }
    match cases.iter().find(|case| case.how == "string") {
        Some(case) => {
            let _ = writeln!(text, "    }} text {}\n}}", case.name);
        }
        None => text.push_str("    }\n}\n"),
    }
}
