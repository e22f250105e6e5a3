//! `generate`: from `specs/<provider>/` to the provider's crate. A straight pipe of pure functions over one document.

use std::collections::BTreeMap;
use std::path::Path;

use clap::Parser;
use comfy_table::{ContentArrangement, Table};
use miette::{IntoDiagnostic, WrapErr, miette};
use serde_json::Value;
use toml_edit::DocumentMut;

use crate::repository;
use crate::specs::digest;

mod calls;
mod emit;
mod engine;
mod facts;
mod files;
mod hoist;
mod join;
mod lock;
mod model;
pub(crate) mod names;
pub(crate) mod overlay;
pub(crate) mod passes;
mod readme;
mod refused;
mod surface;
#[cfg(test)]
mod tests;

pub(crate) use facts::Facts;
use files::Tree;
use model::Model;
use passes::{PASSES, Report};

/// Arguments of `generate`.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    /// Providers; all when none is named
    providers: Vec<String>,
    /// Writes nothing; prints what would change and fails if anything would
    #[arg(long)]
    check: bool,
}

impl Args {
    /// To generate one provider.
    pub(crate) fn of(provider: &str) -> Self {
        Self {
            providers: vec![provider.to_owned()],
            check: false,
        }
    }
}

/// Generates, or checks that what is there was generated from what is there.
pub(crate) fn run(args: Args) -> miette::Result<()> {
    let root = repository::root()?;
    let known = repository::providers(&root)?;
    let providers = if args.providers.is_empty() {
        known.clone()
    } else {
        args.providers
    };
    let unknown: Vec<&String> = providers.iter().filter(|provider| !known.contains(provider)).collect();
    if !unknown.is_empty() {
        return Err(miette!(
            "no document for {unknown:?}; known are {known:?}; take one in with `cargo xtask vendor <provider> --from FILE`"
        ));
    }
    let mut summary = Table::new();
    summary.load_style(comfy_table::presets::UTF8_FULL_CONDENSED);
    summary.set_content_arrangement(ContentArrangement::Disabled);
    summary.set_header([
        "provider",
        "operations",
        "structs",
        "enums",
        "unions",
        "lines",
        "per operation",
        "passes",
    ]);
    let mut diff = String::new();
    let mut rows = BTreeMap::new();
    for provider in &providers {
        let made = generate(&root, provider)?;
        if args.check {
            diff.push_str(&made.tree.diff(&root)?);
        } else {
            made.tree.write(&root)?;
        }
        rows.insert(provider.clone(), made.row);
        let (objects, enums, unions) = lock::kinds(&made.model);
        let hits: Vec<String> = made
            .passes
            .iter()
            .map(|(name, report)| format!("{name} {}", report.hits))
            .collect();
        let operations = made.model.operations.len();
        summary.add_row([
            provider.clone(),
            operations.to_string(),
            objects.to_string(),
            enums.to_string(),
            unions.to_string(),
            made.lines.to_string(),
            (made.lines / operations.max(1)).to_string(),
            hits.join("\n"),
        ]);
    }
    let mut table = Tree::default();
    let readme = text(&root, "README.md")?;
    table.add(
        "README.md",
        readme::update(&readme, &rows).map_err(|problem| miette!("{problem}"))?,
    );
    let readme = text(&root, "specs/README.md")?;
    table.add(
        "specs/README.md",
        readme::sources(&readme, &sources(&root, &known)?).map_err(|problem| miette!("{problem}"))?,
    );
    let with_page = |provider: &&String| rows.contains_key(*provider) || root.join(calls::path(provider)).is_file();
    let pages: Vec<&str> = known.iter().filter(with_page).map(String::as_str).collect();
    table.add(calls::MODULE, calls::module(&pages));
    if args.check {
        diff.push_str(&table.diff(&root)?);
    } else {
        table.write(&root)?;
    }
    println!("{summary}");
    if diff.is_empty() {
        return Ok(());
    }
    print!("{diff}");
    Err(miette!(
        "generated files are not what `cargo xtask generate` writes; run it and commit the result"
    ))
}

