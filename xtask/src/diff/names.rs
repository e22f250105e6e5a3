//! What users call the operations and types that a document describes.

use std::collections::BTreeMap;
use std::path::Path;

use miette::{IntoDiagnostic, Result, WrapErr};
use serde_json::Value;
use toml_edit::{DocumentMut, Item, Table};

use crate::{generate, specs};

/// Calls by path and lower-case method: `client.customers().create`.
pub(super) type Calls = BTreeMap<(String, String), String>;

/// The surface as it is: from `api.md` and `lock.toml`.
#[derive(Debug, Default)]
pub(super) struct Surface {
    pub(super) calls: Calls,
    /// Rust names of components.
    types: BTreeMap<String, String>,
    facts: generate::Facts,
}

impl Surface {
    /// Reads the files of a provider; one that was not generated yet has no surface.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(super) fn read(root: &Path, provider: &str) -> Result<Self> {
        let folder = root.join("specs").join(provider);
        let mut surface = Self::default();
        if folder.join("api.md").is_file() {
            surface.calls = calls(&String::from_utf8_lossy(&specs::read(&folder.join("api.md"))?));
        }
        if folder.join("lock.toml").is_file() {
            let lock: DocumentMut = String::from_utf8_lossy(&specs::read(&folder.join("lock.toml"))?)
                .parse()
                .into_diagnostic()
                .wrap_err_with(|| format!("failed to read specs/{provider}/lock.toml"))?;
            surface.types = types(&lock);
        }
        if folder.join("provider.toml").is_file() {
            surface.facts = generate::Facts::read(&folder.join("provider.toml"))?;
        }
        Ok(surface)
    }

    /// Rust name of a component, where it is known and another one.
    pub(super) fn type_of(&self, component: &str) -> Option<&str> {
        let name = self.types.get(component).map(String::as_str);
        name.filter(|name| *name != component)
    }

    /// What the operations of a new document would be called, and what must be settled before.
    pub(super) fn of_new(&self, document: &Value) -> (Calls, Vec<String>) {
        match generate::names(document, &self.facts) {
            Ok(names) => (names, Vec::new()),
            Err(problems) => (Calls::new(), problems),
        }
    }
}

/// ``- `GET /users/me` → `client.users().me()` → `User` `` is a call.
fn calls(api: &str) -> Calls {
    let line = |line: &str| {
        let mut codes = line.strip_prefix("- `")?.split('`');
        let (method, path) = codes.next()?.split_once(' ')?;
        let (call, _) = codes.nth(1)?.rsplit_once('(')?;
        Some(((path.to_owned(), method.to_lowercase()), call.to_owned()))
    };
    api.lines().filter_map(line).collect()
}

fn types(lock: &DocumentMut) -> BTreeMap<String, String> {
    let types = lock.get("types").and_then(Item::as_table);
    let named = |(name, pointer): (&str, &Item)| {
        let component = pointer.as_str()?.strip_prefix("#/components/schemas/")?;
        let whole = !component.contains('/');
        let component = component.replace("~1", "/").replace("~0", "~");
        whole.then(|| (component, name.to_owned()))
    };
    types.into_iter().flat_map(Table::iter).filter_map(named).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_and_types_are_read_from_what_generate_wrote() {
        let api = "# Acme\n\n- `GET /a/{id}` → `client.a().b().retrieve(id)` → `A`, items `B`\n- nothing\n";
        let call = ("/a/{id}".to_owned(), "get".to_owned());
        assert_eq!(calls(api), Calls::from([(call, "client.a().b().retrieve".to_owned())]));
        let lock = "[types]\nAb = \"#/components/schemas/a.b\"\nC = \"#/components/schemas/c/properties/d\"\n";
        let lock: DocumentMut = lock.parse().unwrap();
        assert_eq!(types(&lock), BTreeMap::from([("a.b".to_owned(), "Ab".to_owned())]));
    }
}
