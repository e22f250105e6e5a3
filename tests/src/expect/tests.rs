use serde_json::{Value, json};

use super::{Expected, ExpectedBody, Pair, Text};
use crate::arguments::Arguments;
use crate::document::Document;

fn expected(operation: &Value, arguments: &Value) -> Expected {
    let mut operation = operation.clone();
    operation["operationId"] = json!("a");
    let document = Document::new(json!({ "paths": { "/v1/a/{id}/b": { "post": operation } } })).unwrap();
    let arguments = Arguments::new(arguments.as_object().unwrap().clone());
    Expected::of(&document, &document.operations()[0], &arguments).unwrap()
}

fn query(parameter: &Value, value: &Value) -> Vec<(String, String)> {
    shown(&expected(&json!({ "parameters": [parameter] }), &json!({ "q": value })).query)
}

fn shown(pairs: &[Pair]) -> Vec<(String, String)> {
    pairs
        .iter()
        .map(|pair| (pair.key.clone(), pair.value.to_string()))
        .collect()
}

fn pairs(all: &[(&str, &str)]) -> Vec<(String, String)> {
    all.iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn path_values_stay_in_their_segment() {
    let parameters = json!({ "parameters": [{ "name": "id", "in": "path", "schema": {} }] });
    let expected = expected(&parameters, &json!({ "id": "a/b ?" }));
    assert_eq!(expected.segments, ["v1", "a", "a/b ?", "b"]);
    assert!(matches!(expected.body, ExpectedBody::Empty));
}

#[test]
fn query_styles() {
    let list = json!(["x", "y,z"]);
    let object = json!({ "gte": 1, "in": ["x", { "y": true }] });
    let styles = [
        (json!({}), &list, pairs(&[("q", r#""x""#), ("q", r#""y,z""#)])),
        (
            json!({ "explode": false }),
            &list,
            pairs(&[("q", r#"["x", "y,z"] with ',' between"#)]),
        ),
        (
            json!({ "style": "spaceDelimited", "explode": false }),
            &list,
            pairs(&[("q", r#"["x", "y,z"] with ' ' between"#)]),
        ),
        (
            json!({ "style": "pipeDelimited", "explode": false }),
            &list,
            pairs(&[("q", r#"["x", "y,z"] with '|' between"#)]),
        ),
        (
            json!({ "style": "deepObject" }),
            &list,
            pairs(&[("q[0]", r#""x""#), ("q[1]", r#""y,z""#)]),
        ),
        (
            json!({ "style": "deepObject", "explode": true }),
            &object,
            pairs(&[
                ("q[gte]", r#""1""#),
                ("q[in][0]", r#""x""#),
                ("q[in][1][y]", r#""true""#),
            ]),
        ),
        (json!({ "style": "deepObject" }), &Value::Null, pairs(&[("q", r#""""#)])),
    ];
    for (style, value, wanted) in styles {
        let mut parameter = json!({ "name": "q", "in": "query", "schema": {} });
        parameter
            .as_object_mut()
            .unwrap()
            .extend(style.as_object().unwrap().clone());
        assert_eq!(query(&parameter, value), wanted, "{style}");
    }
    let content = json!({ "name": "q", "in": "query", "content": { "application/json": { "schema": {} } } });
    assert_eq!(query(&content, &list), pairs(&[("q", r#"the JSON ["x","y,z"]"#)]));
}

#[test]
fn forms_nest_index_and_unset() {
    let body = json!({ "requestBody": { "content": { "application/x-www-form-urlencoded": { "schema": { "properties": {
        "lines": {}, "metadata": {}, "address": {}, "empty": {}, "ratio": {}, "live": {},
    } } } } } });
    let arguments = json!({
        "lines": [{ "price": "p", "tags": ["a", "b"] }, { "price": null }],
        "metadata": { "ä k": "" }, "address": null, "empty": {}, "ratio": 0.5, "live": false,
    });
    let ExpectedBody::Form(form) = expected(&body, &arguments).body else {
        panic!("a form")
    };
    let mut seen = shown(&form);
    seen.sort();
    assert_eq!(
        seen,
        pairs(&[
            ("address", r#""""#),
            ("lines[0][price]", r#""p""#),
            ("lines[0][tags][0]", r#""a""#),
            ("lines[0][tags][1]", r#""b""#),
            ("lines[1][price]", r#""""#),
            ("live", r#""false""#),
            ("metadata[ä k]", r#""""#),
            ("ratio", "0.5"),
        ])
    );
    assert!(form.iter().any(|pair| pair.value == Text::Number(0.5)));
}

#[test]
fn json_bodies_keep_null_and_integers() {
    let body = json!({ "requestBody": { "required": true, "content": { "application/json": { "schema": {
        "properties": { "n": {}, "gone": {}, "off": {} },
    } } } } });
    let given = json!({ "n": i64::MIN, "gone": null });
    let ExpectedBody::Json { value, required, .. } = expected(&body, &given).body else {
        panic!("JSON")
    };
    assert_eq!((value, required), (given, true));
}

#[test]
fn multipart_has_files_brackets_and_parts() {
    let body = json!({ "requestBody": { "content": { "multipart/form-data": {
        "schema": { "properties": {
            "file": { "type": "string", "format": "binary" }, "link": {}, "tags": {}, "meta": {},
        } },
        "encoding": { "link": { "style": "deepObject", "explode": true } },
    } } } });
    let arguments = json!({
        "file": { "$upload": { "name": "a.png", "bytes": "x" } },
        "link": { "create": true, "metadata": null }, "tags": ["a", "b"], "meta": { "k": 1 },
    });
    let ExpectedBody::Multipart { fields, files } = expected(&body, &arguments).body else {
        panic!("multipart")
    };
    assert_eq!(
        (
            files[0].part.as_str(),
            files[0].name.as_str(),
            files[0].bytes.as_slice()
        ),
        ("file", "a.png", &b"x"[..])
    );
    let mut seen = shown(&fields);
    seen.sort();
    assert_eq!(
        seen,
        pairs(&[
            ("link[create]", r#""true""#),
            ("link[metadata]", r#""""#),
            ("meta", r#"the JSON {"k":1}"#),
            ("tags", r#""a""#),
            ("tags", r#""b""#),
        ])
    );
}
