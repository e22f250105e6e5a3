//! The one error of every call: what happened, whether it may have been done, and what to do about it.
//!
//! How a provider's error body is read is `error/body.rs`; which words a kind goes by, `error/kind.rs`.

use std::any::Any;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::operation::{Operation, Repeat};
use crate::provider::Provider;
use crate::transport::{Phase, TransportError};
use crate::validate::{Violation, Violations};
use crate::wire::Wire;
use crate::wire::{DecodeError, decode};

mod attempt;
pub(crate) mod body;
mod kind;
mod recovery;

pub use attempt::Attempt;
pub use kind::ErrorKind;
pub use recovery::Recovery;

/// What went wrong.
///
/// Its text completes "failed to …" and never holds a query string, a header value, a body or a secret; the provider's
/// own message may repeat what was sent to it and is therefore only in [`message`](Self::message).
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Debug, Clone)]
struct Inner {
    kind: ErrorKind,
    /// Our own words on what is wrong.
    detail: String,
    provider: Option<&'static Provider>,
    operation: Option<&'static Operation>,
    repeat: Option<Repeat>,
    status: Option<StatusCode>,
    headers: HeaderMap,
    body: Bytes,
    code: Option<String>,
    message: Option<String>,
    retry_after: Option<Duration>,
    attempts: Vec<Attempt>,
    sent: bool,
    timeout: bool,
    /// A limit on calls has no turn in time.
    limited: bool,
    after_retry: bool,
    /// Another call with more time might have gone on.
    hurried: bool,
    key: Option<Arc<str>>,
    event_id: Option<String>,
    partial: Option<Arc<dyn Any + Send + Sync>>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl Error {
    /// What kind of failure it is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// There is no such thing (404, 410).
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.0.kind == ErrorKind::NotFound
    }

    /// Too many requests (429), or the quota is used up; also where the call was not sent at all, since the limit, the
    /// provider's or the client's own, leaves no turn before the deadline.
    #[must_use]
    pub fn is_rate_limited(&self) -> bool {
        self.0.limited || matches!(self.0.kind, ErrorKind::RateLimited | ErrorKind::QuotaExhausted)
    }

