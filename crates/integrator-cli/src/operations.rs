//! `integrator operations`: what can be called, and with which arguments.

use clap::Args as ClapArgs;
use integrator::core::operation::{Place, Repeat};
use integrator::{Operation, Provider};

use crate::{failure::Failure, output, providers};

/// Arguments of `operations`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Whose operations
    #[arg(value_parser = providers::parse)]
    provider: &'static Provider,
    /// Only operations whose name or path holds this; the full name of one shows its arguments
    part: Option<String>,
}

/// Lists operations.
///
/// # Errors
/// When nothing fits, or stdout cannot be written to.
pub(crate) fn run(args: &Args) -> Result<(), Failure> {
    let part = args.part.as_deref().unwrap_or_default();
    if let Some(operation) = args.provider.operation(part) {
        return one(operation);
    }
    let fits = |operation: &&&Operation| operation.name.contains(part) || operation.path.contains(part);
    let operations: Vec<_> = args.provider.operations.iter().filter(fits).collect();
    if operations.is_empty() {
        providers::operation(args.provider, part)?;
    }
    let width = operations
        .iter()
        .map(|operation| operation.name.len())
        .max()
        .unwrap_or_default();
    for operation in operations {
        output::line(format!(
            "{:width$}  {:6} {}",
            operation.name,
            operation.method.as_str(),
            operation.path
        ))?;
    }
    Ok(())
}

/// One operation with its arguments.
fn one(operation: &Operation) -> Result<(), Failure> {
    let (method, path) = (operation.method.as_str(), operation.path);
    output::line(format!("{}  {method} {path}", operation.name))?;
    output::line(format!("repeat: {}", repeat(operation.repeat)))?;
    for argument in operation.arguments {
        let needed = if argument.required { "  required" } else { "" };
        output::line(format!("  {:6} {}{needed}", place(argument.place), argument.name))?;
    }
    Ok(())
}

const fn repeat(class: Repeat) -> &'static str {
    match class {
        Repeat::Safe => "safe, it only reads",
        Repeat::Idempotent => "idempotent, twice is as once",
        Repeat::Keyed => "protected by an idempotency key",
        Repeat::Repeatable => "harmless but for its cost",
        _ => "unsafe, never after it may have been done",
    }
}

const fn place(place: Place) -> &'static str {
    match place {
        Place::Path => "path",
        Place::Query(_) => "query",
        Place::Header => "header",
        Place::File | Place::Files { .. } => "file",
        _ => "body",
    }
}
