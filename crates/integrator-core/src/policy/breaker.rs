//! Giving a failing host a rest.
//!
//! *What it does*: refuses attempts at once while most of those before them failed, then lets a few through to see
//! whether the provider is back. *When it acts*: a circuit is one host, group of operations and identity (the headers
//! that select an account included). Answers of 5xx, failed connections, broken answers and attempts that took too long
//! count as failures; an answer of any other status counts as health, 4xx and 429 among them; whatever the caller did
//! himself (his own deadline, a dropped call, a file that cannot be read) does not count at all. *Defaults*:
//!
//! | setting | value |
//! |---|---|
//! | opens | when half of at least 20 attempts of the last 30 s failed |
//! | pause | 5 s, doubled each time a probe fails, at most 60 s |
//! | probes | 3; when all succeed the circuit closes, when one fails it opens again |
//!
//! *Interplay*: inside retry, so that an outage ends a call between two attempts; outside auth and limit, so that a
//! refused attempt neither refreshes a token nor takes a place in the queue. What is refused was never sent and is not
//! repeated: the error is [`ErrorKind::CircuitOpen`], `retry_after` says when the next probe is due. *Events* (target
//! `integrator`): `circuit opened` at warn, `circuit half open` and `circuit closed` at info.
//!
//! ```
//! use std::time::Duration;
//! use integrator_core::Breaker;
//! let lenient = Breaker::standard().opens_at(80, 100).pause(Duration::from_secs(1), Duration::from_secs(10));
//! let none = Breaker::never();
//! # let _ = (lenient, none);
//! ```

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::pipeline::Reply;

pub(crate) mod circuits;
pub(crate) mod machine;
mod window;

pub(crate) use circuits::Circuits;
pub use circuits::{Circuit, CircuitState};

/// When to stop calling a host that fails.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breaker {
    /// Failed attempts in a hundred that open the circuit; none: it never opens.
    pub(crate) percent: Option<u32>,
    pub(crate) attempts: u32,
    pub(crate) pause: Duration,
    pub(crate) longest_pause: Duration,
}

impl Breaker {
    /// Opens when half of at least 20 attempts of the last 30 s failed, for 5 s at first and 60 s at most.
    #[must_use]
    pub const fn standard() -> Self {
        Self {
            percent: Some(50),
            attempts: 20,
            pause: Duration::from_secs(5),
            longest_pause: Duration::from_secs(60),
        }
    }

    /// Never opens.
    #[must_use]
    pub const fn never() -> Self {
        Self {
            percent: None,
            ..Self::standard()
        }
    }

    /// Opens when `percent` of at least `attempts` attempts of the last 30 s failed.
    #[must_use]
    pub const fn opens_at(mut self, percent: u32, attempts: u32) -> Self {
        self.percent = Some(percent);
        self.attempts = attempts;
        self
    }

    /// How long it stays open the first time, and at most.
    #[must_use]
    pub const fn pause(mut self, first: Duration, longest: Duration) -> Self {
        self.pause = first;
        self.longest_pause = longest;
        self
    }

    /// What is wrong with the settings.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.percent.is_some_and(|percent| !(1..=100).contains(&percent)) || self.attempts == 0 {
            faults.push(
                "`Breaker::opens_at` takes 1 to 100 percent of at least 1 attempt: use `Breaker::never()` for none"
                    .to_owned(),
            );
        }
        if self.pause.is_zero() || self.pause > self.longest_pause {
            faults.push(format!(
                "`Breaker::pause` of {:?} up to {:?} is none: the first has to be above zero and not above the longest",
                self.pause, self.longest_pause
            ));
        }
        faults
    }
}

impl Default for Breaker {
    fn default() -> Self {
        Self::standard()
    }
}

/// What an attempt says about the health of its host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Health {
    /// It answered.
    Good,
    /// It failed.
    Bad,
    /// Nothing: the reason lies on this side.
    Unknown,
}

impl Health {
    pub(crate) fn of(outcome: &Result<Reply, Error>) -> Self {
        let Err(error) = outcome else {
            return Self::Good;
        };
        match error.kind() {
            ErrorKind::Server | ErrorKind::Connect | ErrorKind::NoAnswer | ErrorKind::Timeout => Self::Bad,
            _ if error.status().is_some() => Self::Good,
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests;
