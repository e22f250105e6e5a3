//! Operations as statics, calls and resources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::facts::Paging;
use super::super::model::{Argument, Body, Model, Operation, by_name};
use super::super::names::type_name;
use super::text::{quoted, quoted_option, wrapped};

/// One resource.
#[derive(Debug, Default)]
pub(super) struct Node<'a> {
    path: String,
    operations: Vec<&'a Operation>,
    below: BTreeSet<String>,
}

/// Resources by module path; the client's own has none.
pub(super) fn tree(model: &Model) -> BTreeMap<String, Node<'_>> {
    let mut tree: BTreeMap<String, Node<'_>> = BTreeMap::new();
    for operation in &model.operations {
        let resources = &operation.name.resources;
        for depth in 0..=resources.len() {
            let path = resources[..depth].join("/");
            let node = tree.entry(path.clone()).or_default();
            node.path = path;
            match resources.get(depth) {
                Some(next) => {
                    node.below.insert(next.clone());
                }
                None => node.operations.push(operation),
            }
        }
    }
    tree
}

/// The modules that use a type; types without a user belong to nobody.
pub(super) fn users(model: &Model) -> BTreeMap<String, BTreeSet<String>> {
    let types = by_name(&model.types);
    let mut users: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for operation in &model.operations {
        let module = operation.name.resources.join("/");
        let mut open: Vec<&str> = operation
            .arguments
            .iter()
            .map(|argument| argument.ty.as_str())
            .collect();
        open.push(&operation.answer_type);
        let mut seen = BTreeSet::new();
        while let Some(ty) = open.pop() {
            for word in ty
                .split(|sign: char| !sign.is_alphanumeric())
                .filter(|word| !word.is_empty())
            {
                let Some(target) = types.get(word) else {
                    continue;
                };
                if !seen.insert(word.to_owned()) {
                    continue;
                }
                users
                    .entry(word.to_owned())
                    .or_default()
                    .insert(module.clone());
                match &target.body {
                    Body::Object(fields) => {
                        open.extend(fields.iter().map(|field| field.ty.as_str()))
                    }
                    Body::Union(cases) => open.extend(cases.iter().map(|case| case.ty.as_str())),
                    Body::Enum(_) => {}
                }
            }
        }
    }
    users
}

pub(super) fn write(node: &Node<'_>, text: &mut String) {
    resource(node, text);
    for operation in &node.operations {
        call(operation, text);
        data(operation, text);
    }
}

fn resource(node: &Node<'_>, text: &mut String) {
    let last = node.path.rsplit('/').next().unwrap_or_default();
    let _ = write!(
        text,
        "\nresource! {{\n    /// `{}`\n    pub struct {}Resource {{\n",
        node.path.replace('/', "."),
        type_name(last)
    );
    let below: Vec<String> = node
        .below
        .iter()
        .map(|below| format!("{below}: {below}::{}Resource,", type_name(below)))
        .collect();
    let _ = writeln!(text, "        resources {{ {} }}", below.join(" "));
    for operation in &node.operations {
        documented(operation, "        ", text);
        let _ = writeln!(text, "        #[doc(alias = {:?})]", operation.id);
        let arguments: Vec<String> = operation
            .arguments
            .iter()
            .enumerate()
            .filter(|(_, argument)| argument.place == "Place::Path")
            .map(|(index, argument)| format!("{index} {}", argument.name))
            .collect();
        let _ = writeln!(
            text,
            "        {}({}) -> {},",
            operation.name.verb,
            arguments.join(", "),
            call_name(operation)
        );
    }
    text.push_str("    }\n}\n");
}

fn documented(operation: &Operation, indent: &str, text: &mut String) {
    if let Some(summary) = &operation.summary {
        let _ = writeln!(text, "{indent}/// {summary}\n{indent}///");
    }
    let _ = writeln!(
        text,
        "{indent}/// `{} {}`",
        operation.method, operation.path
    );
    if operation.deprecated {
        let _ = writeln!(text, "{indent}///\n{indent}/// Deprecated by the provider.");
    }
}

/// Name of the struct of a call.
pub(super) fn call_name(operation: &Operation) -> String {
    format!("{}Call", type_name(&operation.name.verb))
}

/// Name of the static of an operation.
pub(super) fn static_name(operation: &Operation) -> String {
    operation.name.verb.trim_end_matches('_').to_uppercase()
}

