//! `directus types`: structs for the collections of an instance, from its schema snapshot.
//!
//! The snapshot is a file, or asked of the instance with the token of an administrator.

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use miette::{IntoDiagnostic, WrapErr};
use serde_json::Value;

use crate::{repository, specs};

#[cfg(any(test, feature = "network"))]
mod fetch;
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
#[group(id = "source", required = true, multiple = false, args = ["from", "url"])]
struct Types {
    /// Schema snapshot as JSON, as `integrator call directus schema.snapshot` or `directus schema snapshot` write it
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Instance to ask for its snapshot; the token of an administrator is read from DIRECTUS_TOKEN
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Lets the token go to `--url` over plain HTTP, where that is not this machine
    #[arg(long, requires = "url")]
    allow_plain_http: bool,
    /// File to write; standard output when none is named
    #[arg(long, value_name = "FILE")]
    to: Option<PathBuf>,
}

/// Writes the structs.
///
/// # Errors
/// When the snapshot cannot be had or is none.
pub(crate) fn run(args: &Args) -> miette::Result<()> {
    let What::Types(types) = &args.what;
    let (source, snapshot) = match (&types.from, &types.url) {
        (Some(path), _) => (path.display().to_string(), json(path)?),
        #[cfg(any(test, feature = "network"))]
        (None, Some(url)) => (url.clone(), fetch::snapshot(url, types.allow_plain_http)?),
        #[cfg(not(any(test, feature = "network")))]
        (None, Some(_)) => return crate::again::with_network(),
        (None, None) => miette::bail!("give --from or --url"),
    };
    let document = json(&repository::root()?.join(specs::document("directus")))?;
    let text = types_of(&snapshot, &document).map_err(|problem| miette::miette!("{source}: {problem}"))?;
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
