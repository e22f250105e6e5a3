//! For tests, of this library and of its users: scripted answers instead of a network, and answers made by hand.

use serde_json::Value;

use crate::wire::Wire;
use crate::wire::{DecodeError, decode as decode_bytes};

#[cfg(test)]
pub(crate) mod acme;
mod redis;
mod scripted;
mod simulated;
mod spans;

pub use redis::RedisServer;
pub use scripted::{Recorded, Scripted, ScriptedTransport};
pub use simulated::{Counts, LocalQuota, SimulatedProvider};
pub use spans::Spans;

/// An answer's type from JSON, as the provider would send it.
///
/// # Errors
/// When `value` is not a `T`; the error names the path.
pub fn decode<T: Wire>(value: impl Into<Value>) -> Result<T, DecodeError> {
    decode_bytes(value.into().to_string().as_bytes())
}
