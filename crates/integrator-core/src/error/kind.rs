//! Kinds of failure, what each says about the request, and how a status becomes one.

use http::StatusCode;

use crate::provider::RetryFacts;

/// What kind of failure an [`Error`](crate::Error) is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The client could not be built. Nothing was sent.
    ///
    /// # Troubleshooting
    /// The text names every setting that is missing or contradicts another, and what to change.
    Configuration,
    /// The call lacks an argument, or one is out of bounds. Nothing was sent.
    ///
    /// # Troubleshooting
    /// The text names every argument concerned by its name on the wire.
    InvalidCall,
    /// A secret would have left over plain HTTP. Nothing was sent.
    ///
    /// # Troubleshooting
    /// Use `https`, or `allow_plain_http(host)` for a host in your own network.
    Insecure,
    /// The file to be uploaded could not be read. What was read before may have been sent.
    ///
    /// # Troubleshooting
    /// The source says what the operating system answered.
    Upload,
    /// No connection: name resolution, TCP or TLS failed. The request was provably not sent.
    ///
    /// # Troubleshooting
    /// Check the base URL, the network and proxies; the source says which step failed.
    Connect,
    /// A certificate was refused, the server's by us or ours by the server. The request was provably not handled, and a
    /// repeat does not help.
    ///
    /// # Troubleshooting
    /// The text says what is wrong with which certificate and what to do about it.
    Certificate,
    /// The request was sent, or may have been, and no whole answer came back. **It may have been done.**
    ///
    /// # Troubleshooting
    /// Look up whether it was done, or send it again under the same idempotency key.
    NoAnswer,
    /// The stream broke off, or the provider gave up, after the first content. **It was done in part.**
    ///
    /// # Troubleshooting
    /// `partial()` holds what an accumulator had, `event_id()` where to go on, `code()` what the provider said. It is never
    /// repeated by itself: what was handed out cannot be taken back.
    StreamInterrupted,
    /// An attempt took longer than it may. **It may have been done.**
    ///
    /// # Troubleshooting
    /// Raise `first_byte_timeout` or `idle_timeout` for slow operations.
    Timeout,
    /// The deadline of the whole call passed. **It may have been done** if any attempt may have been sent.
    ///
    /// # Troubleshooting
    /// `attempts()` shows where the time went; raise the deadline or lower the number of attempts.
    Deadline,
    /// There was no access token to be had. Nothing was sent.
    ///
    /// # Troubleshooting
    /// The text says what the token endpoint or the store did; it passes, and the next call tries again.
    NoToken,
    /// The credential is missing or wrong (401), or what renews it is. The provider refused the request.
    ///
    /// # Troubleshooting
    /// Check that the key is of the right environment and not revoked.
    Unauthenticated,
    /// The credential is not allowed to do this (403). The provider refused the request.
    ///
    /// # Troubleshooting
    /// Compare the scopes of the key with what the operation needs.
    Forbidden,
    /// There is no such thing (404, 410). See also [`after_retry`](crate::Error::after_retry).
    ///
    /// # Troubleshooting
    /// Check the id, the account and the environment it belongs to.
    NotFound,
    /// The state of the thing does not allow it (409, 412). See also [`after_retry`](crate::Error::after_retry).
    ///
    /// # Troubleshooting
    /// Read the thing again, then decide.
    Conflict,
    /// The provider does not accept the request as it is (other 4xx).
    ///
    /// # Troubleshooting
    /// `code()`, `message()` and `body()` say what it objects to.
    InvalidRequest,
    /// Too many requests (429). The provider refused before it did any work.
    ///
    /// # Troubleshooting
    /// `retry_after()` says how long to wait, where the provider says so.
    RateLimited,
    /// More calls wait than this client lets wait, or its turn would come after its deadline. Nothing was sent by it.
    ///
    /// # Troubleshooting
    /// `retry_after()` says when there is room; give calls that may wait a longer deadline, raise `Limit::queue`, or
    /// send less.
    Overloaded,
    /// Too many attempts at this host failed of late, so this one was not made. Nothing was sent by it.
    ///
    /// # Troubleshooting
    /// `retry_after()` says when the host is tried again; `client.circuits()` shows all of them.
    CircuitOpen,
    /// The quota is used up (429 with a code that waiting does not cure).
    ///
    /// # Troubleshooting
    /// Raise the quota or settle the account with the provider.
    QuotaExhausted,
    /// The provider failed (5xx). **It may have been done**, unless it is known to refuse before any work.
    ///
    /// # Troubleshooting
    /// Give `request_id()` to the provider's support when it lasts.
    Server,
    /// A status that says neither success nor failure, such as a redirect. The request was sent.
    ///
    /// # Troubleshooting
    /// Check the base URL: redirects are not followed.
    UnexpectedStatus,
    /// The provider did it, and its answer cannot be read as the type asked for.
    ///
    /// # Troubleshooting
    /// The text names the path; `body_bytes()` holds the answer, `raw()` on the call reads it without a type.
    Decode,
    /// The provider did it, and its answer is not what its document promises: only where the client
    /// [enforces](crate::validate) that.
    ///
    /// # Troubleshooting
    /// `violations()` names every contradiction with its path; report them, in place of enforcing, until the document is
    /// up to date.
    Contract,
    /// The provider did it, and its answer is larger than the client takes.
    ///
    /// # Troubleshooting
    /// Ask for less, or raise `max_answer`.
    TooLarge,
    /// The provider did it, and its answer could not be written to a file.
    ///
    /// # Troubleshooting
    /// The source says what the operating system answered.
    File,
    /// A layer of the application's own stopped the call.
    ///
    /// # Troubleshooting
    /// The source is that layer's error.
    Layer,
}

