//! Every dialect as it is documented, and anything else.

use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

use super::*;
use crate::provider::Reasons;

const fn headers(
    resource: Resource,
    limit: &'static str,
    remaining: &'static str,
    reset: &'static str,
    format: ResetFormat,
) -> WindowFact {
    WindowFact {
        resource,
        source: WindowSource::Headers {
            limit,
            remaining,
            reset,
            format,
        },
        refill: Refill::Gradual,
    }
}

const DIALECTS: Throttling = Throttling {
    windows: &[
        headers(
            Resource::Requests,
            "a-limit",
            "a-left",
            "a-reset",
            ResetFormat::Duration,
        ),
        headers(Resource::Tokens, "b-limit", "b-left", "b-reset", ResetFormat::Rfc3339),
        headers(Resource::Requests, "c-limit", "c-left", "c-reset", ResetFormat::Seconds),
        WindowFact {
            resource: Resource::Requests,
            source: WindowSource::Pairs("ratelimit"),
            refill: Refill::AtReset,
        },
    ],
    body: Some(BodyWindow {
        limit: "errors.0.extensions.limit",
        reset: "errors.0.extensions.reset",
        format: ResetFormat::Rfc3339,
    }),
    reasons: Some(Reasons {
        header: "why",
        drains: &[
            ("global-rate", Drains::Identity),
            ("endpoint-rate", Drains::Operation),
            ("resource-specific", Drains::Nothing),
        ],
    }),
    unrelated_codes: &["lock_timeout"],
    usage: &["usage.total_tokens", "usage.input_tokens + usage.output_tokens"],
    ..Throttling::DEFAULT
};

/// Wed, 21 Oct 2015 07:28:00 GMT.
fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480)
}

