//! Lists that a query narrows, orders, cuts and counts; queries too long for a URL, which come as the body of another
//! method.

use integrator_core::{
    Operation, Provider,
    operation::{Argument, LongQuery, Method, Next, Paging, QueryStyle},
};
use integrator_mock::Mock;
use serde_json::{Value, json};

use crate::client::{Answer, send};

const JSON: &str = "content-type: application/json\r\n";

static LIST_ITEMS: Operation = Operation {
    id: "getCollectionItems",
    path: "/items/{collection}",
    arguments: &[
        Argument::path("collection"),
        Argument::query("fields").styled(QueryStyle::Comma),
        Argument::query("sort").styled(QueryStyle::Comma),
        Argument::query("filter").styled(QueryStyle::Json),
    ],
    paging: Some(Paging {
        items: "data",
        next: Next::Offset {
            argument: "offset",
            more: "",
        },
        size: Some("limit"),
    }),
    long_query: Some(LongQuery {
        method: Method::Search,
        header: None,
        member: "query",
    }),
    ..Operation::DEFAULT
};
/// Another list that is searched in the same way.
static LIST_FILES: Operation = Operation {
    id: "getFiles",
    path: "/files",
    long_query: LIST_ITEMS.long_query,
    ..Operation::DEFAULT
};
static DIRECTUS: Provider = Provider {
    name: "directus",
    operations: &[&LIST_FILES, &LIST_ITEMS],
    ..Provider::DEFAULT
};

static LIST_LEADS: Operation = Operation {
    id: "leads_list",
    path: "/lead/",
    paging: Some(Paging {
        items: "data",
        next: Next::Offset {
            argument: "_skip",
            more: "has_more",
        },
        size: Some("_limit"),
    }),
    long_query: Some(LongQuery {
        method: Method::Post,
        header: Some("x-http-method-override"),
        member: "_params",
    }),
    ..Operation::DEFAULT
};
static CLOSE: Provider = Provider {
    name: "close",
    operations: &[&LIST_LEADS],
    ..Provider::DEFAULT
};

async fn stateful(provider: &'static Provider) -> Mock {
    Mock::builder(provider)
        .stateful()
        .start()
        .await
        .expect("loopback has a free port")
}

