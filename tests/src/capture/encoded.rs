//! Percent-encoded text: decoding, and what may stand in it without an escape.

use serde_json::Value;

use super::json;
use crate::expect::Text;

/// What may stand in a path segment beside letters, digits and escapes: RFC 3986's `pchar` without `+`, which many
/// servers read as a space.
pub(super) const SEGMENT: &str = "-._~!$&'()*,;=:@";

/// What may stand in a query or a form: `pchar`, `/`, `?`, and brackets, which every form parser takes.
pub(super) const QUERY: &str = "-._~!$&'()*,;=:@+/?[]";

/// A decoded key and a value as it arrived.
#[derive(Debug)]
pub(super) struct Raw {
    pub(super) key: String,
    /// Not decoded when it came from a query or a form.
    value: Spelling,
}

#[derive(Debug)]
enum Spelling {
    Encoded(String),
    Plain(String),
}

impl Raw {
    /// A value that needs no decoding, such as a part of a multipart body.
    pub(super) fn plain(key: String, value: String) -> Self {
        Self {
            key,
            value: Spelling::Plain(value),
        }
    }

    /// The value, decoded; as it arrived where it cannot be.
    pub(super) fn text(&self) -> String {
        match &self.value {
            Spelling::Plain(text) => text.clone(),
            Spelling::Encoded(raw) => decoded(raw, true).unwrap_or_else(|why| format!("{raw} ({why})")),
        }
    }

    /// Whether this is the value that was expected.
    pub(super) fn is(&self, expected: &Text) -> bool {
        let text = self.text();
        match expected {
            Text::Exact(expected) => *expected == text,
            Text::Number(expected) => text.parse::<f64>().is_ok_and(|number| number == *expected),
            Text::Json(expected) => {
                serde_json::from_str::<Value>(&text).is_ok_and(|value| json::differences(expected, &value).is_empty())
            }
            Text::Delimited(members, delimiter) => {
                let ambiguous = members.iter().any(|member| member.contains(*delimiter));
                let joined = members.join(&delimiter.to_string());
                (!ambiguous && joined == text) || self.members(*delimiter).is_some_and(|seen| seen == *members)
            }
        }
    }

    /// Members between delimiters that are not encoded, or are encoded where raw ones are not allowed.
    fn members(&self, delimiter: char) -> Option<Vec<String>> {
        let Spelling::Encoded(raw) = &self.value else {
            return None;
        };
        let split: Vec<&str> = if delimiter == ' ' {
            raw.split(['+']).collect()
        } else {
            raw.split(delimiter).collect()
        };
        split.into_iter().map(|member| decoded(member, true).ok()).collect()
    }
}

/// Pairs of a query or a form.
pub(super) fn pairs(text: &str) -> Vec<Raw> {
    let pair = |pair: &str| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        Raw {
            key: decoded(key, true).unwrap_or_else(|why| format!("{key} ({why})")),
            value: Spelling::Encoded(value.to_owned()),
        }
    };
    text.split('&').filter(|text| !text.is_empty()).map(pair).collect()
}

/// Escapes decoded; `+` is a space where forms are spoken.
pub(super) fn decoded(text: &str, form: bool) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        match first {
            b'%' => {
                let digit = |at: usize| tail.get(at).and_then(|byte| char::from(*byte).to_digit(16));
                let (Some(high), Some(low)) = (digit(0), digit(1)) else {
                    return Err(format!("{text:?} with a % that is no escape"));
                };
                bytes.push(u8::try_from(high * 16 + low).map_err(|error| error.to_string())?);
                rest = &tail[2..];
            }
            b'+' if form => bytes.push(b' '),
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).map_err(|_| format!("{text:?}, which is not UTF-8"))
}
