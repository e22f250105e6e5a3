//! The runtime behind integrator's generated API clients: calls, the resilience pipeline, wire formats, one error.
//!
//! It holds no provider's name: everything that is special about one is data ([`Provider`], [`Operation`]) in that
//! provider's crate. Use it through such a crate; what is here is what they all have in common.

mod arguments;
pub mod batch;
mod batcher;
mod call;
mod client;
mod clock;
mod credential;
mod error;
mod fallback;
#[doc(hidden)]
pub mod generated;
pub mod health;
pub mod lint;
pub mod operation;
mod options;
mod page;
mod parallel;
pub mod pipeline;
mod policy;
pub mod provider;
pub mod redact;
#[cfg(feature = "redis")]
mod redis_link;
mod response;
mod rng;
mod stream;
mod surface;
#[cfg(any(test, feature = "test-util"))]
pub mod testing;
mod transfer;
mod transport;
pub mod validate;
pub mod wire;

pub use arguments::Arguments;
pub use batcher::Batcher;
pub use call::{Call, Sending};
pub use client::{Client, ClientBuilder};
pub use clock::Clock;
#[cfg(feature = "oauth")]
pub use credential::oauth;
pub use credential::{Credential, Fingerprint, Identity, Secret};
pub use error::{Attempt, Error, ErrorKind, Recovery};
pub use fallback::OrElse;
pub use health::{Health, Registry};
pub use operation::Operation;
pub use options::RequestOptions;
pub use page::{Items, Page, Pages};
pub use parallel::{Parallel, parallel};
#[cfg(feature = "compression")]
pub use pipeline::Compress;
pub use pipeline::{Exchange, Pipeline, Prepared, Reply, Stage};
#[cfg(feature = "cache-memory")]
pub use policy::cache::MemoryCache;
#[cfg(feature = "redis")]
pub use policy::cache::RedisCache;
#[cfg(feature = "cache")]
pub use policy::cache::{Cache, CacheCounts, CacheStore, Found, StoredAnswer};
#[cfg(feature = "redis")]
pub use policy::limit::quota::RedisQuota;
pub use policy::request_key::RequestKey;
pub use policy::{
    Ask, Breaker, Circuit, CircuitState, Grant, Headroom, Layer, Limit, Next, Priority, Quota, QuotaError, Rate, Retry,
    Window,
};
pub use provider::Provider;
pub use response::{FromAnswer, Response, Served, Text};
pub use stream::{Accumulate, Accumulator, Events, Opening};
pub use transfer::{BodyStream, Download, Upload, Uploads};
#[cfg(feature = "tower")]
pub use transport::TowerTransport;
pub use transport::{
    AnswerBody, BoxFuture, Phase, RequestBody, TlsVersion, Transport, TransportError, TransportRequest,
    TransportResponse,
};
pub use validate::Validate;
pub use wire::{
    Decimal, DecodeError, Expandable, List, Map, Members, Own, Patch, Raw, Timestamp, UnixTime, Wire, decode, to_json,
};

/// JSON of any shape.
pub use serde_json::Value;
/// Everything that is needed to write JSON of any shape.
pub use serde_json::json;
