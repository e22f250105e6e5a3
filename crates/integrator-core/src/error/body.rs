//! What an error answer says: code and message at the provider's paths, and the request id.
//!
//! Anything may stand in such a body (HTML, nothing, half a document): what cannot be read is left unsaid.

use http::{HeaderMap, HeaderValue};
use serde_json::Value;

use crate::provider::{ErrorFacts, Provider};

/// What an error body said.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) code: Option<String>,
    pub(super) message: Option<String>,
}

/// Reads an error body.
pub(super) fn read(facts: &ErrorFacts, body: &[u8]) -> Said {
    let Ok(document) = serde_json::from_slice::<Value>(body) else {
        return Said::default();
    };
    let first = |paths: &[&str]| paths.iter().find_map(|path| at(&document, path).and_then(text));
    Said {
        code: first(facts.code),
        message: first(facts.message),
    }
}

/// The value at a dotted path; a numeric segment is an index where there is a list.
fn at<'a>(document: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(document, |value, segment| match value {
        Value::Object(members) => members.get(segment),
        Value::Array(items) => segment.parse::<usize>().ok().and_then(|index| items.get(index)),
        _ => None,
    })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// The provider's id of the request.
pub(crate) fn request_id_value<'a>(provider: &Provider, headers: &'a HeaderMap) -> Option<&'a HeaderValue> {
    provider.request_id.iter().find_map(|name| headers.get(*name))
}

/// The provider's id of the request, as text.
pub(crate) fn request_id<'a>(provider: &Provider, headers: &'a HeaderMap) -> Option<&'a str> {
    request_id_value(provider, headers).and_then(|id| id.to_str().ok())
}

/// Short and plain enough to be an identifier rather than text.
pub(crate) fn is_token(text: &str) -> bool {
    (1..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(facts: &ErrorFacts, body: &str) -> (Option<String>, Option<String>) {
        let said = read(facts, body.as_bytes());
        (said.code, said.message)
    }

    fn pair(code: &str, message: &str) -> (Option<String>, Option<String>) {
        (Some(code.to_owned()), Some(message.to_owned()))
    }

    #[test]
    fn common_shapes_are_read() {
        let facts = &ErrorFacts::DEFAULT;
        assert_eq!(said(facts, r#"{"error":{"code":"a","message":"m"}}"#), pair("a", "m"));
        assert_eq!(
            said(facts, r#"{"error":{"type":"t","code":null,"message":"m"}}"#),
            pair("t", "m")
        );
        assert_eq!(said(facts, r#"{"type":"t","title":"m","status":400}"#), pair("t", "m"));
        assert_eq!(said(facts, r#"{"error":"m"}"#).1.as_deref(), Some("m"));
    }

    #[test]
    fn numeric_segments_index_lists() {
        let facts = &ErrorFacts {
            code: &["errors.0.extensions.code"],
            message: &["errors.0.message"],
            ..ErrorFacts::DEFAULT
        };
        let body = r#"{"errors":[{"message":"m","extensions":{"code":"FORBIDDEN"}}]}"#;
        assert_eq!(said(facts, body), pair("FORBIDDEN", "m"));
        assert_eq!(said(facts, r#"{"errors":[]}"#), (None, None));
    }

    #[test]
    fn what_cannot_be_read_is_left_unsaid() {
        for body in [
            "",
            "<html>Bad gateway</html>",
            r#"{"error":{"code":"a""#,
            "null",
            "[1]",
            "\u{fffd}",
        ] {
            assert_eq!(said(&ErrorFacts::DEFAULT, body), (None, None), "{body}");
        }
    }
}
