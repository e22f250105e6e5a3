//! What became of each attempt. It outlives the deadline, which may drop everything inside it at any moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::credential::Lent;
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
    lent: Option<Lent>,
}

impl History {
    /// An attempt begins. Until it is settled it may have been sent.
    pub(crate) fn begin(&self) {
        let mut past = self.lock();
        let wait = std::mem::take(&mut past.wait);
        let attempt = Attempt {
            fingerprint: past.lent.as_ref().and_then(|lent| lent.key.fingerprint()),
            stale: past.lent.as_ref().is_some_and(|lent| lent.stale),
            ..Attempt::begun(wait)
        };
        // Room for one, since hardly any call makes another.
        past.attempts.reserve_exact(1);
        past.attempts.push(attempt);
    }

    /// This secret serves in the attempt that is about to begin.
    pub(crate) fn lend(&self, lent: Lent) {
        self.lock().lent = Some(lent);
    }

    /// The secret that served last.
    pub(crate) fn lent(&self) -> Option<Lent> {
        self.lock().lent.clone()
    }

    /// The next attempt begins after `wait`, on top of what was waited already.
    pub(crate) fn wait(&self, wait: Duration) {
        self.lock().wait += wait;
    }

    /// The last attempt ended; says its number and what is remembered of it.
    pub(crate) fn settle(&self, provider: &Provider, outcome: &Result<Reply, Error>) -> (usize, Attempt) {
        let mut past = self.lock();
        let number = past.attempts.len();
        let Some(attempt) = past.attempts.last_mut() else {
            return (number, Attempt::begun(Duration::ZERO));
        };
        match outcome {
            Ok(reply) => {
                attempt.status = Some(reply.status());
                attempt.request_id = request_id_value(provider, reply.headers()).cloned();
                attempt.reason = "ok";
            }
            Err(error) => {
                attempt.status = error.status();
                attempt.request_id = request_id_value(provider, error.headers()).cloned();
                attempt.reason = error.kind().as_str();
                attempt.sent = error.may_have_been_sent();
            }
        }
        (number, attempt.clone())
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
