//! Everything that can go wrong with one attempt, as a value that a script holds.
//!
//! A fault says what happens, not when: that is for [`On::fail`](crate::On::fail). How it is done on the socket is for
//! `handle` and `body`.

use std::time::Duration;

use bytes::Bytes;
use serde_json::Value;

/// One thing that goes wrong, once unless [`times`](Self::times) says otherwise.
#[derive(Debug, Clone)]
pub struct Fault {
    pub(crate) kind: Kind,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Option<Bytes>,
    pub(crate) times: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Status(u16),
    DropBeforeRead,
    DropAfterRead,
    ResetMidBody,
    Stall(Option<Duration>),
    StallBody(Option<Duration>),
    Truncate,
    UnknownEnum(String),
    UnknownField,
}

impl Fault {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            headers: Vec::new(),
            body: None,
            times: 1,
        }
    }

    /// An answer with this status and an error in the provider's shape, unless a body is given.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::new(Kind::Status(status))
    }

    /// An answer with this status and an HTML page, as a gateway sends it.
    #[must_use]
    pub fn html(status: u16) -> Self {
        Self::status(status)
            .header("content-type", "text/html")
            .with_body(format!(
                "<html><head><title>{status}</title></head><body><h1>{status}</h1></body></html>"
            ))
    }

    /// Status 200, `application/json`, and these bytes, which need not be JSON.
    #[must_use]
    pub fn body(bytes: impl Into<Bytes>) -> Self {
        Self::status(200)
            .header("content-type", "application/json")
            .with_body(bytes)
    }

    /// Closes the connection once the head of the request is there; the body is not read and nothing is answered.
    #[must_use]
    pub const fn drop_before_read() -> Self {
        Self::new(Kind::DropBeforeRead)
    }

    /// Reads the whole request, then closes the connection without an answer.
    #[must_use]
    pub const fn drop_after_read() -> Self {
        Self::new(Kind::DropAfterRead)
    }

    /// Sends the head and half of the answer's body, then resets the connection (RST).
    #[must_use]
    pub const fn reset_mid_body() -> Self {
        Self::new(Kind::ResetMidBody)
    }

    /// Sends the head and half of the body that `content-length` announces, then closes the connection in order (FIN).
    #[must_use]
    pub const fn truncate() -> Self {
        Self::new(Kind::Truncate)
    }

    /// Waits this long before the head of the answer.
    #[must_use]
    pub const fn stall(time: Duration) -> Self {
        Self::new(Kind::Stall(Some(time)))
    }

    /// Reads the request and never answers; the connection stays open.
    #[must_use]
    pub const fn stall_forever() -> Self {
        Self::new(Kind::Stall(None))
    }

    /// Sends the head and half of the body, waits this long, then sends the rest.
    #[must_use]
    pub const fn stall_body(time: Duration) -> Self {
        Self::new(Kind::StallBody(Some(time)))
    }

    /// Sends the head and half of the body, and never the rest; the connection stays open.
    #[must_use]
    pub const fn stall_body_forever() -> Self {
        Self::new(Kind::StallBody(None))
    }

    /// Answers as usual, with a value that no enum lists at this dotted path, `data.0.status`.
    #[must_use]
    pub fn unknown_enum(path: impl Into<String>) -> Self {
        Self::new(Kind::UnknownEnum(path.into()))
    }

    /// Answers as usual, with a member that no schema mentions in the answer and in each item of a list.
    #[must_use]
    pub const fn unknown_field() -> Self {
        Self::new(Kind::UnknownField)
    }

    /// Happens to this many requests in a row.
    #[must_use]
    pub const fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }

    /// Sets a header of the answer, also of one that is otherwise as usual.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Sets `retry-after`: seconds, or an HTTP date.
    #[must_use]
    pub fn retry_after(self, value: impl Into<String>) -> Self {
        self.header("retry-after", value)
    }

    /// Replaces the body of an answer that has a status of its own.
    #[must_use]
    pub fn with_body(mut self, bytes: impl Into<Bytes>) -> Self {
        self.body = Some(bytes.into());
        self
    }

    /// Like [`with_body`](Self::with_body), with JSON.
    #[must_use]
    pub fn with_json(self, value: impl Into<Value>) -> Self {
        self.header("content-type", "application/json")
            .with_body(value.into().to_string())
    }
}
