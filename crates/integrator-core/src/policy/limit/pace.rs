//! How fast to go when the provider refuses requests that its limits allow: others share the quota, or it is smaller
//! than documented.
//!
//! A first refusal only makes everybody wait. When another follows soon after, the pace is cut to half of what was
//! sent last, and grows again evenly while all goes well: the more slowly, the longer the provider held back.

use super::account::SECOND;
use super::bucket::{Bucket, Tick};

/// Refusals further apart than this have nothing to do with each other.
const SOON: u64 = 10 * SECOND;
/// In which a pace that was cut has doubled, at least.
const DOUBLES_IN: u64 = 30 * SECOND;

/// The pace, where there is one.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Pace {
    cut: Option<Cut>,
    /// When the last wait ended or ends.
    calm_since: Option<Tick>,
    this_second: u64,
    sent: u64,
    /// Sent in the last second in which anything was.
    sent_before: u64,
}

#[derive(Debug, Clone, Copy)]
struct Cut {
    bucket: Bucket,
    at: Tick,
    /// Requests in a thousand seconds when it was cut.
    rate: u64,
    doubles_in: u64,
}

impl Pace {
    pub(crate) fn bucket(&self) -> Option<Bucket> {
        self.cut.map(|cut| cut.bucket)
    }

    /// A request is sent.
    pub(crate) fn take(&mut self, now: Tick) {
        let second = now / SECOND;
        if second != self.this_second {
            (self.this_second, self.sent_before, self.sent) = (second, self.sent, 0);
        }
        self.sent += 1;
        let Some(cut) = &mut self.cut else {
            return;
        };
        let since = now.saturating_sub(cut.at);
        if since > 2 * cut.doubles_in {
            self.cut = None;
            return;
        }
        let grown = u128::from(cut.rate) * u128::from(cut.doubles_in + since) / u128::from(cut.doubles_in);
        cut.bucket.units = u64::try_from(grown).unwrap_or(u64::MAX).max(1);
        cut.bucket.take(now, 1);
    }

    /// A request was refused; nobody sends before `until`.
    pub(crate) fn surprised(&mut self, now: Tick, until: Tick) {
        // Those that were on their way when the first was refused say nothing new.
        if self.calm_since.is_some_and(|calm| now < calm) {
            return;
        }
        let soon = self.calm_since.is_some_and(|calm| now < calm.saturating_add(SOON));
        self.calm_since = Some(until.max(now.saturating_add(SECOND / 10)));
        if soon {
            let rate = self.sent.max(self.sent_before) * 500;
            let rate = self.cut.map_or(rate, |cut| rate.min(cut.bucket.units / 2)).max(100);
            self.cut = Some(Cut {
                bucket: Bucket {
                    units: rate,
                    window: 1_000 * SECOND,
                    burst: rate / 20_000 + 1,
                    full_at: until,
                },
                at: until,
                rate,
                doubles_in: until.saturating_sub(now).saturating_mul(4).max(DOUBLES_IN),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a thousand requests in the second that begins at `second`.
    fn send(pace: &mut Pace, second: u64) {
        (0..1_000).for_each(|number| pace.take(second * SECOND + number));
    }

    /// A pace that was cut to 500 a second at 4 s.
    fn cut() -> Pace {
        let mut pace = Pace::default();
        send(&mut pace, 0);
        pace.surprised(SECOND, 2 * SECOND);
        assert_eq!(pace.bucket(), None, "one refusal changes no pace");
        send(&mut pace, 2);
        pace.surprised(3 * SECOND, 4 * SECOND);
        pace
    }

    fn rate(pace: &Pace) -> Option<u64> {
        pace.bucket().map(|bucket| bucket.units)
    }

    #[test]
    fn the_second_refusal_halves_what_was_sent() {
        let bucket = Bucket {
            units: 500_000,
            window: 1_000 * SECOND,
            burst: 26,
            full_at: 4 * SECOND,
        };
        assert_eq!(cut().bucket(), Some(bucket));
    }

    #[test]
    fn further_refusals_halve_the_pace_itself_down_to_one_in_ten_seconds() {
        let mut pace = cut();
        let mut seen = Vec::new();
        for second in (5..50).step_by(3) {
            send(&mut pace, second);
            pace.surprised((second + 1) * SECOND, (second + 2) * SECOND);
            seen.extend(rate(&pace));
        }
        // It grew by a thirtieth in the second in which it was used.
        assert_eq!(seen[..2], [258_333, 133_472]);
        assert_eq!(seen.last(), Some(&100));
    }

    #[test]
    fn a_pace_doubles_in_half_a_minute_and_is_forgotten_after_a_minute() {
        let at = |elapsed: u64| {
            let mut pace = cut();
            pace.take(4 * SECOND + elapsed);
            rate(&pace)
        };
        assert_eq!(at(0), Some(500_000));
        assert_eq!(at(30 * SECOND), Some(1_000_000));
        assert_eq!(at(60 * SECOND), Some(1_500_000));
        assert_eq!(at(60 * SECOND + 1), None);
    }

    #[test]
    fn it_grows_more_slowly_the_longer_the_provider_held_back() {
        let mut pace = Pace::default();
        pace.surprised(0, SECOND);
        send(&mut pace, 1);
        pace.surprised(2 * SECOND, 22 * SECOND);
        pace.take(102 * SECOND);
        assert_eq!(rate(&pace), Some(1_000_000), "eighty seconds for twenty");
    }

    #[test]
    fn only_refusals_after_the_wait_and_soon_after_it_count() {
        for (again, counts) in [
            (2 * SECOND - 1, false),
            (2 * SECOND, true),
            (12 * SECOND - 1, true),
            (12 * SECOND, false),
        ] {
            let mut pace = Pace::default();
            pace.surprised(SECOND, 2 * SECOND);
            pace.surprised(again, again + SECOND);
            assert_eq!(pace.bucket().is_some(), counts, "{again}");
        }
    }

    #[test]
    fn without_a_wait_a_tenth_of_a_second_is_one_refusal() {
        for (again, counts) in [(SECOND / 10 - 1, false), (SECOND / 10, true)] {
            let mut pace = Pace::default();
            pace.surprised(0, 0);
            pace.surprised(again, again);
            assert_eq!(pace.bucket().is_some(), counts, "{again}");
        }
    }
}
