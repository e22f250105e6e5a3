//! Where this repository is and which providers it holds.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{Context, IntoDiagnostic, Result, miette};

/// The root of the repository: the nearest folder at or above the current one that holds `specs` and `xtask`.
///
/// # Errors
///
/// When the command was started outside the repository.
pub(crate) fn root() -> Result<PathBuf> {
    let start = std::env::current_dir()
        .into_diagnostic()
        .wrap_err("failed to read the current directory")?;
    start
        .ancestors()
        .find(|folder| folder.join("xtask/Cargo.toml").is_file())
        .map(Path::to_path_buf)
        .ok_or_else(|| miette!("this is not the integrator repository: run the command inside of it"))
}

/// The providers that have a folder in `specs/`, in order of name.
///
/// # Errors
///
/// When `specs/` cannot be read.
pub(crate) fn providers(root: &Path) -> Result<Vec<String>> {
    let specs = fs::read_dir(root.join("specs"))
        .into_diagnostic()
        .wrap_err("failed to read specs")?;
    let mut names = Vec::new();
    for entry in specs {
        let entry = entry.into_diagnostic().wrap_err("failed to read specs")?;
        if entry.path().join("openapi.json").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
