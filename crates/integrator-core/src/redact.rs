//! What may be printed: headers and query values on an allow-list, bodies without their secret members.
//!
//! Every place that prints anything of a request or an answer goes through here. What is not known is masked, what
//! cannot be read is left out.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

use crate::provider::Provider;
use crate::wire::json::push_string;
use crate::wire::scan::tokens::{Token, tokens};

/// What stands in place of a value that is not shown.
pub const REDACTED: &str = "REDACTED";

/// Headers whose values hold nothing secret, beside [`Provider::printable_headers`] and the request ids.
const PRINTABLE_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-ranges",
    "age",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-range",
    "content-type",
    "date",
    "deprecation",
    "etag",
    "expires",
    "host",
    "last-modified",
    "retry-after",
    "retry-after-ms",
    "server",
    "sunset",
    "transfer-encoding",
    "user-agent",
    "vary",
    "x-request-id",
];

/// Query parameters whose values say how an answer is cut, not what it is about.
const PRINTABLE_PARAMETERS: &[&str] = &[
    "count",
    "limit",
    "max_results",
    "offset",
    "order",
    "page",
    "page_size",
    "per_page",
    "sort",
];

/// Names of members that hold secrets: credentials, and what a card or an account can be used with.
const SECRETS: &[&str] = &[
    "account_number",
    "api_key",
    "apikey",
    "authorization",
    "cancel_url",
    "client_secret",
    "code_verifier",
    "cookie",
    "credentials",
    "cryptogram",
    "cvc",
    "cvv",
    "encrypted_number",
    "fingerprint",
    "iban",
    "id_number",
    "jwt",
    "magstripe",
    "number",
    "otp",
    "passphrase",
    "passwd",
    "password",
    "pin",
    "reschedule_url",
    "private_key",
    "routing_number",
    "secret",
    "secret_key",
    "security_code",
    "set_cookie",
    "signing_key",
    "ssn",
    "ssn_last_4",
    "token",
    "x_api_key",
];

/// Endings that make a name one of a secret, `webhook_secret`.
const SECRET_ENDINGS: &[&str] = &[
    "_api_key",
    "_cryptogram",
    "_key_secret",
    "_password",
    "_private_key",
    "_secret",
    "_signing_key",
    "_token",
];

/// Names that end as a secret's does and are none: cursors.
const NO_SECRETS: &[&str] = &[
    "next_page_token",
    "page_token",
    "previous_page_token",
    "prev_page_token",
];

/// Whether a member of this name holds a secret, whatever the provider.
///
/// ```
/// use integrator_core::redact::is_secret;
/// assert!(is_secret("client_secret") && is_secret("apiKey") && is_secret("X-Api-Key"));
/// assert!(!is_secret("amount") && !is_secret("next_page_token"));
/// ```
#[must_use]
pub fn is_secret(name: &str) -> bool {
    let name = normal(name);
    SECRETS.contains(&&*name)
        || SECRET_ENDINGS.iter().any(|ending| name.ends_with(ending)) && !NO_SECRETS.contains(&&*name)
}

/// A header's value, or [`REDACTED`] where it is not known to be harmless.
#[must_use]
pub fn header<'a>(provider: &Provider, name: &str, value: &'a str) -> &'a str {
    let listed = |names: &[&str]| names.iter().any(|listed| name.eq_ignore_ascii_case(listed));
    if listed(PRINTABLE_HEADERS) || listed(provider.request_id) || listed(provider.printable_headers) {
        value
    } else {
        REDACTED
    }
}

/// A path with its query, the values of unknown parameters masked.
///
/// ```
/// use integrator_core::redact;
/// assert_eq!(redact::target("/v1/customers?limit=3&email=a%40b.c"), "/v1/customers?limit=3&email=REDACTED");
/// ```
#[must_use]
pub fn target(path_and_query: &str) -> Cow<'_, str> {
    let Some((path, query)) = path_and_query.split_once('?') else {
        return Cow::Borrowed(path_and_query);
    };
    let masked: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if !PRINTABLE_PARAMETERS.contains(&name) => {
                format!("{name}={REDACTED}")
            }
            Some(_) => pair.to_owned(),
            // What has no name may be anything.
            None if pair.is_empty() => String::new(),
            None => REDACTED.to_owned(),
        })
        .collect();
    Cow::Owned(format!("{path}?{}", masked.join("&")))
}

