//! Operations as statics, calls and resources.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::super::facts::Paging;
use super::super::model::{Argument, Body, Model, Operation, Stream, by_name, takes_files};
use super::super::names::type_name;
use super::text::{quoted, quoted_list, quoted_option, wrapped};

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
        open.extend(operation.stream.as_ref().map(|stream| stream.event.as_str()));
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
                users.entry(word.to_owned()).or_default().insert(module.clone());
                match &target.body {
                    Body::Object(fields) => open.extend(fields.iter().map(|field| field.ty.as_str())),
                    Body::Union(cases) => open.extend(cases.iter().map(|case| case.ty.as_str())),
                    Body::Enum(_) => {}
                }
            }
        }
    }
    // The first of a shape is used wherever the others are.
    for ty in &model.types {
        if let Some((first, modules)) = ty.same_as.as_ref().zip(users.get(&ty.name).cloned()) {
            users.entry(first.clone()).or_default().extend(modules);
        }
    }
    users
}

pub(super) fn write(node: &Node<'_>, text: &mut String) {
    resource(node, text);
    for operation in &node.operations {
        call(operation, text);
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
    for operation in &node.operations {
        documented(operation, "        ", text);
        let arguments: Vec<String> = operation
            .arguments
            .iter()
            .enumerate()
            .filter(|(_, argument)| argument.place == "Place::Path")
            .map(|(index, argument)| format!("{index} {}", argument.name))
            .collect();
        // An alias that is the name itself is an error of rustc's.
        let alias = (operation.id != operation.name.verb).then(|| format!(" as {:?}", operation.id));
        let _ = writeln!(
            text,
            "        {}({}) -> {}{},",
            operation.name.verb,
            arguments.join(", "),
            call_name(operation),
            alias.unwrap_or_default()
        );
    }
    text.push_str("    }");
    let below = node.below.iter();
    let below: Vec<String> = below
        .map(|below| format!("{below}: {below}::{}Resource", type_name(below)))
        .collect();
    if !below.is_empty() {
        let _ = write!(text, " resources {{\n{}    }}", wrapped(below, 8));
    }
    text.push_str("\n}\n");
}

fn documented(operation: &Operation, indent: &str, text: &mut String) {
    if let Some(summary) = &operation.summary {
        let _ = writeln!(text, "{indent}/// {summary}\n{indent}///");
    }
    let _ = writeln!(text, "{indent}/// `{} {}`", operation.method, operation.path);
    if operation.deprecated {
        let _ = writeln!(text, "{indent}///\n{indent}/// Deprecated by the provider.");
    }
}

/// What stands above a call: the verb says the rest.
fn headline(operation: &Operation) -> String {
    let place = || format!("`{} {}`", operation.method, operation.path);
    operation.summary.clone().unwrap_or_else(place)
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
    let _ = writeln!(text, "    /// {}", headline(operation));
    let items = operation
        .paging
        .as_ref()
        .map(|(item, _)| format!(", items {item}"))
        .unwrap_or_default();
    let stream = operation.stream.as_ref();
    let events = stream
        .map(|stream| format!(", stream {}", stream.event))
        .unwrap_or_default();
    let _ = writeln!(
        text,
        "    {} as {} -> {}{items}{events} {{",
        static_name(operation),
        call_name(operation),
        operation.answer_type
    );
    text.push_str(&wrapped(facts(operation), 8));
    text.push_str("    }\n");
    let path: Vec<String> = placed(operation, is_path)
        .map(|(_, argument)| quoted(&argument.wire))
        .collect();
    if !path.is_empty() {
        let _ = writeln!(text, "    path({})", path.join(", "));
    }
    for (index, argument) in placed(operation, |place| !is_path(place) && !takes_files(place)) {
        note(argument, "    ", text);
        let _ = writeln!(
            text,
            "    {index} {}: {} = {},",
            argument.name,
            argument.ty,
            place(argument)
        );
    }
    for (block, is) in [
        ("files", (|place| place == "Place::File") as fn(&str) -> bool),
        ("lists", is_list),
    ] {
        let mut arguments = placed(operation, is).peekable();
        if arguments.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "    {block} {{");
        for (index, argument) in arguments {
            note(argument, "        ", text);
            let (wire, names) = (&argument.wire, argument.place.trim_start_matches("Place::File"));
            let names = names.trim_start_matches('s');
            let _ = writeln!(
                text,
                "        {index} {} = {wire:?}{names}{},",
                argument.name,
                needed(argument)
            );
        }
        text.push_str("    }\n");
    }
    if let Some(switch) = operation
        .arguments
        .iter()
        .find(|argument| is_switch(operation, argument))
    {
        let _ = writeln!(text, "    switch {}", place(switch));
    }
    text.push_str("}\n");
}

/// Whether an argument asks for a stream, so that there is no setter for it.
pub(super) fn is_switch(operation: &Operation, argument: &Argument) -> bool {
    let switch = operation.stream.as_ref().and_then(|stream| stream.switch.as_ref());
    switch.is_some_and(|(name, _)| *name == argument.wire)
}

/// Arguments in such places with their positions.
fn placed(operation: &Operation, wanted: fn(&str) -> bool) -> impl Iterator<Item = (usize, &Argument)> {
    let arguments = operation.arguments.iter().enumerate();
    arguments.filter(move |(_, argument)| wanted(&argument.place) && !is_switch(operation, argument))
}

