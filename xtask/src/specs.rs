//! The files of a provider: where they lie, reading and writing them.
//!
//! Every path that a command prints or stores is relative to the root, so that output does not depend on the machine.

use std::fs;
use std::path::{Path, PathBuf};

use miette::{Context, IntoDiagnostic, Result};
use sha2::{Digest, Sha256};

/// `specs/<provider>/openapi.json`, relative to the root.
pub(crate) fn document(provider: &str) -> PathBuf {
    PathBuf::from(format!("specs/{provider}/openapi.json"))
}

/// `specs/<provider>/lock.toml`, relative to the root.
pub(crate) fn lock(provider: &str) -> PathBuf {
    PathBuf::from(format!("specs/{provider}/lock.toml"))
}

/// `specs/<provider>/corrections.yaml`, relative to the root.
pub(crate) fn corrections(provider: &str) -> PathBuf {
    PathBuf::from(format!("specs/{provider}/corrections.yaml"))
}

/// `crates/integrator-contract/schemas/<provider>.json.gz`, relative to the root.
pub(crate) fn contract(provider: &str) -> PathBuf {
    PathBuf::from(format!("crates/integrator-contract/schemas/{provider}.json.gz"))
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

/// The SHA-256 of some bytes, in hexadecimal.
pub(crate) fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}
