//! [`Flight`]: one renewal at a time, whoever asks for it, and whoever stops waiting.

use std::sync::{Mutex, PoisonError};

use tokio::sync::watch;

use crate::transport::BoxFuture;

/// Sets a job going that nobody awaits.
pub(super) type Spawn = fn(BoxFuture<'static, ()>);

/// The job under way, if there is one: it holds the sender until its end, however it ends.
#[derive(Debug)]
pub(super) struct Flight {
    under_way: Mutex<Option<watch::Receiver<()>>>,
    spawn: Spawn,
}

impl Flight {
    pub(super) const fn new(spawn: Spawn) -> Self {
        Self {
            under_way: Mutex::new(None),
            spawn,
        }
    }

    /// Starts `job` unless one is under way. What it returns is done when the job has ended, or was given up.
    ///
    /// The job runs apart from its callers: one that is dropped does not take a single-use token with it.
    pub(super) fn join(&self, job: BoxFuture<'static, ()>) -> impl Future<Output = ()> + Send + use<> {
        let mut slot = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let running = slot.as_ref().filter(|receiver| receiver.has_changed().is_ok()).cloned();
        let mut receiver = running.unwrap_or_else(|| {
            let (sender, receiver) = watch::channel(());
            *slot = Some(receiver.clone());
            (self.spawn)(Box::pin(async move {
                job.await;
                drop(sender);
            }));
            receiver
        });
        drop(slot);
        // Nothing is ever sent: the channel closes.
        async move { while receiver.changed().await.is_ok() {} }
    }
}

#[cfg(test)]
mod tests;
