//! The proof of the setters: per operation one function that hands arguments to each of them.

use std::fmt::Write as _;

use super::super::model::Model;
use super::operations::call_name;

/// Text of `tests/tests/encode_<provider>/generated.rs`.
pub(crate) fn proof(model: &Model, provider: &str, header: &str) -> String {
    let files = model
        .operations
        .iter()
        .flat_map(|operation| &operation.arguments)
        .any(|argument| argument.place == "Place::File");
    let readers = if files { "{read, upload}" } else { "read" };
    let mut text = format!(
        "{header}\n#![allow(unused_mut, reason = \"not every operation has a setter\")]\n\n\
         use integrator_core::generated::*;\n#[allow(unused_imports, reason = \"one prelude\")]\n\
         use integrator_core::{{Call, Sending}};\n\
         use integrator_{provider}::types::*;\nuse integrator_{provider}::{{self as provider, Client}};\n\
         use integrator_tests::arguments::Arguments;\n\nuse super::run::{readers};\n\n\
         type Built = Result<Call<Value>, String>;\n\n"
    );
    text.push_str(
        "pub(crate) const OPERATIONS: &[(&str, fn(&Client, &Arguments) -> Built)] = &[\n",
    );
    for (index, operation) in model.operations.iter().enumerate() {
        let _ = writeln!(text, "    ({:?}, operation_{index}),", operation.id);
    }
    text.push_str("];\n\n/// Every call and its answer can be stored, spawned and sent elsewhere.\npub(crate) fn owned() {\n    fn is<T: Send + 'static>() {}\n");
    for operation in &model.operations {
        let _ = writeln!(
            text,
            "    is::<provider::{}::{}>();\n    is::<Sending<{}>>();",
            operation.name.resources.join("::"),
            call_name(operation),
            operation.answer_type
        );
    }
    text.push_str("}\n");
    for (index, operation) in model.operations.iter().enumerate() {
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
        let unused = if operation.arguments.is_empty() {
            "_a"
        } else {
            "a"
        };
        let _ = write!(
            text,
            "\n/// `{} {}`\nfn operation_{index}(client: &Client, {unused}: &Arguments) -> Built {{\n    let mut call = client{accessors}.{}({});\n",
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
                    .any(|other| other.wire == argument.wire && other.place != argument.place);
            let key = if clash {
                format!("body.{}", argument.wire)
            } else {
                argument.wire.clone()
            };
            let read = if argument.place == "Place::File" {
                format!("upload(a, {key:?})")
            } else {
                format!("read::<{}>(a, {key:?})", argument.ty)
            };
            let _ = write!(
                text,
                "    if let Some(value) = {read}? {{\n        call = call.{}(value);\n    }}\n",
                argument.name
            );
        }
        text.push_str("    Ok(call.raw())\n}\n");
    }
    text
}
