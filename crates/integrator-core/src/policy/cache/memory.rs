//! [`MemoryCache`]: answers in this process, bounded by their size.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::slot::SLOTS;
use super::{CacheStore, Found, StoredAnswer};
use crate::BoxFuture;
use crate::policy::request_key::RequestKey;

/// Keeps answers in memory; freshness is judged outside, by the client's clock.
pub struct MemoryCache {
    answers: moka::future::Cache<RequestKey, Arc<StoredAnswer>>,
    versions: Vec<AtomicU64>,
    bytes: u64,
}

impl MemoryCache {
    /// Of at most about `bytes`, answers and their headers.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        let answers = moka::future::Cache::builder()
            .max_capacity(bytes)
            .weigher(|_, answer: &Arc<StoredAnswer>| u32::try_from(answer.size()).unwrap_or(u32::MAX))
            .build();
        Self {
            answers,
            versions: (0..SLOTS).map(|_| AtomicU64::new(0)).collect(),
            bytes,
        }
    }

    fn version(&self, slot: u16) -> Option<&AtomicU64> {
        self.versions.get(usize::from(slot))
    }
}

impl CacheStore for MemoryCache {
    fn find<'a>(&'a self, key: &'a RequestKey, slot: u16) -> BoxFuture<'a, Found> {
        Box::pin(async move {
            let version = self.version(slot).map_or(0, |version| version.load(Ordering::Acquire));
            let answer = self.answers.get(key).await;
            Found { answer, version }
        })
    }

    fn keep<'a>(&'a self, key: RequestKey, answer: Arc<StoredAnswer>, _: Duration) -> BoxFuture<'a, ()> {
        Box::pin(self.answers.insert(key, answer))
    }

    fn outdate<'a>(&'a self, slots: &'a [u16]) -> BoxFuture<'a, ()> {
        for version in slots.iter().filter_map(|slot| self.version(*slot)) {
            version.fetch_add(1, Ordering::AcqRel);
        }
        Box::pin(async {})
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryCache")
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}
