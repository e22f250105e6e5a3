//! What stands at the root of the repository.

use crate::report::Problems;

const DEMANDED: [&str; 6] = ["Cargo.toml", "README.md", "crates", "specs", "tests", "xtask"];
const ALLOWED: [&str; 2] = ["CHANGELOG.md", "Cargo.lock"];

/// Checks the visible names at the root.
pub(super) fn check(names: &[String], problems: &mut Problems) {
    for name in DEMANDED.iter().filter(|name| !names.iter().any(|there| there == *name)) {
        problems.add(
            *name,
            "is missing at the root",
            "the tree in crates/README.md has it: put it back",
        );
    }
    for name in names {
        let known = DEMANDED.contains(&name.as_str()) || ALLOWED.contains(&name.as_str());
        if !known && !name.starts_with("LICENSE-") {
            problems.add(
                name,
                "has no place at the root",
                "move it below `crates/`, `.github/` or a dotfile, or remove it",
            );
        }
    }
}
