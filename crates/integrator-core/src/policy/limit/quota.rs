//! A rate that several processes share: the seam to a store, and the decision as a pure function over what it keeps.
//!
//! A store never refuses: it takes what is wanted and says from when on it may be used, so that those who share stand
//! in one queue and nobody has to ask twice.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::bucket::Bucket;
use super::signal::nanos;
use crate::transport::BoxFuture;

#[cfg(feature = "redis")]
mod redis;

#[cfg(feature = "redis")]
pub use redis::RedisQuota;

/// Who has asked within this time counts as one who shares.
#[cfg(any(test, feature = "redis", feature = "test-util"))]
pub(crate) const SEEN_FOR: Duration = Duration::from_secs(60);
/// In windows. A longer queue is none: the store's clock was put back.
const LONGEST_QUEUE: u32 = 10;
/// No time is longer, so that a script can reckon with microseconds in floating point.
const LONGEST: Duration = Duration::from_secs(10 * 366 * 24 * 60 * 60);

/// Units (requests or tokens) in a window, shared by everybody who asks under the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rate {
    /// Units that flow back in one window.
    pub units: u64,
    /// Length of the window.
    pub window: Duration,
    /// Units that may be used at once.
    pub burst: u64,
}

/// What is wanted of a shared quota.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Ask<'a> {
    /// Which quota: the same in every process for the same provider, caller, group and resource. It holds no secret.
    pub key: &'a str,
    /// Which client asks: no other is called the same.
    pub who: &'a str,
    /// How much there is of it.
    pub rate: Rate,
    /// Units to take.
    pub want: u64,
}

/// What a store answers: all that was wanted is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// How long until it may be used.
    pub wait: Duration,
    /// How many clients asked for this quota within the last minute, this one included.
    pub sharers: u32,
}

impl Rate {
    pub(crate) fn of(bucket: &Bucket) -> Self {
        Self {
            units: bucket.units,
            window: Duration::from_nanos(bucket.window),
            burst: bucket.burst,
        }
    }

    /// The time in which so many units flow back, in whole microseconds.
    #[must_use]
    pub fn time(&self, units: u64) -> Duration {
        let bucket = Bucket {
            units: self.units.max(1),
            window: nanos(self.window).max(1),
            burst: self.burst,
            full_at: 0,
        };
        Duration::from_micros(bucket.time(units).div_ceil(1_000)).min(LONGEST)
    }

    /// How far the queue may reach into the future, in whole microseconds.
    #[must_use]
    pub fn longest_queue(&self) -> Duration {
        let longest = self.window.saturating_mul(LONGEST_QUEUE).min(LONGEST);
        Duration::from_micros(u64::try_from(longest.as_micros()).unwrap_or(u64::MAX))
    }

    /// The whole decision: `want` units at `now`, if the quota is full again at `full_at`; both as time since some moment
    /// that all processes share. Answers how long until they may be used, and when the quota is full again after that.
    #[must_use]
    pub fn decide(&self, full_at: Duration, now: Duration, want: u64) -> (Duration, Duration) {
        let full_at = full_at.min(now.saturating_add(self.longest_queue())).max(now);
        let room = self.time(self.burst.saturating_sub(want));
        let wait = (full_at - now).saturating_sub(room);
        (wait, full_at.saturating_add(self.time(want)))
    }
}

/// Where a quota is kept that several clients or processes share.
pub trait Quota: fmt::Debug + Send + Sync + 'static {
    /// Takes units of a quota ([`Rate::decide`] says from when on they may be used).
    ///
    /// # Errors
    /// When the store cannot be reached; the client then keeps to a share of its own.
    fn take<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Grant, QuotaError>>;
}

impl<Q: Quota + ?Sized> Quota for Arc<Q> {
    fn take<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Grant, QuotaError>> {
        (**self).take(ask)
    }
}

/// A shared quota cannot be reached.
#[derive(Debug, thiserror::Error)]
#[error("reach the shared quota")]
pub struct QuotaError(#[source] pub Box<dyn std::error::Error + Send + Sync>);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_wanted_is_taken_and_says_from_when_on() {
        let rate = Rate::of(&Bucket::wide(10, 1_000_000_000));
        let (wait, full_at) = rate.decide(Duration::ZERO, SECOND, 10);
        assert_eq!((wait, full_at), (Duration::ZERO, SECOND * 2));
        let (wait, full_at) = rate.decide(full_at, SECOND, 1);
        assert_eq!((wait, full_at), (SECOND / 10, SECOND * 21 / 10));
        let (wait, full_at) = rate.decide(full_at, SECOND, 50);
        assert_eq!(
            (wait, full_at),
            (SECOND * 11 / 10, SECOND * 71 / 10),
            "more than the burst waits until nothing is owed"
        );
    }

    #[test]
    fn a_clock_that_was_put_back_holds_nobody_up_for_long() {
        let rate = Rate::of(&Bucket::strict(10, 1_000_000_000, 1));
        let (wait, full_at) = rate.decide(SECOND * 100_000, SECOND, 1);
        assert_eq!((wait, full_at), (SECOND * 10, SECOND * 111 / 10));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_500))]
        #[test]
        fn over_any_interval_no_more_may_be_used_than_burst_and_rate(
            units in 1_u64..60, burst in 1_u64..60, steps in prop::collection::vec((0_u64..300_000, 1_u64..9), 1..100),
        ) {
            let rate = Rate { units, window: SECOND, burst };
            let (mut now, mut full_at) = (Duration::ZERO, Duration::ZERO);
            let mut used: Vec<(Duration, u64)> = Vec::new();
            for (gap, want) in steps {
                now += Duration::from_micros(gap);
                // A queue at its end is another matter.
                if full_at > now + SECOND * 9 {
                    continue;
                }
                let (wait, after) = rate.decide(full_at, now, want);
                full_at = after;
                used.push((now + wait, want));
            }
            for (from, _) in &used {
                for (to, _) in &used {
                    let sum: u64 = used.iter().filter(|(at, _)| (from..=to).contains(&at)).map(|(_, want)| want).sum();
                    let flowed = (to.saturating_sub(*from).as_micros() + 1) * u128::from(units) / 1_000_000;
                    // What is wanted at once may be more than the burst: eight at most.
                    let most = u128::from(burst.max(8)) + flowed;
                    prop_assert!(u128::from(sum) <= most, "{} of {}", sum, most);
                }
            }
        }

        #[test]
        fn nothing_overflows(units in any::<u64>(), window in any::<u64>(), burst in any::<u64>(), want in any::<u64>()) {
            let rate = Rate { units, window: Duration::from_secs(window), burst };
            for (full_at, now) in [(Duration::MAX, Duration::ZERO), (Duration::ZERO, Duration::MAX)] {
                let (wait, _) = rate.decide(full_at, now, want);
                prop_assert!(wait <= LONGEST);
            }
        }
    }
}
