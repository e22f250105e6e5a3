//! [`Ring`]: several secrets of one caller, of which the first that is accepted serves.
//!
//! What is refused is only known to the auth stage; it asks here for another and says which one was accepted.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::time::Instant;

use super::key::Key;

/// How long a secret further back serves before the first one is tried again.
const PATIENCE: Duration = Duration::from_secs(60);

/// The secrets. They are replaced as a whole, so that a reader sees the old or the new ones and nothing in between.
#[derive(Debug)]
pub(super) struct Ring(RwLock<Arc<Keys>>);

#[derive(Debug)]
struct Keys {
    keys: Box<[Arc<Key>]>,
    /// The one further back that serves, and until when.
    instead: Option<(usize, Instant)>,
}

impl Ring {
    /// `keys`, the preferred one first.
    pub(super) fn new(first: Arc<Key>, others: impl IntoIterator<Item = Arc<Key>>) -> Self {
        let keys = std::iter::once(first).chain(others).collect();
        Self(RwLock::new(Arc::new(Keys { keys, instead: None })))
    }

    /// The one that serves.
    pub(super) fn current(&self, now: Instant) -> Arc<Key> {
        let keys = self.read();
        let instead = keys.instead.filter(|(_, until)| now < *until).map_or(0, |(at, _)| at);
        match keys.keys.get(instead).or_else(|| keys.keys.first()) {
            Some(key) => Arc::clone(key),
            None => Arc::new(Key::NONE),
        }
    }

    /// Another one than `refused`, if there is one.
    pub(super) fn other(&self, refused: &Arc<Key>) -> Option<Arc<Key>> {
        let keys = self.read();
        let at = keys.keys.iter().position(|key| Arc::ptr_eq(key, refused));
        // What is not among them any more was replaced while the call was under way.
        let next = at.map_or(0, |at| (at + 1) % keys.keys.len());
        let other = keys.keys.get(next)?;
        (!Arc::ptr_eq(other, refused)).then(|| Arc::clone(other))
    }

    /// `accepted` was accepted after another had been refused.
    pub(super) fn prefer(&self, accepted: &Arc<Key>, now: Instant) {
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let Some(at) = slot.keys.iter().position(|key| Arc::ptr_eq(key, accepted)) else {
            return;
        };
        *slot = Arc::new(Keys {
            keys: slot.keys.clone(),
            instead: (at > 0).then(|| (at, now + PATIENCE)),
        });
    }

    /// Puts `first` in front; the one that was in front stays behind it, the others go.
    pub(super) fn rotate(&self, first: Arc<Key>) {
        let mut slot = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let keys = std::iter::once(first).chain(slot.keys.first().cloned()).collect();
        *slot = Arc::new(Keys { keys, instead: None });
    }

    fn read(&self) -> Arc<Keys> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