impl ErrorKind {
    /// This client refused the call to spare the provider; nothing was sent.
    pub(crate) const fn is_refused_locally(self) -> bool {
        matches!(self, Self::CircuitOpen | Self::Overloaded)
    }

    /// A word for logs and metrics (`error.type`).
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Configuration => "configuration",
            Self::InvalidCall => "invalid_call",
            Self::Insecure => "insecure",
            Self::Upload => "upload",
            Self::Connect => "connect",
            Self::Certificate => "certificate",
            Self::NoAnswer => "no_answer",
            Self::StreamInterrupted => "stream_interrupted",
            Self::Timeout => "timeout",
            Self::Deadline => "deadline",
            Self::NoToken => "no_token",
            Self::Unauthenticated => "unauthenticated",
            Self::Forbidden => "forbidden",
            Self::NotFound => "not_found",
            Self::Conflict => "conflict",
            Self::InvalidRequest => "invalid_request",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::CircuitOpen => "circuit_open",
            Self::QuotaExhausted => "quota_exhausted",
            Self::Server => "server",
            Self::UnexpectedStatus => "unexpected_status",
            Self::Decode => "decode",
            Self::Contract => "contract",
            Self::TooLarge => "too_large",
            Self::File => "file",
            Self::Layer => "layer",
        }
    }

    /// The words of an error's text.
    pub(super) const fn words(self) -> &'static str {
        match self {
            Self::Configuration => "set up the client",
            Self::InvalidCall => "the call is not complete or not valid",
            Self::Insecure => "a secret would leave unencrypted",
            Self::Upload => "the upload cannot be read",
            Self::Connect => "no connection",
            Self::Certificate => "the certificate was refused",
            Self::NoAnswer => "no answer",
            Self::StreamInterrupted => "the stream broke off",
            Self::Timeout => "the attempt took too long",
            Self::Deadline => "the deadline passed",
            Self::NoToken => "no access token",
            Self::Unauthenticated => "the credential was not accepted",
            Self::Forbidden => "not allowed",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::InvalidRequest => "the provider does not accept the request",
            Self::RateLimited => "too many requests",
            Self::Overloaded => "too many calls wait for their turn",
            Self::CircuitOpen => "the host is given a rest",
            Self::QuotaExhausted => "the quota is used up",
            Self::Server => "the provider failed",
            Self::UnexpectedStatus => "unexpected status",
            Self::Decode => "the answer cannot be read",
            Self::Contract => "the answer is not what the provider's document promises",
            Self::TooLarge => "the answer is too large",
            Self::File => "the answer cannot be saved",
            Self::Layer => "stopped by a layer",
        }
    }
}

/// The kind that an answer without success is.
pub(super) fn of_status(status: StatusCode, code: Option<&str>, facts: &RetryFacts) -> ErrorKind {
    match status.as_u16() {
        429 if code.is_some_and(|code| facts.quota_codes.contains(&code)) => ErrorKind::QuotaExhausted,
        429 => ErrorKind::RateLimited,
        401 => ErrorKind::Unauthenticated,
        403 => ErrorKind::Forbidden,
        404 | 410 => ErrorKind::NotFound,
        409 | 412 => ErrorKind::Conflict,
        400..=499 => ErrorKind::InvalidRequest,
        500..=599 => ErrorKind::Server,
        _ => ErrorKind::UnexpectedStatus,
    }
}