/// A body as text of at most about `limit` bytes, the values of secret members masked.
///
/// JSON and form bodies are shown; of any other only the length is. What cannot be read as what it claims to be is
/// cut off where it ceases to be readable.
#[must_use]
pub fn body(provider: &Provider, media_type: &str, bytes: &[u8], limit: usize) -> String {
    let secret = |name: &str| is_secret(name) || provider.redact.contains(&name);
    let media_type = media_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    let text = std::str::from_utf8(bytes).ok();
    match (media_type.as_str(), text) {
        (_, Some("")) => String::new(),
        ("application/x-www-form-urlencoded", Some(text)) => form(text, secret, limit),
        (media_type, Some(text)) if media_type == "application/json" || media_type.ends_with("+json") => {
            json(text, secret, limit)
        }
        _ => format!("({} bytes)", bytes.len()),
    }
}

/// A JSON value as it may stand in `Debug` output: whole, without its secret members.
pub(crate) fn members(json_text: &[u8]) -> String {
    std::str::from_utf8(json_text).map_or_else(|_| REDACTED.to_owned(), |text| json(text, is_secret, usize::MAX))
}

fn json(text: &str, secret: impl Fn(&str) -> bool, limit: usize) -> String {
    let mut out = String::new();
    // Levels still open below a masked member; nothing is written there.
    let mut hidden = 0_usize;
    let mut mask_next = false;
    let mut comma = false;
    for token in tokens(text) {
        let Ok(token) = token else {
            return out + "\u{2026}";
        };
        if out.len() > limit {
            return out + "\u{2026}";
        }
        match token {
            Token::OpenObject | Token::OpenList if hidden > 0 => hidden += 1,
            Token::CloseObject | Token::CloseList if hidden > 0 => hidden -= 1,
            _ if hidden > 0 => {}
            Token::CloseObject | Token::CloseList => {
                out.push(if token == Token::CloseObject { '}' } else { ']' });
                comma = true;
            }
            Token::Name(name) => {
                if comma {
                    out.push(',');
                }
                out.push_str(name.json());
                out.push(':');
                mask_next = name.decode().is_none_or(|name| secret(&name));
                comma = false;
            }
            value => {
                if comma {
                    out.push(',');
                }
                comma = true;
                if std::mem::take(&mut mask_next) && value != Token::Scalar("null") {
                    push_string(&mut out, REDACTED);
                    hidden = usize::from(matches!(value, Token::OpenObject | Token::OpenList));
                    continue;
                }
                match value {
                    Token::OpenObject => out.push('{'),
                    Token::OpenList => out.push('['),
                    Token::Text(text) => push_bounded(&mut out, text.json(), limit),
                    Token::Scalar(scalar) => out.push_str(scalar),
                    Token::Name(_) | Token::CloseObject | Token::CloseList => {}
                }
                comma = !matches!(value, Token::OpenObject | Token::OpenList);
            }
        }
    }
    out
}

fn form(text: &str, secret: impl Fn(&str) -> bool, limit: usize) -> String {
    let mut out = String::new();
    for pair in text.split('&') {
        if out.len() > limit {
            return out + "\u{2026}";
        }
        if !out.is_empty() {
            out.push('&');
        }
        match pair.split_once('=') {
            Some((name, value)) => {
                out.push_str(name);
                out.push('=');
                let decoded = percent_decode_str(name).decode_utf8_lossy();
                let masked = decoded.split(['[', ']']).any(&secret);
                push_bounded(
                    &mut out,
                    if masked && !value.is_empty() { REDACTED } else { value },
                    limit,
                );
            }
            None if pair.is_empty() => {}
            None => out.push_str(REDACTED),
        }
    }
    out
}

/// Appends as much of `text` as the limit leaves room for.
fn push_bounded(out: &mut String, text: &str, limit: usize) {
    let room = limit.saturating_sub(out.len());
    let end = (0..=room.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end))
        .unwrap_or(0);
    out.push_str(text.get(..end).unwrap_or_default());
    if end < text.len() {
        out.push('\u{2026}');
    }
}

