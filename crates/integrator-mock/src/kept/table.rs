//! What a provider's stateful mock keeps, as data: one file a provider in `providers/`.
//!
//! A file names collections by the path of their list. How their objects look, which operations read and change them and
//! how a list is paged is all in the contract. Texts in `set`, `change`, `defaults` and `id` may hold words in braces:
//! see [`words`](super::words).

use serde::Deserialize;
use serde_json::{Map, Value};

use super::query::Query;
use super::work::Batch;
use crate::echo::Form;

/// One provider's file.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Table {
    /// Dotted path of the object in an answer about one object; empty when the answer is the object.
    pub(crate) envelope: String,
    /// Member that holds the id; `id` when empty.
    id_member: String,
    /// Lists begin with what was created last.
    pub(crate) newest_first: bool,
    /// Status of an answer about what is not there; 404 when zero.
    missing: u16,
    /// An empty text in an update takes the member away.
    pub(crate) unset: bool,
    /// Members whose own members an update adds to; all others are replaced.
    pub(crate) merge: Vec<String>,
    /// Members that every new object starts with, where its schema has them.
    pub(crate) defaults: Map<String, Value>,
    /// The collections.
    pub(crate) collection: Vec<Collection>,
    /// A 429 has a `retry-after`.
    pub(crate) retry_after: bool,
    /// An error as JSON, with the words `{code}` and `{message}`; empty where it is as most are.
    error: String,
    /// Members of a list's answer that take the id of its first item and of its last, where its schema has them.
    pub(crate) ends: Option<[String; 2]>,
    /// Operations that answer with a text, whether anything is kept or not.
    pub(crate) echo: Vec<Form>,
    /// How lists are asked for in part, where that is more than pages and members that are equal.
    pub(crate) query: Option<Query>,
}

/// One kind of object.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Collection {
    /// Path template of its list.
    pub(crate) path: String,
    /// How an id looks.
    pub(crate) id: String,
    /// Members that a new object starts with; what was sent goes before.
    pub(crate) set: Map<String, Value>,
    /// Members that a new object does not have yet, where its schema lets it be without.
    pub(crate) without: Vec<String>,
    /// Members that every update sets.
    pub(crate) change: Map<String, Value>,
    /// Where, after the object's path, its uploaded bytes are read: `/content`.
    pub(crate) content: String,
    /// Values that a member takes one after the other, one with each time that the object is read.
    pub(crate) steps: Option<Steps>,
    /// Where the path of the list may also be that of a single object, which is read and changed there.
    pub(crate) single: bool,
    /// Operations on one object that set members.
    pub(crate) action: Vec<Action>,
    /// An operation elsewhere that creates such an object.
    pub(crate) created_by: Option<CreatedBy>,
    /// Requests that the object stands for: they are answered with its creation, and handed out with its end.
    pub(crate) batch: Option<Batch>,
}

/// A member that moves on by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Steps {
    pub(crate) member: String,
    pub(crate) values: Vec<String>,
    /// Members that are set with the last value.
    #[serde(default)]
    pub(crate) done: Map<String, Value>,
}

/// An operation on one object.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Action {
    /// What its path has after the object's.
    pub(crate) path: String,
    /// Members that it sets.
    pub(crate) set: Map<String, Value>,
    /// The end of the batch that it leads to; it is refused once the batch is over.
    #[serde(default)]
    pub(crate) ends: String,
}

/// A `POST` elsewhere that creates an object under a new parent.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CreatedBy {
    /// Its path.
    pub(crate) path: String,
    /// Path template of the parent's collection.
    pub(crate) parent: String,
    /// Member that takes the parent's id.
    pub(crate) link: String,
    /// Member of the body whose members count as the object's own.
    #[serde(default)]
    pub(crate) lift: String,
}

const FILES: &[(&str, &str)] = &[
    ("anthropic", include_str!("../../providers/anthropic.toml")),
    ("calendly", include_str!("../../providers/calendly.toml")),
    ("close", include_str!("../../providers/close.toml")),
    ("directus", include_str!("../../providers/directus.toml")),
    ("openai", include_str!("../../providers/openai.toml")),
    ("stripe", include_str!("../../providers/stripe.toml")),
];

impl Table {
    /// The file of the provider with this name; one without collections when there is none.
    pub(crate) fn of(provider: &str) -> Self {
        let file = FILES.iter().find(|(name, _)| *name == provider);
        file.map(|(_, text)| toml::from_str(text).expect("invariant: a test reads every file"))
            .unwrap_or_default()
    }

    /// How an error looks; null where it is as most are.
    pub(crate) fn error(&self) -> Value {
        if self.error.is_empty() {
            return Value::Null;
        }
        serde_json::from_str(&self.error).expect("invariant: a test reads every file")
    }

    /// Status of an answer about what is not there.
    pub(crate) fn missing(&self) -> u16 {
        if self.missing == 0 { 404 } else { self.missing }
    }

    pub(crate) fn id_member(&self) -> &str {
        if self.id_member.is_empty() {
            "id"
        } else {
            &self.id_member
        }
    }
}

#[cfg(test)]
mod tests {
    use integrator_contract::Contract;

    use super::*;
    use crate::echo::Echo;
    use crate::kept::roles::{Role, roles};

    #[test]
    fn every_file_fits_the_contract_of_its_provider() {
        for (name, text) in FILES {
            let mut table: Table = toml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
            let contract = Contract::of(name).unwrap_or_else(|| panic!("{name}: no contract"));
            let problems = Echo::new(std::mem::take(&mut table.echo)).problems(contract);
            assert!(problems.is_empty(), "{name}: {problems:?}");
            assert!(table.error().is_null() || table.error().is_object(), "{name}");
            let roles = roles(contract, &table);
            for (index, collection) in table.collection.iter().enumerate() {
                let has = |wanted: fn(&Role) -> bool| roles.values().any(|(at, role)| *at == index && wanted(role));
                assert!(has(|role| matches!(role, Role::List)), "{name} {}", collection.path);
                assert!(has(|role| matches!(role, Role::Retrieve)), "{name} {}", collection.path);
                let problems = collection.batch.iter().flat_map(|batch| batch.problems(collection));
                assert_eq!(
                    problems.collect::<Vec<_>>(),
                    Vec::<String>::new(),
                    "{name} {}",
                    collection.path
                );
                for (at, action) in collection.action.iter().enumerate() {
                    let found = roles
                        .values()
                        .any(|found| matches!(found, (of, Role::Action(n)) if *of == index && *n == at));
                    assert!(found, "{name} {}{}", collection.path, action.path);
                }
                let created = collection.created_by.is_none() || has(|role| matches!(role, Role::CreateUnder));
                let content = collection.content.is_empty() || has(|role| matches!(role, Role::Content));
                assert!(created && content, "{name} {}", collection.path);
            }
        }
    }
}
