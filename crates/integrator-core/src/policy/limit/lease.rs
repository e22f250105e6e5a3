//! What a lane holds of a quota that others share: leases, and while nobody can be asked a share of its own.
//!
//! Units are leased before they are used, as many as were used lately, and soon lapse: the store is asked once for many
//! calls, and who stops calling holds nothing back. Pure over `now`; the store is asked in `sharing.rs`.

use std::sync::Arc;

use super::account::SECOND;
use super::bucket::{Bucket, Tick};
use super::quota::Rate;
use crate::provider::Resource;

/// The greatest lease, as a part of the quota.
const PART: u64 = 20;
/// How long a lease lasts, as a part of the window: twice as long as it takes to use the greatest one.
const LASTS: u64 = 10;
const LASTS_LEAST: u64 = SECOND / 20;
const LASTS_MOST: u64 = 10 * SECOND;

/// Leases of one caller in one group.
#[derive(Debug)]
pub(super) struct Leases {
    /// The quota's key, but for the resource.
    key: Arc<str>,
    requests: Option<Lease>,
    tokens: Option<Lease>,
    /// How many share the quota, as the store said last.
    sharers: u32,
}

#[derive(Debug)]
struct Lease {
    quota: Bucket,
    left: u64,
    granted: u64,
    from: Tick,
    until: Tick,
    /// Used beyond what was leased; the next lease makes up for it.
    owed: u64,
    /// Units that were used of the last lease.
    used: u64,
    asking: bool,
    /// What may be used while the store is away.
    alone: Option<Bucket>,
}

/// Whether a request can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    Now,
    At(Tick),
    /// The store has to be asked.
    Ask(Want),
    /// The store was asked and has not answered yet.
    Asked,
}

/// What to ask the store for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Want {
    pub(super) resource: Resource,
    pub(super) units: u64,
}

impl Leases {
    pub(super) fn new(key: Arc<str>, requests: Option<Bucket>, tokens: Option<Bucket>, sharers: u32) -> Self {
        Self {
            key,
            requests: requests.map(Lease::new),
            tokens: tokens.map(Lease::new),
            sharers,
        }
    }

    /// Whether a request of `tokens` can be sent, with `waiting` requests and tokens in the queue, itself included.
    pub(super) fn look(&mut self, now: Tick, tokens: u64, waiting: (u64, u64), away: bool) -> Look {
        let alone = away.then_some(self.sharers);
        let mut look = Look::Now;
        if let Some(lease) = &mut self.requests {
            look = lease.look(Resource::Requests, now, (1, waiting.0), alone);
        }
        match &mut self.tokens {
            Some(lease) if look == Look::Now && tokens > 0 => {
                lease.look(Resource::Tokens, now, (tokens, waiting.1), alone)
            }
            _ => look,
        }
    }

    /// Takes what [`look`](Self::look) said is there.
    pub(super) fn take(&mut self, now: Tick, tokens: u64) {
        if let Some(lease) = &mut self.requests {
            lease.take(now, 1);
        }
        if let Some(lease) = &mut self.tokens {
            lease.take(now, tokens);
        }
    }

    /// A request that was taken was never sent.
    pub(super) fn give_back(&mut self, tokens: u64) {
        if let Some(lease) = &mut self.requests {
            lease.give_back(1);
        }
        if let Some(lease) = &mut self.tokens {
            lease.give_back(tokens);
        }
    }

    /// A request took `used` tokens, not the `reserved` ones.
    pub(super) fn settle(&mut self, now: Tick, reserved: u64, used: u64) {
        if let Some(lease) = &mut self.tokens {
            lease.give_back(reserved.saturating_sub(used));
            lease.take(now, used.saturating_sub(reserved));
        }
    }

    /// When a request of `tokens` can be sent behind others, as far as that can be told without the store.
    pub(super) fn ready_after(&self, requests: u64, ahead: u64, tokens: u64) -> Tick {
        let of = |lease: &Option<Lease>, ahead, cost| lease.as_ref().map_or(0, |lease| lease.ready_after(ahead, cost));
        let ready = of(&self.requests, requests, 1);
        if tokens == 0 {
            return ready;
        }
        ready.max(of(&self.tokens, ahead, tokens))
    }

    /// Something to find out with whether the store is back.
    pub(super) fn probe(&self) -> Want {
        let resource = if self.requests.is_some() {
            Resource::Requests
        } else {
            Resource::Tokens
        };
        Want { resource, units: 1 }
    }