    /// A time limit passed: connect, first byte, idle, attempt or deadline.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        self.0.timeout || matches!(self.0.kind, ErrorKind::Timeout | ErrorKind::Deadline)
    }

    /// The state of the thing does not allow it (409, 412).
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        self.0.kind == ErrorKind::Conflict
    }

    /// The credential is missing, wrong or not sufficient (401, 403).
    #[must_use]
    pub fn is_auth(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Unauthenticated | ErrorKind::Forbidden)
    }

    /// The provider failed (5xx).
    #[must_use]
    pub fn is_server(&self) -> bool {
        self.0.kind == ErrorKind::Server
    }

    /// The request could not have been handled as it was, by us or by the provider.
    #[must_use]
    pub fn is_invalid_request(&self) -> bool {
        matches!(self.0.kind, ErrorKind::InvalidCall | ErrorKind::InvalidRequest)
    }

    /// The answer could not be read as the type that was asked for.
    #[must_use]
    pub fn is_decode(&self) -> bool {
        self.0.kind == ErrorKind::Decode
    }

    /// HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.0.status
    }

    /// The provider's machine-readable code.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.0.code.as_deref()
    }

    /// The provider's message for people; it may repeat parts of the request.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        self.0.message.as_deref()
    }

    /// What this library has to say about it.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.0.detail
    }

    /// The provider's id of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0
            .provider
            .and_then(|provider| body::request_id(provider, &self.0.headers))
    }

    /// How long to wait before the next try: what the provider asked for, or what an open circuit needs.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// Every attempt, the last one included.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.0.attempts
    }

    /// Whether any attempt may have reached the provider.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.0.sent
    }

    /// The answer may be about our own earlier attempt: a 404 on a repeated delete, a 409 on a repeated create.
    #[must_use]
    pub fn after_retry(&self) -> bool {
        self.0.after_retry
    }

    /// The idempotency key that was sent: the same call under the same key is safe to send again.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.0.key.as_deref()
    }

    /// What an interrupted stream added up to, when [`into_message`](crate::Events::into_message) read it.
    #[must_use]
    pub fn partial<M: 'static>(&self) -> Option<&M> {
        self.0.partial.as_ref()?.downcast_ref()
    }

    /// The id of the last event of an interrupted stream, where a provider that can resume one goes on.
    #[must_use]
    pub fn event_id(&self) -> Option<&str> {
        self.0.event_id.as_deref()
    }

    /// The operation that was called.
    #[must_use]
    pub fn operation(&self) -> Option<&'static Operation> {
        self.0.operation
    }

    /// Headers of the answer; empty when there was none.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Body of the answer, as far as it was read.
    #[must_use]
    pub fn body_bytes(&self) -> &[u8] {
        &self.0.body
    }

    /// Body of the answer as a type.
    ///
    /// # Errors
    /// When the body is not a `T`; the error names the path.
    pub fn body<T: Wire>(&self) -> Result<T, DecodeError> {
        decode(&self.0.body)
    }

    /// What contradicts the provider's document, where the client [enforces](crate::validate) that.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        let found = self
            .0
            .source
            .as_deref()
            .and_then(|source| source.downcast_ref::<Violations>());
        found.map_or(&[], |found| &found.0)
    }

    /// What can be done about it.
    #[must_use]
    pub fn recovery(&self) -> Recovery {
        recovery::of(self)
    }

    /// An error of a user's own [`Layer`](crate::Layer): final, and nothing is known about what was sent.
    pub fn layer(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::new(ErrorKind::Layer, String::new()).caused_by(source)
    }

    pub(crate) fn new(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            detail: detail.into(),
            provider: None,
            operation: None,
            repeat: None,
            status: None,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            code: None,
            message: None,
            retry_after: None,
            attempts: Vec::new(),
            sent: false,
            timeout: false,
            limited: false,
            after_retry: false,
            hurried: false,
            key: None,
            event_id: None,
            partial: None,
            source: None,
        }))
    }

    /// One error that names everything that is wrong.
    pub(crate) fn listing(kind: ErrorKind, faults: &[String]) -> Self {
        Self::new(kind, faults.join("; "))
    }

    /// The same error for another who waited for the same thing.
    #[cfg(feature = "oauth")]
    pub(crate) fn same(&self) -> Self {
        Self(self.0.clone())
    }

    pub(crate) fn caused_by(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.0.source = Some(Arc::new(source));
        self
    }

    /// Says how long to wait before the next try.
    pub(crate) fn hinting(mut self, wait: Duration) -> Self {
        self.0.retry_after = Some(wait);
        self
    }

    pub(crate) fn sent(mut self, sent: bool) -> Self {
        self.0.sent = sent;
        self
    }

    pub(crate) fn limited(mut self) -> Self {
        self.0.limited = true;
        self
    }

    pub(crate) fn timed_out(mut self, timeout: bool) -> Self {
        self.0.timeout = timeout;
        self
    }

    /// An answer that is no success; its body says why.
    pub(crate) fn answered(
        provider: &'static Provider,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
        retry_after: Option<Duration>,
    ) -> Self {
        let said = body::read(&provider.errors, &body);
        let kind = kind::of_status(status, said.code.as_deref(), &provider.retry);
        let mut error = Self::unreadable(kind, String::new(), status, headers, body);
        error.0.provider = Some(provider);
        error.0.code = said.code;
        error.0.message = said.message;
        error.0.retry_after = retry_after;
        error
    }

    /// A failure that the provider reports inside a success: its status is the one that the code is known to have.
    pub(crate) fn said(provider: &'static Provider, headers: HeaderMap, body: Bytes) -> Self {
        let code = body::read(&provider.errors, &body).code;
        let mut known = provider.errors.codes.iter().filter(|known| known.status != 0);
        let status = known
            .find(|known| code.as_deref() == Some(known.code))
            .and_then(|known| StatusCode::from_u16(known.status).ok())
            .unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::answered(provider, status, headers, body, None)
    }

    /// An answer that is a success and cannot be used.
    pub(crate) fn unreadable(
        kind: ErrorKind,
        detail: impl Into<String>,
        status: StatusCode,
        headers: HeaderMap,
        body: Bytes,
    ) -> Self {
        let mut error = Self::new(kind, detail).sent(true);
        error.0.status = Some(status);
        error.0.headers = headers;
        error.0.body = body;
        error
    }

    /// Says which call it was.
    pub(crate) fn of(mut self, provider: &'static Provider, operation: &'static Operation) -> Self {
        self.0.provider = Some(provider);
        self.0.operation = Some(operation);
        self
    }

    /// Says what became of the call as a whole.
    pub(crate) fn concluded(mut self, attempts: Vec<Attempt>, key: Option<Arc<str>>, repeat: Repeat) -> Self {
        self.0.sent |= attempts.iter().any(Attempt::may_have_been_sent);
        self.0.after_retry = self.0.operation.is_some_and(|operation| {
            let earlier = attempts.split_last().map_or(&[][..], |(_, earlier)| earlier);
            attempt::may_be_our_own(operation.method, self.0.status, earlier)
        });
        self.0.attempts = attempts;
        self.0.key = key;
        self.0.repeat = Some(repeat);
        self
    }

    /// Says that this call had too little time left.
    pub(crate) fn hurried(mut self) -> Self {
        self.0.hurried = true;
        self
    }

    /// Whether it says something about this call alone, and nothing about others for the same.
    pub(crate) fn is_own_affair(&self) -> bool {
        self.0.hurried || self.0.kind.is_refused_locally()
    }

    /// The same failure, of another kind.
    pub(crate) fn renamed(mut self, kind: ErrorKind) -> Self {
        self.0.kind = kind;
        self
    }

    /// Says what the head of the answer was.
    pub(crate) fn with_head(mut self, (status, headers): (StatusCode, HeaderMap)) -> Self {
        self.0.status = Some(status);
        self.0.headers = headers;
        self
    }

    /// Says where the stream was.
    pub(crate) fn with_event_id(mut self, id: Option<&str>) -> Self {
        self.0.event_id = id.map(str::to_owned);
        self
    }

    /// Keeps what the stream added up to.
    pub(crate) fn with_partial<M: Send + Sync + 'static>(mut self, partial: Option<M>) -> Self {
        self.0.partial = partial.map(|partial| Arc::new(partial) as Arc<dyn Any + Send + Sync>);
        self
    }

    /// Adds a remark to the detail.
    pub(crate) fn remark(mut self, remark: &str) -> Self {
        if !self.0.detail.is_empty() {
            self.0.detail.push_str("; ");
        }
        self.0.detail.push_str(remark);
        self
    }

    /// An answer that is no success, as opposed to none, or to one that cannot be read.
    pub(crate) fn is_answer(&self) -> bool {
        self.0.status.is_some_and(|status| !status.is_success())
    }

    pub(crate) fn repeat(&self) -> Option<Repeat> {
        self.0.repeat
    }

    pub(crate) fn provider(&self) -> Option<&'static Provider> {
        self.0.provider
    }
}

