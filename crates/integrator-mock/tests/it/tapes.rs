//! Cassettes: recorded through a client and by a mock, without secrets; refused with secrets; replayed in order.

use std::error::Error as _;

use integrator_core::{
    Client, ClientBuilder, Credential, Operation, Provider, Retry,
    operation::{Argument, Body, Method},
};
use integrator_mock::{Cassette, CassetteError, Mock};
use serde_json::{Value, json};

use crate::client::{get, send};

static CREATE: Operation = Operation {
    id: "PostCustomers",
    name: "customers.create",
    method: Method::Post,
    path: "/v1/customers",
    body: Body::Form,
    arguments: &[Argument::field("email"), Argument::field("metadata")],
    ..Operation::DEFAULT
};
static RETRIEVE: Operation = Operation {
    id: "GetCustomersCustomer",
    name: "customers.retrieve",
    path: "/v1/customers/{customer}",
    arguments: &[Argument::path("customer")],
    ..Operation::DEFAULT
};
static STRIPE: Provider = Provider {
    name: "stripe",
    title: "Stripe",
    redact: &["client_secret"],
    operations: &[&CREATE, &RETRIEVE],
    ..Provider::DEFAULT
};
const KEY: &str = "sk_test_4eC39HqLyjWDarjtT1zdp7dc";

fn builder(url: &str) -> ClientBuilder<Client> {
    ClientBuilder::<Client>::new(&STRIPE)
        .base_url(url)
        .credential(Credential::bearer(KEY))
        .retry(Retry::never())
}

async fn create(client: &Client, email: &str) -> Result<Value, integrator_core::Error> {
    let call = client.call::<Value>(&CREATE);
    Ok(call
        .set("email", json!(email))
        .set("metadata", json!({"password": "hunter2"}))
        .send()
        .await?
        .into_inner())
}

async fn retrieve(client: &Client, id: &str) -> Result<Value, integrator_core::Error> {
    let call = client.call::<Value>(&RETRIEVE);
    Ok(call.set("customer", json!(id)).send().await?.into_inner())
}

#[tokio::test]
async fn what_a_client_did_is_recorded_and_played_back() {
    let mock = Mock::builder(&STRIPE).stateful().start().await.unwrap();
    let cassette = Cassette::new(&STRIPE);
    let recording = cassette.clone();
    let client = builder(mock.url())
        .wrap_transport(move |inner| recording.recording(inner))
        .build()
        .unwrap();
    let ada = create(&client, "ada@example.com").await.unwrap();
    let id = ada["id"].as_str().unwrap().to_owned();
    let read = retrieve(&client, &id).await.unwrap();
    assert_eq!(cassette.len(), 2);

    let text = cassette.to_text();
    assert!(!text.contains(KEY) && !text.contains("hunter2"), "{text}");
    assert!(
        text.contains("\"authorization\":\"REDACTED\"") && text.contains("ada%40example.com"),
        "{text}"
    );
    assert_eq!(text.lines().count(), 2);

    let loaded = Cassette::from_text(&STRIPE, &text).unwrap();
    let player = loaded.player();
    let replayed = builder("https://api.example.com")
        .transport(player.clone())
        .build()
        .unwrap();
    assert_eq!(create(&replayed, "ada@example.com").await.unwrap(), scrubbed(ada));
    assert_eq!(
        (retrieve(&replayed, &id).await.unwrap(), player.left()),
        (scrubbed(read), 0)
    );
}

fn scrubbed(mut value: Value) -> Value {
    if let Some(password) = value.pointer_mut("/metadata/password") {
        *password = json!("REDACTED");
    }
    value
}

#[tokio::test]
async fn a_replay_is_strict_and_says_what_differs() {
    let mock = Mock::start(&STRIPE).await.unwrap();
    let cassette = Cassette::new(&STRIPE);
    let recording = cassette.clone();
    let client = builder(mock.url())
        .wrap_transport(move |inner| recording.recording(inner))
        .build()
        .unwrap();
    create(&client, "ada@example.com").await.unwrap();
    retrieve(&client, "cus_1").await.unwrap();

    let player = cassette.player();
    let client = builder("https://api.example.com")
        .transport(player.clone())
        .build()
        .unwrap();
    let told = |error: integrator_core::Error| {
        let mut text = error.to_string();
        let mut cause = error.source();
        while let Some(error) = cause {
            text += &format!(": {error}");
            cause = error.source();
        }
        text
    };
    let early = told(retrieve(&client, "cus_1").await.unwrap_err());
    assert!(
        early.contains("replay exchange 1 of 2: expected POST /v1/customers, found GET /v1/customers/cus_1"),
        "{early}"
    );
    let other = told(create(&client, "grace@example.com").await.unwrap_err());
    assert!(
        other.contains("POST /v1/customers differs at /body/form") && !other.contains("grace"),
        "{other}"
    );
    assert_eq!(player.left(), 2, "what did not match stays");
    create(&client, "ada@example.com").await.unwrap();
    retrieve(&client, "cus_1").await.unwrap();
    let over = told(retrieve(&client, "cus_1").await.unwrap_err());
    assert!(
        over.contains("replay exchange 3 of 2: there is no more for GET /v1/customers/cus_1"),
        "{over}"
    );
}

