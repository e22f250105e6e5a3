//! Stripe: nested forms, nested queries, the second version's JSON, keys.

use integrator_core::testing::Scripted;
use integrator_core::{Call, Patch, RequestOptions, Upload, Value, json};
use integrator_stripe::{Client, types};

use crate::support;

async fn sent(call: impl FnOnce(&Client) -> Call<Value>) -> String {
    super::sent(support::stripe([Scripted::json(&json!({}))]), call).await
}

#[tokio::test(start_paused = true)]
async fn form_of_objects_lists_and_maps() {
    let call = |c: &Client| {
        let address = types::OptionalFieldsAddress::new().city("Köln").line1("1 & 2 = 3 [+]");
        let vat = types::DataParams::new(types::DataParamsType::EuVat, "DE123456789");
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
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn form_that_unsets() {
    let call = |c: &Client| {
        c.customers()
            .update("cus_1")
            .business_name(Patch::unset())
            .individual_name(Patch::keep())
            .metadata(Patch::unset())
            .shipping(Patch::unset())
            .description("")
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn form_of_numbers_times_and_decimals() {
    let call = |c: &Client| {
        let price = types::PriceData::new("eur", "prod_1").unit_amount_decimal("0.000001");
        let item = types::LineItemCreateParams::new()
            .price_data(price)
            .quantity(9_007_199_254_740_993_i64);
        c.quotes().create().expires_at(1_793_600_000).line_items([item]).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn form_with_an_empty_list_and_an_empty_map() {
    let call = |c: &Client| {
        let none: [&str; 0] = [];
        let nothing: [(&str, &str); 0] = [];
        c.customers().create().preferred_locales(none).metadata(nothing).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_a_range_and_a_list() {
    let call = |c: &Client| {
        let range = types::RangeQuerySpecs::new().gte(1_793_000_000).lt(1_794_000_000);
        c.customers()
            .list()
            .created(types::AccountsListCreated::RangeQuerySpecs(range))
            .expand(["data.default_source", "data.test_clock"])
            .limit(100)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_a_union_with_a_number() {
    let call = |c: &Client| {
        let at = types::AccountsListCreated::Number(1_793_000_000);
        c.charges().list().created(at).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn expand_in_a_query() {
    let call = |c: &Client| {
        c.charges()
            .retrieve("ch_1")
            .expand(["customer", "invoice.subscription"])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn expand_and_a_key_of_the_callers_own() {
    let call = |c: &Client| {
        c.payment_intents()
            .create()
            .amount(2_000)
            .currency("eur")
            .expand("customer")
            .with(RequestOptions::from("order-42").header("Stripe-Account", "acct_1"))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn delete_with_a_form() {
    let call = |c: &Client| {
        c.subscription_items()
            .delete("si_1")
            .clear_usage(true)
            .proration_date(1_793_000_000)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_of_v2() {
    let call = |c: &Client| {
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
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_v2() {
    let call = |c: &Client| {
        let since = types::V2CoreEventsListCreated::new().gte("2026-11-02T00:00:00Z");
        c.v2()
            .core()
            .events()
            .list()
            .created(since)
            .types(["a", "b"])
            .limit(20)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart() {
    let call = |c: &Client| {
        let link = types::FileLinkCreationParams::new(true).metadata([("team", "engines")]);
        c.files()
            .create()
            .purpose("dispute_evidence")
            .file(Upload::bytes("a \"quoted\" é.pdf", "%PDF-1.7\r\n"))
            .file_link_data(link)
            .expand("data")
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}
