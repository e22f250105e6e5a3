//! What `provider.toml` says about requests that a document has no word for.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::model::{Operation, Parameter, Place};

/// The few facts that bear on what arrives.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Facts {
    /// Lists in multipart bodies are spelled `a[]`.
    pub(super) bracketed_lists: bool,
    bracketed_queries: bool,
    path_markers: Vec<String>,
    core_headers: Vec<String>,
    beta: Option<Header>,
    idempotency: Option<Header>,
}

#[derive(Debug, Deserialize)]
struct Header {
    header: String,
    /// Value that operations at and below a path need.
    #[serde(default)]
    paths: BTreeMap<String, String>,
}

impl Facts {
    /// An operation as it is called: without markers in its path and without headers that no caller gives.
    pub(super) fn apply(&self, operation: &mut Operation) {
        if let Some((path, query)) = operation.path.split_once('?')
            && self.path_markers.iter().any(|marker| marker == query)
        {
            operation.path = path.to_owned();
        }
        let is = |parameter: &Parameter, name: &str| {
            parameter.place == Place::Header && parameter.name.eq_ignore_ascii_case(name)
        };
        let key = self.idempotency.iter().map(|idempotency| &idempotency.header);
        let owned: Vec<&String> = self.core_headers.iter().chain(key).collect();
        operation
            .parameters
            .retain(|parameter| !owned.iter().any(|name| is(parameter, name)));
        for parameter in operation
            .parameters
            .iter_mut()
            .filter(|parameter| parameter.place == Place::Query)
        {
            parameter.brackets = self.bracketed_queries;
        }
        let Some(beta) = &self.beta else {
            return;
        };
        for parameter in operation
            .parameters
            .iter_mut()
            .filter(|parameter| is(parameter, &beta.header))
        {
            if parameter.schema["type"] == "array" {
                // What is given twice is sent once.
                parameter.schema["uniqueItems"] = json!(true);
                continue;
            }
            if parameter.schema.get("enum").is_some() {
                continue;
            }
            // Documents know it as one text; it is a list with commas between.
            parameter.schema = json!({
                "type": "array",
                "minItems": 1,
                "items": {"type": "string", "pattern": "^[a-z]{3,9}-2026-[0-9]{2}-[0-9]{2}$"},
            });
        }
        let own = operation.path.clone();
        let below = |path: &str| own == path || own.starts_with(&format!("{path}/"));
        let needed = beta.paths.iter().filter(|(path, _)| below(path));
        operation.betas.extend(needed.map(|(_, value)| value.clone()));
        if !operation.betas.is_empty() {
            let betas = std::mem::take(&mut operation.betas);
            operation.headers.insert(beta.header.to_lowercase(), betas);
        }
    }
}

/// Headers with their values as they must arrive: an operation's own before those that are given.
pub(crate) fn joined_headers(own: &BTreeMap<String, Vec<String>>, headers: &mut Vec<(String, String)>) {
    for (name, values) in own {
        let mut all = values.clone();
        let given = headers.iter().position(|(header, _)| header == name);
        if let Some(at) = given {
            let (_, given) = headers.remove(at);
            all.extend(
                given
                    .split(',')
                    .filter(|value| !values.iter().any(|own| own == value))
                    .map(str::to_owned),
            );
        }
        headers.push((name.clone(), all.join(",")));
    }
}

/// Features in beta that the official client opts in to.
pub(super) fn betas(operation: &Value) -> Vec<String> {
    let betas = operation.get("x-anthropic-beta-default").and_then(Value::as_array);
    let betas = betas.into_iter().flatten().filter_map(Value::as_str);
    betas.map(str::to_owned).collect()
}
