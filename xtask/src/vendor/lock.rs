//! The `[source]` table of `specs/<provider>/lock.toml`: where the facts come from and how many they are.
//!
//! The other tables belong to the generator and stay as they are.

use miette::{IntoDiagnostic, Result, WrapErr};
use toml_edit::{DocumentMut, Item, Table, value};

/// Where a document comes from and what it holds.
#[derive(Debug)]
pub(super) struct Source {
    /// Name of the upstream file.
    pub(super) file: String,
    /// In our words, what the file is.
    pub(super) origin: String,
    /// Licence of the source.
    pub(super) licence: String,
    /// Version of OpenAPI.
    pub(super) openapi: String,
    /// Version of the API.
    pub(super) version: String,
    /// When the document was current.
    pub(super) date: String,
    /// Hash of the upstream file.
    pub(super) sha256: String,
    /// Hash of `openapi.json`.
    pub(super) facts_sha256: String,
    /// Number of operations.
    pub(super) operations: usize,
    /// Number of component schemas.
    pub(super) schemas: usize,
    /// Number of webhook events.
    pub(super) events: usize,
    /// Prose was kept on demand.
    pub(super) prose: bool,
}

/// The text of `lock.toml` with a new `[source]`.
///
/// # Errors
///
/// When the present text is no TOML.
pub(super) fn update(present: &str, source: &Source) -> Result<String> {
    let mut lock: DocumentMut = present.parse().into_diagnostic().wrap_err("failed to read lock.toml")?;
    let mut table = Table::new();
    for (name, text) in [
        ("file", &source.file),
        ("origin", &source.origin),
        ("licence", &source.licence),
        ("openapi", &source.openapi),
        ("version", &source.version),
        ("date", &source.date),
        ("sha256", &source.sha256),
        ("openapi_sha256", &source.facts_sha256),
    ] {
        table[name] = value(text);
    }
    for (name, count) in [
        ("operations", source.operations),
        ("schemas", source.schemas),
        ("events", source.events),
    ] {
        table[name] = value(i64::try_from(count).into_diagnostic()?);
    }
    if source.prose {
        table["prose"] = value(true);
    }
    if let Some(old) = lock.get("source").and_then(Item::as_table) {
        *table.decor_mut() = old.decor().clone();
        table.set_position(old.position());
    } else {
        table
            .decor_mut()
            .set_prefix("# Written by `cargo xtask vendor` and `cargo xtask generate`. Do not edit.\n\n");
        table.set_position(Some(0));
    }
    lock["source"] = Item::Table(table);
    Ok(lock.to_string())
}
