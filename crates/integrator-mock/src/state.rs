//! What a mock knows while it runs: the scripts of its operations and what came in.

use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fastrand::Rng;
use integrator_contract::Contract;
use integrator_core::{Clock, Provider};
use tokio::sync::mpsc;

use crate::{
    Cassette, Fault, Player, Received, Reply, echo::Echo, idempotent::Keys, kept::Keeper, limiter::Limiter, list::List,
    server::Door,
};

/// How many examples of one operation are held.
const EXAMPLES: usize = 1_000;

pub(crate) struct State {
    pub(crate) provider: &'static Provider,
    pub(crate) contract: &'static Contract,
    pub(crate) seed: u64,
    pub(crate) url: String,
    pub(crate) clock: Clock,
    pub(crate) keys: Keys,
    /// Where every exchange is recorded.
    pub(crate) cassette: Option<Cassette>,
    /// What is answered instead of anything of the mock's own.
    pub(crate) player: Option<Player>,
    pub(crate) echo: Echo,
    pub(crate) limiter: Option<Limiter>,
    /// Whether refusals for a rate say when to come back.
    pub(crate) retry_after: bool,
    /// How an error looks, with words in braces; null where it is as most are.
    pub(crate) error: serde_json::Value,
    /// Members of a list that take the id of its first item and of its last.
    pub(crate) ends: Option<[String; 2]>,
    /// Whether requests without a credential are refused.
    pub(crate) authenticated: bool,
    /// What was created, where the mock keeps it.
    pub(crate) keeper: Option<Keeper>,
    /// Opens and closes the listener.
    pub(crate) door: mpsc::UnboundedSender<Door>,
    /// How many requests are remembered.
    pub(crate) keep: usize,
    pub(crate) inner: Mutex<Inner>,
}

#[derive(Default)]
pub(crate) struct Inner {
    scripts: HashMap<String, Script>,
    /// Faults of whichever request comes next.
    any: VecDeque<Fault>,
    chances: Vec<Chance>,
    random: Option<Rng>,
    /// Answers to reads that nobody scripted, by operation and path.
    examples: HashMap<&'static str, HashMap<String, Reply>>,
    received: VecDeque<Received>,
    unread_connections: u32,
    answered: u64,
}

#[derive(Default)]
pub(crate) struct Script {
    pub(crate) faults: VecDeque<Fault>,
    pub(crate) normal: Normal,
    /// How often a batch that it creates is read before it ends.
    pub(crate) polls: Option<usize>,
    /// How such a batch ends, where not by itself.
    pub(crate) end: Option<String>,
}

/// A fault that happens now and then, for as long as the mock lives.
pub(crate) struct Chance {
    /// `operationId`; any when none.
    pub(crate) operation: Option<String>,
    pub(crate) probability: f64,
    pub(crate) fault: Fault,
}

#[derive(Default, Clone)]
pub(crate) enum Normal {
    #[default]
    Example,
    Fixed(Reply),
    /// An answer with this text, where the provider's file has a form for it.
    Says(Arc<str>),
    By(Arc<dyn Fn(&Received) -> Reply + Send + Sync>),
    List(Arc<List>),
}

impl State {
    /// Changes the script of an operation.
    pub(crate) fn script(&self, operation: &str, change: impl FnOnce(&mut Script)) {
        change(self.inner().scripts.entry(operation.to_owned()).or_default());
    }

    /// Whether the test said anything about an operation.
    pub(crate) fn has_script(&self, operation: &str) -> bool {
        self.inner().scripts.contains_key(operation)
    }

    /// Puts a fault at the end of the queue of all operations together.
    pub(crate) fn fail_any(&self, fault: Fault) {
        self.inner().any.push_back(fault);
    }

    pub(crate) fn fail_sometimes(&self, chance: Chance) {
        self.inner().chances.push(chance);
    }

    /// Takes the next fault out of the operation's queue, else out of that for all, else draws one.
    pub(crate) fn next_fault(&self, operation: Option<&str>) -> Option<Fault> {
        let mut inner = self.inner();
        let inner = &mut *inner;
        let own = operation.and_then(|operation| inner.scripts.get_mut(operation));
        let queued = own.and_then(|script| take(&mut script.faults));
        queued.or_else(|| take(&mut inner.any)).or_else(|| {
            let random = inner.random.get_or_insert_with(|| Rng::with_seed(self.seed));
            let for_it = |chance: &&Chance| chance.operation.is_none() || chance.operation.as_deref() == operation;
            let mut chances = inner.chances.iter().filter(for_it);
            chances
                .find(|chance| random.f64() < chance.probability)
                .map(|chance| chance.fault.clone())
        })
    }

    /// Takes the next fault of an operation if a request within a batch can have it: one that answers by itself, or none.
    pub(crate) fn next_refusal(&self, operation: &str) -> Option<Fault> {
        let mut inner = self.inner();
        let faults = &mut inner.scripts.get_mut(operation)?.faults;
        while faults.front().is_some_and(|fault| fault.times == 0) {
            faults.pop_front();
        }
        let fits = faults
            .front()
            .is_some_and(|fault| fault.is_refusal() || fault.is_none());
        fits.then(|| take(faults)).flatten().filter(Fault::is_refusal)
    }

    /// How often a batch that this operation creates is read before it ends, and how it ends.
    pub(crate) fn batch_script(&self, operation: &str) -> (Option<usize>, Option<String>) {
        let inner = self.inner();
        let script = inner.scripts.get(operation);
        script.map_or((None, None), |script| (script.polls, script.end.clone()))
    }

    pub(crate) fn normal(&self, operation: &str) -> Normal {
        self.inner()
            .scripts
            .get(operation)
            .map(|script| script.normal.clone())
            .unwrap_or_default()
    }

    /// The example that was made for a read before.
    pub(crate) fn example(&self, operation: &'static str, path: &str) -> Option<Reply> {
        self.inner().examples.get(operation)?.get(path).cloned()
    }

    pub(crate) fn keep_example(&self, operation: &'static str, path: &str, reply: Reply) {
        let mut inner = self.inner();
        let of_operation = inner.examples.entry(operation).or_default();
        if of_operation.len() >= EXAMPLES {
            of_operation.clear();
        }
        of_operation.insert(path.to_owned(), reply);
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
        self.keys.reset();
        if let Some(limiter) = &self.limiter {
            limiter.reset();
        }
        if let Some(keeper) = &self.keeper {
            keeper.reset();
        }
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

fn take(faults: &mut VecDeque<Fault>) -> Option<Fault> {
    while faults.front().is_some_and(|fault| fault.times == 0) {
        faults.pop_front();
    }
    let first = faults.front_mut()?;
    first.times -= 1;
    Some(first.clone())
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("provider", &self.provider.name)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}
