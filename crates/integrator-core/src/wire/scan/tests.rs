use proptest::prelude::*;
use serde_json::Value;

use super::tokens::{Token, tokens};
use super::{at_path, items, last_item, member, members, scalar, string};

/// Any JSON document, names and texts with quotes, escapes and brackets among it.
pub(crate) fn json() -> impl Strategy<Value = Value> {
    let text = prop_oneof![".{0,8}", "[\\\\\"{}\\[\\],: \u{e9}\n]{0,8}"];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|eighths| Value::from(f64::from(eighths) / 8.0)),
        text.clone().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 48, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text.clone(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

proptest! {
    #[test]
    fn scanner_and_serde_json_see_the_same(value in json(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        if let Value::Object(object) = &value {
            for (name, inner) in object {
                prop_assert_eq!(&parse(member(&text, name).unwrap()), inner);
            }
            prop_assert_eq!(members(&text).count(), object.len());
            prop_assert_eq!(items(&text).count(), 0);
        }
        if let Value::Array(list) = &value {
            let seen: Vec<Value> = items(&text).map(parse).collect();
            prop_assert_eq!(&seen, list);
            prop_assert_eq!(last_item(&text).map(parse), list.last().cloned());
        }
        if let Value::String(inner) = &value {
            prop_assert_eq!(string(&text).unwrap(), inner.as_str());
        }
        prop_assert_eq!(parse(at_path(&text, "").unwrap()), value);
        prop_assert!(tokens(&text).all(|token| token.is_ok()));
    }

    #[test]
    fn anything_is_survived(text in ".*", name in ".{0,3}") {
        let _ = (member(&text, &name), at_path(&text, &name), last_item(&text), string(&text), scalar(&text));
        let _ = tokens(&text).count();
    }

    #[test]
    fn broken_json_is_survived(value in json(), at in any::<prop::sample::Index>(), with in "[\\\\\"{}\\[\\],:x0 ]") {
        let mut text: Vec<char> = value.to_string().chars().collect();
        let at = at.index(text.len());
        text[at] = with.chars().next().unwrap();
        let text: String = text.into_iter().collect();
        let _ = (member(&text, "a"), at_path(&text, "0.a"), last_item(&text), string(&text));
        let sound = tokens(&text).all(|token| token.is_ok());
        // The scanner is laxer than a reader (it does not check the grammar of numbers), never stricter.
        prop_assert!(sound || serde_json::from_str::<Value>(&text).is_err());
    }
}

#[test]
fn names_with_escapes_and_nested_twins_are_told_apart() {
    let text = r#" { "a": {"id": 1, "}": "]"}, "i\u0064": "two", "id": 3 } "#;
    assert_eq!(member(text, "id"), Some(r#""two""#));
    assert_eq!(at_path(text, "a.id"), Some("1"));
    assert_eq!(member(text, "missing"), None);
    assert_eq!(at_path(text, "a.id.deeper"), None);
}

#[test]
fn malformed_text_has_no_members() {
    for text in [
        "",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":}",
        "{\"a\" 1}",
        "{a: 1}",
        "{\"a\": [1}}",
        "{\"a\": \"x",
        "nul",
        "{\"a\": nope}",
    ] {
        assert_eq!(member(text, "a"), None, "{text}");
    }
    assert_eq!(items("[1 2]").count(), 1);
    assert_eq!(items("[1, ]").count(), 1);
}

#[test]
fn paths_step_into_lists() {
    let text = r#"{"errors": [{"code": "a"}, {"code": "b"}], "1": true}"#;
    assert_eq!(at_path(text, "errors.1.code"), Some("\"b\""));
    assert_eq!(at_path(text, "errors.2.code"), None);
    assert_eq!(at_path(text, "1"), Some("true"));
    assert_eq!(last_item("[ 1, [2, 3] ]"), Some("[2, 3]"));
    assert_eq!(last_item("[]"), None);
}

#[test]
fn depth_is_bounded() {
    let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(member(&format!("{{\"a\": {}}}", nested(128)), "a").is_some());
    assert_eq!(member(&format!("{{\"a\": {}}}", nested(129)), "a"), None);
    assert!(tokens(&nested(129)).any(|token| token.is_err()));
}

#[test]
fn scalars_are_strings_and_numbers() {
    assert_eq!(scalar(" 12.50 ").as_deref(), Some("12.50"));
    assert_eq!(scalar(r#""a\n""#).as_deref(), Some("a\n"));
    assert_eq!(scalar("null"), None);
    assert_eq!(scalar("{}"), None);
    assert_eq!(string("\"a\" "), Some("a".into()));
    assert_eq!(string("\"a\"b"), None);
}

#[test]
fn tokens_come_in_order() {
    let seen: Vec<String> = tokens(r#"{"a": [1, "x"], "b": null}"#)
        .map(|token| match token.unwrap() {
            Token::Name(name) => format!("{}:", name.decode().unwrap()),
            Token::Text(text) => text.json().to_owned(),
            Token::Scalar(scalar) => scalar.to_owned(),
            other => format!("{other:?}"),
        })
        .collect();
    assert_eq!(
        seen,
        [
            "OpenObject",
            "a:",
            "OpenList",
            "1",
            "\"x\"",
            "CloseList",
            "b:",
            "null",
            "CloseObject"
        ]
    );
}
