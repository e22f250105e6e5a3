//! `specs/<provider>/api.md`, which reviewers read, says what the clients are.

use std::collections::BTreeMap;

use crate::support::{PROVIDERS, specs};

/// One line of `api.md`.
#[derive(Debug, PartialEq, Eq)]
struct Entry {
    /// Dotted name.
    name: String,
    /// Names of the arguments of the verb.
    ids: Vec<String>,
    /// Whether there are pages.
    pages: bool,
}

/// Lines by method and path.
fn listed(provider: &str) -> BTreeMap<String, Entry> {
    let text = std::fs::read_to_string(specs(provider).join("api.md")).unwrap();
    let mut entries = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("- ")) {
        let [endpoint, accessors, answer]: [&str; 3] = line[2..].split(" → ").collect::<Vec<_>>().try_into().unwrap();
        let accessors = accessors.trim_matches('`').strip_prefix("client.").unwrap();
        let (names, ids) = accessors.strip_suffix(')').unwrap().rsplit_once('(').unwrap();
        let entry = Entry {
            name: names.replace("()", ""),
            ids: ids.split(", ").filter(|id| !id.is_empty()).map(str::to_owned).collect(),
            pages: answer.contains(", items `"),
        };
        let known = entries.insert(endpoint.trim_matches('`').to_owned(), entry);
        assert!(known.is_none(), "listed twice: {line}");
    }
    entries
}

#[test]
fn every_operation_is_listed_and_nothing_else() {
    for (provider, count) in PROVIDERS.into_iter().zip([75, 648]) {
        let listed = listed(provider.name);
        let operations: BTreeMap<String, Entry> = provider
            .operations
            .iter()
            .map(|operation| {
                let endpoint = format!("{} {}", operation.method.as_str(), operation.path);
                let ids = operation
                    .path
                    .split('{')
                    .skip(1)
                    .map(|rest| rest.split('}').next().unwrap().to_owned());
                let entry = Entry {
                    name: operation.name.to_owned(),
                    ids: ids.collect(),
                    pages: operation.paging.is_some(),
                };
                (endpoint, entry)
            })
            .collect();
        assert_eq!(provider.operations.len(), count, "{}", provider.name);
        assert_eq!(
            operations.len(),
            count,
            "two operations of {} are one endpoint",
            provider.name
        );
        for (endpoint, operation) in &operations {
            assert_eq!(listed.get(endpoint), Some(operation), "{} {endpoint}", provider.name);
        }
        assert_eq!(listed.len(), count, "{}: more is listed than there is", provider.name);
    }
}

/// Names find their operation, so none is there twice.
#[test]
fn operations_are_found_by_name_and_by_id() {
    for provider in PROVIDERS {
        for operation in provider.operations {
            for name in [operation.name, operation.id] {
                let found = provider.operation(name).unwrap();
                assert!(std::ptr::eq(found, *operation), "{name} is also {}", found.name);
            }
        }
    }
}
