//! `cargo xtask diff`: what a new document would change for users, as Markdown for a pull request.
//!
//! Both documents go through the generator's first passes, so that another way to say the same is no change. Requests and
//! answers are judged apart, by what somebody's code would notice: a new member breaks nobody who reads it, a required
//! one everybody who sends it.

mod change;
mod compare;
mod markdown;
mod names;
mod schema;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::Args as ClapArgs;
use miette::{IntoDiagnostic, Result, WrapErr, bail};
use serde_json::Value;

use crate::report::counted;
use crate::{generate, repository, specs, vendor};
use change::Change;
use names::Surface;

/// Arguments of `diff`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Name of the provider
    provider: String,
    /// The new upstream document, as `vendor` takes it
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// Ends with exit code 1 when anything breaks
    #[arg(long)]
    fail_on_breaking: bool,
}

/// Prints what a document would change.
///
/// # Errors
///
/// When a document cannot be read, or when something breaks and that was to fail.
pub(crate) fn run(args: &Args) -> Result<()> {
    let root = repository::root()?;
    let path = specs::document(&args.provider);
    let old: Value = serde_json::from_slice(&specs::read(&root.join(&path))?)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to read {}", path.display()))?;
    let new = vendor::facts(&args.from, &specs::read(&args.from)?)?;
    let surface = Surface::read(&root, &args.provider)?;
    let compared = compare(old, new, &surface)?;
    print!("{}", markdown::write(&compared, &surface));
    let breaking = compared.changes.iter().filter(|change| change.breaks).count();
    if args.fail_on_breaking && breaking > 0 {
        bail!(
            "{} of the interface of {}",
            counted(breaking, "breaking change"),
            args.provider
        );
    }
    Ok(())
}

/// What was found in two documents.
#[derive(Debug)]
struct Compared {
    /// Title and versions, for the heading.
    title: String,
    old_version: String,
    new_version: String,
    /// In the order in which they are written.
    changes: Vec<Change>,
    /// Names that a person must settle in `provider.toml`.
    unsettled: Vec<String>,
}

/// The pure part of [`run`].
fn compare(mut old: Value, mut new: Value, surface: &Surface) -> Result<Compared> {
    let text = |document: &Value, pointer| {
        let text = document.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let title = text(&new, "/info/title");
    let (old_version, new_version) = (text(&old, "/info/version"), text(&new, "/info/version"));
    let events = (vendor::events(&old), vendor::events(&new));
    for document in [&mut old, &mut new] {
        generate::flatten(document)?;
    }
    let (calls, unsettled) = surface.of_new(&new);
    let mut changes = compare::documents(&old, &new, surface, &calls);
    compare::events(&events.0, &events.1, &mut changes);
    changes.sort();
    changes.dedup();
    Ok(Compared {
        title,
        old_version,
        new_version,
        changes,
        unsettled,
    })
}
