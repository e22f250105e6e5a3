//! The limits of a client: one queue for each identity and group, made when it is first called.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::Instant;
use tracing::debug;

use super::Limit;
use super::account::{Account, CAP, SECOND, Stamp};
use super::bucket::{Bucket, Tick};
use super::lane::{Lane, Step, Ticket};
use super::lease::Leases;
use super::sharing::Sharing;
use super::signal::{self, nanos};
use super::standing::Window;
use crate::clock::Clock;
use crate::credential::Identity;
use crate::error::{Error, ErrorKind};
use crate::pipeline::{Exchange, Reply};
use crate::provider::{Drains, Provider};
use crate::transport::{AnswerBody, TransportError};

/// From this number on queues at rest are forgotten when another is made.
const MANY: usize = 1_024;

/// How long a refusal holds back that does not say so.
const UNSAID: u64 = SECOND / 10;

/// What one identity has left of one group.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Headroom {
    /// Group of operations.
    pub group: String,
    /// Who is calling.
    pub identity: Identity,
    /// Attempts that hold a slot.
    pub in_flight: u32,
    /// How many may; none where their number has no limit.
    pub slots: Option<u32>,
    /// Attempts that wait.
    pub waiting: usize,
    /// Requests that could be sent now; none where nobody knows of a limit.
    pub requests: Option<u64>,
    /// Tokens that could be used now; none where nobody knows of a limit.
    pub tokens: Option<u64>,
    /// How long the provider holds everybody back.
    pub blocked: Duration,
    /// What that is made of: the provider's windows and the client's own.
    pub windows: Vec<Window>,
    /// How many clients share the limit, this one included; none where it is this one's alone.
    pub sharers: Option<u32>,
    /// The limit is shared and its store is away: this client keeps to its share of it.
    pub degraded: bool,
}

/// All limits of a client.
#[derive(Debug)]
pub(crate) struct Limiter {
    pub(crate) limit: Limit,
    provider: &'static Provider,
    base: Instant,
    /// There is something to keep; without it nothing is looked up until the provider refuses a request.
    active: AtomicBool,
    lanes: Mutex<Lanes>,
    sharing: Option<Arc<Sharing>>,
}

#[derive(Debug, Default)]
struct Lanes {
    known: HashMap<Key, Arc<Lane>>,
    /// Identities that the provider holds back as a whole, until when.
    drained: Vec<(Identity, Tick)>,
    sweep_at: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    group: Cow<'static, str>,
    identity: Identity,
}

impl Limiter {
    pub(crate) fn new(limit: Limit, provider: &'static Provider, clock: &Clock) -> Self {
        let own = limit.requests.is_some() || limit.tokens.is_some() || limit.slots.is_some();
        let theirs = limit.follows && !(provider.limits.is_empty() && provider.throttling.windows.is_empty());
        let base = clock.now();
        let sharing = limit.quota.clone().map(|quota| {
            let sharers = limit.sharers.unwrap_or(1);
            Arc::new(Sharing::new(quota, sharers, provider.name, base))
        });
        Self {
            active: AtomicBool::new(own || theirs),
            limit,
            provider,
            base,
            sharing,
            lanes: Mutex::new(Lanes {
                sweep_at: MANY,
                ..Lanes::default()
            }),
        }
    }

