//! Identical reads at the same time become one.
//!
//! *What it does*: a safe call that another call of the same identity is already making waits for that one's answer.
//! *When it acts*: GET and HEAD whose answer is read whole, unless the client has `without_dedup`. *Interplay*: inside
//! every call's own deadline, outside retry. What is shared is driven by whichever of its calls is polled, and given up
//! with the last of them: one that is dropped, runs out of its own time or is never looked at again holds up nobody. When
//! the one that began had too little time for another attempt, the others begin anew. A call that changes something
//! ends joining for its identity, when it is sent and when it is done: a read after my write never gets an older answer.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::hash::BuildHasherDefault;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use bytes::Bytes;
use futures_util::future::{FutureExt as _, Shared, WeakShared};
use http::{HeaderMap, Method, StatusCode};
use tracing::Instrument as _;

use super::request_key::{Hashed, RequestKey};
use crate::credential::Identity;
use crate::error::{Error, ErrorKind};
use crate::operation::Repeat;
use crate::pipeline::{Exchange, Reply};
use crate::response::Served;
use crate::transport::BoxFuture;
use crate::wire::encode::EncodedBody;

/// The reads that are under way.
#[derive(Debug, Default)]
pub(crate) struct Dedup {
    flights: Arc<Flights>,
}

#[derive(Debug, Default)]
struct Flights {
    last: AtomicU64,
    table: Mutex<Table>,
}

type Table = HashMap<Arc<RequestKey>, Entry, BuildHasherDefault<Hashed>>;
/// One execution that several calls wait for.
type Flight = Shared<BoxFuture<'static, Landed>>;
/// What all of them get.
pub(crate) type Landed = Arc<Result<Whole, Error>>;

/// An answer that several can have.
#[derive(Debug, Clone)]
pub(crate) struct Whole {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

/// A flight that may be joined; it lives as long as a call waits for it.
#[derive(Debug)]
struct Entry {
    number: u64,
    flight: WeakShared<BoxFuture<'static, Landed>>,
}

/// How a flight ends.
pub(crate) struct Landing {
    flights: Arc<Flights>,
    key: Arc<RequestKey>,
    number: u64,
}

/// A call's part in a flight.
struct Seat<'a> {
    flights: &'a Flights,
    key: &'a Arc<RequestKey>,
    number: u64,
    flight: Option<Flight>,
}

impl Dedup {
    /// Begins `run`, which ends with its [`Landing`], or waits for one that was begun.
    pub(crate) async fn share<F, Fut>(&self, exchange: Box<Exchange>, run: F) -> Result<Reply, Error>
    where
        F: FnOnce(Box<Exchange>, Landing) -> Fut,
        Fut: Future<Output = Landed> + Send + 'static,
    {
        let key = Arc::new(RequestKey::of(&exchange));
        let mut mine = Some((exchange, run));
        loop {
            let mut seat = self.flights.join(&key, |landing| {
                mine.take().map(|(exchange, run)| run(exchange, landing))
            });
            let outcome = seat.landed().await;
            let began = mine.is_none();
            drop(seat);
            let served = if began { Served::Provider } else { Served::Shared };
            // Where nobody joined, as is usual, nothing is copied.
            match Arc::unwrap_or_clone(outcome) {
                Ok(whole) => return Ok(whole.into_reply().served(served)),
                Err(error) if began || !error.is_own_affair() => return Err(error),
                Err(_) => {}
            }
        }
    }

    /// Nobody joins what is under way for the identity of this exchange any more, from now on and once more when the
    /// guard is dropped; who has joined stays.
    pub(crate) fn ends_joining(&self, exchange: &Exchange) -> Option<EndsJoining> {
        changes(exchange).then(|| EndsJoining::new(Arc::clone(&self.flights), exchange.identity.clone()))
    }

    #[cfg(test)]
    pub(crate) fn under_way(&self) -> usize {
        self.flights.lock().len()
    }
}

