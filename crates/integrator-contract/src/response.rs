//! Holds an answer against its operation: status, media type, body.
//!
//! Members that no schema mentions are welcome here, as JSON Schema has it: a server may say more than it promised.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{Operation, Schema, Violation, Where};

/// What the document says about answers with this status: schemas by media type.
pub(crate) fn declared(operation: &Operation, status: u16) -> Option<&BTreeMap<String, Schema>> {
    let find = |wanted: &str| {
        let mut responses = operation.responses.iter();
        let found = responses.find(|(known, _)| known.eq_ignore_ascii_case(wanted));
        found.map(|(_, content)| content)
    };
    let range = || find(&format!("{}XX", status / 100));
    find(&status.to_string()).or_else(range).or_else(|| find("default"))
}

pub(crate) fn violations(operation: &Operation, status: u16, media_type: Option<&str>, body: &[u8]) -> Vec<Violation> {
    let Some(content) = declared(operation, status) else {
        let known = operation
            .responses
            .keys()
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(", ");
        return vec![Violation::new(
            Where::Status,
            "",
            format!("expected one of {known}, found {status}"),
        )];
    };
    let sent = media_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    if content.is_empty() || body.is_empty() {
        return match (content.is_empty(), body.is_empty()) {
            (true, false) => vec![Violation::new(Where::Body, "", "expected no body")],
            (false, true) => vec![Violation::new(Where::Body, "", "expected a body, found none")],
            _ => Vec::new(),
        };
    }
    let accepted = || content.keys().map(String::as_str).collect::<Vec<_>>().join(" or ");
    let Some(sent) = sent else {
        return vec![Violation::at(
            Where::Header,
            "content-type",
            format!("expected {}, found none", accepted()),
        )];
    };
    let Some((_, schema)) = content.iter().find(|(pattern, _)| media_type_matches(pattern, sent)) else {
        return vec![Violation::at(
            Where::Header,
            "content-type",
            format!("expected {}", accepted()),
        )];
    };
    if !is_json(sent) {
        return Vec::new();
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => schema.violations(&value, Where::Body),
        Err(error) => {
            let message = format!(
                "expected JSON, found an error in line {}, column {}",
                error.line(),
                error.column()
            );
            vec![Violation::new(Where::Body, "", message)]
        }
    }
}

/// `application/json`, or a type that ends in `+json`.
pub(crate) fn is_json(media_type: &str) -> bool {
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    media_type == "application/json" || media_type.ends_with("+json")
}

/// Whether a media type is the declared one, or in its range (`text/*`).
pub(crate) fn media_type_matches(pattern: &str, sent: &str) -> bool {
    let pattern = pattern.split(';').next().unwrap_or_default().trim();
    match pattern.strip_suffix('*') {
        Some("*/") => true,
        Some(prefix) => {
            sent.len() >= prefix.len()
                && sent.is_char_boundary(prefix.len())
                && sent[..prefix.len()].eq_ignore_ascii_case(prefix)
        }
        None => pattern.eq_ignore_ascii_case(sent),
    }
}
