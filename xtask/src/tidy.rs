//! `cargo xtask tidy`: the rules of the repository that a compiler does not know.
//!
//! Every rule is a pure function from data to problems; this file gathers the data once and prints all that was found.

mod features;
mod files;
mod header;
mod layers;
mod names;
mod size;
mod tree;
mod weight;
mod words;

use std::path::Path;

use miette::Result;

use crate::report::{Problems, counted};
use crate::{cargo, repository};

/// Checks the repository.
///
/// # Errors
///
/// When a rule is broken: one report names every violation and what to do about it.
pub(crate) fn run() -> Result<()> {
    let root = repository::root()?;
    let files = files::read(&root)?;
    let packages = layers::packages(&cargo::output(cargo::cargo(&root).args([
        "metadata",
        "--no-deps",
        "--format-version",
        "1",
    ]))?)?;
    let providers = repository::providers(&root)?;
    let mut problems = Problems::default();
    tree::check(&files::top_level(&root)?, &mut problems);
    layers::check(&packages, &providers, &mut problems);
    features::check(&packages, &mut problems);
    for provider in packages.iter().filter(|package| layers::is_provider(&package.name)) {
        weight::check(&provider.name, &dependencies(&root, &provider.name)?, &mut problems);
    }
    for file in &files {
        names::check(file, &mut problems);
        size::check(file, &mut problems);
        header::check(file, &providers, &mut problems);
        words::check(file, &mut problems);
    }
    problems.into_result("the repository")?;
    println!(
        "tidy: {}, {}, nothing to do",
        counted(packages.len(), "crate"),
        counted(files.len(), "file")
    );
    Ok(())
}

/// The names of the crates that one of ours needs beyond the HTTP client and what that needs itself.
///
/// # Errors
///
/// When cargo cannot say.
pub(crate) fn crates_beyond_client(root: &Path, package: &str) -> Result<Vec<String>> {
    let tree = dependencies(root, package)?;
    let names = weight::extra(&tree)
        .into_iter()
        .filter_map(|name| name.split(' ').next());
    Ok(names.map(str::to_owned).collect())
}

/// The tree of everything that a user of this crate compiles, a line each, headed by its depth.
fn dependencies(root: &Path, package: &str) -> Result<String> {
    let arguments = [
        "tree",
        "--edges",
        "normal",
        "--prefix",
        "depth",
        "--no-dedupe",
        "--package",
        package,
    ];
    Ok(String::from_utf8_lossy(&cargo::output(cargo::cargo(root).args(arguments))?).into_owned())
}

#[cfg(test)]
mod tests;
