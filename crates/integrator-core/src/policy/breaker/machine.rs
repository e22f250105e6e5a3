//! One circuit as a state machine over `now`: closed, open, half open. It reads no clock and waits for nothing.

use std::time::Duration;

use tokio::time::Instant;

use super::window::{Count, Window};
use super::{Breaker, Health};

/// Attempts that are let through to see whether the host is back.
pub(super) const PROBES: u32 = 3;

/// One circuit.
#[derive(Debug)]
pub(crate) struct Machine {
    state: State,
    /// Counts the states passed through: an attempt speaks for the state that it was let through in, and no other.
    epoch: u64,
}

#[derive(Debug)]
enum State {
    Closed(Window),
    Open { until: Instant, pause: Duration },
    HalfOpen { pause: Duration, running: u32, passed: u32 },
}

/// Leave to make one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Ticket {
    epoch: u64,
}

/// A change of state, for the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Opened(Duration),
    HalfOpened,
    Closed,
}

impl Machine {
    pub(crate) fn closed(now: Instant) -> Self {
        Self {
            state: State::Closed(Window::starting(now)),
            epoch: 0,
        }
    }

    /// Leave for an attempt, or how long there is none.
    pub(crate) fn ask(&mut self, now: Instant) -> (Result<Ticket, Duration>, Option<Change>) {
        let mut change = None;
        if let State::Open { until, pause } = self.state
            && now >= until
        {
            let (running, passed) = (0, 0);
            change = Some(self.turn(State::HalfOpen { pause, running, passed }, Change::HalfOpened));
        }
        let ticket = Ticket { epoch: self.epoch };
        let leave = match &mut self.state {
            State::Closed(_) => Ok(ticket),
            State::Open { until, .. } => Err(until.saturating_duration_since(now)),
            State::HalfOpen { pause, running, passed } => {
                if *running + *passed < PROBES {
                    *running += 1;
                    Ok(ticket)
                } else {
                    // The probes on their way decide; nothing is known before they are back.
                    Err(*pause)
                }
            }
        };
        (leave, change)
    }

    /// What became of an attempt. Each ticket is told once.
    pub(crate) fn tell(&mut self, now: Instant, breaker: &Breaker, ticket: Ticket, health: Health) -> Option<Change> {
        if ticket.epoch != self.epoch {
            return None;
        }
        match &mut self.state {
            State::Closed(window) => {
                if health == Health::Unknown {
                    return None;
                }
                let count = window.count(now, health == Health::Bad);
                let trips = health == Health::Bad && trips(breaker, count);
                trips.then(|| self.open(now, breaker.pause))
            }
            // No ticket is of this state.
            State::Open { .. } => None,
            State::HalfOpen { pause, running, passed } => {
                *running = running.saturating_sub(1);
                match health {
                    Health::Unknown => None,
                    Health::Bad => {
                        let pause = pause.saturating_mul(2).min(breaker.longest_pause);
                        Some(self.open(now, pause))
                    }
                    Health::Good => {
                        *passed += 1;
                        (*passed == PROBES).then(|| self.turn(State::Closed(Window::starting(now)), Change::Closed))
                    }
                }
            }
        }
    }

    /// How long it is still open, or none; and what was counted of late.
    pub(super) fn look(&mut self, now: Instant) -> (super::CircuitState, Count) {
        match &mut self.state {
            State::Closed(window) => (super::CircuitState::Closed, window.sum(now)),
            State::Open { until, .. } if *until > now => {
                let retry_after = until.saturating_duration_since(now);
                (super::CircuitState::Open { retry_after }, Count::default())
            }
            State::Open { .. } | State::HalfOpen { .. } => (super::CircuitState::HalfOpen, Count::default()),
        }
    }

    fn open(&mut self, now: Instant, pause: Duration) -> Change {
        let until = now.checked_add(pause).unwrap_or(now);
        self.turn(State::Open { until, pause }, Change::Opened(pause))
    }

    fn turn(&mut self, state: State, change: Change) -> Change {
        self.state = state;
        self.epoch += 1;
        change
    }
}

fn trips(breaker: &Breaker, count: Count) -> bool {
    let Some(percent) = breaker.percent else {
        return false;
    };
    count.all >= breaker.attempts && u64::from(count.bad) * 100 >= u64::from(count.all) * u64::from(percent)
}
