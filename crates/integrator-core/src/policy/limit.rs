//! Not asking for more than the provider gives.
//!
//! *What it does*: lets attempts through as fast as slots, requests and tokens allow; the others wait in one queue, the
//! most urgent first. *When it acts*: for each identity (the headers that select an account included) and group of
//! operations, three things are counted: attempts in flight, requests in a window, tokens in a window. The provider's
//! documented limits are the start; what its answers say is left takes their place. Tokens are reserved by an estimate
//! before an attempt and settled by what the answer says was used. A refusal (429) holds everybody back who shares what
//! its reason names, until the provider said it is over. When refusals follow each other although the limits were kept,
//! others share the quota: the pace is cut and grows again slowly. *Defaults*:
//!
//! | setting | value |
//! |---|---|
//! | requests | what the provider documents, then what it says |
//! | own limits | none: [`Limit::per_second`], [`tokens`](Limit::tokens), [`in_flight`](Limit::in_flight) |
//! | queue | 4096 attempts; what comes on top is refused |
//! | shared with others | no: [`Limit::shared`] |
//! | after a refusal | what the provider asks for, at most 120 s; 100 ms where it does not say |
//!
//! *Interplay*: inside breaker and auth, outside timeout, so that waiting here spends nothing but the deadline. A call
//! whose turn would come after its deadline is refused at once ([`ErrorKind::Overloaded`]) and was never sent. A slot is
//! held until the answer, or the stream, ends. A waiter that is dropped leaves nothing behind.
//!
//! ```
//! use std::time::Duration;
//! use integrator_core::Limit;
//! let gentle = Limit::per_second(25).in_flight(10);
//! let daily = Limit::per(5_000, Duration::from_secs(24 * 60 * 60));
//! let none = Limit::never();
//! # let _ = (gentle, daily, none);
//! ```

use std::sync::Arc;
use std::time::Duration;

mod account;
pub(crate) mod bucket;
mod lane;
mod lease;
pub(crate) mod limiter;
mod pace;
pub(crate) mod quota;
mod sharing;
mod signal;
mod standing;
mod window;

use bucket::Bucket;
pub use limiter::Headroom;
pub(crate) use limiter::{Limiter, Slot};
pub use quota::{Ask, Grant, Quota, QuotaError, Rate};
use signal::nanos;
pub use standing::Window;

/// How fast a client goes at most.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Limit {
    requests: Option<(u32, Duration)>,
    burst: Option<u32>,
    tokens: Option<(u64, Duration)>,
    slots: Option<u32>,
    queue: usize,
    /// The provider's limits are kept.
    follows: bool,
    /// Where the rates are kept that others share.
    quota: Option<Arc<dyn Quota>>,
    sharers: Option<u32>,
}

/// Who goes first when calls have to wait for each other.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Priority {
    /// After all others: backfills, reports.
    Low,
    /// In the order of arrival.
    #[default]
    Normal,
    /// Before all others: somebody is looking at a screen.
    High,
}

