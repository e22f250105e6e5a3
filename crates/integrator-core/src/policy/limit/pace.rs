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
