//! Sending again what may be sent again.
//!
//! *What it does*: repeats an attempt that failed in a way that passes, if a repeat can do no harm. *When it acts*: the
//! table in `retry/verdict.rs` decides from the operation's class and what happened; an upload that can be read once
//! only is never repeated. *Defaults*:
//!
//! | setting | value |
//! |---|---|
//! | attempts | 3 |
//! | wait | random up to 50 ms × 2ⁿ, or 500 ms × 2ⁿ where the provider asks to slow down, at most 8 s |
//! | `Retry-After` | obeyed up to 120 s, in seconds, milliseconds or as a date |
//! | budget | 500 tokens a client; a repeat costs 14, or 5 after throttling; success gives them back |
//!
//! *Interplay*: inside deadline and idempotency, outside auth and timeout. A wait that would outlast the deadline is not
//! begun: the error is returned at once, with the provider's hint in it.

use std::future::Future;
use std::time::Duration;

use crate::clock::Clock;
use crate::error::Error;
use crate::operation::Repeat;
use crate::pipeline::{Exchange, History, Reply};
use crate::rng::Rng;

pub(crate) mod budget;
pub(crate) mod hint;
pub(crate) mod verdict;

use budget::Budget;
use verdict::Pace;

/// How calls are repeated.
///
/// ```
/// use integrator_core::Retry;
/// let patient = Retry::standard().max_attempts(5);
/// let never = Retry::never();
/// # let _ = (patient, never);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Retry {
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Duration,
    pub(crate) throttled_backoff: Duration,
    pub(crate) longest_backoff: Duration,
}

/// The longest wait that a provider may ask for.
pub(crate) const LONGEST_HINT: Duration = Duration::from_secs(120);

impl Retry {
    /// Three attempts.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            max_attempts: 3,
            backoff: Duration::from_millis(50),
            throttled_backoff: Duration::from_millis(500),
            longest_backoff: Duration::from_secs(8),
        }
    }

    /// One attempt.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            max_attempts: 1,
            ..Self::standard()
        }
    }

    /// How often a call is tried at most, the first attempt included.
    #[must_use]
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// What the wait before the first repeat is at most; it doubles with each further one.
    #[must_use]
    pub const fn backoff(mut self, backoff: Duration) -> Self {
        self.backoff = backoff;
        self
    }

    /// The same where the provider asks to slow down (429, 503, 529).
    #[must_use]
    pub const fn throttled_backoff(mut self, backoff: Duration) -> Self {
        self.throttled_backoff = backoff;
        self
    }

    /// What the wait never exceeds, unless the provider asks for more.
    #[must_use]
    pub const fn longest_backoff(mut self, longest: Duration) -> Self {
        self.longest_backoff = longest;
        self
    }

    /// What the wait after `failed` attempts is at most.
    pub(crate) fn ceiling(&self, pace: Pace, failed: u32) -> Duration {
        let base = match pace {
            Pace::Normal => self.backoff,
            Pace::Throttled => self.throttled_backoff,
        };
        let factor = 1_u32.checked_shl(failed.saturating_sub(1)).unwrap_or(u32::MAX);
        base.saturating_mul(factor).min(self.longest_backoff)
    }

    /// What is wrong with the settings.
    pub(crate) fn faults(&self) -> Option<String> {
        let wrong = self.max_attempts == 0;
        wrong.then(|| "`max_attempts(0)` would send nothing: use at least 1, or `Retry::never()`".to_owned())
    }
}

impl Default for Retry {
    fn default() -> Self {
        Self::standard()
    }
}

/// What retry works with.
#[derive(Debug)]
pub(crate) struct Repeater {
    pub(crate) retry: Retry,
    pub(crate) budget: Budget,
}

impl Repeater {
    /// Runs `attempt` until it succeeds or may not be repeated.
    pub(crate) async fn run<F, Fut>(
        &self,
        exchange: &Exchange,
        history: &History,
        (clock, rng): (&Clock, &Rng),
        attempt: F,
    ) -> Result<Reply, Error>
    where
        F: Fn() -> Fut,
        Fut: Future<Output = Result<Reply, Error>>,
    {
        let retry = exchange.retry.as_deref().unwrap_or(&self.retry);
        let class = effective(
            exchange.operation.repeat,
            exchange.idempotency_key.is_some(),
            exchange.has_lasting_effect,
        );
        let facts = &exchange.provider().retry;
        let mut failed = 0;
        let mut paid = None;
        loop {
            let error = match attempt().await {
                Ok(reply) => {
                    self.budget.refund(paid);
                    return Ok(reply);
                }
                Err(error) => error,
            };
            failed += 1;
            let Some(pace) = verdict::of(class, facts, &error) else {
                return Err(error);
            };
            if !exchange.is_replayable() {
                return Err(error.remark("not repeated, since the upload can be read once only"));
            }
            if failed >= retry.max_attempts {
                return Err(error);
            }
            let jitter = rng.up_to(retry.ceiling(pace, failed));
            let hint = error.retry_after().unwrap_or_default();
            let wait = jitter.max(hint);
            let left = exchange
                .deadline
                .map(|deadline| deadline.saturating_duration_since(clock.now()));
            if hint > LONGEST_HINT || left.is_some_and(|left| wait >= left) {
                return Err(error.remark("not repeated, since the wait would be too long").hurried());
            }
            if !self.budget.take(pace) {
                return Err(error.remark("not repeated, since too many calls of this client fail"));
            }
            paid = Some(pace);
            history.wait(wait);
            if !wait.is_zero() {
                tokio::time::sleep(wait).await;
            }
        }
    }
}

/// The class of this very call: a key that is not sent does not protect, and some arguments have lasting effects.
pub(crate) const fn effective(class: Repeat, has_key: bool, has_lasting_effect: bool) -> Repeat {
    match class {
        Repeat::Keyed if !has_key => Repeat::Unsafe,
        Repeat::Repeatable if has_lasting_effect => Repeat::Unsafe,
        class => class,
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
