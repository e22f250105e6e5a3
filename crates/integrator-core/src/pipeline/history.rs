//! What became of each attempt. It outlives the deadline, which may drop everything inside it at any moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::error::body::request_id_value;
use crate::error::{Attempt, Error};
use crate::pipeline::Reply;
use crate::provider::Provider;

/// The attempts of one call, and its key.
#[derive(Debug, Default)]
pub(crate) struct History(Mutex<Past>);

#[derive(Debug, Default)]
struct Past {
    attempts: Vec<Attempt>,
    key: Option<Arc<str>>,
    wait: Duration,
}

impl History {
    /// An attempt begins. Until it is settled it may have been sent.
    pub(crate) fn begin(&self) {
        let mut past = self.lock();
        let wait = std::mem::take(&mut past.wait);
        past.attempts.push(Attempt {
            wait,
            status: None,
            request_id: None,
            reason: "given up",
            sent: true,
        });
    }

    /// The next attempt begins after `wait`.
    pub(crate) fn wait(&self, wait: Duration) {
        self.lock().wait = wait;
    }

    /// The last attempt ended; says its number and what is remembered of it.
    pub(crate) fn settle(&self, provider: &Provider, outcome: &Result<Reply, Error>) -> (usize, Attempt) {
        let mut past = self.lock();
        let wait = past.attempts.pop().map(|attempt| attempt.wait).unwrap_or_default();
        let attempt = match outcome {
            Ok(reply) => Attempt {
                wait,
                status: Some(reply.status()),
                request_id: request_id_value(provider, reply.headers()).cloned(),
                reason: "ok",
                sent: true,
            },
            Err(error) => Attempt {
                wait,
                status: error.status(),
                request_id: request_id_value(provider, error.headers()).cloned(),
                reason: error.kind().as_str(),
                sent: error.may_have_been_sent(),
            },
        };
        past.attempts.push(attempt.clone());
        (past.attempts.len(), attempt)
    }

    pub(crate) fn set_key(&self, key: Arc<str>) {
        self.lock().key = Some(key);
    }

    /// What there was.
    pub(crate) fn take(&self) -> (Vec<Attempt>, Option<Arc<str>>) {
        let mut past = self.lock();
        (std::mem::take(&mut past.attempts), past.key.take())
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
