//! One span per call, one event per attempt.
//!
//! *What it does*: opens a `tracing` span with the stable OpenTelemetry names of an HTTP client, notes each attempt in
//! it at `debug` (a failed one at `warn`), and says how the call ended, also when it was dropped. *Interplay*: outside every
//! time limit. Never noted: query strings, header values, bodies, the provider's message; for debugging, `wire` shows
//! masked requests and answers where a subscriber asks for them. With the feature `metrics` the same goes to a recorder; what
//! `client.health()` tells of calls is written down here as well.

use std::time::Duration;

#[cfg(feature = "metrics")]
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Span, debug, info_span, warn};

use crate::error::body::is_token;
use crate::error::{Attempt, Error};
use crate::health::record::{Records, Running};
#[cfg(feature = "metrics")]
use crate::operation::Operation;
use crate::pipeline::{Exchange, Reply};
#[cfg(feature = "metrics")]
use crate::provider::Provider;

#[cfg(feature = "metrics")]
pub(crate) mod metrics;
pub(crate) mod wire;

/// The span of one call; a call that was never [settled](Self::settle) counts as cancelled.
#[derive(Debug)]
pub(crate) struct Observed {
    span: Span,
    /// None where the stage was taken out.
    running: Option<Running>,
    #[cfg(feature = "metrics")]
    of: (&'static Provider, &'static Operation),
    #[cfg(feature = "metrics")]
    started: Instant,
    settled: bool,
}

impl Observed {
    /// Opens the span of a call.
    pub(crate) fn open(exchange: &Exchange, records: &Records) -> Self {
        let (provider, operation) = (exchange.provider(), exchange.operation());
        let span = info_span!(
            target: "integrator",
            "call",
            otel.kind = "client",
            otel.name = format_args!("{} {}", operation.method.as_str(), operation.path),
            http.request.method = operation.method.as_str(),
            url.template = operation.path,
            server.address = exchange.uri.host().unwrap_or_default(),
            server.port = exchange.port(),
            integrator.provider = provider.name,
            integrator.operation = operation.name,
            http.response.status_code = Empty,
            http.request.resend_count = Empty,
            integrator.request_id = Empty,
            error.r#type = Empty,
        );
        Self {
            span,
            running: Some(records.begin(exchange)),
            #[cfg(feature = "metrics")]
            of: (provider, operation),
            #[cfg(feature = "metrics")]
            started: Instant::now(),
            settled: false,
        }
    }

    /// No span: the stage was taken out.
    pub(crate) fn off(exchange: &Exchange) -> Self {
        #[cfg(not(feature = "metrics"))]
        let _ = exchange;
        Self {
            span: Span::none(),
            running: None,
            #[cfg(feature = "metrics")]
            of: (exchange.provider(), exchange.operation()),
            #[cfg(feature = "metrics")]
            started: Instant::now(),
            settled: true,
        }
    }

    pub(crate) fn span(&self) -> Span {
        self.span.clone()
    }

    /// Says how the call ended.
    pub(crate) fn settle(&mut self, attempts: &[Attempt], outcome: &Result<Reply, Error>) {
        if let Some(running) = &mut self.running {
            running.settle(attempts.len(), outcome);
        }
        let error = outcome.as_ref().err();
        let was_open = !std::mem::replace(&mut self.settled, true);
        #[cfg(feature = "metrics")]
        if was_open {
            self.count(attempts.len(), error.map(|error| error.kind().as_str()));
        }
        if !was_open {
            return;
        }
        if self.span.is_disabled() {
            return;
        }
        if let Some(last) = attempts.last() {
            if let Some(status) = last.status() {
                self.span.record("http.response.status_code", status.as_u16());
            }
            if let Some(id) = last.request_id().filter(|id| is_token(id)) {
                self.span.record("integrator.request_id", id);
            }
        }
        if attempts.len() > 1 {
            self.span.record("http.request.resend_count", attempts.len() - 1);
        }
        if let Some(error) = error {
            self.span.record("error.type", error.kind().as_str());
        }
    }

    #[cfg(feature = "metrics")]
    fn count(&self, attempts: usize, error: Option<&'static str>) {
        metrics::call(self.of, attempts, error, self.started.elapsed());
    }

    /// Says that a stream did not come to its end.
    pub(crate) fn broken(&self, error: &Error) {
        let kind = error.kind();
        self.broke(error);
        self.span.record("error.type", kind.as_str());
        self.span
            .in_scope(|| warn!(target: "integrator", reason = kind.as_str(), "stream broke off"));
    }

    /// Says that the answer could not be read.
    pub(crate) fn unreadable(&self, path: &str, error: &Error) {
        self.broke(error);
        self.span.record("error.type", error.kind().as_str());
        self.span
            .in_scope(|| warn!(target: "integrator", path, "answer cannot be read"));
    }

    fn broke(&self, error: &Error) {
        if let Some(running) = &self.running {
            running.broke(error);
        }
    }
}

impl Drop for Observed {
    fn drop(&mut self) {
        if !self.settled {
            self.span.record("error.type", "cancelled");
            #[cfg(feature = "metrics")]
            self.count(0, Some("cancelled"));
        }
    }
}

/// Notes one attempt in the current span.
pub(crate) fn attempt(number: usize, attempt: &Attempt, error: Option<&Error>, took: Duration) {
    let (status, reason) = (attempt.status().map(|status| status.as_u16()), attempt.reason());
    let wait = attempt.wait();
    let credential = attempt.fingerprint().map(tracing::field::display);
    let stale = attempt.is_stale().then_some(true);
    match error {
        Some(_) => {
            warn!(target: "integrator", attempt = number, status, reason, ?wait, ?took, credential, stale, "attempt failed")
        }
        None => {
            debug!(target: "integrator", attempt = number, status, reason, ?wait, ?took, credential, stale, "attempt")
        }
    }
}
