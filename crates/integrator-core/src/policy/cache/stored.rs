//! [`StoredAnswer`]: an answer with what is needed to use it again.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header};
use http_cache_semantics::{CacheOptions, CachePolicy, RequestLike, ResponseLike};

use crate::pipeline::{Exchange, Reply};

/// An answer that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// When it was received, by the wall clock.
    pub at: SystemTime,
    /// How long it is fresh by what the provider says.
    pub fresh_for: Duration,
    /// Headers of the request that the answer depends on (`Vary`), with their values.
    pub vary: Vec<(HeaderName, Option<HeaderValue>)>,
    /// The version that its slot had before it was asked for.
    pub version: u64,
}

/// A request as far as freshness depends on it.
pub(super) struct Asked {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
}

impl Asked {
    pub(super) fn of(exchange: &Exchange) -> Self {
        Self {
            method: exchange.method.clone(),
            uri: exchange.uri.clone(),
            headers: exchange.headers.clone(),
        }
    }
}

struct Answered<'a>(StatusCode, &'a HeaderMap);

impl RequestLike for Asked {
    fn uri(&self) -> Uri {
        self.uri.clone()
    }

    fn is_same_uri(&self, other: &Uri) -> bool {
        self.uri == *other
    }

    fn method(&self) -> &Method {
        &self.method
    }

    fn headers(&self) -> &HeaderMap {
        &self.headers
    }
}

impl ResponseLike for Answered<'_> {
    fn status(&self) -> StatusCode {
        self.0
    }

    fn headers(&self) -> &HeaderMap {
        self.1
    }
}

impl StoredAnswer {
    /// None when the answer is not to be kept: it says so itself and nobody `wanted` it, or it is not whole.
    pub(super) fn of(asked: &Asked, reply: &Reply, now: SystemTime, version: u64, wanted: bool) -> Option<Self> {
        let body = reply.body_bytes()?.clone();
        let (status, headers) = (reply.status(), reply.headers());
        let fresh_for = freshness(asked, status, headers, now);
        // One that is never fresh is worth keeping only where the provider can be asked whether it still holds.
        let can_be_confirmed = [header::ETAG, header::LAST_MODIFIED]
            .iter()
            .any(|name| headers.contains_key(name));
        let useful = fresh_for.is_some_and(|time| can_be_confirmed || !time.is_zero());
        if status != StatusCode::OK || !(wanted || useful) {
            return None;
        }
        Some(Self {
            status,
            vary: vary(asked, headers)?,
            headers: headers.clone(),
            body,
            at: now,
            fresh_for: fresh_for.unwrap_or_default(),
            version,
        })
    }

    /// The same answer after the provider has confirmed it (304) with these headers.
    pub(super) fn renewed(&self, asked: &Asked, confirmed: &HeaderMap, now: SystemTime) -> Self {
        let mut headers = self.headers.clone();
        for (name, value) in confirmed {
            let about_the_body = [
                header::CONTENT_LENGTH,
                header::CONTENT_ENCODING,
                header::CONTENT_TYPE,
                header::TRANSFER_ENCODING,
            ];
            if !about_the_body.contains(name) {
                headers.insert(name.clone(), value.clone());
            }
        }
        Self {
            fresh_for: freshness(asked, self.status, &headers, now).unwrap_or_default(),
            headers,
            at: now,
            ..self.clone()
        }
    }

    pub(super) fn reply(&self) -> Reply {
        Reply::from_bytes(self.status, self.headers.clone(), self.body.clone())
    }

    /// Whether a request with these headers would get this answer.
    pub(super) fn answers(&self, headers: &HeaderMap) -> bool {
        self.vary
            .iter()
            .all(|(name, value)| headers.get(name) == value.as_ref())
    }

    /// How long ago it was received; nothing when the wall clock was set back since.
    pub(super) fn age(&self, now: SystemTime) -> Duration {
        now.duration_since(self.at).unwrap_or_default()
    }

    /// About how much memory it takes, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 64);
        self.body.len() + headers.sum::<usize>() + size_of::<Self>()
    }
}

/// How long the provider says that it is fresh; none when it may not be kept at all.
fn freshness(asked: &Asked, status: StatusCode, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    // One identity is one user, so this is a private cache; what was never said is not guessed.
    let options = CacheOptions {
        shared: false,
        cache_heuristic: 0.0,
        ..CacheOptions::default()
    };
    let policy = CachePolicy::new_options(asked, &Answered(status, headers), now, options);
    policy.is_storable().then(|| policy.time_to_live(now))
}

/// Headers that the answer depends on; none when it depends on everything.
fn vary(asked: &Asked, headers: &HeaderMap) -> Option<Vec<(HeaderName, Option<HeaderValue>)>> {
    let lists = headers
        .get_all(header::VARY)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let names = lists
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .filter(|name| !name.is_empty());
    names
        .map(|name| {
            let name = HeaderName::from_bytes(name.as_bytes())
                .ok()
                .filter(|name| name.as_str() != "*")?;
            let value = asked.headers.get(&name).cloned();
            Some((name, value))
        })
        .collect()
}
