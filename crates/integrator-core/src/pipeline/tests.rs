//! What each stage is for: a check that holds with it and fails without it; and what a whole call leaves behind.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use super::Stage;
use crate::client::ClientBuilder;
use crate::error::{Error, ErrorKind};
use crate::pipeline::{Exchange, Reply};
use crate::policy::{Layer, Next, Retry};
use crate::testing::Spans;
use crate::testing::acme::{self, CREATE, ELSEWHERE, LAUNCH, PLAIN, READ_FILE, RETRIEVE, RICH};
use crate::testing::{Recorded, Scripted, ScriptedTransport};
use crate::transport::BoxFuture;
use crate::{Client, Credential, Download, Operation, Provider, RequestOptions, Text};

/// A client builder, and the transport that its client will use.
type Setup = (ClientBuilder<Client>, ScriptedTransport);

/// Runs a check with the stage, where it must hold, and without it, where it must not.
async fn proves(stage: Stage, script: fn() -> Vec<Scripted>, check: impl AsyncFn(Setup) -> bool) {
    let (builder, transport) = acme::scripted(&PLAIN, script());
    assert!(check((builder, transport)).await, "{stage:?} does not do its work");
    let (builder, transport) = acme::scripted(&PLAIN, script());
    assert!(
        !check((builder.without(stage), transport)).await,
        "nothing is missing without {stage:?}"
    );
}

fn header<'a>(request: &'a Recorded, name: &str) -> Option<&'a str> {
    request.headers.get(name).and_then(|value| value.to_str().ok())
}

