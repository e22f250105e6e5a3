//! What one identity may still take of one group: the whole decision, pure over `now`.
//!
//! Who waits, and who holds a slot, is kept in `lane.rs`.

use super::bucket::{Bucket, Tick};
use super::pace::Pace;
use super::window::{Meter, Seen};
use crate::provider::Resource;

/// The longest time that anything a provider says can hold calls back.
pub(crate) const CAP: u64 = 120 * SECOND;
pub(crate) const SECOND: u64 = 1_000_000_000;

/// What a provider says about a group in one answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Report {
    pub(crate) requests: Option<Seen>,
    pub(crate) tokens: Option<Seen>,
}

impl Report {
    /// Adds what was said about a resource; of two, the one with less left counts, or that is back later.
    pub(crate) fn add(&mut self, resource: Resource, seen: Seen) {
        let slot = match resource {
            Resource::Requests => &mut self.requests,
            Resource::Tokens => &mut self.tokens,
        };
        if slot.is_none_or(|other| (seen.remaining, other.reset) < (other.remaining, seen.reset)) {
            *slot = Some(seen);
        }
    }
}

/// Which request an answer belongs to: what had been taken when it was sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stamp {
    requests: u64,
    tokens: u64,
}

/// What may still be taken.
#[derive(Debug, Clone)]
pub(crate) struct Account {
    /// The application's own limits; they hold whatever the provider says.
    own_requests: Option<Bucket>,
    own_tokens: Option<Bucket>,
    /// The provider's, as documented at first and then as it says.
    requests: Meter,
    tokens: Meter,
    pace: Pace,
    blocked_until: Tick,
    taken: Stamp,
    /// The latest request whose answer was followed.
    followed: Option<Stamp>,
}

impl Account {
    pub(crate) fn new(own_requests: Option<Bucket>, own_tokens: Option<Bucket>, documented: Option<Bucket>) -> Self {
        Self {
            own_requests,
            own_tokens,
            requests: documented.map_or(Meter::Unknown, Meter::Gradual),
            tokens: Meter::Unknown,
            pace: Pace::default(),
            blocked_until: 0,
            taken: Stamp::default(),
            followed: None,
        }
    }

    /// When a request of `tokens` can be sent, if no other is before it; at once where that is not after now.
    pub(crate) fn ready_at(&self, tokens: u64) -> Tick {
        self.ready_after(0, 0, tokens)
    }

    /// The same behind `requests` others, which take `ahead` tokens.
    pub(crate) fn ready_after(&self, requests: u64, ahead: u64, tokens: u64) -> Tick {
        let bucket = |bucket: Option<Bucket>, before: u64, cost: u64| {
            bucket.map_or(0, |bucket| bucket.ready_at(cost).saturating_add(bucket.time(before)))
        };
        let mut ready = self.blocked_until.max(bucket(self.own_requests, requests, 1));
        ready = ready.max(self.requests.ready_after(requests, 1));
        ready = ready.max(bucket(self.pace.bucket(), requests, 1));
        if tokens > 0 {
            ready = ready.max(bucket(self.own_tokens, ahead, tokens));
            let theirs = if ahead == 0 {
                self.tokens.ready_at(tokens)
            } else {
                self.tokens.ready_after(ahead, tokens)
            };
            ready = ready.max(theirs);
        }
        ready
    }

    /// Takes a request of `tokens`.
    pub(crate) fn take(&mut self, now: Tick, tokens: u64) -> Stamp {
        if let Some(bucket) = &mut self.own_requests {
            bucket.take(now, 1);
        }
        self.requests.take(now, 1);
        self.pace.take(now);
        self.taken.requests += 1;
        self.take_tokens(now, tokens);
        self.taken
    }

    fn take_tokens(&mut self, now: Tick, tokens: u64) {
        if tokens > 0 {
            if let Some(bucket) = &mut self.own_tokens {
                bucket.take(now, tokens);
            }
            self.tokens.take(now, tokens);
            self.taken.tokens = self.taken.tokens.saturating_add(tokens);
        }
    }

