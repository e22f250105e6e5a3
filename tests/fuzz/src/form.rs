//! Forms: what core writes, the contract's reader reads; and that reader survives what nobody wrote.

use std::sync::LazyLock;

use integrator_contract::{Contract, Payload, Request, form_pairs};
use integrator_core::operation::{Body, Method, Operation};
use integrator_core::provider::Provider;
use integrator_core::{Call, Client, Credential, Value};

static PROVIDER: Provider = Provider {
    name: "form",
    base_url: Some("https://form.test"),
    ..Provider::DEFAULT
};

static SEND: Operation = Operation {
    id: "send",
    name: "send",
    method: Method::Post,
    body: Body::Form,
    ..Operation::DEFAULT
};

static CONTRACT: LazyLock<Contract> = LazyLock::new(|| {
    let text = include_bytes!("../../../crates/integrator-contract/tests/notes.json");
    Contract::from_json(text).expect("the fixture is a contract")
});

/// Reads `input` as a form and a query; and where it is an object of JSON, writes it as a form and reads that.
///
/// # Panics
/// When the pairs that are read are not those that were written.
pub fn check(input: &[u8]) {
    validate(input);
    let Ok(Value::Object(members)) = serde_json::from_slice(input) else {
        return;
    };
    let mut expected = Vec::new();
    for (name, value) in &members {
        if !flatten(name, value, &mut expected) {
            return;
        }
    }
    let client = client();
    let call: Call<Value> = client.call(&SEND).body(Value::Object(members));
    let prepared = call.prepare().expect("any object becomes a form");
    let text = std::str::from_utf8(prepared.body().unwrap_or_default()).expect("a form is ASCII");
    assert!(text.is_ascii());
    let mut found: Vec<(String, String)> = form_pairs(text)
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    // Members that are not listed may come in any order.
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

fn validate(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let request = Request {
        query: &text,
        headers: &[("content-type", "application/x-www-form-urlencoded")],
        body: Payload::Bytes(input),
        ..Request::new("POST", "/notes")
    };
    for method in ["GET", "POST"] {
        let (operation, _) = CONTRACT.route(method, "/notes").expect("the fixture has notes");
        for violation in CONTRACT.validate_request(operation, &request) {
            assert!(!violation.to_string().is_empty());
        }
        let _ = CONTRACT.read_body(operation, &request);
    }
}

fn client() -> Client {
    let builder = Client::builder(&PROVIDER).credential(Credential::none());
    builder
        .transport(integrator_core::testing::ScriptedTransport::new([]))
        .build()
        .expect("nothing is missing")
}

/// Names and values as the notation has them; `false` where it cannot tell them apart.
fn flatten(name: &str, value: &Value, pairs: &mut Vec<(String, String)>) -> bool {
    let inner = name
        .rsplit_once('[')
        .map_or(name, |(_, last)| last.trim_end_matches(']'));
    if inner.is_empty() || name.matches('[').count() != name.matches(']').count() {
        return false;
    }
    match value {
        Value::Null => pairs.push((name.to_owned(), String::new())),
        Value::String(text) => pairs.push((name.to_owned(), text.clone())),
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            return items.all(|(at, item)| flatten(&format!("{name}[{at}]"), item, pairs));
        }
        Value::Object(members) => {
            return members.iter().all(|(member, value)| {
                !member.contains(['[', ']']) && flatten(&format!("{name}[{member}]"), value, pairs)
            });
        }
        other => pairs.push((name.to_owned(), other.to_string())),
    }
    true
}
