//! Typed, resilient clients for the APIs of several providers.
//!
//! Every provider is a module that a feature turns on, and all of them feel the same:
//! `client.resource().verb(ids).setter(..).send()`. What they share is here at the root: one [`Error`], one [`Retry`],
//! one [`Upload`]. Nothing is defined in this crate; depend on a provider's own crate when one is all you need.
#![cfg_attr(all(feature = "calendly", feature = "mock"), doc = "```")]
#![cfg_attr(not(all(feature = "calendly", feature = "mock")), doc = "```text")]
//! use integrator::{Credential, calendly, mock::Mock};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//!
//! let mock = Mock::start(calendly::PROVIDER).await?;
//! let client = calendly::Client::builder().base_url(mock.url()).credential(Credential::bearer("token")).build()?;
//!
//! let me = client.users().me().send().await?;
//! let mut events = client.scheduled_events().list().user(&*me.resource.uri).items();
//! while let Some(event) = events.next().await {
//!     println!("{} {}", event?.start_time, me.resource.name);
//! }
//! # Ok(())
//! # }
//! # tokio::runtime::Runtime::new()?.block_on(run())?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | feature | gives |
//! |---|---|
//! | `calendly`, `stripe`, … | the provider of that name as a module: `integrator::calendly` |
//! | `mock` | `integrator::mock`: simulated providers for tests |
//! | `contract` | `integrator::contract`: the providers' contracts, to hold requests and answers against |
//! | `oauth` | `integrator::oauth`: access tokens that are obtained, kept and renewed by themselves |
//! | `redis` | what processes share, kept in Redis |
//! | `tower` | `integrator::core::TowerTransport`: requests through a client of yours that is a tower service |
//! | `full` | every provider, `mock`, `contract`, and the guide |
//! | `test-util` | `integrator::core::testing`: scripted transports and hand-made answers |
//!
//! None is on by default: a provider costs build time, and a crate that asks for one must not pay for the others.
#![cfg_attr(feature = "full", doc = "")]
#![cfg_attr(
    feature = "full",
    doc = "Where next: [`guide::start`] for the first call, [`guide`] for everything after it."
)]

#[cfg(feature = "anthropic")]
pub use integrator_anthropic as anthropic;
#[cfg(feature = "calendly")]
pub use integrator_calendly as calendly;
#[cfg(feature = "close")]
pub use integrator_close as close;
#[cfg(feature = "contract")]
pub use integrator_contract as contract;
#[cfg(feature = "directus")]
pub use integrator_directus as directus;
#[cfg(feature = "mock")]
pub use integrator_mock as mock;
#[cfg(feature = "openai")]
pub use integrator_openai as openai;
#[cfg(feature = "stripe")]
pub use integrator_stripe as stripe;

/// The runtime that all clients share, whole: transports, wire formats and redaction stand only here.
pub use integrator_core as core;

#[cfg(feature = "compression")]
pub use integrator_core::Compress;
pub use integrator_core::health;
#[cfg(feature = "oauth")]
pub use integrator_core::oauth;
pub use integrator_core::{
    Accumulate, Accumulator, Attempt, Batcher, BodyStream, BoxFuture, Breaker, Call, Circuit, CircuitState, Credential,
    Decimal, DecodeError, Download, Error, ErrorKind, Events, Exchange, Expandable, Fingerprint, Headroom, Health,
    Identity, Items, Layer, Limit, List, Map, Next, Opening, Operation, OrElse, Own, Page, Pages, Parallel, Patch,
    Pipeline, Prepared, Priority, Provider, Raw, Recovery, Registry, Reply, RequestOptions, Response, Retry, Secret,
    Sending, Served, Stage, Text, Timestamp, TlsVersion, UnixTime, Upload, Uploads, Value, Wire, json, parallel,
};
#[cfg(any(feature = "cache-memory", feature = "redis"))]
pub use integrator_core::{Cache, CacheCounts, CacheStore};
#[cfg(feature = "redis")]
pub use integrator_core::{RedisCache, RedisQuota};

/// The providers that this build has, by name: one for each feature that is on.
pub const PROVIDERS: &[&Provider] = &[
    #[cfg(feature = "anthropic")]
    anthropic::PROVIDER,
    #[cfg(feature = "calendly")]
    calendly::PROVIDER,
    #[cfg(feature = "close")]
    close::PROVIDER,
    #[cfg(feature = "directus")]
    directus::PROVIDER,
    #[cfg(feature = "openai")]
    openai::PROVIDER,
    #[cfg(feature = "stripe")]
    stripe::PROVIDER,
];

#[cfg(feature = "full")]
pub mod guide;

/// The examples of the repository's README, so that they are compiled and run.
#[cfg(all(doctest, feature = "full"))]
#[doc = include_str!("../../../README.md")]
mod readme {}
