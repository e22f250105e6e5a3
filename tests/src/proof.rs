//! The encode proof: every operation of a provider, sent with generated arguments, and what arrived compared.
//!
//! How a call is built and sent is the test binary's part, since it alone knows a client; this module knows which
//! arguments each operation gets, what counts as exercised, and how the result is reported.

use std::fmt::Write as _;

use crate::arguments::{Arguments, Generator, Plan};
use crate::capture::compare;
use crate::document::{Document, Operation};
use crate::expect::Expected;

/// What a server received for one call.
#[derive(Debug, Clone, Default)]
pub struct Received {
    /// HTTP method.
    pub method: String,
    /// Path and query as they stood on the request line.
    pub target: String,
    /// Headers.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
    /// What the server's validator had against it.
    pub violations: Vec<String>,
    /// What is wrong with the answer, as it was read.
    pub answer: Vec<String>,
}

/// The result for one provider.
#[derive(Debug, Clone, Default)]
pub struct Proof {
    /// Provider.
    pub provider: String,
    /// Operations in the document.
    pub total: usize,
    /// Operations with at least one request that arrived.
    pub exercised: usize,
    /// Requests sent.
    pub requests: usize,
    /// Everything that was wrong, one line each.
    pub failures: Vec<String>,
}

/// Random rounds for each operation, beside everything on and everything off.
const RANDOM: u64 = 3;

/// Rounds with everything on until every member of every union had its turn; more would not help.
const ROUNDS: usize = 200;

/// Sends every operation of the document through `send` and compares what arrived.
///
/// `send` builds the call with the generated setters, sends it, and hands back what the server received.
pub async fn prove<F>(provider: &str, document: &Document, send: F) -> Proof
where
    F: AsyncFn(&Operation, &Arguments) -> Result<Received, String>,
{
    let operations = document.operations();
    let mut proof = Proof {
        provider: provider.to_owned(),
        total: operations.len(),
        ..Proof::default()
    };
    for operation in operations {
        let before = proof.requests;
        proof.operation(document, operation, &send).await;
        proof.exercised += usize::from(proof.requests > before);
    }
    proof
}

impl Proof {
    async fn operation<F>(&mut self, document: &Document, operation: &Operation, send: &F)
    where
        F: AsyncFn(&Operation, &Arguments) -> Result<Received, String>,
    {
        let mut generator = Generator::new(document, operation);
        let mut plans: Vec<Plan> = (0..RANDOM).map(Plan::Random).collect();
        plans.extend([Plan::Unlisted(0), Plan::AllOff, Plan::AllOn]);
        let mut rounds = 0;
        while let Some(plan) = plans.pop() {
            let (arguments, expected) = match generator.arguments(plan).and_then(|arguments| {
                let expected = Expected::of(document, operation, &arguments)?;
                Ok((arguments, expected))
            }) {
                Ok(both) => both,
                Err(error) => {
                    self.failures
                        .push(format!("{} {plan:?}: failed to {error}", operation.id));
                    continue;
                }
            };
            match send(operation, &arguments).await {
                Err(why) => self.failures.push(format!("{} {plan:?}: {why}", operation.id)),
                Ok(received) => {
                    self.requests += 1;
                    let Received {
                        method,
                        target,
                        headers,
                        body,
                        violations,
                        answer,
                    } = &received;
                    let found = compare(&expected, method, target, headers, body);
                    self.failures
                        .extend(found.iter().map(|mismatch| format!("{plan:?} {mismatch}")));
                    let judged = !matches!(plan, Plan::Unlisted(_));
                    let refused = violations
                        .iter()
                        .filter(|_| judged)
                        .map(|why| format!("{plan:?} {}: refused: {why}", operation.id));
                    self.failures.extend(refused);
                    let misread = answer.iter().map(|why| format!("{plan:?} {}: {why}", operation.id));
                    self.failures.extend(misread);
                }
            }
            rounds += 1;
            if plans.is_empty() && rounds < ROUNDS && !generator.pending().is_empty() {
                plans.push(Plan::AllOn);
            }
        }
        for union in generator.pending() {
            self.failures
                .push(format!("{}: a member of the union {union} had no turn", operation.id));
        }
    }

    /// One line: how many operations were exercised.
    #[must_use]
    pub fn summary(&self) -> String {
        let Self {
            provider,
            total,
            exercised,
            requests,
            ..
        } = self;
        format!("{provider}: {exercised} / {total} operations exercised, {requests} requests")
    }

    /// The summary as an error, with everything that was wrong, unless every operation was exercised and all is well.
    ///
    /// # Errors
    /// When an operation was not exercised or something was wrong.
    pub fn verdict(&self) -> Result<(), String> {
        if self.failures.is_empty() && self.exercised == self.total && self.total > 0 {
            return Ok(());
        }
        let mut report = format!("{}; {} failures", self.summary(), self.failures.len());
        for failure in &self.failures {
            let _infallible = write!(report, "\n  {failure}");
        }
        Err(report)
    }
}

#[cfg(test)]
mod tests;
