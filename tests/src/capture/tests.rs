use serde_json::{Value, json};

use super::{Mismatch, compare};
use crate::expect::{Expected, ExpectedBody, ExpectedFile, Pair, Text};

fn expected(query: &[(&str, Text)], body: ExpectedBody) -> Expected {
    Expected {
        operation: "a".to_owned(),
        method: "POST".to_owned(),
        segments: vec!["v1".to_owned(), "ä/b".to_owned()],
        query: of(query),
        headers: vec![("x-kind".to_owned(), "k".to_owned())],
        body,
    }
}

fn of(all: &[(&str, Text)]) -> Vec<Pair> {
    all.iter()
        .map(|(key, value)| Pair {
            key: (*key).to_owned(),
            value: value.clone(),
        })
        .collect()
}

fn exact(text: &str) -> Text {
    Text::Exact(text.to_owned())
}

fn send(expected: &Expected, target: &str, content_type: &str, body: &[u8]) -> Vec<Mismatch> {
    let headers = [("X-Kind", "k"), ("Content-Type", content_type)];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    compare(expected, "POST", target, &headers, body)
}

fn keys(mismatches: &[Mismatch]) -> Vec<&str> {
    mismatches.iter().map(|mismatch| mismatch.key.as_str()).collect()
}

const PATH: &str = "/v1/%C3%A4%2Fb";
const FORM: &str = "application/x-www-form-urlencoded";

#[test]
fn everything_that_differs_is_named() {
    let expected = expected(&[("q", exact("1"))], ExpectedBody::Empty);
    let found = compare(&expected, "GET", "/v1/x?p=2", &[], b"body");
    assert_eq!(
        keys(&found),
        ["method", "path/1", "query q", "query p", "header x-kind", "body"]
    );
    assert_eq!(found[1].to_string(), r#"a: path/1: expected "ä/b", got "x""#);
    assert_eq!(send(&expected, &format!("{PATH}?q=1"), "", b""), []);
    assert_eq!(send(&expected, &format!("http://localhost:1{PATH}?q=1"), "", b""), []);
}

#[test]
fn reserved_characters_must_be_encoded() {
    let plain = expected(&[("q", exact("a b"))], ExpectedBody::Empty);
    assert_eq!(send(&plain, &format!("{PATH}?q=a+b"), "", b""), []);
    assert_eq!(keys(&send(&plain, &format!("{PATH}?q=a b"), "", b"")), ["query"]);
    assert_eq!(keys(&send(&plain, "/v1/ä%2Fb?q=a%20b", "", b"")), ["path/1"]);
    assert_eq!(
        keys(&send(&plain, "/v1/%C3%A4/b?q=a%20b", "", b"")),
        ["path"],
        "a slash that leaked"
    );
    assert_eq!(keys(&send(&plain, "/v1/%C3%ZZ?q=a%20b", "", b"")), ["path/1"]);
}

#[test]
fn delimiters_are_told_from_the_same_character_in_a_member() {
    let members = Text::Delimited(vec!["a,b".to_owned(), "c".to_owned()], ',');
    let list = expected(&[("q", members)], ExpectedBody::Empty);
    assert_eq!(send(&list, &format!("{PATH}?q=a%2Cb,c"), "", b""), []);
    assert_eq!(keys(&send(&list, &format!("{PATH}?q=a,b,c"), "", b"")), ["query q"]);
    assert_eq!(keys(&send(&list, &format!("{PATH}?q=a%2Cb%2Cc"), "", b"")), ["query q"]);
    let spaces = expected(
        &[("q", Text::Delimited(vec!["a".to_owned(), "b".to_owned()], ' '))],
        ExpectedBody::Empty,
    );
    assert_eq!(send(&spaces, &format!("{PATH}?q=a%20b"), "", b""), []);
}

#[test]
fn forms_are_compared_as_pairs_with_one_order_per_key() {
    let pairs = of(&[
        ("a[b][0]", exact("c&d")),
        ("t", exact("1")),
        ("t", exact("2")),
        ("n", Text::Number(0.5)),
    ]);
    let form = expected(&[], ExpectedBody::Form(pairs));
    assert_eq!(send(&form, PATH, FORM, b"n=0.50&t=1&a%5Bb%5D[0]=c%26d&t=2"), []);
    assert_eq!(
        keys(&send(&form, PATH, FORM, b"n=0.5&t=2&a[b][0]=c%26d&t=1")),
        ["body t", "body t"]
    );
    assert_eq!(
        keys(&send(&form, PATH, FORM, b"n=0.5&t=1&a[b]=c%26d&t=2")),
        ["body a[b][0]", "body a[b]"]
    );
    assert_eq!(
        keys(&send(&form, PATH, "application/json", b"n=0.5&t=1&a[b][0]=c%26d&t=2")),
        ["content-type"]
    );
    let empty = expected(&[], ExpectedBody::Form(Vec::new()));
    assert_eq!(send(&empty, PATH, "", b""), []);
}

#[test]
fn json_is_compared_by_value_and_place() {
    let json = |value: Value, required| {
        let media_type = "application/json".to_owned();
        expected(
            &[],
            ExpectedBody::Json {
                media_type,
                value,
                required,
            },
        )
    };
    let nested = json(
        json!({ "a": [{ "n": 9_007_199_254_740_993_i64 }, 5.0], "gone": null }),
        true,
    );
    let body = br#"{"a":[{"n":9007199254740993},5],"gone":null}"#;
    assert_eq!(send(&nested, PATH, "application/json; charset=utf-8", body), []);
    let body = br#"{"a":[{"n":9007199254740992},5],"b":1}"#;
    assert_eq!(
        keys(&send(&nested, PATH, "application/json", body)),
        ["body /a/0/n", "body /gone", "body /b"]
    );
    assert_eq!(keys(&send(&nested, PATH, "application/json", b"{")), ["body"]);
    assert_eq!(send(&json(json!({}), false), PATH, "", b""), []);
    assert_eq!(
        keys(&send(&json(json!({}), true), PATH, "application/json", b"")),
        ["body"]
    );
}

#[test]
fn multipart_is_compared_part_by_part() {
    let file = ExpectedFile {
        part: "file".to_owned(),
        name: "a;\"b\".png".to_owned(),
        bytes: b"x\r\n--b\r\n".to_vec(),
    };
    let fields = of(&[("link[create]", exact("true"))]);
    let multipart = expected(
        &[],
        ExpectedBody::Multipart {
            fields,
            files: vec![file],
        },
    );
    let body = |name: &str, file: &str, content: &str| {
        format!(
            "--bnd\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\ntrue\r\n--bnd\r\n\
             content-disposition: form-data; name=\"file\"; filename=\"{file}\"\r\n\
             content-type: image/png\r\n\r\n{content}\r\n--bnd--\r\n"
        )
        .into_bytes()
    };
    let content_type = "multipart/form-data; boundary=bnd";
    for file in ["a;%22b%22.png", "a;\\\"b\\\".png"] {
        assert_eq!(
            send(
                &multipart,
                PATH,
                content_type,
                &body("link[create]", file, "x\r\n--b\r\n")
            ),
            []
        );
    }
    let found = send(&multipart, PATH, content_type, &body("link[created]", "c.png", "y"));
    assert_eq!(
        keys(&found),
        [
            "body link[create]",
            "body link[created]",
            "body file (file name)",
            "body file"
        ]
    );
    assert_eq!(keys(&send(&multipart, PATH, content_type, b"--bnd\r\n")), ["body"]);
    assert_eq!(keys(&send(&multipart, PATH, "multipart/form-data", b"")), ["body"]);
}
