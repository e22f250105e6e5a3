//! The tables of providers in `README.md` and `specs/README.md`, between their markers: one row a provider, in order of
//! name.

use std::collections::BTreeMap;

use toml_edit::DocumentMut;

use super::facts::Facts;
use super::model::{Model, Operation, takes_files};

const BEGIN: &str = "<!-- providers:begin -->\n";
const END: &str = "<!-- providers:end -->";
const SOURCES: (&str, &str) = ("<!-- sources:begin -->\n", "<!-- sources:end -->");

/// The row of a provider in the table of sources, from the `[source]` of its `lock.toml`.
pub(crate) fn source(title: &str, lock: &DocumentMut) -> String {
    let text = |name: &str| {
        let source = lock.get("source").and_then(|source| source.get(name)?.as_str());
        source.unwrap_or_default().to_owned()
    };
    format!("| {title} | {} | {} |", text("origin"), text("licence"))
}

/// `specs/README.md` with these rows and no others.
///
/// # Errors
/// When the markers are not there.
pub(crate) fn sources(text: &str, rows: &[String]) -> Result<String, String> {
    let (begin, end) = SOURCES;
    let missing = || {
        format!(
            "specs/README.md has no table between `{}` and `{end}`",
            begin.trim_end()
        )
    };
    let (before, rest) = text.split_once(begin).ok_or_else(missing)?;
    let (table, after) = rest.split_once(end).ok_or_else(missing)?;
    let head: Vec<&str> = table.lines().take(2).collect();
    let rows: String = rows.iter().map(|row| format!("{row}\n")).collect();
    Ok(format!("{before}{begin}{}\n{rows}{end}{after}", head.join("\n")))
}

/// The row of a provider.
pub(crate) fn row(provider: &str, version: &str, model: &Model, facts: &Facts, lock: &DocumentMut) -> String {
    let mut kinds: Vec<(&str, usize)> = Vec::new();
    for kind in ["last_item", "token", "url", "offset"] {
        let of_kind = |operation: &&Operation| operation.paging.as_ref().is_some_and(|(_, paging)| paging.kind == kind);
        match model.operations.iter().filter(of_kind).count() {
            0 => {}
            count => kinds.push((if kind == "url" { "URL" } else { kind }, count)),
        }
    }
    let paging: Vec<String> = kinds
        .iter()
        .map(|(kind, count)| format!("{count} by {}", kind.replace('_', " ")))
        .collect();
    let file = |operation: &&Operation| operation.arguments.iter().any(|argument| takes_files(&argument.place));
    let uploads = model.operations.iter().filter(file).count();
    let events = lock
        .get("source")
        .and_then(|source| source.get("events")?.as_integer())
        .unwrap_or_default();
    format!(
        "| {} | `integrator-{provider}` | [{}](specs/{provider}/api.md) | {version} | {} | {uploads} | {events} | `{}` |",
        facts.title,
        model.operations.len(),
        paging.join(", "),
        facts.env.credential
    )
}

/// The file with these rows; rows of other providers stay.
///
/// # Errors
/// When the markers are not there.
pub(crate) fn update(text: &str, rows: &BTreeMap<String, String>) -> Result<String, String> {
    let missing = || format!("README.md has no table between `{}` and `{END}`", BEGIN.trim_end());
    let (before, rest) = text.split_once(BEGIN).ok_or_else(missing)?;
    let (table, after) = rest.split_once(END).ok_or_else(missing)?;
    let mut lines = table.lines();
    let head: Vec<&str> = lines.by_ref().take(2).collect();
    let mut all: BTreeMap<String, String> = lines
        .filter_map(|line| {
            let (_, rest) = line.split_once("`integrator-")?;
            Some((rest.split('`').next()?.to_owned(), line.to_owned()))
        })
        .collect();
    all.extend(rows.iter().map(|(provider, row)| (provider.clone(), row.clone())));
    let rows: String = all.into_values().map(|row| format!("{row}\n")).collect();
    Ok(format!("{before}{BEGIN}{}\n{rows}{END}{after}", head.join("\n")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_other_providers_stay_in_order() {
        let text = format!("a\n{BEGIN}| h |\n|---|\n| B | `integrator-b` | 1 |\n{END}\nz\n");
        let rows = BTreeMap::from([("a".to_owned(), "| A | `integrator-a` | 2 |".to_owned())]);
        let new = update(&text, &rows).unwrap();
        assert_eq!(
            new,
            format!("a\n{BEGIN}| h |\n|---|\n| A | `integrator-a` | 2 |\n| B | `integrator-b` | 1 |\n{END}\nz\n")
        );
        assert!(update("no markers", &rows).unwrap_err().contains("providers:begin"));
    }
}
