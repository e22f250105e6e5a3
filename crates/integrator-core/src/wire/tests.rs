//! What reading forgives, what it refuses, and what it says then.

#![allow(unreachable_pub, reason = "the macros make public types")]

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{Decimal, DecodeError, Expandable, List, Map, Patch, Timestamp, UnixTime, Wire, Written, decode};

crate::open_enum! {
    pub enum Status { Open = "open", Closed = "closed" }
}

crate::object! {
    pub struct Line {
        0 id: String = "id",
        1 amount: i64 = "amount",
        2 tax: Option<Decimal> = "tax",
        3 status: Option<Status> = "status",
        4 tags: Vec<String> = "tags",
        5 notes: Map<String> = "notes",
    }
}

crate::object! {
    pub struct Order {
        0 id: String = "id",
        1 lines: Vec<Line> = "lines",
        2 by_name: Map<Line> = "by_name",
        3 created: Option<UnixTime> = "created",
        4 shipped: Option<Timestamp> = "shipped",
        5 buyer: Option<Expandable<Line>> = "buyer",
        6 kind: Option<Kind> = "kind",
        7 client_secret: Option<String> = "client_secret",
        .. rest: Map<Value>
    }
}

crate::union! {
    pub enum Kind {
        Line(Line): tag("type", "line"),
        Either(Value): tags("type", &["a", "b"]),
        Count(i64): number(),
        Name(String): string(),
    }
}

crate::object! {
    pub struct Update { 0 name: Patch<String> = "name", 1 size: Patch<i64> = "size", }
}

fn read<T: Wire>(value: &Value) -> Result<T, DecodeError> {
    decode(value.to_string().as_bytes())
}

fn written<T: Wire>(value: &T) -> Value {
    serde_json::to_value(Written(value)).unwrap()
}

#[test]
fn what_servers_do_is_forgiven() {
    let order: Order = read(&json!({
        "id": "o1",
        "lines": [{"id": "l1", "amount": "12", "tax": 1.50, "status": "new", "tags": null, "notes": []}],
        "by_name": null,
        "created": "1700000000",
        "shipped": "2026-11-24T10:00:00",
        "kind": 3,
        "added_later": {"x": 1},
    }))
    .unwrap();
    let line = &order.lines[0];
    assert_eq!(line.amount, 12);
    assert_eq!(line.status, Some(Status::from("new")));
    assert!(matches!(line.status, Some(Status::Unlisted(_))));
    assert!(line.tags.is_empty() && line.notes.is_empty() && order.by_name.is_empty());
    assert_eq!(order.created.map(UnixTime::seconds), Some(1_700_000_000));
    let shipped = order.shipped.unwrap();
    assert!(shipped.is_naive());
    assert_eq!(
        shipped.instant().map(|instant| instant.to_string()).as_deref(),
        Some("2026-11-24T10:00:00Z")
    );
    assert!(matches!(order.kind, Some(Kind::Count(3))));
    assert_eq!(order.rest["added_later"], json!({"x": 1}));
}

