//! [`Exchange`]: a request on its way down, as the stages and an application's own layers see it.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Uri};
use tokio::time::Instant;

use crate::credential::Identity;
use crate::operation::Operation;
use crate::policy::{Priority, Retry};
use crate::provider::Provider;
use crate::wire::encode::EncodedBody;

/// A request on its way to the transport.
#[derive(Clone)]
pub struct Exchange {
    pub(crate) provider: &'static Provider,
    pub(crate) operation: &'static Operation,
    pub(crate) identity: Identity,
    /// Name under which its limits and its circuit are kept.
    pub(crate) group: Cow<'static, str>,
    /// Of the headers that the call has of its own.
    pub(crate) own_headers: u64,
    #[cfg(feature = "cache")]
    pub(crate) cache: crate::policy::cache::Wish,
    pub(crate) method: Method,
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: EncodedBody,
    pub(crate) idempotency_key: Option<Arc<str>>,
    pub(crate) retry: Option<Arc<Retry>>,
    /// Arguments are set that turn a repeatable operation into an unsafe one.
    pub(crate) has_lasting_effect: bool,
    pub(crate) streamed: bool,
    /// The answer is read as a stream of events.
    pub(crate) events: bool,
    pub(crate) deadline: Option<Instant>,
    pub(crate) priority: Priority,
    /// How many tokens it may use, where the provider counts them.
    pub(crate) tokens: u64,
}

impl Exchange {
    /// The provider that is called.
    #[must_use]
    pub fn provider(&self) -> &'static Provider {
        self.provider
    }

    /// The operation that is called.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// Who it is called for.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// HTTP method.
    #[must_use]
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// URL; inside auth it may hold a secret in its query.
    #[must_use]
    pub fn uri(&self) -> &Uri {
        &self.uri
    }

    /// Headers; inside auth they hold the credential, marked as sensitive.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// The body where it is in memory: not of an upload.
    #[must_use]
    pub fn body_bytes(&self) -> Option<&[u8]> {
        match &self.body {
            EncodedBody::Bytes { bytes, .. } => Some(bytes),
            EncodedBody::None | EncodedBody::Multipart(_) => None,
        }
    }

    /// The idempotency key, inside idempotency.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.idempotency_key.as_deref()
    }

    /// When the call has to be done.
    #[must_use]
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline
    }

    pub(crate) fn port(&self) -> u16 {
        let usual = if self.uri.scheme_str() == Some("http") { 80 } else { 443 };
        self.uri.port_u16().unwrap_or(usual)
    }

    pub(crate) fn is_replayable(&self) -> bool {
        match &self.body {
            EncodedBody::Multipart(parts) => parts.is_replayable(),
            EncodedBody::None | EncodedBody::Bytes { .. } => true,
        }
    }
}

impl fmt::Debug for Exchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.uri.path_and_query().map(PathAndQuery::path);
        let headers: Vec<&str> = self.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("Exchange")
            .field("operation", &self.operation.name)
            .field("method", &self.method)
            .field("host", &self.uri.host())
            .field("path", &path)
            .field("headers", &headers)
            .finish_non_exhaustive()
    }
}
