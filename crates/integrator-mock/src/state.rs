//! What a mock knows while it runs: the scripts of its operations and what came in.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use integrator_contract::Contract;
use integrator_core::Provider;

use crate::{Fault, Received, Reply, list::List};

pub(crate) struct State {
    pub(crate) provider: &'static Provider,
    pub(crate) contract: &'static Contract,
    pub(crate) seed: u64,
    pub(crate) url: String,
    /// How many requests are remembered.
    keep: usize,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    scripts: HashMap<String, Script>,
    received: VecDeque<Received>,
    unread_connections: u32,
    answered: u64,
}

#[derive(Default)]
pub(crate) struct Script {
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) normal: Normal,
}

#[derive(Default, Clone)]
pub(crate) enum Normal {
    #[default]
    Example,
    Fixed(Reply),
    By(Arc<dyn Fn(&Received) -> Reply + Send + Sync>),
    List(Arc<List>),
}

impl State {
    pub(crate) fn new(
        provider: &'static Provider,
        contract: &'static Contract,
        seed: u64,
        url: String,
        keep: usize,
    ) -> Self {
        Self {
            provider,
            contract,
            seed,
            url,
            keep: keep.max(1),
            inner: Mutex::default(),
        }
    }

    /// Changes the script of an operation.
    pub(crate) fn script(&self, operation: &str, change: impl FnOnce(&mut Script)) {
        change(self.inner().scripts.entry(operation.to_owned()).or_default());
    }

    /// Takes the next fault of an operation out of its queue.
    pub(crate) fn next_fault(&self, operation: &str) -> Option<Fault> {
        let mut inner = self.inner();
        let faults = &mut inner.scripts.get_mut(operation)?.faults;
        while faults.front().is_some_and(|fault| fault.times == 0) {
            faults.pop_front();
        }
        let first = faults.front_mut()?;
        first.times -= 1;
        Some(first.clone())
    }

    pub(crate) fn normal(&self, operation: &str) -> Normal {
        self.inner()
            .scripts
            .get(operation)
            .map(|script| script.normal.clone())
            .unwrap_or_default()
    }

    pub(crate) fn record(&self, received: Received) {
        let mut inner = self.inner();
        if inner.received.len() >= self.keep {
            inner.received.pop_front();
        }
        inner.received.push_back(received);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.inner().received.iter().cloned().collect()
    }

    pub(crate) fn look<T>(&self, at: impl FnOnce(&[Received]) -> T) -> T {
        at(self.inner().received.make_contiguous())
    }

    /// Forgets all scripts and all that came in.
    pub(crate) fn reset(&self) {
        *self.inner() = Inner::default();
    }

    pub(crate) fn leave_unread(&self, connections: u32) {
        self.inner().unread_connections = connections;
    }

    /// Whether the connection that just came in is to be closed at once.
    pub(crate) fn takes_unread(&self) -> bool {
        let mut inner = self.inner();
        let unread = inner.unread_connections > 0;
        inner.unread_connections = inner.unread_connections.saturating_sub(1);
        unread
    }

    /// Number of this answer, from one on.
    pub(crate) fn count_answer(&self) -> u64 {
        let mut inner = self.inner();
        inner.answered += 1;
        inner.answered
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half done under the lock, so a poisoned one is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("provider", &self.provider.name)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
