//! What the head of an answer says beside its status: what time it is there, and which version answered.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use integrator::core::Client;

use super::check::{Check, VERSION};

/// How far apart two clocks may be.
const APART: Duration = Duration::from_secs(30);

/// Compares the clocks; `now` is when the answer came.
pub(super) fn clock(headers: &HeaderMap, now: SystemTime) -> Option<Check> {
    let text = |name: &str| headers.get(name)?.to_str().ok();
    let date = httpdate::parse_http_date(text("date")?).ok()?;
    // A cache in between says how long ago that was.
    let age = text("age").and_then(|age| age.parse().ok()).unwrap_or(0_u32);
    let theirs = date + Duration::from_secs(age.into());
    let (apart, how) = match now.duration_since(theirs) {
        Ok(ahead) => (ahead, "ahead of"),
        Err(behind) => (behind.duration(), "behind"),
    };
    let seconds = apart.as_secs();
    Some(if apart > APART {
        Check::warning(
            "clock",
            format!("this machine is {seconds} s {how} the provider"),
            "set it (NTP): signatures of webhooks and assertions are refused when clocks are apart, tokens are renewed \
             too late, and answers are kept for too long or not at all",
        )
    } else {
        Check::passed("clock", "agrees with the provider's")
    })
}

/// Says what is in use, and whether the provider answered in the version that it was asked for.
pub(super) fn version(client: &Client, headers: &HeaderMap) -> Check {
    let provider = client.provider();
    let ours = format!("integrator {VERSION}, API version {}", provider.version);
    let Some(header) = provider.version_header else {
        return Check::passed("version", ours);
    };
    let asked = provider
        .headers
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(header))
        .map(|(_, version)| *version);
    let answered = headers.get(header).and_then(|value| value.to_str().ok());
    match (asked, answered) {
        (Some(asked), Some(answered)) if asked != answered => Check::warning(
            "version",
            format!("{ours}; asked for {asked} in `{header}`, answered in {answered}"),
            "expect answers that differ from their types; `ClientBuilder::validate` names where",
        ),
        (Some(asked), Some(_)) => Check::passed("version", format!("{ours}; `{header}` {asked}, asked and answered")),
        (Some(asked), None) => Check::passed("version", format!("{ours}; `{header}` {asked} asked for")),
        (None, Some(answered)) => Check::passed("version", format!("{ours}; answered in {answered}")),
        (None, None) => Check::passed("version", ours),
    }
}

#[cfg(test)]
mod tests {
    use super::super::check::Verdict;
    use super::*;

    #[test]
    fn half_a_minute_is_allowed_either_way_and_the_age_of_an_answer_counts() {
        let there = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000);
        let verdict = |apart: i64, age: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            let date = httpdate::fmt_http_date(there);
            headers.insert("date", date.parse().unwrap());
            if let Some(age) = age {
                headers.insert("age", age.parse().unwrap());
            }
            let here = SystemTime::UNIX_EPOCH + Duration::from_secs(u64::try_from(1_000_000 + apart).unwrap());
            clock(&headers, here).unwrap().verdict
        };
        for (apart, age, expected) in [
            (0, None, Verdict::Passed),
            (30, None, Verdict::Passed),
            (31, None, Verdict::Warning),
            (-30, None, Verdict::Passed),
            (-31, None, Verdict::Warning),
            (600, Some("600"), Verdict::Passed),
            (0, Some("600"), Verdict::Warning),
            (0, Some("-1 week"), Verdict::Passed),
        ] {
            assert_eq!(verdict(apart, age), expected, "{apart} {age:?}");
        }
        assert!(clock(&HeaderMap::new(), there).is_none());
    }
}
