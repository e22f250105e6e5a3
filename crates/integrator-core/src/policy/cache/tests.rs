use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::advance;

use super::*;
use crate::testing::acme::{CREATE, PLAIN, RETRIEVE, call, scripted, thing};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, Credential, RequestOptions, Response, Retry, Stage};

const MINUTE: Duration = Duration::from_secs(60);

fn answer(number: u64) -> Scripted {
    Scripted::json(&json!({"number": number}))
}

fn client(cache: Cache, script: Vec<Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = scripted(&PLAIN, script);
    (builder.retry(Retry::never()).cache(cache).build().unwrap(), transport)
}

fn memory() -> Cache {
    Cache::memory(1024 * 1024)
}

async fn get(client: &Client, options: RequestOptions) -> Response<Value> {
    call(client, &RETRIEVE).with(options).send().await.unwrap()
}

fn number(answer: &Response<Value>) -> u64 {
    answer["number"].as_u64().unwrap()
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_calls_fresh_is_not_asked_for_again() {
    let fresh = answer(1)
        .header("cache-control", "max-age=60")
        .header("etag", "\"one\"");
    let (client, transport) = client(memory(), vec![fresh, answer(2)]);
    let first = get(&client, RequestOptions::new()).await;
    assert_eq!((number(&first), first.served()), (1, Served::Provider));
    advance(Duration::from_secs(59)).await;
    let again = get(&client, RequestOptions::new()).await;
    assert_eq!(number(&again), 1);
    assert_eq!(
        again.served(),
        Served::Cache {
            age: Duration::from_secs(59)
        }
    );
    assert!(again.attempts().is_empty(), "a hit is no attempt");
    advance(Duration::from_secs(1)).await;
    assert_eq!(number(&get(&client, RequestOptions::new()).await), 2);
    assert_eq!(transport.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_says_nothing_is_kept_only_as_long_as_the_caller_says() {
    let (client, _) = client(memory(), (1..9).map(answer).collect());
    let for_a_minute = || RequestOptions::new().cache_for(MINUTE);
    assert_eq!(number(&get(&client, RequestOptions::new()).await), 1);
    assert_eq!(
        number(&get(&client, for_a_minute()).await),
        2,
        "nobody wanted the first one kept"
    );
    assert_eq!(number(&get(&client, for_a_minute()).await), 2);
    assert_eq!(
        number(&get(&client, RequestOptions::new()).await),
        3,
        "it is fresh for those alone who say so"
    );
    assert_eq!(number(&get(&client, RequestOptions::new().without_cache()).await), 4);
    advance(MINUTE).await;
    assert_eq!(number(&get(&client, for_a_minute()).await), 5);
}

#[tokio::test(start_paused = true)]
async fn an_operation_can_have_a_time_of_its_own() {
    let (client, _) = client(memory().cache_for(&RETRIEVE, MINUTE), vec![answer(1), answer(2)]);
    assert_eq!(number(&get(&client, RequestOptions::new()).await), 1);
    assert_eq!(number(&get(&client, RequestOptions::new()).await), 1);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_is_confirmed_by_its_etag() {
    let script = vec![
        answer(1)
            .header("etag", "\"one\"")
            .header("cache-control", "max-age=10"),
        Scripted::status(304)
            .header("etag", "\"one\"")
            .header("cache-control", "max-age=30"),
        answer(2),
    ];
    let (client, transport) = client(memory(), script);
    get(&client, RequestOptions::new()).await;
    advance(Duration::from_secs(10)).await;
    let confirmed = get(&client, RequestOptions::new()).await;
    assert_eq!((number(&confirmed), confirmed.status()), (1, StatusCode::OK));
    assert_eq!(confirmed.served(), Served::Cache { age: Duration::ZERO });
    assert_eq!(transport.received()[1].headers["if-none-match"], "\"one\"");
    advance(Duration::from_secs(29)).await;
    assert_eq!(number(&get(&client, RequestOptions::new()).await), 1);
    assert_eq!(transport.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_old_answer_stands_in_for_a_provider_that_is_away_but_not_for_ever() {
    let script = vec![
        answer(1),
        Scripted::status(500),
        Scripted::not_sent(),
        Scripted::status(404),
        Scripted::status(500),
    ];
    let (client, _) = client(memory(), script);
    let options = || RequestOptions::new().cache_for(MINUTE).or_stale(MINUTE);
    get(&client, options()).await;
    advance(MINUTE).await;
    for kind in [ErrorKind::Server, ErrorKind::Connect] {
        let stale = get(&client, options()).await;
        assert_eq!((number(&stale), stale.served()), (1, Served::Stale { age: MINUTE }));
        assert_eq!(stale.instead_of().unwrap().kind(), kind);
    }
    let gone = call(&client, &RETRIEVE).with(options()).send().await.unwrap_err();
    assert!(gone.is_not_found(), "what the provider says clearly is heard");
    advance(MINUTE).await;
    let error = call(&client, &RETRIEVE).with(options()).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
}

#[tokio::test(start_paused = true)]
async fn a_change_ends_what_was_kept_below_its_path_and_above() {
    let (client, transport) = client(memory(), vec![answer(1), thing(), answer(2)]);
    let options = || RequestOptions::new().cache_for(MINUTE);
    get(&client, options()).await;
    // `things.create` is the list above `things/1`; changing one thing ends its list, changing the list ends no thing.
    client
        .call::<Value>(&crate::testing::acme::DELETE)
        .set("id", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(number(&get(&client, options()).await), 2);
    assert_eq!(transport.received().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_read_that_began_before_a_change_is_not_kept_after_it() {
    let (client, _) = client(memory(), vec![answer(1).after(MINUTE), thing(), answer(2)]);
    let options = || RequestOptions::new().cache_for(MINUTE * 9);
    let slow = tokio::spawn({
        let client = client.clone();
        async move { get(&client, options()).await }
    });
    tokio::task::yield_now().await;
    client
        .call::<Value>(&crate::testing::acme::DELETE)
        .set("id", "1")
        .send()
        .await
        .unwrap();
    slow.await.unwrap();
    assert_eq!(number(&get(&client, options()).await), 2);
}

#[tokio::test(start_paused = true)]
async fn identities_scopes_and_own_headers_never_share() {
    let cache = memory();
    let (one, _) = client(cache.clone(), vec![answer(1), answer(3), answer(4)]);
    let (builder, _) = scripted(&PLAIN, vec![answer(2)]);
    let two = builder
        .credential(Credential::bearer("key"))
        .cache(cache)
        .build()
        .unwrap();
    let options = || RequestOptions::new().cache_for(MINUTE);
    assert_eq!(number(&get(&one, options()).await), 1);
    assert_eq!(
        number(&get(&two, options()).await),
        2,
        "two credentials without names are two callers"
    );
    assert_eq!(number(&get(&one, options().header("acme-account", "a")).await), 3);
    assert_eq!(number(&get(&one, options().header("accept-language", "fr")).await), 4);
    assert_eq!(number(&get(&one, options()).await), 1);
}

#[tokio::test(start_paused = true)]
async fn what_varies_with_everything_or_is_too_large_is_not_kept() {
    let long = Scripted::json(&json!({"number": 2, "text": "x".repeat(5_000)}));
    let script = vec![answer(1).header("vary", "*"), long, answer(3), answer(4)];
    let (client, _) = client(memory().largest(4_000), script);
    for expected in [1, 2, 3, 3] {
        assert_eq!(
            number(&get(&client, RequestOptions::new().cache_for(MINUTE)).await),
            expected
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_the_stage_everything_is_asked_for() {
    let (builder, transport) = scripted(&PLAIN, vec![answer(1), answer(2)]);
    let client = builder
        .cache(memory().cache_for(&RETRIEVE, MINUTE))
        .without(Stage::Cache)
        .build()
        .unwrap();
    get(&client, RequestOptions::new()).await;
    assert_eq!(number(&get(&client, RequestOptions::new()).await), 2);
    assert_eq!(transport.received().len(), 2);
    let _ = &CREATE;
}

#[cfg(feature = "redis")]
mod shared {
    use super::*;
    use crate::RedisCache;
    use crate::testing::RedisServer;

    fn client(url: &str, name: &str, script: Vec<Scripted>) -> Client {
        let (builder, _) = scripted(&PLAIN, script);
        let credential = Credential::bearer("key");
        let credential = if name.is_empty() {
            credential
        } else {
            credential.named(name)
        };
        let cache = Cache::new(RedisCache::open(url, "test").unwrap()).cache_for(&RETRIEVE, MINUTE);
        builder
            .credential(credential)
            .retry(Retry::never())
            .cache(cache)
            .build()
            .unwrap()
    }

    #[tokio::test]
    async fn processes_share_answers_by_name_and_live_without_the_store() {
        let Some(mut server) = RedisServer::start().unwrap() else {
            return;
        };
        let long = Scripted::json(&json!({"number": 1, "text": "x".repeat(5_000)})).header("x-kept", "yes");
        let one = client(&server.url(), "account", vec![long, thing(), answer(6)]);
        let two = client(&server.url(), "account", vec![answer(2), answer(7)]);
        let other = client(&server.url(), "", vec![answer(3), answer(4)]);
        assert_eq!(number(&get(&one, RequestOptions::new()).await), 1);
        let hit = get(&two, RequestOptions::new()).await;
        assert_eq!((number(&hit), hit["text"].as_str().unwrap().len()), (1, 5_000));
        assert_eq!(hit.headers()["x-kept"], "yes");
        for expected in [3, 4] {
            assert_eq!(
                number(&get(&other, RequestOptions::new()).await),
                expected,
                "nobody knows who that is"
            );
        }
        one.call::<Value>(&crate::testing::acme::DELETE)
            .set("id", "1")
            .send()
            .await
            .unwrap();
        assert_eq!(
            number(&get(&two, RequestOptions::new()).await),
            2,
            "a change is seen in every process"
        );
        server.kill().unwrap();
        assert_eq!(number(&get(&one, RequestOptions::new()).await), 6);
        assert_eq!(number(&get(&two, RequestOptions::new()).await), 7);
    }
}
