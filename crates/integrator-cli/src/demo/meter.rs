//! [`Meter`]: counts calls, attempts, bytes and times from the two seams of the pipeline.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use integrator::{BoxFuture, Error, Exchange, Layer, Next, Reply};
use tokio::time::Instant;

/// Shared by all clients of a provider.
#[derive(Debug, Clone, Default)]
pub(super) struct Meter(Arc<Mutex<Counts>>);

#[derive(Debug, Default)]
struct Counts {
    times: Vec<Duration>,
    attempts: usize,
    sent: u64,
    received: u64,
}

/// What was counted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Numbers {
    pub(super) calls: usize,
    pub(super) attempts: usize,
    /// Time that half of the calls took at most, waits and repeats included.
    pub(super) median: Duration,
    /// Time that 99 of 100 calls took at most.
    pub(super) p99: Duration,
    /// Bytes of request bodies.
    pub(super) sent: u64,
    /// Bytes of answers, as they announce them.
    pub(super) received: u64,
}

impl Meter {
    /// A layer that counts and times calls.
    pub(super) fn calls(&self) -> impl Layer {
        Calls(self.clone())
    }

    /// A layer that counts attempts and what they answer.
    pub(super) fn attempts(&self) -> impl Layer {
        Attempts(self.clone())
    }

    /// Adds bytes of request bodies.
    pub(super) fn add_sent(&self, bytes: u64) {
        self.counts().sent += bytes;
    }

    /// What was counted so far.
    pub(super) fn numbers(&self) -> Numbers {
        let mut counts = self.counts();
        counts.times.sort_unstable();
        Numbers {
            calls: counts.times.len(),
            attempts: counts.attempts,
            median: percentile(&counts.times, 50),
            p99: percentile(&counts.times, 99),
            sent: counts.sent,
            received: counts.received,
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The nearest rank of sorted times.
fn percentile(sorted: &[Duration], percent: usize) -> Duration {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or_default()
}

#[derive(Debug)]
struct Calls(Meter);

impl Layer for Calls {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn handle<'a>(&'a self, exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        let running = Running {
            meter: &self.0,
            started: Instant::now(),
        };
        Box::pin(async move {
            let outcome = next.run(exchange).await;
            drop(running);
            outcome
        })
    }
}

/// Notes the time also of a call that its deadline ends.
struct Running<'a> {
    meter: &'a Meter,
    started: Instant,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.meter.counts().times.push(self.started.elapsed());
    }
}

#[derive(Debug)]
struct Attempts(Meter);

impl Layer for Attempts {
    fn name(&self) -> &'static str {
        "meter"
    }

    fn handle<'a>(&'a self, exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            self.0.counts().attempts += 1;
            let reply = next.run(exchange).await?;
            let length = reply
                .headers()
                .get("content-length")
                .and_then(|value| value.to_str().ok());
            self.0.counts().received += length.and_then(|text| text.parse().ok()).unwrap_or(0);
            Ok(reply)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_that_were_measured() {
        let times: Vec<Duration> = (1..=200).map(Duration::from_millis).collect();
        assert_eq!(percentile(&times, 50), Duration::from_millis(100));
        assert_eq!(percentile(&times, 99), Duration::from_millis(198));
        assert_eq!(percentile(&times[..1], 99), Duration::from_millis(1));
        assert_eq!(percentile(&[], 50), Duration::ZERO);
    }
}