fn said(pairs: &[(&'static str, &str)]) -> Report {
    let headers = pairs
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
    read(&DIALECTS, &headers.collect(), now())
}

fn told(seen: Option<Seen>) -> Option<(u64, u64, u64)> {
    seen.map(|seen| (seen.limit, seen.remaining, seen.reset / 1_000_000))
}

#[test]
fn every_dialect_is_read() {
    let report = said(&[("a-limit", "60"), ("a-left", "59"), ("a-reset", "6m0s")]);
    assert_eq!(told(report.requests), Some((60, 59, 360_000)));
    let report = said(&[
        ("b-limit", "150000"),
        ("b-left", "149984"),
        ("b-reset", "2015-10-21T07:28:01.5Z"),
    ]);
    assert_eq!(told(report.tokens), Some((150_000, 149_984, 1_500)));
    let report = said(&[("c-limit", "500"), ("c-left", "7"), ("c-reset", "41")]);
    assert_eq!(told(report.requests), Some((500, 7, 41_000)));
    let report = said(&[("ratelimit", "limit=100, remaining=50, reset=5.25")]);
    assert_eq!(told(report.requests), Some((100, 50, 5_250)));
    let report = said(&[
        ("ratelimit", "remaining=0;reset=1;limit=3"),
        ("c-limit", "9"),
        ("c-left", "1"),
        ("c-reset", "2"),
    ]);
    assert_eq!(told(report.requests), Some((3, 0, 1_000)), "the one with less left");
}

#[test]
fn durations_take_every_unit() {
    let read = |text| duration(text).map(|time| time.as_micros());
    for (text, micros) in [
        ("1s", 1_000_000),
        ("17ms", 17_000),
        ("1h2m3.5s", 3_723_500_000),
        ("120µs", 120),
        ("0s", 0),
        ("400d", 86_400_000_000),
    ] {
        assert_eq!(read(text), Some(micros), "{text}");
    }
    for text in ["", "s", "1", "1 s", "-1s", "1y", "1s2", "NaNs", ".s", "1..2s"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn the_servers_clock_counts_for_moments() {
    let date = ("date", "Wed, 21 Oct 2015 07:27:50 GMT");
    let report = said(&[
        date,
        ("b-limit", "9"),
        ("b-left", "0"),
        ("b-reset", "2015-10-21T07:28:00Z"),
    ]);
    assert_eq!(told(report.tokens), Some((9, 0, 10_000)));
    let report = said(&[("b-limit", "9"), ("b-left", "0"), ("b-reset", "1999-10-21T07:28:00Z")]);
    assert_eq!(told(report.tokens), Some((9, 0, 0)));
}

#[test]
fn half_a_dialect_is_none() {
    assert_eq!(said(&[("a-limit", "60"), ("a-left", "59")]), Report::default());
    assert_eq!(
        said(&[("a-limit", "sixty"), ("a-left", "59"), ("a-reset", "1s")]),
        Report::default()
    );
    assert_eq!(
        said(&[("ratelimit", "limit=1, remaining=-1, reset=5")]),
        Report::default()
    );
    let digits = "9".repeat(10_000);
    assert_eq!(
        said(&[("c-limit", &digits), ("c-left", "7"), ("c-reset", "41")]),
        Report::default()
    );
    let report = said(&[("c-limit", "500"), ("c-left", "7"), ("c-reset", &digits)]);
    assert_eq!(told(report.requests), Some((500, 7, 86_400_000)));
}

#[test]
fn a_refusal_says_what_it_drains() {
    let of = |reason: Option<&'static str>, code| {
        let headers = reason.map(|reason| (HeaderName::from_static("why"), HeaderValue::from_static(reason)));
        drains(&DIALECTS, &headers.into_iter().collect(), code)
    };
    assert_eq!(of(Some("global-rate"), None), Drains::Identity);
    assert_eq!(of(Some("Endpoint-Rate"), None), Drains::Operation);
    assert_eq!(of(Some("resource-specific"), None), Drains::Nothing);
    assert_eq!(of(Some("who-knows"), None), Drains::Group);
    assert_eq!(of(None, Some("rate_limit")), Drains::Group);
    assert_eq!(of(None, Some("lock_timeout")), Drains::Nothing);
}

#[test]
fn a_refusal_may_say_in_its_body_when_more_is_there() {
    let body = br#"{"errors":[{"extensions":{"code":"REQUESTS_EXCEEDED","limit":50,"reset":"2015-10-21T07:28:01Z"}}]}"#;
    let (report, wait) = read_body(&DIALECTS.body.unwrap(), &HeaderMap::new(), body, now());
    assert_eq!(told(report.requests), Some((50, 0, 1_000)));
    assert_eq!(wait, Some(Duration::from_secs(1)));
    for body in [&b"<html>"[..], b"{\"errors\":[]}", b"", b"\xff"] {
        assert_eq!(
            read_body(&DIALECTS.body.unwrap(), &HeaderMap::new(), body, now()).1,
            None
        );
    }
}

#[test]
fn usage_is_the_first_alternative_that_is_there() {
    let used = |body: &str| usage(&DIALECTS, body.as_bytes());
    assert_eq!(used(r#"{"usage":{"total_tokens":12,"input_tokens":1}}"#), Some(12));
    assert_eq!(used(r#"{"usage":{"input_tokens":3,"output_tokens":4}}"#), Some(7));
    assert_eq!(used(r#"{"usage":{"output_tokens":4}}"#), Some(4));
    assert_eq!(used(r#"{"usage":null}"#), None);
    assert_eq!(used("{"), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn nothing_panics_and_every_wait_is_bounded(
        values in prop::collection::vec(prop_oneof![
            prop::collection::vec(any::<u8>(), 0..60),
            "[0-9]{1,400}(\\.[0-9]{0,9})?(ms|s|m|h|d|µs)?".prop_map(String::into_bytes),
            "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z".prop_map(String::into_bytes),
            "limit=[0-9]{0,30}, remaining=[0-9]{0,30}, reset=[0-9.]{0,40}".prop_map(String::into_bytes),
        ], 11),
        body in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let names = [
            "a-limit", "a-left", "a-reset", "b-limit", "b-left", "b-reset", "c-limit", "c-left", "c-reset", "ratelimit", "why",
        ];
        let mut headers = HeaderMap::new();
        for (name, value) in names.into_iter().zip(&values) {
            if let Ok(value) = HeaderValue::from_bytes(value) {
                headers.insert(name, value);
            }
        }
        let report = read(&DIALECTS, &headers, now());
        for seen in report.requests.into_iter().chain(report.tokens) {
            prop_assert!(seen.reset <= nanos(LONGEST));
        }
        let _ = drains(&DIALECTS, &headers, None);
        let _ = usage(&DIALECTS, &body);
        let (_, wait) = read_body(&DIALECTS.body.unwrap(), &headers, &body, now());
        prop_assert!(wait.is_none_or(|wait| wait <= LONGEST));
    }
}
