//! The proof of the setters: per operation one function that hands arguments to each of them, and sends the call.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::model::{Model, Operation, takes_files};
use super::Files;
use super::operations::{call_name, is_switch};

/// Files below `tests/tests/encode_<provider>/`: the table of operations, and a file for each resource of the client.
pub(crate) fn proof(model: &Model, provider: &str, header: &str) -> Files {
    let mut modules: BTreeMap<&str, String> = BTreeMap::new();
    let mut table = String::new();
    let mut owned = String::new();
    for (index, operation) in model.operations.iter().enumerate() {
        let top = operation.name.resources.first().map_or("", String::as_str);
        build(operation, index, modules.entry(top).or_default());
        let _ = writeln!(table, "    ({:?}, {top}::operation_{index}),", operation.id);
        let call = format!(
            "integrator_{provider}::{}::{}",
            operation.name.resources.join("::"),
            call_name(operation)
        );
        let _ = writeln!(
            owned,
            "    is::<{call}>();\n    is::<Sending<{}>>();",
            operation.answer_type
        );
        if let Some(stream) = &operation.stream {
            let _ = writeln!(owned, "    is::<integrator_core::Events<{}>>();", stream.event);
        }
    }
    let mut files = Files::new();
    let uses = format!(
        "#[allow(unused_imports, reason = \"one prelude for all generated files\")]\nuse integrator_core::generated::*;\n\
         use integrator_{provider}::Client;\n\
         #[allow(unused_imports, reason = \"one prelude for all generated files\")]\nuse integrator_{provider}::types::*;\n"
    );
    let mut root = format!("{header}\n{uses}use integrator_core::Sending;\n\nuse super::run::{{Row, Sent}};\n\n");
    for module in modules.keys() {
        let _ = writeln!(root, "mod {module};");
    }
    let _ = write!(
        root,
        "\ntype Built = Result<Sent, String>;\n\n\
         pub(crate) const OPERATIONS: &[Row<Client>] = &[\n{table}];\n\n\
         /// Every call and its answer can be stored, spawned and sent elsewhere.\n\
         pub(crate) fn owned() {{\n    fn is<T: Send + 'static>() {{}}\n{owned}}}\n"
    );
    files.insert("generated.rs".to_owned(), root);
    for (module, functions) in modules {
        let text = format!(
            "{header}\n#![allow(unused_mut, reason = \"not every operation has a setter\")]\n\n{uses}\
             use integrator_tests::arguments::Arguments;\n\nuse super::Built;\n#[allow(unused_imports, reason = \"one prelude for all generated files\")]\n\
             use super::super::run::{{answered, read, streamed, upload}};\n{functions}"
        );
        files.insert(format!("generated/{module}.rs"), text);
    }
    files
}

fn build(operation: &Operation, index: usize, text: &mut String) {
    let accessors: String = operation
        .name
        .resources
        .iter()
        .map(|resource| format!(".{resource}()"))
        .collect();
    let path: Vec<String> = operation
        .arguments
        .iter()
        .filter(|argument| argument.place == "Place::Path")
        .map(|argument| format!("a.path({:?})", argument.wire))
        .collect();
    let unused = if operation.arguments.is_empty() { "_a" } else { "a" };
    let _ = write!(
        text,
        "\n/// `{} {}`\npub(super) fn operation_{index}(client: &Client, {unused}: &Arguments) -> Built {{\n    \
         let mut call = client{accessors}.{}({});\n",
        operation.method,
        operation.path,
        operation.name.verb,
        path.join(", ")
    );
    for argument in operation
        .arguments
        .iter()
        .filter(|argument| argument.place != "Place::Path")
    {
        let clash = argument.place == "Place::Field"
            && operation
                .arguments
                .iter()
                .any(|other| other.wire == argument.wire && !other.place.starts_with("Place::Fi"));
        let key = if clash {
            format!("body.{}", argument.wire)
        } else {
            argument.wire.clone()
        };
        if is_switch(operation, argument) {
            let _ = write!(
                text,
                "    if let Some(value) = read::<Value>(a, {key:?})? {{\n        call = call.set({key:?}, value);\n    }}\n"
            );
            continue;
        }
        let read = if argument.place == "Place::File" {
            format!("upload(a, {key:?})")
        } else if takes_files(&argument.place) {
            format!("super::super::run::uploads(a, {key:?})")
        } else {
            format!("read::<{}>(a, {key:?})", argument.ty)
        };
        let _ = write!(
            text,
            "    if let Some(value) = {read}? {{\n        call = call.{}(value);\n    }}\n",
            argument.name
        );
    }
    let send = if matches!(operation.answer_type.as_str(), "Download" | "Text") {
        "streamed"
    } else {
        "answered"
    };
    let _ = write!(text, "    Ok({send}(call.send()))\n}}\n");
}
