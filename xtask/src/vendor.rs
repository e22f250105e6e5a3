//! `cargo xtask vendor`: takes an upstream document into the repository, facts only.
//!
//! Reads, checks, strips, then writes `openapi.json`, the `[source]` table of `lock.toml` and the contract. What is made
//! of the facts afterwards is `generate`'s affair.

mod check;
mod contract;
mod contradictions;
mod facts;
mod grammar;
mod identify;
mod known;
mod lock;
mod pointer;
mod read;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use miette::{IntoDiagnostic, Result, WrapErr, bail, miette};
use serde::Serialize;
use serde_json::{Value, json};

use crate::generate::overlay;
use crate::report::counted;
use crate::{repository, specs};
use lock::Source;

/// Arguments of `vendor`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Name of the provider: lower-case letters, digits and dashes
    pub(crate) provider: String,
    /// The upstream document: OpenAPI 3.0 or 3.1, JSON or YAML
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Version of the API, where the document names none or a wrong one
    #[arg(long)]
    version: Option<String>,
    /// When the document was current, such as 2026-11-17
    #[arg(long)]
    date: Option<String>,
    /// Licence of the source, as an SPDX expression
    #[arg(long, alias = "license")]
    licence: Option<String>,
    /// What the document is, in one line
    #[arg(long)]
    origin: Option<String>,
    /// Keeps descriptions and examples, for a tree of your own
    #[arg(long)]
    keep_prose: bool,
}

/// What one document becomes.
struct Vendored {
    facts: String,
    contract: Vec<u8>,
    lock: String,
    summary: String,
}

/// Takes a document in.
///
/// # Errors
///
/// When the document is malformed (one report names every problem) or a file cannot be read or written.
pub(crate) fn run(args: &Args) -> Result<()> {
    let provider = &args.provider;
    let plain = |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    if !provider.starts_with(|first: char| first.is_ascii_lowercase()) || !provider.chars().all(plain) {
        bail!("`{provider}` is no name of a provider: use lower-case letters, digits and dashes, such as `stripe`");
    }
    let root = repository::root()?;
    let lock = root.join(specs::lock(provider));
    let present = if lock.is_file() {
        specs::read(&lock)?
    } else {
        Vec::new()
    };
    let present = String::from_utf8(present)
        .into_diagnostic()
        .wrap_err("failed to read lock.toml")?;
    let corrections = root.join(specs::corrections(provider));
    let corrections = if corrections.is_file() {
        specs::read(&corrections)?
    } else {
        Vec::new()
    };
    let corrections = String::from_utf8(corrections)
        .into_diagnostic()
        .wrap_err("failed to read corrections.yaml")?;
    let vendored = vendor(args, &specs::read(&args.from)?, &present, &corrections)?;
    for (path, bytes) in [
        (specs::document(provider), vendored.facts.as_bytes()),
        (specs::lock(provider), vendored.lock.as_bytes()),
        (specs::contract(provider), &vendored.contract),
    ] {
        let changed = specs::write(&root.join(&path), bytes)?;
        println!("{} {}", if changed { "wrote    " } else { "unchanged" }, path.display());
    }
    println!("{}", vendored.summary);
    Ok(())
}

/// The pure part of [`run`]: from bytes to bytes.
fn vendor(args: &Args, bytes: &[u8], present_lock: &str, corrections: &str) -> Result<Vendored> {
    let file = file_name(&args.from)?;
    let mut document = read::parse(&file, bytes)?;
    if let (Some(version), Some(Value::Object(info))) = (&args.version, document.get_mut("info")) {
        info.insert("version".to_owned(), json!(version));
    }
    check::check(&document).into_result(&file)?;
    let (mut document, dropped) = facts::strip(document, args.keep_prose);
    let named = identify::fill(&mut document);
    overlay::apply(&mut document, corrections)
        .map_err(|problems| miette!("corrections.yaml\n  - {}", problems.join("\n  - ")))?;
    let settled = contradictions::settle(&mut document);
    let facts = pretty(&document)?;
    let contract = contract::build(&args.provider, &document);
    let source = source(args, file, bytes, &document, &contract, &facts);
    let summary = summary(&source, &dropped, named, settled);
    Ok(Vendored {
        contract: contract::pack(&contract)?,
        lock: lock::update(present_lock, &source)?,
        facts,
        summary,
    })
}

