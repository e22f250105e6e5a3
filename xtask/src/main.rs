//! `cargo xtask`: the commands that keep this repository true to the documents it is made from.
//!
//! This file owns the command line; what a command does lives in the module of its name. The generator stands on heavy
//! dependencies: a program built without them starts itself again with them, see `again`.

#![allow(clippy::print_stdout, reason = "a command-line tool answers on stdout")]

#[cfg(not(all(feature = "codegen", any(test, feature = "network"))))]
mod again;
mod bench;
mod cargo;
mod demo;
#[cfg(feature = "codegen")]
mod diff;
#[cfg(feature = "codegen")]
mod directus;
mod gate;
#[cfg(feature = "codegen")]
mod generate;
#[cfg(feature = "codegen")]
mod new_provider;
mod report;
mod repository;
#[cfg(feature = "codegen")]
mod specs;
mod stopwatch;
mod tidy;
#[cfg(feature = "codegen")]
mod vendor;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Commands for the people who work on this repository.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Takes an upstream OpenAPI document into `specs/`, facts only, and writes the provider's contract
    #[cfg(feature = "codegen")]
    Vendor(vendor::Args),
    /// Takes an upstream OpenAPI document into `specs/`, facts only, and writes the provider's contract
    #[cfg(not(feature = "codegen"))]
    Vendor(again::Args),
    /// Writes the providers' crates from `specs/`
    #[cfg(feature = "codegen")]
    Generate(generate::Args),
    /// Writes the providers' crates from `specs/`
    #[cfg(not(feature = "codegen"))]
    Generate(again::Args),
    /// Sets up a provider from an OpenAPI document: specs, crate, proof; names what a person must decide
    #[cfg(feature = "codegen")]
    NewProvider(new_provider::Args),
    /// Sets up a provider from an OpenAPI document: specs, crate, proof; names what a person must decide
    #[cfg(not(feature = "codegen"))]
    NewProvider(again::Args),
    /// Says what a new document would change for users, as Markdown
    #[cfg(feature = "codegen")]
    Diff(diff::Args),
    /// Says what a new document would change for users, as Markdown
    #[cfg(not(feature = "codegen"))]
    Diff(again::Args),
    /// Writes structs for the collections of a Directus instance
    #[cfg(feature = "codegen")]
    Directus(directus::Args),
    /// Writes structs for the collections of a Directus instance
    #[cfg(not(feature = "codegen"))]
    Directus(again::Args),
    /// Checks layers, sizes, names, headers and words; names everything that is wrong
    Tidy,
    /// Runs everything that must hold before a change is taken
    Test(gate::Args),
    /// Runs the main job against mocks that misbehave
    Demo(demo::Args),
    /// Measures what the crates cost
    Bench(bench::Args),
}

fn main() -> ExitCode {
    if let Some(log) = std::env::var_os(bench::wrapper::LOG) {
        return bench::wrapper::run(&log);
    }
    match run(Arguments::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(report) => {
            eprintln!("Error: {report:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> miette::Result<()> {
    match command {
        #[cfg(feature = "codegen")]
        Command::Vendor(args) => vendor::run(&args),
        #[cfg(not(feature = "codegen"))]
        Command::Vendor(args) => again::run("vendor", &args),
        #[cfg(feature = "codegen")]
        Command::Generate(args) => generate::run(args),
        #[cfg(not(feature = "codegen"))]
        Command::Generate(args) => again::run("generate", &args),
        #[cfg(feature = "codegen")]
        Command::NewProvider(args) => new_provider::run(args),
        #[cfg(not(feature = "codegen"))]
        Command::NewProvider(args) => again::run("new-provider", &args),
        #[cfg(feature = "codegen")]
        Command::Diff(args) => diff::run(&args),
        #[cfg(not(feature = "codegen"))]
        Command::Diff(args) => again::run("diff", &args),
        #[cfg(feature = "codegen")]
        Command::Directus(args) => directus::run(&args),
        #[cfg(not(feature = "codegen"))]
        Command::Directus(args) => again::run("directus", &args),
        Command::Tidy => tidy::run(),
        Command::Test(args) => gate::run(&args),
        Command::Demo(args) => demo::run(&args),
        Command::Bench(args) => bench::run(&args),
    }
}
