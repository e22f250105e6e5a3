//! Starts this program again, built with the generator.
//!
//! `demo`, `test` and the rest need none of the generator's dependencies, and need not wait for them.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use miette::Result;

use crate::{cargo, repository};

/// Arguments that the other build reads.
#[derive(Debug, ClapArgs)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Read by the program that is started
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs a command of the other build and leaves with its exit code if it failed.
///
/// # Errors
///
/// When cargo cannot be started.
pub(crate) fn run(command: &str, args: &Args) -> Result<()> {
    let mut again = cargo::cargo(&repository::root()?);
    again
        .args([
            "run",
            "--quiet",
            "--profile",
            "xtask",
            "--package",
            "xtask",
            "--",
            command,
        ])
        .args(&args.arguments);
    cargo::run_through(&mut again)
}
