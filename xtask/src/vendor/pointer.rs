//! JSON pointers (RFC 6901): where in a document one is, and what a reference points at.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use serde_json::Value;

/// A place in a document that grows and shrinks as one walks.
#[derive(Debug, Default)]
pub(super) struct Pointer(String);

impl Pointer {
    /// One step down; the answer leads back up with [`Pointer::leave`].
    pub(super) fn enter(&mut self, name: &str) -> usize {
        let length = self.0.len();
        self.0.push('/');
        self.0.push_str(&escape(name));
        length
    }

    /// Back to where [`Pointer::enter`] was called.
    pub(super) fn leave(&mut self, length: usize) {
        self.0.truncate(length);
    }

    /// The pointer as text; `/` for the whole document.
    pub(super) fn as_str(&self) -> &str {
        if self.0.is_empty() { "/" } else { &self.0 }
    }
}

/// The pointer of a member.
pub(super) fn child(parent: &str, name: &str) -> String {
    format!("{}/{}", parent.trim_end_matches('/'), escape(name))
}

/// What `#/…` points at.
pub(super) fn resolve<'a>(document: &'a Value, reference: &str) -> Option<&'a Value> {
    let fragment = reference.strip_prefix('#')?;
    document.pointer(&percent_decode_str(fragment).decode_utf8().ok()?)
}

/// Follows the references of a parameter, body or response until there is a value; none if they lead nowhere.
pub(super) fn follow<'a>(document: &'a Value, value: &'a Value) -> Option<&'a Value> {
    steps(document, value)
        .take(LONGEST_CHAIN)
        .find(|value| value.get("$ref").is_none())
}

/// Whether references lead from this value to itself.
pub(super) fn is_circle(document: &Value, value: &Value) -> bool {
    steps(document, value)
        .take(LONGEST_CHAIN)
        .filter(|value| value.get("$ref").is_some())
        .count()
        == LONGEST_CHAIN
}

/// A longer chain of references is taken for a circle.
const LONGEST_CHAIN: usize = 64;

/// The value, what it refers to, what that refers to, and so on.
fn steps<'a>(document: &'a Value, value: &'a Value) -> impl Iterator<Item = &'a Value> {
    std::iter::successors(Some(value), |value| resolve(document, value.get("$ref")?.as_str()?))
}

fn escape(name: &str) -> Cow<'_, str> {
    if name.contains(['~', '/']) {
        name.replace('~', "~0").replace('/', "~1").into()
    } else {
        name.into()
    }
}
