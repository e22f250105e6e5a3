//! `directus types`: structs for the collections of an instance, from its schema snapshot.
//!
//! Nothing is asked over the network: `integrator call directus schema.snapshot` writes the snapshot down.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use miette::{IntoDiagnostic, WrapErr};
use serde_json::Value;

use crate::{repository, specs};

mod schema;
#[cfg(test)]
mod tests;
mod write;

use schema::Schema;

/// Arguments of `directus`.
#[derive(Debug, Parser)]
pub(crate) struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Writes a struct for each collection, to be read by `client.collection(..)`
    Types(Types),
}

#[derive(Debug, Parser)]
struct Types {
    /// Schema snapshot as JSON, as `integrator call directus schema.snapshot` or `directus schema snapshot` write it
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// File to write; standard output when none is named
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Writes the structs.
///
/// # Errors
/// When the snapshot cannot be read or is none.
pub(crate) fn run(args: &Args) -> miette::Result<()> {
    let What::Types(types) = &args.what;
    let root = repository::root()?;
    let snapshot = json(&types.from)?;
    let document = json(&root.join(specs::document("directus")))?;
    let text =
        types_of(&snapshot, &document).map_err(|problem| miette::miette!("{}: {problem}", types.from.display()))?;
    match &types.to {
        Some(path) => {
            specs::write(path, text.as_bytes())?;
        }
        None => print!("{text}"),
    }
    Ok(())
}

fn json(path: &Path) -> miette::Result<Value> {
    serde_json::from_slice(&specs::read(path)?)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to read {} as JSON", path.display()))
}

/// The pure part of [`run`].
fn types_of(snapshot: &Value, document: &Value) -> Result<String, String> {
    Schema::read(snapshot, document).map(|schema| write::file(&schema))
}
