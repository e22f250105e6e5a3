//! The queue in front of one account: who holds a slot, who waits, and in which order.
//!
//! Only the first in the queue watches the clock; everybody else is woken when it is his turn.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Priority;
use super::account::{Account, CAP, Stamp};
use super::bucket::Tick;
use super::lease::{Leases, Look, Want};
use super::quota::Rate;
use crate::provider::Resource;

/// Place in the queue: the most urgent first, and of those the one who came first.
pub(super) type Ticket = (Reverse<Priority>, u64);

/// One account with its queue.
#[derive(Debug)]
pub(super) struct Lane(Mutex<State>);

#[derive(Debug)]
pub(super) struct State {
    pub(super) account: Account,
    slots: Option<u32>,
    in_flight: u32,
    waiting: BTreeMap<Ticket, Waiter>,
    /// Requests and tokens that wait, by priority.
    sums: [(u64, u64); 3],
    next: u64,
    /// What it holds of a quota that others share.
    leases: Option<Box<Leases>>,
    /// When the last request was let through.
    last: Tick,
    /// Operations that the provider refused alone.
    blocked: Vec<(&'static str, Tick)>,
}

#[derive(Debug)]
struct Waiter {
    turn: Arc<Notify>,
    tokens: u64,
}

/// What the one who asks is to do.
#[derive(Debug)]
pub(super) enum Step {
    /// Send.
    Go(Stamp),
    /// Wait until then, or to be woken.
    Sleep(Tick),
    /// Wait to be woken.
    Wait,
    /// Ask the shared quota for this many.
    Lease(Want),
}

impl Lane {
    pub(super) fn new(account: Account, slots: Option<u32>, leases: Option<Leases>) -> Self {
        Self(Mutex::new(State {
            account,
            slots,
            in_flight: 0,
            waiting: BTreeMap::new(),
            sums: [(0, 0); 3],
            next: 0,
            leases: leases.map(Box::new),
            last: 0,
            blocked: Vec::new(),
        }))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Takes a place at once, if nobody waits and all is there. A shared quota may be `away`.
    pub(super) fn try_go(&mut self, now: Tick, tokens: u64, away: bool) -> Option<Stamp> {
        if !self.waiting.is_empty() {
            return None;
        }
        match self.step(now, tokens, away) {
            Step::Go(stamp) => Some(stamp),
            Step::Sleep(_) | Step::Wait | Step::Lease(_) => None,
        }
    }

    /// Joins the queue.
    pub(super) fn join(&mut self, priority: Priority, tokens: u64) -> (Ticket, Arc<Notify>) {
        let ticket = (Reverse(priority), self.next);
        self.next += 1;
        let turn = Arc::new(Notify::new());
        let waiter = Waiter {
            turn: Arc::clone(&turn),
            tokens,
        };
        self.waiting.insert(ticket, waiter);
        let (requests, sum) = self.sum_of(priority);
        (*requests, *sum) = (*requests + 1, sum.saturating_add(tokens));
        (ticket, turn)
    }

    /// What the waiter with this ticket is to do.
    pub(super) fn advance(&mut self, now: Tick, ticket: Ticket, tokens: u64, away: bool) -> Step {
        if self
            .waiting
            .first_key_value()
            .is_some_and(|(first, _)| *first != ticket)
        {
            return Step::Wait;
        }
        let step = self.step(now, tokens, away);
        if matches!(step, Step::Go(_)) {
            self.leave(ticket);
        }
        step
    }

    fn step(&mut self, now: Tick, tokens: u64, away: bool) -> Step {
        if self.slots.is_some_and(|slots| self.in_flight >= slots) {
            return Step::Wait;
        }
        let ready_at = self.account.ready_at(tokens);
        if ready_at > now {
            return Step::Sleep(ready_at);
        }
        if let Some(leases) = &mut self.leases {
            let waiting = self.sums.iter().fold((0_u64, 0_u64), |(requests, tokens), sum| {
                (requests.saturating_add(sum.0), tokens.saturating_add(sum.1))
            });
            match leases.look(now, tokens, waiting, away) {
                Look::Now => leases.take(now, tokens),
                Look::At(at) => return Step::Sleep(at),
                Look::Ask(want) => return Step::Lease(want),
                Look::Asked => return Step::Wait,
            }
        }
        self.in_flight += 1;
        self.last = now;
        Step::Go(self.account.take(now, tokens))
    }

    fn sum_of(&mut self, priority: Priority) -> &mut (u64, u64) {
        let [low, normal, high] = &mut self.sums;
        match priority {
            Priority::Low => low,
            Priority::Normal => normal,
            Priority::High => high,
        }
    }

    /// Leaves the queue, sent or given up; the next one has his turn.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        let was_first = self
            .waiting
            .first_key_value()
            .is_some_and(|(first, _)| *first == ticket);
        if let Some(waiter) = self.waiting.remove(&ticket) {
            let (requests, sum) = self.sum_of(ticket.0.0);
            (*requests, *sum) = (requests.saturating_sub(1), sum.saturating_sub(waiter.tokens));
        }
        if was_first {
            self.wake_first();
        }
    }

