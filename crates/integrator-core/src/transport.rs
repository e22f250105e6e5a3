//! The bottom of the pipeline: one request to one answer, and whether a failed one may have been sent.
//!
//! A transport neither repeats nor redirects nor keeps cookies; that is for the stages above.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

pub(crate) mod fault;
mod pooled;
pub(crate) mod tls;
#[cfg(feature = "tower")]
mod tower;

pub(crate) use pooled::Pooled;
pub use tls::TlsVersion;
#[cfg(feature = "tower")]
pub use tower::TowerTransport;

/// A future on the heap, as traits that are used through `dyn` return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// What a transport is given.
pub type TransportRequest = http::Request<RequestBody>;

/// What a transport answers as soon as the head is there.
pub type TransportResponse = http::Response<AnswerBody>;

/// Sends requests.
pub trait Transport: fmt::Debug + Send + Sync + 'static {
    /// Sends one request and returns once the head of the answer is there.
    ///
    /// Dropping the future gives the request up.
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>>;
}

/// How far a failed request got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Provably nothing of it was handled: name resolution, connect, TLS, or a stream that the server refused.
    NotSent,
    /// The provider may have it, or a part of it.
    MayHaveBeenSent,
}

/// A request without an answer.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
#[non_exhaustive]
pub struct TransportError {
    /// How far it got.
    pub phase: Phase,
    /// A time limit passed.
    pub timeout: bool,
    /// A repeat would fail in the same way: the certificate was refused.
    pub permanent: bool,
    /// What happened, in our words.
    what: &'static str,
    /// What to do about it.
    advice: Option<&'static str>,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl TransportError {
    /// A failure before anything was sent; `what` completes "failed to …".
    #[must_use]
    pub fn not_sent(what: &'static str) -> Self {
        Self {
            phase: Phase::NotSent,
            timeout: false,
            permanent: false,
            what,
            advice: None,
            source: None,
        }
    }

    /// A failure after something may have been sent; `what` completes "failed to …".
    #[must_use]
    pub fn may_have_been_sent(what: &'static str) -> Self {
        Self {
            phase: Phase::MayHaveBeenSent,
            ..Self::not_sent(what)
        }
    }

    /// A time limit passed.
    #[must_use]
    pub fn timed_out(mut self) -> Self {
        self.timeout = true;
        self
    }

    /// A repeat would fail in the same way.
    #[must_use]
    pub fn permanent(mut self) -> Self {
        self.permanent = true;
        self
    }

    /// Says what to do about it.
    pub(crate) fn advising(mut self, advice: &'static str) -> Self {
        self.advice = Some(advice);
        self
    }

    pub(crate) fn advice(&self) -> Option<&'static str> {
        self.advice
    }

    /// The error below.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }
}

/// The body of a request.
pub enum RequestBody {
    /// There is none.
    Empty,
    /// All of it.
    Bytes(Bytes),
    /// Chunk after chunk.
    Stream {
        /// The chunks.
        stream: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
        /// Their length together in bytes, where it is known.
        length: Option<u64>,
    },
}

impl fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Self::Stream { length, .. } => write!(f, "Stream({length:?} bytes)"),
        }
    }
}

/// The body of an answer: chunks as they arrive.
pub struct AnswerBody(Chunks);

enum Chunks {
    Whole(Option<Bytes>),
    Pooled(reqwest::Body),
    Stream(Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>),
}

impl AnswerBody {
    /// A body of chunks that arrive over time.
    pub fn stream(chunks: impl Stream<Item = Result<Bytes, TransportError>> + Send + 'static) -> Self {
        Self(Chunks::Stream(Box::pin(chunks)))
    }

    pub(crate) fn pooled(body: reqwest::Body) -> Self {
        Self(Chunks::Pooled(body))
    }
}

impl From<Bytes> for AnswerBody {
    fn from(bytes: Bytes) -> Self {
        Self(Chunks::Whole(Some(bytes)))
    }
}

impl Stream for AnswerBody {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match &mut self.0 {
            Chunks::Whole(bytes) => Poll::Ready(bytes.take().filter(|bytes| !bytes.is_empty()).map(Ok)),
            Chunks::Pooled(body) => pooled::poll_chunk(body, cx),
            Chunks::Stream(chunks) => chunks.as_mut().poll_next(cx),
        }
    }
}

impl fmt::Debug for AnswerBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AnswerBody")
    }
}

#[cfg(test)]
mod tests;
