//! One try on the wire, as it is remembered.

use std::fmt;
use std::time::Duration;

use http::{HeaderValue, StatusCode};

use super::body::is_token;
use crate::credential::Fingerprint;
use crate::operation::Method;

/// One try on the wire.
#[derive(Clone)]
#[non_exhaustive]
pub struct Attempt {
    pub(crate) wait: Duration,
    pub(crate) status: Option<StatusCode>,
    pub(crate) request_id: Option<HeaderValue>,
    pub(crate) reason: &'static str,
    pub(crate) sent: bool,
    pub(crate) fingerprint: Option<Fingerprint>,
    pub(crate) stale: bool,
}

impl Attempt {
    /// One that has begun; until more is known it may have been sent.
    pub(crate) const fn begun(wait: Duration) -> Self {
        Self {
            wait,
            status: None,
            request_id: None,
            reason: "given up",
            sent: true,
            fingerprint: None,
            stale: false,
        }
    }

    /// How long was waited before it.
    #[must_use]
    pub fn wait(&self) -> Duration {
        self.wait
    }

    /// HTTP status, when there was an answer.
    #[must_use]
    pub fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The provider's id of the request.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_ref().and_then(|id| id.to_str().ok())
    }

    /// How it ended: `ok`, or the kind of failure ([`ErrorKind::as_str`](crate::ErrorKind::as_str)).
    #[must_use]
    pub fn reason(&self) -> &'static str {
        self.reason
    }

    /// Whether it may have reached the provider.
    #[must_use]
    pub fn may_have_been_sent(&self) -> bool {
        self.sent
    }

    /// Which secret served, so that it shows when an old one does.
    #[must_use]
    pub fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    /// The access token should have been renewed and could not be, so the old one served.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Whether the provider may have done it without saying so.
    fn is_in_doubt(&self) -> bool {
        self.sent && self.status.is_none_or(|status| status.is_server_error())
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attempt")
            .field("wait", &self.wait)
            .field("status", &self.status)
            .field("request_id", &self.request_id().filter(|id| is_token(id)))
            .field("reason", &self.reason)
            .field("may_have_been_sent", &self.sent)
            .field("fingerprint", &self.fingerprint)
            .field("stale", &self.stale)
            .finish()
    }
}

/// Whether an answer may be about an earlier attempt of our own.
pub(super) fn may_be_our_own(method: Method, status: Option<StatusCode>, earlier: &[Attempt]) -> bool {
    let fits = match status.map(|status| status.as_u16()) {
        Some(404 | 410) => method == Method::Delete,
        Some(409 | 412) => method != Method::Get,
        _ => false,
    };
    fits && earlier.iter().any(Attempt::is_in_doubt)
}