#[tokio::test]
async fn a_mock_records_and_replays_for_any_program() {
    let cassette = Cassette::new(&STRIPE);
    let mock = Mock::builder(&STRIPE).record(&cassette).start().await.unwrap();
    let first = get(&mock, "/v1/customers/cus_1?expand[]=a").await.unwrap();
    let form = "content-type: application/x-www-form-urlencoded\r\nauthorization: Bearer any\r\n";
    let made = send(&mock, "POST", "/v1/customers", form, "name=ada").await.unwrap();
    drop(mock);

    let text = cassette.to_text();
    let loaded = Cassette::from_text(&STRIPE, &text).unwrap();
    let mock = Mock::builder(&STRIPE).replay(&loaded).start().await.unwrap();
    let wrong = send(&mock, "POST", "/v1/customers", form, "name=ada").await.unwrap();
    assert_eq!(
        (wrong.status, &wrong.json()["error"]["code"]),
        (422, &json!("cassette_mismatch"))
    );
    let again = get(&mock, "/v1/customers/cus_1?expand[]=a").await.unwrap();
    assert_eq!((again.status, again.json()), (first.status, first.json()));
    assert_eq!(
        send(&mock, "POST", "/v1/customers", form, "name=ada")
            .await
            .unwrap()
            .json(),
        made.json()
    );
}

#[test]
fn a_cassette_that_holds_a_secret_does_not_load() {
    let line = |request: Value, answer: Value| json!({"request": request, "answer": answer}).to_string();
    let asked = |more: Value| {
        let mut request = json!({"method": "GET", "target": "/v1/a"});
        request
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        request
    };
    let fine = json!({"status": 200});
    let text = [
        line(asked(json!({"headers": {"authorization": "Bearer abc"}})), fine.clone()),
        line(asked(json!({"target": "/v1/a?api_key=abc&limit=3"})), fine.clone()),
        line(asked(json!({"body": {"form": "card[number]=4242"}})), fine.clone()),
        line(
            asked(json!({})),
            json!({"status": 200, "body": {"json": {"list": [{"client_secret": "s"}]}}}),
        ),
        line(
            asked(json!({})),
            json!({"status": 200, "body": {"json": {"note": format!("use {KEY}")}}}),
        ),
        line(
            asked(json!({})),
            json!({"status": 200, "body": {"text": "data: {\"password\":\"p\"}\n\n"}}),
        ),
        line(
            asked(json!({"headers": {"authorization": "REDACTED"}, "target": "/v1/a?api_key=REDACTED"})),
            fine,
        ),
        "{\"request\": {}, \"answer\": {\"status\": 7}}".to_owned(),
        "no JSON".to_owned(),
    ]
    .join("\n");
    let error = Cassette::from_text(&STRIPE, &text).unwrap_err();
    assert!(!error.to_string().contains(KEY), "{error}");
    let CassetteError::Content { problems } = error else {
        panic!("{error}")
    };
    let expected = [
        "line 1: a secret stands in request/headers/authorization;",
        "line 2: a secret stands in request/target;",
        "line 3: a secret stands in request/body/form;",
        "line 4: a secret stands in answer/body/json/list/0/client_secret;",
        "line 5: a secret stands in answer/body/json/note;",
        "line 6: a secret stands in answer/body/text;",
        "line 8: request: `method` is no text",
        "line 8: request: `target` is no text",
        "line 8: answer: `status` is no HTTP status",
        "line 9: no JSON: ",
    ];
    assert_eq!(problems.len(), expected.len(), "{problems:?}");
    for (found, expected) in problems.iter().zip(expected) {
        assert!(found.starts_with(expected), "{found}");
    }
}
