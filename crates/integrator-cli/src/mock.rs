//! `integrator mock`: a simulated provider to point other programs at.

use std::path::{Path, PathBuf};

use clap::Args as ClapArgs;
use integrator::{
    Provider,
    mock::{Cassette, Faults, FaultsError, Mock},
};

use crate::{failure::Failure, output, providers};

/// Arguments of `mock`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Whom to simulate
    #[arg(value_parser = providers::parse)]
    provider: &'static Provider,
    /// Port on 127.0.0.1; any free one unless given
    #[arg(long, default_value_t = 0)]
    port: u16,
    /// Makes other examples; the same seed makes the same ones
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// What goes wrong, and when: a TOML file of `[[fault]]` tables, as the guide's page on testing tells
    #[arg(long, value_name = "FILE")]
    faults: Option<PathBuf>,
    /// Keeps what is created, where the provider's table has it; nothing is there at first
    #[arg(long)]
    stateful: bool,
    /// Limits requests as the provider documents it, and tells what is left in its headers
    #[arg(long)]
    limited: bool,
    /// Refuses requests without a credential; any will do
    #[arg(long)]
    authenticated: bool,
    /// Writes every exchange to this cassette when it is interrupted, without secrets
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Answers what stands on this cassette, strictly in its order
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stateful", "record"])]
    replay: Option<PathBuf>,
}

/// Serves until the process is interrupted.
///
/// # Errors
/// When the port cannot be had, or a file is wrong.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let faults = args
        .faults
        .as_deref()
        .map(|path| faults(args.provider, path))
        .transpose()?;
    let mut builder = Mock::builder(args.provider).port(args.port).seed(args.seed).keep(1_000);
    if args.stateful {
        builder = builder.stateful();
    }
    if args.limited {
        builder = builder.limited();
    }
    if args.authenticated {
        builder = builder.authenticated();
    }
    let cassette = Cassette::new(args.provider);
    if args.record.is_some() {
        builder = builder.record(&cassette);
    }
    if let Some(path) = &args.replay {
        builder = builder.replay(&Cassette::open(args.provider, path)?);
    }
    let mock = builder.start().await?;
    if let Some(faults) = faults {
        mock.script(faults);
    }
    output::line(format!("{} at {}", args.provider.title, mock.url()))?;
    output::line(format!(
        "try: {}=any integrator call {} {} --base-url {}",
        args.provider.credential_env,
        args.provider.name,
        first_list(args.provider),
        mock.url()
    ))?;
    tokio::signal::ctrl_c().await.map_err(|source| Failure::Io {
        action: "wait for an interrupt".to_owned(),
        source,
    })?;
    if let Some(path) = &args.record {
        cassette.save(path)?;
        output::line(format!("{} exchanges on {}", cassette.len(), path.display()))?;
    }
    Ok(())
}

fn faults(provider: &Provider, path: &Path) -> Result<Faults, Failure> {
    let text = std::fs::read_to_string(path).map_err(|source| Failure::Io {
        action: format!("read {}", path.display()),
        source,
    })?;
    let told = |error: FaultsError| {
        let problems = error.problems.iter().map(|problem| format!("\n  {problem}"));
        Failure::Usage(format!("{} is wrong:{}", path.display(), problems.collect::<String>()))
    };
    Faults::from_toml(provider, &text).map_err(told)
}

/// An operation that needs no argument.
fn first_list(provider: &Provider) -> &'static str {
    let mut operations = provider.operations.iter();
    let simple = operations
        .find(|operation| operation.paging.is_some() && operation.arguments.iter().all(|argument| !argument.required));
    simple.map_or("OPERATION", |operation| operation.name)
}
