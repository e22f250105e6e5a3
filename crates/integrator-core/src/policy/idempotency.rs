//! The key under which a provider recognises a repeat.
//!
//! *What it does*: makes one key a call and sends it with every attempt; the caller's own key wins. *When it acts*: on
//! operations of class [`Repeat::Keyed`], where the provider takes keys; a caller's key is sent with any operation.
//! *Interplay*: outside retry, so that all attempts share the key; it is kept in the answer and in the error, so that a
//! caller can resume under it.

use std::sync::Arc;

use http::{HeaderName, HeaderValue};

use crate::operation::Repeat;
use crate::pipeline::{Exchange, History};
use crate::rng::Rng;

/// Sets the key of a call.
pub(crate) fn keyed(rng: &Rng, mut exchange: Box<Exchange>, history: &History) -> Box<Exchange> {
    let Some(rule) = exchange.provider().idempotency else {
        return exchange;
    };
    // No look at the headers for the reads, which are most calls: only one of the call's own could be a key.
    let given = exchange.idempotency_key.is_some() || exchange.own_headers != 0;
    if exchange.operation.repeat == Repeat::Safe && !given {
        return exchange;
    }
    // A key given as a plain header counts as the caller's key.
    let given = exchange.headers.get(rule.header).and_then(|value| value.to_str().ok());
    let key: Option<Arc<str>> = match (exchange.idempotency_key.take(), given) {
        (Some(key), _) => Some(key),
        (None, Some(key)) => Some(key.into()),
        (None, None) if exchange.operation.repeat == Repeat::Keyed => Some(rng.uuid().into()),
        (None, None) => None,
    };
    let Some(key) = key else {
        return exchange;
    };
    let header = (
        HeaderName::from_bytes(rule.header.as_bytes()),
        HeaderValue::from_str(&key),
    );
    if let (Ok(name), Ok(value)) = header {
        exchange.headers_mut().insert(name, value);
        history.set_key(Arc::clone(&key));
        exchange.idempotency_key = Some(key);
    }
    exchange
}
