//! What is written down while calls run: one [`Record`] for each group of operations, and the [`Running`] calls in it.
//!
//! A call takes its group's record when it begins and writes into it when it ends, under a short lock. Nothing is
//! allocated for a call but when a group is called for the first time, or a call fails.

use std::borrow::Cow;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use http::StatusCode;
use tokio::time::Instant;

use super::latency::Durations;
use super::{GroupHealth, LastError, Latency};
use crate::error::body::is_token;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::pipeline::{Exchange, Reply};
use crate::response::Served;

/// Groups beyond this number, which only names from arguments can make, are written down together.
const MANY: usize = 256;
/// The name that they go by.
const OTHERS: &str = "(others)";
/// Errors that a group remembers; of those of one operation and kind, the last.
const ERRORS: usize = 8;
/// How long a period is: what is recent belongs to this one or the one before.
pub(super) const PERIOD: Duration = Duration::from_secs(5 * 60);

/// The records of a client.
#[derive(Debug, Default)]
pub(crate) struct Records {
    groups: Mutex<HashMap<Cow<'static, str>, Arc<Record>>>,
}

/// What became of the calls of one group.
#[derive(Debug)]
struct Record {
    group: Cow<'static, str>,
    running: AtomicU64,
    past: Mutex<Past>,
}

#[derive(Debug)]
struct Past {
    counts: Counts,
    recent: Recent,
    errors: VecDeque<Seen>,
    answered_at: Option<Instant>,
}

/// Since the client was built.
#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    answered: u64,
    cached: u64,
    shared: u64,
    failed: u64,
    rejected: u64,
    cancelled: u64,
    attempts: u64,
}

/// This period and the one before.
#[derive(Debug)]
struct Recent {
    began: Instant,
    this: Period,
    before: Period,
}

#[derive(Debug, Clone)]
struct Period {
    took: Durations,
    good: u64,
    bad: u64,
}

/// An error, without anything that was sent or answered but its code and request id.
#[derive(Debug)]
struct Seen {
    operation: &'static Operation,
    kind: ErrorKind,
    status: Option<StatusCode>,
    code: Option<String>,
    request_id: Option<String>,
    at: Instant,
    times: u64,
}

impl Records {
    /// A call begins.
    pub(crate) fn begin(&self, exchange: &Exchange) -> Running {
        let now = Instant::now();
        let record = self.record(exchange, now);
        record.running.fetch_add(1, Ordering::Relaxed);
        Running {
            record,
            operation: exchange.operation,
            began: now,
            is_settled: false,
            is_answered: AtomicBool::new(false),
        }
    }

    /// Every group that was called, by name.
    pub(super) fn groups(&self, now: Instant) -> Vec<GroupHealth> {
        let mut groups: Vec<GroupHealth> = self.all().iter().map(|record| record.look(now)).collect();
        groups.sort_by(|one, other| one.group.cmp(&other.group));
        groups
    }

    /// The last errors of all groups, the latest first.
    pub(super) fn errors(&self, now: Instant, wall: SystemTime) -> Vec<LastError> {
        let mut errors: Vec<LastError> = Vec::new();
        for record in self.all() {
            let past = record.lock();
            errors.extend(past.errors.iter().rev().map(|seen| seen.told(&record.group, now, wall)));
        }
        errors.sort_by_key(|error| error.ago);
        errors
    }

    /// How long ago the provider last answered anything.
    pub(super) fn answered(&self, now: Instant) -> Option<Duration> {
        let all = self.all();
        let last = all.iter().filter_map(|record| record.lock().answered_at).max();
        last.map(|at| now.saturating_duration_since(at))
    }

    fn record(&self, exchange: &Exchange, now: Instant) -> Arc<Record> {
        let mut groups = self.lock();
        let known = groups.len() < MANY || groups.contains_key(&exchange.group);
        if let Some(record) = groups.get(if known { &*exchange.group } else { OTHERS }) {
            return Arc::clone(record);
        }
        let group = if known {
            exchange.group.clone()
        } else {
            Cow::Borrowed(OTHERS)
        };
        let record = Arc::new(Record::new(group.clone(), now));
        groups.insert(group.clone(), Arc::clone(&record));
        record
    }

    fn all(&self) -> Vec<Arc<Record>> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Cow<'static, str>, Arc<Record>>> {
        self.groups.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn new(group: Cow<'static, str>, now: Instant) -> Self {
        Self {
            group,
            running: AtomicU64::new(0),
            past: Mutex::new(Past {
                counts: Counts::default(),
                recent: Recent {
                    began: now,
                    this: Period::EMPTY,
                    before: Period::EMPTY,
                },
                errors: VecDeque::new(),
                answered_at: None,
            }),
        }
    }

