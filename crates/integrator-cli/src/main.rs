//! The program `integrator`: the command line over every provider that the façade has.
//!
//! This file owns the command line and the exit code; what a command does lives in the module of its name.

mod call;
mod demo;
mod doctor;
mod failure;
mod mock;
mod operations;
mod output;
mod providers;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Calls any operation of any provider, simulates providers, and shows what the clients survive.
#[derive(Debug, Parser)]
#[command(name = "integrator", version, disable_help_subcommand = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Drives the generated clients through mocks that misbehave, and judges what comes of it
    Demo(demo::Args),
    /// Calls one operation and prints its answer
    Call(call::Args),
    /// Simulates a provider on this machine until it is interrupted
    Mock(mock::Args),
    /// Checks keys, settings, the way to a provider, and the clock
    Doctor(doctor::Args),
    /// Lists a provider's operations, or the arguments of one
    Operations(operations::Args),
}

#[tokio::main]
async fn main() -> ExitCode {
    let outcome = match Arguments::parse().command {
        Command::Demo(args) => demo::run(&args).await,
        Command::Call(args) => call::run(&args).await,
        Command::Mock(args) => mock::run(&args).await,
        Command::Doctor(args) => doctor::run(&args).await,
        Command::Operations(args) => operations::run(&args),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) if failure.is_closed_pipe() => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
