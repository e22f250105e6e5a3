//! Calendly: JSON, comma lists, ids in paths.

use integrator_calendly::{Client, types};
use integrator_core::testing::Scripted;
use integrator_core::{Call, Patch, RequestOptions, Value, json};

use crate::support;

async fn sent(call: impl FnOnce(&Client) -> Call<Value>) -> String {
    super::sent(support::calendly([Scripted::json(&json!({}))]), call).await
}

#[tokio::test(start_paused = true)]
async fn nothing_but_a_path() {
    insta::assert_snapshot!(sent(|c| c.users().me().raw()).await);
}

#[tokio::test(start_paused = true)]
async fn an_id_in_the_path_is_escaped() {
    let call = |c: &Client| {
        c.contacts()
            .retrieve("b?c#d%2F e;é&=:@..")
            .exclude("custom_fields")
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn an_id_that_would_lead_to_another_path_is_refused() {
    for id in ["", ".", "..", "a/../b", "/", "\\"] {
        let (client, transport) = support::calendly([Scripted::json(&json!({}))]);
        let error = client.contacts().retrieve(id).raw().send().await.unwrap_err();
        assert!(error.to_string().contains("`uuid`"), "{id}: {error}");
        assert!(transport.received().is_empty(), "{id}");
    }
}

#[tokio::test(start_paused = true)]
async fn query_of_scalars() {
    let call = |c: &Client| {
        c.scheduled_events()
            .list()
            .user("https://api.calendly.com/users/AAAA")
            .invitee_email("ada+lovelace@example.com")
            .status(types::EventStatus::Active)
            .min_start_time("2026-11-02T09:00:00.000000Z")
            .sort("start_time:asc")
            .count(100)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_comma_lists() {
    let call = |c: &Client| {
        c.activity_log_entries()
            .list()
            .organization("https://api.calendly.com/organizations/AAAA")
            .actor(["https://api.calendly.com/users/AAAA", "a,b"])
            .sort([types::ActivityLogSort::ActionAsc, "occurred_at:desc".into()])
            .action(["Create"])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_objects_and_lists() {
    let call = |c: &Client| {
        let value = types::ContactCustomFieldInput::new("f-1", types::ContactCustomFieldValue::Number(1.5));
        c.contacts()
            .create()
            .name("Ada \"Countess\" Lovelace\n✓")
            .emails([types::ContactEmail::new("ada@example.com", true)])
            .custom_fields([value])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_that_unsets() {
    let call = |c: &Client| {
        c.meeting_recaps()
            .update("AAAA")
            .summary_md("# Summary")
            .action_items_md(Patch::unset())
            .discussion_md(Patch::keep())
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_a_union() {
    let call = |c: &Client| {
        let place = types::BookingLocationPhysical::new("12 Rose Lane");
        c.invitees()
            .create()
            .event_type("https://api.calendly.com/event_types/AAAA")
            .start_time("2026-11-02T09:00:00Z")
            .invitee(types::BookingInvitee::new("ada@example.com", "Europe/London"))
            .location(types::BookingLocation::BookingLocationPhysical(place))
            .event_guests(["grace@example.com"])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn members_that_the_document_does_not_list() {
    let call = |c: &Client| {
        let options = RequestOptions::new().query("trace", "a b").header("x-team", "engines");
        c.scheduled_events()
            .cancellation("AAAA")
            .reason("rain")
            .set("notify", json!({"guests": [true, null]}))
            .with(options)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn delete_without_a_body() {
    insta::assert_snapshot!(sent(|c| c.webhook_subscriptions().delete("AAAA").raw()).await);
}