    /// Waits for a place; answers how long that took.
    ///
    /// # Cancel safety
    /// Dropped while it waits, it leaves the queue and has taken nothing.
    pub(crate) async fn admit<'a>(&'a self, exchange: &'a Exchange) -> Result<(Place<'a>, Duration), Error> {
        if !self.active.load(Ordering::Relaxed) {
            return Ok((self.place(exchange, None, Stamp::default()), Duration::ZERO));
        }
        let started = Instant::now();
        let now = self.tick(started);
        let lane = self.lane(exchange, now);
        let tokens = exchange.tokens;
        let away = self.away(&lane, now);
        {
            let mut state = lane.lock();
            if state.blocked(exchange.operation.name) <= now
                && let Some(stamp) = state.try_go(now, tokens, away)
            {
                drop(state);
                return Ok((self.place(exchange, Some(lane), stamp), Duration::ZERO));
            }
        }
        let stamp = Box::pin(self.queued(&lane, exchange)).await?;
        Ok((self.place(exchange, Some(lane), stamp), started.elapsed()))
    }

    /// The way through the queue.
    async fn queued(&self, lane: &Arc<Lane>, exchange: &Exchange) -> Result<Stamp, Error> {
        let (tokens, priority) = (exchange.tokens, exchange.priority);
        let deadline = exchange.deadline.map(|deadline| self.tick(deadline));
        let in_time = |expected: Tick| match deadline.filter(|deadline| expected >= *deadline) {
            Some(_) => Err(self
                .overloaded("its turn would come after the deadline", expected)
                .limited()),
            None => Ok(()),
        };
        let blocked = lane.lock().blocked(exchange.operation.name);
        if blocked > self.now() {
            in_time(blocked)?;
            tokio::time::sleep_until(self.instant(blocked)).await;
        }
        let (ticket, turn) = {
            let mut state = lane.lock();
            if state.waiting() >= self.limit.queue {
                return Err(self.overloaded("too many others wait", state.expected(priority, tokens)));
            }
            in_time(state.expected(priority, tokens))?;
            state.join(priority, tokens)
        };
        let _waiting = Waiting { lane, ticket };
        loop {
            let now = self.now();
            let away = self.away(lane, now);
            let step = {
                let mut state = lane.lock();
                in_time(state.ready_at(tokens))?;
                state.advance(now, ticket, tokens, away)
            };
            match step {
                Step::Go(stamp) => return Ok(stamp),
                Step::Wait => turn.notified().await,
                Step::Sleep(until) => {
                    in_time(until)?;
                    self.sleep(until, &turn).await;
                }
                Step::Lease(want) => {
                    if let Some(sharing) = &self.sharing {
                        sharing.ask(lane, want);
                    }
                    turn.notified().await;
                }
            }
        }
    }

    /// Sleeps until then, or until something changes.
    async fn sleep(&self, until: Tick, turn: &tokio::sync::Notify) {
        tokio::select! {
            () = tokio::time::sleep_until(self.instant(until)) => {}
            () = turn.notified() => {}
        }
    }

    fn overloaded(&self, why: &'static str, expected: Tick) -> Error {
        let wait = Duration::from_nanos(expected.saturating_sub(self.now()));
        Error::new(ErrorKind::Overloaded, why).hinting(wait)
    }

    /// Holds back whom a refusal concerns.
    fn refused(&self, place: &Place<'_>, error: &Error, clock: &Clock) {
        let facts = &self.provider.throttling;
        let drains = signal::drains(facts, error.headers(), error.code());
        if drains == Drains::Nothing {
            return;
        }
        let wall = clock.wall();
        let (mut report, told) = match &facts.body {
            Some(fact) => signal::read_body(fact, error.headers(), error.body_bytes(), wall),
            None => Default::default(),
        };
        let headers = signal::read(facts, error.headers(), wall);
        report.requests = report.requests.or(headers.requests);
        report.tokens = report.tokens.or(headers.tokens);
        let empty = |seen: Option<super::window::Seen>| seen.filter(|seen| seen.remaining == 0).map(|seen| seen.reset);
        let wait = error.retry_after().or(told).map(nanos);
        let wait = wait.or(empty(report.requests)).or(empty(report.tokens)).unwrap_or(0);
        // A wait of none is no invitation to come back at once.
        let wait = if wait == 0 { UNSAID } else { wait.min(CAP) };
        let now = self.now();
        let until = now.saturating_add(wait);
        self.active.store(true, Ordering::Relaxed);
        debug!(
            target: "integrator",
            provider = self.provider.name,
            group = %place.exchange.group,
            ?drains,
            wait = ?Duration::from_nanos(wait),
            "held back"
        );
        let key = Key {
            group: place.exchange.group.clone(),
            identity: place.exchange.identity.clone(),
        };
        let lane = self.lane_of(&key, now);
        let mut state = lane.lock();
        match drains {
            Drains::Nothing => {}
            Drains::Operation => state.block(place.exchange.operation.name, now, until),
            Drains::Group | Drains::Identity => {
                state.account.follow(now, place.stamp, report);
                if state.account.drain(now, wait) {
                    state.wake_all();
                }
            }
        }
        drop(state);
        if drains == Drains::Identity {
            let mut lanes = self.lock();
            lanes
                .drained
                .retain(|(identity, over)| *over > now && *identity != key.identity);
            lanes.drained.push((key.identity.clone(), until));
            for (other, lane) in &lanes.known {
                if other.identity == key.identity {
                    let mut state = lane.lock();
                    state.account.block(until);
                    state.wake_all();
                }
            }
        }
    }

    /// What every identity has left of every group.
    pub(crate) fn list(&self) -> Vec<Headroom> {
        let now = self.now();
        let away = self.sharing.as_ref().is_some_and(|sharing| sharing.is_away());
        let mut list: Vec<Headroom> = self
            .lock()
            .known
            .iter()
            .map(|(key, lane)| {
                let state = lane.lock();
                let (requests, tokens) = state.account.available(now);
                Headroom {
                    group: key.group.to_string(),
                    identity: key.identity.clone(),
                    in_flight: state.in_flight(),
                    slots: self.limit.slots,
                    waiting: state.waiting(),
                    requests,
                    tokens,
                    blocked: Duration::from_nanos(state.account.blocked_until().saturating_sub(now)),
                    windows: state.account.windows(now),
                    sharers: state.sharers(),
                    degraded: state.sharers().is_some() && away,
                }
            })
            .collect();
        list.sort_by(|one, other| one.group.cmp(&other.group));
        list
    }

    fn place<'a>(&'a self, exchange: &'a Exchange, lane: Option<Arc<Lane>>, stamp: Stamp) -> Place<'a> {
        Place {
            limiter: self,
            exchange,
            stamp,
            lane,
            slot: None,
        }
    }

    fn lane(&self, exchange: &Exchange, now: Tick) -> Arc<Lane> {
        let key = Key {
            group: exchange.group.clone(),
            identity: exchange.identity.clone(),
        };
        self.lane_of(&key, now)
    }

    fn lane_of(&self, key: &Key, now: Tick) -> Arc<Lane> {
        let mut lanes = self.lock();
        if let Some(lane) = lanes.known.get(key) {
            return Arc::clone(lane);
        }
        if lanes.known.len() >= lanes.sweep_at {
            lanes
                .known
                .retain(|_, lane| Arc::strong_count(lane) > 1 || !lane.lock().is_at_rest(now));
            lanes.sweep_at = MANY.max(lanes.known.len() * 2);
        }
        let mut account = self.account(&key.group);
        let drained = lanes.drained.iter().find(|(identity, _)| *identity == key.identity);
        if let Some((_, until)) = drained {
            account.block(*until);
        }
        let lane = Arc::new(Lane::new(account, self.limit.slots, self.leases(key)));
        lanes.known.insert(key.clone(), Arc::clone(&lane));
        lane
    }

    /// What a lane holds of a shared quota; none where other processes do not know the caller.
    fn leases(&self, key: &Key) -> Option<Leases> {
        let sharing = self.sharing.as_ref()?;
        let key = key.identity.shared_key(self.provider.name, &key.group)?;
        let (requests, tokens) = (self.limit.own_requests(), self.limit.own_tokens());
        Some(Leases::new(key.into(), requests, tokens, sharing.sharers()))
    }

    /// Whether a shared quota is away; if so it is tried again from time to time.
    fn away(&self, lane: &Arc<Lane>, now: Tick) -> bool {
        let Some(sharing) = self.sharing.as_ref().filter(|sharing| sharing.is_away()) else {
            return false;
        };
        sharing.retry(lane, now);
        sharing.is_away()
    }

    fn account(&self, group: &str) -> Account {
        let documented = self
            .provider
            .limits
            .iter()
            .find(|fact| fact.group == group && self.limit.follows);
        let documented = documented.map(|fact| Bucket::wide(fact.requests.into(), SECOND * u64::from(fact.seconds)));
        Account::new(self.limit.own_requests(), self.limit.own_tokens(), documented)
    }

    fn now(&self) -> Tick {
        self.tick(Instant::now())
    }

    fn tick(&self, at: Instant) -> Tick {
        nanos(at.saturating_duration_since(self.base))
    }

    fn instant(&self, tick: Tick) -> Instant {
        let after = Duration::from_nanos(tick);
        self.base
            .checked_add(after)
            .unwrap_or_else(|| Instant::now() + Duration::from_nanos(CAP))
    }

    fn lock(&self) -> MutexGuard<'_, Lanes> {
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in a queue; given up when it is dropped.
struct Waiting<'a> {
    lane: &'a Lane,
    ticket: Ticket,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.lane.lock().leave(self.ticket);
    }
}