/// A row for every provider that is set up, whether it was generated now or not.
fn sources(root: &Path, providers: &[String]) -> miette::Result<Vec<String>> {
    let mut rows = Vec::new();
    for provider in providers {
        let facts = root.join("specs").join(provider).join("provider.toml");
        if !facts.is_file() {
            continue;
        }
        let lock = text(root, &format!("specs/{provider}/lock.toml"))?;
        let lock: DocumentMut = lock
            .parse()
            .into_diagnostic()
            .wrap_err_with(|| format!("read specs/{provider}/lock.toml"))?;
        rows.push(readme::source(&Facts::read(&facts)?.title, &lock));
    }
    Ok(rows)
}

/// Brings a document into the form that two can be compared in: the passes up to `merge`.
///
/// # Errors
/// Everything that makes the document unusable.
pub(crate) fn flatten(document: &mut Value) -> miette::Result<()> {
    let last = PASSES.iter().position(|pass| pass.name == "merge");
    for pass in &PASSES[..=last.unwrap_or_default()] {
        let report = pass.run(document);
        if !report.problems.is_empty() {
            let place = format!("pass `{}` ({})", pass.name, pass.why);
            return Err(fail("the document", &place, &report.problems));
        }
    }
    Ok(())
}

/// What users call the operations of a flattened document, by path and method: `client.users().me`.
///
/// # Errors
/// Names that must be settled.
pub(crate) fn names(document: &Value, facts: &Facts) -> Result<BTreeMap<(String, String), String>, Vec<String>> {
    let names = surface::name(document, facts)?;
    let call = |name: &surface::Name| {
        let resources: String = name.resources.iter().map(|resource| format!(".{resource}()")).collect();
        format!("client{resources}.{}", name.verb)
    };
    Ok(names.iter().map(|(place, name)| (place.clone(), call(name))).collect())
}

/// Entries for `[names]` that settle what several operations would be called: a PUT beside another update replaces, any
/// other takes the words of its id.
pub(crate) fn settled(document: &Value, facts: &Facts) -> BTreeMap<String, String> {
    let (names, _) = surface::draft(document, facts);
    let mut groups: BTreeMap<String, Vec<&(String, String)>> = BTreeMap::new();
    for (place, name) in &names {
        groups.entry(name.dotted()).or_default().push(place);
    }
    let mut settled = BTreeMap::new();
    for (dotted, places) in groups.iter().filter(|(_, places)| places.len() > 1) {
        let (resource, _) = dotted.rsplit_once('.').unwrap_or_default();
        let keep = places.iter().find(|(_, method)| method != "put").or(places.first());
        for (path, method) in places.iter().filter(|place| Some(*place) != keep) {
            let id = document["paths"][path][method]["operationId"]
                .as_str()
                .unwrap_or_default();
            let replace = format!("{resource}.replace");
            let name = if method == "put" && !groups.contains_key(&replace) {
                replace
            } else {
                format!("{resource}.{}", names::value_name(id))
            };
            settled.insert(id.to_owned(), name);
        }
    }
    settled
}

fn text(root: &Path, path: &str) -> miette::Result<String> {
    std::fs::read_to_string(root.join(path))
        .into_diagnostic()
        .wrap_err_with(|| format!("read {path}"))
}

#[derive(Debug)]
struct Made {
    tree: Tree,
    row: String,
    model: Model,
    passes: Vec<(&'static str, Report)>,
    lines: usize,
}

fn generate(root: &Path, provider: &str) -> miette::Result<Made> {
    let folder = root.join("specs").join(provider);
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read_to_string(&path)
            .into_diagnostic()
            .wrap_err_with(|| format!("read {}", path.display()))
    };
    let text = read("openapi.json")?;
    let facts_text = read("provider.toml")?;
    let overlay_text = std::fs::read_to_string(folder.join("overlay.yaml")).unwrap_or_default();
    let mut lock: DocumentMut = read("lock.toml")?
        .parse()
        .into_diagnostic()
        .wrap_err("read lock.toml")?;
    let facts = Facts::read(&folder.join("provider.toml"))?;
    let pins = lock::pins(&lock);

