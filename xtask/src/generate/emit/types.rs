//! Types as lists for core's macros.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::super::model::{Body, Case, Field, Type, argument_type};
use super::super::names::type_name;
use super::text::{WIDTH, quoted, quoted_list, wrapped};

/// How many lines a type takes, about.
pub(super) fn lines(ty: &Type) -> usize {
    match &ty.body {
        _ if ty.same_as.is_some() => 2,
        Body::Object(fields) => fields.len() + if ty.sent { fields.len() / 3 + 5 } else { 4 },
        Body::Enum(values) => values.len() / 4 + 3,
        Body::Union(cases) => cases.len() + 3,
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

/// The types of one file, by the macro that makes them.
#[derive(Debug, Default)]
pub(super) struct Listing {
    objects: Vec<String>,
    enums: Vec<String>,
    unions: Vec<String>,
    twins: Vec<String>,
    aliases: Vec<String>,
}

impl Listing {
    /// Adds a type.
    pub(super) fn add(&mut self, ty: &Type, ids: &BTreeSet<&str>) {
        let documented = documented(ty);
        if let Some(first) = &ty.same_as {
            self.aliases
                .push(format!("{documented}pub type {} = {first};\n", ty.name));
            return;
        }
        let (list, text) = match &ty.body {
            Body::Object(fields) => (&mut self.objects, object(ty, fields)),
            Body::Enum(texts) => (&mut self.enums, open_enum(ty, texts)),
            Body::Union(cases) => match twin(ty, cases, ids) {
                Some(text) => (&mut self.twins, text),
                None => (&mut self.unions, union(ty, cases)),
            },
        };
        let documented: String = documented.lines().map(|line| format!("    {line}\n")).collect();
        list.push(documented + &text);
    }

    /// One call of a macro for all types of a kind, then the aliases.
    pub(super) fn write(&self, text: &mut String) {
        for (name, list) in [
            ("object", &self.objects),
            ("open_enum", &self.enums),
            ("union", &self.unions),
            ("twin", &self.twins),
        ] {
            if !list.is_empty() {
                let _ = write!(text, "\n{name}! {{\n{}}}\n", spaced(list));
            }
        }
        if !self.aliases.is_empty() {
            let _ = write!(text, "\n{}", spaced(&self.aliases));
        }
    }
}

/// Items behind each other; those of several lines stand apart.
fn spaced(items: &[String]) -> String {
    let mut text = String::new();
    let mut long = false;
    for item in items {
        let before = std::mem::replace(&mut long, item.lines().count() > 1);
        if !text.is_empty() && (before || long) {
            text.push('\n');
        }
        text.push_str(item);
    }
    text
}

/// The document's own name of a type, where the Rust name is another.
fn documented(ty: &Type) -> String {
    ty.component()
        .filter(|component| type_name(component) != ty.name)
        .map(|component| format!("/// The document's `{component}`.\n"))
        .unwrap_or_default()
}

fn object(ty: &Type, fields: &[Field]) -> String {
    let mut text = format!("    pub struct {} {{\n", ty.name);
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
        text.push_str(&setters(fields, ty.open));
    }
    text
}

/// Members of the user's own making are custom fields; a listed member of that name keeps it.
fn open_name(fields: &[Field]) -> &'static str {
    if fields.iter().any(|field| field.name == "custom_fields") {
        "other_fields"
    } else {
        "custom_fields"
    }
}

fn setters(fields: &[Field], open: bool) -> String {
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
    let optional = fields.iter().filter(|field| !field.required);
    let optional = optional.map(|field| format!("{}: {}", field.name, argument_type(&field.ty, false)));
    let rest = open.then(|| format!("{}: Members<Value>", open_name(fields)));
    let optional: Vec<String> = optional.chain(rest).collect();
    let new = format!("    new({}{fixed})", required.join(", "));
    if optional.is_empty() {
        format!("{new}\n")
    } else {
        listed(&new, &optional)
    }
}

/// `head { items }` in one line where it fits, else the items below each other.
fn listed(head: &str, items: &[String]) -> String {
    one_line(head, items).unwrap_or_else(|| format!("{head} {{\n{}    }}", wrapped(items, 8))) + "\n"
}

fn one_line(head: &str, items: &[String]) -> Option<String> {
    let line = format!("{head} {{ {} }}", items.join(", "));
    (line.len() <= WIDTH).then_some(line)
}

fn open_enum(ty: &Type, texts: &[(String, String)]) -> String {
    let variants: Vec<String> = texts
        .iter()
        .map(|(variant, text)| format!("{variant} = {text:?}"))
        .collect();
    listed(&format!("    pub enum {}", ty.name), &variants)
}

/// An object or what is left of it, where the union is that.
fn twin(ty: &Type, cases: &[Case], ids: &BTreeSet<&str>) -> Option<String> {
    let [gone, live] = cases else { return None };
    if gone.how != "flag" || live.how != "otherwise" {
        return None;
    }
    let flag = gone.by.first().map(String::as_str).unwrap_or_default();
    let both = cases.iter().all(|case| ids.contains(case.ty.as_str()));
    Some(format!(
        "    pub enum {} {{ {}({}) if {flag:?}, {}({}) }}{}\n",
        ty.name,
        gone.name,
        gone.ty,
        live.name,
        live.ty,
        if both { " with id" } else { "" }
    ))
}

fn union(ty: &Type, cases: &[Case]) -> String {
    let head = format!("    pub enum {}", ty.name);
    let lines: Vec<String> = cases
        .iter()
        .map(|case| format!("{}({}): {}({})", case.name, case.ty, case.how, words(case)))
        .collect();
    let text = cases.iter().find(|case| case.how == "string");
    let text = text.map(|case| format!(" text {}", case.name)).unwrap_or_default();
    let block = || {
        let lines: String = lines.iter().map(|line| format!("        {line},\n")).collect();
        format!("{head} {{\n{lines}    }}")
    };
    one_line(&head, &lines).unwrap_or_else(block) + &text + "\n"
}

/// What tells a case, as arguments.
fn words(case: &Case) -> String {
    match (case.how.as_str(), case.by.split_first()) {
        ("tags" | "tags_or_none", Some((member, texts))) => format!("{member:?}, {}", quoted_list(texts)),
        ("has_any", _) => quoted_list(&case.by),
        ("tags_or_has", Some((member, [other, texts @ ..]))) => {
            format!("{member:?}, {}, {other:?}", quoted_list(texts))
        }
        (_, _) => {
            let words: Vec<String> = case.by.iter().map(|word| quoted(word)).collect();
            words.join(", ")
        }
    }
}
