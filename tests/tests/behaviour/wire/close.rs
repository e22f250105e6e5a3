//! Close: slashes at the end, a PUT that changes only what it says, custom fields, queries that become bodies.

use integrator_close::{Client, types};
use integrator_core::testing::{Scripted, decode};
use integrator_core::{Call, Patch, RequestOptions, Timestamp, Value, json};

use crate::support;

async fn sent(call: impl FnOnce(&Client) -> Call<Value>) -> String {
    super::sent(support::close([Scripted::json(&json!({}))]), call).await
}

#[tokio::test(start_paused = true)]
async fn query_of_comma_lists_and_ranges() {
    let call = |c: &Client| {
        c.activities()
            .sms()
            .list()
            .lead_id(["lead_1", "lead_2"])
            .date_created_gte("2026-11-02T09:00:00+00:00")
            .limit(100)
            .skip(200)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_too_long_is_the_body_of_a_post() {
    let call = |c: &Client| {
        let ids = (0..400).map(|number| format!("lead_{number:08}"));
        c.activities().list().lead_id(ids.collect::<Vec<_>>()).limit(5).raw()
    };
    let text = sent(call).await;
    let ids = text.find("lead_00000001").unwrap()..text.find(",lead_00000399").unwrap();
    insta::assert_snapshot!(text.replace(&text[ids], "…"));
}

#[tokio::test(start_paused = true)]
async fn fields_of_the_answer_are_chosen() {
    insta::assert_snapshot!(sent(|c| c.leads().retrieve("lead_1").fields("id,name,custom").raw()).await);
}

#[tokio::test(start_paused = true)]
async fn a_put_of_what_changes() {
    let call = |c: &Client| {
        c.leads()
            .update("lead_1")
            .name("Ada Ltd")
            .url(Patch::unset())
            .description(Patch::keep())
            .set("custom.cf_size", json!(12))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_objects_in_lists_with_custom_fields() {
    let call = |c: &Client| {
        let email = types::ContactEmailInput::new("ada@example.com");
        let ada = types::NestedContactInput::new()
            .name("Ada")
            .emails([email])
            .custom_fields([("custom.cf_born", json!("1815"))]);
        c.leads().create().name("Ada Ltd").contacts([ada]).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_message_with_an_attachment_and_a_query() {
    let call = |c: &Client| {
        let plan = types::SmsAttachmentInput::new("image/png", "plan.png", "https://app.close.com/go/file/1");
        c.activities()
            .sms()
            .create()
            .send_to_inbox(true)
            .lead_id("lead_1")
            .text("Your table is ready.")
            .status(types::SmsStatus::Scheduled)
            .date_scheduled(Timestamp::from("2026-12-01T09:00:00+00:00"))
            .attachments(vec![plan])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_a_nested_query() {
    let query: types::SearchQuery = decode(json!({"type": "and", "queries": [
        {"type": "object_type", "object_type": "lead"},
        {"type": "text", "mode": "full_words", "value": "ada"},
    ]}))
    .unwrap();
    let call = |c: &Client| {
        let fields = [("lead", json!(["id", "name"]))];
        c.data().search().query(query).fields(fields).limit(50).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_header_of_the_callers_own() {
    let call = |c: &Client| {
        let zone = RequestOptions::new().header("x-tz-offset", "-2.5");
        c.users().retrieve_me().with(zone).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn delete_without_a_body() {
    insta::assert_snapshot!(sent(|c| c.activities().sms().delete("acti_1").raw()).await);
}
