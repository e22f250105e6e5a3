//! What a provider says is left, kept up to date between two of its answers.
//!
//! A window that starts over at its reset is counted down; one that refills gradually becomes a [`Bucket`] with the
//! provider's own numbers.

use super::bucket::{Bucket, Tick};
use crate::provider::Refill;

/// What an answer said about one resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    /// Nanoseconds until the reset, or until all of it is back.
    pub(crate) reset: u64,
    pub(crate) refill: Refill,
}

/// How much of one resource the provider still gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meter {
    /// Nobody knows.
    Unknown,
    /// It flows back.
    Gradual(Bucket),
    /// It is there again all at once.
    Counted(Counted),
}

/// A window that is counted down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    limit: u64,
    remaining: u64,
    /// What our own requests leave of the window. Requests overtake each other on their way, so what an answer says
    /// may not count yet what was sent before its own request.
    ceiling: u64,
    reset_at: Tick,
    /// The longest time to a reset that was seen, which comes near the length of the window.
    length: u64,
    /// It started over by our own clock, and no answer has said so yet.
    guessed: bool,
}

impl Meter {
    /// When `cost` units can be taken.
    pub(crate) fn ready_at(&self, cost: u64) -> Tick {
        match self {
            Self::Unknown => 0,
            Self::Gradual(bucket) => bucket.ready_at(cost),
            Self::Counted(window) if window.remaining >= cost.min(window.limit.max(1)) => 0,
            Self::Counted(window) => window.reset_at,
        }
    }

    /// When `cost` units can be taken after `ahead` others were.
    pub(crate) fn ready_after(&self, ahead: u64, cost: u64) -> Tick {
        match self {
            Self::Unknown => 0,
            Self::Gradual(bucket) => bucket.ready_at(cost).saturating_add(bucket.time(ahead)),
            Self::Counted(window) => {
                let wanted = ahead.saturating_add(cost);
                let Some(more) = wanted.checked_sub(window.remaining).filter(|more| *more > 0) else {
                    return 0;
                };
                let further = more.saturating_sub(1) / window.limit.max(1);
                window.reset_at.saturating_add(window.length.saturating_mul(further))
            }
        }
    }

    /// Takes `cost` units.
    pub(crate) fn take(&mut self, now: Tick, cost: u64) {
        match self {
            Self::Unknown => {}
            Self::Gradual(bucket) => bucket.take(now, cost),
            Self::Counted(window) => {
                if now >= window.reset_at {
                    // Nobody has said so yet: a few calls find out whether the provider's clock agrees.
                    window.remaining = window.limit / 20 + 1;
                    window.ceiling = window.limit;
                    window.guessed = true;
                    window.reset_at = now.saturating_add(window.length);
                }
                window.remaining = window.remaining.saturating_sub(cost);
                window.ceiling = window.ceiling.saturating_sub(cost);
            }
        }
    }

    /// Puts `cost` units back that were not used.
    pub(crate) fn give_back(&mut self, cost: u64) {
        match self {
            Self::Unknown => {}
            Self::Gradual(bucket) => bucket.give_back(cost),
            Self::Counted(window) => {
                window.remaining = window.remaining.saturating_add(cost).min(window.limit);
                window.ceiling = window.ceiling.saturating_add(cost).min(window.limit);
            }
        }
    }

    /// Nothing is left before `until`.
    pub(crate) fn empty_until(&mut self, until: Tick) {
        match self {
            Self::Unknown => {}
            Self::Gradual(bucket) => bucket.empty_until(until),
            Self::Counted(window) => {
                window.remaining = 0;
                window.reset_at = until;
            }
        }
    }

