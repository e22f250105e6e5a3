//! [`Check`]: a contract as what a client holds its requests and answers against.
//!
//! What violations are is said in `request.rs` and `response.rs`; what becomes of them, in core's `validate`.

use std::collections::BTreeMap;
use std::fmt;

use http::header::CONTENT_TYPE;
use integrator_core::provider::{Provider, Scheme};
use integrator_core::validate::{Incoming, Outgoing, Reaction, Validate, Violation};

use crate::{Contract, LoadError, Payload, Request, Where, response};

/// Violations of a provider's contract become events, once for each operation and path.
///
/// The contract is unpacked here, which takes up to a second for the largest. A client whose provider has no contract is refused
/// when it is built.
///
/// ```
/// use integrator_core::{Client, Credential, Provider};
///
/// # static PROVIDER: Provider = Provider { name: "stripe", base_url: Some("https://api.stripe.com"), ..Provider::DEFAULT };
/// let client: Client = Client::builder(&PROVIDER)
///     .credential(Credential::bearer("key"))
///     .validate(integrator_contract::report(&PROVIDER))
///     .build()?;
/// # Ok::<(), integrator_core::Error>(())
/// ```
#[must_use]
pub fn report(provider: &'static Provider) -> Check {
    Check::new(provider, Reaction::Report)
}

/// Violations of a provider's contract become errors: such a request is not sent, such an answer not handed out.
///
/// As [`report`] otherwise; an error answer that contradicts its document stays the error that it is, and holds what
/// contradicts. It is for tests and for what must not go on with an answer that drifted: providers add to their
/// answers and change them before their documents do.
#[must_use]
pub fn enforce(provider: &'static Provider) -> Check {
    Check::new(provider, Reaction::Enforce)
}

/// A contract as what a client holds its requests and answers against; made by [`report`] and [`enforce`].
pub struct Check {
    provider: &'static Provider,
    contract: Result<&'static Contract, LoadError>,
    reaction: Reaction,
}

impl Check {
    fn new(provider: &'static Provider, reaction: Reaction) -> Self {
        Self {
            provider,
            contract: Contract::load(provider.name),
            reaction,
        }
    }

    fn operation(
        &self,
        operation: &integrator_core::Operation,
    ) -> Option<(&'static Contract, &'static crate::Operation)> {
        let contract = *self.contract.as_ref().ok()?;
        Some((contract, contract.operation(operation.id)?))
    }

    /// Headers that are attached only when the request is sent.
    fn later(&self) -> impl Iterator<Item = &'static str> {
        let key = match self.provider.scheme {
            Scheme::Header(name) => Some(name),
            _ => None,
        };
        key.into_iter().chain(self.provider.idempotency.map(|rule| rule.header))
    }
}

impl Validate for Check {
    fn reaction(&self) -> Reaction {
        self.reaction
    }

    fn request(&self, operation: &'static integrator_core::Operation, request: &Outgoing<'_>) -> Vec<Violation> {
        let Some((contract, operation)) = self.operation(operation) else {
            return Vec::new();
        };
        let sent = request.headers.iter();
        let mut headers: Vec<(&str, &str)> = sent
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        headers.extend(self.later().map(|name| (name, "later")));
        let whole = Request {
            query: request.query,
            headers: &headers,
            body: Payload::Bytes(request.body.unwrap_or_default()),
            ..Request::new(request.method, request.path)
        };
        let found = contract.validate_request(operation, &whole).into_iter();
        // What is not in memory cannot be looked at.
        found
            .filter(|violation| request.body.is_some() || violation.place != Where::Body)
            .map(told)
            .collect()
    }

    fn answer(&self, operation: &'static integrator_core::Operation, answer: &Incoming<'_>) -> Vec<Violation> {
        let Some((contract, operation)) = self.operation(operation) else {
            return Vec::new();
        };
        let media_type = answer.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let found = contract.validate_response(operation, answer.status.as_u16(), media_type, answer.body);
        found.into_iter().map(told).collect()
    }

    fn refusal(&self, operation: &'static integrator_core::Operation, answer: &Incoming<'_>) -> Vec<Violation> {
        let status = answer.status.as_u16();
        // Few documents list every status that a server, or what stands before it, can answer, or say how errors look.
        let declared = self
            .operation(operation)
            .and_then(|(_, operation)| response::declared(operation, status));
        if declared.is_none_or(BTreeMap::is_empty) {
            return Vec::new();
        }
        self.answer(operation, answer)
    }

    fn event(&self, operation: &'static integrator_core::Operation, event: &[u8]) -> Vec<Violation> {
        let schema = self.operation(operation).and_then(|(_, operation)| operation.event());
        let (Some(schema), Ok(event)) = (schema, serde_json::from_slice(event)) else {
            return Vec::new();
        };
        schema.violations(&event, Where::Body).into_iter().map(told).collect()
    }

    fn fault(&self) -> Option<String> {
        let error = self.contract.as_ref().err()?;
        Some(format!("`validate` cannot {error}"))
    }
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Check")
            .field("provider", &self.provider.name)
            .field("reaction", &self.reaction)
            .finish_non_exhaustive()
    }
}

fn told(violation: crate::Violation) -> Violation {
    Violation::new(violation.place.as_str(), violation.path, violation.message)
}
