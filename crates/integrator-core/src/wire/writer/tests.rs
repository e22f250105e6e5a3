//! What is written is what `serde_json` writes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Serialize;
use serde_json::{Value, json};

use super::{Json, to_json};
use crate::wire::Raw;

fn ours(value: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut text = String::new();
    value.serialize(Json::new(&mut text)).map(|()| text)
}

fn any_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((text(), inner), 0..6)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Of every length around a word, with a character now and then that cannot stand as it is.
fn text() -> impl Strategy<Value = String> {
    let sign = prop_oneof![
        8 => prop::char::range(' ', '~'),
        1 => any::<char>(),
        1 => prop::char::range('\0', '\u{20}'),
        1 => prop::sample::select(vec!['"', '\\', '\u{7f}', 'é', '語']),
    ];
    prop::collection::vec(sign, 0..24).prop_map(|signs| signs.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn what_is_written_is_what_serde_json_writes(value in any_value()) {
        prop_assert_eq!(ours(&value).unwrap(), serde_json::to_string(&value).unwrap());
    }
}

#[test]
fn every_byte_is_escaped_at_every_place_as_serde_json_does() {
    for length in 0..20 {
        for at in 0..length {
            for sign in (0..=0x7f).map(char::from).chain(['é', '\u{2028}']) {
                let mut signs = vec!['x'; length];
                signs[at] = sign;
                let text: String = signs.into_iter().collect();
                assert_eq!(ours(&text).unwrap(), serde_json::to_string(&text).unwrap());
            }
        }
    }
}

#[test]
fn all_that_serde_knows_is_written_as_serde_json_does() {
    #[derive(Serialize)]
    enum Kinds {
        Unit,
        New(i8),
        Tuple(u8, Option<f32>),
        Struct { a: char, b: Option<()> },
    }
    #[derive(Serialize)]
    struct New(u128);
    #[derive(Serialize)]
    struct Pair(i128, f64);
    #[derive(Serialize)]
    struct All {
        kinds: Vec<Kinds>,
        new: New,
        pair: Pair,
        tuple: (bool, u16, i32),
        bytes: &'static [u8],
        names: BTreeMap<char, i16>,
    }
    let kinds = vec![
        Kinds::Unit,
        Kinds::New(i8::MIN),
        Kinds::Tuple(u8::MAX, Some(1.5)),
        Kinds::Struct { a: '"', b: None },
    ];
    let all = All {
        kinds,
        new: New(u128::MAX),
        pair: Pair(i128::MIN, f64::NAN),
        tuple: (true, 0, i32::MIN),
        bytes: b"\"a",
        names: BTreeMap::from([('a', -1), ('"', 2)]),
    };
    assert_eq!(ours(&all).unwrap(), serde_json::to_string(&all).unwrap());
}

#[test]
fn what_is_json_already_stands_as_it_is() {
    let raw = Raw::parse(r#"{"a" : 1.0, "b":"\u0041"}"#).unwrap();
    assert_eq!(
        to_json(&vec![raw.clone(), raw.clone()]).unwrap(),
        format!("[{0},{0}]", raw.get())
    );
    assert_eq!(serde_json::to_string(&raw).unwrap(), raw.get());
    assert_eq!(serde_json::to_value(&raw).unwrap(), json!({"a": 1.0, "b": "A"}));
}

#[test]
fn a_name_that_is_no_text_is_refused_and_the_next_text_starts_anew() {
    let numbers = BTreeMap::from([(1, 2)]);
    assert!(ours(&numbers).is_err());
    assert!(ours(&BTreeMap::from([(Some("a"), 1)])).is_ok());
    assert_eq!(to_json(&"x".repeat(40_000)).unwrap().len(), 40_002);
    assert_eq!(to_json(&"y".to_owned()).unwrap(), "\"y\"");
}
