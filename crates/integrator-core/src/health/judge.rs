//! What follows from what is known: the reasons why a client is not healthy, and the worst of them.
//!
//! Pure over the data of a [`Health`].

use std::time::Duration;

use super::Health;
use crate::error::ErrorKind;
use crate::policy::CircuitState;

/// How a client, or all of them, are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Status {
    /// Nothing is known against it.
    Healthy,
    /// Some calls fail or wait, or what it lives on runs out.
    Degraded,
    /// Calls fail.
    Failing,
}

impl Status {
    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Degraded => "degraded",
            Self::Failing => "failing",
        }
    }
}

/// Why a client is not healthy.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// A circuit is not closed. Failing where no circuit of the client is.
    CircuitOpen {
        /// Host.
        host: String,
        /// Group of operations.
        group: String,
        /// No circuit is closed.
        is_last: bool,
    },
    /// At least a tenth of ten or more recent calls failed; failing from one half on.
    CallsFail {
        /// Group of operations.
        group: String,
        /// Recent calls.
        calls: u64,
        /// How many of them failed.
        failures: u64,
    },
    /// The provider refused the credential, or there was no token to be had, and it has answered nothing since. Failing.
    CredentialRefused {
        /// The operation that was called.
        operation: &'static str,
    },
    /// The token could not be renewed, and the old one serves as long as it is good. Failing once it no longer is.
    CredentialStale {
        /// Name of the key; none of the usual one.
        key: Option<&'static str>,
        /// How much longer it is good, where that is known.
        left: Option<Duration>,
    },
    /// The token could not be saved and is lost when the process ends.
    CredentialUnsaved {
        /// Name of the key; none of the usual one.
        key: Option<&'static str>,
    },
    /// The provider holds the calls of a group back.
    HeldBack {
        /// Group of operations.
        group: String,
        /// For how long.
        wait: Duration,
    },
    /// The store of a shared limit is away: this client keeps to its share of it.
    QuotaAway {
        /// Group of operations.
        group: String,
    },
    /// The queue of a group is half full or more.
    Queueing {
        /// Group of operations.
        group: String,
        /// How many attempts wait.
        waiting: usize,
    },
}

impl Reason {
    /// How bad it is.
    #[must_use]
    pub fn status(&self) -> Status {
        let fails = match self {
            Self::CircuitOpen { is_last, .. } => *is_last,
            Self::CallsFail { calls, failures, .. } => failures.saturating_mul(2) >= *calls,
            Self::CredentialRefused { .. } => true,
            Self::CredentialStale { left, .. } => left.is_some_and(|left| left.is_zero()),
            Self::CredentialUnsaved { .. } | Self::HeldBack { .. } | Self::QuotaAway { .. } | Self::Queueing { .. } => {
                false
            }
        };
        if fails { Status::Failing } else { Status::Degraded }
    }

    /// A word for it.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::CircuitOpen { .. } => "circuit_open",
            Self::CallsFail { .. } => "calls_fail",
            Self::CredentialRefused { .. } => "credential_refused",
            Self::CredentialStale { .. } => "credential_stale",
            Self::CredentialUnsaved { .. } => "credential_unsaved",
            Self::HeldBack { .. } => "held_back",
            Self::QuotaAway { .. } => "quota_away",
            Self::Queueing { .. } => "queueing",
        }
    }
}

/// So few recent calls say nothing about a share of them.
const FEW: u64 = 10;

/// Every reason, the worst first. `answered`: how long ago the provider last answered anything.
pub(super) fn reasons(health: &Health, answered: Option<Duration>, longest_queue: usize) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = circuits(health);
    reasons.extend(health.groups.iter().filter_map(|group| {
        let (calls, failures) = (group.recent_calls, group.recent_failures);
        (calls >= FEW && failures.saturating_mul(10) >= calls).then(|| Reason::CallsFail {
            group: group.group.clone(),
            calls,
            failures,
        })
    }));
    let refused = |kind| matches!(kind, ErrorKind::Unauthenticated | ErrorKind::NoToken);
    reasons.extend(
        health
            .errors
            .iter()
            .find(|error| refused(error.kind) && answered.is_none_or(|answered| answered > error.ago))
            .map(|error| Reason::CredentialRefused {
                operation: error.operation,
            }),
    );
    for credential in &health.credentials {
        let key = credential.key;
        reasons.extend(credential.is_stale.then_some(Reason::CredentialStale {
            key,
            left: credential.left,
        }));
        reasons.extend(credential.is_unsaved.then_some(Reason::CredentialUnsaved { key }));
    }
    for limit in &health.limits {
        let group = || limit.group.clone();
        reasons.extend((!limit.blocked.is_zero()).then(|| Reason::HeldBack {
            group: group(),
            wait: limit.blocked,
        }));
        reasons.extend(limit.degraded.then(|| Reason::QuotaAway { group: group() }));
        reasons.extend(
            (limit.waiting > 0 && limit.waiting.saturating_mul(2) >= longest_queue).then(|| Reason::Queueing {
                group: group(),
                waiting: limit.waiting,
            }),
        );
    }
    reasons.sort_by_key(|reason| std::cmp::Reverse(reason.status()));
    reasons
}

pub(super) fn worst(reasons: &[Reason]) -> Status {
    reasons.iter().map(Reason::status).max().unwrap_or(Status::Healthy)
}

fn circuits(health: &Health) -> Vec<Reason> {
    let is_last = health
        .circuits
        .iter()
        .all(|circuit| circuit.state != CircuitState::Closed);
    let open = health
        .circuits
        .iter()
        .filter(|circuit| circuit.state != CircuitState::Closed);
    open.map(|circuit| Reason::CircuitOpen {
        host: circuit.host.clone(),
        group: circuit.group.clone(),
        is_last,
    })
    .collect()
}
