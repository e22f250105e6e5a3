//! Lists in every style of paging, walked to the end.

use std::collections::HashSet;

use integrator_mock::Mock;
use serde_json::{Value, json};

use crate::client::{LIST_CUSTOMERS, LIST_EVENTS, LIST_NOTES, SEARCH_CUSTOMERS, get, notes, stripe};

fn ids(page: &Value) -> Vec<String> {
    page["data"]
        .as_array()
        .expect("data is a list")
        .iter()
        .map(|item| item["id"].as_str().expect("an item has an id").to_owned())
        .collect()
}

async fn page(mock: &Mock, target: &str) -> Value {
    let answer = get(mock, target).await.expect("the mock answers");
    assert_eq!(answer.status, 200, "{target}: {}", answer.json());
    answer.json()
}

#[tokio::test]
async fn after_the_last_item() {
    let mock = stripe().await;
    mock.on(&LIST_CUSTOMERS).list(
        10_000,
        |index| json!({"id": format!("cus_{index}"), "object": "customer"}),
    );
    let (mut seen, mut pages, mut target) = (HashSet::new(), 0, "/v1/customers?limit=100".to_owned());
    loop {
        let page = page(&mock, &target).await;
        let ids = ids(&page);
        pages += 1;
        target = format!("/v1/customers?limit=100&starting_after={}", ids.last().unwrap());
        seen.extend(ids);
        if page["has_more"] == false {
            break;
        }
    }
    assert_eq!((seen.len(), pages), (10_000, 100));
    assert_eq!(mock.violations(), [""; 0]);
    let lost = get(&mock, "/v1/customers?starting_after=cus_x").await.unwrap();
    assert_eq!(
        (lost.status, &lost.json()["error"]["code"]),
        (400, &json!("unknown_cursor"))
    );
}

#[tokio::test]
async fn by_token() {
    let mock = stripe().await;
    mock.on(&SEARCH_CUSTOMERS).list_examples(25);
    let first = page(&mock, "/v1/customers/search?query=a&limit=20").await;
    assert_eq!((ids(&first).len(), &first["has_more"]), (20, &json!(true)));
    let token = first["next_page"].as_str().unwrap();
    let second = page(&mock, &format!("/v1/customers/search?query=a&limit=20&page={token}")).await;
    assert_eq!(
        (ids(&second).len(), &second["has_more"], second.get("next_page")),
        (5, &json!(false), None)
    );
    assert_eq!(
        ids(&first)
            .into_iter()
            .chain(ids(&second))
            .collect::<HashSet<_>>()
            .len(),
        25
    );
}

#[tokio::test]
async fn by_url() {
    let mock = stripe().await;
    mock.on(&LIST_EVENTS).list_examples(5);
    let first = page(&mock, "/v2/core/events?limit=3&object_id=o%201").await;
    let next = first["next_page_url"].as_str().unwrap();
    assert_eq!(next, "/v2/core/events?limit=3&object_id=o%201&page=page_3");
    let second = page(&mock, next).await;
    assert_eq!((ids(&second).len(), &second["next_page_url"]), (2, &Value::Null));
}

#[tokio::test]
async fn by_offset_with_the_default_size() {
    let mock = notes().await;
    mock.on(&LIST_NOTES)
        .pages_of((0..11).map(|n| json!({"id": n.to_string()})).collect());
    let first = page(&mock, "/notes").await;
    assert_eq!((ids(&first).len(), &first["has_more"]), (10, &json!(true)));
    let second = page(&mock, "/notes?after=10").await;
    assert_eq!(
        (ids(&second), &second["has_more"]),
        (vec!["10".to_owned()], &json!(false))
    );
    let beyond = page(&mock, "/notes?after=99").await;
    assert_eq!((ids(&beyond).len(), &beyond["has_more"]), (0, &json!(false)));
}

#[tokio::test]
async fn an_example_is_the_last_page() {
    let mock = stripe().await;
    for target in ["/v1/customers", "/v1/customers/search?query=a", "/v2/core/events"] {
        let page = page(&mock, target).await;
        assert!(
            page["has_more"] != true && page["next_page"].is_null() && page["next_page_url"].is_null(),
            "{page}"
        );
    }
}
