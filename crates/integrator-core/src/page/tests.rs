use std::time::Duration;

use serde_json::{Value, json};

use crate::operation::{Argument, Method, Next, Operation, Paging, Place, QueryStyle, Repeat};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, Credential, Error, ErrorKind, Items, Pages, Provider};

static PROVIDER: Provider = Provider {
    name: "acme",
    title: "Acme",
    base_url: Some("https://api.acme.example/"),
    ..Provider::DEFAULT
};

const fn parameter(name: &'static str) -> Argument {
    Argument {
        name,
        place: Place::Query(QueryStyle::Form),
        required: false,
    }
}

static LIST: Operation = Operation {
    id: "ListThings",
    name: "things.list",
    method: Method::Get,
    path: "/v1/things",
    arguments: &[parameter("limit"), parameter("starting_after")],
    repeat: Repeat::Safe,
    paging: Some(Paging {
        items: "data",
        next: Next::LastItem {
            argument: "starting_after",
            field: "id",
            more: "has_more",
        },
        size: Some("limit"),
    }),
    ..Operation::DEFAULT
};
static LINKED: Operation = Operation {
    paging: Some(Paging {
        items: "data",
        next: Next::Url { path: "next_page_url" },
        size: Some("limit"),
    }),
    ..LIST
};

fn client(script: Vec<Scripted>) -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let client = Client::builder(&PROVIDER)
        .credential(Credential::bearer("key"))
        .transport(transport.clone())
        .build()
        .unwrap();
    (client, transport)
}

fn page(ids: std::ops::Range<u32>, more: bool) -> Scripted {
    let data: Vec<Value> = ids.map(|id| json!({"id": format!("t_{id}")})).collect();
    Scripted::json(&json!({"object": "list", "data": data, "has_more": more}))
}

fn asked(transport: &ScriptedTransport) -> Vec<String> {
    transport
        .received()
        .iter()
        .map(|request| request.uri.path_and_query().unwrap().to_string())
        .collect()
}

async fn ids(items: &mut Items<Value>) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(item) = items.next().await {
        ids.push(item.unwrap()["id"].as_str().unwrap().to_owned());
    }
    ids
}