impl Limit {
    /// The provider's limits, and none of its own.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            requests: None,
            burst: None,
            tokens: None,
            slots: None,
            queue: 4_096,
            follows: true,
            quota: None,
            sharers: None,
        }
    }

    /// No limit, not even the provider's.
    #[must_use]
    pub const fn never() -> Self {
        let mut limit = Self::standard();
        limit.follows = false;
        limit
    }

    /// At most `requests` in any second, beside the provider's limits.
    #[must_use]
    pub const fn per_second(requests: u32) -> Self {
        Self::per(requests, Duration::from_secs(1))
    }

    /// At most `requests` in any minute, beside the provider's limits.
    #[must_use]
    pub const fn per_minute(requests: u32) -> Self {
        Self::per(requests, Duration::from_secs(60))
    }

    /// At most `requests` in any time of length `window`, beside the provider's limits.
    #[must_use]
    pub const fn per(requests: u32, window: Duration) -> Self {
        let mut limit = Self::standard();
        limit.requests = Some((requests, window));
        limit
    }

    /// Shares the requests and tokens of this limit with all clients that use the same store, in this process or in
    /// others: each provider, [named](crate::Credential::named) caller and group of operations once. Slots stay each
    /// client's own.
    ///
    /// A client leases up to a twentieth of the limit and uses it within a tenth of the window, so that the store is
    /// asked once for many calls; what it leased last before a window began may be used on top of that window's limit.
    /// A store that does not answer within 250 ms is away: each client then keeps to its share, which is the limit by
    /// the number of clients that shared it last, until the store is back. Both are logged, and
    /// [`Headroom::degraded`](crate::Headroom::degraded) says which it is.
    #[must_use]
    pub fn shared(mut self, quota: impl Quota) -> Self {
        self.quota = Some(Arc::new(quota));
        self
    }

    /// How many clients share the limit, for a client that never reached the store; 1 unless set.
    #[must_use]
    pub const fn sharers(mut self, clients: u32) -> Self {
        self.sharers = Some(clients);
        self
    }

    /// How many requests may go at once after a pause; a hundredth unless set. More of them at once means fewer
    /// evenly after that: no window sees more than the limit.
    #[must_use]
    pub const fn burst(mut self, requests: u32) -> Self {
        self.burst = Some(requests);
        self
    }

    /// At most `tokens` in any time of length `window`, where the provider counts tokens.
    #[must_use]
    pub const fn tokens(mut self, tokens: u64, window: Duration) -> Self {
        self.tokens = Some((tokens, window));
        self
    }

    /// At most this many attempts at the same time.
    #[must_use]
    pub const fn in_flight(mut self, attempts: u32) -> Self {
        self.slots = Some(attempts);
        self
    }

    /// How many attempts may wait; further ones are refused at once.
    #[must_use]
    pub const fn queue(mut self, attempts: usize) -> Self {
        self.queue = attempts;
        self
    }

    /// What is wrong with the settings.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self
            .requests
            .is_some_and(|(requests, window)| requests == 0 || window.is_zero())
        {
            faults
                .push("a `Limit` of no requests lets nothing through: use at least 1 in a time above zero".to_owned());
        }
        match (self.burst, self.requests) {
            (Some(_), None) => faults
                .push("`Limit::burst` is of a rate: start with `Limit::per_second(..)`, or leave it out".to_owned()),
            (Some(burst), Some((requests, _))) if burst == 0 || burst > requests => {
                faults.push(format!(
                    "`Limit::burst({burst})` is not within 1 to {requests}, which is all of the limit"
                ));
            }
            _ => {}
        }
        if self
            .tokens
            .is_some_and(|(tokens, window)| tokens == 0 || window.is_zero())
        {
            faults.push("`Limit::tokens` of none lets nothing through: use at least 1 in a time above zero".to_owned());
        }
        if self.slots == Some(0) {
            faults.push("`Limit::in_flight(0)` lets nothing through: use at least 1".to_owned());
        }
        if self.quota.is_some() && self.requests.is_none() && self.tokens.is_none() {
            faults.push("`Limit::shared` is of a rate: start with `Limit::per_second(..)`, or set `tokens`".to_owned());
        }
        match (self.sharers, &self.quota) {
            (Some(0), _) => faults.push("`Limit::sharers(0)` leaves nobody: count this client too".to_owned()),
            (Some(_), None) => faults.push(
                "`Limit::sharers` is about a limit that is shared: set `Limit::shared`, or leave it out".to_owned(),
            ),
            _ => {}
        }
        faults
    }

    /// Names and values, for `describe`.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut settings = Vec::new();
        settings.extend(
            self.requests
                .map(|(requests, window)| ("requests", format!("{requests}/{window:?}"))),
        );
        settings.extend(
            self.tokens
                .map(|(tokens, window)| ("tokens", format!("{tokens}/{window:?}"))),
        );
        settings.extend(self.slots.map(|slots| ("in_flight", slots.to_string())));
        settings.extend(self.quota.as_ref().map(|quota| ("shared", format!("{quota:?}"))));
        settings.extend(self.sharers.map(|clients| ("sharers", clients.to_string())));
        settings.push(("queue", self.queue.to_string()));
        settings
    }

    /// Whether a caller has to be known in other processes.
    pub(crate) const fn is_shared(&self) -> bool {
        self.quota.is_some()
    }

    /// Whether there is anything to keep.
    pub(crate) const fn is_never(&self) -> bool {
        !self.follows && self.requests.is_none() && self.tokens.is_none() && self.slots.is_none()
    }

    /// How many attempts may wait.
    pub(crate) const fn longest_queue(&self) -> usize {
        self.queue
    }

    fn own_requests(&self) -> Option<Bucket> {
        let (requests, window) = self.requests?;
        let burst = self.burst.unwrap_or(requests / 100 + 1);
        Some(Bucket::strict(requests.into(), nanos(window), burst.into()))
    }

    fn own_tokens(&self) -> Option<Bucket> {
        let (tokens, window) = self.tokens?;
        Some(Bucket::wide(tokens, nanos(window)))
    }
}

impl Default for Limit {
    fn default() -> Self {
        Self::standard()
    }
}

#[cfg(test)]
mod held_back;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