impl From<TransportError> for Error {
    fn from(fault: TransportError) -> Self {
        let kind = match (fault.phase, fault.permanent) {
            (Phase::NotSent, true) => ErrorKind::Certificate,
            (Phase::NotSent, false) => ErrorKind::Connect,
            (Phase::MayHaveBeenSent, _) => ErrorKind::NoAnswer,
        };
        Self::new(kind, fault.advice().unwrap_or_default())
            .sent(fault.phase == Phase::MayHaveBeenSent)
            .timed_out(fault.timeout)
            .caused_by(fault)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        match (inner.provider, inner.operation) {
            (Some(provider), Some(operation)) => write!(f, "call {} {}: ", provider.name, operation.name)?,
            (Some(provider), None) => write!(f, "call {}: ", provider.name)?,
            _ => {}
        }
        f.write_str(inner.kind.words())?;
        if !inner.detail.is_empty() {
            write!(f, ": {}", inner.detail)?;
        }
        let mut notes = Vec::new();
        notes.extend(inner.status.map(|status| format!("status {}", status.as_u16())));
        notes.extend(
            inner
                .code
                .as_deref()
                .filter(|code| body::is_token(code))
                .map(|code| format!("code {code}")),
        );
        notes.extend(
            self.request_id()
                .filter(|id| body::is_token(id))
                .map(|id| format!("request {id}")),
        );
        if inner.attempts.len() > 1 {
            notes.push(format!("after {} attempts", inner.attempts.len()));
        }
        if inner.after_retry {
            notes.push("an earlier attempt may have done it".to_owned());
        }
        if !notes.is_empty() {
            write!(f, " ({})", notes.join(", "))?;
        }
        Ok(())
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0;
        f.debug_struct("Error")
            .field("kind", &inner.kind)
            .field("operation", &inner.operation.map(|operation| operation.name))
            .field("detail", &inner.detail)
            .field("status", &inner.status)
            .field("code", &inner.code.as_deref().filter(|code| body::is_token(code)))
            .field("request_id", &self.request_id().filter(|id| body::is_token(id)))
            .field("attempts", &inner.attempts)
            .field("may_have_been_sent", &inner.sent)
            .field("after_retry", &inner.after_retry)
            .field("idempotency_key", &inner.key)
            .field("body", &format_args!("{} bytes", inner.body.len()))
            .field("source", &inner.source)
            .finish_non_exhaustive()
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0
            .source
            .as_deref()
            .map(|source| source as &(dyn std::error::Error + 'static))
    }
}

#[cfg(test)]
mod tests;
