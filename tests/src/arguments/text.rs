//! Strings for a string schema: unicode, reserved characters, quotes, newlines, and what a format asks for.

use serde_json::Value;

use super::pattern;

/// Where a string goes, which narrows what it may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// A path segment: not empty, no slash of either kind, no control character; ids have none, clients refuse them.
    Segment,
    /// A member of a delimited list: not empty.
    Filled,
    /// A header: visible ASCII.
    Header,
    /// Anywhere else.
    Anywhere,
}

/// What free text is made of. Every piece breaks an encoder that forgot something.
const PIECES: [&str; 12] = [
    "ä €",
    "a&b=c",
    "100% +/?#[]",
    "\"quoted\" 'too'",
    "line\nbreak\ttab",
    "🦀 crab",
    "%20 is no space",
    "semi;colon,comma",
    "<tag attr=\"x\">",
    "back\\slash",
    "日本語",
    "plain",
];

const HEADER_PIECES: [&str; 4] = ["plain", "a&b=c", "with space; and=comma, too", "100%"];

/// A string that the schema takes.
pub(super) fn make(schema: &Value, purpose: Use, rng: &mut fastrand::Rng) -> Result<String, String> {
    let bound = |key| {
        schema
            .get(key)
            .and_then(Value::as_u64)
            .and_then(|bound| usize::try_from(bound).ok())
    };
    let least = bound("minLength").unwrap_or(0);
    let most = bound("maxLength").unwrap_or(usize::MAX);
    if let Some(expression) = schema.get("pattern").and_then(Value::as_str) {
        return pattern::sample(expression, rng);
    }
    if let Some(samples) = schema.get("format").and_then(Value::as_str).and_then(samples) {
        return Ok(samples[rng.usize(..samples.len())].to_owned());
    }
    let pieces: &[&str] = if purpose == Use::Header {
        &HEADER_PIECES
    } else {
        &PIECES
    };
    if purpose == Use::Anywhere && least == 0 && rng.usize(..10) == 0 {
        return Ok(String::new());
    }
    let mut text = String::new();
    loop {
        let piece = pieces[rng.usize(..pieces.len())];
        match purpose {
            Use::Segment => text.extend(piece.chars().filter(|c| !c.is_control() && !matches!(c, '/' | '\\'))),
            _ => text.push_str(piece),
        }
        if text.chars().count() >= least && rng.bool() {
            break;
        }
    }
    Ok(text.chars().take(most.max(1)).collect())
}

/// Values of a format; none where the format asks for nothing in particular.
fn samples(format: &str) -> Option<&'static [&'static str]> {
    Some(match format {
        "date-time" => &[
            "2026-11-17T09:30:00Z",
            "2026-11-17T09:30:00.123456Z",
            "2024-02-29T23:59:59+02:00",
        ],
        "date" => &["2026-11-17", "2024-02-29"],
        "time" => &["09:30:00Z"],
        "email" => &["ada+test@example.com", "o.b%c@example.org"],
        "uri" | "url" => &[
            "https://example.com/users/a%20b?x=1&y=2#frag",
            "https://example.com/%C3%A4/+/(x)",
        ],
        "uuid" => &["123e4567-e89b-12d3-a456-426614174000"],
        "decimal" => &["0", "-12.3400", "99999999999999999999.0000001"],
        "int64" => &["-9223372036854775808", "9007199254740993"],
        "currency" => &["eur", "jpy"],
        "ipv4" => &["192.0.2.1"],
        "ipv6" => &["2001:db8::1"],
        "hostname" => &["example.com"],
        "byte" => &["YWI/Kw=="],
        _ => return None,
    })
}