fn is_list(place: &str) -> bool {
    place.starts_with("Place::Files")
}

fn is_path(place: &str) -> bool {
    place == "Place::Path"
}

fn note(argument: &Argument, indent: &str, text: &mut String) {
    if argument.deprecated {
        let _ = writeln!(text, "{indent}/// Deprecated by the provider.");
    } else if argument.required {
        let _ = writeln!(text, "{indent}/// Required.");
    }
}

fn needed(argument: &Argument) -> &'static str {
    if argument.required { ".needed()" } else { "" }
}

fn place(argument: &Argument) -> String {
    let needed = needed(argument);
    let how = match argument.place.as_str() {
        "Place::Field" => "field",
        "Place::Body" => "body",
        "Place::Header" => "header",
        place if place.starts_with("Place::Part(") => {
            let media_type = place.trim_start_matches("Place::Part(").trim_end_matches(')');
            return format!("part({:?}; {media_type}){needed}", argument.wire);
        }
        place => {
            let style = place
                .trim_start_matches("Place::Query(QueryStyle::")
                .trim_end_matches(')');
            return match style {
                "Form" => format!("query({:?}){needed}", argument.wire),
                style => format!("query({:?}, {style}){needed}", argument.wire),
            };
        }
    };
    format!("{how}({:?}){needed}", argument.wire)
}

/// What differs from `Operation::DEFAULT` of core.
fn facts(operation: &Operation) -> Vec<String> {
    let mut facts = vec![
        format!("id: {}", quoted(&operation.id)),
        format!("name: {}", quoted(&operation.name.dotted())),
        format!("method: data::Method::{}", type_name(&operation.method.to_lowercase())),
        format!("path: {}", quoted(&operation.path)),
    ];
    let mut differs = |name: &str, value: &str, default: &str| {
        if value != default {
            facts.push(format!("{name}: data::{value}"));
        }
    };
    differs("body", &operation.body, "Body::None");
    differs("lists", operation.lists, "Lists::Indexed");
    differs("answer", operation.answer, "Answer::Json");
    differs("repeat", operation.repeat, "Repeat::Unsafe");
    if !operation.repeatable_unless.is_empty() {
        facts.push(format!(
            "repeatable_unless: {}",
            quoted_list(&operation.repeatable_unless)
        ));
    }
    if !operation.headers.is_empty() {
        let headers: Vec<String> = operation
            .headers
            .iter()
            .map(|(name, value)| format!("({name:?}, {value:?})"))
            .collect();
        facts.push(format!("headers: &[{}]", headers.join(", ")));
    }
    if let Some(group) = &operation.group {
        facts.push(format!("group: {}", quoted(group)));
    }
    if operation.key.is_some() {
        facts.push(format!("key: {}", quoted_option(operation.key.as_deref())));
    }
    if operation.server.is_some() {
        facts.push(format!("server: {}", quoted_option(operation.server.as_deref())));
    }
    if let Some(how) = &operation.long_query {
        facts.push(format!(
            "long_query: Some(data::LongQuery {{ method: data::Method::{}, header: {}, member: {} }})",
            type_name(&how.method.to_lowercase()),
            quoted_option(how.header.as_deref()),
            quoted(&how.member)
        ));
    }
    if operation.deprecated {
        facts.push("deprecated: true".to_owned());
    }
    let bounds: Vec<String> = operation
        .arguments
        .iter()
        .enumerate()
        .flat_map(|(index, argument)| {
            argument
                .bounds
                .iter()
                .map(move |bound| format!("({index}, data::{bound})"))
        })
        .collect();
    if !bounds.is_empty() {
        facts.push(format!("bounds: &[{}]", bounds.join(", ")));
    }
    if let Some((_, rule)) = &operation.paging {
        facts.push(format!("paging: {}", paging(rule)));
    }
    if let Some(stream) = &operation.stream {
        facts.push(format!("stream: {}", streaming(stream)));
    }
    facts
}

fn streaming(stream: &Stream) -> String {
    let mut facts = Vec::new();
    match &stream.switch {
        None => facts.push("switch: None".to_owned()),
        Some((name, value)) if (name.as_str(), *value) == ("stream", "true") => {}
        Some((name, value)) => facts.push(format!("switch: Some(({name:?}, {value:?}))")),
    }
    if stream.framing != "Framing::Data" {
        facts.push(format!("framing: data::{}", stream.framing));
    }
    for (name, types) in [
        ("opening", &stream.opening),
        ("last", &stream.last),
        ("closing", &stream.closing),
    ] {
        if !types.is_empty() {
            facts.push(format!("{name}: {}", quoted_list(types)));
        }
    }
    if facts.is_empty() {
        return "Some(data::Streaming::DEFAULT)".to_owned();
    }
    format!(
        "Some(data::Streaming {{ {}, ..data::Streaming::DEFAULT }})",
        facts.join(", ")
    )
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
        _ => format!("Offset {{ argument: {:?}, more: {:?} }}", rule.argument, rule.more),
    };
    format!(
        "Some(data::Paging {{ items: {:?}, next: data::Next::{next}, size: {} }})",
        rule.items,
        quoted_option(rule.size.as_deref())
    )
}
