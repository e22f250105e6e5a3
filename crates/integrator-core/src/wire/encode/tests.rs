use serde_json::{Value, json};

use super::{Encoded, EncodedBody, encode_with};
use crate::Upload;
use crate::arguments::Arguments;
use crate::operation::{Argument, Body, Bound, Lists, Method, Operation, Place, QueryStyle};

const fn argument(name: &'static str, place: Place, required: bool) -> Argument {
    Argument { name, place, required }
}

static ARGUMENTS: &[Argument] = &[
    argument("customer", Place::Path, true),
    argument("limit", Place::Query(QueryStyle::Form), false),
    argument("created", Place::Query(QueryStyle::Deep), false),
    argument("X-Mode", Place::Header, false),
    argument("amount", Place::Field, true),
    argument("metadata", Place::Field, false),
    argument("file", Place::File, false),
];

static FORM: Operation = Operation {
    method: Method::Post,
    path: "/v1/customers/{customer}",
    arguments: ARGUMENTS,
    bounds: &[
        (1, Bound::Maximum(100.0)),
        (1, Bound::Minimum(1.0)),
        (0, Bound::MaxLength(8)),
    ],
    body: Body::Form,
    ..Operation::DEFAULT
};
static JSON: Operation = Operation {
    body: Body::Json,
    bounds: &[],
    ..FORM
};
static EITHER: Operation = Operation {
    body: Body::MultipartOrJson,
    bounds: &[],
    ..FORM
};
static QUERY: Operation = Operation {
    method: Method::Get,
    path: "/v1/customers?beta=true",
    arguments: &[argument("limit", Place::Query(QueryStyle::Form), false)],
    ..Operation::DEFAULT
};
static FIELDS: &[Argument] = &[argument("name", Place::Field, false)];
static EMPTY_FORM: Operation = Operation {
    method: Method::Post,
    path: "/a",
    arguments: FIELDS,
    body: Body::Form,
    ..Operation::DEFAULT
};
static EMPTY_JSON: Operation = Operation {
    body: Body::Json,
    ..EMPTY_FORM
};
static DELETE_FORM: Operation = Operation {
    method: Method::Delete,
    ..EMPTY_FORM
};
static DELETE_JSON: Operation = Operation {
    method: Method::Delete,
    ..EMPTY_JSON
};
static WHOLE: Operation = Operation {
    arguments: &[argument("body", Place::Body, false)],
    ..EMPTY_JSON
};
static RAW: Operation = Operation {
    body: Body::Raw("application/sdp"),
    ..WHOLE
};
static XML: Operation = Operation {
    body: Body::Xml("contact"),
    ..EMPTY_FORM
};

fn arguments(values: &[(u16, Value)]) -> Arguments {
    let mut arguments = Arguments::default();
    for (index, value) in values {
        arguments.put_fragment(*index, serde_json::value::to_raw_value(value).unwrap());
    }
    arguments
}

fn encode(operation: &'static Operation, values: &[(u16, Value)]) -> Result<Encoded, Vec<String>> {
    encode_with(operation, &arguments(values), 0)
}

fn text(body: &EncodedBody) -> (&str, &str) {
    match body {
        EncodedBody::Bytes { media_type, bytes } => (media_type, std::str::from_utf8(bytes).unwrap()),
        other => panic!("no body in memory: {other:?}"),
    }
}

