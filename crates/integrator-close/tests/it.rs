//! What Close's client sends and reads where the provider has ways of its own: SMS, custom fields, long queries, searches.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by where it panics")]

use integrator_close::types::{SearchQuery, SmsAttachmentInput, SmsStatus};
use integrator_close::{Client, Credential};
use integrator_core::testing::{Recorded, Scripted, ScriptedTransport};
use integrator_core::{Own, Timestamp, Value, json};
use serde::{Deserialize, Serialize};

fn client(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let builder = Client::builder().credential(Credential::basic("key", "")).seed(7);
    (builder.transport(transport.clone()).build().unwrap(), transport)
}

fn fixture(name: &str) -> Value {
    let path = format!("{}/../../specs/close/fixtures/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn target(request: &Recorded) -> &str {
    request.uri.path_and_query().unwrap().as_str()
}

#[tokio::test(start_paused = true)]
async fn an_sms_is_drafted_sent_scheduled_and_made_from_a_template() {
    let answers = (0..5).map(|_| Scripted::json(&fixture("sms")));
    let (close, transport) = client(answers);
    let sms = || close.activities().sms();
    let draft = || {
        sms()
            .create()
            .lead_id("lead_1")
            .contact_id("cont_1")
            .local_phone("+14155550100")
    };
    let answer = draft()
        .status(SmsStatus::Draft)
        .text("Hello, Zoë")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status, Some(SmsStatus::Sent));
    draft()
        .status(SmsStatus::Outbox)
        .text("now")
        .send_in(10)
        .send()
        .await
        .unwrap();
    let later = Timestamp::from("2026-12-01T09:00:00+00:00");
    draft()
        .status(SmsStatus::Scheduled)
        .text("later")
        .date_scheduled(later)
        .send()
        .await
        .unwrap();
    let picture = SmsAttachmentInput::new("image/png", "plan.png", "https://app.close.com/go/file/1");
    draft()
        .status(SmsStatus::Outbox)
        .template_id("smstmpl_1")
        .attachments(vec![picture])
        .send()
        .await
        .unwrap();
    sms().update("acti_1").status(SmsStatus::Outbox).send().await.unwrap();

    let received = transport.received();
    let bodies: Vec<Value> = received.iter().map(body).collect();
    let with = |more: Value| {
        let mut body = json!({"lead_id": "lead_1", "contact_id": "cont_1", "local_phone": "+14155550100"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    assert_eq!(bodies[0], with(json!({"status": "draft", "text": "Hello, Zoë"})));
    assert_eq!(
        bodies[1],
        with(json!({"status": "outbox", "text": "now", "send_in": 10}))
    );
    assert_eq!(
        bodies[2],
        with(json!({"status": "scheduled", "text": "later", "date_scheduled": "2026-12-01T09:00:00+00:00"}))
    );
    let attachment =
        json!({"content_type": "image/png", "filename": "plan.png", "url": "https://app.close.com/go/file/1"});
    assert_eq!(
        bodies[3],
        with(json!({"status": "outbox", "template_id": "smstmpl_1", "attachments": [attachment]}))
    );
    assert_eq!(bodies[4], json!({"status": "outbox"}));
    assert_eq!(
        (received[4].method.as_str(), target(&received[4])),
        ("PUT", "/api/v1/activity/sms/acti_1/")
    );
    assert_eq!(received[0].headers["authorization"], "Basic a2V5Og==");
}

#[tokio::test(start_paused = true)]
async fn an_sms_that_may_have_been_sent_is_not_sent_again() {
    let (close, transport) = client([Scripted::reset(), Scripted::reset()]);
    let sms = close.activities().sms();
    let create = sms.create().lead_id("lead_1").text("once").status(SmsStatus::Outbox);
    assert!(create.send().await.unwrap_err().may_have_been_sent());
    let draft = sms.update("acti_1").status(SmsStatus::Outbox);
    assert!(draft.send().await.unwrap_err().may_have_been_sent());
    assert_eq!(transport.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn errors_of_all_shapes_say_what_is_wrong() {
    let shapes = [
        (
            400,
            json!({"errors": ["Bad request"], "field-errors": {"status": "Required"}}),
            "Bad request",
        ),
        (404, json!({"error": "Not found"}), "Not found"),
    ];
    for (status, shape, message) in shapes {
        let (close, _) = client([Scripted::status(status).with_json(&shape)]);
        let error = close.leads().retrieve("lead_1").send().await.unwrap_err();
        assert_eq!(error.message(), Some(message), "{error:?}");
    }
}

/// A lead with the custom fields of one organization.
#[derive(Debug, Serialize, Deserialize, PartialEq)]
struct Lead {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    name: String,
    #[serde(rename = "custom.cf_size")]
    size: u32,
    #[serde(rename = "custom.cf_tags")]
    tags: Vec<String>,
}

#[tokio::test(start_paused = true)]
async fn leads_have_fields_of_the_users_own() {
    let page = json!({"has_more": false, "data": [fixture("lead")]});
    let (close, transport) = client([
        Scripted::json(&fixture("lead")),
        Scripted::json(&fixture("lead")),
        Scripted::json(&page),
        Scripted::json(&fixture("lead")),
    ]);
    let tags = vec!["a".to_owned(), "b".to_owned()];
    let (name, size) = ("Ada Ltd".to_owned(), 12);
    let new = Lead {
        id: None,
        name,
        size,
        tags,
    };
    let made = close
        .leads()
        .create()
        .call()
        .body_of(&new)
        .own::<Lead>()
        .send()
        .await
        .unwrap();
    assert_eq!((made.size, &made.tags), (12, &new.tags));
    let body = body(&transport.received()[0]);
    assert_eq!(
        body,
        json!({"name": "Ada Ltd", "custom.cf_size": 12, "custom.cf_tags": ["a", "b"]})
    );

    let only = close
        .leads()
        .retrieve("lead_1")
        .fields("id,name,custom")
        .call()
        .own::<Lead>();
    assert_eq!(only.send().await.unwrap().id.as_deref(), Some("lead_1"));
    let mut leads = close.leads().list().limit(10).call().items::<Own<Lead>>();
    assert_eq!(leads.next().await.unwrap().unwrap().size, 12);

    // Without a type of one's own they are there, too.
    let plain = close.leads().retrieve("lead_1").send().await.unwrap();
    assert_eq!(plain.custom_fields["custom.cf_size"], 12);
    assert_eq!(
        target(&transport.received()[1]),
        "/api/v1/lead/lead_1/?_fields=id%2Cname%2Ccustom"
    );
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_too_long_for_a_url_is_a_body() {
    let (close, transport) = client([Scripted::json(&json!({"has_more": false, "data": []}))]);
    let ids: Vec<String> = (0..400).map(|number| format!("lead_{number:08}")).collect();
    close
        .activities()
        .list()
        .lead_id(ids.clone())
        .limit(5)
        .send()
        .await
        .unwrap();
    let received = transport.received();
    assert_eq!(
        (received[0].method.as_str(), target(&received[0])),
        ("POST", "/api/v1/activity/")
    );
    assert_eq!(received[0].headers["x-http-method-override"], "GET");
    assert_eq!(
        body(&received[0]),
        json!({"_params": {"lead_id": ids.join(","), "_limit": 5}})
    );
}

#[tokio::test(start_paused = true)]
async fn a_long_query_stays_safe_to_repeat() {
    let (close, transport) = client([
        Scripted::reset(),
        Scripted::json(&json!({"has_more": false, "data": []})),
    ]);
    let ids: Vec<String> = (0..400).map(|number| format!("lead_{number:08}")).collect();
    close.activities().list().lead_id(ids).send().await.unwrap();
    assert_eq!(transport.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn searches_go_on_by_their_cursor() {
    let page = |id: &str, cursor: Value| {
        Scripted::json(&json!({"data": [{"id": id, "__object_type": "lead"}], "cursor": cursor}))
    };
    let (close, transport) = client([page("lead_1", json!("c1")), page("lead_2", Value::Null)]);
    let query: SearchQuery = integrator_core::testing::decode(json!({"type": "and", "queries": [
        {"type": "object_type", "object_type": "lead"},
        {"type": "text", "mode": "full_words", "value": "ada"},
    ]}))
    .unwrap();
    let search = close
        .data()
        .search()
        .query(query)
        .fields([("lead", json!(["id", "name"]))]);
    let found = search.limit(1).items().collect_all(10).await.unwrap();
    assert_eq!(found.len(), 2);
    let received = transport.received();
    assert_eq!(body(&received[1])["cursor"], "c1");
    assert_eq!(body(&received[0])["_fields"], json!({"lead": ["id", "name"]}));
}
