//! What one call wants otherwise than its client: key, deadline, headers, retries, unlisted query parameters.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};

use crate::policy::{Priority, Retry};

/// Options of one call.
///
/// ```
/// use std::time::Duration;
/// use integrator_core::RequestOptions;
///
/// let options = RequestOptions::new().idempotency_key("order-42").timeout(Duration::from_secs(5));
/// ```
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct RequestOptions {
    pub(crate) key: Option<Arc<str>>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) headers: HeaderMap,
    pub(crate) retry: Option<Retry>,
    pub(crate) priority: Option<Priority>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) betas: Vec<String>,
    /// Path and query to ask for in place of the operation's own, such as those of a next page.
    pub(crate) target: Option<String>,
    #[cfg(feature = "cache")]
    pub(crate) cache: crate::policy::cache::Wish,
    #[cfg(feature = "compression")]
    pub(crate) compress: Option<crate::Compress>,
    pub(crate) faults: Vec<String>,
}

impl RequestOptions {
    /// No wishes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The idempotency key: the provider answers a repeat under the same key with what it did the first time.
    #[must_use]
    pub fn idempotency_key(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into().into());
        self
    }

    /// The deadline of this call: all attempts and the waits between them.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// A header of this call alone; it replaces the client's and the provider's of that name.
    #[must_use]
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match parse_header(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(fault) => self.faults.push(fault),
        }
        self
    }

    /// How this call is repeated.
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = Some(retry);
        self
    }

    /// Opts this call in to a feature in beta, beside those that its operation and its client opt in to.
    #[must_use]
    pub fn beta(mut self, name: impl Into<String>) -> Self {
        self.betas.push(name.into());
        self
    }

    /// Who goes first when calls have to wait for each other; [`Priority::Normal`] unless set.
    #[must_use]
    pub fn priority(mut self, priority: Priority) -> Self {
        self.priority = Some(priority);
        self
    }

    /// A query parameter that the operation does not list.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// How the body of this call is compressed, whatever its client does.
    #[cfg(feature = "compression")]
    #[must_use]
    pub fn compress(mut self, compress: crate::Compress) -> Self {
        self.compress = Some(compress);
        self
    }

    /// The answer may be one that was kept, if it is no older than `time`; and this one is kept for others.
    ///
    /// Takes effect where the client has a [`Cache`](crate::Cache).
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn cache_for(mut self, time: Duration) -> Self {
        self.cache.fresh_for = Some(time);
        self
    }

    /// When the provider fails, an answer that was kept and fresh until at most `time` ago stands in.
    ///
    /// Takes effect where the client has a [`Cache`](crate::Cache); the answer says so, see
    /// [`Response::served`](crate::Response::served).
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn or_stale(mut self, time: Duration) -> Self {
        self.cache.stale = Some(time);
        self
    }

    /// Asks the provider, and keeps nothing of what it answers.
    #[cfg(feature = "cache")]
    #[must_use]
    pub fn without_cache(mut self) -> Self {
        self.cache.bypass = true;
        self
    }

    /// Takes over what `other` sets.
    pub(crate) fn merge(&mut self, other: Self) {
        self.key = other.key.or(self.key.take());
        self.timeout = other.timeout.or(self.timeout);
        for (name, value) in &other.headers {
            self.headers.insert(name.clone(), value.clone());
        }
        self.retry = other.retry.or(self.retry.take());
        self.priority = other.priority.or(self.priority);
        self.query.extend(other.query);
        self.betas.extend(other.betas);
        self.target = other.target.or(self.target.take());
        #[cfg(feature = "cache")]
        self.cache.merge(other.cache);
        #[cfg(feature = "compression")]
        {
            self.compress = other.compress.or(self.compress);
        }
        self.faults.extend(other.faults);
    }
}

/// The options of a call. Most calls have none and take no room for them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wishes(Option<Box<RequestOptions>>);

impl Deref for Wishes {
    type Target = RequestOptions;

    fn deref(&self) -> &RequestOptions {
        static NONE: LazyLock<RequestOptions> = LazyLock::new(RequestOptions::new);
        self.0.as_deref().unwrap_or_else(|| &NONE)
    }
}

impl DerefMut for Wishes {
    fn deref_mut(&mut self) -> &mut RequestOptions {
        self.0.get_or_insert_default()
    }
}

/// An idempotency key alone.
impl From<&str> for RequestOptions {
    fn from(key: &str) -> Self {
        Self::new().idempotency_key(key)
    }
}

/// An idempotency key alone.
impl From<String> for RequestOptions {
    fn from(key: String) -> Self {
        Self::new().idempotency_key(key)
    }
}

impl fmt::Debug for RequestOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let query: Vec<&str> = self.query.iter().map(|(name, _)| name.as_str()).collect();
        let headers: Vec<&str> = self.headers.keys().map(HeaderName::as_str).collect();
        f.debug_struct("RequestOptions")
            .field("idempotency_key", &self.key)
            .field("timeout", &self.timeout)
            .field("headers", &headers)
            .field("retry", &self.retry)
            .field("query", &query)
            .field("betas", &self.betas)
            .finish_non_exhaustive()
    }
}

/// Headers that the engine or the transport writes itself.
const OWN: &[&str] = &[
    "content-length",
    "transfer-encoding",
    "host",
    "connection",
    "content-type",
    "te",
    "upgrade",
];

/// A header as a caller gives it; its value counts as a secret.
pub(crate) fn parse_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), String> {
    let parsed = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| format!("`{}` is not a header name", name.escape_debug()))?;
    if OWN.contains(&parsed.as_str()) {
        return Err(format!(
            "header `{parsed}` is written by the client itself, leave it out"
        ));
    }
    let mut value = HeaderValue::from_str(value)
        .map_err(|_| format!("the value of header `{parsed}` holds characters that a header cannot carry"))?;
    value.set_sensitive(true);
    Ok((parsed, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_later_wish_wins() {
        let mut options = RequestOptions::new()
            .header("a", "1")
            .timeout(Duration::from_secs(1))
            .query("x", "1");
        options.merge(RequestOptions::new().header("A", "2").query("y", "2"));
        assert_eq!(options.headers.get("a").unwrap(), "2");
        assert_eq!(options.timeout, Some(Duration::from_secs(1)));
        assert_eq!(options.query.len(), 2);
    }

    #[test]
    fn what_is_wrong_is_kept_and_named_without_the_value() {
        let options = RequestOptions::new()
            .header("a b", "1")
            .header("ok", "canary\n")
            .header("Host", "x");
        assert_eq!(options.faults.len(), 3);
        assert!(!format!("{:?}{options:?}", options.faults).contains("canary"));
    }

    #[test]
    fn debug_hides_values() {
        let shown = format!("{:?}", RequestOptions::new().header("x", "canary").query("q", "canary"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
