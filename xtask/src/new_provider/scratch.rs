//! A copy of the workspace without its providers, so that one can be tried without building the others.

use std::fs;
use std::path::Path;

use miette::{IntoDiagnostic, Result, WrapErr, bail};

use crate::{repository, specs};

/// Makes the copy anew.
///
/// # Errors
/// When the folder holds something else, or a file cannot be copied.
pub(super) fn make(root: &Path, folder: &Path) -> Result<()> {
    if folder.exists() && !folder.join("xtask/Cargo.toml").is_file() {
        bail!(
            "{} is there and no copy of this workspace: name another folder",
            folder.display()
        );
    }
    if folder.exists() {
        fs::remove_dir_all(folder)
            .into_diagnostic()
            .wrap_err_with(|| format!("failed to clear {}", folder.display()))?;
    }
    let providers = repository::providers(root)?;
    copy(root, folder, "", &providers)?;
    for member in ["Cargo.toml", "tests/Cargo.toml"] {
        forget(&folder.join(member), &providers)?;
    }
    for entry in fs::read_dir(folder.join("crates")).into_diagnostic()? {
        let manifest = entry.into_diagnostic()?.path().join("Cargo.toml");
        if manifest.is_file() {
            forget(&manifest, &providers)?;
        }
    }
    let facade = folder.join("crates/integrator/src/lib.rs");
    let text = String::from_utf8_lossy(&specs::read(&facade)?).into_owned();
    specs::write(&facade, without(&text, &providers).as_bytes())?;
    Ok(())
}

/// Copies what belongs to no provider.
fn copy(from: &Path, to: &Path, below: &str, providers: &[String]) -> Result<()> {
    let failed = || format!("failed to copy {}", from.join(below).display());
    fs::create_dir_all(to.join(below))
        .into_diagnostic()
        .wrap_err_with(failed)?;
    for entry in fs::read_dir(from.join(below)).into_diagnostic().wrap_err_with(failed)? {
        let entry = entry.into_diagnostic().wrap_err_with(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        if matches!(name.as_str(), ".git" | "target") || providers.iter().any(|provider| belongs(&path, provider)) {
            continue;
        }
        if entry.file_type().into_diagnostic().wrap_err_with(failed)?.is_dir() {
            copy(from, to, &path, providers)?;
        } else {
            fs::copy(entry.path(), to.join(&path))
                .into_diagnostic()
                .wrap_err_with(failed)?;
        }
    }
    Ok(())
}

fn belongs(path: &str, provider: &str) -> bool {
    [
        format!("crates/integrator-{provider}"),
        format!("crates/integrator/docs/calls/{provider}.md"),
        format!("crates/integrator-contract/schemas/{provider}.json.gz"),
        format!("specs/{provider}"),
        format!("tests/tests/encode_{provider}"),
    ]
    .iter()
    .any(|own| own == path)
}

/// Takes the providers out of a manifest: dependencies, features, and what turns these on.
fn forget(manifest: &Path, providers: &[String]) -> Result<()> {
    let mut text = String::from_utf8_lossy(&specs::read(manifest)?).into_owned();
    for provider in providers {
        let starts = [
            format!("integrator-{provider} = "),
            format!("integrator-{provider}.workspace"),
            format!("{provider} = ["),
        ];
        let kept = text
            .lines()
            .filter(|line| !starts.iter().any(|start| line.starts_with(start.as_str())));
        text = kept.map(|line| format!("{line}\n")).collect();
        for name in [format!("\"{provider}\""), format!("\"dep:integrator-{provider}\"")] {
            for part in [format!("{name}, "), format!(", {name}"), name] {
                text = text.replace(&part, "");
            }
        }
    }
    specs::write(manifest, text.as_bytes())?;
    Ok(())
}

/// Takes the providers' modules out of the façade: a `cfg` and the line after it.
fn without(text: &str, providers: &[String]) -> String {
    let mut kept = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let gone = |provider: &String| line.trim() == format!("#[cfg(feature = \"{provider}\")]");
        if providers.iter().any(gone) {
            lines.next();
        } else {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}
