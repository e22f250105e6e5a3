//! One valid request as those see it who answer: its operation, what was received, and its body as JSON.

use bytes::Bytes;
use integrator_contract::{Operation, Payload, Request};
use serde_json::Value;

use crate::{Received, state::State};

/// One request that keeps to the contract.
#[derive(Clone, Copy)]
pub(crate) struct Asked<'a> {
    pub(crate) state: &'a State,
    pub(crate) operation: &'static Operation,
    pub(crate) received: &'a Received,
    /// All bytes of a body that is no multipart.
    pub(crate) held: &'a Bytes,
}

impl Asked<'_> {
    /// The body in the types that the contract gives it.
    pub(crate) fn body(&self) -> Option<Value> {
        let received = self.received;
        let headers: Vec<(&str, &str)> = received
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        let body = if received.parts.is_empty() {
            Payload::Bytes(self.held)
        } else {
            Payload::Parts(&received.parts)
        };
        let request = Request {
            headers: &headers,
            body,
            ..Request::new(&received.method, received.path())
        };
        self.state.contract.read_body(self.operation, &request)
    }
}
