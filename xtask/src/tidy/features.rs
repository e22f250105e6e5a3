//! What a crate hands on: a user who knows one provider's crate alone can switch on every part of the runtime.

use super::layers::{Package, is_provider};
use crate::report::Problems;

/// The crate whose features are handed on.
const RUNTIME: &str = "integrator-core";

/// Features of it that others switch on, and that nobody asks a provider for.
const INNER: [&str; 2] = ["cache", "test-util"];

/// Checks every provider.
pub(super) fn check(packages: &[Package], problems: &mut Problems) {
    let runtime = packages.iter().filter(|package| package.name == RUNTIME);
    let features: Vec<&String> = runtime
        .flat_map(|package| package.features.keys())
        .filter(|feature| !INNER.contains(&feature.as_str()))
        .collect();
    for package in packages.iter().filter(|package| is_provider(&package.name)) {
        for feature in &features {
            let target = format!("{RUNTIME}/{feature}");
            let hands_on = package.features.get(*feature).is_some_and(|on| on.contains(&target));
            if !hands_on {
                problems.add(
                    &package.name,
                    format!("does not hand on the feature `{feature}`"),
                    format!("add to its `[features]`: {feature} = [\"{target}\"]"),
                );
            }
        }
    }
}
