//! One answer as data, before any fault touches it.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

use crate::StreamEvent;

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
    /// How the body goes out; whole, with a `content-length`, when none.
    pub pace: Option<Pace>,
}

/// A body that goes out piece by piece, in HTTP's chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pace {
    /// Greatest length of a piece in bytes; the pieces take no heed of where an event ends.
    pub chunk: usize,
    /// Time between two pieces.
    pub gap: Duration,
}

impl Reply {
    /// An empty body with this status.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Bytes::new(),
            pace: None,
        }
    }

    /// Status 200 with JSON.
    #[must_use]
    pub fn json(value: impl Into<Value>) -> Self {
        Self::status(200).with_json(value)
    }

    /// Status 200 with a stream of server-sent events, sent in one piece unless [`in_chunks`](Self::in_chunks) says
    /// otherwise.
    #[must_use]
    pub fn stream(events: impl IntoIterator<Item = StreamEvent>) -> Self {
        let text: String = events.into_iter().map(|event| event.to_string()).collect();
        Self::status(200)
            .header("content-type", "text/event-stream")
            .with_body(text)
            .in_chunks(usize::MAX, Duration::ZERO)
    }

    /// Sends the body in pieces of at most so many bytes (one at least), with a pause between them.
    #[must_use]
    pub fn in_chunks(mut self, bytes: usize, gap: Duration) -> Self {
        self.pace = Some(Pace {
            chunk: bytes.max(1),
            gap,
        });
        self
    }

    /// Whether the body is a stream of events.
    pub(crate) fn is_stream(&self) -> bool {
        self.headers
            .iter()
            .any(|(name, value)| name.eq_ignore_ascii_case("content-type") && value.starts_with("text/event-stream"))
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
