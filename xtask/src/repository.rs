//! Where things lie in this repository, and reading and writing them.
//!
//! Every path that a command prints or stores is relative to the root, so that output does not depend on the machine.

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
        .ok_or_else(|| {
            miette!("this is not the integrator repository: run the command inside of it")
        })
}

/// `specs/<provider>/openapi.json`, relative to the root.
pub(crate) fn document(provider: &str) -> PathBuf {
    PathBuf::from(format!("specs/{provider}/openapi.json"))
}

/// `specs/<provider>/lock.toml`, relative to the root.
pub(crate) fn lock(provider: &str) -> PathBuf {
    PathBuf::from(format!("specs/{provider}/lock.toml"))
}

/// `crates/integrator-contract/schemas/<provider>.json.gz`, relative to the root.
pub(crate) fn contract(provider: &str) -> PathBuf {
    PathBuf::from(format!(
        "crates/integrator-contract/schemas/{provider}.json.gz"
    ))
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

/// Reads a file, naming it when that fails.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to read {}", path.display()))
}

/// Writes a file and the folders above it, and says whether that changed anything.
///
/// # Errors
///
/// When the file cannot be written.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<bool> {
    if fs::read(path).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)
            .into_diagnostic()
            .wrap_err_with(|| format!("failed to create {}", folder.display()))?;
    }
    fs::write(path, bytes)
        .into_diagnostic()
        .wrap_err_with(|| format!("failed to write {}", path.display()))?;
    Ok(true)
}
