//! One answer as data, before any fault touches it.

use bytes::Bytes;
use serde_json::Value;

/// A status, headers and a body.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers in their order; `content-length` is added when it is sent.
    pub headers: Vec<(String, String)>,
    /// All bytes.
    pub body: Bytes,
}

impl Reply {
    /// An empty body with this status.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
        }
    }

    /// Status 200 with JSON.
    #[must_use]
    pub fn json(value: impl Into<Value>) -> Self {
        Self::status(200).with_json(value)
    }

    /// Puts JSON in the body and says so in `content-type`.
    #[must_use]
    pub fn with_json(self, value: impl Into<Value>) -> Self {
        self.header("content-type", "application/json")
            .with_body(value.into().to_string())
    }

    /// Puts bytes in the body.
    #[must_use]
    pub fn with_body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sets a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(&name));
        self.headers.push((name, value.into()));
        self
    }
}