/// Lower case with underscores: `apiKey`, `api-key` and `API_KEY` are one name.
fn normal(name: &str) -> Cow<'_, str> {
    if name
        .bytes()
        .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len() + 4);
    let mut lower_before = false;
    for char in name.chars() {
        if char.is_ascii_uppercase() && lower_before {
            out.push('_');
        }
        lower_before = char.is_ascii_lowercase();
        out.push(if matches!(char, '-' | ' ' | '.') {
            '_'
        } else {
            char.to_ascii_lowercase()
        });
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::{REDACTED, body, header, is_secret, target};
    use crate::provider::Provider;

    static PROVIDER: Provider = Provider {
        redact: &["nickname"],
        printable_headers: &["stripe-version"],
        request_id: &["request-id"],
        ..Provider::DEFAULT
    };
    const CANARY: &str = "sk_canary_4242";

    #[test]
    fn names_of_secrets_are_known_in_every_spelling() {
        for name in [
            "password",
            "apiKey",
            "API-KEY",
            "client_secret",
            "accessToken",
            "refresh_token",
            "X-Api-Key",
            "number",
            "cvc",
            "Authorization",
            "webhook_signing_key",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "amount",
            "max_tokens",
            "token_type",
            "next_page_token",
            "phone_numbers",
            "secretary",
            "id",
            "key",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn headers_and_parameters_are_shown_only_when_listed() {
        assert_eq!(header(&PROVIDER, "Content-Type", "text/html"), "text/html");
        assert_eq!(header(&PROVIDER, "Stripe-Version", "v"), "v");
        assert_eq!(header(&PROVIDER, "request-id", "req_1"), "req_1");
        for name in ["authorization", "cookie", "x-anything", "idempotency-key"] {
            assert_eq!(header(&PROVIDER, name, CANARY), REDACTED);
        }
        assert_eq!(target("/a"), "/a");
        assert_eq!(
            target("/a?limit=3&key=x&y&created%5Bgte%5D=1"),
            "/a?limit=3&key=REDACTED&REDACTED&created%5Bgte%5D=REDACTED"
        );
    }

    #[test]
    fn bodies_lose_their_secrets_and_nothing_else() {
        let json = json!({"id": "c", "card": {"number": CANARY, "exp": 12}, "secret": {"deep": [CANARY]}, "nickname": CANARY, "token": null, "list": [1, {"x": true}]});
        let shown = body(
            &PROVIDER,
            "application/json; charset=utf-8",
            json.to_string().as_bytes(),
            1000,
        );
        assert_eq!(
            serde_json::from_str::<Value>(&shown).unwrap(),
            json!({"id": "c", "card": {"number": REDACTED, "exp": 12}, "secret": REDACTED, "nickname": REDACTED, "token": null, "list": [1, {"x": true}]}),
        );
        let form = format!("a=1&card%5Bnumber%5D={CANARY}&secret[x][0]={CANARY}&password=&odd");
        assert_eq!(
            body(&PROVIDER, "application/x-www-form-urlencoded", form.as_bytes(), 1000),
            "a=1&card%5Bnumber%5D=REDACTED&secret[x][0]=REDACTED&password=&REDACTED",
        );
        assert_eq!(body(&PROVIDER, "text/html", CANARY.as_bytes(), 1000), "(14 bytes)");
        assert_eq!(body(&PROVIDER, "application/json", b"\xff\xfe", 1000), "(2 bytes)");
    }

    #[test]
    fn what_is_shown_is_bounded_and_ends_where_it_cannot_be_read() {
        let long = json!({"text": "\u{e9}".repeat(5000), "more": "x".repeat(5000)}).to_string();
        assert!(body(&PROVIDER, "application/json", long.as_bytes(), 100).len() < 200);
        assert!(
            body(
                &PROVIDER,
                "application/x-www-form-urlencoded",
                "a=b&".repeat(999).as_bytes(),
                100
            )
            .len()
                < 200
        );
        let torn = format!("{{\"id\": 1, \"password\" {CANARY}");
        assert_eq!(
            body(&PROVIDER, "application/json", torn.as_bytes(), 100),
            "{\"id\":1\u{2026}"
        );
    }

    proptest! {
        #[test]
        fn no_canary_survives_wherever_it_is_planted(
            value in crate::wire::scan::tests::json(),
            name in prop::sample::select(vec!["password", "clientSecret", "access_token", "api-key", "nickname", "cvc"]),
            limit in 0_usize..400,
            cut in any::<prop::sample::Index>(),
        ) {
            let planted = json!([{"a": {name: {"x": [CANARY, value.clone()]}, "b": value}}]);
            let text = planted.to_string();
            let shown = body(&PROVIDER, "application/json", text.as_bytes(), limit);
            prop_assert!(!shown.contains(CANARY));
            let torn = &text.as_bytes()[..cut.index(text.len())];
            prop_assert!(!body(&PROVIDER, "application/json", torn, 10_000).contains(CANARY));
            let mut form = String::new();
            crate::wire::form::push(&mut form, "root", &text).unwrap();
            prop_assert!(!body(&PROVIDER, "application/x-www-form-urlencoded", form.as_bytes(), 10_000).contains(CANARY));
        }
    }
}
