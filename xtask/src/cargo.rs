//! Starting cargo: the same one that built this program, at the root of the repository.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus};

use miette::{IntoDiagnostic, Result, WrapErr, bail, miette};
use serde_json::Value;

/// A cargo command at the root of the repository.
pub(crate) fn cargo(root: &Path) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root);
    // What a machine builds once gains nothing from incremental compilation, which doubles what it keeps on disk.
    if std::env::var_os("CI").is_some() && std::env::var_os("CARGO_INCREMENTAL").is_none() {
        command.env("CARGO_INCREMENTAL", "0");
    }
    command
}

/// Runs a command to its end and leaves with its exit code if it failed.
///
/// # Errors
///
/// When the command cannot be started.
pub(crate) fn run_through(command: &mut Command) -> Result<()> {
    let status = status(command)?;
    if !status.success() {
        std::process::exit(status.code().unwrap_or(1));
    }
    Ok(())
}

/// Runs a command to its end, on this terminal.
///
/// # Errors
///
/// When the command cannot be started.
pub(crate) fn status(command: &mut Command) -> Result<ExitStatus> {
    let name = command.get_program().to_string_lossy().into_owned();
    command
        .status()
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to start {name}"))
}

/// Runs a command to its end and answers what it wrote on stdout.
///
/// # Errors
///
/// When the command cannot be started or fails; the error holds what it wrote on stderr.
pub(crate) fn output(command: &mut Command) -> Result<Vec<u8>> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .output()
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to start {name}"))?;
    if !output.status.success() {
        let arguments: Vec<_> = command.get_args().map(OsStr::to_string_lossy).collect();
        bail!(
            "{name} {} failed:\n{}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr).trim_end()
        );
    }
    Ok(output.stdout)
}

/// The folder that cargo builds into.
///
/// # Errors
///
/// When cargo cannot say.
pub(crate) fn target(root: &Path) -> Result<PathBuf> {
    let metadata = output(cargo(root).args(["metadata", "--no-deps", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_slice(&metadata).into_diagnostic()?;
    let folder = metadata.get("target_directory").and_then(Value::as_str);
    folder
        .map(PathBuf::from)
        .ok_or_else(|| miette!("cargo does not say where it builds"))
}
