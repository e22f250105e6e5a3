//! The reader against both documents, with a client that is right, and with clients that each get one thing wrong.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use super::{Proof, Received, prove};
use serde_json::Value;

use crate::arguments::Arguments;
use crate::document::{Document, Operation};
use crate::expect::{Expected, ExpectedBody, Pair, Text};

/// A request that is right, with one change.
fn request(expected: &Expected, change: impl Fn(&mut Vec<Pair>)) -> Received {
    let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
    let value = |text: &Text| match text {
        Text::Exact(text) => encode(text),
        Text::Number(number) => number.to_string(),
        Text::Delimited(members, delimiter) => members
            .iter()
            .map(|member| encode(member))
            .collect::<Vec<_>>()
            .join(&delimiter.to_string()),
        Text::Json(value) => encode(&value.to_string()),
    };
    let urlencoded = |pairs: &[Pair]| {
        let mut pairs = pairs.to_vec();
        change(&mut pairs);
        pairs
            .iter()
            .map(|pair| format!("{}={}", encode(&pair.key), value(&pair.value)))
            .collect::<Vec<_>>()
            .join("&")
    };
    let path: String = expected
        .segments
        .iter()
        .map(|segment| format!("/{}", encode(segment)))
        .collect();
    let mut headers = expected.headers.clone();
    let (content_type, body) = match &expected.body {
        ExpectedBody::Empty => (String::new(), Vec::new()),
        ExpectedBody::Json { media_type, value, .. } => (media_type.clone(), value.to_string().into_bytes()),
        ExpectedBody::Text { media_type, text } => (media_type.clone(), text.clone().into_bytes()),
        ExpectedBody::Bytes { media_type, bytes } => (media_type.clone(), bytes.clone()),
        ExpectedBody::Xml { .. } => panic!("no XML among the expectations here"),
        ExpectedBody::Form(pairs) => (
            "application/x-www-form-urlencoded".to_owned(),
            urlencoded(pairs).into_bytes(),
        ),
        ExpectedBody::Multipart { fields, files } => {
            let mut body = Vec::new();
            for field in fields {
                let Text::Exact(text) = &field.value else {
                    panic!("text")
                };
                let disposition = format!("content-disposition: form-data; name=\"{}\"", field.key);
                body.extend(format!("--b0\r\n{disposition}\r\n\r\n{text}\r\n").bytes());
            }
            for file in files {
                let name = file.name.replace('"', "%22");
                let disposition = format!(
                    "content-disposition: form-data; name=\"{}\"; filename=\"{name}\"",
                    file.part
                );
                body.extend(format!("--b0\r\n{disposition}\r\n\r\n").bytes());
                body.extend(&file.bytes);
                body.extend(b"\r\n");
            }
            body.extend(b"--b0--");
            ("multipart/form-data; boundary=b0".to_owned(), body)
        }
    };
    headers.push(("content-type".to_owned(), content_type));
    let target = format!("{path}?{}", urlencoded(&expected.query));
    Received {
        method: expected.method.clone(),
        target,
        headers,
        body,
        violations: Vec::new(),
        answer: Vec::new(),
    }
}

fn run(
    provider: &str,
    document: &Document,
    send: impl Fn(&Operation, &Arguments) -> Result<Received, String>,
) -> Proof {
    let send = async |operation: &Operation, arguments: &Arguments| send(operation, arguments);
    match pin!(prove(provider, document, send)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(proof) => proof,
        Poll::Pending => panic!("nothing in here waits"),
    }
}

fn right_for(provider: &str, operations: usize) {
    let document = Document::load(provider).unwrap();
    let proof = run(provider, &document, |operation, arguments| {
        Ok(request(&Expected::of(&document, operation, arguments).unwrap(), |_| {}))
    });
    assert_eq!(proof.verdict(), Ok(()));
    assert_eq!((proof.exercised, proof.total), (operations, operations));
}

#[test]
fn every_operation_of_calendly_gets_arguments_and_every_union_a_turn_for_each_member() {
    right_for("calendly", 75);
}

#[test]
fn every_operation_of_stripe_gets_arguments_and_every_union_a_turn_for_each_member() {
    right_for("stripe", 648);
}