fn call(operation: &Operation, text: &mut String) {
    text.push_str("\noperation! {\n");
    documented(operation, "    ", text);
    let items = operation
        .paging
        .as_ref()
        .map(|(item, _)| format!(", items {item}"))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "    pub struct {}({}) -> {}{items} {{",
        call_name(operation),
        static_name(operation),
        operation.answer_type
    );
    let mut files = String::new();
    for (index, argument) in operation.arguments.iter().enumerate() {
        if argument.place == "Place::Path" {
            continue;
        }
        let target = if argument.place == "Place::File" {
            &mut files
        } else {
            &mut *text
        };
        if argument.deprecated {
            target.push_str("        /// Deprecated by the provider.\n");
        } else if argument.required {
            target.push_str("        /// Required.\n");
        }
        if argument.place == "Place::File" {
            let _ = writeln!(target, "        {index} {},", argument.name);
        } else {
            let _ = writeln!(
                target,
                "        {index} {}: {},",
                argument.name, argument.ty
            );
        }
    }
    text.push_str("    }\n");
    if !files.is_empty() {
        let _ = write!(text, "    files {{\n{files}    }}\n");
    }
    text.push_str("}\n");
}

fn data(operation: &Operation, text: &mut String) {
    let _ = write!(
        text,
        "\n/// `{} {}`\npub static {}: data::Operation = data::Operation {{\n",
        operation.method,
        operation.path,
        static_name(operation)
    );
    let mut facts = vec![
        format!("id: {}", quoted(&operation.id)),
        format!("name: {}", quoted(&operation.name.dotted())),
        format!(
            "method: data::Method::{}",
            type_name(&operation.method.to_lowercase())
        ),
        format!("path: {}", quoted(&operation.path)),
    ];
    if operation.body != "Body::None" {
        facts.push(format!("body: data::{}", operation.body));
    }
    if operation.answer != "Answer::Json" {
        facts.push(format!("answer: data::{}", operation.answer));
    }
    if operation.repeat != "Repeat::Unsafe" {
        facts.push(format!("repeat: data::{}", operation.repeat));
    }
    if operation.server.is_some() {
        facts.push(format!(
            "server: {}",
            quoted_option(operation.server.as_deref())
        ));
    }
    if operation.deprecated {
        facts.push("deprecated: true".to_owned());
    }
    text.push_str(&wrapped(facts, 4));
    list("arguments", operation.arguments.iter().map(argument), text);
    let bounds = operation
        .arguments
        .iter()
        .enumerate()
        .flat_map(|(index, argument)| {
            argument
                .bounds
                .iter()
                .map(move |bound| format!("({index}, data::{bound})"))
        });
    list("bounds", bounds, text);
    if let Some((_, rule)) = &operation.paging {
        let _ = writeln!(text, "    paging: {},", paging(rule));
    }
    text.push_str("    ..data::Operation::DEFAULT\n};\n");
}

fn list(name: &str, items: impl Iterator<Item = String>, text: &mut String) {
    let items: Vec<String> = items.collect();
    if !items.is_empty() {
        let _ = write!(text, "    {name}: &[\n{}    ],\n", wrapped(items, 8));
    }
}

fn argument(argument: &Argument) -> String {
    let (how, style) = match argument.place.as_str() {
        "Place::Path" => return format!("data::Argument::path({:?})", argument.wire),
        "Place::Field" => ("field", None),
        "Place::File" => ("file", None),
        "Place::Body" => ("body", None),
        "Place::Header" => ("header", None),
        place => (
            "query",
            place
                .trim_start_matches("Place::Query(")
                .strip_suffix(')')
                .filter(|style| *style != "QueryStyle::Form"),
        ),
    };
    let style = style
        .map(|style| format!(".styled(data::{style})"))
        .unwrap_or_default();
    let needed = if argument.required { ".needed()" } else { "" };
    format!("data::Argument::{how}({:?}){style}{needed}", argument.wire)
}

fn paging(rule: &Paging) -> String {
    let next = match rule.kind.as_str() {
        "last_item" => {
            format!(
                "LastItem {{ argument: {:?}, field: {:?}, more: {:?} }}",
                rule.argument, rule.field, rule.more
            )
        }
        "token" => format!(
            "Token {{ argument: {:?}, path: {:?}, more: {:?} }}",
            rule.argument, rule.path, rule.more
        ),
        "url" => format!("Url {{ path: {:?} }}", rule.path),
        _ => format!(
            "Offset {{ argument: {:?}, more: {:?} }}",
            rule.argument, rule.more
        ),
    };
    format!(
        "Some(data::Paging {{ items: {:?}, next: data::Next::{next}, size: {} }})",
        rule.items,
        quoted_option(rule.size.as_deref())
    )
}
