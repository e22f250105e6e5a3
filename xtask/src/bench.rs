//! `cargo xtask bench build`: what a provider's crate costs those who build it, beside the targets.
//!
//! Builds a user's project in a folder of its own, with [`wrapper`] between cargo and rustc, and adds up per crate.
//! What calls cost when they run is measured by the benches of the crates.

mod record;
mod scratch;
pub(crate) mod wrapper;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use clap::{Args as ClapArgs, Subcommand};
use miette::{Result, bail, miette};

use crate::tidy::crates_beyond_client;
use crate::{cargo, repository};
use scratch::Scratch;

/// Arguments of `bench`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measures what building a provider's crate, and a program on top of it, costs
    Build {
        /// Name of the provider
        #[arg(default_value = "stripe")]
        provider: String,
    },
}

/// Measures and prints a Markdown table.
///
/// # Errors
///
/// When the provider is unknown or a build fails.
pub(crate) fn run(args: &Args) -> Result<()> {
    let What::Build { provider } = &args.what;
    let root = repository::root()?;
    let providers = repository::providers(&root)?;
    if !providers.contains(provider) {
        bail!(
            "there is no provider `{provider}`: specs/ holds {}",
            providers.join(", ")
        );
    }
    let rows = measure(&root, provider)?;
    println!("{}\n\n{}", compiler(&root)?, table(provider, &rows));
    Ok(())
}

/// One line of the table.
#[derive(Debug)]
struct Row {
    what: String,
    measured: f64,
    unit: &'static str,
    /// What must not be exceeded.
    target: Option<f64>,
}

fn measure(root: &Path, provider: &str) -> Result<Vec<Row>> {
    let package = format!("integrator-{provider}");
    let above: BTreeSet<String> = crates_beyond_client(root, &package)?
        .into_iter()
        .chain([package.clone()])
        .collect();
    let scratch = Scratch::create(root, provider)?;

    eprintln!("checking {package} and everything below it");
    let check = scratch.cargo(&["check"])?;
    eprintln!("building the same for debugging");
    let debug = scratch.cargo(&["build"])?;
    scratch.touch()?;
    let rebuild = scratch.cargo(&["build"])?;
    eprintln!("building the same for release");
    let release = scratch.cargo(&["build", "--release"])?;

    // Targets exist for the largest provider; the others stay far below.
    let goal = |target: f64| (provider == "stripe").then_some(target);
    let row = |what: &str, measured, unit, target| Row {
        what: what.to_owned(),
        measured,
        unit,
        target,
    };
    let mut rows = vec![
        row("provider, check, above reqwest", check.cpu(&above), "CPU s", None),
        row("provider, debug, above reqwest", debug.cpu(&above), "CPU s", goal(30.0)),
        row(
            "provider, release, above reqwest",
            release.cpu(&above),
            "CPU s",
            goal(35.0),
        ),
        row("provider's own crate, debug", debug.cpu(&only(&package)), "CPU s", None),
        row(
            "provider's own crate, peak of rustc, debug",
            debug.peak_gigabytes(&package),
            "GB",
            goal(1.7),
        ),
        row(
            "provider's own crate, peak of rustc, release",
            release.peak_gigabytes(&package),
            "GB",
            None,
        ),
    ];
    if scratch.calls > 0 {
        let user = only(scratch::PACKAGE);
        let program = format!("program with {} operations", scratch.calls);
        rows.extend([
            row(&format!("{program}, debug"), debug.cpu(&user), "CPU s", goal(10.0)),
            row(&format!("{program}, release"), release.cpu(&user), "CPU s", goal(55.0)),
            row(
                &format!("{program}, stripped"),
                scratch.binary_megabytes()?,
                "MB",
                goal(5.0),
            ),
        ]);
    }
    rows.push(row(
        "crates built again after a change of the program",
        rebuild.crates(),
        "crates",
        Some(1.0),
    ));
    rows.push(row(
        "generated lines per operation",
        lines_per_operation(root, provider)?,
        "lines",
        Some(60.0),
    ));
    Ok(rows)
}

fn only(package: &str) -> BTreeSet<String> {
    BTreeSet::from([package.to_owned()])
}

fn lines_per_operation(root: &Path, provider: &str) -> Result<f64> {
    let lock = fs::read_to_string(root.join(format!("specs/{provider}/lock.toml"))).unwrap_or_default();
    let operations = lock
        .lines()
        .find_map(|line| line.strip_prefix("operations = ")?.trim().parse::<f64>().ok());
    let operations = operations.ok_or_else(|| miette!("specs/{provider}/lock.toml does not count the operations"))?;
    let sources = root.join(format!("crates/integrator-{provider}/src"));
    Ok(f64::from(lines(&sources.join("generated.rs")) + lines(&sources.join("generated"))) / operations)
}

/// The lines of a file, or of all files below a folder.
fn lines(path: &Path) -> u32 {
    match fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| lines(&entry.path())).sum(),
        Err(_) => fs::read_to_string(path).map_or(0, |text| u32::try_from(text.lines().count()).unwrap_or(u32::MAX)),
    }
}

fn table(provider: &str, rows: &[Row]) -> String {
    let mut text = format!("| {provider} | measured | target | ratio |\n|---|---|---|---|");
    for Row {
        what,
        measured,
        unit,
        target,
    } in rows
    {
        let (target, ratio) = match target {
            Some(target) => (format!("≤ {target} {unit}"), format!("{:.2}", measured / target)),
            None => ("–".to_owned(), "–".to_owned()),
        };
        text += &format!("\n| {what} | {measured:.1} {unit} | {target} | {ratio} |");
    }
    text
}

/// The version of the compiler, which all the numbers depend on.
fn compiler(root: &Path) -> Result<String> {
    let version = cargo::output(cargo::cargo(root).arg("--version"))?;
    Ok(String::from_utf8_lossy(&version).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_compares_with_the_targets() {
        let row = |measured, target| Row {
            what: "debug".to_owned(),
            measured,
            unit: "CPU s",
            target,
        };
        insta::assert_snapshot!(table("acme", &[row(24.0, Some(30.0)), row(7.25, None)]), @r#"
        | acme | measured | target | ratio |
        |---|---|---|---|
        | debug | 24.0 CPU s | ≤ 30 CPU s | 0.80 |
        | debug | 7.2 CPU s | – | – |
        "#);
    }
}
