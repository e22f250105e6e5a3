//! Requests and answers against a small contract: what is fine passes, and everything wrong is named with its path.

use integrator_contract::{Contract, Payload, Request};

const FORM: &[(&str, &str)] = &[("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")];
const JSON: &[(&str, &str)] = &[("content-type", "application/json")];
const ACCOUNT: &[(&str, &str)] = &[("notes-account", "7")];

fn contract() -> Contract {
    Contract::from_json(include_bytes!("notes.json")).expect("the fixture is a contract")
}

fn check(request: &Request<'_>) -> Vec<String> {
    let contract = contract();
    let (operation, _) = contract
        .route(request.method, request.path)
        .expect("the path has a route");
    contract
        .validate_request(operation, request)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn query(query: &str) -> Vec<String> {
    check(&Request {
        query,
        headers: ACCOUNT,
        ..Request::new("GET", "/notes")
    })
}

fn form(body: &str) -> Vec<String> {
    check(&Request {
        headers: FORM,
        body: Payload::Bytes(body.as_bytes()),
        ..Request::new("POST", "/notes")
    })
}

fn json(body: &str) -> Vec<String> {
    check(&Request {
        headers: JSON,
        body: Payload::Bytes(body.as_bytes()),
        ..Request::new("POST", "/notes/n1")
    })
}

#[test]
fn every_query_style_is_read() {
    for good in [
        "",
        "limit=5&after=a%20b",
        "tags=a&tags=b%2Cc",
        "status=open,done",
        "status=open%2Cdone",
        "ids=1%7C2",
        "ids=1|2",
        "words=one%20two",
        "words=one+two",
        "created=5",
        "created[gte]=5&created%5Blt%5D=9",
        "expand[0]=author&expand[1]=parent",
        "expand[]=author",
        "filter=%7B%22author%22%3A%22ada%22%7D",
        "offset=10&size=5",
        "include[]=a&include%5B%5D=b",
    ] {
        assert_eq!(query(good), [""; 0], "{good}");
    }
}

#[test]
fn what_is_wrong_in_a_query_is_named() {
    for (bad, expected) in [
        ("limt=5", "query /limt: unknown parameter, did you mean `limit`?"),
        ("limit=five", "query /limit: expected integer, found string"),
        ("limit=500", "query /limit: expected at most 100"),
        ("limit=1&limit=2", "query /limit: given more than once"),
        (
            "status=open,closed",
            "query /status/1: expected one of \"open\", \"done\"",
        ),
        ("ids=1%7Cx", "query /ids/1: expected integer, found string"),
        ("words=one%20t", "query /words/1: expected at least 2 characters"),
        (
            "created[gt]=5",
            "query /created/gt: unknown member, did you mean `gte`?",
        ),
        ("created[gte]=x", "query /created/gte: expected integer, found string"),
        ("created=x", "query /created: expected object or integer, found string"),
        ("expand[1]=a", "query /expand/1: expected the index 0"),
        ("filter=x", "query /filter: expected JSON text"),
        ("filter=%7B%7D", "query /filter/author: required but missing"),
        ("offset=x", "query /page/offset: expected integer, found string"),
    ] {
        assert_eq!(query(bad), [expected], "{bad}");
    }
}

#[test]
fn all_violations_are_listed_at_once() {
    let found = check(&Request {
        query: "limit=x&nothing=1",
        headers: &[("Notes-Beta", "a,c")],
        ..Request::new("GET", "/notes")
    });
    assert_eq!(
        found,
        [
            "header /Notes-Account: required but missing",
            "header /Notes-Beta/1: expected one of \"a\", \"b\"",
            "query /nothing: unknown parameter, known are after, created, expand, filter, ids, include[], limit, page, status, tags, words",
            "query /limit: expected integer, found string",
        ]
    );
}

#[test]
fn path_arguments_are_checked() {
    assert_eq!(check(&Request::new("GET", "/notes/n1")), [""; 0]);
    assert_eq!(
        check(&Request::new("GET", "/notes/n12345")),
        ["path /note: expected at most 5 characters"]
    );
    assert_eq!(
        check(&Request::new("GET", "/notes/")),
        ["path /note: required but missing"]
    );
    assert_eq!(
        check(&Request::new("GET", "/notes/search")),
        ["query /query: required but missing"]
    );
}

#[test]
fn a_request_of_another_operation_is_told_so() {
    let contract = contract();
    let operation = contract.operation("notes.create").unwrap();
    let found = contract.validate_request(operation, &Request::new("GET", "/files"));
    assert_eq!(found[0].to_string(), "path: expected POST /notes");
}

#[test]
fn nested_forms_are_read() {
    for good in [
        "text=a",
        "text=a+b%26&pinned=true&rank=-3&weight=2.5&price=12.50",
        "text=a&address[city]=Ulm&address[floor]=2",
        "text=a&address=",
        "text=5&metadata[5]=6&metadata[a b]=",
        "text=a&lines[0][text]=x&lines[0][amount]=1&lines[1][text]=y&expand[0]=author",
    ] {
        assert_eq!(form(good), [""; 0], "{good}");
    }
}

#[test]
fn a_required_list_that_is_empty_leaves_no_trace_in_a_form() {
    assert_eq!(check(&Request::new("POST", "/notes/archive")), [""; 0]);
    let none = Request {
        headers: FORM,
        ..Request::new("POST", "/notes/archive")
    };
    assert_eq!(check(&none), [""; 0]);
}

#[test]
fn what_is_wrong_in_a_form_is_named() {
    for (bad, expected) in [
        ("", "body /text: required but missing"),
        ("text=", "body /text: expected at least 1 characters"),
        (
            "text=a&pined=true",
            "body /pined: unknown member, did you mean `pinned`?",
        ),
        ("text=a&pinned=yes", "body /pinned: expected boolean, found string"),
        ("text=a&rank=007", "body /rank: expected integer, found string"),
        ("text=a&price=1e5", "body /price: expected the format decimal"),
        (
            "text=a&address[town]=Ulm",
            "body /address/town: unknown member, known are city, floor",
        ),
        (
            "text=a&address[floor]=second",
            "body /address/floor: expected integer, found string",
        ),
        ("text=a&address=Ulm", "body /address: expected the constant \"\""),
        ("text=a&lines[0][amount]=1", "body /lines/0/text: required but missing"),
        ("text=a&lines[1][text]=x", "body /lines/1: expected the index 0"),
        ("text=a&rank=1&rank=2", "body /rank: given more than once"),
        (
            "text=a&rank=1&rank[a]=2",
            "body /rank/a: given both as a value and as an object, or twice as a file",
        ),
    ] {
        assert_eq!(form(bad), [expected], "{bad}");
    }
}

#[test]
fn json_bodies_are_checked() {
    for good in [
        r##"{"text": null}"##,
        r##"{"color": "#00ff7f", "author": {"kind": "person", "email": "a@example.com"}}"##,
        r##"{"author": {"kind": "team", "members": [{"kind": "person", "email": "a@example.com"}]}}"##,
    ] {
        assert_eq!(json(good), [""; 0], "{good}");
    }
    for (bad, expected) in [
        ("{}", "body: expected at least 1 members"),
        ("{", "body: expected JSON, found an error in line 1, column 1"),
        (r#"{"txt": "a"}"#, "body /txt: unknown member, did you mean `text`?"),
        (r#"{"text": 5}"#, "body /text: expected null or string, found integer"),
        (
            r#"{"color": "red"}"#,
            r"body /color: expected text that matches ^#[a-f\d]{6}$",
        ),
        (
            r#"{"author": {"kind": "person", "email": "nobody"}}"#,
            "body /author/email: expected the format email",
        ),
        (
            r#"{"author": {"kind": "person", "emil": "a@b.c", "email": "a@b.c"}}"#,
            "body /author/emil: unknown member, did you mean `email`?",
        ),
        (
            r#"{"author": {"kind": "team", "members": [{"kind": "person"}]}}"#,
            "body /author/members/0/email: required but missing",
        ),
        (r#"{"author": 5}"#, "body /author: expected object, found integer"),
    ] {
        assert_eq!(json(bad), [expected], "{bad}");
    }
}

#[test]
fn the_deepest_json_is_survived() {
    let depth = 60;
    let nested = format!(
        "{{\"author\": {}5{}}}",
        "{\"kind\": \"team\", \"members\": [".repeat(depth),
        "]}".repeat(depth)
    );
    let found = json(&nested);
    let deepest = format!(
        "body /author{}: expected object, found integer",
        "/members/0".repeat(depth)
    );
    assert_eq!(found, [deepest]);
}

#[test]
fn bodies_where_none_or_another_belongs() {
    let body = Payload::Bytes(b"text=a");
    assert_eq!(
        check(&Request {
            body,
            headers: ACCOUNT,
            ..Request::new("GET", "/notes")
        }),
        ["body: expected no body"]
    );
    let wrong = check(&Request {
        body,
        headers: JSON,
        ..Request::new("POST", "/notes")
    });
    assert_eq!(
        wrong,
        ["header /content-type: expected application/x-www-form-urlencoded"]
    );
    let none = check(&Request {
        body,
        ..Request::new("POST", "/notes")
    });
    assert_eq!(
        none,
        ["header /content-type: expected application/x-www-form-urlencoded, found none"]
    );
    assert_eq!(
        check(&Request::new("POST", "/notes/n1")),
        ["body: expected application/json, found no body"]
    );
}

fn upload(parts: &[(&str, &str)]) -> Vec<String> {
    let mut body = String::new();
    for (disposition, content) in parts {
        body += &format!("--b\r\nContent-Disposition: form-data; {disposition}\r\n\r\n{content}\r\n");
    }
    body += "--b--\r\n";
    let headers = &[("content-type", "multipart/form-data; boundary=b")];
    check(&Request {
        headers,
        body: Payload::Bytes(body.as_bytes()),
        ..Request::new("POST", "/files")
    })
}

#[test]
fn uploads_are_checked() {
    const FILE: (&str, &str) = ("name=\"file\"; filename=\"a.txt\"", "hello");
    const PURPOSE: (&str, &str) = ("name=\"purpose\"", "logo");
    assert_eq!(
        upload(&[
            FILE,
            PURPOSE,
            ("name=\"link[create]\"", "true"),
            ("name=\"pages[]\"", "1"),
            ("name=\"pages[]\"", "2")
        ]),
        [""; 0]
    );
    for (bad, expected) in [
        (&[FILE][..], "body /purpose: required but missing"),
        (&[PURPOSE], "body /file: required but missing"),
        (
            &[FILE, ("name=\"purpose\"", "portrait")],
            "body /purpose: expected one of \"logo\", \"letter\"",
        ),
        (
            &[PURPOSE, ("name=\"file\"", "hello")],
            "body /file: expected a file, found a field",
        ),
        (
            &[FILE, ("name=\"purpose\"; filename=\"p\"", "logo")],
            "body /purpose: expected a field, found a file",
        ),
        (
            &[FILE, PURPOSE, ("name=\"link[created]\"", "true")],
            "body /link/created: unknown member, did you mean `create`?",
        ),
    ] {
        assert_eq!(upload(bad).first().map(String::as_str), Some(expected), "{bad:?}");
    }
    let headers = &[("content-type", "multipart/form-data; boundary=b")];
    let cut = check(&Request {
        headers,
        body: Payload::Bytes(b"--b\r\n"),
        ..Request::new("POST", "/files")
    });
    assert_eq!(cut, ["body: expected the closing boundary, found the end"]);
}

fn answer(operation: &str, status: u16, media_type: Option<&str>, body: &str) -> Vec<String> {
    let contract = contract();
    let operation = contract.operation(operation).expect("the operation is there");
    let found = contract.validate_response(operation, status, media_type, body.as_bytes());
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn answers_are_checked() {
    const JSON: Option<&str> = Some("application/json; charset=utf-8");
    const NOTE: &str =
        r#"{"id": "n", "created": 1, "author": {"kind": "person", "email": "a@example.com"}, "parent": "m"}"#;
    assert_eq!(answer("notes.retrieve", 200, JSON, NOTE), [""; 0]);
    assert_eq!(
        answer("notes.retrieve", 200, JSON, r#"{"id": "n", "deleted": true}"#),
        [""; 0]
    );
    assert_eq!(
        answer("notes.create", 500, JSON, r#"{"error": {"code": "x"}}"#),
        [""; 0]
    );
    assert_eq!(answer("notes.delete", 204, None, ""), [""; 0]);
    assert_eq!(answer("GetNotePdf", 200, Some("application/pdf"), "%PDF"), [""; 0]);
    let bad = r#"{"id": 5, "created": 1, "author": {"kind": "robot"}, "parent": {"id": "p", "created": "now", "author": null, "parent": null}, "at": "yesterday"}"#;
    assert_eq!(
        answer("notes.create", 201, JSON, bad),
        [
            "body /at: expected the format date-time",
            "body /author/email: required but missing",
            "body /author/kind: expected the constant \"person\"",
            "body /id: expected string, found integer",
            "body /parent/author: expected object, found null",
            "body /parent/created: expected integer, found string",
        ]
    );
    assert_eq!(
        answer("notes.list", 302, None, ""),
        ["status: expected one of 200, 4XX, found 302"]
    );
    assert_eq!(
        answer("notes.list", 404, JSON, "{}"),
        ["body /error: required but missing"]
    );
    assert_eq!(
        answer("notes.list", 200, Some("text/html"), "<p>"),
        ["header /content-type: expected application/json"]
    );
    assert_eq!(
        answer("notes.list", 200, JSON, ""),
        ["body: expected a body, found none"]
    );
    assert_eq!(
        answer("notes.list", 200, JSON, "{\n\"a"),
        ["body: expected JSON, found an error in line 2, column 2"]
    );
    assert_eq!(answer("notes.delete", 204, JSON, "{}"), ["body: expected no body"]);
}

#[test]
fn a_contract_that_is_none_is_an_error() {
    assert!(
        Contract::from_json(b"{}")
            .unwrap_err()
            .to_string()
            .starts_with("read the contract: missing field")
    );
    assert!(
        Contract::from_gzip(b"{}")
            .unwrap_err()
            .to_string()
            .starts_with("unpack the contract: ")
    );
    assert!(Contract::of("nobody").is_none());
    assert!(
        Contract::load("nobody")
            .unwrap_err()
            .to_string()
            .starts_with("find a contract named `nobody`; there are: ")
    );
}

#[test]
fn a_broken_schema_is_reported_not_fatal() {
    let contract = Contract::from_json(
        br##"{"provider": "p", "version": "1", "operations": [], "schemas": {"a": {"$ref": "#/$defs/gone"}, "b": {"type": "what"}, "c": {"$ref": "#/$defs/c"}}}"##,
    );
    let contract = contract.unwrap();
    let problems = |name: &str| {
        contract
            .schema(name)
            .unwrap()
            .violations(&1.into(), integrator_contract::Where::Body)[0]
            .message
            .clone()
    };
    assert_eq!(problems("a"), "the contract has no schema named `gone`");
    assert!(problems("b").starts_with("the contract's own schema is broken: "));
    assert!(
        integrator_contract::Example::seeded(1)
            .of(&contract, contract.schema("c").unwrap())
            .is_string()
    );
}
