use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Arguments, Generator, Plan, pattern};
use crate::document::Document;

fn one(parameters: &Value, body: &Value) -> Document {
    Document::new(json!({ "paths": { "/a": { "post": {
        "operationId": "a", "parameters": parameters, "requestBody": body,
    } } } }))
    .unwrap()
}

fn form(schema: &Value) -> Document {
    one(
        &json!([]),
        &json!({ "content": { "application/x-www-form-urlencoded": { "schema": schema } } }),
    )
}

fn many(document: &Document, count: u64) -> Vec<Arguments> {
    let mut generator = Generator::new(document, &document.operations()[0]);
    (0..count)
        .map(|seed| generator.arguments(Plan::Random(seed)).unwrap())
        .collect()
}

#[test]
fn everything_on_is_full_on_every_level_and_off_is_what_is_required() {
    let document = form(&json!({
        "required": ["lines"],
        "properties": {
            "lines": { "type": "array", "items": {
                "type": "object", "required": ["price"],
                "properties": { "price": { "type": "string" }, "quantity": { "type": "integer" } },
            } },
            "metadata": { "type": "object", "additionalProperties": { "type": "string" } },
        },
    }));
    let mut generator = Generator::new(&document, &document.operations()[0]);
    let on = generator.arguments(Plan::AllOn).unwrap();
    for line in on.value("lines").unwrap().as_array().unwrap() {
        assert!(line.get("price").is_some() && line.get("quantity").is_some(), "{on}");
    }
    assert_eq!(on.value("lines").unwrap().as_array().unwrap().len(), 2);
    assert_eq!(on.value("metadata").unwrap().as_object().unwrap().len(), 2);
    let off = generator.arguments(Plan::AllOff).unwrap();
    assert_eq!(off.names().collect::<Vec<_>>(), ["lines"]);
    assert!(off.value("lines").unwrap()[0].get("quantity").is_none(), "{off}");
}

#[test]
fn every_member_of_a_union_has_a_turn_and_unset_is_null() {
    let document = form(&json!({ "properties": { "amount": { "anyOf": [
        { "type": "integer" }, { "type": "array", "items": { "type": "boolean" } },
        { "type": "string", "enum": [""] },
    ] } } }));
    let mut generator = Generator::new(&document, &document.operations()[0]);
    let mut kinds = BTreeSet::new();
    generator.arguments(Plan::AllOn).unwrap();
    assert_eq!(generator.pending(), ["body/amount"]);
    for _ in 0..8 {
        let arguments = generator.arguments(Plan::AllOn).unwrap();
        kinds.insert(match arguments.value("amount").unwrap() {
            Value::Number(_) => "integer",
            Value::Array(_) => "list",
            Value::Null => "unset",
            _ => "something else",
        });
    }
    assert_eq!(kinds, BTreeSet::from(["integer", "list", "unset"]));
    assert!(generator.pending().is_empty());
}

#[test]
fn bounds_formats_and_patterns_are_kept() {
    let document = form(&json!({
        "required": ["size", "code", "name", "when", "days", "ratio"],
        "properties": {
            "size": { "type": "integer", "minimum": 1, "maximum": 5 },
            "code": { "type": "string", "pattern": r"^(\d\d):[a-f]{2}$" },
            "name": { "type": "string", "minLength": 3, "maxLength": 5 },
            "when": { "type": "string", "format": "date" },
            "days": { "type": "array", "uniqueItems": true, "minItems": 2, "maxItems": 3,
                      "items": { "type": "integer", "minimum": 1, "maximum": 4 } },
            "ratio": { "type": "number", "minimum": 0, "maximum": 1 },
        },
    }));
    for arguments in many(&document, 60) {
        let text = |name: &str| arguments.value(name).unwrap().as_str().unwrap().to_owned();
        assert!(
            (1..=5).contains(&arguments.value("size").unwrap().as_i64().unwrap()),
            "{arguments}"
        );
        assert!((3..=5).contains(&text("name").chars().count()), "{arguments}");
        let code = text("code");
        assert_eq!((code.len(), &code[2..3]), (5, ":"), "{arguments}");
        assert!(code[..2].chars().all(|c| c.is_ascii_digit()) && code[3..].chars().all(|c| ('a'..='f').contains(&c)));
        assert_eq!(text("when").len(), 10);
        assert!((0.0..=1.0).contains(&arguments.value("ratio").unwrap().as_f64().unwrap()));
        let days = arguments.value("days").unwrap().as_array().unwrap();
        assert!((2..=3).contains(&days.len()) && days.iter().all(|day| days.iter().filter(|d| *d == day).count() == 1));
    }
}

