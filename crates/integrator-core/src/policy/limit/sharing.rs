//! The way to a shared quota: it is asked apart from its callers, and whether it is away is known to all of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tracing::warn;

use super::account::SECOND;
use super::bucket::Tick;
use super::lane::Lane;
use super::lease::Want;
use super::quota::{Ask, Quota, QuotaError};
use super::signal::nanos;
use crate::provider::Resource;
use crate::rng::Rng;

/// A store that takes longer is away, so that a slow one never holds calls up for long.
pub(super) const PATIENCE: Duration = Duration::from_millis(250);
/// How often a store that is away is tried; nobody waits for that.
const AGAIN: u64 = SECOND;
const THERE: u64 = 0;

#[derive(Debug)]
pub(super) struct Sharing {
    quota: Arc<dyn Quota>,
    /// What this client is called in the store.
    who: String,
    provider: &'static str,
    base: Instant,
    /// When it is tried again, or [`THERE`].
    again_at: AtomicU64,
    /// How many share a quota, as the store said last or the settings say.
    sharers: AtomicU32,
}

impl Sharing {
    pub(super) fn new(quota: Arc<dyn Quota>, sharers: u32, provider: &'static str, base: Instant) -> Self {
        Self {
            quota,
            who: Rng::system().uuid(),
            provider,
            base,
            again_at: AtomicU64::new(THERE),
            sharers: AtomicU32::new(sharers),
        }
    }

    pub(super) fn is_away(&self) -> bool {
        self.again_at.load(Ordering::Relaxed) != THERE
    }

    pub(super) fn sharers(&self) -> u32 {
        self.sharers.load(Ordering::Relaxed)
    }

    /// Tries a store that is away, from time to time.
    pub(super) fn retry(self: &Arc<Self>, lane: &Arc<Lane>, now: Tick) {
        let again_at = self.again_at.load(Ordering::Relaxed);
        if again_at == THERE || again_at > now {
            return;
        }
        let next = now.saturating_add(AGAIN);
        let swap = self
            .again_at
            .compare_exchange(again_at, next, Ordering::Relaxed, Ordering::Relaxed);
        let probe = lane.lock().probe();
        if let (Ok(_), Some(probe)) = (swap, probe) {
            self.ask(lane, probe);
        }
    }

    /// Leases units for a lane, unless it asks already.
    ///
    /// What the store has taken reaches the lane even if those who wait for it give up.
    pub(super) fn ask(self: &Arc<Self>, lane: &Arc<Lane>, want: Want) {
        let Some((key, rate)) = lane.lock().ask(want.resource) else {
            return;
        };
        let sharing = Arc::clone(self);
        let asking = Asking(Arc::clone(lane), want.resource);
        tokio::spawn(async move {
            let ask = Ask {
                key: &key,
                who: &sharing.who,
                rate,
                want: want.units,
            };
            let answer = tokio::time::timeout(PATIENCE, sharing.quota.take(ask)).await;
            match answer.unwrap_or_else(|late| Err(QuotaError(late.into()))) {
                Ok(grant) => {
                    sharing.sharers.store(grant.sharers.max(1), Ordering::Relaxed);
                    let now = sharing.now();
                    let from = now.saturating_add(nanos(grant.wait));
                    asking.0.lock().granted(now, want, from, grant.sharers);
                    sharing.there();
                }
                Err(error) => sharing.away(&error),
            }
        });
    }

    fn there(&self) {
        if self.again_at.swap(THERE, Ordering::Relaxed) != THERE {
            warn!(target: "integrator", provider = self.provider, "the shared quota is back");
        }
    }

    fn away(&self, error: &QuotaError) {
        let again_at = self.now().saturating_add(AGAIN);
        if self.again_at.swap(again_at, Ordering::Relaxed) == THERE {
            let cause = &*error.0;
            let sharers = self.sharers();
            warn!(
                target: "integrator",
                provider = self.provider,
                sharers,
                %cause,
                "the shared quota is away; this client keeps to its share"
            );
        }
    }

    fn now(&self) -> Tick {
        nanos(Instant::now().saturating_duration_since(self.base))
    }
}

/// The store is being asked, until this is dropped, however that comes.
struct Asking(Arc<Lane>, Resource);

impl Drop for Asking {
    fn drop(&mut self) {
        self.0.lock().asked(self.1);
    }
}

#[cfg(test)]
mod tests;
