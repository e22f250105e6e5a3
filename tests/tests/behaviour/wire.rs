//! Raw requests over all body and query styles and all kinds of arguments, one snapshot each.
//!
//! They are few and small so that a reviewer reads them; that *every* operation is right is the encode proofs' matter.

use integrator_calendly as calendly;
use integrator_core::testing::Scripted;
use integrator_core::{Call, Patch, RequestOptions, Upload, Value, json};
use integrator_stripe as stripe;

use crate::support;

/// What Calendly receives.
async fn to_calendly(call: impl FnOnce(&calendly::Client) -> Call<Value>) -> String {
    let (client, transport) = support::calendly([Scripted::json(&json!({}))]);
    call(&client).send().await.unwrap();
    support::raw(&transport.received()[0])
}

/// What Stripe receives.
async fn to_stripe(call: impl FnOnce(&stripe::Client) -> Call<Value>) -> String {
    let (client, transport) = support::stripe([Scripted::json(&json!({}))]);
    call(&client).send().await.unwrap();
    support::raw(&transport.received()[0])
}

#[tokio::test(start_paused = true)]
async fn nothing_but_a_path() {
    insta::assert_snapshot!(to_calendly(|c| c.users().me().raw()).await);
}

#[tokio::test(start_paused = true)]
async fn an_id_in_the_path_is_escaped() {
    let call = |c: &calendly::Client| {
        c.contacts()
            .retrieve("b?c#d%2F e;é&=:@..")
            .exclude("custom_fields")
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
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
    let call = |c: &calendly::Client| {
        c.scheduled_events()
            .list()
            .user("https://api.calendly.com/users/AAAA")
            .invitee_email("ada+lovelace@example.com")
            .status(calendly::types::EventStatus::Active)
            .min_start_time("2026-11-02T09:00:00.000000Z")
            .sort("start_time:asc")
            .count(100)
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_comma_lists() {
    let call = |c: &calendly::Client| {
        c.activity_log_entries()
            .list()
            .organization("https://api.calendly.com/organizations/AAAA")
            .actor(["https://api.calendly.com/users/AAAA", "a,b"])
            .sort([calendly::types::ActivityLogSort::ActionAsc, "occurred_at:desc".into()])
            .action(["Create"])
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_objects_and_lists() {
    let call = |c: &calendly::Client| {
        let value =
            calendly::types::ContactCustomFieldInput::new("f-1", calendly::types::ContactCustomFieldValue::Number(1.5));
        c.contacts()
            .create()
            .name("Ada \"Countess\" Lovelace\n✓")
            .emails([calendly::types::ContactEmail::new("ada@example.com", true)])
            .custom_fields([value])
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_that_unsets() {
    let call = |c: &calendly::Client| {
        c.meeting_recaps()
            .update("AAAA")
            .summary_md("# Summary")
            .action_items_md(Patch::unset())
            .discussion_md(Patch::keep())
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_a_union() {
    let call = |c: &calendly::Client| {
        let place = calendly::types::BookingLocationPhysical::new("12 Rose Lane");
        c.invitees()
            .create()
            .event_type("https://api.calendly.com/event_types/AAAA")
            .start_time("2026-11-02T09:00:00Z")
            .invitee(calendly::types::BookingInvitee::new("ada@example.com", "Europe/London"))
            .location(calendly::types::BookingLocation::BookingLocationPhysical(place))
            .event_guests(["grace@example.com"])
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
}

#[tokio::test(start_paused = true)]
async fn members_that_the_document_does_not_list() {
    let call = |c: &calendly::Client| {
        let options = RequestOptions::new().query("trace", "a b").header("x-team", "engines");
        c.scheduled_events()
            .cancellation("AAAA")
            .reason("rain")
            .set("notify", json!({"guests": [true, null]}))
            .with(options)
            .raw()
    };
    insta::assert_snapshot!(to_calendly(call).await);
}

#[tokio::test(start_paused = true)]
async fn delete_without_a_body() {
    insta::assert_snapshot!(to_calendly(|c| c.webhook_subscriptions().delete("AAAA").raw()).await);
}

#[tokio::test(start_paused = true)]
async fn form_of_objects_lists_and_maps() {
    let call = |c: &stripe::Client| {
        let address = stripe::types::OptionalFieldsAddress::new()
            .city("Köln")
            .line1("1 & 2 = 3 [+]");
        let vat = stripe::types::DataParams::new(stripe::types::DataParamsType::EuVat, "DE123456789");
        c.customers()
            .create()
            .address(address)
            .balance(-250)
            .email("ada@example.com")
            .metadata([("team", "engines"), ("a[b]", "50 %")])
            .preferred_locales(["de", "en"])
            .tax_id_data([vat.clone(), vat])
            .validate(true)
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn form_that_unsets() {
    let call = |c: &stripe::Client| {
        c.customers()
            .update("cus_1")
            .business_name(Patch::unset())
            .individual_name(Patch::keep())
            .metadata(Patch::unset())
            .shipping(Patch::unset())
            .description("")
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn form_of_numbers_times_and_decimals() {
    let call = |c: &stripe::Client| {
        let price = stripe::types::PriceData::new("eur", "prod_1").unit_amount_decimal("0.000001");
        let item = stripe::types::LineItemCreateParams::new()
            .price_data(price)
            .quantity(9_007_199_254_740_993_i64);
        c.quotes().create().expires_at(1_793_600_000).line_items([item]).raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn form_with_an_empty_list_and_an_empty_map() {
    let call = |c: &stripe::Client| {
        let none: [&str; 0] = [];
        let nothing: [(&str, &str); 0] = [];
        c.customers().create().preferred_locales(none).metadata(nothing).raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_a_range_and_a_list() {
    let call = |c: &stripe::Client| {
        let range = stripe::types::RangeQuerySpecs::new()
            .gte(1_793_000_000)
            .lt(1_794_000_000);
        c.customers()
            .list()
            .created(stripe::types::AccountsListCreated::RangeQuerySpecs(range))
            .expand(["data.default_source", "data.test_clock"])
            .limit(100)
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_a_union_with_a_number() {
    let call = |c: &stripe::Client| {
        let at = stripe::types::AccountsListCreated::Number(1_793_000_000);
        c.charges().list().created(at).raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn expand_in_a_query() {
    let call = |c: &stripe::Client| {
        c.charges()
            .retrieve("ch_1")
            .expand(["customer", "invoice.subscription"])
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn expand_and_a_key_of_the_callers_own() {
    let call = |c: &stripe::Client| {
        c.payment_intents()
            .create()
            .amount(2_000)
            .currency("eur")
            .expand("customer")
            .with(RequestOptions::from("order-42").header("Stripe-Account", "acct_1"))
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn delete_with_a_form() {
    let call = |c: &stripe::Client| {
        c.subscription_items()
            .delete("si_1")
            .clear_usage(true)
            .proration_date(1_793_000_000)
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_v2() {
    let call = |c: &stripe::Client| {
        c.v2()
            .core()
            .event_destinations()
            .create()
            .name("ledger")
            .type_("webhook_endpoint")
            .event_payload("thin")
            .enabled_events(["v1.billing.meter.no_meter_found"])
            .metadata([("team", "engines")])
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_v2() {
    let call = |c: &stripe::Client| {
        let since = stripe::types::V2CoreEventsListCreated::new().gte("2026-11-02T00:00:00Z");
        c.v2()
            .core()
            .events()
            .list()
            .created(since)
            .types(["a", "b"])
            .limit(20)
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart() {
    let call = |c: &stripe::Client| {
        let link = stripe::types::FileLinkCreationParams::new(true).metadata([("team", "engines")]);
        c.files()
            .create()
            .purpose("dispute_evidence")
            .file(Upload::bytes("a \"quoted\" é.pdf", "%PDF-1.7\r\n"))
            .file_link_data(link)
            .expand("data")
            .raw()
    };
    insta::assert_snapshot!(to_stripe(call).await);
}
