//! Requests made from the schemas and encoded as their styles say pass; the same requests with one name changed do not.

use integrator_contract::{Contract, Example, Operation, Payload, Place, Request};
use serde_json::{Map, Value};

/// A request in the bytes that a client would send.
#[derive(Debug)]
struct Sent {
    path: String,
    query: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Sent {
    fn make(contract: &Contract, operation: &Operation, how: Example) -> Self {
        let mut sent = Self {
            path: operation.path.clone(),
            query: String::new(),
            headers: Vec::new(),
            body: String::new(),
        };
        let mut query = Vec::new();
        for parameter in &operation.parameters {
            let value = how.of(contract, &parameter.schema);
            match parameter.place {
                Place::Path => {
                    let text = encoded(&text(&value));
                    sent.path = sent.path.replace(&format!("{{{}}}", parameter.name), &text);
                }
                Place::Query if parameter.style == "deepObject" => {
                    nested(&encoded(&parameter.name), &value, &mut query)
                }
                Place::Query => match &value {
                    Value::Array(items) if parameter.explode => {
                        query.extend(
                            items
                                .iter()
                                .map(|item| (encoded(&parameter.name), encoded(&text(item)))),
                        );
                    }
                    Value::Array(items) => {
                        let items: Vec<String> = items.iter().map(|item| encoded(&text(item))).collect();
                        query.push((encoded(&parameter.name), items.join(",")));
                    }
                    value => query.push((encoded(&parameter.name), encoded(&text(value)))),
                },
                Place::Header => sent.headers.push((parameter.name.clone(), text(&value))),
                _ => {}
            }
        }
        sent.query = joined(&query);
        sent.add_body(contract, operation, how);
        sent
    }

    fn add_body(&mut self, contract: &Contract, operation: &Operation, how: Example) {
        let Some((media_type, media)) = operation.body.as_ref().and_then(|body| body.content.iter().next()) else {
            return;
        };
        let value = how.of(contract, &media.schema);
        let mut fields = Vec::new();
        for (name, member) in value.as_object().unwrap_or(&Map::new()) {
            nested(&encoded(name), member, &mut fields);
        }
        let mut media_type = media_type.clone();
        match media_type.as_str() {
            "application/x-www-form-urlencoded" => self.body = joined(&fields),
            "multipart/form-data" => {
                for (name, _) in value.as_object().unwrap_or(&Map::new()) {
                    fields.retain(|(known, _)| known != "file" || known != name);
                }
                self.body = multipart(&fields);
                media_type += "; boundary=b";
            }
            _ => self.body = value.to_string(),
        }
        self.headers.push(("content-type".to_owned(), media_type));
    }

    fn violations(&self, contract: &Contract, operation: &Operation) -> Vec<String> {
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let request = Request {
            query: &self.query,
            headers: &headers,
            body: Payload::Bytes(self.body.as_bytes()),
            ..Request::new(&operation.method, &self.path)
        };
        contract
            .validate_request(operation, &request)
            .iter()
            .map(ToString::to_string)
            .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    text.bytes()
        .map(|byte| {
            if plain(byte) {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}

fn nested(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members
                .iter()
                .for_each(|(key, value)| nested(&format!("{name}[{}]", encoded(key)), value, pairs));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(index, value)| nested(&format!("{name}[{index}]"), value, pairs));
        }
        Value::Null => pairs.push((name.to_owned(), String::new())),
        value => pairs.push((name.to_owned(), encoded(&text(value)))),
    }
}

fn joined(pairs: &[(String, String)]) -> String {
    pairs
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&")
}

fn multipart(fields: &[(String, String)]) -> String {
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nabc\r\n".to_owned();
    let field = |(name, value): &(String, String)| {
        let decoded = percent_decoded(value);
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{decoded}\r\n")
    };
    fields.iter().map(field).fold(file, |body, part| body + &part) + "--b--\r\n"
}

fn percent_decoded(text: &str) -> String {
    let pair = format!("a={text}");
    integrator_contract::form_pairs(&pair)
        .map(|(_, value)| value.into_owned())
        .collect()
}

fn every_request_passes(provider: &str) {
    let contract = Contract::load(provider).expect("the contract is built in");
    let mut wrong = Vec::new();
    let mut unnoticed = Vec::new();
    for operation in contract.operations() {
        for (kind, how) in [
            Example::seeded(1),
            Example::seeded(2).all().unicode(),
            Example::seeded(3).random(),
        ]
        .into_iter()
        .enumerate()
        {
            let mut sent = Sent::make(contract, operation, how);
            let found = sent.violations(contract, operation);
            wrong.extend(
                found
                    .into_iter()
                    .map(|violation| format!("{} ({kind}): {violation}", operation.id)),
            );
            let typo = "naem=x";
            sent.query = if sent.query.is_empty() {
                typo.to_owned()
            } else {
                format!("{}&{typo}", sent.query)
            };
            if !sent
                .violations(contract, operation)
                .iter()
                .any(|found| found.starts_with("query /naem: unknown"))
            {
                unnoticed.push(&operation.id);
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} wrong, such as:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(40)].join("\n")
    );
    assert!(unnoticed.is_empty(), "{unnoticed:?}");
}

#[test]
fn calendly() {
    every_request_passes("calendly");
}

#[test]
fn close() {
    every_request_passes("close");
}

#[test]
fn directus() {
    every_request_passes("directus");
}

#[test]
fn stripe() {
    every_request_passes("stripe");
}
