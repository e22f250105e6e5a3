//! The pages of the guide that lead from a call of the official SDK to ours, and the module that shows them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use super::model::{Model, Operation};
use super::passes::list;

/// The module of the façade that shows the pages.
pub(crate) const MODULE: &str = "crates/integrator/src/guide/calls.rs";

/// The page of a provider, relative to the root.
pub(crate) fn path(provider: &str) -> String {
    format!("crates/integrator/docs/calls/{provider}.md")
}

/// `client.customers().retrieve(customer)`
pub(crate) fn call(operation: &Operation) -> String {
    let resources: String = operation
        .name
        .resources
        .iter()
        .map(|resource| format!("{resource}()."))
        .collect();
    let arguments: Vec<&str> = operation
        .arguments
        .iter()
        .filter(|argument| argument.place == "Place::Path")
        .map(|argument| argument.name.as_str())
        .collect();
    format!("client.{resources}{}({})", operation.name.verb, arguments.join(", "))
}

/// A line for every name that the official SDK has for an operation, or its id where there is none.
pub(crate) fn page(model: &Model, document: &Value, title: &str) -> String {
    let mut lines = BTreeSet::new();
    let mut by_id = 0;
    for operation in &model.operations {
        let node = document
            .get("paths")
            .and_then(|paths| paths.get(&operation.path)?.get(operation.method.to_lowercase()));
        let official = node.and_then(|node| node.get("x-sdk-name")).into_iter();
        let aliases = list(node.and_then(|node| node.get("x-sdk-aliases")));
        let mut names: Vec<&str> = official.chain(aliases).filter_map(Value::as_str).collect();
        if names.is_empty() {
            names.push(&operation.id);
            by_id += 1;
        }
        lines.extend(names.into_iter().map(|name| (name.to_owned(), call(operation))));
    }
    let (what, column) = match by_id {
        0 => ("a call of the official SDK", "SDK"),
        count if count == model.operations.len() => ("an operation of the document", "operation"),
        _ => (
            "a call of the official SDK, or else an operation of the document,",
            "SDK or operation",
        ),
    };
    let mut text = format!(
        "# {title}\n\nWhat {what} is called here. Written by `cargo xtask generate`.\n\n| {column} | here |\n|---|---|\n"
    );
    for (name, call) in lines {
        let _ = writeln!(text, "| `{name}` | `{call}` |");
    }
    text
}

/// The module with a page for each of these providers.
pub(crate) fn module(providers: &[&str]) -> String {
    let mut text = "//! What a call of a provider's official SDK is called here: a page a provider.\n//!\n\
                    //! Written by `cargo xtask generate`.\n"
        .to_owned();
    for provider in providers {
        let _ = write!(
            text,
            "\n#[doc = include_str!(\"../../docs/calls/{provider}.md\")]\npub mod {provider} {{}}\n"
        );
    }
    text
}