#[test]
fn decimals_keep_their_digits() {
    let line: Line = decode(br#"{"id":"x","amount":1,"tax":0.10000000000000000001}"#).unwrap();
    assert_eq!(line.tax.unwrap().as_str(), "0.10000000000000000001");
    let line: Line = decode(br#"{"id":"x","amount":9007199254740993,"tax":"1.10"}"#).unwrap();
    assert_eq!(
        (line.amount, line.tax.unwrap().as_str()),
        (9_007_199_254_740_993, "1.10")
    );
}

#[test]
fn a_missing_required_member_is_an_error_with_its_path() {
    let error = read::<Order>(&json!({"id": "o", "lines": [{"id": "a", "amount": 1}, {"id": "b"}]})).unwrap_err();
    assert_eq!(
        (error.path.as_str(), error.message.as_str()),
        ("lines[1].amount", "missing, but the document requires it")
    );
    let error =
        read::<Order>(&json!({"id": "o", "lines": [], "by_name": {"x": {"id": null, "amount": 1}}})).unwrap_err();
    assert_eq!(error.path, "by_name.x.id");
    let error = read::<Order>(&json!({"id": "o", "kind": {"type": "line", "id": "l"}})).unwrap_err();
    assert_eq!(error.path, "kind.amount", "the path goes on into a union");
}

#[test]
fn errors_say_what_was_expected_and_not_what_was_sent() {
    let error = read::<Line>(&json!({"id": "l", "amount": "sk_live_secret"})).unwrap_err();
    assert_eq!(
        error.to_string(),
        "read `amount`: invalid type: other text, expected a 64-bit integer"
    );
    let error = decode::<Line>(b"\xff").unwrap_err();
    assert_eq!(error.message, "not UTF-8 at byte 0");
    assert!(decode::<Line>(b"").is_err());
    assert!(decode::<()>(b"").is_ok());
    assert!(
        decode::<Line>(br#"{"id":"a","amount":1}x"#).is_err(),
        "what follows the document is no part of it"
    );
}

#[test]
fn depth_is_bounded_before_anything_is_read() {
    let deep = format!(
        r#"{{"id":"a","amount":1,"extra":{}{}}}"#,
        "[".repeat(200),
        "]".repeat(200)
    );
    assert!(
        decode::<Line>(deep.as_bytes())
            .unwrap_err()
            .message
            .contains("128 levels")
    );
}

#[test]
fn unions_choose_by_what_stands_there_and_keep_the_rest() {
    let tagged: Kind = read(&json!({"id": "l", "amount": 1, "type": "line"})).unwrap();
    assert!(matches!(tagged, Kind::Line(_)));
    assert!(matches!(read(&json!({"type": "b"})).unwrap(), Kind::Either(_)));
    assert!(matches!(read(&json!("x")).unwrap(), Kind::Name(_)));
    let unknown = json!({"type": "c", "deep": [1, 2.50]});
    let kept: Kind = read(&unknown).unwrap();
    assert!(matches!(kept, Kind::Unlisted(_)));
    assert_eq!(written(&kept), unknown);
    assert!(read::<Kind>(&Value::Null).is_err());
}

#[test]
fn a_tag_may_be_left_out_where_that_means_a_member() {
    crate::union! {
        pub enum Tool { Own(Value): tag_or_none("type", "own"), Bash(Value): tag("type", "bash") }
    }
    for own in [json!({"a": 1}), json!({"type": null}), json!({"type": "own"})] {
        assert!(matches!(read(&own).unwrap(), Tool::Own(_)), "{own}");
    }
    assert!(matches!(read(&json!({"type": "bash"})).unwrap(), Tool::Bash(_)));
    for other in [json!({"type": "new"}), json!("text")] {
        assert!(matches!(read(&other).unwrap(), Tool::Unlisted(_)), "{other}");
    }
}

#[test]
fn expandables_are_an_id_and_an_object_on_demand() {
    let expand = |buyer: Value| read::<Order>(&json!({"id": "o", "buyer": buyer}));
    let id = expand(json!("l1")).unwrap().buyer.unwrap();
    assert_eq!((id.id(), id.is_expanded()), ("l1", false));
    assert!(id.object().is_none());
    let object = expand(json!({"id": "l1", "amount": 7})).unwrap().buyer.unwrap();
    assert_eq!((object.id(), object.object().unwrap().unwrap().amount), ("l1", 7));
    let broken = expand(json!({"id": "l1"})).unwrap().buyer.unwrap();
    assert_eq!(broken.object().unwrap().unwrap_err().path, "amount");
    assert_eq!(
        expand(json!({"amount": 7})).unwrap().buyer.unwrap().id(),
        "",
        "some objects have no id of their own"
    );
    assert_eq!(expand(json!(7)).unwrap_err().path, "buyer");
}

#[test]
fn patches_tell_keep_from_unset() {
    let keep = Update {
        name: Patch::Keep,
        size: Patch::Set(3),
    };
    assert_eq!(written(&keep), json!({"size": 3}));
    let unset = Update {
        name: Patch::Unset,
        size: Patch::Keep,
    };
    assert_eq!(written(&unset), json!({"name": null}));
    let back: Update = read(&json!({"name": null})).unwrap();
    assert_eq!((back.name, back.size), (Patch::Unset, Patch::Keep));
}

#[test]
fn debug_masks_secrets() {
    let order: Order = read(&json!({"id": "o", "client_secret": "cs_hidden"})).unwrap();
    let shown = format!("{order:?}");
    assert!(shown.contains("\"id\":\"o\"") && shown.contains("REDACTED"), "{shown}");
    assert!(!shown.contains("cs_hidden"), "{shown}");
}

#[test]
fn lists_take_what_is_at_hand() {
    let texts = |list: List<String>| Vec::from(list);
    assert_eq!(texts("a".into()), ["a"]);
    assert_eq!(texts(["a", "b"].into()), ["a", "b"]);
    assert_eq!(texts(vec!["a"].into()), ["a"]);
}

proptest! {
    #[test]
    fn any_integer_survives(amount: i64) {
        for value in [json!(amount), json!(amount.to_string())] {
            let line: Line = read(&json!({"id": "l", "amount": value})).unwrap();
            prop_assert_eq!(line.amount, amount);
        }
    }

    #[test]
    fn any_bytes_are_survived(bytes: Vec<u8>) {
        let _ = decode::<Order>(&bytes);
    }

    #[test]
    fn any_text_survives_an_open_enum(text: String) {
        let status: Status = read(&json!(text)).unwrap();
        prop_assert_eq!(written(&status), json!(text));
    }

    #[test]
    fn members_in_any_order_are_found(order in Just(["id", "amount", "tax", "status"]).prop_shuffle()) {
        let values = json!({"id": "x", "amount": 5, "tax": "1", "status": "open"});
        let text: Vec<String> = order.iter().map(|name| format!("\"{name}\":{}", values[*name])).collect();
        let line: Line = decode(format!("{{{}}}", text.join(",")).as_bytes()).unwrap();
        prop_assert_eq!((line.amount, line.status), (5, Some(Status::Open)));
    }
}
