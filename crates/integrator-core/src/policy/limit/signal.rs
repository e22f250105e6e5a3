//! What an answer says about limits: the headers of the provider's dialect, and the body of a refusal.
//!
//! A number that is none is as if the header were not there. No wait that is read here is longer than a day; what it
//! may hold back is bounded again in `account.rs`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::DATE;

use super::account::Report;
use super::window::Seen;
use crate::provider::{BodyWindow, Drains, Refill, ResetFormat, Resource, Throttling, WindowFact, WindowSource};
use crate::wire::scan;

const LONGEST: Duration = Duration::from_secs(60 * 60 * 24);

/// What the headers say is left.
pub(super) fn read(facts: &Throttling, headers: &HeaderMap, now: SystemTime) -> Report {
    let mut report = Report::default();
    for fact in facts.windows {
        if let Some(seen) = window(fact, headers, now) {
            report.add(fact.resource, seen);
        }
    }
    report
}

fn window(fact: &WindowFact, headers: &HeaderMap, now: SystemTime) -> Option<Seen> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let (limit, remaining, reset) = match fact.source {
        WindowSource::Headers {
            limit,
            remaining,
            reset,
            format,
        } => (
            whole(text(limit)?)?,
            whole(text(remaining)?)?,
            time(format, text(reset)?, headers, now)?,
        ),
        WindowSource::Pairs(name) => {
            let text = text(name)?;
            let pair = |wanted: &str| {
                let mut pairs = text.split([',', ';']).filter_map(|pair| pair.split_once('='));
                pairs.find_map(|(name, value)| name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim()))
            };
            (
                whole(pair("limit")?)?,
                whole(pair("remaining")?)?,
                seconds(pair("reset")?)?,
            )
        }
    };
    Some(Seen {
        limit,
        remaining,
        reset: nanos(reset),
        refill: fact.refill,
    })
}

/// What the body of a refusal says is left: nothing, until the reset.
pub(super) fn read_body(
    fact: &BodyWindow,
    headers: &HeaderMap,
    body: &[u8],
    now: SystemTime,
) -> (Report, Option<Duration>) {
    let mut report = Report::default();
    let text = std::str::from_utf8(body).ok();
    let value = |path| scan::at_path(text?, path).and_then(scan::scalar);
    let limit = value(fact.limit).and_then(|limit| whole(&limit));
    let reset = value(fact.reset).and_then(|reset| time(fact.format, &reset, headers, now));
    if let (Some(limit), Some(reset)) = (limit, reset) {
        let seen = Seen {
            limit,
            remaining: 0,
            reset: nanos(reset),
            refill: Refill::AtReset,
        };
        report.add(Resource::Requests, seen);
    }
    (report, reset)
}

/// What a refusal drains.
pub(super) fn drains(facts: &Throttling, headers: &HeaderMap, code: Option<&str>) -> Drains {
    if code.is_some_and(|code| facts.unrelated_codes.contains(&code)) {
        return Drains::Nothing;
    }
    let reasons = facts.reasons.and_then(|reasons| {
        let said = headers.get(reasons.header)?.to_str().ok()?.trim();
        let known = reasons
            .drains
            .iter()
            .find(|(reason, _)| reason.eq_ignore_ascii_case(said));
        known.map(|(_, drains)| *drains)
    });
    reasons.unwrap_or(Drains::Group)
}

/// Tokens that an answer says were used: the first alternative of which anything is there.
pub(super) fn usage(facts: &Throttling, body: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(body).ok().filter(|_| !facts.usage.is_empty())?;
    facts.usage.iter().find_map(|sum| {
        let parts = sum.split('+').filter_map(|path| {
            let value = scan::at_path(text, path.trim())?;
            whole(&scan::scalar(value)?)
        });
        parts.reduce(u64::saturating_add)
    })
}

fn time(format: ResetFormat, text: &str, headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    match format {
        ResetFormat::Seconds => seconds(text),
        ResetFormat::Duration => duration(text),
        ResetFormat::Rfc3339 => {
            let moment: jiff::Timestamp = text.trim().parse().ok()?;
            let since_epoch = Duration::from_millis(u64::try_from(moment.as_millisecond()).unwrap_or_default());
            let until = SystemTime::UNIX_EPOCH.checked_add(since_epoch)?;
            // The server's own clock is what it reckoned with.
            let server = headers
                .get(DATE)
                .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
            let wait = until.duration_since(server.unwrap_or(now)).unwrap_or_default();
            Some(wait.min(LONGEST))
        }
    }
}

/// Digits, with a fraction that does not count.
fn whole(text: &str) -> Option<u64> {
    let digits = text.trim().split('.').next()?;
    let plain = !digits.is_empty() && digits.len() <= 18 && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

fn seconds(text: &str) -> Option<Duration> {
    scaled(text.trim(), 1.0)
}

/// `1s`, `6m0s`, `17ms`, `1d2h`.
fn duration(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut sum = Duration::ZERO;
    if rest.is_empty() || rest.len() > 64 {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| letter != '.' && !letter.is_ascii_digit())?;
        let (number, unit_on) = rest.split_at(digits);
        let letters = unit_on.find(|letter: char| letter == '.' || letter.is_ascii_digit());
        let (unit, after) = unit_on.split_at(letters.unwrap_or(unit_on.len()));
        let scale = match unit {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return None,
        };
        sum = (sum + scaled(number, scale)?).min(LONGEST);
        rest = after;
    }
    Some(sum)
}

/// A plain decimal number: no sign, no exponent, no `inf`.
fn scaled(text: &str, scale: f64) -> Option<Duration> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let number: f64 = plain.then(|| text.parse().ok()).flatten()?;
    Some(Duration::try_from_secs_f64(number * scale).map_or(LONGEST, |wait| wait.min(LONGEST)))
}

pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