#[tokio::test(start_paused = true)]
async fn items_go_over_all_pages_and_ask_for_one_when_it_is_wanted() {
    let (client, transport) = client(vec![page(0..2, true), page(2..4, true), page(4..5, false)]);
    let mut items: Items<Value> = client.call::<Value>(&LIST).argument(0, &2_i64).items();
    assert!(transport.received().is_empty());
    items.next().await.unwrap().unwrap();
    items.next().await.unwrap().unwrap();
    assert_eq!(transport.received().len(), 1);
    assert_eq!(ids(&mut items).await, ["t_2", "t_3", "t_4"]);
    assert!(items.next().await.is_none());
    assert_eq!(
        asked(&transport),
        [
            "/v1/things?limit=2",
            "/v1/things?limit=2&starting_after=t_1",
            "/v1/things?limit=2&starting_after=t_3"
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn pages_say_what_came_with_them() {
    let (client, _) = client(vec![page(0..2, true).header("request-id", "req_1"), page(2..3, false)]);
    let mut pages: Pages<Value> = client.call::<Value>(&LIST).pages();
    let first = pages.next().await.unwrap().unwrap();
    assert_eq!(
        (first.items().len(), first.has_more(), first.cursor()),
        (2, true, Some("t_1"))
    );
    assert_eq!(first.request_id(), Some("req_1"));
    let second = pages.next().await.unwrap().unwrap();
    assert_eq!((second.into_items().len(), pages.cursor()), (1, None));
    assert!(pages.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn the_caller_sets_where_it_starts_and_can_go_on_where_it_stopped() {
    let (client, transport) = client(vec![page(8..10, true), Scripted::status(400), page(10..11, false)]);
    let mut items: Items<Value> = client.call::<Value>(&LIST).argument(1, &"t_7".to_owned()).items();
    assert_eq!(items.cursor(), None);
    items.next().await.unwrap().unwrap();
    items.next().await.unwrap().unwrap();
    assert_eq!(items.next().await.unwrap().unwrap_err().status().unwrap(), 400);
    assert!(items.next().await.is_none(), "after an error there is nothing more");
    let resumed = client
        .call::<Value>(&LIST)
        .items::<Value>()
        .starting_at(items.cursor().unwrap());
    assert_eq!(resumed.collect_all(100).await.unwrap().len(), 1);
    assert_eq!(
        asked(&transport),
        [
            "/v1/things?starting_after=t_7",
            "/v1/things?starting_after=t_9",
            "/v1/things?starting_after=t_9"
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn going_on_in_the_middle_of_a_page_leaves_nothing_out() {
    let (client, transport) = client(vec![page(0..2, true), page(2..4, false), page(2..4, false)]);
    let mut items: Items<Value> = client.call::<Value>(&LIST).items();
    for _ in 0..3 {
        items.next().await.unwrap().unwrap();
    }
    let mut resumed = client
        .call::<Value>(&LIST)
        .items::<Value>()
        .starting_at(items.cursor().unwrap());
    assert_eq!(ids(&mut resumed).await, ["t_2", "t_3"]);
    assert_eq!(asked(&transport)[2], "/v1/things?starting_after=t_1");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_fails_for_a_moment_is_asked_for_again() {
    let (client, _) = client(vec![page(0..1, true), Scripted::status(503), page(1..2, false)]);
    let all = client
        .call::<Value>(&LIST)
        .items::<Value>()
        .collect_all(10)
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_repeats_itself_is_an_error_after_its_items() {
    let (client, transport) = client(vec![page(0..2, true), page(0..2, true), page(0..2, true)]);
    let mut items: Items<Value> = client.call::<Value>(&LIST).items();
    let mut seen = 0;
    let error: Error = loop {
        match items.next().await.unwrap() {
            Ok(_) => seen += 1,
            Err(error) => break error,
        }
    };
    assert_eq!((seen, transport.received().len()), (4, 2));
    assert!(error.to_string().contains("a cursor or a page twice"), "{error}");
    assert!(items.next().await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_wrong_item_is_named_by_its_path() {
    let body = json!({"data": [{"id": 1}, 7], "has_more": false});
    let (client, _) = client(vec![Scripted::json(&body)]);
    let error = client
        .call::<Value>(&LIST)
        .items::<crate::wire::Map<Value>>()
        .collect_all(9)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("data[1]"), "{error}");
    assert_eq!(error.status().unwrap(), 200);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_list_or_not_whole_is_an_error() {
    for body in ["", "{}", "{\"data\": 1}", "{\"data\": [], \"has_more\"", "<html>", "[]"] {
        let (client, _) = client(vec![Scripted::status(200).chunk(body)]);
        let error = client
            .call::<Value>(&LIST)
            .items::<Value>()
            .collect_all(9)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode, "{body}");
    }
    let (client, _) = client(vec![Scripted::json(&json!({"data": null}))]);
    assert!(
        client
            .call::<Value>(&LIST)
            .items::<Value>()
            .collect_all(9)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_is_followed_at_home_only() {
    let linked = |url: &str| Scripted::json(&json!({"data": [{"id": "a"}], "next_page_url": url}));
    let (home, transport) = client(vec![
        linked("/v1/things?page=2&limit=1"),
        linked("https://api.acme.example/v1/things?page=3"),
        Scripted::json(&json!({"data": [], "next_page_url": null})),
    ]);
    let all = home
        .call::<Value>(&LINKED)
        .argument(0, &1_i64)
        .items::<Value>()
        .collect_all(9)
        .await
        .unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(
        asked(&transport),
        ["/v1/things?limit=1", "/v1/things?page=2&limit=1", "/v1/things?page=3"]
    );

    let (away, transport) = client(vec![linked("https://evil.example/v1/things?page=2")]);
    let error = away
        .call::<Value>(&LINKED)
        .items::<Value>()
        .collect_all(9)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("another origin"), "{error}");
    assert_eq!(transport.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_dropped_wait_loses_nothing() {
    let (client, transport) = client(vec![
        page(0..1, true).after(Duration::from_secs(3)),
        page(1..2, false).after(Duration::from_secs(3)),
    ]);
    let mut items: Items<Value> = client.call::<Value>(&LIST).items();
    let mut seen = Vec::new();
    let mut waits = 0;
    loop {
        match tokio::time::timeout(Duration::from_secs(1), items.next()).await {
            Ok(Some(item)) => seen.push(item.unwrap()["id"].as_str().unwrap().to_owned()),
            Ok(None) => break,
            Err(_) => waits += 1,
        }
    }
    assert_eq!(seen, ["t_0", "t_1"]);
    assert_eq!((waits > 2, transport.received().len()), (true, 2));
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_pages_says_so_and_sends_nothing() {
    static PLAIN: Operation = Operation {
        name: "things.retrieve",
        path: "/v1/thing",
        ..Operation::DEFAULT
    };
    let (client, transport) = client(vec![]);
    let error = client
        .call::<Value>(&PLAIN)
        .items::<Value>()
        .collect_all(9)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidCall);
    assert!(transport.received().is_empty());
}

#[test]
fn listings_can_be_sent_to_another_task() {
    fn is_owned<T: Send + Unpin + 'static>() {}
    is_owned::<Items<Value>>();
    is_owned::<Pages<Value>>();
}

#[tokio::test(start_paused = true)]
async fn a_page_is_asked_for_while_the_one_before_is_worked_on() {
    const SECOND: Duration = Duration::from_secs(1);
    let script = || vec![page(0..2, true).after(SECOND), page(2..3, false).after(SECOND)];
    for (ahead, asked_early, took) in [(false, 1, 3), (true, 2, 2)] {
        let (client, transport) = client(script());
        let mut items: Items<Value> = client.call::<Value>(&LIST).items();
        if ahead {
            items = items.prefetch();
        }
        let started = tokio::time::Instant::now();
        items.next().await.unwrap().unwrap();
        tokio::time::sleep(SECOND).await;
        assert_eq!(transport.received().len(), asked_early);
        let rest = items.collect_all(9).await.unwrap();
        assert_eq!(rest.len(), 2);
        assert_eq!(started.elapsed(), SECOND * took);
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_ahead_is_given_up_with_its_list_and_fails_when_it_is_wanted() {
    let (client, transport) = client(vec![page(0..1, true), Scripted::status(404)]);
    let mut items: Items<Value> = client.call::<Value>(&LIST).items().prefetch();
    assert!(items.next().await.unwrap().is_ok());
    assert!(items.next().await.unwrap().unwrap_err().is_not_found());
    assert!(items.next().await.is_none());
    assert_eq!(transport.received().len(), 2);
}