    /// A request that was taken was never sent.
    pub(crate) fn give_back(&mut self, tokens: u64) {
        if let Some(bucket) = &mut self.own_requests {
            bucket.give_back(1);
        }
        self.requests.give_back(1);
        self.give_tokens_back(tokens);
    }

    fn give_tokens_back(&mut self, tokens: u64) {
        if let Some(bucket) = &mut self.own_tokens {
            bucket.give_back(tokens);
        }
        self.tokens.give_back(tokens);
    }

    /// A request took `used` tokens, not the `reserved` ones.
    pub(crate) fn settle(&mut self, now: Tick, reserved: u64, used: u64) {
        self.give_tokens_back(reserved.saturating_sub(used));
        self.take_tokens(now, used.saturating_sub(reserved));
    }

    /// Follows what the answer to the request of `stamp` says.
    pub(crate) fn follow(&mut self, now: Tick, stamp: Stamp, report: Report) {
        // An answer to an earlier request knows less than one that was followed already.
        if self.followed.is_some_and(|latest| latest.requests > stamp.requests) {
            return;
        }
        self.followed = Some(stamp);
        if let Some(seen) = report.requests {
            let since = self.taken.requests.saturating_sub(stamp.requests);
            self.requests.follow(now, seen, (since, self.taken.requests), CAP);
        }
        if let Some(seen) = report.tokens {
            let since = self.taken.tokens.saturating_sub(stamp.tokens);
            self.tokens.follow(now, seen, (since, self.taken.tokens), CAP);
        }
    }

    /// The provider refused a request because of its rate: nobody sends before `wait` is over.
    /// Answers whether that is longer than before.
    pub(crate) fn drain(&mut self, now: Tick, wait: u64) -> bool {
        let until = now.saturating_add(wait.min(CAP));
        self.pace.surprised(now, until);
        let longer = until > self.blocked_until;
        self.block(until);
        self.requests.empty_until(until);
        longer
    }

    /// Nobody sends before `until`.
    pub(crate) fn block(&mut self, until: Tick) {
        self.blocked_until = self.blocked_until.max(until);
    }

    /// Until when nobody sends.
    pub(crate) fn blocked_until(&self) -> Tick {
        self.blocked_until
    }

    /// The provider's requests and tokens.
    pub(super) fn meters(&self) -> (&Meter, &Meter) {
        (&self.requests, &self.tokens)
    }

    /// The application's own.
    pub(super) fn own(&self) -> (Option<Bucket>, Option<Bucket>) {
        (self.own_requests, self.own_tokens)
    }

