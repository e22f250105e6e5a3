//! What Directus' client sends for collections of the user's own, and what it reads of servers that answer otherwise than
//! their document says.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by where it panics")]

use integrator_core::testing::{Recorded, Scripted, ScriptedTransport, decode};
use integrator_core::{Value, json};
use integrator_directus::collection::{Collection, Counts, Filter};
use integrator_directus::types::{ActivityList, UsersAnswer};
use integrator_directus::{Client, Credential};
use serde::{Deserialize, Serialize};

#[allow(
    dead_code,
    unreachable_pub,
    reason = "what a user's crate has in a module of its own"
)]
#[path = "shop/types.rs"]
mod shop;

/// An item of the user's own.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq)]
struct Article {
    id: u64,
    title: String,
}

fn client(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let builder = Client::builder().credential(Credential::bearer("token")).seed(7);
    let builder = builder.base_url("https://cms.example").transport(transport.clone());
    (builder.build().unwrap(), transport)
}

fn articles(script: impl IntoIterator<Item = Scripted>) -> (Collection<Article>, ScriptedTransport) {
    let (client, transport) = client(script);
    (client.collection("articles"), transport)
}

fn article(id: u64) -> Value {
    json!({"id": id, "title": format!("No. {id}")})
}

fn fixture(name: &str) -> Value {
    let path = format!(
        "{}/../../specs/directus/fixtures/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn line(request: &Recorded) -> String {
    format!("{} {}", request.method, request.uri.path())
}

fn body(request: &Recorded) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// Pairs of the query, decoded.
fn query(request: &Recorded) -> Vec<(String, String)> {
    let text = request.uri.query().unwrap_or_default();
    let plain = |text: &str| {
        percent_encoding::percent_decode_str(text)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (plain(name), plain(value))).collect()
}

#[tokio::test(start_paused = true)]
async fn items_are_listed_by_everything_that_a_query_can_say() {
    let answer = json!({"data": [article(1)], "meta": {"total_count": 40, "filter_count": 1}});
    let (articles, transport) = articles([Scripted::json(&answer), Scripted::json(&answer)]);
    let list = articles
        .list()
        .filter(
            Filter::field("status")
                .eq("published")
                .and(Filter::field("author.name").starts_with("A")),
        )
        .fields(["id", "title", "author.*"])
        .sort(["-date_created", "title"])
        .search("engine")
        .deep(json!({"comments": {"_limit": 3}}))
        .alias([("headline", "title")])
        .limit(10)
        .offset(20);
    let found: Vec<Article> = list.clone().send().await.unwrap().into_inner();
    assert_eq!(found[0].title, "No. 1");
    let counted = list.send_counted().await.unwrap();
    assert_eq!(
        (counted.counts.total, counted.counts.filter, counted.items.len()),
        (Some(40), Some(1), 1)
    );
    assert_ne!(counted.counts, Counts::default());

    let received = transport.received();
    assert_eq!(line(&received[0]), "GET /items/articles");
    let sent = query(&received[0]);
    let value = |name: &str| {
        sent.iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    };
    let read = |name: &str| serde_json::from_str::<Value>(value(name)).unwrap();
    assert_eq!(
        read("filter"),
        json!({"_and": [{"status": {"_eq": "published"}}, {"author": {"name": {"_starts_with": "A"}}}]})
    );
    assert_eq!(read("deep"), json!({"comments": {"_limit": 3}}));
    assert_eq!(read("alias"), json!({"headline": "title"}));
    assert_eq!(value("fields"), "id,title,author.*");
    assert_eq!(value("sort"), "-date_created,title");
    assert_eq!(
        (value("search"), value("limit"), value("offset")),
        ("engine", "10", "20")
    );
    assert_eq!(value("meta"), "");
    assert!(query(&received[1]).contains(&("meta".to_owned(), "total_count,filter_count".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn pages_go_on_until_one_is_short() {
    let page = |ids: std::ops::Range<u64>| Scripted::json(&json!({"data": ids.map(article).collect::<Vec<_>>()}));
    let (articles, transport) = articles([page(0..2), page(2..4), page(4..5)]);
    let mut items = articles.list().limit(2).items();
    let mut ids = Vec::new();
    while let Some(item) = items.next().await {
        ids.push(item.unwrap().id);
    }
    assert_eq!(ids, [0, 1, 2, 3, 4]);
    let offsets: Vec<String> = transport
        .received()
        .iter()
        .map(|request| request.uri.to_string())
        .collect();
    assert!(offsets[2].contains("offset=4"), "{offsets:?}");
}

#[tokio::test(start_paused = true)]
async fn items_are_written_one_by_one_and_many_at_once() {
    let one = || Scripted::json(&json!({"data": article(7)}));
    let two = || Scripted::json(&json!({"data": [article(7), article(8)]}));
    let gone = || Scripted::status(204);
    let (articles, transport) = articles([
        one(),
        two(),
        one(),
        two(),
        two(),
        gone(),
        gone(),
        gone(),
        one(),
        one(),
        one(),
    ]);
    let title = json!({"title": "New"});
    assert_eq!(
        articles.create(&title).fields(["id", "title"]).send().await.unwrap().id,
        7
    );
    assert_eq!(articles.create_many(&[&title, &title]).send().await.unwrap().len(), 2);
    articles.update(7, &title).send().await.unwrap();
    articles.update_many([7, 8], &title).send().await.unwrap();
    let old = || Filter::field("year(date)").lt(2020);
    articles.update_matching(old(), &title).send().await.unwrap();
    articles.delete("7").send().await.unwrap();
    articles.delete_many(["a", "b"]).send().await.unwrap();
    articles.delete_matching(old()).send().await.unwrap();
    articles
        .retrieve(7)
        .fields(["title"])
        .version("draft")
        .send()
        .await
        .unwrap();
    articles.singleton().send().await.unwrap();
    articles.update_singleton(&title).send().await.unwrap();

    let received = transport.received();
    let matching = json!({"filter": {"year(date)": {"_lt": 2020}}, "limit": -1});
    let expected = [
        ("POST /items/articles", Some(title.clone())),
        ("POST /items/articles", Some(json!([title, title]))),
        ("PATCH /items/articles/7", Some(title.clone())),
        ("PATCH /items/articles", Some(json!({"keys": [7, 8], "data": title}))),
        ("PATCH /items/articles", Some(json!({"query": matching, "data": title}))),
        ("DELETE /items/articles/7", None),
        ("DELETE /items/articles", Some(json!(["a", "b"]))),
        ("DELETE /items/articles", Some(json!({"query": matching}))),
        ("GET /items/articles/7", None),
        ("GET /items/articles", None),
        ("PATCH /items/articles", Some(title.clone())),
    ];
    for (request, (head, sent)) in received.iter().zip(expected) {
        assert_eq!(line(request), head);
        assert_eq!((!request.body.is_empty()).then(|| body(request)), sent, "{head}");
    }
    assert_eq!(query(&received[0]), [("fields".to_owned(), "id,title".to_owned())]);
    assert!(query(&received[8]).contains(&("version".to_owned(), "draft".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn figures_come_in_groups() {
    let answer = json!({"data": [{"status": "draft", "count": {"id": "3"}, "sum": {"words": 1200}}]});
    let (articles, transport) = articles([Scripted::json(&answer)]);
    let rows = articles
        .aggregate::<Value>()
        .count("id")
        .sum("words")
        .sum("pages")
        .group_by(["status"]);
    let rows = rows
        .filter(json!({"status": {"_neq": "archived"}}))
        .send()
        .await
        .unwrap();
    assert_eq!(rows[0]["count"]["id"], "3");
    let sent = query(&transport.received()[0]);
    assert!(sent.contains(&("groupBy".to_owned(), "status".to_owned())), "{sent:?}");
    let aggregate = sent.iter().find(|(name, _)| name == "aggregate").unwrap();
    assert_eq!(
        serde_json::from_str::<Value>(&aggregate.1).unwrap(),
        json!({"count": ["id"], "sum": ["words", "pages"]})
    );
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_is_too_long_for_a_url_is_searched_with() {
    let (articles, transport) = articles([Scripted::reset(), Scripted::json(&json!({"data": [article(1)]}))]);
    let ids: Vec<u64> = (0..1_000).collect();
    articles
        .list()
        .filter(Filter::field("id").is_in(ids.clone()))
        .fields(["id", "title"])
        .send()
        .await
        .unwrap();
    let received = transport.received();
    assert_eq!(received.len(), 2, "a search is as safe as a GET");
    assert_eq!(
        (line(&received[0]).as_str(), received[0].uri.query()),
        ("SEARCH /items/articles", None)
    );
    assert_eq!(
        body(&received[0]),
        json!({"query": {"filter": {"id": {"_in": ids}}, "fields": "id,title"}})
    );
}

#[tokio::test(start_paused = true)]
async fn errors_have_the_code_and_message_that_servers_send() {
    let error = json!({"errors": [{"message": "You don't have permission.", "extensions": {"code": "FORBIDDEN"}}]});
    let (articles, _) = articles([Scripted::status(403).with_json(&error)]);
    let error = articles.retrieve(1).send().await.unwrap_err();
    assert_eq!(
        (error.code(), error.message()),
        (Some("FORBIDDEN"), Some("You don't have permission."))
    );
}

#[tokio::test(start_paused = true)]
async fn an_item_of_another_shape_is_an_error_that_names_the_place() {
    let (articles, _) = articles([Scripted::json(&json!({"data": {"id": "seven"}}))]);
    let error = articles.retrieve(7).send().await.unwrap_err();
    assert!(error.to_string().contains("invalid type"), "{error}");
}

/// Answers as recorded servers give them: dates without zone, null and unlisted values where the document has none.
#[test]
fn what_servers_answer_against_their_document_is_read() {
    let me: UsersAnswer = decode(fixture("users_me")).unwrap();
    let me = me.data.unwrap();
    assert_eq!(me.first_name, None);
    assert_eq!(me.last_access.unwrap().to_string(), "2026-11-20T08:15:09");
    assert_eq!(me.role.unwrap().id(), "5c0e6e2a-9a1d-4c0e-8f5e-1d5f3f7b2a10");
    let list: ActivityList = decode(fixture("activity")).unwrap();
    assert_eq!(list.data[0].action.as_ref().unwrap().as_str(), "run");
    assert_eq!(
        list.data[0]
            .user
            .as_ref()
            .unwrap()
            .object()
            .unwrap()
            .unwrap()
            .email
            .as_deref(),
        Some("a@b.example")
    );
}

#[test]
fn filters_say_every_operator() {
    let field = || Filter::field("f");
    let inner = || Filter::field("g").eq(1);
    let filters = [
        (field().eq(1), json!({"_eq": 1})),
        (field().neq("x"), json!({"_neq": "x"})),
        (field().between(1, 2), json!({"_between": [1, 2]})),
        (field().not_between(1, 2), json!({"_nbetween": [1, 2]})),
        (field().is_in([1, 2]), json!({"_in": [1, 2]})),
        (field().is_null(), json!({"_null": true})),
        (field().is_not_empty(), json!({"_nempty": true})),
        (field().some(inner()), json!({"_some": {"g": {"_eq": 1}}})),
        (field().none(inner()), json!({"_none": {"g": {"_eq": 1}}})),
    ];
    for (filter, rule) in filters {
        assert_eq!(Value::from(filter), json!({ "f": rule }));
    }
    let three = inner().or(inner()).or(inner());
    assert_eq!(Value::from(three)["_or"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        Value::from(Filter::all([inner()]).or(inner()))["_or"]
            .as_array()
            .map(Vec::len),
        Some(2)
    );
}

/// What `cargo xtask directus types` writes reads keys and items, numbers and texts, and sends what was set.
#[tokio::test(start_paused = true)]
async fn generated_structs_read_what_databases_answer() {
    let product = json!({
        "id": 1, "type": "chair", "price": "12.50", "sold": "9007199254740993", "labels": ["new"], "divider": null,
        "date_created": "2026-11-20T08:15:09", "shelf": {"id": "s1", "products": [1, {"id": 2}]}, "picture": "f1",
    });
    let (client, transport) = client([
        Scripted::json(&json!({"data": product})),
        Scripted::json(&json!({"data": {}})),
    ]);
    let products = client.collection::<shop::Products>("products");
    let product = products
        .retrieve(1)
        .fields(["*", "shelf.*"])
        .send()
        .await
        .unwrap()
        .into_inner();
    assert_eq!(product.sold.unwrap().as_str(), "9007199254740993");
    assert_eq!(product.picture.unwrap().key().map(String::as_str), Some("f1"));
    let shelf = product.shelf.as_ref().and_then(|shelf| shelf.item()).unwrap();
    let below = shelf.products.as_ref().unwrap();
    assert_eq!((below[0].key(), below[1].item().unwrap().id), (Some(&1), Some(2)));
    let new = shop::Products {
        type_: Some("table".to_owned()),
        ..shop::Products::default()
    };
    products.create(&new).send().await.unwrap();
    assert_eq!(body(&transport.received()[1]), json!({"type": "table"}));
}