#[test]
fn open_enums_leave_their_list_where_the_plan_says_so_and_closed_ones_never() {
    let document = form(&json!({
        "required": ["open", "closed"],
        "properties": {
            "open": { "type": "string", "enum": ["a", "b"], "x-open-enum": true },
            "closed": { "type": "string", "enum": ["a", "b"] },
        },
    }));
    let all = many(&document, 60);
    let seen = |name: &str| {
        all.iter()
            .map(|a| a.value(name).unwrap().to_string())
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(
        seen("closed"),
        BTreeSet::from([r#""a""#.to_owned(), r#""b""#.to_owned()])
    );
    assert_eq!(seen("open"), seen("closed"));
    let mut generator = Generator::new(&document, &document.operations()[0]);
    let unlisted: Vec<_> = (0..60)
        .map(|seed| generator.arguments(Plan::Unlisted(seed)).unwrap())
        .collect();
    let seen = |name: &str| unlisted.iter().map(|a| a.path(name)).collect::<BTreeSet<_>>();
    assert_eq!(seen("closed"), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    assert!(seen("open").len() > 2, "{:?}", seen("open"));
}

#[test]
fn text_is_hard_to_encode_and_a_path_is_never_empty() {
    let document = one(
        &json!([
            { "name": "id", "in": "path", "schema": { "type": "string" } },
            { "name": "q", "in": "query", "required": true, "schema": { "type": "string" } },
            { "name": "h", "in": "header", "required": true, "schema": { "type": "string" } },
        ]),
        &json!({ "content": { "application/json": { "schema": { "properties": {} } } } }),
    );
    let all = many(&document, 80);
    let seen = |name: &str| all.iter().map(|a| a.path(name)).collect::<Vec<_>>();
    let ids = seen("id");
    assert!(ids.iter().all(|id| !id.is_empty() && !id.contains(['/', '\\', '\n'])));
    for hard in ["€", "&", "=", "%", "+", "?", "#", "[", "\"", "🦀"] {
        assert!(ids.iter().any(|id| id.contains(hard)), "{hard:?}");
    }
    let queries = seen("q");
    for hard in ["", "€", "&", "=", "%", "+", "/", "?", "#", "[", "\"", "\n", "🦀"] {
        assert!(
            queries.iter().any(|q| if hard.is_empty() {
                q.is_empty()
            } else {
                q.contains(hard)
            }),
            "{hard:?}"
        );
    }
    assert!(seen("h").iter().all(|h| h.chars().all(|c| (' '..='~').contains(&c))));
}

#[test]
fn conditions_between_members_hold() {
    let document = one(
        &json!([]),
        &json!({ "content": { "application/json": { "schema": {
            "required": ["scope"], "minProperties": 3,
            "x-require-any-of": ["name", "first_name"], "x-require-when": { "user": "scope=user" },
            "properties": {
                "scope": { "enum": ["user", "organization"] }, "user": { "type": "string" },
                "name": { "type": "string" }, "first_name": { "type": "string" }, "z": { "type": "integer" },
            },
        } } } }),
    );
    let mut generator = Generator::new(&document, &document.operations()[0]);
    let mut all = many(&document, 30);
    all.extend((0..10).map(|_| generator.arguments(Plan::AllOff).unwrap()));
    for arguments in all {
        let names: BTreeSet<_> = arguments.names().collect();
        assert!(names.contains("name") || names.contains("first_name"), "{arguments}");
        assert!(
            arguments.value("scope") != Some(&json!("user")) || names.contains("user"),
            "{arguments}"
        );
        assert!(names.len() >= 3, "{arguments}");
    }
}

#[test]
fn what_contains_itself_ends() {
    let document = Document::new(json!({
        "paths": { "/a": { "post": { "operationId": "a", "requestBody": { "content": { "application/json": {
            "schema": { "properties": { "node": { "$ref": "#/components/schemas/Node" } } },
        } } } } } },
        "components": { "schemas": { "Node": { "type": "object", "properties": {
            "name": { "type": "string" },
            "parent": { "$ref": "#/components/schemas/Node" },
            "children": { "type": "array", "items": { "$ref": "#/components/schemas/Node" } },
        } } } },
    }))
    .unwrap();
    let arguments = Generator::new(&document, &document.operations()[0])
        .arguments(Plan::AllOn)
        .unwrap();
    let node = arguments.value("node").unwrap().as_object().unwrap();
    assert_eq!(
        node.keys().collect::<Vec<_>>(),
        ["name"],
        "optional members that lead back are off"
    );
}

#[test]
fn a_pattern_that_is_too_much_is_an_error_that_names_the_argument() {
    let document = form(&json!({ "required": ["a"], "properties": { "a": { "type": "string", "pattern": "[^a]" } } }));
    let error = Generator::new(&document, &document.operations()[0])
        .arguments(Plan::AllOff)
        .unwrap_err();
    assert!(error.to_string().contains("body/a"), "{error}");
    let mut rng = fastrand::Rng::with_seed(1);
    assert!(
        ["(a|b", r"\bword", "a{x}", "[]"]
            .iter()
            .all(|pattern| pattern::sample(pattern, &mut rng).is_err())
    );
    assert_eq!(pattern::sample("^tunnel_x{3}$", &mut rng).unwrap(), "tunnel_xxx");
}

#[test]
fn accessors_hand_out_what_a_setter_takes() {
    let arguments = Arguments::new(
        json!({ "n": 9_007_199_254_740_993_i64, "gone": null, "f": { "$upload": { "name": "ä", "bytes": "b" } } })
            .as_object()
            .unwrap()
            .clone(),
    );
    assert_eq!(arguments.get::<i64>("n").unwrap(), Some(9_007_199_254_740_993));
    assert_eq!(
        arguments.get::<Option<i64>>("gone").unwrap(),
        Some(None),
        "unset is given, as null"
    );
    assert_eq!(arguments.get::<i64>("none").unwrap(), None);
    assert!(arguments.get::<bool>("n").unwrap_err().contains('n'));
    assert_eq!(arguments.path("n"), "9007199254740993");
    assert_eq!(arguments.upload("f").unwrap().unwrap().bytes, b"b");
    assert!(arguments.upload("n").is_err());
}

#[test]
fn pairs_show_every_member_of_a_list_and_every_required_object() {
    let document = form(&json!({
        "required": ["lines", "address"],
        "properties": {
            "lines": { "type": "array", "items": { "type": "object", "properties": {
                "empty": { "type": "object", "properties": {} }, "price": { "type": "string" },
            } } },
            "address": { "type": "object", "properties": { "city": { "type": "string" } } },
        },
    }));
    for arguments in many(&document, 40) {
        let lines = arguments.value("lines").unwrap().as_array().unwrap();
        assert!(
            !lines.is_empty() && lines.iter().all(|line| line.get("price").is_some()),
            "{arguments}"
        );
        assert!(arguments.value("address").unwrap().get("city").is_some(), "{arguments}");
    }
}
