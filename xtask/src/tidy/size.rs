//! How long a file may be.

use super::files::File;
use crate::report::Problems;

/// Lines of a hand-written file.
const HAND_WRITTEN: usize = 700;
/// Lines of a generated file.
const GENERATED: usize = 5_000;
/// Lines of the `lib.rs` of a provider's crate.
const PROVIDER_ROOT: usize = 30;

/// Checks the number of lines of a Rust file.
pub(super) fn check(file: &File, problems: &mut Problems) {
    if !file.is_rust() {
        return;
    }
    let (limit, help) = match file.provider_root() {
        _ if file.is_generated() => (GENERATED, "let the generator split it by resource"),
        Some(_) => (
            PROVIDER_ROOT,
            "facts belong into `specs/<provider>/provider.toml`, behaviour into core",
        ),
        None => (
            HAND_WRITTEN,
            "split it by concept: one file owns one thing, 120 to 250 lines are usual",
        ),
    };
    let lines = file.text.lines().count();
    if lines > limit {
        problems.add(&file.path, format!("has {lines} lines, {limit} are allowed"), help);
    }
}
