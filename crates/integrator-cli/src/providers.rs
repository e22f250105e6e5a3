//! The providers that this program knows, and their operations by name.

use integrator::{Operation, PROVIDERS, Provider};

use crate::failure::Failure;

/// How many names are offered in place of one that does not exist.
const OFFERED: usize = 4;

/// The provider of this name, for the parser of the command line.
///
/// # Errors
/// When there is none; the text names those that there are.
pub(crate) fn parse(name: &str) -> Result<&'static Provider, String> {
    let known = PROVIDERS.iter().copied().find(|provider| provider.name == name);
    known.ok_or_else(|| format!("the providers are {}", names(PROVIDERS.iter().copied())))
}

/// The names of some providers, as a sentence has them.
pub(crate) fn names(providers: impl Iterator<Item = &'static Provider>) -> String {
    let names: Vec<&str> = providers.map(|provider| provider.name).collect();
    names.join(", ")
}

/// The operation of this name or `operationId`.
///
/// # Errors
/// When there is none; the text names those that look most like it.
pub(crate) fn operation(provider: &Provider, name: &str) -> Result<&'static Operation, Failure> {
    provider.operation(name).ok_or_else(|| {
        let names = provider.operations.iter().map(|operation| operation.name);
        Failure::Usage(format!(
            "{} has no operation `{name}`; nearest are {}\n  all of them: integrator operations {}",
            provider.title,
            nearest(name, names).join(", "),
            provider.name
        ))
    })
}

/// The names that look most like `wanted`, best first.
pub(crate) fn nearest<'a>(wanted: &str, names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut ranked: Vec<(f64, &str)> = names.map(|name| (likeness(wanted, name), name)).collect();
    ranked.sort_by(|(a, one), (b, other)| b.total_cmp(a).then_with(|| one.cmp(other)));
    ranked.into_iter().take(OFFERED).map(|(_, name)| name).collect()
}

/// A whole word of a name counts for more than a part of it, and that for more than a typing error.
fn likeness(wanted: &str, name: &str) -> f64 {
    let whole = strsim::normalized_damerau_levenshtein(wanted, name);
    if name.split('.').any(|word| word == wanted) {
        whole + 1.0
    } else if name.contains(wanted) {
        whole + 0.5
    } else {
        whole
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use integrator::{calendly, stripe};

    use super::*;

    #[test]
    fn every_document_has_its_provider_here() {
        let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../specs");
        for folder in std::fs::read_dir(specs).unwrap() {
            let folder = folder.unwrap();
            if folder.path().join("openapi.json").is_file() {
                let name = folder.file_name();
                parse(name.to_str().unwrap()).unwrap_or_else(|known| panic!("no {name:?}: {known}"));
            }
        }
    }

    #[test]
    fn names_that_do_not_exist_lead_to_those_that_do() {
        let text = operation(stripe::PROVIDER, "customer.create").unwrap_err().to_string();
        assert!(text.contains("nearest are customers.create"), "{text}");
        assert!(
            nearest(
                "me",
                calendly::PROVIDER.operations.iter().map(|operation| operation.name)
            )
            .contains(&"users.me")
        );
        assert!(operation(stripe::PROVIDER, "PostCustomers").is_ok());
        let unknown = parse("strip").unwrap_err();
        assert!(
            PROVIDERS.iter().all(|provider| unknown.contains(provider.name)),
            "{unknown}"
        );
    }
}