/// Leave for one attempt, with what it has taken.
///
/// Dropped without being [settled](Self::settle), it counts as sent: what it has taken stays taken.
#[derive(Debug)]
#[must_use = "a dropped place counts as an attempt that was given up"]
pub(crate) struct Place<'a> {
    limiter: &'a Limiter,
    exchange: &'a Exchange,
    stamp: Stamp,
    lane: Option<Arc<Lane>>,
    slot: Option<Arc<Slot>>,
}

impl Place<'_> {
    /// The slot, to be kept until the answer ends; none where their number has no limit.
    pub(crate) fn slot(&mut self) -> Option<Arc<Slot>> {
        if self.limiter.limit.slots.is_some() {
            self.slot = self.lane.clone().map(|lane| Arc::new(Slot(lane)));
        }
        self.slot.clone()
    }

    /// Follows what the answer says, and holds everybody back where it is a refusal.
    pub(crate) fn settle(self, outcome: &Result<Reply, Error>, clock: &Clock) {
        let limiter = self.limiter;
        let facts = &limiter.provider.throttling;
        let tokens = self.exchange.tokens;
        match outcome {
            Err(error) if error.kind() == ErrorKind::RateLimited => {
                if limiter.limit.follows {
                    limiter.refused(&self, error, clock);
                }
                return;
            }
            _ => {}
        }
        let Some(lane) = &self.lane else {
            return;
        };
        let headers = match outcome {
            Ok(reply) => reply.headers(),
            Err(error) if !error.may_have_been_sent() => {
                let mut state = lane.lock();
                state.give_back(tokens);
                state.wake_first();
                return;
            }
            Err(error) => error.headers(),
        };
        let read = limiter.limit.follows && !facts.windows.is_empty() && !headers.is_empty();
        let report = read.then(|| signal::read(facts, headers, clock.wall()));
        let body = outcome.as_ref().ok().and_then(Reply::body_bytes);
        let used = body
            .filter(|_| tokens > 0)
            .map(|body| signal::usage(facts, body).unwrap_or(0));
        if report.is_none() && used.is_none() {
            return;
        }
        let now = limiter.now();
        let mut state = lane.lock();
        if let Some(used) = used {
            state.settle(now, tokens, used);
        }
        if let Some(report) = report {
            state.account.follow(now, self.stamp, report);
        }
        state.wake_first();
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let (Some(lane), None) = (&self.lane, &self.slot) {
            lane.lock().release();
        }
    }
}

/// One of a limited number of slots; free again when it is dropped.
pub(crate) struct Slot(Arc<Lane>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.lock().release();
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Slot")
    }
}

/// A body that holds its slot until it ends.
pub(crate) struct Held {
    body: AnswerBody,
    slot: Option<Arc<Slot>>,
}

impl Held {
    pub(crate) fn new(body: AnswerBody, slot: Arc<Slot>) -> Self {
        Self { body, slot: Some(slot) }
    }
}

impl Stream for Held {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(Pin::new(&mut self.body).poll_next(cx));
        if !matches!(chunk, Some(Ok(_))) {
            self.slot = None;
        }
        Poll::Ready(chunk)
    }
}
