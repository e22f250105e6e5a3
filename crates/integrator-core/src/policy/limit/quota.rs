//! A rate that several processes share: the seam to a store, and the decision as a pure function over what it keeps.

use std::fmt;
use std::time::Duration;

use super::bucket::Bucket;
use super::signal::nanos;
use crate::transport::BoxFuture;

/// Requests in a window, shared by everybody who names the same quota.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// Requests that flow back in one window.
    pub requests: u64,
    /// Length of the window.
    pub window: Duration,
    /// Requests that may be sent at once.
    pub burst: u64,
}

/// What a store answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// Requests that may be sent now; none when it is zero.
    pub granted: u64,
    /// How long until there is one, when none was granted.
    pub wait: Duration,
}

impl Rate {
    pub(crate) fn of(bucket: &Bucket) -> Self {
        Self {
            requests: bucket.units,
            window: Duration::from_nanos(bucket.window),
            burst: bucket.burst,
        }
    }

    /// The whole decision: up to `want` requests at `now`, if the quota is full again at `full_at`; both as time since
    /// some moment that all processes share. Answers what is granted, and when the quota is full again after that.
    #[must_use]
    pub fn decide(&self, full_at: Duration, now: Duration, want: u64) -> (Grant, Duration) {
        let mut bucket = Bucket {
            units: self.requests.max(1),
            window: nanos(self.window).max(1),
            burst: self.burst.max(1),
            full_at: nanos(full_at),
        };
        let now = nanos(now);
        let granted = bucket.available(now).min(want);
        if granted > 0 {
            bucket.take(now, granted);
        }
        let wait = Duration::from_nanos(bucket.ready_at(1).saturating_sub(now));
        (Grant { granted, wait }, Duration::from_nanos(bucket.full_at))
    }
}

/// Where a quota is kept that several clients or processes share.
pub trait Quota: fmt::Debug + Send + Sync + 'static {
    /// Takes up to `want` requests of the quota `name` ([`Rate::decide`] says how many).
    ///
    /// # Errors
    /// When the store cannot be reached; the client then falls back to a share of its own.
    fn take<'a>(&'a self, name: &'a str, rate: Rate, want: u64) -> BoxFuture<'a, Result<Grant, QuotaError>>;
}

/// A shared quota cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("reach the shared quota")]
pub struct QuotaError(#[source] pub Box<dyn std::error::Error + Send + Sync>);
