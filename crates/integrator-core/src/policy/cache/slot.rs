//! [`Slot`]: which kept answers a change makes old ones.
//!
//! Every path of an identity falls into one of a fixed number of slots, each with a version. An answer is of the version
//! that its slot had before it was asked for; a change counts up the slots of its own path and of the lists above it. Two
//! paths in one slot cost a needless request, never a wrong answer.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::credential::Identity;
use crate::pipeline::Exchange;

/// How many slots there are.
pub(super) const SLOTS: u16 = 4_096;

/// Where the version of a path is kept.
#[derive(Debug)]
pub(super) struct Slot;

impl Slot {
    /// The slot of what is asked for.
    pub(super) fn of(exchange: &Exchange) -> u16 {
        slot(exchange, exchange.uri.path().trim_end_matches('/'))
    }

    /// The slots of a path and of every path above it.
    pub(super) fn touched_by(exchange: &Exchange) -> Vec<u16> {
        let mut path = exchange.uri.path().trim_end_matches('/');
        let mut slots = vec![slot(exchange, path)];
        while let Some((above, _)) = path.rsplit_once('/').filter(|(above, _)| !above.is_empty()) {
            slots.push(slot(exchange, above));
            path = above;
        }
        slots
    }
}

fn slot(exchange: &Exchange, path: &str) -> u16 {
    let identity: &Identity = &exchange.identity;
    let mut hasher = DefaultHasher::new();
    (exchange.provider.name, identity, exchange.uri.host(), path).hash(&mut hasher);
    u16::try_from(hasher.finish() % u64::from(SLOTS)).unwrap_or_default()
}
