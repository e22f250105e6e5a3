//! `cargo xtask test`: everything that must hold before a change is taken, step by step.
//!
//! Needs nothing but Rust on the machine. Stops at the first step that fails and says how to run it alone. What a step
//! checks belongs to the tool that it starts; this file owns their order, their times and the table at the end.

mod steps;
mod tools;

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use clap::Args as ClapArgs;
use miette::{Result, bail};

use crate::repository;
use crate::stopwatch::Stopwatch;
use steps::{STEPS, Step};

/// Arguments of `test`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Runs one step alone; may be given several times
    #[arg(long, value_name = "STEP")]
    only: Vec<String>,
    /// Lists the steps
    #[arg(long)]
    list: bool,
}

/// Runs the steps.
///
/// # Errors
///
/// When a step fails, a tool is missing, or a name is unknown.
pub(crate) fn run(args: &Args) -> Result<()> {
    let steps = chosen(&args.only)?;
    if args.list {
        for step in steps {
            println!("{:<10}  {}", step.name, step.why);
        }
        return Ok(());
    }
    let root = repository::root()?;
    tools::ensure(&root, steps.iter().flat_map(|step| step.needs))?;
    let mut times = Vec::new();
    for step in steps {
        let outcome = timed(step, &root);
        times.push((step.name, outcome.1, outcome.0.is_ok()));
        if let Err(error) = outcome.0 {
            println!("\n{}", table(&times));
            return Err(error.wrap_err(format!(
                "the step `{0}` failed: run it alone with `cargo xtask test --only {0}`",
                step.name
            )));
        }
    }
    println!("\n{}", table(&times));
    Ok(())
}

/// Runs one step with a line before and after.
fn timed(step: &Step, root: &Path) -> (Result<()>, Duration) {
    println!("\n=== {}: {}", step.name, step.why);
    // The tools write to the same terminal.
    std::io::stdout().flush().ok();
    let watch = Stopwatch::start();
    let result = (step.run)(root);
    let elapsed = watch.elapsed();
    let verdict = if result.is_ok() { "ok" } else { "FAILED" };
    println!("=== {}: {verdict} after {:.1} s", step.name, elapsed.as_secs_f64());
    (result, elapsed)
}

/// The steps of these names in the gate's order; all when there are no names.
fn chosen(names: &[String]) -> Result<Vec<&'static Step>> {
    let unknown: Vec<&str> = names
        .iter()
        .map(String::as_str)
        .filter(|name| !STEPS.iter().any(|step| step.name == *name))
        .collect();
    if !unknown.is_empty() {
        let known: Vec<&str> = STEPS.iter().map(|step| step.name).collect();
        bail!(
            "there is no step {}: the steps are {}",
            unknown.join(", "),
            known.join(", ")
        );
    }
    Ok(STEPS
        .iter()
        .filter(|step| names.is_empty() || names.iter().any(|name| name == step.name))
        .collect())
}

/// The seconds of every step that ran, and their sum.
fn table(times: &[(&str, Duration, bool)]) -> String {
    let total: Duration = times.iter().map(|(_, elapsed, _)| *elapsed).sum();
    let mut lines = vec![format!("{:<10} {:>8}", "step", "seconds")];
    for (name, elapsed, passed) in times {
        let verdict = if *passed { "" } else { "  FAILED" };
        lines.push(format!("{name:<10} {:>8.1}{verdict}", elapsed.as_secs_f64()));
    }
    let passed = times.iter().filter(|(_, _, passed)| *passed).count();
    lines.push(format!("{:<10} {:>8.1}", "total", total.as_secs_f64()));
    lines.push(format!("gate: {passed} passed, {} failed", times.len() - passed));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_run_in_the_order_of_the_gate_whatever_the_order_of_the_names() {
        let names = ["tidy", "fmt"].map(str::to_owned);
        let steps: Vec<_> = chosen(&names).unwrap().iter().map(|step| step.name).collect();
        assert_eq!(steps, ["fmt", "tidy"]);
        assert_eq!(chosen(&[]).unwrap().len(), STEPS.len());
    }

    #[test]
    fn unknown_steps_are_all_named() {
        let names = ["fmt", "lint", "check"].map(str::to_owned);
        insta::assert_snapshot!(chosen(&names).unwrap_err(), @"there is no step lint, check: the steps are fmt, tidy, generate, clippy, tests, petstore, demo, sabotage, doc");
    }

    #[test]
    fn the_table_ends_with_what_passed() {
        let times = [
            ("fmt", Duration::from_millis(1_240), true),
            ("clippy", Duration::from_secs(73), false),
        ];
        insta::assert_snapshot!(table(&times), @r#"
        step        seconds
        fmt             1.2
        clippy         73.0  FAILED
        total          74.2
        gate: 1 passed, 1 failed
        "#);
    }
}
