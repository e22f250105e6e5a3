//! An id for every operation: a document need not give one, the rest of the pipe cannot do without.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::grammar::METHODS;

/// Gives each operation without an `operationId` one made from method and path; answers how many there were.
pub(super) fn fill(document: &mut Value) -> usize {
    let mut named = 0;
    let mut taken: BTreeSet<String> = operations(document)
        .filter_map(|(_, _, operation)| id(operation))
        .collect();
    for (path, method, operation) in operations(document).filter(|(_, _, operation)| id(operation).is_none()) {
        let base = derive(method, path);
        let free = (1..).map(|turn| {
            if turn == 1 {
                base.clone()
            } else {
                format!("{base}{turn}")
            }
        });
        let free = free
            .into_iter()
            .find(|name| !taken.contains(name))
            .unwrap_or(base.clone());
        taken.insert(free.clone());
        if let Some(members) = operation.as_object_mut() {
            members.shift_insert(0, "operationId".to_owned(), json!(free));
            named += 1;
        }
    }
    named
}

fn operations(document: &mut Value) -> impl Iterator<Item = (&str, &str, &mut Value)> {
    let paths = document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten();
    paths.flat_map(|(path, item)| {
        let members = item.as_object_mut().into_iter().flatten();
        members
            .filter(|(method, _)| METHODS.contains(&method.as_str()))
            .map(|(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

fn id(operation: &Value) -> Option<String> {
    operation.get("operationId")?.as_str().map(str::to_owned)
}

/// `get` and `/v1/customers/{id}` make `getV1CustomersId`.
fn derive(method: &str, path: &str) -> String {
    let words = path
        .split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty());
    let capitals = words.map(|word| {
        let (first, rest) = word.split_at(1);
        first.to_ascii_uppercase() + rest
    });
    method.to_owned() + &capitals.collect::<String>()
}
