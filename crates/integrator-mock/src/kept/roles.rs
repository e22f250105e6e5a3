//! Which operation of the contract does what to which collection, found from the paths.

use std::collections::HashMap;

use integrator_contract::{Contract, Operation};

use super::table::{Collection, Table};

/// What an operation does to a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    List,
    Create,
    UpdateMany,
    DeleteMany,
    Retrieve,
    Update,
    Delete,
    /// The action at this position in the table.
    Action(usize),
    Content,
    CreateUnder,
}

/// Position of the collection and role by `operationId`.
pub(crate) type Roles = HashMap<&'static str, (usize, Role)>;

/// The roles of all operations that have one.
pub(crate) fn roles(contract: &'static Contract, table: &Table) -> Roles {
    let of = |operation: &'static Operation| {
        let mut collections = table.collection.iter().enumerate();
        collections.find_map(|(index, collection)| Some((index, role(operation, collection)?)))
    };
    let operations = contract.operations().iter();
    operations
        .filter_map(|operation| Some((operation.id.as_str(), of(operation)?)))
        .collect()
}

fn role(operation: &Operation, collection: &Collection) -> Option<Role> {
    let method = operation.method.as_str();
    if let Some(elsewhere) = &collection.created_by
        && method == "POST"
        && rest(&operation.path, &elsewhere.path)?.is_empty()
    {
        return Some(Role::CreateUnder);
    }
    let rest = rest(&operation.path, &collection.path)?;
    let (id, tail) = match rest.split_first() {
        None => {
            return match method {
                "GET" | "SEARCH" => Some(Role::List),
                "POST" => Some(Role::Create),
                "PATCH" => Some(Role::UpdateMany),
                "DELETE" => Some(Role::DeleteMany),
                _ => None,
            };
        }
        Some((id, tail)) => (id, tail),
    };
    if !is_parameter(id) {
        return None;
    }
    if tail.is_empty() {
        return match method {
            "GET" => Some(Role::Retrieve),
            "POST" | "PUT" | "PATCH" => Some(Role::Update),
            "DELETE" => Some(Role::Delete),
            _ => None,
        };
    }
    let is = |path: &str| segments(path) == tail;
    if method == "GET" {
        return (!collection.content.is_empty() && is(&collection.content)).then_some(Role::Content);
    }
    let action = collection.action.iter().position(|action| is(&action.path));
    action.map(Role::Action)
}

/// The segments after a prefix; parameters match each other whatever their names are.
fn rest<'a>(path: &'a str, prefix: &str) -> Option<Vec<&'a str>> {
    let mut path = segments(path).into_iter();
    for expected in segments(prefix) {
        let found = path.next()?;
        let same = found == expected || is_parameter(found) && is_parameter(expected);
        same.then_some(())?;
    }
    Some(path.collect())
}

pub(crate) fn segments(path: &str) -> Vec<&str> {
    path.split('/').filter(|segment| !segment.is_empty()).collect()
}

fn is_parameter(segment: &str) -> bool {
    segment.starts_with('{') && segment.ends_with('}')
}