impl Flights {
    /// A seat in the flight for `key`, or in the one that `begin` begins; `begin` answers none when it did so before.
    fn join<'a, Fut>(
        self: &'a Arc<Self>,
        key: &'a Arc<RequestKey>,
        begin: impl FnOnce(Landing) -> Option<Fut>,
    ) -> Seat<'a>
    where
        Fut: Future<Output = Landed> + Send + 'static,
    {
        let mut table = self.lock();
        let there = table
            .get(key)
            .and_then(|entry| Some((entry.number, entry.flight.upgrade()?)));
        let (number, flight) = match there {
            Some((number, flight)) => (number, Some(flight)),
            None => {
                let number = self.last.fetch_add(1, Ordering::Relaxed);
                let landing = Landing {
                    flights: Arc::clone(self),
                    key: Arc::clone(key),
                    number,
                };
                let flight = begin(landing).map(|running| {
                    let running: BoxFuture<'static, Landed> = Box::pin(running.in_current_span());
                    running.shared()
                });
                if let Some(flight) = flight.as_ref().and_then(Shared::downgrade) {
                    table.insert(Arc::clone(key), Entry { number, flight });
                }
                (number, flight)
            }
        };
        drop(table);
        Seat {
            flights: self,
            key,
            number,
            flight,
        }
    }

    fn remove(&self, key: &Arc<RequestKey>, number: u64) {
        let mut table = self.lock();
        if table.get(key).is_some_and(|entry| entry.number == number) {
            table.remove(key);
        }
    }

    fn end_joining(&self, identity: &Identity) {
        self.lock().retain(|key, _| key.identity() != identity);
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Landing {
    /// Hands the outcome to whoever waits; what is over is joined by nobody.
    pub(crate) fn with(self, outcome: Result<Reply, Error>) -> Landed {
        let outcome = Arc::new(outcome.and_then(Whole::of));
        self.flights.remove(&self.key, self.number);
        outcome
    }
}

impl Whole {
    fn of(reply: Reply) -> Result<Self, Error> {
        let Some(body) = reply.body_bytes().cloned() else {
            return Err(Error::new(ErrorKind::NoAnswer, "the answer was not read whole"));
        };
        let (status, headers) = (reply.status(), reply.into_head().headers);
        Ok(Self { status, headers, body })
    }

    fn into_reply(self) -> Reply {
        Reply::from_bytes(self.status, self.headers, self.body)
    }
}

impl Seat<'_> {
    async fn landed(&mut self) -> Landed {
        let lost = || Arc::new(Err(Error::new(ErrorKind::NoAnswer, "the call to wait for is gone")));
        poll_fn(|cx| match &mut self.flight {
            Some(flight) => Pin::new(flight).poll(cx),
            None => Poll::Ready(lost()),
        })
        .await
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let Some(flight) = self.flight.take() else { return };
        // Above the table's lock: the last seat ends the flight, and with it calls that may look at the table.
        drop(flight);
        let mut table = self.flights.lock();
        let over = |entry: &Entry| entry.number == self.number && entry.flight.upgrade().is_none();
        if table.get(self.key).is_some_and(over) {
            table.remove(self.key);
        }
    }
}

/// Ends joining when it is made and when it is dropped.
pub(crate) struct EndsJoining {
    flights: Arc<Flights>,
    identity: Identity,
}

impl EndsJoining {
    fn new(flights: Arc<Flights>, identity: Identity) -> Self {
        flights.end_joining(&identity);
        Self { flights, identity }
    }
}

impl Drop for EndsJoining {
    fn drop(&mut self) {
        self.flights.end_joining(&self.identity);
    }
}

/// Whether the provider's state may be another one afterwards.
pub(crate) fn changes(exchange: &Exchange) -> bool {
    match exchange.operation.repeat {
        Repeat::Safe => false,
        Repeat::Repeatable => exchange.has_lasting_effect,
        Repeat::Idempotent | Repeat::Keyed | Repeat::Unsafe => true,
    }
}

/// Whether the answer is one that several can have.
pub(crate) fn can_be_shared(exchange: &Exchange) -> bool {
    matches!(exchange.method, Method::GET | Method::HEAD)
        && exchange.operation.repeat == Repeat::Safe
        && !exchange.streamed
        && !exchange.events
        && matches!(exchange.body, EncodedBody::None)
}

#[cfg(test)]
mod tests;
