//! [`Window`]: how far one limit is used up, for people and programs that look.

use std::time::Duration;

use super::account::Account;
use super::bucket::{Bucket, Tick};
use super::window::Meter;
use crate::provider::Resource;

/// How far one limit is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Window {
    /// What it counts.
    pub resource: Resource,
    /// It is the client's own ([`Limit`](super::Limit)), not the provider's.
    pub is_own: bool,
    /// The most that can be taken at once.
    pub most: u64,
    /// What can be taken now.
    pub remaining: u64,
    /// When all of it is back.
    pub reset: Duration,
}

impl Account {
    /// Every limit that is known.
    pub(super) fn windows(&self, now: Tick) -> Vec<Window> {
        let (requests, tokens) = self.meters();
        let (own_requests, own_tokens) = self.own();
        let own = |resource, bucket: Option<Bucket>| bucket.map(|bucket| of_bucket(resource, true, &bucket, now));
        [
            of_meter(Resource::Requests, requests, now),
            of_meter(Resource::Tokens, tokens, now),
            own(Resource::Requests, own_requests),
            own(Resource::Tokens, own_tokens),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

fn of_meter(resource: Resource, meter: &Meter, now: Tick) -> Option<Window> {
    match meter {
        Meter::Unknown => None,
        Meter::Gradual(bucket) => Some(of_bucket(resource, false, bucket, now)),
        Meter::Counted(window) => Some(Window {
            resource,
            is_own: false,
            most: window.limit(),
            remaining: meter.available(now).unwrap_or_default(),
            reset: Duration::from_nanos(window.reset_at().saturating_sub(now)),
        }),
    }
}

fn of_bucket(resource: Resource, is_own: bool, bucket: &Bucket, now: Tick) -> Window {
    Window {
        resource,
        is_own,
        most: bucket.burst,
        remaining: bucket.available(now),
        reset: Duration::from_nanos(bucket.full_at.saturating_sub(now)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::limit::account::{Report, SECOND};
    use crate::policy::limit::window::Seen;
    use crate::provider::Refill;

    #[test]
    fn every_limit_is_told_with_what_is_left_of_it() {
        let own = |units| Some(Bucket::wide(units, SECOND));
        let mut account = Account::new(own(10), own(1_000), None);
        let stamp = account.take(0, 500);
        let seen = |limit, refill| Seen {
            limit,
            remaining: limit / 4,
            reset: 6 * SECOND,
            refill,
        };
        let report = Report {
            requests: Some(seen(40, Refill::AtReset)),
            tokens: Some(seen(80, Refill::Gradual)),
        };
        account.follow(0, stamp, report);
        let window = |resource, is_own, most, remaining, millis| Window {
            resource,
            is_own,
            most,
            remaining,
            reset: Duration::from_millis(millis),
        };
        let expected = [
            window(Resource::Requests, false, 40, 10, 6_000),
            window(Resource::Tokens, false, 80, 20, 6_000),
            window(Resource::Requests, true, 10, 9, 100),
            window(Resource::Tokens, true, 1_000, 500, 500),
        ];
        assert_eq!(account.windows(0), expected);
    }
}
