//! What a file may be called.

use super::files::File;
use crate::report::Problems;

/// Names that say nothing about what is inside.
const EMPTY: [&str; 6] = ["common", "helper", "helpers", "misc", "util", "utils"];

/// Checks the name of a Rust file.
pub(super) fn check(file: &File, problems: &mut Problems) {
    let Some(name) = file.path.strip_suffix(".rs").and_then(|path| path.rsplit('/').next()) else {
        return;
    };
    // Generated modules are named after the provider's resources.
    if file.is_generated() {
        return;
    }
    if name == "mod" {
        problems.add(
            &file.path,
            "is a `mod.rs`",
            "name the file after its folder: `foo.rs` beside `foo/`",
        );
    }
    if EMPTY.contains(&name) {
        problems.add(
            &file.path,
            "has a name that says nothing",
            "name it after the one concept that it owns",
        );
    }
}