#[test]
fn every_argument_goes_where_it_belongs() {
    let given = [
        (0, json!("cus 1")),
        (1, json!(3)),
        (2, json!({"gte": 5})),
        (3, json!(["a", "b"])),
        (4, json!(2000)),
        (5, json!({"gone": null, "order": "7"})),
    ];
    let form = encode(&FORM, &given).unwrap();
    assert_eq!(form.path_and_query, "/v1/customers/cus%201?limit=3&created%5Bgte%5D=5");
    assert_eq!(form.headers, [("X-Mode", "a,b".to_owned())]);
    assert_eq!(
        text(&form.body),
        (
            "application/x-www-form-urlencoded",
            "amount=2000&metadata%5Bgone%5D=&metadata%5Border%5D=7"
        ),
    );
    let json = encode(&JSON, &given).unwrap();
    assert_eq!(
        text(&json.body),
        (
            "application/json",
            r#"{"amount":2000,"metadata":{"gone":null,"order":"7"}}"#
        ),
    );
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let mut given = arguments(&[(0, json!("../../secret")), (1, json!(101)), (3, json!("a\nb"))]);
    given.fault("`x` does not become JSON".to_owned());
    let problems = encode_with(&FORM, &given, 0).unwrap_err().join("\n");
    for part in [
        "`x` does",
        "`amount` is required",
        "`limit` is greater than 100",
        "`customer` is longer than 8",
        "`customer` is not one segment",
        "`X-Mode` has",
    ] {
        assert!(problems.contains(part), "{part} is not in {problems}");
    }
    assert!(!problems.contains("secret"), "{problems}");
    assert_eq!(
        encode(&FORM, &[]).unwrap_err(),
        ["`customer` is required", "`amount` is required"]
    );
    assert!(encode(&JSON, &[(0, json!({"a": 1})), (4, json!(1))]).unwrap_err()[0].starts_with("`customer` is no text"));
}

#[test]
fn unset_is_empty_in_forms_and_null_in_json() {
    let given = [
        (0, json!("c")),
        (4, json!(1)),
        (5, Value::Null),
        (1, Value::Null),
        (3, Value::Null),
    ];
    let form = encode(&FORM, &given).unwrap();
    assert_eq!(form.path_and_query, "/v1/customers/c?limit=");
    assert!(form.headers.is_empty());
    assert_eq!(text(&form.body).1, "amount=1&metadata=");
    assert_eq!(
        text(&encode(&JSON, &given).unwrap().body).1,
        r#"{"amount":1,"metadata":null}"#
    );
    assert_eq!(encode(&JSON, &[(0, Value::Null), (4, json!(1))]).unwrap_err().len(), 1);
}

#[test]
fn nothing_given_is_still_a_body_where_one_is_expected() {
    assert_eq!(
        text(&encode(&EMPTY_FORM, &[]).unwrap().body),
        ("application/x-www-form-urlencoded", "")
    );
    assert_eq!(
        text(&encode(&EMPTY_JSON, &[]).unwrap().body),
        ("application/json", "{}")
    );
    for operation in [&DELETE_FORM, &DELETE_JSON, &WHOLE, &RAW] {
        assert!(matches!(encode(operation, &[]).unwrap().body, EncodedBody::None));
    }
    assert_eq!(
        text(&encode(&DELETE_FORM, &[(0, json!("x"))]).unwrap().body).1,
        "name=x"
    );
}

