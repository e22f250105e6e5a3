//! What can be done about an error: the provider's table of codes first, then what the kind says.

use std::time::Duration;

use super::{Error, ErrorKind};
use crate::operation::Repeat;
use crate::provider::RecoveryFact;

/// What can be done about an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// Send the same again, after this long if it is known.
    RetryLater(Option<Duration>),
    /// Change the request, or the settings of the client.
    FixRequest,
    /// Renew or replace the credential.
    Reauthenticate,
    /// Ask for a higher quota or pay.
    RaiseQuota,
    /// Talk to the provider.
    ContactProvider,
    /// Look up whether it was done before sending it again.
    CheckOutcome,
}

pub(super) fn of(error: &Error) -> Recovery {
    let wait = error.retry_after();
    if let Some(fact) = documented(error) {
        return match fact {
            RecoveryFact::RetryLater => Recovery::RetryLater(wait),
            RecoveryFact::FixRequest => Recovery::FixRequest,
            RecoveryFact::Reauthenticate => Recovery::Reauthenticate,
            RecoveryFact::RaiseQuota => Recovery::RaiseQuota,
            RecoveryFact::ContactProvider => Recovery::ContactProvider,
            RecoveryFact::CheckOutcome => Recovery::CheckOutcome,
        };
    }
    let again = if error.may_have_been_sent() && is_unsafe(error) {
        Recovery::CheckOutcome
    } else {
        Recovery::RetryLater(wait)
    };
    match error.kind() {
        ErrorKind::Configuration
        | ErrorKind::InvalidCall
        | ErrorKind::Insecure
        | ErrorKind::Certificate
        | ErrorKind::NotFound
        | ErrorKind::InvalidRequest
        | ErrorKind::UnexpectedStatus
        | ErrorKind::File
        | ErrorKind::Layer => Recovery::FixRequest,
        ErrorKind::Upload if !error.may_have_been_sent() => Recovery::FixRequest,
        ErrorKind::Conflict if error.after_retry() => Recovery::CheckOutcome,
        ErrorKind::Conflict => Recovery::FixRequest,
        ErrorKind::Unauthenticated | ErrorKind::Forbidden => Recovery::Reauthenticate,
        ErrorKind::QuotaExhausted => Recovery::RaiseQuota,
        ErrorKind::NoToken => Recovery::RetryLater(wait),
        ErrorKind::RateLimited => Recovery::RetryLater(wait),
        // What an attempt before it met was no work of the provider's, or there would have been no further one.
        ErrorKind::CircuitOpen | ErrorKind::Overloaded => Recovery::RetryLater(wait),
        ErrorKind::Server if refused_before_work(error) => Recovery::RetryLater(wait),
        ErrorKind::Decode | ErrorKind::Contract | ErrorKind::TooLarge => match error.repeat() {
            Some(Repeat::Safe | Repeat::Repeatable) => Recovery::ContactProvider,
            _ => Recovery::CheckOutcome,
        },
        ErrorKind::Upload
        | ErrorKind::Connect
        | ErrorKind::NoAnswer
        | ErrorKind::StreamInterrupted
        | ErrorKind::Timeout
        | ErrorKind::Deadline
        | ErrorKind::Server => again,
    }
}

/// What the provider's documentation says about the code.
fn documented(error: &Error) -> Option<RecoveryFact> {
    let code = error.code()?;
    let status = error.status()?.as_u16();
    let known = error.provider()?.errors.codes.iter().filter(|known| known.code == code);
    let best = known
        .filter(|known| known.status == 0 || known.status == status)
        .max_by_key(|known| known.status);
    best.map(|known| known.recovery)
}

fn is_unsafe(error: &Error) -> bool {
    error.repeat().is_none_or(|repeat| repeat == Repeat::Unsafe)
}

fn refused_before_work(error: &Error) -> bool {
    let facts = error
        .provider()
        .map(|provider| provider.retry.refused_before_work)
        .unwrap_or_default();
    error.status().is_some_and(|status| facts.contains(&status.as_u16()))
}
