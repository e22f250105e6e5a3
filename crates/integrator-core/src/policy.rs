//! The stages of the pipeline, one file each; in which order they stand is said in `pipeline.rs`.

pub(crate) mod auth;
pub(crate) mod breaker;
#[cfg(feature = "cache")]
pub(crate) mod cache;
pub(crate) mod deadline;
pub(crate) mod dedup;
pub(crate) mod idempotency;
pub(crate) mod layer;
pub(crate) mod limit;
pub(crate) mod observe;
pub(crate) mod request_key;
pub(crate) mod retry;
pub(crate) mod timeout;

pub use breaker::{Breaker, Circuit, CircuitState};
pub use layer::{Layer, Next};
pub use limit::{Ask, Grant, Headroom, Limit, Priority, Quota, QuotaError, Rate, Window};
pub use retry::Retry;