#[test]
fn members_that_the_document_does_not_list_are_sent() {
    let mut given = arguments(&[(0, json!("x"))]);
    given.put_extra("beta[flag]", &json!({"on": true}));
    let form = encode_with(&EMPTY_FORM, &given, 0).unwrap();
    assert_eq!(text(&form.body).1, "name=x&beta%5Bflag%5D%5Bon%5D=true");
    let json = encode_with(&EMPTY_JSON, &given, 0).unwrap();
    assert_eq!(text(&json.body).1, r#"{"name":"x","beta[flag]":{"on":true}}"#);
    let query = encode(&QUERY, &[(0, json!(5))]).unwrap();
    assert_eq!(query.path_and_query, "/v1/customers?beta=true&limit=5");
    assert!(matches!(query.body, EncodedBody::None));
}

#[test]
fn a_whole_body_is_sent_as_it_is() {
    assert_eq!(text(&encode(&WHOLE, &[(0, json!([1, 2]))]).unwrap().body).1, "[1,2]");
    assert_eq!(
        text(&encode(&RAW, &[(0, json!("v=0\r\n"))]).unwrap().body),
        ("application/sdp", "v=0\r\n")
    );
    let mut given = arguments(&[(0, json!({"a": 1}))]);
    given.put_extra("b", &json!(2));
    assert_eq!(
        text(&encode_with(&WHOLE, &given, 0).unwrap().body).1,
        r#"{"a":1,"b":2}"#
    );
    let mut given = arguments(&[(0, json!([1]))]);
    given.put_extra("b", &json!(2));
    assert!(encode_with(&WHOLE, &given, 0).is_err());
}

#[test]
fn xml_goes_under_its_root() {
    let body = encode(&XML, &[(0, json!("A"))]).unwrap().body;
    assert!(text(&body).1.ends_with("<contact><name>A</name></contact>"));
    assert_eq!(text(&body).0, "application/xml");
}

#[test]
fn an_upload_makes_the_body_multipart() {
    let mut given = arguments(&[(0, json!("c")), (4, json!(1))]);
    assert_eq!(
        text(&encode_with(&EITHER, &given, 0).unwrap().body).0,
        "application/json"
    );
    given.put_uploads(6, Upload::bytes("a.txt", "hello"));
    let EncodedBody::Multipart(body) = encode_with(&EITHER, &given, 7).unwrap().body else {
        panic!("not multipart")
    };
    assert_eq!(
        body.media_type(),
        "multipart/form-data; boundary=integrator-00000000000000000000000000000007"
    );
}

static PARTS: Operation = Operation {
    method: Method::Post,
    path: "/images",
    arguments: &[
        argument("prompt", Place::Field, false),
        argument("session", Place::Part("application/json"), false),
        argument("mask", Place::Field, true),
        argument("mask", Place::File, false),
        Argument::files("image", "image", "image[]"),
    ],
    body: Body::MultipartOrJson,
    lists: Lists::Bracketed,
    ..Operation::DEFAULT
};

async fn lines(given: &Arguments) -> String {
    let EncodedBody::Multipart(body) = encode_with(&PARTS, given, 7).unwrap().body else {
        panic!("not multipart")
    };
    let mut stream = body.open().await.unwrap();
    let mut all = Vec::new();
    while let Some(chunk) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        all.extend_from_slice(&chunk.unwrap());
    }
    let text = String::from_utf8(all).unwrap();
    let headers = text.split("\r\n").filter(|line| line.starts_with("Content-"));
    headers.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn files_are_one_argument_and_parts_have_types() {
    let mut given = arguments(&[(0, json!({"a": [{"b": 1}, {"b": 2}]})), (1, json!({"type": "x"}))]);
    given.put_uploads(3, Upload::bytes("m.png", ""));
    given.put_uploads(4, Upload::bytes("a.png", ""));
    assert_eq!(
        lines(&given).await,
        "Content-Disposition: form-data; name=\"prompt[a][][b]\"\n\
         Content-Disposition: form-data; name=\"prompt[a][][b]\"\n\
         Content-Disposition: form-data; name=\"session\"\n\
         Content-Type: application/json\n\
         Content-Disposition: form-data; name=\"mask\"; filename=\"m.png\"\n\
         Content-Type: image/png\n\
         Content-Disposition: form-data; name=\"image\"; filename=\"a.png\"\n\
         Content-Type: image/png"
    );
    given.put_uploads(4, [Upload::bytes("a.png", ""), Upload::bytes("b.png", "")]);
    assert_eq!(lines(&given).await.matches("name=\"image[]\"").count(), 2);
    given.put_uploads(3, [Upload::bytes("a.png", ""), Upload::bytes("b.png", "")]);
    assert_eq!(encode_with(&PARTS, &given, 7).unwrap_err(), ["`mask` takes one file"]);
}

#[test]
fn a_file_stands_in_for_a_value() {
    let mut given = arguments(&[]);
    assert_eq!(encode_with(&PARTS, &given, 7).unwrap_err(), ["`mask` is required"]);
    given.put(2, &"id".to_owned());
    assert_eq!(
        text(&encode_with(&PARTS, &given, 7).unwrap().body).0,
        "application/json"
    );
}

#[test]
fn debug_and_problems_show_no_value() {
    let canary = "canary 4242";
    let given = [
        (0, json!("c")),
        (2, json!({"gte": canary})),
        (3, json!(canary)),
        (4, json!({"x": canary})),
    ];
    for operation in [&JSON, &EITHER] {
        let shown = format!("{:?}", encode(operation, &given).unwrap());
        assert!(!shown.contains("4242"), "{shown}");
    }
    let bad = format!("{canary}\n/");
    let bad = [(0, json!(bad)), (1, json!(4242)), (3, json!(bad)), (4, json!(1))];
    let problems = encode(&FORM, &bad).unwrap_err();
    assert!(
        problems.len() >= 3 && !problems.join(";").contains("4242"),
        "{problems:?}"
    );
}
