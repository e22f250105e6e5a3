//! Nested values as pairs, `a[b][0]=c`: the body of forms, `deepObject` queries and the fields of multipart bodies.
//!
//! Numbers keep their digits, booleans are `true` and `false`, `null` is an empty value (the providers that take forms
//! read it as "unset"). An empty list or object has no pair and therefore sends nothing: this notation cannot say it;
//! such a field is emptied by unsetting it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::query::encode_pair;
use super::scan::tokens::{Malformed, Token, tokens};

/// Calls `pair` with the full name and the value of every scalar in `json`.
///
/// With an empty `name` the members of the object `json` stand at the top: `b[0]` instead of `[b][0]`.
pub(crate) fn pairs(json: &str, name: &str, mut pair: impl FnMut(&str, Cow<'_, str>)) -> Result<(), Malformed> {
    let mut key = name.to_owned();
    let mut levels: Vec<Level> = Vec::new();
    // A name that ends in `[]` says by itself that it repeats.
    let repeats = name.ends_with("[]");
    for token in tokens(json) {
        let token = token?;
        if let Token::CloseObject | Token::CloseList = token {
            levels.pop();
            continue;
        }
        if let Token::Name(text) = token {
            let member = text.decode().ok_or(Malformed(0))?;
            key.truncate(levels.last().map_or(0, |level| level.key));
            if key.is_empty() {
                key.push_str(&member);
            } else {
                key.push('[');
                key.push_str(&member);
                key.push(']');
            }
            continue;
        }
        if let Some(Level {
            key: length,
            list: Some(index),
        }) = levels.last_mut()
        {
            key.truncate(*length);
            if !(repeats && *length == name.len()) {
                // Writing to a String cannot fail.
                let _ = write!(key, "[{index}]");
            }
            *index += 1;
        }
        match token {
            Token::OpenObject => levels.push(Level {
                key: key.len(),
                list: None,
            }),
            Token::OpenList => levels.push(Level {
                key: key.len(),
                list: Some(0),
            }),
            Token::Text(text) => pair(&key, text.decode().ok_or(Malformed(0))?),
            Token::Scalar("null") => pair(&key, Cow::Borrowed("")),
            Token::Scalar(scalar) => pair(&key, Cow::Borrowed(scalar)),
            Token::Name(_) | Token::CloseObject | Token::CloseList => {}
        }
    }
    Ok(())
}

/// An open object or list: how much of the key belongs to it, and the next index of a list.
struct Level {
    key: usize,
    list: Option<usize>,
}

/// Appends the pairs of `json` to `out`, percent-encoded and joined by `&`.
pub(crate) fn push(out: &mut String, name: &str, json: &str) -> Result<(), Malformed> {
    pairs(json, name, |key, value| push_pair(out, key, &value))
}

/// Appends one pair, percent-encoded, after a `&` where something stands before it.
pub(crate) fn push_pair(out: &mut String, key: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    encode_pair(out, key, value);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::push;

    fn encode(name: &str, value: &Value) -> String {
        let mut out = String::new();
        push(&mut out, name, &value.to_string()).unwrap();
        out
    }

    /// Decodes pairs as a server would: split, percent-decode, unfold the brackets. Shares nothing with the encoder.
    fn decode(text: &str) -> Value {
        fn percent(text: &str) -> String {
            let bytes = text.as_bytes();
            let mut out = Vec::new();
            let mut at = 0;
            while at < bytes.len() {
                if bytes[at] == b'%' {
                    out.push(u8::from_str_radix(&text[at + 1..at + 3], 16).unwrap());
                    at += 3;
                } else {
                    out.push(if bytes[at] == b'+' { b' ' } else { bytes[at] });
                    at += 1;
                }
            }
            String::from_utf8(out).unwrap()
        }
        let mut root = json!({});
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap();
            let key = percent(key).replace(']', "");
            let mut here = &mut root;
            for step in key.split('[') {
                here = &mut here[step];
            }
            *here = percent(value).into();
        }
        root
    }

    /// What the decoder must see: lists as objects by index, scalars as text, nothing for what is empty.
    fn expected(value: &Value) -> Option<Value> {
        let object = |members: Vec<(String, &Value)>| {
            let members: serde_json::Map<_, _> = members
                .into_iter()
                .filter_map(|(name, inner)| Some((name, expected(inner)?)))
                .collect();
            (!members.is_empty()).then_some(Value::Object(members))
        };
        match value {
            Value::Null => Some("".into()),
            Value::String(text) => Some(text.as_str().into()),
            Value::Array(list) => object(
                list.iter()
                    .enumerate()
                    .map(|(at, inner)| (at.to_string(), inner))
                    .collect(),
            ),
            Value::Object(members) => object(members.iter().map(|(name, inner)| (name.clone(), inner)).collect()),
            other => Some(other.to_string().into()),
        }
    }

    fn plain_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(5, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z\u{e9} =&%.+]{1,5}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_decoded(value in plain_json()) {
            let decoded = decode(&encode("root", &value));
            prop_assert_eq!(decoded.get("root").cloned(), expected(&value));
        }
    }

    #[test]
    fn names_nest_and_lists_count() {
        let value = json!([{"meta": {"a": null}, "price": "p_1"}, {"none": [], "price": "p_2", "tags": ["x", "y"]}]);
        assert_eq!(
            encode("items", &value).replace("%5B", "[").replace("%5D", "]"),
            "items[0][meta][a]=&items[0][price]=p_1&items[1][price]=p_2&items[1][tags][0]=x&items[1][tags][1]=y",
        );
        assert_eq!(encode("", &json!({"a": {"b": true}})), "a%5Bb%5D=true");
        assert_eq!(encode("ids[]", &json!(["x", "y"])), "ids%5B%5D=x&ids%5B%5D=y");
    }

    #[test]
    fn numbers_keep_their_digits() {
        let mut out = String::new();
        push(&mut out, "a", "[12345678901234567890123, 1.10, -0.0, 1e400]").unwrap();
        assert_eq!(
            out.replace("%5B", "[").replace("%5D", "]"),
            "a[0]=12345678901234567890123&a[1]=1.10&a[2]=-0.0&a[3]=1e400",
        );
    }

    #[test]
    fn text_that_is_no_json_is_refused() {
        assert!(push(&mut String::new(), "a", "{\"b\": ").is_err());
    }
}
