//! How a client is doing, as data: what it met of late, what it has left, and what follows from that.
//!
//! [`Client::health`] looks at what the stages know anyway and at a record of its own (`health/record.rs`), which costs a
//! call two short locks and no allocation. Nothing in it is secret: credentials show by fingerprint, errors by kind, code
//! and request id. Several clients are looked at together through a [`Registry`]. What is recent happened within this
//! period of five minutes or the one before.
//!
//! | counts as | what |
//! |---|---|
//! | answered | the provider's answer, an answer from the cache or one shared with another call being counted apart |
//! | failed | every error but those below; a stream that breaks off later, or an answer that cannot be read, counts too |
//! | rejected | refused here to spare the provider: an open circuit, a full queue |
//! | cancelled | dropped before it ended |
//!
//! What is refused before anything is called (a missing argument) counts as nothing. Latency is what callers see, waits and
//! repeats included: up to the answer, of streams and downloads up to their beginning. Calls that asked no provider (from the cache, shared,
//! rejected) are not in it, nor are cancelled ones.

use std::time::{Duration, SystemTime};

use http::StatusCode;

use crate::client::Client;
use crate::credential::Fingerprint;
use crate::error::ErrorKind;
use crate::policy::{Circuit, Headroom};

mod judge;
mod latency;
pub(crate) mod record;
mod registry;
mod text;

pub use judge::{Reason, Status};
pub use registry::{Registry, RegistryHealth};

use latency::Durations;

/// How a client is doing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Health {
    /// Lower-case name of the provider.
    pub provider: &'static str,
    /// Where calls go.
    pub base_url: String,
    /// What follows from the rest.
    pub status: Status,
    /// Why it is not [`Healthy`](Status::Healthy), the worst first.
    pub reasons: Vec<Reason>,
    /// Calls, by group of operations.
    pub groups: Vec<GroupHealth>,
    /// Circuits: one for each host, group and identity.
    pub circuits: Vec<Circuit>,
    /// What each identity has left of each group.
    pub limits: Vec<Headroom>,
    /// The last errors, the latest first; of those of one operation and kind only the last.
    pub errors: Vec<LastError>,
    /// The credentials, the usual one first.
    pub credentials: Vec<CredentialHealth>,
    /// How often the cache answered; none without one.
    pub cache: Option<CacheHealth>,
}

/// What became of the calls of one group of operations.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct GroupHealth {
    /// Group of operations.
    pub group: String,
    /// Calls under way, streams that somebody holds included.
    pub running: u64,
    /// Calls that the provider answered.
    pub answered: u64,
    /// Calls that the cache answered.
    pub cached: u64,
    /// Calls that had the answer to another call for the same.
    pub shared: u64,
    /// Calls that failed.
    pub failed: u64,
    /// Calls that were refused here to spare the provider.
    pub rejected: u64,
    /// Calls that were dropped before they ended.
    pub cancelled: u64,
    /// Requests on the wire for all of them.
    pub attempts: u64,
    /// Recent calls that say something about the provider, the way to it, the credential or the quota.
    pub recent_calls: u64,
    /// How many of them failed.
    pub recent_failures: u64,
    /// How long recent calls took; none when there were none.
    pub latency: Option<Latency>,
}

/// How long calls took; each number is off by at most a sixteenth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Latency {
    /// How many calls were measured.
    pub calls: u64,
    /// Half of them took no longer.
    pub p50: Duration,
    /// Nine in ten took no longer.
    pub p90: Duration,
    /// 99 in a hundred took no longer.
    pub p99: Duration,
}

/// An error of late.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LastError {
    /// Dotted name of the operation.
    pub operation: &'static str,
    /// Group of operations.
    pub group: String,
    /// What kind of failure.
    pub kind: ErrorKind,
    /// HTTP status, when there was an answer.
    pub status: Option<StatusCode>,
    /// The provider's code, where it is a plain word.
    pub code: Option<String>,
    /// The provider's id of the request.
    pub request_id: Option<String>,
    /// How often the operation failed like this since the error is remembered.
    pub times: u64,
    /// How long ago the last time was.
    pub ago: Duration,
    /// When that was, by the wall clock.
    pub at: SystemTime,
}

