//! [`RequestKey`]: what makes two requests the same one, for answers that are shared or kept.

use std::hash::{DefaultHasher, Hash, Hasher};

use http::uri::{Authority, PathAndQuery};
use http::{HeaderMap, Method, Uri};

use crate::credential::Identity;
use crate::pipeline::Exchange;

/// Who asks for what: two requests of different identities are never the same.
#[derive(Debug, Clone)]
pub struct RequestKey {
    /// Of path and query, own headers and identity, made once: it is asked for several times a call.
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
        // Neither host nor method, of which there are few; a URL as a whole would be hashed letter by letter.
        hasher.write(target(&exchange.uri).as_bytes());
        hasher.write_u64(exchange.own_headers);
        exchange.identity.hash(&mut hasher);
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

impl PartialEq for RequestKey {
    fn eq(&self, other: &Self) -> bool {
        let small = |key: &Self| (key.hash, key.own_headers, key.provider);
        small(self) == small(other)
            && target(&self.uri) == target(&other.uri)
            && self.method == other.method
            && self.identity == other.identity
            && self.uri.scheme() == other.uri.scheme()
            && host(&self.uri) == host(&other.uri)
    }
}

impl Eq for RequestKey {}

impl Hash for RequestKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u64(self.hash);
    }
}

/// As it is written: authorities as such are compared letter by letter, for the sake of their case.
fn host(uri: &Uri) -> &str {
    uri.authority().map_or("", Authority::as_str)
}

/// Path and query.
fn target(uri: &Uri) -> &str {
    uri.path_and_query().map_or("/", PathAndQuery::as_str)
}

/// A hasher for keys that are hashes already.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hashed(u64);

impl Hasher for Hashed {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
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
