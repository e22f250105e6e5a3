//! The circuits of a client: one for each host, group and identity, made when it is first called.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::uri::Authority;
use tokio::time::Instant;
use tracing::{info, warn};

use super::machine::{Change, Machine, Ticket};
use super::{Breaker, Health};
use crate::credential::Identity;
use crate::error::{Error, ErrorKind};
use crate::pipeline::Exchange;

/// From this number on circuits at rest are forgotten when another is made.
const MANY: usize = 1_024;

/// Whether attempts are let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CircuitState {
    /// All of them.
    Closed,
    /// None, for this long.
    Open {
        /// When the first probe is let through.
        retry_after: Duration,
    },
    /// A few, to see whether the host is back.
    HalfOpen,
}

/// One circuit, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Circuit {
    /// Host, with its port where it is not the usual one.
    pub host: String,
    /// Group of operations.
    pub group: String,
    /// Who is calling.
    pub identity: Identity,
    /// Whether attempts are let through.
    pub state: CircuitState,
    /// Attempts of the last 30 s, while it is closed.
    pub attempts: u32,
    /// How many of them failed.
    pub failures: u32,
}

/// All circuits of a client.
#[derive(Debug)]
pub(crate) struct Circuits {
    pub(crate) breaker: Breaker,
    known: Mutex<Known>,
}

#[derive(Debug)]
struct Known {
    lines: HashMap<Key, Arc<Line>>,
    /// When there are as many, those at rest are forgotten.
    sweep_at: usize,
}

#[derive(Debug, Clone)]
struct Key {
    host: Authority,
    group: Cow<'static, str>,
    identity: Identity,
}

// An authority compares and hashes letter by letter, for the sake of their case. The base URL writes it one way, and
// hardly any client calls several hosts.

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        self.host.as_str() == other.host.as_str() && self.group == other.group && self.identity == other.identity
    }
}

impl Eq for Key {}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&self.group, &self.identity).hash(state);
    }
}

#[derive(Debug)]
struct Line {
    machine: Mutex<Machine>,
}

impl Line {
    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.machine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Circuits {
    pub(crate) fn new(breaker: Breaker) -> Self {
        let (lines, sweep_at) = (HashMap::new(), MANY);
        Self {
            breaker,
            known: Mutex::new(Known { lines, sweep_at }),
        }
    }

    /// Leave for one attempt.
    pub(crate) fn enter(&self, exchange: &Exchange, now: Instant) -> Result<Entry<'_>, Error> {
        let place = Place {
            provider: exchange.provider.name,
            operation: exchange.operation.name,
        };
        let Some(host) = exchange.uri.authority().filter(|_| self.breaker.percent.is_some()) else {
            return Ok(Entry {
                circuits: self,
                place,
                pass: None,
            });
        };
        let line = self.line(host, exchange, now);
        let (leave, change) = line.lock().ask(now);
        place.note(change);
        match leave {
            Ok(ticket) => Ok(Entry {
                circuits: self,
                place,
                pass: Some((line, ticket)),
            }),
            Err(wait) => {
                let detail = format!("too many attempts at `{}` failed of late", host.host());
                Err(Error::new(ErrorKind::CircuitOpen, detail).hinting(wait))
            }
        }
    }

    /// Every circuit there is.
    pub(crate) fn list(&self, now: Instant) -> Vec<Circuit> {
        let known = self.lock();
        let mut circuits: Vec<Circuit> = known
            .lines
            .iter()
            .map(|(key, line)| {
                let (state, count) = line.lock().look(now);
                Circuit {
                    host: key.host.to_string(),
                    group: key.group.to_string(),
                    identity: key.identity.clone(),
                    state,
                    attempts: count.all,
                    failures: count.bad,
                }
            })
            .collect();
        circuits.sort_by(|one, other| (&one.host, &one.group).cmp(&(&other.host, &other.group)));
        circuits
    }

    fn line(&self, host: &Authority, exchange: &Exchange, now: Instant) -> Arc<Line> {
        let key = Key {
            host: host.clone(),
            group: exchange.group.clone(),
            identity: exchange.identity.clone(),
        };
        let mut known = self.lock();
        if let Some(line) = known.lines.get(&key) {
            return Arc::clone(line);
        }
        if known.lines.len() >= known.sweep_at {
            known.lines.retain(|_, line| !is_at_rest(line, now));
            known.sweep_at = MANY.max(known.lines.len() * 2);
        }
        let line = Arc::new(Line {
            machine: Mutex::new(Machine::closed(now)),
        });
        known.lines.insert(key, Arc::clone(&line));
        line
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closed, without an attempt under way or of late: a new one would be the same.
fn is_at_rest(line: &Arc<Line>, now: Instant) -> bool {
    let (state, count) = line.lock().look(now);
    Arc::strong_count(line) == 1 && state == CircuitState::Closed && count.all == 0
}

/// One attempt that was let through.
///
/// Dropped without being [settled](Self::settle), it gives its place as a probe back and says nothing.
#[derive(Debug)]
#[must_use = "a dropped entry counts as an attempt that was given up"]
pub(crate) struct Entry<'a> {
    circuits: &'a Circuits,
    place: Place,
    pass: Option<(Arc<Line>, Ticket)>,
}

impl Entry<'_> {
    /// Says what became of the attempt.
    pub(crate) fn settle(mut self, health: Health) {
        self.tell(health);
    }

    fn tell(&mut self, health: Health) {
        if let Some((line, ticket)) = self.pass.take() {
            let change = line.lock().tell(Instant::now(), &self.circuits.breaker, ticket, health);
            self.place.note(change);
        }
    }
}

impl Drop for Entry<'_> {
    fn drop(&mut self) {
        self.tell(Health::Unknown);
    }
}

/// Where a change happened, for the log.
#[derive(Debug, Clone, Copy)]
struct Place {
    provider: &'static str,
    operation: &'static str,
}

impl Place {
    fn note(self, change: Option<Change>) {
        let Self { provider, operation } = self;
        match change {
            None => {}
            Some(Change::Opened(pause)) => {
                warn!(target: "integrator", provider, operation, ?pause, "circuit opened");
            }
            Some(Change::HalfOpened) => info!(target: "integrator", provider, operation, "circuit half open"),
            Some(Change::Closed) => info!(target: "integrator", provider, operation, "circuit closed"),
        }
    }
}
