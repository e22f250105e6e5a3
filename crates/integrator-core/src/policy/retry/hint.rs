//! How long a provider asks to wait: `Retry-After` in seconds or as a date (RFC 9110, 10.2.3), or `retry-after-ms`.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{DATE, RETRY_AFTER};

/// Beyond this a hint says nothing any more.
const LONGEST: Duration = Duration::from_secs(60 * 60 * 24 * 366);

/// The wait that an answer asks for. `now` is the wall time, used where the answer does not say its own.
pub(crate) fn read(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    if let Some(millis) = text("retry-after-ms").and_then(number) {
        return Some(within(millis / 1_000.0));
    }
    let text = text(RETRY_AFTER.as_str())?;
    if let Some(seconds) = number(text) {
        return Some(within(seconds));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    // The server's own clock is what it reckoned with.
    let server = headers
        .get(DATE)
        .and_then(|value| httpdate::parse_http_date(value.to_str().ok()?).ok());
    let wait = until.duration_since(server.unwrap_or(now)).unwrap_or_default();
    Some(wait.min(LONGEST))
}

/// A plain decimal number: no sign, no exponent, no `inf`.
fn number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    plain.then(|| text.parse().ok()).flatten()
}

fn within(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).map_or(LONGEST, |wait| wait.min(LONGEST))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use proptest::prelude::*;

    use super::*;

    /// Wed, 21 Oct 2015 07:28:00 GMT.
    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_445_412_480)
    }

    fn hint(pairs: &[(&'static str, &'static str)]) -> Option<Duration> {
        let headers = pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value)));
        read(&headers.collect(), now())
    }

    #[test]
    fn every_form_is_read() {
        let millis = |millis| Some(Duration::from_millis(millis));
        assert_eq!(hint(&[("retry-after", "7")]), millis(7_000));
        assert_eq!(hint(&[("retry-after", " 1.5 ")]), millis(1_500));
        assert_eq!(hint(&[("retry-after", "0")]), millis(0));
        assert_eq!(hint(&[("retry-after-ms", "20"), ("retry-after", "7")]), millis(20));
        assert_eq!(
            hint(&[("retry-after", "Wed, 21 Oct 2015 07:28:30 GMT")]),
            millis(30_000)
        );
        assert_eq!(hint(&[("retry-after", "Wed, 21 Oct 2015 07:27:00 GMT")]), millis(0));
        let (at, date) = ("Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:20 GMT");
        assert_eq!(hint(&[("retry-after", at), ("date", date)]), millis(10_000));
    }

    #[test]
    fn what_is_no_hint_is_none() {
        for text in [
            "",
            "soon",
            "-1",
            "NaN",
            "inf",
            "1e9",
            "..",
            "Wed, 99 Oct 2015 07:28:30 GMT",
        ] {
            let value = HeaderValue::from_static(text);
            assert_eq!(
                read(&HeaderMap::from_iter([(RETRY_AFTER, value)]), now()),
                None,
                "{text}"
            );
        }
    }

    #[test]
    fn ten_thousand_digits_and_ten_years_are_a_year() {
        let digits = HeaderValue::from_str(&"9".repeat(10_000)).unwrap();
        for name in ["retry-after", "retry-after-ms"] {
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), digits.clone())]);
            assert_eq!(read(&headers, now()), Some(LONGEST), "{name}");
        }
        assert_eq!(hint(&[("retry-after", "315360000")]), Some(LONGEST));
        assert_eq!(hint(&[("retry-after", "Tue, 21 Oct 2025 07:28:00 GMT")]), Some(LONGEST));
    }

    #[test]
    fn the_servers_clock_counts_where_the_own_one_was_set_back() {
        let (at, date) = ("Wed, 21 Oct 2015 07:28:30 GMT", "Wed, 21 Oct 2015 07:28:20 GMT");
        let headers = [("retry-after", at), ("date", date)].map(|(name, value)| {
            let name: http::HeaderName = name.parse().unwrap();
            (name, HeaderValue::from_static(value))
        });
        let headers = HeaderMap::from_iter(headers);
        assert_eq!(read(&headers, SystemTime::UNIX_EPOCH), Some(Duration::from_secs(10)));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn nothing_panics_and_every_hint_is_bounded(name in prop::bool::ANY, value in prop::collection::vec(any::<u8>(), 0..40), date in ".{0,40}") {
            let mut headers = HeaderMap::new();
            if let Ok(value) = HeaderValue::from_bytes(&value) {
                headers.insert(if name { "retry-after" } else { "retry-after-ms" }, value);
            }
            if let Ok(date) = HeaderValue::from_str(&date) {
                headers.insert(DATE, date);
            }
            prop_assert!(read(&headers, now()).is_none_or(|wait| wait <= LONGEST));
        }

        #[test]
        fn numbers_of_any_size_are_bounded(number in "[0-9]{1,400}(\\.[0-9]{0,20})?", ms in prop::bool::ANY) {
            let name = if ms { "retry-after-ms" } else { "retry-after" };
            let headers = HeaderMap::from_iter([(name.parse().unwrap(), HeaderValue::from_str(&number).unwrap())]);
            prop_assert!(read(&headers, now()).unwrap() <= LONGEST);
        }
    }
}
