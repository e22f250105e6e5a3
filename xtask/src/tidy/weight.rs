//! How many crates a user of one provider compiles beside those of the HTTP client.

use std::collections::BTreeSet;

use crate::report::Problems;

/// Crates of others that a provider may need beyond reqwest and what reqwest needs itself.
const ALLOWED: usize = 12;

/// Checks the answer of `cargo tree --prefix depth --no-dedupe` for one crate.
pub(super) fn check(package: &str, tree: &str, problems: &mut Problems) {
    let extra: Vec<&str> = extra(tree)
        .into_iter()
        .filter(|name| !name.starts_with("integrator-"))
        .collect();
    if extra.len() > ALLOWED {
        problems.add(
            package,
            format!(
                "needs {} crates beyond reqwest's own, {ALLOWED} are allowed",
                extra.len()
            ),
            format!("drop one of: {}", extra.join(", ")),
        );
    }
}

/// The crates outside of reqwest's own tree, without the crate itself.
pub(super) fn extra(tree: &str) -> BTreeSet<&str> {
    let (mut all, mut floor) = (BTreeSet::new(), BTreeSet::new());
    let mut client: Option<usize> = None;
    for (depth, name) in tree.lines().filter_map(line) {
        if client.is_some_and(|client| depth <= client) {
            client = None;
        }
        if client.is_none() && name.starts_with("reqwest v") {
            client = Some(depth);
        }
        if client.is_some() {
            floor.insert(name);
        }
        if depth > 0 {
            all.insert(name);
        }
    }
    all.difference(&floor).copied().collect()
}

/// `2serde v1.0.0 (proc-macro)` is depth 2, `serde v1.0.0`.
fn line(line: &str) -> Option<(usize, &str)> {
    let digits = line.find(|letter: char| !letter.is_ascii_digit())?;
    let name = line[digits..].split(" (").next()?;
    Some((line[..digits].parse().ok()?, name))
}
