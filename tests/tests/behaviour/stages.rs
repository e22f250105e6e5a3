//! What each stage of the pipeline is for, over a real provider's client: a check that holds with it and not without.

use std::time::Duration;

use http::HeaderValue;
use integrator_core::testing::{Scripted, ScriptedTransport, Spans};
use integrator_core::{
    BoxFuture, Cache, ClientBuilder, Error, ErrorKind, Exchange, Layer, Next, Reply, RequestOptions, Retry, Stage, json,
};
use integrator_stripe::Client;
use tokio::time::Instant;

use crate::support::{header, scripted};

/// A client builder, and the transport that its client will use.
type Setup = (ClientBuilder<Client>, ScriptedTransport);

fn setup(script: impl IntoIterator<Item = Scripted>, without: Option<Stage>) -> Setup {
    let (builder, transport) = scripted(Client::builder(), script);
    match without {
        Some(stage) => (builder.without(stage), transport),
        None => (builder, transport),
    }
}

fn ok() -> Scripted {
    Scripted::json(&json!({}))
}

fn busy() -> Scripted {
    Scripted::status(503)
}

/// Whether the client does what the stage is for; without a row, nothing.
async fn does_its_work(stage: Stage, without: Option<Stage>) -> Option<bool> {
    let setup = |script: Vec<Scripted>| setup(script, without);
    Some(match stage {
        Stage::Prepare => refuses_what_cannot_be_right(setup(vec![ok()])).await,
        Stage::Observe => opens_one_span(setup(vec![busy(), ok()])).await,
        Stage::Deadline => ends_in_time(setup((0..3).map(|_| Scripted::hang()).collect())).await,
        Stage::PerCall => runs_once_a_call(setup(vec![busy(), ok()])).await,
        Stage::Idempotency => sends_one_key(setup(vec![Scripted::reset(), ok()])).await,
        Stage::Cache => keeps_answers(setup(vec![ok(), ok()])).await,
        Stage::Dedup => asks_once(setup(vec![ok().after(Duration::from_secs(1)), ok()])).await,
        Stage::Retry => survives_a_failure(setup(vec![busy(), ok()])).await,
        Stage::Breaker => spares_a_failing_host(setup((0..25).map(|_| busy()).collect())).await,
        Stage::Auth => proves_who_is_calling(setup(vec![busy(), ok()])).await,
        Stage::Limit => waits_when_told_to(setup(vec![Scripted::status(429).header("retry-after", "5"), ok()])).await,
        Stage::Timeout => gives_an_attempt_up(setup(vec![Scripted::hang(), ok()])).await,
        Stage::PerAttempt => runs_with_every_attempt(setup(vec![busy(), ok()])).await,
        Stage::Transport => sends(setup(vec![ok()])).await,
        _ => return None,
    })
}

#[tokio::test(start_paused = true)]
async fn every_stage_does_its_work_and_nothing_else_does() {
    let (builder, _) = setup([], None);
    let mark = Mark("x");
    let client = builder
        .per_call(mark)
        .per_attempt(mark)
        .cache(Cache::memory(10_000))
        .build()
        .unwrap();
    let description = client.core().pipeline().describe();
    let stages: Vec<Stage> = description.stages().iter().map(|described| described.stage).collect();
    assert_eq!(
        stages,
        Stage::ALL,
        "a client with layers and a cache has every stage, in order"
    );
    for stage in stages {
        let name = stage.as_str();
        let with = does_its_work(stage, None).await;
        assert!(with.is_some(), "stage `{name}` has no row in this test");
        assert_eq!(with, Some(true), "stage `{name}` does not do its work");
        let without = does_its_work(stage, Some(stage)).await;
        assert_eq!(without, Some(false), "nothing is missing without stage `{name}`");
        // What it is for is its own work and no other stage's but the transport's, which all of them need.
        for other in Stage::ALL.into_iter().filter(|other| independent(stage, *other)) {
            let outcome = does_its_work(stage, Some(other)).await;
            assert_eq!(outcome, Some(true), "stage `{name}` needs `{}`", other.as_str());
        }
    }
}

/// Whether the check of one stage has to hold without the other.
fn independent(stage: Stage, other: Stage) -> bool {
    let needs: &[Stage] = match stage {
        Stage::Idempotency | Stage::Timeout | Stage::PerAttempt => &[Stage::Retry],
        Stage::Observe | Stage::PerCall | Stage::Auth => &[Stage::Retry],
        _ => &[],
    };
    stage != other && other != Stage::Transport && !needs.contains(&other)
}

async fn refuses_what_cannot_be_right((builder, transport): Setup) -> bool {
    let client = builder.build().unwrap();
    let too_long = RequestOptions::from("k".repeat(256));
    let outcome = client.customers().create().with(too_long).raw().send().await;
    let refused = outcome.is_err_and(|error| error.kind() == ErrorKind::InvalidCall);
    refused && transport.received().is_empty()
}

