//! Answers that are kept (RFC 9111), for one identity and never for another.
//!
//! *What it does*: answers a GET from the store while the kept answer is fresh, by the provider's own headers or by
//! [`RequestOptions::cache_for`](crate::RequestOptions::cache_for); asks with its `ETag` when it no longer is; falls
//! back on it when the provider fails, where that is allowed. *When it acts*: on clients with a [`Cache`]. *Defaults*:
//! none; these providers rarely say how long an answer is fresh, so say it for the operations where it is known.
//! *Interplay*: outside dedup, retry and breaker, so that a hit costs no quota and answers while a circuit is open. A
//! call that changes something ends all kept answers below its path and above, for its identity, even when it failed.
//!
//! ```
//! # #[cfg(feature = "cache-memory")] {
//! use std::time::Duration;
//! use integrator_core::Cache;
//!
//! let cache = Cache::memory(64 * 1024 * 1024).stale_if_error(Duration::from_secs(600));
//! # let _ = cache; }
//! ```

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use http::{HeaderValue, StatusCode, header};
use tracing::debug;

use super::dedup::{can_be_shared, changes};
use super::request_key::RequestKey;
use crate::clock::Clock;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::pipeline::{Exchange, Reply};
use crate::response::Served;

#[cfg(feature = "cache-memory")]
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod slot;
mod stored;

#[cfg(feature = "redis")]
pub use self::redis::RedisCache;
#[cfg(feature = "cache-memory")]
pub use memory::MemoryCache;
pub use stored::StoredAnswer;

use slot::Slot;

/// Where answers are kept.
pub trait CacheStore: fmt::Debug + Send + Sync + 'static {
    /// What is kept for this request, and the version of its slot. A store that fails has nothing and says so itself.
    fn find<'a>(&'a self, key: &'a RequestKey, slot: u16) -> crate::BoxFuture<'a, Found>;

    /// Keeps an answer for at most this long.
    fn keep<'a>(&'a self, key: RequestKey, answer: Arc<StoredAnswer>, at_most: Duration) -> crate::BoxFuture<'a, ()>;

    /// Makes every answer of these slots an old one, by counting up their versions.
    fn outdate<'a>(&'a self, slots: &'a [u16]) -> crate::BoxFuture<'a, ()>;
}

/// What a store says about a request.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// The kept answer, of whatever version.
    pub answer: Option<Arc<StoredAnswer>>,
    /// The version that answers of this slot have to have now.
    pub version: u64,
}

/// Which answers are kept, where, and how long they may stand in for the provider.
#[derive(Debug, Clone)]
pub struct Cache {
    store: Arc<dyn CacheStore>,
    stale_if_error: Option<Duration>,
    rules: Vec<(&'static str, Duration)>,
    largest: usize,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    hits: AtomicU64,
    misses: AtomicU64,
    stale: AtomicU64,
}

/// How often the cache answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CacheCounts {
    /// Calls that were answered from the cache, revalidated ones included.
    pub hits: u64,
    /// Calls that went to the provider.
    pub misses: u64,
    /// Calls that were answered by an old answer since the provider failed.
    pub stale: u64,
}

/// What one call wants of the cache.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wish {
    pub(crate) fresh_for: Option<Duration>,
    pub(crate) stale: Option<Duration>,
    pub(crate) bypass: bool,
}

impl Wish {
    pub(crate) fn merge(&mut self, other: Self) {
        self.fresh_for = other.fresh_for.or(self.fresh_for);
        self.stale = other.stale.or(self.stale);
        self.bypass |= other.bypass;
    }
}

