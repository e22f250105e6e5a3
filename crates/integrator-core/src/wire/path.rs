//! Fills path templates: every value becomes exactly one segment.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Everything but RFC 3986's unreserved characters.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Percent-encodes all but unreserved characters.
///
/// A space becomes `%20` in forms too: decoders of forms (WHATWG's, Rack's) read both `%20` and `+`, decoders of plain
/// URIs read `%20` only.
pub(crate) fn push_encoded(out: &mut String, text: &str) {
    out.extend(utf8_percent_encode(text, ESCAPED));
}

/// Replaces each `{name}` by what `value` says; everything that is wrong is added to `problems`.
///
/// Slashes, `.` and `..` are refused even though they could be encoded: many servers decode before they route, and the
/// call would then reach another operation.
pub(crate) fn fill<'a>(
    template: &str,
    mut value: impl FnMut(&str) -> Option<Cow<'a, str>>,
    problems: &mut Vec<String>,
) -> String {
    let mut path = String::with_capacity(template.len() + 32);
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        path.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            rest = after;
            break;
        };
        rest = tail;
        let Some(value) = value(name) else { continue };
        if is_plain(&value) {
            path.push_str(&value);
            continue;
        }
        match refusal(&value) {
            Some(why) => problems.push(format!("`{name}` {why}")),
            None => push_encoded(&mut path, &value),
        }
    }
    path.push_str(rest);
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    path
}

/// One segment that needs no encoding, as nearly every id is.
fn is_plain(value: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    !matches!(value, "" | "." | "..") && value.bytes().all(unreserved)
}

fn refusal(value: &str) -> Option<&'static str> {
    if value.is_empty() {
        Some("is empty, and would address another operation")
    } else if matches!(value, "." | "..") || value.contains(['/', '\\']) {
        Some("is not one segment of a path: `/`, `\\`, `.` and `..` are not accepted")
    } else if value.chars().any(char::is_control) {
        Some("contains control characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;

    use super::fill;

    proptest! {
        #[test]
        fn every_value_is_refused_or_one_segment_that_says_it(value in prop_oneof![".{0,12}", "[./%\\\\?#a ]{0,4}"]) {
            if let Ok(path) = path("/v1/{a}/tail", &value) {
                let segments: Vec<&str> = path.split('/').collect();
                prop_assert_eq!(segments.len(), 4);
                prop_assert!(path.is_ascii() && !path.contains(['?', '#', ' ', '\\']));
                prop_assert_eq!(percent_decode_str(segments[2]).decode_utf8().unwrap(), value.as_str());
                prop_assert!(!value.is_empty() && value != "." && value != "..");
            }
        }
    }

    fn path(template: &str, value: &str) -> Result<String, Vec<String>> {
        let mut problems = Vec::new();
        let path = fill(template, |_| Some(value.into()), &mut problems);
        if problems.is_empty() { Ok(path) } else { Err(problems) }
    }

    #[test]
    fn a_value_is_one_segment() {
        assert_eq!(
            path("/v1/customers/{customer}/sources", "cus_1"),
            Ok("/v1/customers/cus_1/sources".to_owned())
        );
        assert_eq!(
            path("/{a}", "50% off?#&\u{e9}"),
            Ok("/50%25%20off%3F%23%26%C3%A9".to_owned())
        );
        assert_eq!(path("/{a}", "a..b"), Ok("/a..b".to_owned()));
    }

    #[test]
    fn traversal_and_empty_ids_are_refused_by_name() {
        for value in ["", ".", "..", "../x", "a/b", "..\\x", "a\nb", "/"] {
            let problems = path("/v1/customers/{customer}", value).unwrap_err();
            assert!(problems[0].starts_with("`customer` "), "{problems:?}");
        }
    }
}
