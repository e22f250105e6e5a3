//! [`RequestKey`]: what makes two requests the same one, for answers that are shared or kept.

use std::hash::{DefaultHasher, Hash, Hasher};

use http::{HeaderMap, Method, Uri};

use crate::credential::Identity;
use crate::pipeline::Exchange;

/// Who asks for what: two requests of different identities are never the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Of everything below: it is asked for several times a call, and a URL is hashed byte by byte.
    hash: u64,
    provider: &'static str,
    identity: Identity,
    method: Method,
    uri: Uri,
    /// Of the headers that the call has of its own; 0 when it has none.
    own_headers: u64,
}

impl RequestKey {
    pub(crate) fn of(exchange: &Exchange) -> Self {
        let mut hasher = DefaultHasher::new();
        let names = (exchange.provider.name, &exchange.identity, &exchange.method);
        (names, &exchange.uri, exchange.own_headers).hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            provider: exchange.provider.name,
            identity: exchange.identity.clone(),
            method: exchange.method.clone(),
            uri: exchange.uri.clone(),
            own_headers: exchange.own_headers,
        }
    }

    /// Who asks.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What it is of, the same in every process; none where other processes have no part in it.
    #[cfg(feature = "redis")]
    pub(crate) fn shared_text(&self) -> Option<String> {
        let Self {
            provider,
            identity,
            method,
            uri,
            own_headers,
            ..
        } = self;
        let identity = identity.shared_text()?;
        Some(format!("{provider} {identity}\n{method} {uri} {own_headers:x}"))
    }
}

impl Hash for RequestKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// Tells the own headers of calls apart; the same in every process.
pub(crate) fn own_headers(headers: &HeaderMap) -> u64 {
    if headers.is_empty() {
        return 0;
    }
    let mut hasher = DefaultHasher::new();
    for (name, value) in headers {
        (name.as_str(), value.as_bytes()).hash(&mut hasher);
    }
    hasher.finish()
}
