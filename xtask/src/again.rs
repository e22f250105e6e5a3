//! Starts this program again, built with what a command needs.
//!
//! `demo`, `test` and the rest need none of the generator's dependencies, and need not wait for them.

#[cfg(not(feature = "codegen"))]
use std::ffi::OsString;

#[cfg(not(feature = "codegen"))]
use clap::Args as ClapArgs;
use miette::Result;

use crate::{cargo, repository};

/// Arguments that the other build reads.
#[cfg(not(feature = "codegen"))]
#[derive(Debug, ClapArgs)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Read by the program that is started
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs a command of the build with the generator and leaves with its exit code if it failed.
///
/// # Errors
///
/// When cargo cannot be started.
#[cfg(not(feature = "codegen"))]
pub(crate) fn run(command: &str, args: &Args) -> Result<()> {
    let arguments = [OsString::from(command)]
        .into_iter()
        .chain(args.arguments.iter().cloned());
    cargo::run_through(cargo(&[])?.arg("--").args(arguments))
}

/// Runs the command that this program was started with in the build that can ask a server.
///
/// # Errors
///
/// When cargo cannot be started.
#[cfg(feature = "codegen")]
pub(crate) fn with_network() -> Result<()> {
    let arguments = std::env::args_os().skip(1);
    cargo::run_through(cargo(&["--features", "network"])?.arg("--").args(arguments))
}

fn cargo(features: &[&str]) -> Result<std::process::Command> {
    let mut again = cargo::cargo(&repository::root()?);
    again
        .args(["run", "--quiet", "--profile", "xtask", "--package", "xtask"])
        .args(features);
    Ok(again)
}
