//! Values as query parameters, in the styles of OpenAPI 3.1.

use std::borrow::Cow;

use super::form;
use super::path::push_encoded;
use super::scan::{self, Text};
use crate::operation::QueryStyle;

/// Appends the parameters that `json` becomes; `false` when the style cannot say the value.
pub(crate) fn push(query: &mut String, name: &str, json: &str, style: QueryStyle) -> bool {
    let first = json.trim_start().as_bytes().first().copied();
    match (style, first) {
        (_, Some(b'n')) => form::push_pair(query, name, ""),
        (QueryStyle::Json, _) => form::push_pair(query, name, json),
        (QueryStyle::Deep, Some(b'{' | b'[')) => return form::push(query, name, json).is_ok(),
        (QueryStyle::Form, Some(b'[')) => {
            for item in scan::items(json) {
                form::push_pair(query, name, &text(item));
            }
        }
        (QueryStyle::Form, Some(b'{')) => {
            for (member, value) in scan::members(json) {
                let Some(member) = member.decode() else {
                    return false;
                };
                form::push_pair(query, &member, &text(value));
            }
        }
        (QueryStyle::Comma, Some(b'[' | b'{')) => return push_joined(query, name, json, ","),
        (QueryStyle::Space, Some(b'[' | b'{')) => return push_joined(query, name, json, "%20"),
        (QueryStyle::Pipe, Some(b'[' | b'{')) => return push_joined(query, name, json, "%7C"),
        _ => match scan::scalar(json) {
            Some(value) => form::push_pair(query, name, &value),
            None => form::push_pair(query, name, json),
        },
    }
    true
}

/// Appends `name=value`, percent-encoded; what stands between parameters is the caller's.
pub(crate) fn encode_pair(query: &mut String, name: &str, value: &str) {
    push_encoded(query, name);
    query.push('=');
    push_encoded(query, value);
}

/// One parameter whose value is a delimited list; an object is its names and values in turn.
///
/// The delimiter itself is not encoded, so that one inside a value can be told from it.
fn push_joined(query: &mut String, name: &str, json: &str, delimiter: &str) -> bool {
    let mut parts: Vec<Cow<'_, str>> = scan::items(json).map(text).collect();
    for (member, value) in scan::members(json) {
        let Some(member) = Text::decode(member) else {
            return false;
        };
        parts.push(member);
        parts.push(text(value));
    }
    if parts.is_empty() {
        return true;
    }
    if !query.is_empty() {
        query.push('&');
    }
    push_encoded(query, name);
    query.push('=');
    for (at, part) in parts.iter().enumerate() {
        if at > 0 {
            query.push_str(delimiter);
        }
        push_encoded(query, part);
    }
    true
}

/// A value inside a flat style: the text of a string, nothing for null, else the JSON as it stands.
///
/// OpenAPI leaves values that nest deeper undefined in these styles; JSON text loses nothing.
fn text(json: &str) -> Cow<'_, str> {
    match scan::scalar(json) {
        Some(text) => text,
        None if json == "null" => Cow::Borrowed(""),
        None => Cow::Borrowed(json),
    }
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use proptest::prelude::*;
    use serde_json::Value;

    use super::push;
    use crate::operation::QueryStyle::{self, Comma, Deep, Form, Json, Pipe, Space};

    fn percent(text: &str) -> String {
        percent_decode_str(text).decode_utf8().unwrap().into_owned()
    }

    proptest! {
        #[test]
        fn a_list_comes_back_in_every_style(items in prop::collection::vec(".{0,6}", 1..5)) {
            let json = Value::from(items.clone()).to_string();
            let encode = |style: QueryStyle| {
                let mut query = String::new();
                assert!(push(&mut query, "a b", &json, style));
                query
            };
            let values = |query: String| -> Vec<String> {
                query.split('&').map(|pair| percent(pair.split_once('=').unwrap().1)).collect()
            };
            let split = |query: String, at: &str| -> Vec<String> {
                query.strip_prefix("a%20b=").unwrap().split(at).map(percent).collect()
            };
            prop_assert_eq!(&values(encode(Form)), &items);
            prop_assert_eq!(&values(encode(Deep)), &items);
            prop_assert_eq!(&split(encode(Comma), ","), &items);
            prop_assert_eq!(&values(encode(Json)), std::slice::from_ref(&json));
            if items.iter().all(|item| !item.contains([' ', '|'])) {
                prop_assert_eq!(&split(encode(Space), "%20"), &items);
                prop_assert_eq!(&split(encode(Pipe), "%7C"), &items);
            }
        }
    }

    #[test]
    fn every_style_has_its_shape() {
        let cases = [
            (Form, r#"["a", "b c"]"#, "q=a&q=b%20c"),
            (Form, r#"{"k": "v", "n": 1}"#, "k=v&n=1"),
            (Form, "true", "q=true"),
            (Form, "null", "q="),
            (Form, "[]", ""),
            (Comma, r#"["a,b", 2, null]"#, "q=a%2Cb,2,"),
            (Comma, r#"{"k": "v"}"#, "q=k,v"),
            (Comma, r#""one""#, "q=one"),
            (Comma, "[]", ""),
            (Space, "[1, 2]", "q=1%202"),
            (Pipe, "[1, 2]", "q=1%7C2"),
            (Deep, r#"{"gte": 5, "in": ["x"]}"#, "q%5Bgte%5D=5&q%5Bin%5D%5B0%5D=x"),
            (Deep, "7", "q=7"),
            (Deep, r#""text""#, "q=text"),
            (
                Json,
                r#"{"a":{"_eq":"x"}}"#,
                "q=%7B%22a%22%3A%7B%22_eq%22%3A%22x%22%7D%7D",
            ),
        ];
        for (style, json, expected) in cases {
            let mut query = String::new();
            assert!(push(&mut query, "q", json, style), "{style:?} {json}");
            assert_eq!(query, expected, "{style:?} {json}");
        }
    }

    #[test]
    fn a_name_with_brackets_is_sent_as_written() {
        let mut query = "a=1".to_owned();
        assert!(push(&mut query, "ids[]", r#"["x", "y"]"#, Form));
        assert_eq!(query, "a=1&ids%5B%5D=x&ids%5B%5D=y");
    }
}