    /// Follows what an answer said. `since` units were taken after its request, `total` since the beginning; no wait is
    /// longer than `cap`.
    pub(crate) fn follow(&mut self, now: Tick, seen: Seen, (since, total): (u64, u64), cap: u64) {
        let left = seen.remaining.min(seen.limit).saturating_sub(since);
        let latest = now.saturating_add(cap);
        match seen.refill {
            Refill::AtReset => {
                let reset = seen.reset.min(cap);
                let reset_at = now.saturating_add(reset);
                let before = match self {
                    Self::Counted(window) => Some(*window),
                    _ => None,
                };
                // The answer to an early request may come after the window has started over.
                let over = |window: Counted| reset_at.saturating_add(window.length / 2) < window.reset_at;
                if before.is_some_and(|window| !window.guessed && over(window)) {
                    return;
                }
                let goes_on = |window: &Counted| reset_at < window.reset_at.saturating_add(window.length / 2);
                let same = before.filter(|window| window.guessed || goes_on(window));
                let ceiling = match (same, before) {
                    (Some(window), _) => window.ceiling,
                    (None, Some(_)) => seen.limit.saturating_sub(since),
                    (None, None) => seen.limit.saturating_sub(total),
                };
                *self = Self::Counted(Counted {
                    limit: seen.limit,
                    remaining: left.min(ceiling),
                    ceiling,
                    guessed: false,
                    reset_at,
                    length: before.map_or(reset, |window| window.length.max(reset)).max(1),
                });
            }
            Refill::Gradual => {
                let used = seen.limit.saturating_sub(seen.remaining);
                let mut bucket = match self {
                    Self::Gradual(bucket) => *bucket,
                    _ => Bucket::wide(seen.limit, seen.reset),
                };
                if used > 0 && seen.reset > 0 {
                    (bucket.units, bucket.window) = (used, seen.reset);
                }
                bucket.burst = seen.limit.max(1);
                let debt = bucket.time(seen.limit.saturating_sub(left));
                let longest = latest.saturating_add(bucket.time(bucket.burst.saturating_sub(1)));
                bucket.full_at = now.saturating_add(debt).min(longest);
                *self = Self::Gradual(bucket);
            }
        }
    }

    /// Units that can be taken now, where that is known.
    pub(crate) fn available(&self, now: Tick) -> Option<u64> {
        match self {
            Self::Unknown => None,
            Self::Gradual(bucket) => Some(bucket.available(now)),
            Self::Counted(window) if now >= window.reset_at => Some(window.limit),
            Self::Counted(window) => Some(window.remaining),
        }
    }
}

impl Counted {
    /// All there is in a window.
    pub(super) fn limit(&self) -> u64 {
        self.limit
    }