    /// Requests and tokens that can be taken now, where that is known.
    pub(crate) fn available(&self, now: Tick) -> (Option<u64>, Option<u64>) {
        if self.blocked_until > now {
            return (Some(0), Some(0));
        }
        let least = |meter: Meter, bucket: Option<Bucket>| {
            let own = bucket.map(|bucket| bucket.available(now));
            meter.available(now).into_iter().chain(own).min()
        };
        (
            least(self.requests, self.own_requests),
            least(self.tokens, self.own_tokens),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Refill;

    fn seen(remaining: u64) -> Report {
        let seen = Seen {
            limit: 100,
            remaining,
            reset: SECOND,
            refill: Refill::AtReset,
        };
        Report {
            requests: Some(seen),
            tokens: None,
        }
    }

    #[test]
    fn answers_are_followed_in_the_order_of_their_requests() {
        let mut account = Account::new(None, None, None);
        let (first, second) = (account.take(0, 0), account.take(0, 0));
        account.follow(0, second, seen(40));
        account.follow(0, first, seen(90));
        assert_eq!(account.available(0).0, Some(40));
        account.follow(0, second, seen(30));
        assert_eq!(
            account.available(0).0,
            Some(30),
            "the same request may be answered twice"
        );
    }

    #[test]
    fn of_two_windows_the_narrower_counts() {
        let window = |remaining, seconds| Seen {
            limit: 100,
            remaining,
            reset: seconds * SECOND,
            refill: Refill::AtReset,
        };
        for windows in [[(5, 1), (5, 9), (7, 60)], [(7, 60), (5, 9), (5, 1)]] {
            let mut report = Report::default();
            for (remaining, seconds) in windows {
                report.add(Resource::Tokens, window(remaining, seconds));
            }
            assert_eq!(report.tokens, Some(window(5, 9)));
            assert_eq!(report.requests, None);
        }
    }

    #[test]
    fn requests_without_tokens_neither_wait_for_any_nor_touch_them() {
        let mut account = Account::new(None, Some(Bucket::wide(1_000, SECOND)), None);
        let stamp = account.take(0, 1_500);
        assert_eq!(account.ready_at(0), 0);
        assert_eq!(account.ready_at(1), SECOND / 2 + SECOND / 1_000);
        let mut said = seen(0);
        said.tokens = said.requests.take();
        account.follow(0, stamp, said);
        account.take(2 * SECOND, 0);
        assert_eq!(
            account.available(2 * SECOND).1,
            Some(100),
            "the window's next turn has not begun"
        );
    }

    #[test]
    fn a_request_larger_than_the_window_goes_when_nothing_is_before_it() {
        let mut account = Account::new(None, None, None);
        let mut said = seen(100);
        said.tokens = said.requests.take();
        account.follow(0, Stamp::default(), said);
        assert_eq!(account.ready_at(150), 0);
        assert_eq!(account.ready_after(1, 10, 150), SECOND);
    }

    #[test]
    fn a_refusal_holds_back_no_longer_than_the_cap() {
        let mut account = Account::new(None, None, Some(Bucket::wide(100, SECOND)));
        assert!(account.drain(0, u64::MAX));
        assert_eq!(account.ready_at(0), CAP);
        for wait in [SECOND, CAP] {
            assert!(!account.drain(0, wait), "it is no longer than before");
            assert_eq!(account.ready_at(0), CAP, "a shorter wait does not end a longer one");
        }
        assert_eq!(
            account.ready_after(1, 0, 0),
            CAP + SECOND / 100,
            "nothing is left when it ends"
        );
    }

    #[test]
    fn tokens_are_settled_by_what_was_used() {
        let mut account = Account::new(None, Some(Bucket::wide(1_000, SECOND)), None);
        account.take(0, 600);
        assert_eq!(account.available(0).1, Some(400));
        account.settle(0, 600, 100);
        assert_eq!(account.available(0).1, Some(900));
        account.settle(0, 0, 400);
        assert_eq!(account.available(0).1, Some(500));
        assert_eq!(account.ready_at(600), SECOND / 10);
    }

    #[test]
    fn the_pace_is_cut_when_refusals_follow_each_other_and_grows_again() {
        let mut account = Account::new(None, None, None);
        let second = |account: &mut Account, at: u64| {
            let mut sent = 0;
            for millis in 0..1_000 {
                let now = at * SECOND + millis * SECOND / 1_000;
                if account.ready_at(0) <= now {
                    account.take(now, 0);
                    sent += 1;
                }
            }
            sent
        };
        assert_eq!(second(&mut account, 1), 1_000);
        account.drain(2 * SECOND, SECOND);
        assert_eq!(second(&mut account, 3), 1_000, "one refusal changes no pace");
        account.drain(4 * SECOND, SECOND);
        let slow = second(&mut account, 6);
        assert!((450..600).contains(&slow), "{slow}");
        let later = second(&mut account, 10);
        assert!(later > slow && later < 1_000, "{later}");
        assert_eq!(second(&mut account, 100), 1_000);
        assert_eq!(second(&mut account, 101), 1_000);
    }
}
