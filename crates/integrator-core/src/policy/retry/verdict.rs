//! The table of what may be repeated: the first line that fits decides.
//!
//! | what happened | Safe, Idempotent, Keyed, Repeatable | Unsafe |
//! |---|---|---|
//! | certificate refused, quota used up, answer unreadable, 4xx not named below | no | no |
//! | provably not sent | yes | yes |
//! | an answer whose verdict header says no | no | no |
//! | an answer whose verdict header says yes | yes | where the provider's facts cover it, else as without the header |
//! | a status with a rule in the provider's facts | as listed | as listed |
//! | 429 | yes | yes |
//! | 408, 409, 425 without a rule | no | no |
//! | 503, 529 | yes | where the provider is known to refuse before any work |
//! | other 5xx but 501 and 505 | yes | no |
//! | sent, no answer | yes | no |

use http::HeaderMap;

use crate::error::{Error, ErrorKind};
use crate::operation::Repeat;
use crate::provider::RetryFacts;

/// How much to slow down before a repeat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Something broke.
    Normal,
    /// The provider asks for less.
    Throttled,
}

/// Whether a call of this class may be repeated after this failure, and at what pace.
pub(crate) fn of(class: Repeat, facts: &RetryFacts, error: &Error) -> Option<Pace> {
    let harmless = class != Repeat::Unsafe;
    match error.kind() {
        ErrorKind::Connect => Some(Pace::Normal),
        ErrorKind::NoAnswer | ErrorKind::Timeout => harmless.then_some(Pace::Normal),
        // A refused quota is told apart from a rate by its code when the answer is read.
        ErrorKind::QuotaExhausted => None,
        _ if error.is_answer() => answered(class, facts, error),
        _ => None,
    }
}

fn answered(class: Repeat, facts: &RetryFacts, error: &Error) -> Option<Pace> {
    let harmless = class != Repeat::Unsafe;
    let status = error.status()?.as_u16();
    let pace = if matches!(status, 429 | 503 | 529) {
        Pace::Throttled
    } else {
        Pace::Normal
    };
    let rule = facts
        .statuses
        .iter()
        .find(|rule| rule.status == status && rule.code.is_none_or(|code| error.code() == Some(code)));
    if status < 500 && rule.is_none() && !matches!(status, 408 | 409 | 425 | 429) {
        return None;
    }
    let repeat = match verdict(facts, error.headers()) {
        Some(false) => false,
        Some(true) if harmless || facts.verdict_covers_unsafe => true,
        _ => match (rule, status) {
            (Some(rule), _) => rule.repeat.contains(&class),
            (None, 429) => true,
            (None, 408 | 409 | 425 | 501 | 505) => false,
            (None, _) => harmless || facts.refused_before_work.contains(&status),
        },
    };
    repeat.then_some(pace)
}

/// What the provider itself says about a repeat.
fn verdict(facts: &RetryFacts, headers: &HeaderMap) -> Option<bool> {
    let text = headers.get(facts.verdict_header?)?.to_str().ok()?.trim();
    if text.eq_ignore_ascii_case("true") {
        return Some(true);
    }
    text.eq_ignore_ascii_case("false").then_some(false)
}
