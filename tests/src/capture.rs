//! Compares what a server received with what was expected, and names everything that differs.
//!
//! Plain data in, plain data out: any server will do. The text of a request is decoded here, with this crate's own
//! decoders, and checked for characters that may not stand unencoded.

mod body;
mod encoded;
mod json;
mod multipart;
mod xml;

use std::fmt;

use crate::arguments::short;
use crate::expect::{Expected, Pair, Text};

/// One difference between what was expected and what arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mismatch {
    /// `operationId`.
    pub operation: String,
    /// What differs: `path/2`, `query tags`, `body items[0][price]`, `body /a/0`.
    pub key: String,
    /// What should be there.
    pub expected: String,
    /// What is.
    pub got: String,
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            operation,
            key,
            expected,
            got,
        } = self;
        write!(
            f,
            "{operation}: {key}: expected {}, got {}",
            short(expected),
            short(got)
        )
    }
}

/// What stands for a thing that is not there.
const NOTHING: &str = "nothing";

/// Every difference; an empty list when there is none.
#[must_use]
pub fn compare(
    expected: &Expected,
    method: &str,
    target: &str,
    headers: &[(String, String)],
    body: &[u8],
) -> Vec<Mismatch> {
    let mut report = Report {
        operation: &expected.operation,
        mismatches: Vec::new(),
    };
    report.same("method", &expected.method, method);
    // The target may be absolute, as proxies get it.
    let target = target.find("://").map_or(target, |scheme| {
        let rest = &target[scheme + 3..];
        rest.find('/').map_or("/", |path| &rest[path..])
    });
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    report.segments(&expected.segments, path);
    report.pairs("query", &expected.query, encoded::pairs(query));
    report.raw("query", query, encoded::QUERY);
    let header = |name: &str| {
        headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    };
    for (name, value) in &expected.headers {
        report.same(
            &format!("header {name}"),
            value,
            header(name).map_or(NOTHING, String::as_str),
        );
    }
    let content_type = header("content-type").map_or("", String::as_str);
    report.body(&expected.body, content_type, body);
    report.mismatches
}

/// Differences found so far.
struct Report<'a> {
    operation: &'a str,
    mismatches: Vec<Mismatch>,
}

impl Report<'_> {
    fn add(&mut self, key: impl Into<String>, expected: impl Into<String>, got: impl Into<String>) {
        self.mismatches.push(Mismatch {
            operation: self.operation.to_owned(),
            key: key.into(),
            expected: expected.into(),
            got: got.into(),
        });
    }

    fn same(&mut self, key: &str, expected: &str, got: &str) {
        if expected != got {
            self.add(key, format!("{expected:?}"), format!("{got:?}"));
        }
    }

    fn segments(&mut self, expected: &[String], path: &str) {
        let segments: Vec<&str> = path.split('/').skip(1).collect();
        if segments.len() != expected.len() {
            self.add(
                "path",
                format!("{} segments: {expected:?}", expected.len()),
                format!("{segments:?}"),
            );
            return;
        }
        for (index, (expected, raw)) in expected.iter().zip(segments).enumerate() {
            let key = format!("path/{index}");
            self.raw(&key, raw, encoded::SEGMENT);
            match encoded::decoded(raw, false) {
                Ok(got) => self.same(&key, expected, &got),
                Err(why) => self.add(key, format!("{expected:?}"), why),
            }
        }
    }

    /// Characters that may not stand unencoded.
    fn raw(&mut self, key: &str, text: &str, allowed: &str) {
        let leak = |c: &char| !(c.is_ascii_alphanumeric() || *c == '%' || allowed.contains(*c));
        let leaked: String = text.chars().filter(leak).collect();
        if !leaked.is_empty() {
            self.add(
                key,
                "every reserved character encoded",
                format!("{leaked:?} unencoded in {text:?}"),
            );
        }
    }

    /// Pairs, keys in any order, the values of one key in the order they have.
    fn pairs(&mut self, place: &str, expected: &[Pair], got: Vec<encoded::Raw>) {
        let mut got: Vec<Option<encoded::Raw>> = got.into_iter().map(Some).collect();
        for pair in expected {
            let same_key = |raw: &&mut Option<encoded::Raw>| raw.as_ref().is_some_and(|raw| raw.key == pair.key);
            let key = format!("{place} {}", pair.key);
            match got.iter_mut().find(same_key).and_then(Option::take) {
                None => self.add(key, pair.value.to_string(), NOTHING),
                Some(raw) if raw.is(&pair.value) => {}
                Some(raw) => self.add(key, pair.value.to_string(), format!("{:?}", raw.text())),
            }
        }
        for raw in got.into_iter().flatten() {
            self.add(format!("{place} {}", raw.key), NOTHING, format!("{:?}", raw.text()));
        }
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(text) => write!(f, "{text:?}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Delimited(members, delimiter) => {
                write!(f, "{members:?} with {delimiter:?} between")
            }
            Self::Json(value) => write!(f, "the JSON {value}"),
        }
    }
}

#[cfg(test)]
mod tests;