    /// When it starts over.
    pub(super) fn reset_at(&self) -> Tick {
        self.reset_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;
    const CAP: u64 = 120 * SECOND;

    fn seen(limit: u64, remaining: u64, reset: u64, refill: Refill) -> Seen {
        Seen {
            limit,
            remaining,
            reset,
            refill,
        }
    }

    fn following(seen: Seen, since: u64) -> Meter {
        let mut meter = Meter::Unknown;
        meter.follow(0, seen, (since, since), CAP);
        meter
    }

    #[test]
    fn a_counted_window_waits_for_its_reset_and_then_feels_its_way() {
        let mut meter = following(seen(100, 2, 5 * SECOND, Refill::AtReset), 0);
        for _ in 0..2 {
            assert_eq!(meter.ready_at(1), 0);
            meter.take(0, 1);
        }
        assert_eq!(meter.ready_at(1), 5 * SECOND);
        for _ in 0..6 {
            assert!(meter.ready_at(1) <= 5 * SECOND);
            meter.take(5 * SECOND, 1);
        }
        assert_eq!(
            meter.ready_at(1),
            10 * SECOND,
            "six of a hundred until the provider answers"
        );
        meter.follow(5 * SECOND, seen(100, 99, 5 * SECOND, Refill::AtReset), (5, 8), CAP);
        assert_eq!(meter.available(5 * SECOND), Some(94));
    }

    #[test]
    fn requests_on_their_way_are_counted_in_advance() {
        let meter = following(seen(100, 50, SECOND, Refill::AtReset), 20);
        assert_eq!(meter.available(0), Some(30));
        let meter = following(seen(100, 50, SECOND, Refill::Gradual), 20);
        assert_eq!(meter.available(0), Some(30));
    }

    #[test]
    fn an_answer_is_believed_over_a_guess_of_when_the_window_ends() {
        let mut meter = following(seen(100, 0, 60 * SECOND, Refill::AtReset), 0);
        // Nobody asked for a while: our next window would end at 160 s, the provider's ends at 120 s.
        meter.take(100 * SECOND, 1);
        meter.follow(100 * SECOND, seen(100, 99, 20 * SECOND, Refill::AtReset), (0, 1), CAP);
        assert_eq!(meter.available(100 * SECOND), Some(99));
        assert_eq!(meter.ready_after(99, 1), 120 * SECOND);
    }

    #[test]
    fn an_answer_that_overtakes_others_does_not_count_them_away() {
        let mut meter = following(seen(100, 99, SECOND, Refill::AtReset), 0);
        (0..60).for_each(|_| meter.take(0, 1));
        // The last of the sixty came first: it does not know of the others yet.
        meter.follow(0, seen(100, 98, SECOND, Refill::AtReset), (0, 61), CAP);
        assert_eq!(meter.available(0), Some(40));
        // Others took some, and that counts.
        meter.follow(0, seen(100, 7, SECOND, Refill::AtReset), (0, 61), CAP);
        assert_eq!(meter.available(0), Some(7));
    }

    #[test]
    fn a_late_answer_of_the_last_window_says_nothing_about_this_one() {
        let mut meter = following(seen(100, 90, 60 * SECOND, Refill::AtReset), 0);
        meter.follow(0, seen(100, 0, SECOND, Refill::AtReset), (0, 0), CAP);
        assert_eq!(meter.available(0), Some(90));
    }

    #[test]
    fn a_gradual_window_flows_back_as_the_provider_says() {
        // 60 of 100 are used and back in 6 s: ten a second.
        let mut meter = following(seen(100, 40, 6 * SECOND, Refill::Gradual), 0);
        assert_eq!(meter.available(0), Some(40));
        assert_eq!(meter.available(SECOND), Some(50));
        (0..40).for_each(|_| meter.take(0, 1));
        assert_eq!(meter.ready_at(1), SECOND / 10);
        assert_eq!(meter.ready_after(9, 1), SECOND);
    }

    #[test]
    fn those_far_behind_wait_for_a_later_window() {
        let meter = following(seen(100, 0, 5 * SECOND, Refill::AtReset), 0);
        assert_eq!(
            [0, 99, 100, 250].map(|ahead| meter.ready_after(ahead, 1) / SECOND),
            [5, 5, 10, 15]
        );
    }

    #[test]
    fn what_was_not_used_is_there_again() {
        for refill in [Refill::AtReset, Refill::Gradual] {
            let mut meter = following(seen(100, 90, 5 * SECOND, refill), 0);
            meter.take(0, 30);
            meter.give_back(20);
            assert_eq!(meter.available(0), Some(80));
            meter.give_back(1_000);
            assert_eq!(meter.available(0), Some(100), "never more than there is");
        }
    }

    #[test]
    fn an_emptied_window_is_empty_until_then() {
        for refill in [Refill::AtReset, Refill::Gradual] {
            let mut meter = following(seen(100, 90, 5 * SECOND, refill), 0);
            meter.empty_until(9 * SECOND);
            assert_eq!((meter.ready_at(1), meter.available(0)), (9 * SECOND, Some(0)));
        }
        let mut meter = following(seen(100, 90, 5 * SECOND, Refill::AtReset), 0);
        assert_eq!(meter.available(5 * SECOND), Some(100), "all of it is there again");
        meter.empty_until(9 * SECOND);
        assert_eq!(meter.available(9 * SECOND), Some(100));
    }

    #[test]
    fn an_answer_belongs_to_the_window_whose_end_is_nearer() {
        // Sixty of the window that ends at 60 s were taken, and at 30 s an answer comes.
        let after = |reset: u64| {
            let mut meter = following(seen(100, 100, 60 * SECOND, Refill::AtReset), 0);
            meter.take(0, 60);
            meter.follow(30 * SECOND, seen(100, 99, reset, Refill::AtReset), (0, 60), CAP);
            meter.available(30 * SECOND)
        };
        assert_eq!(after(60 * SECOND - 1), Some(40), "this one");
        assert_eq!(after(60 * SECOND), Some(99), "the next");
        let before = |reset: u64| {
            let mut meter = following(seen(100, 100, 60 * SECOND, Refill::AtReset), 0);
            meter.follow(0, seen(100, 5, reset, Refill::AtReset), (0, 0), CAP);
            meter.available(0)
        };
        assert_eq!(before(30 * SECOND), Some(5), "this one");
        assert_eq!(before(30 * SECOND - 1), Some(100), "the one before it");
    }

    #[test]
    fn a_rate_that_was_seen_stays_where_an_answer_shows_none() {
        // Ten a second.
        let rate = seen(100, 40, 6 * SECOND, Refill::Gradual);
        for (remaining, reset) in [(100, 0), (100, SECOND), (40, 0)] {
            let mut meter = following(rate, 0);
            meter.follow(0, seen(100, remaining, reset, Refill::Gradual), (0, 0), CAP);
            assert_eq!(meter.available(0), Some(remaining));
            meter.take(0, remaining);
            assert_eq!(meter.ready_at(1), SECOND / 10, "{remaining} left, {reset} ns");
        }
    }

    #[test]
    fn no_wait_is_longer_than_the_cap() {
        for refill in [Refill::AtReset, Refill::Gradual] {
            for remaining in [0, 1, u64::MAX] {
                for limit in [0, 1, 1_000, u64::MAX] {
                    let meter = following(seen(limit, remaining, u64::MAX, refill), u64::MAX);
                    assert!(meter.ready_at(1) <= CAP, "{meter:?}");
                }
            }
        }
    }
}
