//! Requests that stand for another, since its query is too long for a URL: which one is meant, and its query.
//!
//! How a provider does this is [`LongQuery`], a fact of its operations.

use http::HeaderMap;
use integrator_contract::{Operation as Promise, PathArguments};
use integrator_core::{
    Operation,
    operation::{LongQuery, Place, QueryStyle},
};
use serde_json::Value;

use crate::state::State;

/// The operation that is meant.
pub(crate) struct Meant {
    operation: &'static Operation,
    rule: LongQuery,
    pub(crate) promise: &'static Promise,
    pub(crate) path_arguments: PathArguments,
}

/// The operation that a request stands for; none when it stands for itself.
pub(crate) fn meant(state: &State, method: &str, path: &str, headers: &HeaderMap) -> Option<Meant> {
    // Most requests are plain reads, and need no search.
    if method == "GET" {
        return None;
    }
    let mut operations = state.provider.operations.iter().filter_map(|operation| {
        let rule = operation.long_query?;
        let is_named = |name: &str| {
            headers
                .get(name)
                .is_some_and(|value| value == operation.method.as_str())
        };
        (rule.method.as_str() == method && rule.header.is_none_or(is_named)).then_some((*operation, rule))
    });
    let (first, _) = operations.clone().next()?;
    let routes = state.contract.routes(first.method.as_str(), path, "");
    operations.find_map(|(operation, rule)| {
        let (promise, path_arguments) = routes.iter().find(|(promise, _)| promise.id == operation.id)?;
        Some(Meant {
            operation,
            rule,
            promise,
            path_arguments: path_arguments.clone(),
        })
    })
}

impl Meant {
    /// Method of the operation.
    pub(crate) const fn method(&self) -> &'static str {
        self.operation.method.as_str()
    }

    /// The query that a body holds; none when it holds none.
    pub(crate) fn query(&self, body: &[u8]) -> Option<String> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let mut pairs = Vec::new();
        for (name, value) in body.get(self.rule.member)?.as_object()? {
            let style = self
                .operation
                .arguments
                .iter()
                .find_map(|argument| match argument.place {
                    Place::Query(style) if argument.name == name => Some(style),
                    _ => None,
                });
            match (value, style) {
                (Value::Array(items), Some(QueryStyle::Comma)) => {
                    let items: Vec<String> = items.iter().map(text).collect();
                    pairs.push(pair(name, &items.join(",")));
                }
                (Value::Array(items), Some(QueryStyle::Form)) => {
                    pairs.extend(items.iter().map(|item| pair(name, &text(item))));
                }
                _ => pairs.push(pair(name, &text(value))),
            }
        }
        Some(pairs.join("&"))
    }
}

fn pair(name: &str, value: &str) -> String {
    format!("{}={}", encoded(name), encoded(value))
}

fn encoded(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
