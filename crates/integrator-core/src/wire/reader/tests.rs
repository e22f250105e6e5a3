//! The reader against `serde_json`: what one takes the other takes, and makes the same of it.

use proptest::prelude::*;
use serde::Deserialize;
use serde::de::{IgnoredAny, SeqAccess};
use serde_json::{Value, json};

use super::*;
use crate::wire::decode;

fn read<'de, T: Deserialize<'de>>(json: &'de str) -> Result<T, String> {
    let mut reader = Reader::new(json);
    let read = T::deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|fault| fault.to_string())
}

fn skipped(json: &str) -> Option<&str> {
    let mut reader = Reader::new(json);
    let text = reader.skip().ok()?;
    reader.end().is_ok().then_some(text)
}

/// Texts as servers write them, and as they could.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z_]{0,20}",
        any::<String>(),
        prop::collection::vec(
            prop_oneof![Just('"'), Just('\\'), Just('\u{1}'), Just('é'), Just('\u{1f600}')],
            0..12
        )
        .prop_map(|chars| chars.into_iter().collect()),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        (-1000_i32..1000).prop_map(|number| Value::from(f64::from(number) / 8.0)),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(text(), inner, 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// A document with one byte changed, taken away or put in, as far as it still is text.
fn broken() -> impl Strategy<Value = String> {
    let byte = prop::sample::select(&b"{}[]\",:\\/ \n\t0123456789-+.eEtrufalsn\x00\x7f"[..]);
    (value(), any::<bool>(), any::<prop::sample::Index>(), 0..3, byte).prop_map(|(value, pretty, at, how, byte)| {
        let text = match pretty {
            true => serde_json::to_string_pretty(&value),
            false => serde_json::to_string(&value),
        };
        let mut bytes = text.unwrap().into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => drop(bytes.remove(at)),
            _ => bytes.insert(at, byte),
        }
        String::from_utf8(bytes).unwrap_or_default()
    })
}

/// Anything that is made of what JSON is made of.
fn noise() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ",",
        ":",
        " ",
        "\n  ",
        "a",
        "\\",
        "\\u",
        "00e9",
        "\\ud83d",
        "\\ude00",
        "\\n",
        "null",
        "true",
        "false",
        "0",
        "-",
        "1",
        "12345678901234567890",
        ".",
        "5",
        "e",
        "E+",
        "\u{e9}",
        "\t",
        "\u{1}",
        "\"a\":",
    ]);
    prop::collection::vec(part, 0..16).prop_map(|parts| parts.concat())
}

/// Equal, but that the other side rounds a float up to three times, by half a unit in its last place each.
fn is_same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Array(ours), Value::Array(theirs)) => {
            ours.len() == theirs.len() && ours.iter().zip(theirs).all(|(ours, theirs)| is_same(ours, theirs))
        }
        (Value::Object(ours), Value::Object(theirs)) => {
            ours.len() == theirs.len()
                && (ours.iter().zip(theirs)).all(|((a, ours), (b, theirs))| a == b && is_same(ours, theirs))
        }
        (Value::Number(ours), Value::Number(theirs)) if ours.is_f64() && theirs.is_f64() => {
            let (ours, theirs) = (ours.as_f64().unwrap(), theirs.as_f64().unwrap());
            (ours - theirs).abs() <= ours.abs() * 1e-15
        }
        _ => ours == theirs,
    }
}

fn agree(json: &str) -> Result<(), TestCaseError> {
    match (read::<Value>(json), serde_json::from_str::<Value>(json)) {
        (Ok(ours), Ok(theirs)) => prop_assert!(is_same(&ours, &theirs), "{json}: {ours} and {theirs}"),
        (Err(_), Err(_)) => {}
        (ours, theirs) => prop_assert!(false, "{json}: {ours:?} and {theirs:?}"),
    }
    let theirs = serde_json::from_str::<&serde_json::value::RawValue>(json).ok();
    prop_assert_eq!(skipped(json), theirs.map(serde_json::value::RawValue::get), "{}", json);
    prop_assert_eq!(read::<IgnoredAny>(json).is_ok(), theirs.is_some(), "{}", json);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn documents_are_read_as_they_were_written(value in value()) {
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            prop_assert_eq!(&read::<Value>(&json).unwrap(), &value);
            agree(&json)?;
        }
    }

    #[test]
    fn broken_documents_are_refused_where_serde_json_refuses_them(json in broken()) {
        agree(&json)?;
    }

    #[test]
    fn nothing_else_is_taken(json in noise()) {
        agree(&json)?;
    }

    #[test]
    fn every_float_is_exact(number in any::<f64>().prop_filter("JSON has no others", |number| number.is_finite())) {
        let json = serde_json::to_string(&number).unwrap();
        prop_assert_eq!(read::<f64>(&json).unwrap().to_bits(), number.to_bits());
    }
}

