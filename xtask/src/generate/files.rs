//! What was generated, against what is on disk: written, or compared.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use miette::{IntoDiagnostic, WrapErr};
use similar::TextDiff;

/// Files by path below the repository, and the folders that hold nothing else.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    files: BTreeMap<PathBuf, String>,
    folders: BTreeSet<PathBuf>,
}

impl Tree {
    /// Adds a file.
    pub(crate) fn add(&mut self, path: impl Into<PathBuf>, text: String) {
        self.files.insert(path.into(), text);
    }

    /// Names a folder in which nothing else may stand.
    pub(crate) fn own(&mut self, folder: impl Into<PathBuf>) {
        self.folders.insert(folder.into());
    }

    /// Writes what differs and removes what is no longer generated.
    pub(crate) fn write(&self, root: &Path) -> miette::Result<()> {
        for (path, text) in &self.files {
            let path = root.join(path);
            if std::fs::read_to_string(&path).is_ok_and(|old| old == *text) {
                continue;
            }
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder).into_diagnostic()?;
            }
            std::fs::write(&path, text)
                .into_diagnostic()
                .wrap_err_with(|| format!("write {}", path.display()))?;
        }
        for path in self.stale(root)? {
            std::fs::remove_file(root.join(&path))
                .into_diagnostic()
                .wrap_err_with(|| format!("remove {}", path.display()))?;
        }
        Ok(())
    }

    /// A unified diff from disk to what would be written; empty when they are the same.
    pub(crate) fn diff(&self, root: &Path) -> miette::Result<String> {
        let mut diff = String::new();
        for (path, text) in &self.files {
            let old = std::fs::read_to_string(root.join(path)).unwrap_or_default();
            if old != *text {
                diff.push_str(&unified(path, &old, text));
            }
        }
        for path in self.stale(root)? {
            let old = std::fs::read_to_string(root.join(&path)).unwrap_or_default();
            diff.push_str(&unified(&path, &old, ""));
        }
        Ok(diff)
    }

    fn stale(&self, root: &Path) -> miette::Result<Vec<PathBuf>> {
        let mut stale = Vec::new();
        for folder in &self.folders {
            let mut open = vec![folder.clone()];
            while let Some(folder) = open.pop() {
                let Ok(entries) = std::fs::read_dir(root.join(&folder)) else {
                    continue;
                };
                for entry in entries {
                    let entry = entry.into_diagnostic()?;
                    let path = folder.join(entry.file_name());
                    if entry.file_type().into_diagnostic()?.is_dir() {
                        open.push(path);
                    } else if !self.files.contains_key(&path) {
                        stale.push(path);
                    }
                }
            }
        }
        stale.sort();
        Ok(stale)
    }
}

fn unified(path: &Path, old: &str, new: &str) -> String {
    let name = path.display().to_string();
    TextDiff::from_lines(old, new)
        .unified_diff()
        .header(&format!("a/{name}"), &format!("b/{name}"))
        .to_string()
}
