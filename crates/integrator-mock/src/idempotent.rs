//! Idempotency keys as the provider's facts have them: the first answer again for the same request, a refusal for another.
//!
//! *When it acts*: on requests that carry a key and are not reads, of a provider that takes keys. A fault that breaks the
//! answer after the request was read leaves the answer behind, so that a repeat finds what was done; a fault that
//! answers by itself, a refusal and a request that contradicts the contract leave nothing.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Mutex, PoisonError},
};

use integrator_core::provider::RecoveryFact;

use crate::{Received, Reply, answer, state::State};

/// How many keys are remembered; the oldest go.
const MOST: usize = 100_000;

/// Answers by key.
#[derive(Default)]
pub(crate) struct Keys(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    answers: HashMap<u64, (u64, Reply)>,
    order: VecDeque<u64>,
}

impl Keys {
    /// The answer that goes with the request's key, made now if it is the first.
    pub(crate) fn answer(&self, state: &State, received: &Received, make: impl FnOnce() -> Reply) -> Reply {
        let Some(rule) = state.provider.idempotency else {
            return make();
        };
        let reads = matches!(received.method.as_str(), "GET" | "HEAD" | "SEARCH");
        let Some(key) = received.header(rule.header).filter(|_| !reads) else {
            return make();
        };
        if key.is_empty() || key.chars().count() > rule.max_length {
            let message = format!("an idempotency key has 1 to {} characters", rule.max_length);
            return refused(state, &message);
        }
        let account = state.provider.scope_headers.iter().chain(&["authorization"]);
        let account = account.map(|name| received.header(name).unwrap_or_default());
        let scope = answer::seed(0, &account.chain([key]).collect::<Vec<_>>());
        let asked = fingerprint(received);
        let first = {
            let inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            inner.answers.get(&scope).cloned()
        };
        match first {
            Some((before, reply)) if before == asked => match rule.replayed_header {
                Some(name) => reply.header(name, "true"),
                None => reply,
            },
            Some(_) => refused(state, "the idempotency key was used before with another request"),
            None => {
                let reply = make();
                if reply.status < 400 || reply.status >= 500 {
                    self.remember(scope, asked, reply.clone());
                }
                reply
            }
        }
    }

    pub(crate) fn reset(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Inner::default();
    }

    fn remember(&self, scope: u64, asked: u64, reply: Reply) {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.order.len() >= MOST
            && let Some(oldest) = inner.order.pop_front()
        {
            inner.answers.remove(&oldest);
        }
        inner.order.push_back(scope);
        inner.answers.insert(scope, (asked, reply));
    }
}

/// What makes a request the same: everything but its headers, of a multipart body not the boundary.
fn fingerprint(received: &Received) -> u64 {
    let mut words = vec![received.method.clone(), received.target.clone()];
    if received.parts.is_empty() {
        words.push(format!("{} {}", received.body_length, received.body_crc32));
    }
    let parts = received.parts.iter();
    words.extend(parts.map(|part| format!("{} {:?} {} {}", part.name, part.filename, part.length, part.crc32)));
    answer::seed(0, &words.iter().map(String::as_str).collect::<Vec<_>>())
}

fn refused(state: &State, message: &str) -> Reply {
    let about = |code: &&integrator_core::provider::ErrorCode| {
        code.recovery == RecoveryFact::FixRequest && code.code.contains("idempotency")
    };
    let known = state.provider.errors.codes.iter().find(about);
    let (status, code) = known.map_or((400, "idempotency_error"), |known| (known.status, known.code));
    answer::coded(state, status, code, message)
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys")
    }
}