#[test]
fn numbers_keep_what_fits() {
    let numbers = [
        ("0", Number::Unsigned(0)),
        ("-1", Number::Signed(-1)),
        ("999999999999999999", Number::Unsigned(999_999_999_999_999_999)),
        ("18446744073709551615", Number::Unsigned(u64::MAX)),
        ("-9223372036854775808", Number::Signed(i64::MIN)),
        ("18446744073709551616", Number::Float(18_446_744_073_709_551_616.0)),
        ("-9223372036854775809", Number::Float(-9_223_372_036_854_775_809.0)),
        ("1.0", Number::Float(1.0)),
        ("1e3", Number::Float(1000.0)),
    ];
    for (json, expected) in numbers {
        let mut reader = Reader::new(json);
        assert_eq!(reader.number().unwrap(), expected, "{json}");
        reader.end().unwrap();
    }
    assert!(read::<f64>("-0").unwrap().is_sign_negative());
    for json in [
        "01", "-", "1.", ".5", "+1", "1e", "1e+", "-01", "0x1", "1e999", "-1e999", "NaN", "--1",
    ] {
        assert!(read::<Value>(json).is_err(), "{json}");
    }
    let digits = "9".repeat(10_000);
    assert!(read::<Value>(&digits).is_err());
    assert_eq!(skipped(&digits), Some(&*digits));
}

#[test]
fn an_error_says_where_and_never_what() {
    let message = |json: &str| decode::<Vec<String>>(json.as_bytes()).unwrap_err().to_string();
    for (json, expected) in [
        (
            "[\"sk_live_1\" \"sk_live_2\"]",
            "read `[1]`: expected `,` or `]` at byte 13",
        ),
        (
            "[\"sk_live_1\"",
            "read `[1]`: the document ends where `,` or `]` was expected",
        ),
        (
            "[\"sk_live_1",
            "read `[0]`: the document ends where a text's next character was expected",
        ),
        ("[\"sk_live_1\\ud800\"]", "read `[0]`: half of a surrogate pair"),
        (
            "[\"a\", {\"b\": \"sk_live_1\"}]",
            "read `[1]`: invalid type: map, expected a string",
        ),
        ("\"sk_live_1\"", "read `.`: invalid type: string, expected a list"),
        ("[1]", "read `[0]`: invalid type: integer `1`, expected a string"),
        ("[nul]", "read `[0]`: expected a value at byte 1"),
        ("[] []", "read `.`: expected the end at byte 3"),
    ] {
        assert_eq!(message(json), expected, "{json}");
    }
}

#[test]
fn what_is_left_unread_is_an_error() {
    #[derive(Debug)]
    struct First;

    impl<'de> Deserialize<'de> for First {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            struct One;
            impl<'de> Visitor<'de> for One {
                type Value = First;
                fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                    f.write_str("a list")
                }
                fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<First, A::Error> {
                    list.next_element::<IgnoredAny>().map(|_| First)
                }
            }
            deserializer.deserialize_seq(One)
        }
    }
    assert!(read::<First>("[]").is_ok());
    assert!(read::<First>("[1, 2]").is_err());
    assert!(read::<Vec<First>>("[[1, 2]]").is_err());
}

#[test]
fn recursion_ends_whoever_reads() {
    crate::union! {
        #[allow(unreachable_pub, reason = "generated types are public")]
        pub enum Nest { List(Vec<Nest>): array(), Count(i64): number() }
    }
    let nested = |levels: usize| format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
    for levels in [100_usize, 128, 129, 100_000] {
        let json = nested(levels);
        assert_eq!(decode::<Nest>(json.as_bytes()).is_ok(), levels <= 128, "{levels}");
        assert_eq!(serde_json::from_str::<Nest>(&json).is_ok(), levels <= 128, "{levels}");
        assert_eq!(skipped(&json).is_some(), levels <= 128, "{levels}");
        let text = format!("[\"{}\"]", "[".repeat(levels));
        assert!(
            decode::<Vec<String>>(text.as_bytes()).is_ok(),
            "brackets in a text are no levels"
        );
    }
}

#[test]
fn members_without_a_name_are_members() {
    crate::object! {
        #[allow(unreachable_pub, reason = "generated types are public")]
        pub struct Named { 0 id: String = "id", }
    }
    crate::object! {
        #[allow(unreachable_pub, reason = "generated types are public")]
        pub struct Open { 0 id: String = "id", .. rest: crate::wire::Map<Value> }
    }
    let json = br#"{"id":"1","":{"id":"2"},"\u0069d":"3"}"#;
    assert_eq!(decode::<Named>(json).unwrap().id, "3");
    assert_eq!(decode::<Open>(json).unwrap().rest.get(""), Some(&json!({"id": "2"})));
}
