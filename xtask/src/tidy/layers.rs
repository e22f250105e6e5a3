//! Who may depend on whom: the layer table of `crates/README.md`, checked over `cargo metadata`.

use std::collections::BTreeMap;

use miette::{IntoDiagnostic, Result, WrapErr};
use serde::Deserialize;

use crate::report::Problems;

/// The workspace's crates by layer: each may depend on lower ones. Providers stand in [`PROVIDERS`] without being named.
const LAYERS: [(&str, u8); 8] = [
    ("integrator-core", 0),
    ("integrator-contract", 1),
    ("integrator-webhook", 1),
    ("integrator-mock", 2),
    ("integrator-llm", 2),
    ("integrator", 3),
    ("integrator-cli", 4),
    ("integrator-tests", 4),
];

/// The layer of the providers: every other `integrator-…` is one.
const PROVIDERS: u8 = 1;

/// Crates that see only part of the layers below.
const NARROW: [(&str, &[&str]); 3] = [
    ("integrator-mock", &["integrator-core", "integrator-contract"]),
    (
        "integrator-llm",
        &["integrator-core", "integrator-openai", "integrator-anthropic"],
    ),
    ("xtask", &[]),
];

/// Crates of others that only one of ours may use.
const ONLY: [(&str, &str); 6] = [
    ("jsonschema", "integrator-contract"),
    ("openapiv3", "xtask"),
    ("prettyplease", "xtask"),
    ("progenitor", "xtask"),
    ("redis", "integrator-core"),
    ("sqlx", "integrator-webhook"),
];

/// Crates of others that only tests may use.
const ONLY_IN_TESTS: [&str; 1] = ["wiremock"];

/// One crate of the workspace.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    pub(super) name: String,
    /// What each feature switches on.
    #[serde(default)]
    pub(super) features: BTreeMap<String, Vec<String>>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `dev`, `build`, or none for an ordinary one.
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// The crates in the answer of `cargo metadata --no-deps`.
///
/// # Errors
///
/// When the text is none.
pub(super) fn packages(metadata: &[u8]) -> Result<Vec<Package>> {
    let metadata: Metadata = serde_json::from_slice(metadata)
        .into_diagnostic()
        .wrap_err("failed to read what `cargo metadata` says")?;
    Ok(metadata.packages)
}

/// Whether this is the crate of a provider.
pub(super) fn is_provider(name: &str) -> bool {
    provider(name).is_some()
}

/// The provider whose crate this is.
fn provider(name: &str) -> Option<&str> {
    let is_part = LAYERS.iter().any(|(known, _)| *known == name);
    name.strip_prefix("integrator-").filter(|_| !is_part)
}

/// Checks every crate: its place, and each of its dependencies.
pub(super) fn check(packages: &[Package], providers: &[String], problems: &mut Problems) {
    for package in packages {
        let name = package.name.as_str();
        let stands = match provider(name) {
            Some(provider) => providers.iter().any(|known| known == provider),
            None => layer(name).is_some() || name == "xtask",
        };
        if !stands {
            let help = "a provider has its document in specs/; any other crate needs a place in the layer table of \
                        crates/README.md and in xtask/src/tidy/layers.rs";
            problems.add(name, "stands in no layer", help);
        }
        for dependency in &package.dependencies {
            let is_ours = dependency.name == "xtask" || packages.iter().any(|package| package.name == dependency.name);
            let broken = if is_ours {
                ours(package, dependency)
            } else {
                theirs(package, dependency)
            };
            if let Some(help) = broken {
                problems.add(&package.name, format!("depends on {}", dependency.name), help);
            }
        }
    }
}

fn layer(name: &str) -> Option<u8> {
    let listed = LAYERS.iter().find(|(known, _)| *known == name).map(|(_, layer)| *layer);
    listed.or_else(|| is_provider(name).then_some(PROVIDERS))
}

/// What to do about a dependency on a crate of the workspace, if it is not allowed.
fn ours(package: &Package, dependency: &Dependency) -> Option<String> {
    let (from, to) = (package.name.as_str(), dependency.name.as_str());
    if is_provider(from) && is_provider(to) && from != to {
        return Some("providers never see each other: what both need belongs into core".to_owned());
    }
    // An example or a test may use what stands above: only xtask stays alone.
    if dependency.kind.as_deref() == Some("dev") && from != "xtask" {
        return None;
    }
    if let Some((_, allowed)) = NARROW.iter().find(|(name, _)| *name == from) {
        let listed = if allowed.is_empty() {
            "no crate of the workspace".to_owned()
        } else {
            allowed.join(", ")
        };
        return (!allowed.contains(&to)).then(|| format!("it may depend on {listed}"));
    }
    let (Some(above), Some(below)) = (layer(from), layer(to)) else {
        return None;
    };
    (below >= above)
        .then(|| format!("{from} is in layer {above}, {to} in layer {below}: move what both need into a lower layer"))
}

/// What to do about a dependency on a crate of others, if it is not allowed.
fn theirs(package: &Package, dependency: &Dependency) -> Option<String> {
    let name = dependency.name.as_str();
    if ONLY_IN_TESTS.contains(&name) && dependency.kind.as_deref() != Some("dev") {
        return Some(format!("{name} is for tests: put it under [dev-dependencies]"));
    }
    let (_, owner) = ONLY
        .iter()
        .find(|(only, owner)| *only == name && *owner != package.name)?;
    Some(format!("only {owner} may use {name}: ask it for what you need"))
}