    let mut document: Value = serde_json::from_str(&text)
        .into_diagnostic()
        .wrap_err("read openapi.json")?;
    let vendored = operations(&document);
    overlay::apply(&mut document, &overlay_text).map_err(|problems| fail(provider, "overlay.yaml", &problems))?;
    let version = document
        .pointer("/info/version")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    let refused = refused::find(&document);
    if !refused.is_empty() {
        return Err(fail(provider, "openapi.json says what cannot be expressed", &refused));
    }
    let mut reports = Vec::new();
    for pass in PASSES {
        let report = pass.run(&mut document);
        if !report.problems.is_empty() {
            return Err(fail(
                provider,
                &format!("pass `{}` ({})", pass.name, pass.why),
                &report.problems,
            ));
        }
        reports.push((pass.name, report));
    }
    let names = surface::name(&document, &facts).map_err(|problems| fail(provider, "names", &problems))?;
    let hoisted = hoist::run(&mut document, &names, &pins);
    if !hoisted.problems.is_empty() {
        return Err(fail(provider, "type names", &hoisted.problems));
    }
    reports.push((
        "hoist",
        Report {
            hits: hoisted.types,
            ..Report::default()
        },
    ));
    reports.push((
        "join",
        Report {
            hits: hoisted.joined,
            ..Report::default()
        },
    ));
    let mut model = model::build(&document, &names, &facts, &hoisted.pins)
        .map_err(|problems| fail(provider, "types", &problems))?;
    reports.push((
        "same_shape",
        Report {
            hits: join::join(&mut model.types),
            ..Report::default()
        },
    ));
    if model.operations.len() != vendored {
        return Err(miette!(
            "{provider}: {vendored} operations vendored, {} generated",
            model.operations.len()
        ));
    }

    let hash = digest(
        [text.as_bytes(), facts_text.as_bytes(), overlay_text.as_bytes()]
            .concat()
            .as_slice(),
    );
    let short = hash.get(..16).unwrap_or(&hash);
    let header = format!(
        "// Generated by `cargo xtask generate {provider}` from specs/{provider} (sha256 {short}). Do not edit.\n"
    );
    let files = emit::emit(&model, &facts, provider, &version, &header)
        .map_err(|problem| fail(provider, "emit", &[problem]))?;
    let lines = files.values().map(|text| text.lines().count()).sum();
    let mut tree = Tree::default();
    let source = format!("crates/integrator-{provider}/src");
    tree.own(format!("{source}/generated"));
    for (path, text) in files {
        tree.add(format!("{source}/{path}"), text);
    }
    let proof = format!("tests/tests/encode_{provider}");
    tree.own(format!("{proof}/generated"));
    for (path, text) in emit::proof(&model, provider, &header) {
        tree.add(format!("{proof}/{path}"), text);
    }
    tree.add(format!("specs/{provider}/api.md"), lock::api(&model, &facts.title));
    tree.add(calls::path(provider), calls::page(&model, &document, &facts.title));
    let row = readme::row(provider, &version, &model, &facts, &lock);
    lock::write(&mut lock, &model, &reports, &hoisted.pins, lines);
    tree.add(format!("specs/{provider}/lock.toml"), lock.to_string());
    Ok(Made {
        tree,
        row,
        model,
        passes: reports,
        lines,
    })
}

fn operations(document: &Value) -> usize {
    let mut count = 0;
    passes::each_operation(&mut document.clone(), &mut |_, _| count += 1);
    count
}

/// One report with everything that is wrong.
fn fail(provider: &str, place: &str, problems: &[String]) -> miette::Report {
    miette!(
        "{provider}: {place}\n{}",
        problems
            .iter()
            .map(|problem| format!("  - {problem}"))
            .collect::<Vec<_>>()
            .join("\n")
    )
}
