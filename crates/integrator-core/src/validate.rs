//! Holding requests and answers against what the provider's document promises.
//!
//! *What it does*: asks a [`Validate`] what contradicts the document. Violations are either reported, as events (target
//! `integrator`, warn) once for each operation and path, so that a team hears of a changed API from a log line and not from a
//! crash; or enforced, as errors: a request with violations is not sent ([`ErrorKind::InvalidCall`]), an answer with
//! violations is an error ([`ErrorKind::Contract`]) that is neither repeated nor kept. *When it acts*: requests are checked
//! in prepare, with everything but the credential; answers that are successes, where their body is read; the answer that a
//! call failed with, when it is over, without those before it that were repeated; events of a stream, as each is taken.
//! *Defaults*: off, and then it costs nothing. *Interplay*: an error answer that contradicts its document stays the error that
//! it is and says so besides; of an upload the head is looked at and not the parts, of a download nothing, since neither is
//! ever whole in memory; what the cache answers was looked at when it came.

use std::collections::HashSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tracing::warn;

use crate::error::{Attempt, Error, ErrorKind};
use crate::operation::Operation;
use crate::provider::Provider;

/// As many operations and paths are remembered as reported; what comes on top is not reported.
const MANY: usize = 4_096;

/// Knows what contradicts a provider's document.
pub trait Validate: fmt::Debug + Send + Sync + 'static {
    /// What violations lead to.
    fn reaction(&self) -> Reaction;

    /// Everything that is wrong with a request.
    fn request(&self, operation: &'static Operation, request: &Outgoing<'_>) -> Vec<Violation>;

    /// Everything that is wrong with a successful answer.
    fn answer(&self, operation: &'static Operation, answer: &Incoming<'_>) -> Vec<Violation>;

    /// Everything that is wrong with an answer that says that the call failed.
    fn refusal(&self, operation: &'static Operation, answer: &Incoming<'_>) -> Vec<Violation> {
        let _ = (operation, answer);
        Vec::new()
    }

    /// Everything that is wrong with an event of a stream, as JSON text.
    fn event(&self, operation: &'static Operation, event: &[u8]) -> Vec<Violation> {
        let _ = (operation, event);
        Vec::new()
    }

    /// Why it cannot be used; `build` refuses it then.
    fn fault(&self) -> Option<String> {
        None
    }
}

/// What violations lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// An event, once for each operation and path.
    Report,
    /// An error.
    Enforce,
}

/// A request before a credential is attached.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Outgoing<'a> {
    /// Method in upper case.
    pub method: &'a str,
    /// Path below the base URL, still encoded.
    pub path: &'a str,
    /// Query string, still encoded, without the question mark.
    pub query: &'a str,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// The body; none where it is an upload.
    pub body: Option<&'a [u8]>,
}

/// An answer that was read whole.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Incoming<'a> {
    /// HTTP status.
    pub status: StatusCode,
    /// Headers.
    pub headers: &'a HeaderMap,
    /// The body.
    pub body: &'a [u8],
}

/// One contradiction; it repeats no value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Violation {
    /// Which part of the message: `path`, `query`, `header`, `body`, `status`.
    pub part: &'static str,
    /// JSON pointer into that part; empty for the part as a whole.
    pub path: String,
    /// What was expected there.
    pub message: String,
}

impl Violation {
    /// A violation at a place.
    pub fn new(part: &'static str, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            part,
            path: path.into(),
            message: message.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gap = if self.path.is_empty() { "" } else { " " };
        write!(f, "{}{gap}{}: {}", self.part, self.path, self.message)
    }
}

/// Everything that contradicts the document, as an error's source.
#[derive(Debug)]
pub(crate) struct Violations(pub(crate) Vec<Violation>);

impl fmt::Display for Violations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&listed(&self.0))
    }
}

impl std::error::Error for Violations {}

/// The check of a client.
#[derive(Debug)]
pub(crate) struct Validation {
    validate: Arc<dyn Validate>,
    reported: Mutex<HashSet<(&'static str, &'static str, String)>>,
}

impl Validation {
    pub(crate) fn new(validate: Arc<dyn Validate>) -> Self {
        Self {
            validate,
            reported: Mutex::default(),
        }
    }

