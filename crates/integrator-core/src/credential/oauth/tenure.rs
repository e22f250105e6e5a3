//! [`Tenure`]: whether the token at hand serves, is to be renewed meanwhile, or has to be renewed first.
//!
//! Pure over `now`; who renews, and where the token is kept, is the session's.

use std::time::Duration;

use tokio::time::Instant;

/// Before the end, calls go on with the token while it is being renewed.
const ADVISORY: Duration = Duration::from_secs(120);
/// Before the end, calls wait for the renewal.
const MANDATORY: Duration = Duration::from_secs(30);
/// A token that is refused so soon after it was fetched would be followed by one that is refused as well.
const YOUNG: Duration = Duration::from_secs(30);
/// Rest after a renewal failed; it doubles with each further failure.
const REST: Duration = Duration::from_secs(5);
const LONGEST_REST: Duration = Duration::from_secs(60);

/// What is known of the token.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tenure {
    held: Option<Held>,
    failed: Option<Failed>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    since: Instant,
    windows: Option<Windows>,
    refused: bool,
}

/// The moments at which a token's end comes nearer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Windows {
    pub(super) advisory: Instant,
    pub(super) mandatory: Instant,
    pub(super) end: Instant,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Failed {
    times: u32,
    rest_until: Instant,
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Advice {
    /// It takes the token. `stale`: the last renewal failed.
    Serve { stale: bool },
    /// It takes the token, and a renewal begins.
    Renew { stale: bool },
    /// It waits for a renewal.
    Wait,
    /// The last renewal failed a moment ago and there is no token.
    Fail,
}

impl Tenure {
    /// What a call does at `now`.
    pub(super) fn advice(&self, now: Instant) -> Advice {
        let stale = self.failed.is_some();
        let resting = self.failed.as_ref().is_some_and(|failed| now < failed.rest_until);
        let valid = self.held.as_ref().filter(|held| held.is_good(now));
        match valid.map(|held| held.windows) {
            None if resting => Advice::Fail,
            None => Advice::Wait,
            Some(Some(windows)) if now >= windows.advisory => match resting {
                true => Advice::Serve { stale },
                false if now >= windows.mandatory => Advice::Wait,
                false => Advice::Renew { stale },
            },
            Some(_) => Advice::Serve { stale: false },
        }
    }

    /// Whether there is a token that would be accepted for all we know.
    pub(super) fn is_good(&self, now: Instant) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_good(now))
    }

    /// There is a new token, good for `left`; `jitter` is how much earlier it is renewed than it would have to be.
    pub(super) fn renewed(&mut self, now: Instant, left: Option<Duration>, jitter: Duration) {
        *self = Self {
            held: Some(Held {
                since: now,
                windows: left.and_then(|left| Windows::new(now, left, jitter)),
                refused: false,
            }),
            failed: None,
        };
    }

    /// A renewal failed; `jitter` lengthens the rest.
    pub(super) fn failed(&mut self, now: Instant, lasting: bool, jitter: Duration) {
        let times = self.failed.as_ref().map_or(0, |failed| failed.times);
        let rest = match lasting {
            true => LONGEST_REST,
            false => REST.saturating_mul(1 << times.min(8)).min(LONGEST_REST),
        };
        self.failed = Some(Failed {
            times: times.saturating_add(1),
            rest_until: now + rest + jitter.min(rest),
        });
    }

    /// The provider refused the token; says whether another is worth a try.
    pub(super) fn refused(&mut self, now: Instant) -> bool {
        let Some(held) = &mut self.held else { return true };
        if now.saturating_duration_since(held.since) < YOUNG {
            return false;
        }
        held.refused = true;
        true
    }

    /// How much earlier a token of this lifetime may be renewed at most.
    pub(super) fn most_jitter(left: Option<Duration>) -> Duration {
        left.map_or(Duration::ZERO, |left| ADVISORY.min(left / 2) / 2)
    }

    /// How much longer the token is good, where that is known.
    pub(super) fn left(&self, now: Instant) -> Option<Duration> {
        let windows = self.held.as_ref()?.windows?;
        Some(windows.end.saturating_duration_since(now))
    }

    /// How long ago the token was fetched.
    pub(super) fn age(&self, now: Instant) -> Option<Duration> {
        let held = self.held.as_ref()?;
        Some(now.saturating_duration_since(held.since))
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }
}

impl Held {
    fn is_good(&self, now: Instant) -> bool {
        !self.refused && self.windows.is_none_or(|windows| now < windows.end)
    }
}

impl Windows {
    /// Short lifetimes have short windows, so that a token serves at least a quarter of its time without a thought.
    pub(super) fn new(now: Instant, left: Duration, jitter: Duration) -> Option<Self> {
        let before_end = |window: Duration| now.checked_add(left.saturating_sub(window));
        let advisory = ADVISORY.min(left / 2);
        Some(Self {
            advisory: before_end(advisory + jitter.min(advisory / 2))?,
            mandatory: before_end(MANDATORY.min(left / 8))?,
            end: now.checked_add(left)?,
        })
    }
}

#[cfg(test)]
mod tests;
