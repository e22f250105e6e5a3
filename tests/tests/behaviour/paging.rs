//! Lists over several answers: how each provider's pages lead on, where they end, and what stops them.

use integrator_core::testing::{Recorded, Scripted};
use integrator_core::{ErrorKind, RequestOptions, Retry, Value, json};

use crate::support::{self, fixture};

/// Path and query of each request, as they stood on the request line.
fn targets(received: &[Recorded]) -> Vec<&str> {
    received
        .iter()
        .map(|request| request.uri.path_and_query().unwrap().as_str())
        .collect()
}

/// A charge of this number.
fn charge(number: usize) -> Value {
    let mut charge = fixture("stripe", "charge");
    charge["id"] = format!("ch_{number}").into();
    charge
}

/// A page of charges with these numbers.
fn charges(numbers: std::ops::Range<usize>, has_more: bool) -> Scripted {
    let data: Vec<Value> = numbers.map(charge).collect();
    Scripted::json(&json!({"object": "list", "url": "/v1/charges", "has_more": has_more, "data": data}))
}

#[tokio::test(start_paused = true)]
async fn stripe_goes_on_after_the_last_item() {
    let (client, transport) = support::stripe([charges(0..2, true), charges(2..3, false)]);
    let mut items = client.charges().list().customer("cus_1").limit(2).items();
    let mut ids = Vec::new();
    while let Some(charge) = items.next().await {
        ids.push(charge.unwrap().id);
    }
    assert_eq!(ids, ["ch_0", "ch_1", "ch_2"]);
    assert_eq!(items.cursor(), None);
    let received = transport.received();
    assert_eq!(
        targets(&received),
        [
            "/v1/charges?customer=cus_1&limit=2",
            "/v1/charges?customer=cus_1&limit=2&starting_after=ch_1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_thousand_items_come_in_ten_pages_and_no_page_is_asked_for_early() {
    let pages = (0..10).map(|page| charges(page * 100..(page + 1) * 100, page < 9));
    let (client, transport) = support::stripe(pages);
    let mut items = client.charges().list().limit(100).items();
    assert!(
        transport.received().is_empty(),
        "nothing is asked for before it is taken"
    );
    for number in 0..1_000 {
        let charge = items.next().await.unwrap().unwrap();
        assert_eq!(charge.id, format!("ch_{number}"));
        assert_eq!(transport.received().len(), number / 100 + 1);
    }
    assert!(items.next().await.is_none());
    assert_eq!((transport.received().len(), transport.left()), (10, 0));
}

#[tokio::test(start_paused = true)]
async fn stripe_searches_by_token() {
    let page = |number: usize, next: Option<&str>| {
        Scripted::json(&json!({
            "object": "search_result", "url": "/v1/charges/search", "has_more": next.is_some(),
            "next_page": next, "data": [charge(number)],
        }))
    };
    let (client, transport) = support::stripe([page(0, Some("t/1=")), page(1, None)]);
    let found = client
        .charges()
        .search()
        .query("amount>1")
        .items()
        .collect_all(10)
        .await
        .unwrap();
    assert_eq!(found.len(), 2);
    let received = transport.received();
    assert_eq!(
        targets(&received),
        [
            "/v1/charges/search?query=amount%3E1",
            "/v1/charges/search?page=t%2F1%3D&query=amount%3E1",
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_is_not_followed_backwards_and_the_page_before_can_be_asked_for() {
    let (client, transport) = support::stripe([charges(0..2, true)]);
    let list = || client.charges().list().ending_before("ch_9").limit(2);
    let error = list().items().next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    assert!(error.to_string().contains("`ending_before`"), "{error}");
    assert!(transport.received().is_empty());
    assert_eq!(list().send().await.unwrap().data.len(), 2);
    assert_eq!(
        targets(&transport.received()),
        ["/v1/charges?ending_before=ch_9&limit=2"]
    );
}

/// A page of v2 events that leads to this URL.
fn v2(next: Option<&str>) -> Scripted {
    let event = json!({
        "id": "evt_1", "object": "v2.core.event", "type": "v1.billing.meter.no_meter_found",
        "created": "2026-11-02T09:00:00.000Z", "livemode": false,
    });
    Scripted::json(&json!({"data": [event], "next_page_url": next, "previous_page_url": null}))
}

#[tokio::test(start_paused = true)]
async fn stripe_v2_goes_on_at_a_url() {
    let pages = [
        v2(Some("/v2/core/events?limit=1&page=p2")),
        v2(Some("https://api.stripe.com/v2/core/events?limit=1&page=p3")),
        v2(None),
    ];
    let (client, transport) = support::stripe(pages);
    let events = client.v2().core().events().list().limit(1).items();
    assert_eq!(events.collect_all(10).await.unwrap().len(), 3);
    let received = transport.received();
    assert_eq!(
        targets(&received),
        [
            "/v2/core/events?limit=1",
            "/v2/core/events?limit=1&page=p2",
            "/v2/core/events?limit=1&page=p3",
        ]
    );
    for request in &received {
        assert_eq!(support::header(request, "authorization"), "Bearer key");
    }
}

#[tokio::test(start_paused = true)]
async fn no_page_of_another_origin_is_asked_for() {
    let elsewhere = [
        "https://api.stripe.com.evil.example/v2/core/events?page=p2",
        "https://api.stripe.com:8443/v2/core/events?page=p2",
        "http://api.stripe.com/v2/core/events?page=p2",
        "https://api.stripe.com@evil.example/v2/core/events?page=p2",
        "//evil.example/v2/core/events?page=p2",
    ];
    for url in elsewhere {
        let (client, transport) = support::stripe([v2(Some(url)), v2(None)]);
        let mut events = client.v2().core().events().list().items();
        assert!(events.next().await.unwrap().is_ok(), "the first page is fine");
        let error = events.next().await.unwrap().unwrap_err();
        assert!(error.to_string().contains("another origin"), "{url}: {error}");
        assert!(events.next().await.is_none());
        assert_eq!(transport.received().len(), 1, "{url}");
    }
}

/// A page of Calendly events that leads to this token.
fn calendly(next: Option<&str>) -> Scripted {
    let event = fixture("calendly", "scheduled_event")["resource"].take();
    let pagination = json!({"count": 1, "next_page": null, "next_page_token": next});
    Scripted::json(&json!({"collection": [event], "pagination": pagination}))
}

#[tokio::test(start_paused = true)]
async fn calendly_goes_on_by_token() {
    let (client, transport) = support::calendly([calendly(Some("t-2")), calendly(Some("")), calendly(None)]);
    let mut pages = client.scheduled_events().list().user("u").count(1).pages();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(
        (first.items().len(), first.has_more(), first.cursor()),
        (1, true, Some("t-2"))
    );
    let last = pages.next().await.unwrap().unwrap();
    assert!(!last.has_more(), "an empty token leads nowhere");
    assert!(pages.next().await.is_none());
    let received = transport.received();
    assert_eq!(
        targets(&received),
        [
            "/scheduled_events?user=u&count=1",
            "/scheduled_events?user=u&count=1&page_token=t-2"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_failed_goes_on_at_its_cursor() {
    let (client, transport) = support::stripe([charges(0..2, true), Scripted::status(400)]);
    let list = || client.charges().list().limit(2);
    let mut items = list().items();
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().is_ok());
    let error = items.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    let cursor = items.cursor().expect("a cursor after an error").to_owned();
    assert!(items.next().await.is_none(), "after an error there is nothing more");

    transport.push(charges(2..4, true));
    transport.push(charges(4..5, false));
    let rest = list().items().starting_at(cursor).collect_all(10).await.unwrap();
    let ids: Vec<&str> = rest.iter().map(|charge| charge.id.as_str()).collect();
    assert_eq!(ids, ["ch_2", "ch_3", "ch_4"], "nothing twice, nothing left out");
    assert!(targets(&transport.received())[2].ends_with("starting_after=ch_1"));
}

#[tokio::test(start_paused = true)]
async fn a_page_is_repeated_like_any_call() {
    let script = [charges(0..1, true), Scripted::status(503), charges(1..2, false)];
    let (client, transport) = support::stripe(script);
    let items = client.charges().list().items().collect_all(10).await.unwrap();
    assert_eq!((items.len(), transport.received().len()), (2, 3));

    let (client, _) = support::stripe([charges(0..1, true), Scripted::status(503)]);
    let never = RequestOptions::new().retry(Retry::never());
    let mut items = client.charges().list().with(never).items();
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().is_err(), "options hold for every page");
}

#[tokio::test(start_paused = true)]
async fn pages_that_lead_back_end_the_listing() {
    let script = (0..9).map(|_| charges(0..1, true));
    let (client, transport) = support::stripe(script);
    let mut items = client.charges().list().items();
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().is_ok());
    let error = items.next().await.unwrap().unwrap_err();
    assert!(error.to_string().contains("twice"), "{error}");
    assert!(items.next().await.is_none());
    assert_eq!(transport.received().len(), 2);

    let (client, transport) = support::calendly((0..9).map(|_| calendly(Some("t-1"))));
    let list = client.scheduled_events().list().page_token("t-1");
    assert!(list.items().collect_all(10).await.is_err());
    assert_eq!(
        transport.received().len(),
        1,
        "the cursor that the caller came with counts"
    );
}

#[tokio::test(start_paused = true)]
async fn a_broken_item_names_its_place() {
    let mut broken = charge(1);
    broken.as_object_mut().unwrap().remove("amount");
    let page = json!({"object": "list", "url": "/", "has_more": false, "data": [charge(0), broken]});
    let (client, _) = support::stripe([Scripted::json(&page)]);
    let error = client.charges().list().items().collect_all(10).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("`data[1].amount`"), "{error}");

    let (client, _) = support::stripe([Scripted::json(&json!({"data": null, "has_more": false}))]);
    assert!(
        client
            .charges()
            .list()
            .items()
            .collect_all(10)
            .await
            .unwrap()
            .is_empty()
    );
    let (client, _) = support::stripe([Scripted::json(&json!({"has_more": false}))]);
    assert!(client.charges().list().items().collect_all(10).await.is_err());
}
