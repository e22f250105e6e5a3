//! Directus: JSON in queries, comma lists, bodies that are lists, files beside fields, SEARCH.

use integrator_core::testing::Scripted;
use integrator_core::{Call, Patch, Upload, Value, json};
use integrator_directus::Client;
use integrator_directus::collection::Filter;

use crate::support;

async fn sent(call: impl FnOnce(&Client) -> Call<Value>) -> String {
    super::sent(support::directus([Scripted::json(&json!({}))]), call).await
}

fn published() -> Value {
    Filter::field("status")
        .eq("published")
        .and(Filter::field("author.name").contains("Zoë & co"))
        .into()
}

#[tokio::test(start_paused = true)]
async fn json_in_a_query() {
    let call = |c: &Client| {
        c.items()
            .list("articles")
            .fields(["id", "author.*"])
            .filter(published())
            .deep(json!({"comments": {"_limit": 3}}))
            .alias([("heading", "title")])
            .sort(["-date", "id"])
            .limit(100)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_query_that_is_too_long_is_a_search() {
    let call = |c: &Client| {
        let ids: Vec<String> = (0..30)
            .map(|_| "b5f3f7b2-5c0e-4c0e-8f5e-9a1d1d5f2a10".repeat(8))
            .collect();
        c.items()
            .list("articles")
            .filter(json!({"id": {"_in": ids}}))
            .limit(5)
            .raw()
    };
    let text = sent(call).await;
    let line = text.lines().last().unwrap();
    let body: Value = line.parse().unwrap();
    assert_eq!(body["query"]["filter"]["id"]["_in"].as_array().map(Vec::len), Some(30));
    let mut short = body.clone();
    short["query"]["filter"]["id"]["_in"] = json!(["30 ids"]);
    insta::assert_snapshot!(text.replace(line, &short.to_string()));
}

#[tokio::test(start_paused = true)]
async fn query_of_an_aggregate() {
    let call = |c: &Client| {
        c.items()
            .list("articles")
            .aggregate([("count", vec!["id".to_owned()]), ("avg", vec!["words".to_owned()])])
            .group_by(["author", "year(date)"])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_body_of_the_users_own() {
    let call = |c: &Client| {
        let changes = json!({"title": "Hello", "author": null, "tags": []});
        c.items().update("articles", "a b/c").call().body(changes).raw()
    };
    let (client, transport) = support::directus([]);
    assert!(
        call(&client).send().await.is_err(),
        "an id that leads elsewhere is refused"
    );
    assert!(transport.received().is_empty());
    let call = |c: &Client| {
        let changes = json!({"title": "Hello", "author": null, "tags": []});
        c.items().update("articles", "a b").call().body(changes).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_is_a_list() {
    let call = |c: &Client| {
        let articles = json!([{"title": "One"}, {"title": "Two"}]);
        c.items().create("articles").fields(["id"]).call().body(articles).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn delete_with_a_body() {
    insta::assert_snapshot!(sent(|c| c.items().delete_many("articles").call().body(json!([1, 2])).raw()).await);
}

#[tokio::test(start_paused = true)]
async fn multipart_of_fields_and_a_file() {
    let call = |c: &Client| {
        let picture = Upload::bytes("köln.png", "PNG");
        c.files()
            .create()
            .title("Köln")
            .folder(Patch::unset())
            .filesize(3)
            .file(picture)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_where_no_file_is_given() {
    insta::assert_snapshot!(sent(|c| c.files().create().title("Köln").raw()).await);
}

#[tokio::test(start_paused = true)]
async fn a_file_is_asked_for() {
    let (client, transport) = support::directus([Scripted::status(200).chunk("PNG")]);
    let asset = client
        .assets()
        .retrieve("f 1")
        .transforms(r#"[["blur",5]]"#)
        .download(true);
    let _ = asset.send().await.unwrap();
    insta::assert_snapshot!(support::raw(&transport.received()[0]));
}

#[tokio::test(start_paused = true)]
async fn a_text_is_asked_for() {
    let (client, transport) = support::directus([Scripted::status(200).chunk("pong")]);
    client.server().ping().send().await.unwrap();
    insta::assert_snapshot!(support::raw(&transport.received()[0]));
}
