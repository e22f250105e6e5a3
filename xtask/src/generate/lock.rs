//! The generator's tables of `lock.toml`, and `api.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml_edit::{DocumentMut, Item, Table, value};

use super::calls;
use super::hoist::Pins;
use super::model::{Body, Model};
use super::passes::Report;

/// Names that the file pins.
pub(crate) fn pins(lock: &DocumentMut) -> Pins {
    lock.get("types")
        .and_then(Item::as_table)
        .into_iter()
        .flat_map(Table::iter)
        .filter_map(|(name, pointer)| Some((name.to_owned(), pointer.as_str()?.to_owned())))
        .collect()
}

/// Writes the generator's tables, and leaves the others alone.
pub(crate) fn write(lock: &mut DocumentMut, model: &Model, passes: &[(&str, Report)], names: &Pins, lines: usize) {
    let count = |number: usize| value(i64::try_from(number).unwrap_or(i64::MAX));
    let mut generated = Table::new();
    generated.insert("operations", count(model.operations.len()));
    let own = model.types.iter().filter(|ty| ty.same_as.is_none());
    generated.insert("types", count(own.count()));
    generated.insert("lines", count(lines));
    // Everything that was vendored is generated: there is no way to drop an operation.
    generated.insert("dropped", value(toml_edit::Array::new()));
    lock.insert("generated", Item::Table(generated));
    let mut hits = Table::new();
    for (name, report) in passes {
        hits.insert(name, count(report.hits));
    }
    lock.insert("passes", Item::Table(hits));
    let mut remaining = Table::new();
    for (pointer, reason) in passes.iter().flat_map(|(_, report)| &report.remaining) {
        remaining.insert(pointer, value(reason));
    }
    lock.insert("remaining", Item::Table(remaining));
    let mut free_form = Table::new();
    let mut pointers = toml_edit::Array::new();
    let mut sorted: Vec<&String> = model.values.iter().collect();
    sorted.sort();
    sorted.dedup();
    for pointer in sorted {
        pointers.push(pointer.as_str());
    }
    for pointer in pointers.iter_mut() {
        pointer.decor_mut().set_prefix("\n    ");
    }
    pointers.set_trailing("\n");
    free_form.insert("pointers", value(pointers));
    lock.insert("values", Item::Table(free_form));
    let mut types = Table::new();
    for (name, pointer) in names {
        types.insert(name, value(pointer));
    }
    lock.insert("types", Item::Table(types));
}

/// One line an operation: what a reviewer reads.
pub(crate) fn api(model: &Model, title: &str) -> String {
    let mut text = format!("# {title}: operations\n\nWritten by `cargo xtask generate`; one line an operation.\n");
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for operation in &model.operations {
        let top = operation.name.resources.first().map_or("", String::as_str);
        let items = operation
            .paging
            .as_ref()
            .map(|(item, _)| format!(", items `{item}`"))
            .unwrap_or_default();
        let events = operation.stream.as_ref();
        let events = events
            .map(|stream| format!(", events `{}`", stream.event))
            .unwrap_or_default();
        groups.entry(top).or_default().push(format!(
            "- `{} {}` → `{}` → `{}`{items}{events}",
            operation.method,
            operation.path,
            calls::call(operation),
            operation.answer_type
        ));
    }
    for (group, lines) in groups {
        let _ = write!(text, "\n## {group}\n\n{}\n", lines.join("\n"));
    }
    text
}

/// Counts of types by kind: objects, enums, unions; aliases are none.
pub(crate) fn kinds(model: &Model) -> (usize, usize, usize) {
    let own = model.types.iter().filter(|ty| ty.same_as.is_none());
    own.fold((0, 0, 0), |(objects, enums, unions), ty| match ty.body {
        Body::Object(_) => (objects + 1, enums, unions),
        Body::Enum(_) => (objects, enums + 1, unions),
        Body::Union(_) => (objects, enums, unions + 1),
    })
}
