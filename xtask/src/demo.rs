//! `cargo xtask demo`: the main job, run by the command-line program's own `demo`.
//!
//! Passes arguments and exit code through; what the demo does and expects belongs to the program.

use std::ffi::OsString;

use clap::Args as ClapArgs;
use miette::Result;

use crate::{cargo, repository};

/// Arguments of `demo`.
#[derive(Debug, ClapArgs)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Passed on as they are
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

/// Runs the demo and leaves with its exit code if it failed.
///
/// # Errors
///
/// When cargo cannot be started.
pub(crate) fn run(args: &Args) -> Result<()> {
    let mut demo = cargo::cargo(&repository::root()?);
    demo.args(["run", "--quiet", "--package", "integrator-cli", "--", "demo"])
        .args(&args.arguments);
    cargo::run_through(&mut demo)
}