    /// A word for what it does, for `describe`.
    pub(crate) fn word(&self) -> &'static str {
        match self.validate.reaction() {
            Reaction::Report => "report",
            Reaction::Enforce => "enforce",
        }
    }

    /// Checks a request.
    pub(crate) fn request(
        &self,
        provider: &Provider,
        operation: &'static Operation,
        request: &Outgoing<'_>,
    ) -> Result<(), Error> {
        let violations = self.validate.request(operation, request);
        match self.judged(provider, operation, "request", violations) {
            None => Ok(()),
            Some(found) => Err(Error::new(ErrorKind::InvalidCall, listed(&found)).caused_by(Violations(found))),
        }
    }

    /// Checks an answer.
    pub(crate) fn answer(
        &self,
        provider: &Provider,
        operation: &'static Operation,
        (status, headers, body): (StatusCode, &HeaderMap, &Bytes),
    ) -> Result<(), Error> {
        let answer = Incoming { status, headers, body };
        let violations = self.validate.answer(operation, &answer);
        match self.judged(provider, operation, "answer", violations) {
            None => Ok(()),
            Some(found) => {
                let detail = listed(&found);
                let error = Error::unreadable(ErrorKind::Contract, detail, status, headers.clone(), body.clone());
                Err(error.caused_by(Violations(found)))
            }
        }
    }

    /// Checks what a call that failed was answered. The failure stays what it is, so that a 404 is one under every check;
    /// where violations are enforced it holds them.
    pub(crate) fn failure(&self, provider: &Provider, operation: &'static Operation, error: Error) -> Error {
        // What failed within a success, or on the way to a credential, is no answer that the document speaks of.
        let answered = error.attempts().last().and_then(Attempt::status);
        let Some(status) = answered.filter(|status| !status.is_success() && error.status() == answered) else {
            return error;
        };
        let answer = Incoming {
            status,
            headers: error.headers(),
            body: error.body_bytes(),
        };
        let violations = self.validate.refusal(operation, &answer);
        match self.judged(provider, operation, "error answer", violations) {
            None => error,
            Some(found) => error.caused_by(Violations(found)),
        }
    }

    /// Checks an event of a stream.
    pub(crate) fn event(
        &self,
        provider: &Provider,
        operation: &'static Operation,
        event: &[u8],
    ) -> Result<(), Vec<Violation>> {
        let violations = self.validate.event(operation, event);
        self.judged(provider, operation, "event", violations)
            .map_or(Ok(()), Err)
    }

    /// Reports violations, or gives them back as what ends the call.
    fn judged(
        &self,
        provider: &Provider,
        operation: &'static Operation,
        what: &'static str,
        violations: Vec<Violation>,
    ) -> Option<Vec<Violation>> {
        if violations.is_empty() {
            return None;
        }
        if self.validate.reaction() == Reaction::Enforce {
            return Some(violations);
        }
        for violation in violations {
            let place = (
                operation.name,
                what,
                format!("{} {}", violation.part, general(&violation.path)),
            );
            let is_new = {
                let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
                reported.len() < MANY && reported.insert(place)
            };
            if is_new {
                warn!(
                    target: "integrator",
                    provider = provider.name,
                    operation = operation.name,
                    part = violation.part,
                    path = %violation.path,
                    expected = %violation.message,
                    "{what} differs from the provider's document"
                );
            }
        }
        None
    }
}

/// A pointer without the positions in lists: what is wrong with every item of a list is reported once.
fn general(path: &str) -> String {
    let is_position = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    let segments = path
        .split('/')
        .map(|segment| if is_position(segment) { "*" } else { segment });
    segments.collect::<Vec<_>>().join("/")
}

/// The first few violations as one text.
pub(crate) fn listed(violations: &[Violation]) -> String {
    const SHOWN: usize = 10;
    let mut shown: Vec<String> = violations.iter().take(SHOWN).map(Violation::to_string).collect();
    if violations.len() > SHOWN {
        shown.push(format!("and {} more", violations.len() - SHOWN));
    }
    shown.join("; ")
}

#[cfg(test)]
mod tests;