/// The facts of a document, as [`run`] would write them.
///
/// # Errors
///
/// When the document is malformed; one report names every problem.
pub(crate) fn facts(from: &Path, bytes: &[u8]) -> Result<Value> {
    let file = file_name(from)?;
    let document = read::parse(&file, bytes)?;
    check::check(&document).into_result(&file)?;
    let (mut document, _) = facts::strip(document, false);
    identify::fill(&mut document);
    Ok(document)
}

/// The names of what the provider may deliver.
pub(crate) fn events(document: &Value) -> Vec<String> {
    let events = contract::events(document);
    let named = |event: &Value| event.get("type")?.as_str().map(str::to_owned);
    events.as_array().into_iter().flatten().filter_map(named).collect()
}

/// One space per level: the large documents are mostly indentation.
fn pretty(document: &Value) -> Result<String> {
    let mut text = Vec::new();
    let format = serde_json::ser::PrettyFormatter::with_indent(b" ");
    document
        .serialize(&mut serde_json::Serializer::with_formatter(&mut text, format))
        .into_diagnostic()?;
    text.push(b'\n');
    String::from_utf8(text).into_diagnostic()
}

fn file_name(path: &Path) -> Result<String> {
    let name = path
        .file_name()
        .ok_or_else(|| miette!("{} is no file", path.display()))?;
    Ok(name.to_string_lossy().into_owned())
}

fn source(args: &Args, file: String, bytes: &[u8], document: &Value, contract: &Value, facts: &str) -> Source {
    let known = known::known(&args.provider);
    let or = |given: &Option<String>, known: Option<&str>| {
        given.clone().unwrap_or_else(|| known.unwrap_or("unknown").to_owned())
    };
    let text = |pointer| {
        document
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    let count = |value: Option<&Value>| match value {
        Some(Value::Array(items)) => items.len(),
        Some(Value::Object(members)) => members.len(),
        _ => 0,
    };
    Source {
        file,
        origin: or(&args.origin, known.map(|known| known.origin)),
        licence: or(&args.licence, known.map(|known| known.licence)),
        openapi: text("/openapi"),
        version: text("/info/version"),
        date: or(&args.date, known.map(|known| known.date)),
        sha256: specs::digest(bytes),
        facts_sha256: specs::digest(facts.as_bytes()),
        operations: count(contract.get("operations")),
        schemas: count(contract.get("schemas")),
        events: count(contract.get("events")),
        prose: args.keep_prose,
    }
}

fn summary(source: &Source, dropped: &facts::Dropped, named: usize, settled: usize) -> String {
    let mut lines = vec![format!(
        "{}, {}, {}",
        counted(source.operations, "operation"),
        counted(source.schemas, "schema"),
        counted(source.events, "event")
    )];
    if named > 0 {
        lines.push(format!(
            "{} without an id got one from method and path",
            counted(named, "operation")
        ));
    }
    if settled > 0 {
        lines.push(format!(
            "{} settled, which no value satisfied",
            counted(settled, "schema")
        ));
    }
    for (what, members) in [
        ("extensions", &dropped.extensions),
        ("members unknown to OpenAPI", &dropped.unknown),
    ] {
        if !members.is_empty() {
            lines.push(format!("left out {what}: {}", listed(members)));
        }
    }
    lines.join("\n")
}

fn listed(members: &BTreeMap<String, usize>) -> String {
    members
        .iter()
        .map(|(name, count)| format!("{name} ({count})"))
        .collect::<Vec<_>>()
        .join(", ")
}

#[cfg(test)]
mod tests;