    fn look(&self, now: Instant) -> GroupHealth {
        let mut past = self.lock();
        past.recent.advance(now);
        let recent = past.recent.both();
        let counts = past.counts;
        GroupHealth {
            group: self.group.to_string(),
            running: self.running.load(Ordering::Relaxed),
            answered: counts.answered,
            cached: counts.cached,
            shared: counts.shared,
            failed: counts.failed,
            rejected: counts.rejected,
            cancelled: counts.cancelled,
            attempts: counts.attempts,
            recent_calls: recent.good + recent.bad,
            recent_failures: recent.bad,
            latency: Latency::of(&recent.took),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Past {
    fn failed(&mut self, operation: &'static Operation, error: &Error, now: Instant) {
        let kind = error.kind();
        if speaks_of_health(kind) {
            self.recent.this.bad += 1;
        } else if error.status().is_some() {
            self.recent.this.good += 1;
            self.answered_at = Some(now);
        }
        let same = |seen: &Seen| seen.operation.name == operation.name && seen.kind == kind;
        let at = self.errors.iter().position(same);
        let before = at.and_then(|at| self.errors.remove(at)).map_or(0, |seen| seen.times);
        if self.errors.len() >= ERRORS {
            self.errors.pop_front();
        }
        let token = |text: Option<&str>| text.filter(|text| is_token(text)).map(str::to_owned);
        self.errors.push_back(Seen {
            operation,
            kind,
            status: error.status(),
            code: token(error.code()),
            request_id: token(error.request_id()),
            at: now,
            times: before.saturating_add(1),
        });
    }
}

impl Recent {
    fn advance(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.began);
        if passed < PERIOD {
            return;
        }
        let this = std::mem::replace(&mut self.this, Period::EMPTY);
        self.before = if passed < PERIOD * 2 { this } else { Period::EMPTY };
        self.began = if passed < PERIOD * 2 { self.began + PERIOD } else { now };
    }

    fn both(&self) -> Period {
        let mut both = self.this.clone();
        both.took.merge(&self.before.took);
        both.good += self.before.good;
        both.bad += self.before.bad;
        both
    }
}

impl Period {
    const EMPTY: Self = Self {
        took: Durations::EMPTY,
        good: 0,
        bad: 0,
    };
}

impl Seen {
    fn told(&self, group: &str, now: Instant, wall: SystemTime) -> LastError {
        let ago = now.saturating_duration_since(self.at);
        LastError {
            operation: self.operation.name,
            group: group.to_owned(),
            kind: self.kind,
            status: self.status,
            code: self.code.clone(),
            request_id: self.request_id.clone(),
            times: self.times,
            ago,
            at: wall.checked_sub(ago).unwrap_or(SystemTime::UNIX_EPOCH),
        }
    }
}

/// A call that is under way; one that is dropped before it was [settled](Self::settle) counts as cancelled.
#[derive(Debug)]
pub(crate) struct Running {
    record: Arc<Record>,
    operation: &'static Operation,
    began: Instant,
    is_settled: bool,
    /// It counts as answered; no longer when its stream broke off or the answer could not be read.
    is_answered: AtomicBool,
}

impl Running {
    /// The call ended; of a stream, it began.
    pub(crate) fn settle(&mut self, attempts: usize, outcome: &Result<Reply, Error>) {
        self.is_settled = true;
        let now = Instant::now();
        let took = now.saturating_duration_since(self.began);
        let mut past = self.record.lock();
        past.recent.advance(now);
        past.counts.attempts += attempts as u64;
        if attempts > 0 {
            past.recent.this.took.add(took);
        }
        match outcome.as_ref().map(Reply::source) {
            Ok(Served::Provider) => {
                past.counts.answered += 1;
                past.recent.this.good += 1;
                past.answered_at = Some(now);
                self.is_answered.store(true, Ordering::Relaxed);
            }
            Ok(Served::Shared) => past.counts.shared += 1,
            Ok(Served::Cache { .. } | Served::Stale { .. }) => past.counts.cached += 1,
            Err(error) if error.kind().is_refused_locally() => {
                past.counts.rejected += 1;
                past.failed(self.operation, error, now);
            }
            Err(error) => {
                past.counts.failed += 1;
                past.failed(self.operation, error, now);
            }
        }
    }

    /// What was a success so far turned out to be none; that counts once.
    pub(crate) fn broke(&self, error: &Error) {
        if !self.is_answered.swap(false, Ordering::Relaxed) {
            return;
        }
        let now = Instant::now();
        let mut past = self.record.lock();
        past.recent.advance(now);
        past.counts.answered = past.counts.answered.saturating_sub(1);
        past.counts.failed += 1;
        past.recent.this.good = past.recent.this.good.saturating_sub(1);
        past.failed(self.operation, error, now);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.record.running.fetch_sub(1, Ordering::Relaxed);
        if !self.is_settled {
            self.record.lock().counts.cancelled += 1;
        }
    }
}

/// Whether a failure says something about the provider, the way to it, the credential or the quota, and not only about
/// the call.
fn speaks_of_health(kind: ErrorKind) -> bool {
    match kind {
        ErrorKind::Connect
        | ErrorKind::Certificate
        | ErrorKind::NoAnswer
        | ErrorKind::StreamInterrupted
        | ErrorKind::Timeout
        | ErrorKind::Deadline
        | ErrorKind::NoToken
        | ErrorKind::Unauthenticated
        | ErrorKind::RateLimited
        | ErrorKind::Overloaded
        | ErrorKind::CircuitOpen
        | ErrorKind::QuotaExhausted
        | ErrorKind::Server
        | ErrorKind::UnexpectedStatus
        | ErrorKind::Decode
        | ErrorKind::Contract => true,
        ErrorKind::Configuration
        | ErrorKind::InvalidCall
        | ErrorKind::Insecure
        | ErrorKind::Upload
        | ErrorKind::Forbidden
        | ErrorKind::NotFound
        | ErrorKind::Conflict
        | ErrorKind::InvalidRequest
        | ErrorKind::TooLarge
        | ErrorKind::File
        | ErrorKind::Layer => false,
    }
}
