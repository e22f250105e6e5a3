//! The text files of the repository, and what kind of file each is.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use miette::{IntoDiagnostic, Result, WrapErr};

/// Endings of the files that people write here.
const TEXT: [&str; 9] = ["css", "html", "md", "rs", "sh", "sql", "toml", "yaml", "yml"];

/// One text file.
#[derive(Debug)]
pub(super) struct File {
    /// Path from the root, with slashes.
    pub(super) path: String,
    pub(super) text: String,
}

impl File {
    /// Written by the generator: the `generated` modules of the providers' crates and of the tests.
    pub(super) fn is_generated(&self) -> bool {
        let mut parts = self.path.split('/');
        let owner = match (parts.next(), parts.next()) {
            (Some("crates"), Some(name)) => super::layers::is_provider(name),
            (first, _) => first == Some("tests"),
        };
        owner && parts.any(|part| part == "generated" || part == "generated.rs")
    }

    /// The crate, if this is the `lib.rs` of a provider's crate.
    pub(super) fn provider_root(&self) -> Option<&str> {
        let name = self.path.strip_prefix("crates/")?.strip_suffix("/src/lib.rs")?;
        super::layers::is_provider(name).then_some(name)
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// The lines with their numbers, from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

/// Reads every text file below the root, in order of path.
///
/// # Errors
///
/// When a folder or file cannot be read.
pub(super) fn read(root: &Path) -> Result<Vec<File>> {
    let mut files = Vec::new();
    folder(root, "", &mut files)?;
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

/// The visible names at the root.
///
/// # Errors
///
/// When the root cannot be read.
pub(super) fn top_level(root: &Path) -> Result<Vec<String>> {
    let names = entries(root)?.into_iter().map(|(name, _)| name);
    Ok(names
        .filter(|name| !name.starts_with('.') && name != "target")
        .collect())
}

fn folder(root: &Path, below: &str, files: &mut Vec<File>) -> Result<()> {
    for (name, is_folder) in entries(&root.join(below))? {
        let path = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        if is_folder {
            if !matches!(name.as_str(), ".git" | "target") {
                folder(root, &path, files)?;
            }
        } else if is_text(&path) {
            let bytes = fs::read(root.join(&path))
                .into_diagnostic()
                .wrap_err_with(|| format!("failed to read {path}"))?;
            files.push(File {
                text: String::from_utf8_lossy(&bytes).into_owned(),
                path,
            });
        }
    }
    Ok(())
}

fn is_text(path: &str) -> bool {
    let ending = Path::new(path).extension().and_then(OsStr::to_str);
    ending.is_some_and(|ending| TEXT.contains(&ending)) || path.starts_with(".ci/")
}

fn entries(folder: &Path) -> Result<Vec<(String, bool)>> {
    let failed = || format!("failed to read {}", folder.display());
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).into_diagnostic().wrap_err_with(failed)? {
        let entry = entry.into_diagnostic().wrap_err_with(failed)?;
        let is_folder = entry.file_type().into_diagnostic().wrap_err_with(failed)?.is_dir();
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    names.sort();
    Ok(names)
}
