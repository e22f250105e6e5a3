//! A provider with the facts that cost something on every call: pinned headers, scopes, keys, a request id, a limit.

use integrator_core::operation::{Argument, Operation, Place, QueryStyle, Repeat};
use integrator_core::provider::{Idempotency, LimitFact, Provider};

pub(crate) static PROVIDER: Provider = Provider {
    name: "bench",
    title: "Bench",
    version: "1",
    base_url: Some("https://api.bench.test"),
    headers: &[("bench-version", "2026-10-28.endive")],
    request_id: &["request-id"],
    scope_headers: &["bench-account", "bench-context"],
    idempotency: Some(Idempotency {
        header: "idempotency-key",
        max_length: 255,
        replayed_header: Some("idempotent-replayed"),
    }),
    limits: &[LimitFact {
        group: "default",
        // Far above what a bench can do, so that nothing waits.
        requests: 1_000_000_000,
        seconds: 1,
    }],
    ..Provider::DEFAULT
};

pub(crate) static RETRIEVE: Operation = Operation {
    id: "GetCustomersCustomer",
    name: "customers.retrieve",
    path: "/v1/customers/{customer}",
    arguments: &[
        argument("customer", Place::Path, true),
        argument("expand", Place::Query(QueryStyle::Deep), false),
    ],
    repeat: Repeat::Safe,
    ..Operation::DEFAULT
};

const fn argument(name: &'static str, place: Place, required: bool) -> Argument {
    Argument { name, place, required }
}