#[tokio::test(start_paused = true)]
async fn prepare_keeps_secrets_from_plain_http() {
    let script = || vec![acme::thing()];
    proves(Stage::Prepare, script, async |(builder, transport)| {
        let client = builder.build().unwrap();
        let outcome = acme::call(&client, &ELSEWHERE).send().await;
        outcome.is_err_and(|error| error.kind() == ErrorKind::Insecure) && transport.received().is_empty()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn observe_opens_one_span_a_call() {
    let script = || vec![Scripted::status(500), acme::thing()];
    proves(Stage::Observe, script, async |(builder, _)| {
        let (spans, _guard) = Spans::capture();
        acme::call(&builder.build().unwrap(), &RETRIEVE).send().await.unwrap();
        let text = spans.text();
        let expected = [
            "otel.kind=\"client\"",
            "otel.name=GET /things/{id}",
            "http.request.method=\"GET\"",
            "url.template=\"/things/{id}\"",
            "server.address=\"api.acme.test\"",
            "server.port=443",
            "http.response.status_code=200",
            "http.request.resend_count=1",
            "integrator.request_id=\"req_ok\"",
            "attempt=1",
        ];
        text.matches("span ").count() == 1 && expected.iter().all(|field| text.contains(field))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn deadline_ends_a_call_that_no_attempt_limit_ends() {
    let script = || (0..3).map(|_| Scripted::hang()).collect();
    proves(Stage::Deadline, script, async |(builder, _)| {
        let client = builder
            .first_byte_timeout(Duration::from_secs(50))
            .deadline(Duration::from_secs(60))
            .build()
            .unwrap();
        let started = Instant::now();
        let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
        let attempts: Vec<&str> = error.attempts().iter().map(crate::Attempt::reason).collect();
        started.elapsed() == Duration::from_secs(60)
            && error.kind() == ErrorKind::Deadline
            && error.may_have_been_sent()
            && attempts == ["timeout", "given up"]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn deadline_of_one_call_replaces_the_clients() {
    let (builder, _) = acme::scripted(&PLAIN, [Scripted::hang()]);
    let options = RequestOptions::new().timeout(Duration::from_secs(1));
    let started = Instant::now();
    let error = acme::call(&builder.build().unwrap(), &RETRIEVE)
        .with(options)
        .send()
        .await
        .unwrap_err();
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    assert!(error.is_timeout());
}

#[tokio::test(start_paused = true)]
async fn idempotency_sends_a_key_so_that_a_create_can_be_repeated() {
    let script = || vec![Scripted::reset(), acme::thing()];
    proves(Stage::Idempotency, script, async |(builder, transport)| {
        let outcome = acme::call(&builder.build().unwrap(), &CREATE).send().await;
        let received = transport.received();
        outcome.is_ok() && received.len() == 2 && received.iter().all(|r| header(r, "idempotency-key").is_some())
    })
    .await;
}

#[cfg(feature = "cache-memory")]
#[tokio::test(start_paused = true)]
async fn cache_answers_again_with_what_was_kept() {
    let script = || vec![acme::thing(), acme::thing()];
    proves(Stage::Cache, script, async |(builder, transport)| {
        let cache = crate::Cache::memory(10_000).cache_for(&RETRIEVE, Duration::from_secs(60));
        let client = builder.cache(cache).build().unwrap();
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        transport.received().len() == 1
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn dedup_makes_identical_reads_one() {
    let script = || vec![acme::thing().after(Duration::from_secs(1)), acme::thing()];
    proves(Stage::Dedup, script, async |(builder, transport)| {
        let client = builder.build().unwrap();
        let get = || acme::call(&client, &RETRIEVE).send();
        let (one, two) = tokio::join!(get(), get());
        one.is_ok() && two.is_ok() && transport.received().len() == 1
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn retry_survives_a_failure_that_passes() {
    let script = || vec![Scripted::status(503), acme::thing()];
    proves(Stage::Retry, script, async |(builder, _)| {
        acme::call(&builder.build().unwrap(), &RETRIEVE).send().await.is_ok()
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn breaker_gives_a_failing_host_a_rest() {
    let script = || (0..30).map(|_| Scripted::status(500)).collect();
    proves(Stage::Breaker, script, async |(builder, transport)| {
        let client = builder.retry(Retry::never()).build().unwrap();
        for _ in 0..30 {
            acme::call(&client, &RETRIEVE).send().await.unwrap_err();
        }
        transport.received().len() == 20
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn auth_attaches_the_credential_to_every_attempt() {
    let script = || vec![Scripted::status(503), acme::thing()];
    proves(Stage::Auth, script, async |(builder, transport)| {
        acme::call(&builder.build().unwrap(), &RETRIEVE).send().await.unwrap();
        transport
            .received()
            .iter()
            .all(|request| header(request, "authorization") == Some("Bearer key"))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn limit_holds_back_who_was_refused() {
    let script = || vec![Scripted::status(429).header("retry-after", "5"), acme::thing()];
    proves(Stage::Limit, script, async |(builder, _)| {
        let client = builder.retry(Retry::never()).build().unwrap();
        acme::call(&client, &RETRIEVE).send().await.unwrap_err();
        let started = Instant::now();
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        started.elapsed() == Duration::from_secs(5)
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn timeout_gives_an_attempt_up_and_another_succeeds() {
    let script = || {
        vec![
            Scripted::hang(),
            Scripted::status(200).chunk("{").silent(),
            acme::thing(),
        ]
    };
    proves(Stage::Timeout, script, async |(builder, _)| {
        let second = Duration::from_secs(1);
        let client = builder.first_byte_timeout(second).idle_timeout(second).build().unwrap();
        acme::call(&client, &RETRIEVE).send().await.is_ok()
    })
    .await;
}

/// Notes in a header that it was there, and how often.
#[derive(Debug)]
struct Mark(&'static str);

impl Layer for Mark {
    fn handle<'a>(&'a self, mut exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            exchange
                .headers_mut()
                .append("mark", http::HeaderValue::from_static(self.0));
            next.run(exchange).await
        })
    }
}

/// The marks of every attempt.
async fn marks((builder, transport): Setup) -> Vec<Vec<String>> {
    let _ = acme::call(&builder.build().unwrap(), &RETRIEVE).send().await;
    let marks = |request: &Recorded| {
        request
            .headers
            .get_all("mark")
            .iter()
            .map(|mark| mark.to_str().unwrap().to_owned())
            .collect()
    };
    transport.received().iter().map(marks).collect()
}

#[tokio::test(start_paused = true)]
async fn per_call_layers_run_once_in_the_order_added() {
    let script = || vec![Scripted::status(503), acme::thing()];
    proves(Stage::PerCall, script, async |(builder, transport)| {
        marks((builder.per_call(Mark("a")).per_call(Mark("b")), transport)).await == [["a", "b"], ["a", "b"]]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn per_attempt_layers_run_with_every_attempt() {
    let script = || vec![Scripted::status(503), acme::thing()];
    proves(Stage::PerAttempt, script, async |(builder, transport)| {
        marks((builder.per_attempt(Mark("a")).per_attempt(Mark("b")), transport)).await == [["a", "b"], ["a", "b"]]
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn transport_sends() {
    let script = || vec![acme::thing()];
    proves(Stage::Transport, script, async |(builder, transport)| {
        acme::call(&builder.build().unwrap(), &RETRIEVE).send().await.is_ok() && transport.received().len() == 1
    })
    .await;
}

/// Answers by itself; what it is asked is not passed on.
#[derive(Debug)]
struct Answering(u16);

impl Layer for Answering {
    fn handle<'a>(&'a self, exchange: Exchange, _: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        let headers = exchange.headers().clone();
        Box::pin(async move {
            let status = http::StatusCode::from_u16(self.0).map_err(Error::layer)?;
            Ok(Reply::from_bytes(status, headers, r#"{"id":"layer"}"#))
        })
    }
}

#[tokio::test(start_paused = true)]
async fn a_layer_may_answer_and_its_failures_count_as_the_providers() {
    let (builder, transport) = acme::scripted(&PLAIN, []);
    let client = builder.per_attempt(Answering(200)).build().unwrap();
    assert_eq!(acme::call(&client, &RETRIEVE).send().await.unwrap()["id"], "layer");
    assert!(transport.received().is_empty());

    let (builder, _) = acme::scripted(&PLAIN, []);
    let error = acme::call(&builder.per_attempt(Answering(503)).build().unwrap(), &RETRIEVE)
        .send()
        .await
        .unwrap_err();
    assert_eq!(
        (error.attempts().len(), error.status().map(|s| s.as_u16())),
        (3, Some(503))
    );
}

#[tokio::test(start_paused = true)]
async fn describe_lists_the_stages_that_exist() {
    let listed = |builder: ClientBuilder<Client>| {
        let description = builder.build().unwrap().pipeline().describe();
        description
            .stages()
            .iter()
            .map(|description| description.stage)
            .collect::<Vec<_>>()
    };
    let builder = || acme::scripted(&PLAIN, []).0;
    let plain: Vec<Stage> = Stage::ALL
        .into_iter()
        .filter(|stage| !matches!(stage, Stage::PerCall | Stage::PerAttempt | Stage::Cache))
        .collect();
    assert_eq!(listed(builder()), plain);
    let own = || builder().per_call(Mark("a")).per_attempt(Mark("b"));
    let all: Vec<Stage> = Stage::ALL.into_iter().filter(|stage| *stage != Stage::Cache).collect();
    assert_eq!(listed(own()), all);
    #[cfg(feature = "cache-memory")]
    assert_eq!(listed(own().cache(crate::Cache::memory(1_000))), Stage::ALL);
    for stage in plain {
        assert!(!listed(builder().without(stage)).contains(&stage));
    }
    insta::assert_snapshot!(builder().per_call(Mark("a")).build().unwrap().pipeline().describe());
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_leaves_nothing_behind() {
    for millis in [0, 1, 5, 40, 150, 400, 900] {
        let (spans, _guard) = Spans::capture();
        let slow = |status| {
            Scripted::status(status)
                .after(Duration::from_millis(100))
                .chunk("{}")
                .gap(Duration::from_millis(50))
        };
        let (builder, transport) = acme::scripted(&PLAIN, [slow(500), slow(503), slow(500)]);
        let client = builder.build().unwrap();
        let sending = acme::call(&client, &RETRIEVE).send();
        let _ = timeout(Duration::from_millis(millis), sending).await;
        assert_eq!(transport.open(), 0);
        assert_eq!(std::sync::Arc::strong_count(&client.pipeline), 1);
        let text = spans.text();
        assert!(
            text.contains("error.type=\"cancelled\"") || text.contains("error.type=\"server\""),
            "{millis}: {text}"
        );
        while transport.left() > 0 {
            let _ = acme::call(&client, &LAUNCH).send().await;
        }
        transport.push(acme::thing());
        acme::call(&client, &RETRIEVE).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_not_awaited_sends_nothing() {
    let (builder, transport) = acme::scripted(&PLAIN, [acme::thing()]);
    drop(acme::call(&builder.build().unwrap(), &RETRIEVE).send());
    assert_eq!(transport.left(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_secret_shows_anywhere() {
    let canary = "canary-4711";
    let (spans, _guard) = Spans::capture();
    let mut shown = String::new();
    let failures: [fn() -> Scripted; 6] = [
        || Scripted::status(400).with_json(&json!({"error": {"code": "canary-4711 x", "message": "canary-4711"}})),
        || {
            Scripted::status(500)
                .header("x-secret", "canary-4711")
                .chunk("canary-4711")
        },
        || Scripted::status(200).chunk("canary-4711"),
        || {
            Scripted::status(302)
                .header("location", "https://h/?k=canary-4711")
                .header("request-id", "canary-4711 x")
        },
        Scripted::reset,
        Scripted::hang,
    ];
    for failure in failures {
        for credential in [
            Credential::bearer(canary),
            Credential::basic(canary, canary),
            Credential::query("key", canary),
        ] {
            let (builder, _) = acme::scripted(&RICH, [failure()]);
            let client = builder.credential(credential).header("x-team", canary).build().unwrap();
            let options = RequestOptions::new()
                .header("x-one", canary)
                .query("q", canary)
                .retry(Retry::never());
            let call = client
                .call::<Value>(&CREATE)
                .set("name", canary)
                .set(canary, 1)
                .with(options);
            let prepared = call.prepare().unwrap();
            let sending = call.clone().send();
            shown.push_str(&format!(
                "{client:?}{call:?}{prepared:?}{sending:?}{}",
                client.pipeline().describe()
            ));
            let error = sending.await.unwrap_err();
            shown.push_str(&format!("{error}{error:?}"));
            let mut source = std::error::Error::source(&error);
            while let Some(error) = source {
                shown.push_str(&format!("{error}{error:?}"));
                source = error.source();
            }
        }
    }
    let (builder, _) = acme::scripted(&PLAIN, [acme::thing().header("set-cookie", canary)]);
    let client = builder.credential(Credential::bearer(canary)).build().unwrap();
    shown.push_str(&format!("{:?}", acme::call(&client, &RETRIEVE).send().await.unwrap()));
    for url in [
        "https://user:canary-4711@h",
        "https://h/?key=canary-4711",
        "canary-4711",
    ] {
        let builder = Client::builder(&PLAIN)
            .base_url(url)
            .header("ok", "canary-4711\n")
            .user_agent("canary-4711\n");
        shown.push_str(&format!("{builder:?}"));
        if !url.starts_with("canary") {
            shown.push_str(&builder.build().unwrap_err().to_string());
        }
    }
    shown.push_str(&spans.text());
    assert!(!shown.contains(canary), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_download_is_handed_on_while_it_arrives() {
    let file = || {
        Scripted::status(200)
            .chunk("one")
            .chunk("two")
            .gap(Duration::from_secs(50))
    };
    let (builder, transport) = acme::scripted(&PLAIN, [Scripted::status(503), file(), file().silent()]);
    let client = builder.deadline(Duration::from_secs(5)).build().unwrap();
    let mut download = client
        .call::<Download>(&READ_FILE)
        .set("id", "1")
        .send()
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        download.chunk().await.unwrap().unwrap(),
        "one",
        "the deadline ended with the head"
    );
    assert_eq!(download.chunk().await.unwrap().unwrap(), "two");
    assert!(download.chunk().await.unwrap().is_none());
    assert_eq!(transport.received().len(), 2);

    let download = client
        .call::<Download>(&READ_FILE)
        .set("id", "1")
        .send()
        .await
        .unwrap()
        .into_inner();
    let error = download.bytes(100).await.unwrap_err();
    assert!(error.is_timeout() && error.may_have_been_sent(), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn answers_are_read_as_what_is_asked_for() {
    let (builder, transport) = acme::scripted(&PLAIN, []);
    let client = builder.build().unwrap();
    let read = |operation| client.call::<Value>(operation).set("id", "1");
    transport.push(Scripted::status(200).chunk("plain"));
    assert_eq!(*read(&READ_FILE).send().await.unwrap(), json!("plain"));
    transport.push(Scripted::status(200).chunk("plain"));
    assert_eq!(
        read(&READ_FILE).answering::<Text>().send().await.unwrap().as_str(),
        "plain"
    );
    transport.push(Scripted::status(204));
    read(&acme::DELETE).answering::<()>().send().await.unwrap();
    transport.push(Scripted::status(200).chunk("not json"));
    read(&acme::DELETE).answering::<()>().send().await.unwrap();
    transport.push(Scripted::status(200).chunk(r#"{"id":"#).chunk(r#""1"}"#));
    assert_eq!(read(&RETRIEVE).send().await.unwrap()["id"], "1");
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_a_call_is_said_at_once() {
    let (builder, transport) = acme::scripted(&PLAIN, []);
    let client = builder.max_request(10).build().unwrap();
    let refused = async |call: crate::Call<Value>| {
        let error = call.send().await.unwrap_err();
        assert_eq!(
            (error.kind(), error.may_have_been_sent()),
            (ErrorKind::InvalidCall, false)
        );
        error.to_string()
    };
    let empty = client.call(&CREATE).with(RequestOptions::new().header("a b", "x"));
    let text = refused(empty).await;
    assert!(text.contains("`name`") && text.contains("`a b`"), "{text}");
    let text = refused(client.call(&RETRIEVE).set("id", "1").set("nonsense", 1)).await;
    assert!(text.contains("`nonsense`"), "{text}");
    let text = refused(client.call(&CREATE).set("name", "far too long")).await;
    assert!(text.contains("max_request"), "{text}");
    let text = refused(
        client
            .call(&CREATE)
            .set("name", "")
            .with(RequestOptions::from("k".repeat(41))),
    )
    .await;
    assert!(text.contains("41 characters"), "{text}");
    let big = RequestOptions::new().header("x", "y".repeat(40_000));
    assert!(
        refused(client.call(&CREATE).set("name", "").with(big))
            .await
            .contains("bytes long")
    );
    assert!(transport.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn values_of_the_beta_header_add_up() {
    static LABS: Provider = Provider {
        beta_header: Some("acme-beta"),
        ..PLAIN
    };
    static EARLY: Operation = Operation {
        headers: &[("acme-beta", "early,files")],
        ..CREATE
    };
    let (builder, transport) = acme::scripted(&LABS, [acme::thing(), acme::thing()]);
    let client = builder.header("Acme-Beta", "files").build().unwrap();
    acme::call(&client, &EARLY).send().await.unwrap();
    let options = RequestOptions::new().beta("maps").header("acme-beta", "early, wide");
    acme::call(&client, &CREATE).with(options).send().await.unwrap();
    let received = transport.received();
    assert_eq!(header(&received[0], "acme-beta"), Some("files,early"));
    assert_eq!(header(&received[1], "acme-beta"), Some("files,early,wide,maps"));

    let (builder, transport) = acme::scripted(&PLAIN, []);
    let call = acme::call(&builder.build().unwrap(), &CREATE).with(RequestOptions::new().beta("maps"));
    assert!(
        call.send()
            .await
            .unwrap_err()
            .to_string()
            .contains("has no header for beta features")
    );
    assert!(transport.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn headers_of_the_call_go_before_those_of_the_client() {
    let (builder, transport) = acme::scripted(&PLAIN, [acme::thing(), acme::thing()]);
    let client = builder
        .header("Acme-Version", "2")
        .header("x-team", "a")
        .build()
        .unwrap();
    acme::call(&client, &CREATE)
        .with(RequestOptions::new().header("x-team", "b"))
        .send()
        .await
        .unwrap();
    acme::call(&client, &CREATE)
        .with(RequestOptions::new().header("acme-account", "acct"))
        .send()
        .await
        .unwrap();
    let received = transport.received();
    assert_eq!(header(&received[0], "acme-version"), Some("2"));
    assert_eq!(header(&received[0], "x-team"), Some("b"));
    assert_eq!(header(&received[0], "accept"), Some("application/json"));
    assert_eq!(header(&received[0], "content-type"), Some("application/json"));
    assert_eq!(header(&received[1], "x-team"), Some("a"));
    let identity = |options: RequestOptions| {
        let call = acme::call(&client, &CREATE).with(options);
        call.prepare().unwrap().identity().clone()
    };
    let scoped = || RequestOptions::new().header("acme-account", "acct");
    assert_eq!(identity(scoped()), identity(scoped()));
    assert_ne!(identity(scoped()), identity(RequestOptions::new()));
}

#[tokio::test(start_paused = true)]
async fn a_slow_upload_is_no_slow_answer() {
    let chunks = Scripted::status(200)
        .chunk("a")
        .chunk("b")
        .chunk("c")
        .gap(Duration::from_secs(8));
    let (builder, _) = acme::scripted(&PLAIN, [chunks, acme::thing()]);
    let client = builder
        .first_byte_timeout(Duration::from_secs(10))
        .retry(Retry::never())
        .build()
        .unwrap();
    let mut source = client
        .call::<Download>(&READ_FILE)
        .set("id", "1")
        .send()
        .await
        .unwrap()
        .into_inner();
    let stream = async_stream(move |cx| {
        std::pin::Pin::new(&mut source)
            .poll_next(cx)
            .map(|chunk| chunk.map(|chunk| chunk.map_err(std::io::Error::other)))
    });
    let started = Instant::now();
    let upload = crate::Upload::stream("a.txt", None, stream);
    client
        .call::<Value>(&acme::SEND_FILE)
        .upload(1, upload)
        .send()
        .await
        .unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(24));
}

use futures_core::Stream as _;

/// A stream from a function.
fn async_stream<T>(
    poll: impl FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>> + Send + Unpin,
) -> impl futures_core::Stream<Item = T> + Send {
    struct From<F>(F);
    impl<T, F: FnMut(&mut std::task::Context<'_>) -> std::task::Poll<Option<T>> + Unpin> futures_core::Stream for From<F> {
        type Item = T;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            cx: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<T>> {
            (self.0)(cx)
        }
    }
    From(poll)
}
