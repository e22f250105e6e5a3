//! [`SimulatedProvider`]: a provider with a limit, latency and outages of its own, on tokio's clock; and [`LocalQuota`],
//! a quota shared within one process.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::{HeaderMap, HeaderValue, StatusCode};
use tokio::time::Instant;

use crate::policy::limit::quota::SEEN_FOR;
use crate::policy::{Ask, Grant, Quota, QuotaError};
use crate::transport::{AnswerBody, BoxFuture, Transport, TransportError, TransportRequest, TransportResponse};

/// Answers `{}` as long as its limit is kept, 429 beyond it, and 503 during an outage.
///
/// What is left of a window stands in the header `ratelimit` (`limit=, remaining=, reset=`), and a refusal says in
/// `retry-after` how many whole seconds are left. Clones are the same provider.
#[derive(Debug, Clone)]
pub struct SimulatedProvider(Arc<Mutex<State>>);

#[derive(Debug)]
struct State {
    start: Instant,
    requests: u32,
    window: Duration,
    latency: (Duration, Duration),
    outage: Option<(Duration, Duration)>,
    rng: fastrand::Rng,
    /// Which window runs, and how many requests it has taken.
    current: (u64, u32),
    counts: Counts,
    this_second: (u64, u64),
}

/// What a [`SimulatedProvider`] has answered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Requests that were taken.
    pub taken: u64,
    /// Requests beyond the limit (429).
    pub refused: u64,
    /// Requests during an outage (503).
    pub failed: u64,
    /// The most requests that came in one second.
    pub peak: u64,
}

impl SimulatedProvider {
    /// Takes `requests` in each `window`; windows follow each other from now on.
    #[must_use]
    pub fn new(requests: u32, window: Duration) -> Self {
        Self(Arc::new(Mutex::new(State {
            start: Instant::now(),
            requests,
            window,
            latency: (Duration::ZERO, Duration::ZERO),
            outage: None,
            rng: fastrand::Rng::with_seed(7),
            current: (0, 0),
            counts: Counts::default(),
            this_second: (0, 0),
        })))
    }

    /// A request is on its way for `least` to `most`, and its answer as long again.
    #[must_use]
    pub fn latency(self, least: Duration, most: Duration) -> Self {
        self.lock().latency = (least, most.max(least));
        self
    }

    /// Fails every request from `begin` to `end`, counted from the first moment.
    #[must_use]
    pub fn outage(self, begin: Duration, end: Duration) -> Self {
        self.lock().outage = Some((begin, end));
        self
    }

    /// What was answered so far.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.lock().counts
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn way(&mut self) -> Duration {
        let (least, most) = self.latency;
        let span = u64::try_from((most - least).as_nanos()).unwrap_or(u64::MAX);
        least + Duration::from_nanos(self.rng.u64(0..=span))
    }

    fn answer(&mut self) -> (StatusCode, HeaderMap) {
        let since = self.start.elapsed();
        if self.this_second.0 != since.as_secs() {
            self.this_second = (since.as_secs(), 0);
        }
        self.this_second.1 += 1;
        self.counts.peak = self.counts.peak.max(self.this_second.1);
        if self.outage.is_some_and(|(begin, end)| (begin..end).contains(&since)) {
            self.counts.failed += 1;
            return (StatusCode::SERVICE_UNAVAILABLE, HeaderMap::new());
        }
        let window = self.window.as_nanos().max(1);
        let number = u64::try_from(since.as_nanos() / window).unwrap_or(u64::MAX);
        if self.current.0 != number {
            self.current = (number, 0);
        }
        let reset = Duration::from_nanos(u64::try_from(window - since.as_nanos() % window).unwrap_or(u64::MAX));
        let status = if self.current.1 < self.requests {
            self.current.1 += 1;
            self.counts.taken += 1;
            StatusCode::OK
        } else {
            self.counts.refused += 1;
            StatusCode::TOO_MANY_REQUESTS
        };
        let left = self.requests - self.current.1;
        let said = format!(
            "limit={}, remaining={left}, reset={:.3}",
            self.requests,
            reset.as_secs_f64()
        );
        let mut headers = HeaderMap::new();
        headers.extend(HeaderValue::try_from(said).ok().map(|value| (RATE_LIMIT, value)));
        if status != StatusCode::OK {
            headers.insert(http::header::RETRY_AFTER, reset.as_secs().saturating_add(1).into());
        }
        (status, headers)
    }
}

const RATE_LIMIT: http::HeaderName = http::HeaderName::from_static("ratelimit");

impl Transport for SimulatedProvider {
    fn send(&self, _: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        Box::pin(async move {
            let (there, back) = {
                let mut state = self.lock();
                (state.way(), state.way())
            };
            tokio::time::sleep(there).await;
            let (status, headers) = self.lock().answer();
            tokio::time::sleep(back).await;
            let mut response = TransportResponse::new(AnswerBody::from(bytes::Bytes::from_static(b"{}")));
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        })
    }
}

/// A quota that the clients of one process share; it decides as a store between processes does
/// ([`Rate::decide`](crate::Rate::decide)).
///
/// Clones are the same store.
#[derive(Debug, Clone)]
pub struct LocalQuota {
    start: Instant,
    latency: Duration,
    kept: Arc<Mutex<Kept>>,
}

#[derive(Debug, Default)]
struct Kept {
    quotas: HashMap<String, Shared>,
    asked: u64,
}

#[derive(Debug, Default)]
struct Shared {
    full_at: Duration,
    seen: HashMap<String, Instant>,
}

impl LocalQuota {
    /// Full quotas, which take `latency` to be asked.
    #[must_use]
    pub fn new(latency: Duration) -> Self {
        Self {
            start: Instant::now(),
            latency,
            kept: Arc::default(),
        }
    }

    /// How often it was asked.
    #[must_use]
    pub fn asked(&self) -> u64 {
        self.lock().asked
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Quota for LocalQuota {
    fn take<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Grant, QuotaError>> {
        Box::pin(async move {
            if !self.latency.is_zero() {
                tokio::time::sleep(self.latency).await;
            }
            let mut kept = self.lock();
            kept.asked += 1;
            let quota = kept.quotas.entry(ask.key.to_owned()).or_default();
            let (wait, full_at) = ask.rate.decide(quota.full_at, self.start.elapsed(), ask.want);
            quota.full_at = full_at;
            quota.seen.insert(ask.who.to_owned(), Instant::now());
            quota.seen.retain(|_, seen| seen.elapsed() <= SEEN_FOR);
            let sharers = u32::try_from(quota.seen.len()).unwrap_or(u32::MAX);
            Ok(Grant { wait, sharers })
        })
    }
}
