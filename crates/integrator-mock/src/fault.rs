//! Everything that can go wrong with one attempt, as a value that a script holds.
//!
//! A fault says what happens, not when: that is for [`On::fail`](crate::On::fail). How it is done on the socket is for
//! `handle` and `outgoing`; how faults are written down in a file is for `file`.

pub(crate) mod bomb;
mod file;

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use serde_json::Value;

pub use file::{Faults, FaultsError};

use crate::{Reply, answer, limiter::Standing, state::State};

/// One thing that goes wrong, once unless [`times`](Self::times) says otherwise.
#[derive(Debug, Clone)]
pub struct Fault {
    pub(crate) kind: Kind,
    pub(crate) headers: Vec<(String, String)>,
    /// Becomes a `retry-after` date when it is answered.
    pub(crate) retry_date: Option<Duration>,
    pub(crate) body: Option<Bytes>,
    pub(crate) times: u32,
}

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Usual,
    Status(u16),
    Limited,
    ErrorIn200,
    Refuse(Duration),
    /// Before the body of the request is read, or after; in order, or with a reset.
    Drop {
        read: bool,
        reset: bool,
    },
    ResetBody(Share),
    Stall(Option<Duration>),
    StallBody(Option<Duration>),
    SlowHead(Duration),
    Truncate,
    TruncatedJson,
    GzipBomb(u32),
    CutStream(usize),
    StreamError(usize),
    UnknownEnum(String),
    UnknownField,
}

/// How much of the answer's body goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    Nothing,
    Half,
    All,
}

impl Fault {
    const fn new(kind: Kind) -> Self {
        Self {
            kind,
            headers: Vec::new(),
            retry_date: None,
            body: None,
            times: 1,
        }
    }