async fn articles() -> Mock {
    let mock = stateful(&DIRECTUS).await;
    let article = |id: u64| {
        json!({"id": id, "title": format!("No. {id}"), "status": if id.is_multiple_of(3) { "draft" } else { "published" },
            "author": {"id": id % 2, "name": if id.is_multiple_of(2) { "Ada" } else { "Grace" }}})
    };
    assert!(mock.store("/items/articles", (1..=150).map(article)));
    mock
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn ask(mock: &Mock, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let answer = send(mock, method, target, headers, body).await;
    answer.expect("the mock answers")
}

async fn list(mock: &Mock, query: &[(&str, &str)]) -> Value {
    let query: Vec<String> = query
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    let target = format!("/items/articles?{}", query.join("&"));
    let answer = ask(mock, "GET", &target, "", "").await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
    answer.json()
}

fn ids(list: &Value) -> Vec<u64> {
    let items = list["data"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item["id"].as_u64()).collect()
}

#[tokio::test]
async fn items_are_filtered_sorted_projected_paged_and_counted() {
    let mock = articles().await;
    assert_eq!(
        ids(&list(&mock, &[]).await).len(),
        100,
        "as many as a server gives by itself"
    );
    assert_eq!(ids(&list(&mock, &[("limit", "-1")]).await).len(), 150);
    let filter = r#"{"_and": [{"status": {"_eq": "published"}}, {"author": {"name": {"_starts_with": "A"}}}]}"#;
    let found = list(
        &mock,
        &[
            ("filter", filter),
            ("sort", "-id"),
            ("fields", "id,author.name"),
            ("limit", "2"),
            ("offset", "1"),
            ("meta", "total_count,filter_count"),
        ],
    )
    .await;
    let item = |id: u64| json!({"id": id, "author": {"name": "Ada"}});
    assert_eq!(found["data"], json!([item(146), item(142)]));
    assert_eq!(found["meta"], json!({"total_count": 150, "filter_count": 50}));
    assert_eq!(
        ids(&list(&mock, &[("limit", "10"), ("page", "3")]).await),
        (21..=30).collect::<Vec<_>>()
    );
    assert_eq!(ids(&list(&mock, &[("search", "no. 77")]).await), [77]);
    let one = ask(&mock, "GET", "/items/articles/7?fields=title", "", "").await.json();
    assert_eq!(one["data"], json!({"title": "No. 7"}));

    let refused = format!("/items/articles?filter={}", encoded(r#"{"title": {"_like": "x"}}"#));
    let refused = ask(&mock, "GET", &refused, "", "").await;
    assert_eq!(refused.status, 400);
    assert!(String::from_utf8_lossy(&refused.body).contains("_like"));
}

#[tokio::test]
async fn many_items_are_changed_and_deleted_by_a_query() {
    let mock = articles().await;
    let body = json!({"query": {"filter": {"status": {"_eq": "draft"}}}, "data": {"status": "archived"}});
    let changed = ask(&mock, "PATCH", "/items/articles", JSON, &body.to_string())
        .await
        .json();
    assert_eq!(changed["data"].as_array().map(Vec::len), Some(50));
    let body = json!({"query": {"filter": {"status": {"_neq": "archived"}}}});
    assert_eq!(
        ask(&mock, "DELETE", "/items/articles", JSON, &body.to_string())
            .await
            .status,
        204
    );
    assert_eq!(ids(&list(&mock, &[("limit", "-1")]).await).len(), 50);
}

#[tokio::test]
async fn a_search_is_the_list_with_its_query_in_the_body() {
    let mock = articles().await;
    let query =
        json!({"query": {"filter": {"id": {"_in": [3, 5, 7]}}, "fields": ["id", "title"], "sort": "-id", "limit": 2}});
    let found = ask(&mock, "SEARCH", "/items/articles", JSON, &query.to_string())
        .await
        .json();
    assert_eq!(
        found["data"],
        json!([{"id": 7, "title": "No. 7"}, {"id": 5, "title": "No. 5"}])
    );
    assert_eq!(
        (mock.count(&LIST_ITEMS), mock.received()[0].method.as_str()),
        (1, "SEARCH")
    );

    let wrong = ask(&mock, "SEARCH", "/items/articles", JSON, r#"{"query": {"limits": 2}}"#).await;
    assert_eq!(wrong.status, 422);
    let none = ask(&mock, "SEARCH", "/items/articles", JSON, r#"{"filter": {}}"#).await;
    assert_eq!(none.status, 422);
    assert_eq!(mock.violations().len(), 2, "{:?}", mock.violations());
}

#[tokio::test]
async fn a_method_that_is_overridden_is_the_one_that_is_meant() {
    let mock = stateful(&CLOSE).await;
    for name in ["Acme", "Beta", "Gamma"] {
        let body = json!({"name": name}).to_string();
        assert_eq!(ask(&mock, "POST", "/lead/", JSON, &body).await.status, 200);
    }
    let headers = format!("{JSON}x-http-method-override: GET\r\n");
    let body = json!({"_params": {"_limit": 2, "_skip": 1}}).to_string();
    let found = ask(&mock, "POST", "/lead/", &headers, &body).await.json();
    let names: Vec<&str> = found["data"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|lead| lead["name"].as_str())
        .collect();
    assert_eq!((names, &found["has_more"]), (vec!["Beta", "Gamma"], &json!(false)));
    assert_eq!(mock.stored("/lead/").len(), 3, "nothing was created");
    assert_eq!(mock.count(&LIST_LEADS), 1);
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn figures_names_and_lists_within_are_those_that_were_asked_for() {
    let mock = articles().await;
    let figures = list(
        &mock,
        &[
            ("aggregate", r#"{"count": ["*"], "sum": ["id"], "max": ["id"]}"#),
            ("groupBy", "status"),
            ("filter", r#"{"id": {"_lte": 10}}"#),
            ("sort", "-sum.id"),
        ],
    )
    .await;
    let row = |status: &str, count: u64, sum: u64, max: u64| json!({"status": status, "count": count, "sum": {"id": sum}, "max": {"id": max}});
    assert_eq!(
        figures["data"],
        json!([row("published", 7, 37, 10), row("draft", 3, 18, 9)])
    );

    let body = json!({"title": "With comments", "comments": [{"stars": 2}, {"stars": 5}]}).to_string();
    let id = ask(&mock, "POST", "/items/articles", JSON, &body).await.json()["data"]["id"].clone();
    let query = format!(
        "alias={}&deep={}&fields=headline,comments.stars",
        encoded(r#"{"headline": "title"}"#),
        encoded(r#"{"comments": {"_sort": "-stars", "_limit": 1}}"#)
    );
    let one = ask(&mock, "GET", &format!("/items/articles/{id}?{query}"), "", "")
        .await
        .json();
    assert_eq!(
        one["data"],
        json!({"headline": "With comments", "comments": [{"stars": 5}]})
    );

    for (name, value) in [
        ("aggregate", r#"{"median": ["id"]}"#),
        ("deep", r#"{"author": {"_like": 1}}"#),
        ("filter", r#"{"place": {"_intersects": {}}}"#),
    ] {
        let refused = ask(
            &mock,
            "GET",
            &format!("/items/articles?{name}={}", encoded(value)),
            "",
            "",
        )
        .await;
        assert_eq!(refused.status, 400, "{name}");
    }
    assert_eq!(mock.violations(), [""; 0]);
}

#[tokio::test]
async fn a_singleton_is_read_and_changed_where_others_are_listed() {
    let mock = stateful(&DIRECTUS).await;
    assert!(mock.store_single("/items/settings", &json!({"name": "Shop", "open": true})));
    assert!(!mock.store_single("/files", &json!({})), "files are many");
    let get = async |query: &str| {
        ask(&mock, "GET", &format!("/items/settings{query}"), "", "")
            .await
            .json()
    };
    assert_eq!(
        get("?fields=name,open").await,
        json!({"data": {"name": "Shop", "open": true}})
    );
    let change = json!({"open": false}).to_string();
    let changed = ask(&mock, "PATCH", "/items/settings?fields=open", JSON, &change).await;
    assert_eq!(
        (changed.status, changed.json()),
        (200, json!({"data": {"open": false}}))
    );
    assert_eq!(
        get("?fields=name,open").await,
        json!({"data": {"name": "Shop", "open": false}})
    );
    assert_eq!(ask(&mock, "POST", "/items/settings", JSON, &change).await.status, 404);
    assert_eq!(mock.stored("/items/settings").len(), 1);
}