/// What is known of a credential without its secret.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct CredentialHealth {
    /// Name of the key ([`Provider::keys`](crate::Provider::keys)); none of the usual one.
    pub key: Option<&'static str>,
    /// Which secret serves; none where there is none, or none yet.
    pub fingerprint: Option<Fingerprint>,
    /// How old it is: since a token was fetched, since a file was changed; none where nobody knows.
    pub age: Option<Duration>,
    /// How much longer a token is good; none where nobody knows.
    pub left: Option<Duration>,
    /// The token should have been renewed and could not be.
    pub is_stale: bool,
    /// The token could not be saved: it is lost when the process ends.
    pub is_unsaved: bool,
}

/// How often the cache answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct CacheHealth {
    /// Calls that were answered from the cache, revalidated ones included.
    pub hits: u64,
    /// Calls that went to the provider.
    pub misses: u64,
    /// Calls that an old answer stood in for, since the provider failed.
    pub stale: u64,
}

impl CacheHealth {
    /// Hits, stale ones included, of all calls that could have been one: 0 to 1; none before the first.
    #[must_use]
    pub fn hit_ratio(&self) -> Option<f64> {
        let hits = self.hits + self.stale;
        let all = hits + self.misses;
        #[expect(clippy::cast_precision_loss, reason = "a ratio of counts")]
        let ratio = hits as f64 / all as f64;
        (all > 0).then_some(ratio)
    }
}

impl Latency {
    fn of(took: &Durations) -> Option<Self> {
        Some(Self {
            calls: took.count(),
            p50: took.quantile(50)?,
            p90: took.quantile(90)?,
            p99: took.quantile(99)?,
        })
    }
}

impl Client {
    /// How it is doing: circuits, limits, calls, errors, credentials, and a status that follows from them.
    ///
    /// ```
    /// # use integrator_core::{Client, Credential, Provider, health::Status};
    /// # static PROVIDER: Provider = Provider { name: "acme", base_url: Some("https://acme.test"), ..Provider::DEFAULT };
    /// # fn main() -> Result<(), integrator_core::Error> {
    /// let client = Client::builder(&PROVIDER).credential(Credential::bearer("key")).build()?;
    /// let health = client.health();
    /// assert_eq!(health.status, Status::Healthy);
    /// println!("{}", serde_json::to_string(&health).unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn health(&self) -> Health {
        let pipeline = self.pipeline();
        let (now, wall) = (pipeline.clock.now(), pipeline.clock.wall());
        let named = pipeline.keys.iter().map(|(name, credential)| (Some(*name), credential));
        let credentials = std::iter::once((None, &pipeline.credential)).chain(named);
        let mut health = Health {
            provider: self.provider().name,
            base_url: self.base_url(),
            status: Status::Healthy,
            reasons: Vec::new(),
            groups: pipeline.records.groups(now),
            circuits: self.circuits(),
            limits: self.headroom(),
            errors: pipeline.records.errors(now, wall),
            credentials: credentials
                .map(|(key, credential)| CredentialHealth {
                    key,
                    ..credential.health(now, wall)
                })
                .collect(),
            cache: cache(pipeline),
        };
        health.reasons = judge::reasons(
            &health,
            pipeline.records.answered(now),
            pipeline.limiter.limit.longest_queue(),
        );
        health.status = judge::worst(&health.reasons);
        health
    }
}

#[cfg(feature = "cache")]
fn cache(pipeline: &crate::Pipeline) -> Option<CacheHealth> {
    let counts = pipeline.cache.as_ref()?.counts();
    Some(CacheHealth {
        hits: counts.hits,
        misses: counts.misses,
        stale: counts.stale,
    })
}

#[cfg(not(feature = "cache"))]
fn cache(_: &crate::Pipeline) -> Option<CacheHealth> {
    None
}

#[cfg(test)]
mod tests;