    /// Answers as usual; for headers that are wrong, or new.
    #[must_use]
    pub const fn none() -> Self {
        Self::new(Kind::Usual)
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

    /// A 429 as this provider sends it: its error code, and the headers in which it tells its limits.
    #[must_use]
    pub const fn limited() -> Self {
        Self::new(Kind::Limited)
    }

    /// Status 200, and the provider's error in the body.
    #[must_use]
    pub const fn error_in_200() -> Self {
        Self::new(Kind::ErrorIn200)
    }

    /// Sends the client elsewhere.
    #[must_use]
    pub fn redirect(status: u16, location: impl Into<String>) -> Self {
        Self::status(status).header("location", location).with_body("")
    }

    /// Takes the listener away for this long: this request and every open connection end without an answer, new
    /// connections are refused. [`Mock::refuse`](crate::Mock::refuse) does it at once.
    #[must_use]
    pub const fn refuse(time: Duration) -> Self {
        Self::new(Kind::Refuse(time))
    }

    /// Closes the connection once the head of the request is there; the body is not read and nothing is answered.
    #[must_use]
    pub const fn drop_before_read() -> Self {
        Self::new(Kind::Drop {
            read: false,
            reset: false,
        })
    }

    /// Reads the whole request, then closes the connection without an answer.
    #[must_use]
    pub const fn drop_after_read() -> Self {
        Self::new(Kind::Drop {
            read: true,
            reset: false,
        })
    }

    /// Like [`drop_before_read`](Self::drop_before_read), with a reset (RST).
    #[must_use]
    pub const fn reset_before_read() -> Self {
        Self::new(Kind::Drop {
            read: false,
            reset: true,
        })
    }

    /// Like [`drop_after_read`](Self::drop_after_read), with a reset (RST).
    #[must_use]
    pub const fn reset_after_read() -> Self {
        Self::new(Kind::Drop {
            read: true,
            reset: true,
        })
    }

    /// Sends the head of the answer, then resets the connection (RST).
    #[must_use]
    pub const fn reset_before_body() -> Self {
        Self::new(Kind::ResetBody(Share::Nothing))
    }

    /// Sends the head and half of the answer's body, then resets the connection (RST).
    #[must_use]
    pub const fn reset_mid_body() -> Self {
        Self::new(Kind::ResetBody(Share::Half))
    }

    /// Sends the whole body in chunks, and resets the connection (RST) instead of saying that it was the last.
    #[must_use]
    pub const fn reset_after_body() -> Self {
        Self::new(Kind::ResetBody(Share::All))
    }

    /// Sends the head and half of the body that `content-length` announces, then closes the connection in order (FIN).
    #[must_use]
    pub const fn truncate() -> Self {
        Self::new(Kind::Truncate)
    }

    /// Sends half of the body as if it was the whole: HTTP is in order, the JSON is not.
    #[must_use]
    pub const fn truncated_json() -> Self {
        Self::new(Kind::TruncatedJson)
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

    /// Sends the first bytes of the head, waits this long, then sends the rest of the answer.
    #[must_use]
    pub const fn slow_head(time: Duration) -> Self {
        Self::new(Kind::SlowHead(time))
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

    /// Answers as usual under another media type.
    #[must_use]
    pub fn content_type(media_type: impl Into<String>) -> Self {
        Self::none().header("content-type", media_type)
    }

    /// Answers as usual after this many mebibytes of white space, all compressed with gzip to a thousandth.
    #[must_use]
    pub const fn gzip_bomb(mebibytes: u32) -> Self {
        Self::new(Kind::GzipBomb(mebibytes))
    }

    /// Sends this many events of a stream and half of the next, then closes the connection.
    ///
    /// An answer that is no stream loses its second half.
    #[must_use]
    pub const fn cut_stream(events: usize) -> Self {
        Self::new(Kind::CutStream(events))
    }

    /// Sends this many events of a stream, then the provider's error as an event, and ends.
    ///
    /// An answer that is no stream becomes an [`error_in_200`](Self::error_in_200).
    #[must_use]
    pub const fn stream_error(events: usize) -> Self {
        Self::new(Kind::StreamError(events))
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

    /// Sets `retry-after` to this text: seconds, or an HTTP date.
    #[must_use]
    pub fn retry_after(self, value: impl Into<String>) -> Self {
        self.header("retry-after", value)
    }

    /// Sets `retry-after` to an HTTP date, this long after the answer and rounded up to a second.
    #[must_use]
    pub const fn retry_after_date(mut self, wait: Duration) -> Self {
        self.retry_date = Some(wait);
        self
    }

    /// Sets `retry-after-ms`.
    #[must_use]
    pub fn retry_after_ms(self, milliseconds: u64) -> Self {
        self.header("retry-after-ms", milliseconds.to_string())
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

    /// Whether it answers by itself, whatever the request is.
    pub(crate) const fn is_refusal(&self) -> bool {
        matches!(self.kind, Kind::Status(_) | Kind::Limited)
    }

    /// Whether it is none.
    pub(crate) const fn is_none(&self) -> bool {
        matches!(self.kind, Kind::Usual)
    }

    /// The answer of a fault that answers by itself.
    pub(crate) fn refusal(&self, state: &State) -> Reply {
        match (&self.kind, &self.body) {
            (Kind::Status(status), Some(_)) => self.scripted(Reply::status(*status)),
            (Kind::Status(status), None) => self.scripted(answer::error(state, *status)),
            _ => self.scripted(Standing::spent(state).refusal(state)),
        }
    }

    /// The reply with this fault's headers, and its body if it has one.
    pub(crate) fn scripted(&self, reply: Reply) -> Reply {
        match &self.body {
            Some(body) => self.dress(reply.with_body(body.clone())),
            None => self.dress(reply),
        }
    }

    /// The reply with this fault's headers.
    pub(crate) fn dress(&self, reply: Reply) -> Reply {
        let date = self.retry_date.map(|wait| {
            let until = SystemTime::now() + wait + Duration::from_nanos(999_999_999);
            ("retry-after".to_owned(), httpdate::fmt_http_date(until))
        });
        let headers = self.headers.iter().cloned().chain(date);
        headers.fold(reply, |reply, (name, value)| reply.header(name, value))
    }
}