async fn opens_one_span((builder, _): Setup) -> bool {
    let (spans, _guard) = Spans::capture();
    let client = builder.build().unwrap();
    client.customers().retrieve("cus_1").raw().send().await.unwrap();
    let text = spans.text();
    let expected = [
        "otel.name=GET /v1/customers/{customer}",
        "url.template=\"/v1/customers/{customer}\"",
        "server.address=\"api.stripe.com\"",
        "http.response.status_code=200",
        "http.request.resend_count=1",
    ];
    text.matches("span ").count() == 1 && expected.iter().all(|field| text.contains(field))
}

async fn ends_in_time((builder, _): Setup) -> bool {
    let limit = Duration::from_secs(30);
    let client = builder.deadline(limit).build().unwrap();
    let started = Instant::now();
    let call = client.customers().retrieve("cus_1").raw().send();
    let outcome = tokio::time::timeout(Duration::from_secs(600), call).await;
    started.elapsed() == limit
        && outcome.is_ok_and(|answer| answer.is_err_and(|error| error.kind() == ErrorKind::Deadline))
}

async fn sends_one_key((builder, transport): Setup) -> bool {
    let client = builder.build().unwrap();
    let outcome = client.customers().create().raw().send().await;
    let received = transport.received();
    let keys: Vec<&str> = received
        .iter()
        .map(|request| header(request, "idempotency-key"))
        .collect();
    outcome.is_ok() && keys.len() == 2 && !keys[0].is_empty() && keys[0] == keys[1]
}

async fn keeps_answers((builder, transport): Setup) -> bool {
    let time = Duration::from_secs(60);
    let client = builder.cache(Cache::memory(10_000)).build().unwrap();
    for _ in 0..2 {
        let call = client.customers().retrieve("cus_1").raw();
        call.with(RequestOptions::new().cache_for(time)).send().await.unwrap();
    }
    transport.received().len() == 1
}

async fn asks_once((builder, transport): Setup) -> bool {
    let client = builder.build().unwrap();
    let get = || client.customers().retrieve("cus_1").raw().send();
    let (one, two) = tokio::join!(get(), get());
    one.is_ok() && two.is_ok() && transport.received().len() == 1
}

async fn survives_a_failure((builder, _): Setup) -> bool {
    let client = builder.build().unwrap();
    client.customers().retrieve("cus_1").raw().send().await.is_ok()
}

async fn spares_a_failing_host((builder, transport): Setup) -> bool {
    let client = builder.retry(Retry::never()).build().unwrap();
    for _ in 0..25 {
        client.customers().retrieve("cus_1").raw().send().await.unwrap_err();
    }
    transport.received().len() == 20
}

async fn proves_who_is_calling((builder, transport): Setup) -> bool {
    let client = builder.build().unwrap();
    client.customers().retrieve("cus_1").raw().send().await.unwrap();
    let received = transport.received();
    received
        .iter()
        .all(|request| header(request, "authorization") == "Bearer key")
}

async fn waits_when_told_to((builder, _): Setup) -> bool {
    let client = builder.retry(Retry::never()).build().unwrap();
    client.customers().retrieve("cus_1").raw().send().await.unwrap_err();
    let started = Instant::now();
    client.customers().retrieve("cus_2").raw().send().await.unwrap();
    started.elapsed() == Duration::from_secs(5)
}

async fn gives_an_attempt_up((builder, transport): Setup) -> bool {
    let client = builder.first_byte_timeout(Duration::from_secs(1)).build().unwrap();
    let outcome = client.customers().retrieve("cus_1").raw().send().await;
    outcome.is_ok() && transport.received().len() == 2
}

/// Notes in a header that it was there, and how often.
#[derive(Debug, Clone, Copy)]
struct Mark(&'static str);

impl Layer for Mark {
    fn handle<'a>(&'a self, mut exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        exchange.headers_mut().append("mark", HeaderValue::from_static(self.0));
        Box::pin(async move { next.run(exchange).await })
    }
}

/// The marks of the attempts, and whether the call succeeded.
async fn marks((builder, transport): Setup) -> Vec<Vec<String>> {
    let client = builder.build().unwrap();
    client.customers().retrieve("cus_1").raw().send().await.unwrap();
    let received = transport.received();
    let of = |values: http::header::GetAll<'_, HeaderValue>| {
        values.iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    received
        .iter()
        .map(|request| of(request.headers.get_all("mark")))
        .collect()
}

async fn runs_once_a_call((builder, transport): Setup) -> bool {
    marks((builder.per_call(Mark("a")).per_call(Mark("b")), transport)).await == [["a", "b"], ["a", "b"]]
}

async fn runs_with_every_attempt((builder, transport): Setup) -> bool {
    let builder = builder.per_attempt(Mark("a")).per_attempt(Mark("b"));
    marks((builder, transport)).await == [["a", "b"], ["a", "b"]]
}

async fn sends((builder, transport): Setup) -> bool {
    let client = builder.build().unwrap();
    let outcome = client.customers().retrieve("cus_1").raw().send().await;
    outcome.is_ok() && transport.received().len() == 1
}
