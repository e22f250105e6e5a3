//! How a body stands in a line, and back: `json`, `form`, `text`, `parts` of a multipart body, or `hex` of anything else.

use std::fmt::Write as _;

use bytes::Bytes;
use integrator_contract::multipart::Reader;
use serde_json::{Value, json};

use super::scrub::Scrub;

/// A body as it stands in a line; none when it is empty.
pub(crate) fn read_body(scrub: &Scrub, content_type: &str, body: &[u8]) -> Option<Value> {
    if body.is_empty() {
        return None;
    }
    let media_type = content_type
        .split(';')
        .next()
        .unwrap_or_default()
        .trim()
        .to_ascii_lowercase();
    if let Some(mut reader) = Reader::from_content_type(content_type) {
        reader.push(body);
        return Some(parts(scrub, reader));
    }
    let Ok(text) = std::str::from_utf8(body) else {
        return Some(json!({"hex": hex(body)}));
    };
    if media_type == "application/x-www-form-urlencoded" {
        return Some(json!({"form": scrub.form(text)}));
    }
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    if let Some(mut value) = is_json.then(|| serde_json::from_str(text).ok()).flatten() {
        scrub.value(&mut value, "", &mut Vec::new());
        return Some(json!({"json": value}));
    }
    Some(json!({"text": scrub.lines(text)}))
}

/// Files by length and checksum, fields by their text: the boundary between them is another one each time.
fn parts(scrub: &Scrub, reader: Reader) -> Value {
    let Ok(parts) = reader.finish() else {
        return json!({"text": "(a multipart body that ends too early)"});
    };
    let part = |part: &integrator_contract::multipart::Part| match (&part.filename, part.text()) {
        (None, Some(text)) => {
            // Under its own name, so that the name says whether it is a secret.
            let mut field = json!({&part.name: text});
            scrub.value(&mut field, "", &mut Vec::new());
            json!({"field": field})
        }
        (filename, _) => json!({"name": part.name, "filename": filename, "length": part.length, "crc32": part.crc32}),
    };
    json!({"parts": parts.iter().map(part).collect::<Vec<_>>()})
}

/// The bytes of a body in a line.
pub(crate) fn write_body(body: Option<&Value>) -> Bytes {
    let text = |name: &str| body.and_then(|body| body.get(name));
    if let Some(json) = text("json") {
        return json.to_string().into();
    }
    for name in ["text", "form"] {
        if let Some(Value::String(text)) = text(name) {
            return text.clone().into();
        }
    }
    match text("hex") {
        Some(Value::String(hex)) => unhex(hex).into(),
        _ => Bytes::new(),
    }
}

/// Where two bodies differ first; none when they are the same.
pub(crate) fn difference(expected: &Value, found: &Value, at: &str) -> Option<String> {
    match (expected, found) {
        (Value::Object(a), Value::Object(b)) => {
            let names = a.keys().chain(b.keys().filter(|name| !a.contains_key(*name)));
            names
                .filter_map(|name| {
                    let null = &Value::Null;
                    difference(
                        a.get(name).unwrap_or(null),
                        b.get(name).unwrap_or(null),
                        &format!("{at}/{name}"),
                    )
                })
                .next()
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut items = a.iter().zip(b).enumerate();
            items.find_map(|(index, (a, b))| difference(a, b, &format!("{at}/{index}")))
        }
        (a, b) if a == b => None,
        _ => Some(if at.is_empty() { "/".to_owned() } else { at.to_owned() }),
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn unhex(text: &str) -> Vec<u8> {
    let digit = |byte: &u8| {
        char::from(*byte)
            .to_digit(16)
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let pair = |pair: &[u8]| Some(digit(pair.first()?)? * 16 + digit(pair.get(1)?)?);
    text.as_bytes().chunks(2).filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use integrator_core::{Provider, redact::REDACTED};

    use super::*;

    #[test]
    fn bodies_come_back_as_they_were() {
        let scrub = Scrub::new(&Provider::DEFAULT);
        for (media_type, body) in [
            ("application/json", &b"{\"a\":[1,null]}"[..]),
            ("application/x-www-form-urlencoded", b"a[b]=c&d="),
            ("text/event-stream", b"event: x\ndata: {\"a\": 1}\n\n"),
            ("application/pdf", b"\x00\xff%"),
            ("application/json", b"{torn"),
        ] {
            let line = read_body(&scrub, media_type, body);
            assert_eq!(write_body(line.as_ref()), body, "{line:?}");
        }
        assert_eq!(read_body(&scrub, "application/json", b""), None);
        let masked = read_body(&scrub, "text/event-stream", b"data: {\"client_secret\":\"s\"}\n").unwrap();
        assert_eq!(masked["text"], format!("data: {{\"client_secret\":\"{REDACTED}\"}}\n"));
    }

    #[test]
    fn a_difference_is_named_by_its_place() {
        let expected = json!({"json": {"a": [1, {"b": 2}]}});
        assert_eq!(difference(&expected, &expected, ""), None);
        assert_eq!(
            difference(&expected, &json!({"json": {"a": [1, {"b": 3}]}}), ""),
            Some("/json/a/1/b".to_owned())
        );
        assert_eq!(
            difference(&expected, &json!({"json": {"a": [1], "c": 1}}), ""),
            Some("/json/a".to_owned())
        );
    }
}
