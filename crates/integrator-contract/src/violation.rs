//! One thing that contradicts a contract, and where it stands.
//!
//! A violation says what was expected and what kind of thing was found. It never repeats a value, so it may be logged.

use std::fmt;

/// One contradiction between what was sent and what the contract says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Violation {
    /// Which part of the message.
    pub place: Where,
    /// JSON pointer into that part, `/shipping/address/city`; empty for the part as a whole.
    pub path: String,
    /// What was expected there, in lower case.
    pub message: String,
}

impl Violation {
    /// A violation found by somebody else, such as a simulator that checks more than schemas.
    pub fn new(place: Where, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place,
            path: path.into(),
            message: message.into(),
        }
    }

    /// At a member of `place` with this name.
    pub(crate) fn at(place: Where, name: &str, message: impl Into<String>) -> Self {
        Self::new(place, format!("/{}", escaped(name)), message)
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            write!(f, "{}: {}", self.place.as_str(), self.message)
        } else {
            write!(f, "{} {}: {}", self.place.as_str(), self.path, self.message)
        }
    }
}

/// A part of an HTTP message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Where {
    /// Arguments in the path.
    Path,
    /// The query string.
    Query,
    /// Headers.
    Header,
    /// The body.
    Body,
    /// The status of an answer.
    Status,
}

impl Where {
    /// Lower-case name, as violations print it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
            Self::Status => "status",
        }
    }
}

/// A problem inside one value: a pointer and what was expected there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) path: String,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            message: message.into(),
        }
    }
}

/// A name as one token of a JSON pointer (RFC 6901).
pub(crate) fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