/// How long an answer may be revalidated or fall back on after it is no longer fresh, unless more is asked for.
const AFTERWARDS: Duration = Duration::from_secs(60 * 60);
/// Nothing is kept longer, so that the versions of slots may be forgotten some time.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Cache {
    /// In a store of your own.
    #[must_use]
    pub fn new(store: impl CacheStore) -> Self {
        Self {
            store: Arc::new(store),
            stale_if_error: None,
            rules: Vec::new(),
            largest: 1024 * 1024,
            counts: Arc::default(),
        }
    }

    /// In memory, of at most about `bytes`; what was not used for long goes first.
    #[cfg(feature = "cache-memory")]
    #[must_use]
    pub fn memory(bytes: u64) -> Self {
        Self::new(MemoryCache::new(bytes))
    }

    /// Answers of this operation are fresh for `time`, whatever the provider says.
    #[must_use]
    pub fn cache_for(mut self, operation: &'static Operation, time: Duration) -> Self {
        self.rules.push((operation.name, time));
        self
    }

    /// When the provider fails, an answer that was fresh until at most `time` ago stands in.
    #[must_use]
    pub fn stale_if_error(mut self, time: Duration) -> Self {
        self.stale_if_error = Some(time);
        self
    }

    /// Greatest body that is kept, in bytes; 1 MiB unless set.
    #[must_use]
    pub fn largest(mut self, bytes: usize) -> Self {
        self.largest = bytes;
        self
    }

    /// How often it answered so far.
    #[must_use]
    pub fn counts(&self) -> CacheCounts {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        CacheCounts {
            hits: read(&self.counts.hits),
            misses: read(&self.counts.misses),
            stale: read(&self.counts.stale),
        }
    }

    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = vec![
            ("store", format!("{:?}", self.store)),
            ("largest", self.largest.to_string()),
        ];
        settings.extend(self.stale_if_error.map(|time| ("stale_if_error", format!("{time:?}"))));
        settings.extend(
            self.rules
                .iter()
                .map(|(name, time)| ("cache_for", format!("{name} {time:?}"))),
        );
        settings
    }

    /// Answers from the store, or runs `next` and keeps what it answers.
    pub(crate) async fn run<F, Fut>(&self, clock: &Clock, mut exchange: Box<Exchange>, next: F) -> Result<Reply, Error>
    where
        F: FnOnce(Box<Exchange>) -> Fut,
        Fut: Future<Output = Result<Reply, Error>>,
    {
        if changes(&exchange) {
            let slots = Slot::touched_by(&exchange);
            let outcome = next(exchange).await;
            if outcome.as_ref().map_or_else(Error::may_have_been_sent, |_| true) {
                self.store.outdate(&slots).await;
            }
            return outcome;
        }
        let wish = exchange.cache;
        if !can_be_shared(&exchange) || wish.bypass {
            return next(exchange).await;
        }
        let key = RequestKey::of(&exchange);
        let slot = Slot::of(&exchange);
        let rule = || self.rules.iter().find(|(name, _)| *name == exchange.operation.name);
        let fresh_for = wish.fresh_for.or_else(|| rule().map(|(_, time)| *time));
        let Found { answer, version } = self.store.find(&key, slot).await;
        let now = clock.wall();
        let kept = answer.filter(|kept| kept.version == version && kept.answers(&exchange.headers));
        if let Some(kept) = &kept
            && kept.is_fresh(now, fresh_for)
        {
            self.count(&self.counts.hits, "hit");
            return Ok(kept.reply().served(Served::Cache { age: kept.age(now) }));
        }
        let asked = stored::Asked::of(&exchange);
        let conditional = kept.as_ref().is_some_and(|kept| kept.ask_again(&mut exchange.headers));
        let stale_for = wish.stale.max(self.stale_if_error);
        let outcome = next(exchange).await;
        let now = clock.wall();
        let keep_for = |answer: &StoredAnswer| {
            let usable = answer.fresh_for.max(fresh_for.unwrap_or_default());
            usable
                .saturating_add(stale_for.unwrap_or_default().max(AFTERWARDS))
                .min(LONGEST)
        };
        match (outcome, kept) {
            (Err(error), Some(kept)) if conditional && error.status() == Some(StatusCode::NOT_MODIFIED) => {
                let renewed = Arc::new(kept.renewed(&asked, error.headers(), now));
                self.count(&self.counts.hits, "revalidated");
                let reply = renewed.reply().served(Served::Cache { age: Duration::ZERO });
                let at_most = keep_for(&renewed);
                self.store.keep(key, renewed, at_most).await;
                Ok(reply)
            }
            (Err(error), Some(kept)) if is_outage(&error) && kept.may_stand_in(now, fresh_for, stale_for) => {
                self.count(&self.counts.stale, "stale");
                let age = kept.age(now);
                Ok(kept.reply().served(Served::Stale { age }).instead_of(error))
            }
            (Ok(reply), _) => {
                self.count(&self.counts.misses, "miss");
                let wanted = fresh_for.is_some() || stale_for.is_some();
                if let Some(answer) = StoredAnswer::of(&asked, &reply, now, version, wanted)
                    && answer.size() <= self.largest
                {
                    let at_most = keep_for(&answer);
                    self.store.keep(key, Arc::new(answer), at_most).await;
                }
                Ok(reply)
            }
            (Err(error), _) => Err(error),
        }
    }

    fn count(&self, count: &AtomicU64, how: &'static str) {
        count.fetch_add(1, Ordering::Relaxed);
        debug!(target: "integrator", cache = how, "cache");
    }
}

/// Whether the provider is away, rather than answering something that has to be heard.
fn is_outage(error: &Error) -> bool {
    match error.kind() {
        ErrorKind::Connect | ErrorKind::NoAnswer | ErrorKind::Timeout | ErrorKind::Server | ErrorKind::RateLimited => {
            true
        }
        kind => kind.is_refused_locally(),
    }
}

/// Puts the validators of a kept answer on a request.
fn condition(headers: &mut http::HeaderMap, name: http::HeaderName, value: Option<&HeaderValue>) -> bool {
    match value {
        Some(value) if !headers.contains_key(&name) => {
            headers.insert(name, value.clone());
            true
        }
        _ => false,
    }
}

impl StoredAnswer {
    /// Asks only for what is newer; says whether it has what that takes.
    fn ask_again(&self, headers: &mut http::HeaderMap) -> bool {
        let etag = condition(headers, header::IF_NONE_MATCH, self.headers.get(header::ETAG));
        etag || condition(
            headers,
            header::IF_MODIFIED_SINCE,
            self.headers.get(header::LAST_MODIFIED),
        )
    }

    fn is_fresh(&self, now: SystemTime, fresh_for: Option<Duration>) -> bool {
        let age = self.age(now);
        age < self.fresh_for.max(fresh_for.unwrap_or_default())
    }

    fn may_stand_in(&self, now: SystemTime, fresh_for: Option<Duration>, stale_for: Option<Duration>) -> bool {
        let until = self.fresh_for.max(fresh_for.unwrap_or_default());
        stale_for.is_some_and(|time| self.age(now) < until.saturating_add(time))
    }
}

#[cfg(test)]
#[cfg(feature = "cache-memory")]
mod model;
#[cfg(test)]
#[cfg(feature = "cache-memory")]
mod tests;