    /// Starts to ask; answers key and rate, or none if it was asked already.
    pub(super) fn ask(&mut self, resource: Resource) -> Option<(String, Rate)> {
        let key = match resource {
            Resource::Requests => format!("{}:requests", self.key),
            Resource::Tokens => format!("{}:tokens", self.key),
        };
        let lease = self.of(resource).filter(|lease| !lease.asking)?;
        lease.asking = true;
        Some((key, Rate::of(&lease.quota)))
    }

    /// The store has answered, or nobody waits for its answer any more.
    pub(super) fn asked(&mut self, resource: Resource) {
        if let Some(lease) = self.of(resource) {
            lease.asking = false;
        }
    }

    /// Units that may be used from then on; and how many share the quota.
    pub(super) fn granted(&mut self, now: Tick, want: Want, from: Tick, sharers: u32) {
        self.sharers = sharers.max(1);
        if let Some(lease) = self.of(want.resource) {
            lease.granted(now, want.units, from);
        }
    }

    pub(super) fn sharers(&self) -> u32 {
        self.sharers
    }

    fn of(&mut self, resource: Resource) -> Option<&mut Lease> {
        match resource {
            Resource::Requests => self.requests.as_mut(),
            Resource::Tokens => self.tokens.as_mut(),
        }
    }
}

impl Lease {
    fn new(quota: Bucket) -> Self {
        Self {
            quota,
            left: 0,
            granted: 0,
            from: 0,
            until: 0,
            owed: 0,
            used: 0,
            asking: false,
            alone: None,
        }
    }

    fn look(&mut self, resource: Resource, now: Tick, (cost, waiting): (u64, u64), alone: Option<u32>) -> Look {
        let ready = if let Some(sharers) = alone {
            let quota = self.quota;
            self.alone.get_or_insert_with(|| share(quota, sharers)).ready_at(cost)
        } else {
            self.alone = None;
            self.lapse(now);
            if self.left < cost {
                if self.asking {
                    return Look::Asked;
                }
                let units = self.want(cost, waiting);
                return Look::Ask(Want { resource, units });
            }
            self.from
        };
        if ready > now { Look::At(ready) } else { Look::Now }
    }

    fn lapse(&mut self, now: Tick) {
        if self.until <= now {
            if self.granted > 0 {
                self.used = self.granted.saturating_sub(self.left);
            }
            (self.left, self.granted) = (0, 0);
        }
    }

    /// Twice of what was used up in time, or what was used of a lease that lapsed; never less than those who wait need,
    /// as far as that is within the greatest lease.
    fn want(&self, cost: u64, waiting: u64) -> u64 {
        let lately = if self.granted > 0 {
            self.granted.saturating_mul(2)
        } else {
            self.used
        };
        let most = (self.quota.units / PART).max(1);
        let want = lately.max(waiting).min(most);
        want.max(cost - self.left).saturating_add(self.owed)
    }

    fn granted(&mut self, now: Tick, units: u64, from: Tick) {
        self.lapse(now);
        let owed = self.owed.min(units);
        self.owed -= owed;
        self.left = self.left.saturating_add(units - owed);
        self.granted = self.left;
        self.from = from;
        let lasts = (self.quota.window / LASTS).clamp(LASTS_LEAST, LASTS_MOST);
        self.until = from.saturating_add(lasts);
    }

    fn take(&mut self, now: Tick, cost: u64) {
        if let Some(alone) = &mut self.alone {
            alone.take(now, cost);
            return;
        }
        let taken = self.left.min(cost);
        self.left -= taken;
        self.owed = self.owed.saturating_add(cost - taken);
    }

    fn give_back(&mut self, cost: u64) {
        match &mut self.alone {
            Some(alone) => alone.give_back(cost),
            None => self.left = self.left.saturating_add(cost),
        }
    }

    fn ready_after(&self, ahead: u64, cost: u64) -> Tick {
        match &self.alone {
            Some(alone) => alone.ready_at(cost).saturating_add(alone.time(ahead)),
            None if self.left >= cost => self.from,
            None => 0,
        }
    }
}

/// What each of them may use.
fn share(quota: Bucket, sharers: u32) -> Bucket {
    let sharers = u64::from(sharers.max(1));
    Bucket {
        window: quota.window.saturating_mul(sharers),
        burst: (quota.burst / sharers).max(1),
        full_at: 0,
        ..quota
    }
}

#[cfg(test)]
mod tests;
