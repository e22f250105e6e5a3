//! Health as JSON: durations in milliseconds, moments as RFC 3339, what is not known as null.

use std::time::{Duration, SystemTime};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::{CacheHealth, CredentialHealth, GroupHealth, Health, LastError, Latency, Reason, RegistryHealth};
use crate::policy::{Circuit, CircuitState, Headroom, Window};
use crate::provider::Resource;

impl Serialize for Health {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        of_client(self).serialize(serializer)
    }
}

impl Serialize for RegistryHealth {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let clients = self
            .clients
            .iter()
            .map(|(name, health)| (name.clone(), of_client(health)));
        let clients: serde_json::Map<String, Value> = clients.collect();
        json!({ "status": self.status.as_str(), "clients": clients }).serialize(serializer)
    }
}

fn of_client(health: &Health) -> Value {
    json!({
        "provider": health.provider,
        "base_url": health.base_url,
        "status": health.status.as_str(),
        "reasons": list(&health.reasons, reason),
        "groups": list(&health.groups, group),
        "circuits": list(&health.circuits, circuit),
        "limits": list(&health.limits, headroom),
        "errors": list(&health.errors, error),
        "credentials": list(&health.credentials, credential),
        "cache": health.cache.as_ref().map(cache),
    })
}

fn list<T>(items: &[T], told: fn(&T) -> Value) -> Vec<Value> {
    items.iter().map(told).collect()
}

fn reason(reason: &Reason) -> Value {
    let details = match reason {
        Reason::CircuitOpen { host, group, is_last } => json!({"host": host, "group": group, "is_last": is_last}),
        Reason::CallsFail { group, calls, failures } => json!({"group": group, "calls": calls, "failures": failures}),
        Reason::CredentialRefused { operation } => json!({"operation": operation}),
        Reason::CredentialStale { key, left } => json!({"key": key, "left_ms": left.map(millis)}),
        Reason::CredentialUnsaved { key } => json!({"key": key}),
        Reason::HeldBack { group, wait } => json!({"group": group, "wait_ms": millis(*wait)}),
        Reason::QuotaAway { group } => json!({"group": group}),
        Reason::Queueing { group, waiting } => json!({"group": group, "waiting": waiting}),
    };
    json!({"reason": reason.as_str(), "status": reason.status().as_str(), "details": details})
}

fn group(group: &GroupHealth) -> Value {
    json!({
        "group": group.group,
        "running": group.running,
        "answered": group.answered,
        "cached": group.cached,
        "shared": group.shared,
        "failed": group.failed,
        "rejected": group.rejected,
        "cancelled": group.cancelled,
        "attempts": group.attempts,
        "recent_calls": group.recent_calls,
        "recent_failures": group.recent_failures,
        "latency": group.latency.as_ref().map(latency),
    })
}

fn latency(latency: &Latency) -> Value {
    json!({
        "calls": latency.calls,
        "p50_ms": millis(latency.p50),
        "p90_ms": millis(latency.p90),
        "p99_ms": millis(latency.p99),
    })
}

fn circuit(circuit: &Circuit) -> Value {
    let (state, wait) = match circuit.state {
        CircuitState::Closed => ("closed", None),
        CircuitState::Open { retry_after } => ("open", Some(millis(retry_after))),
        CircuitState::HalfOpen => ("half_open", None),
    };
    json!({
        "host": circuit.host,
        "group": circuit.group,
        "state": state,
        "retry_after_ms": wait,
        "attempts": circuit.attempts,
        "failures": circuit.failures,
    })
}

fn headroom(headroom: &Headroom) -> Value {
    json!({
        "group": headroom.group,
        "in_flight": headroom.in_flight,
        "slots": headroom.slots,
        "waiting": headroom.waiting,
        "requests": headroom.requests,
        "tokens": headroom.tokens,
        "blocked_ms": millis(headroom.blocked),
        "degraded": headroom.degraded,
        "windows": list(&headroom.windows, window),
    })
}

fn window(window: &Window) -> Value {
    json!({
        "resource": match window.resource {
            Resource::Requests => "requests",
            Resource::Tokens => "tokens",
        },
        "is_own": window.is_own,
        "most": window.most,
        "remaining": window.remaining,
        "reset_ms": millis(window.reset),
    })
}

fn error(error: &LastError) -> Value {
    json!({
        "operation": error.operation,
        "group": error.group,
        "kind": error.kind.as_str(),
        "status": error.status.map(|status| status.as_u16()),
        "code": error.code,
        "request_id": error.request_id,
        "times": error.times,
        "ago_ms": millis(error.ago),
        "at": moment(error.at),
    })
}

fn credential(credential: &CredentialHealth) -> Value {
    json!({
        "key": credential.key,
        "fingerprint": credential.fingerprint.map(|fingerprint| fingerprint.to_string()),
        "age_ms": credential.age.map(millis),
        "left_ms": credential.left.map(millis),
        "is_stale": credential.is_stale,
        "is_unsaved": credential.is_unsaved,
    })
}

fn cache(cache: &CacheHealth) -> Value {
    json!({
        "hits": cache.hits,
        "misses": cache.misses,
        "stale": cache.stale,
        "hit_ratio": cache.hit_ratio(),
    })
}

/// To the microsecond.
fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

fn moment(at: SystemTime) -> Option<String> {
    let at = jiff::Timestamp::try_from(at).ok()?;
    Some(at.to_string())
}