#[test]
fn one_wire_name_that_is_wrong_anywhere_is_found() {
    let document = Document::load("stripe").unwrap();
    let renamed = |pairs: &mut Vec<Pair>| {
        for pair in pairs {
            pair.key = pair.key.replace("[postal_code]", "[postalcode]");
        }
    };
    let proof = run("stripe", &document, |operation, arguments| {
        Ok(request(
            &Expected::of(&document, operation, arguments).unwrap(),
            renamed,
        ))
    });
    let report = proof.verdict().unwrap_err();
    assert!(
        report.contains("PostCustomers: body address[postal_code]: expected"),
        "{}",
        &report[..500]
    );
    assert!(
        proof.failures.iter().all(|failure| failure.contains("postal")),
        "{}",
        &report[..500]
    );
}

#[test]
fn an_operation_that_is_never_sent_or_is_refused_fails_the_proof() {
    let document = Document::load("calendly").unwrap();
    let proof = run("calendly", &document, |operation, arguments| {
        if operation.method == "DELETE" {
            return Err("no setter".to_owned());
        }
        let mut received = request(&Expected::of(&document, operation, arguments).unwrap(), |_| {});
        if operation.method == "PATCH" {
            received.violations.push("/name is too long".to_owned());
        }
        Ok(received)
    });
    let deletes = document
        .operations()
        .iter()
        .filter(|operation| operation.method == "DELETE")
        .count();
    assert_eq!(proof.exercised + deletes, proof.total);
    let report = proof.verdict().unwrap_err();
    assert!(
        report.contains("no setter") && report.contains("refused: /name is too long"),
        "{report}"
    );
}

/// Properties that no value has, by pointer.
fn unsent(document: &Document, schema: &Value, at: &str, values: &[Value], open: &[&str], found: &mut Vec<String>) {
    let reference = schema.get("$ref").and_then(Value::as_str);
    if reference.is_some_and(|reference| open.contains(&reference)) {
        return;
    }
    let open: Vec<&str> = open.iter().copied().chain(reference).collect();
    let schema = document.resolve(schema).unwrap();
    for member in ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(key)?.as_array())
        .flatten()
    {
        unsent(document, member, at, values, &open, found);
    }
    let into = |select: &dyn Fn(&Value) -> Vec<Value>| values.iter().flat_map(select).collect::<Vec<_>>();
    if let Some(items) = schema.get("items") {
        let members = into(&|value| value.as_array().cloned().unwrap_or_default());
        unsent(document, items, &format!("{at}/[]"), &members, &open, found);
    }
    for (name, property) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let members = into(&|value| value.get(name).cloned().into_iter().collect());
        let at = format!("{at}/{name}");
        if members.is_empty() {
            found.push(at);
        } else {
            unsent(document, property, &at, &members, &open, found);
        }
    }
}

#[test]
fn every_name_that_a_request_can_have_is_sent() {
    for provider in ["calendly", "stripe"] {
        let document = Document::load(provider).unwrap();
        let sent: RefCell<BTreeMap<String, Vec<Value>>> = RefCell::default();
        run(provider, &document, |operation, arguments| {
            let all = arguments
                .names()
                .map(|name| (name.to_owned(), arguments.value(name).cloned().unwrap()));
            let mut sent = sent.borrow_mut();
            sent.entry(operation.id.clone())
                .or_default()
                .push(Value::Object(all.collect()));
            Ok(request(&Expected::of(&document, operation, arguments).unwrap(), |_| {}))
        });
        let sent = sent.into_inner();
        let mut found = Vec::new();
        for operation in document.operations() {
            let values = &sent[&operation.id];
            let parameters = operation
                .parameters
                .iter()
                .map(|parameter| (&parameter.name, &parameter.schema));
            for (name, schema) in parameters {
                let values: Vec<Value> = values.iter().filter_map(|value| value.get(name).cloned()).collect();
                assert!(!values.is_empty(), "{}: {name}", operation.id);
                unsent(
                    &document,
                    schema,
                    &format!("{} {name}", operation.id),
                    &values,
                    &[],
                    &mut found,
                );
            }
            if let Some(body) = &operation.body {
                unsent(&document, &body.schema, &operation.id, values, &[], &mut found);
            }
        }
        assert_eq!(found, Vec::<String>::new());
    }
}