    /// A request that was let through was never sent.
    pub(super) fn give_back(&mut self, tokens: u64) {
        self.account.give_back(tokens);
        if let Some(leases) = &mut self.leases {
            leases.give_back(tokens);
        }
    }

    /// A request took `used` tokens, not the `reserved` ones.
    pub(super) fn settle(&mut self, now: Tick, reserved: u64, used: u64) {
        self.account.settle(now, reserved, used);
        if let Some(leases) = &mut self.leases {
            leases.settle(now, reserved, used);
        }
    }

    /// Something to ask a shared quota for, to find out whether it is back.
    pub(super) fn probe(&self) -> Option<Want> {
        self.leases.as_ref().map(|leases| leases.probe())
    }

    /// A shared quota is going to be asked: under which key, and how much there is of it. None if it was asked already.
    pub(super) fn ask(&mut self, resource: Resource) -> Option<(String, Rate)> {
        self.leases.as_mut()?.ask(resource)
    }

    /// Nobody asks the shared quota any more.
    pub(super) fn asked(&mut self, resource: Resource) {
        if let Some(leases) = &mut self.leases {
            leases.asked(resource);
        }
        self.wake_first();
    }

    /// What a shared quota granted, and from when on that may be used.
    pub(super) fn granted(&mut self, now: Tick, want: Want, from: Tick, sharers: u32) {
        if let Some(leases) = &mut self.leases {
            leases.granted(now, want, from, sharers);
        }
        if from > now {
            self.wake_all();
        }
    }

    /// How many share the quota, where one is shared.
    pub(super) fn sharers(&self) -> Option<u32> {
        self.leases.as_ref().map(|leases| leases.sharers())
    }

    /// When the first in the queue can go, as far as that can be told.
    pub(super) fn ready_at(&self, tokens: u64) -> Tick {
        let leased = self
            .leases
            .as_ref()
            .map_or(0, |leases| leases.ready_after(0, 0, tokens));
        self.account.ready_at(tokens).max(leased)
    }

    /// A slot is free again.
    pub(super) fn release(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
        if self.slots.is_some() {
            self.wake_first();
        }
    }

    /// When a newcomer would have his turn, as far as that can be told.
    pub(super) fn expected(&self, priority: Priority, tokens: u64) -> Tick {
        let ahead = self.sums.iter().skip(place(priority));
        let (requests, before) = ahead.fold((0_u64, 0_u64), |(requests, sum), (more, tokens)| {
            (requests.saturating_add(*more), sum.saturating_add(*tokens))
        });
        let leased = self.leases.as_ref();
        let leased = leased.map_or(0, |leases| leases.ready_after(requests, before, tokens));
        self.account.ready_after(requests, before, tokens).max(leased)
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn in_flight(&self) -> u32 {
        self.in_flight
    }

    /// The first one looks again: something has changed.
    pub(super) fn wake_first(&self) {
        if let Some((_, waiter)) = self.waiting.first_key_value() {
            waiter.turn.notify_one();
        }
    }

    /// Everybody looks again: it takes longer now, and some cannot wait that long.
    pub(super) fn wake_all(&self) {
        self.waiting.values().for_each(|waiter| waiter.turn.notify_one());
    }

    /// Nobody calls this operation before `until`.
    pub(super) fn block(&mut self, operation: &'static str, now: Tick, until: Tick) {
        self.blocked.retain(|(name, over)| *over > now && *name != operation);
        self.blocked.push((operation, until));
    }

    pub(super) fn blocked(&self, operation: &str) -> Tick {
        let found = self.blocked.iter().find(|(name, _)| *name == operation);
        found.map_or(0, |(_, until)| *until)
    }

    /// Nothing is under way, and nothing is known that a new one would not know.
    pub(super) fn is_at_rest(&self, now: Tick) -> bool {
        let quiet = now.saturating_sub(self.last) > CAP && self.account.blocked_until() <= now;
        self.in_flight == 0 && self.waiting.is_empty() && quiet
    }
}

/// How many are less urgent.
const fn place(priority: Priority) -> usize {
    match priority {
        Priority::Low => 0,
        Priority::Normal => 1,
        Priority::High => 2,
    }
}

#[cfg(test)]
mod tests;
