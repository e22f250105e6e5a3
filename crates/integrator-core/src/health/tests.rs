//! Health from outside: what calls of every outcome leave behind, and what follows from it.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{advance, timeout};

use super::{GroupHealth, Health, Reason, Registry, Status};
use crate::error::ErrorKind;
use crate::testing::Scripted;
use crate::testing::acme::{PLAIN, READ_FILE, RETRIEVE, WATCH, call, scripted, thing};
use crate::{Breaker, Client, Credential, Download, Limit, Operation, RequestOptions, Retry, Stage};

const CANARY: &str = "canary-4711";

fn client(script: impl IntoIterator<Item = Scripted>) -> Client {
    scripted(&PLAIN, script).0.retry(Retry::never()).build().unwrap()
}

/// The only group.
fn group(health: &Health) -> &GroupHealth {
    assert_eq!(health.groups.len(), 1, "{health:?}");
    &health.groups[0]
}

/// Answered, cached, shared, failed, rejected, cancelled, attempts.
fn counts(client: &Client) -> [u64; 7] {
    let health = client.health();
    let group = group(&health);
    assert_eq!(group.running, 0);
    [
        group.answered,
        group.cached,
        group.shared,
        group.failed,
        group.rejected,
        group.cancelled,
        group.attempts,
    ]
}

async fn send(client: &Client, operation: &'static Operation) -> bool {
    call(client, operation).send().await.is_ok()
}

#[tokio::test(start_paused = true)]
async fn a_client_that_was_never_called_is_healthy() {
    let health = client([]).health();
    assert_eq!((health.status, health.reasons.len()), (Status::Healthy, 0));
    assert!(health.groups.is_empty() && health.errors.is_empty() && health.cache.is_none());
    assert_eq!(health.credentials.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn each_outcome_counts_as_what_it_is() {
    let script = [thing(), Scripted::status(404), Scripted::reset(), Scripted::hang()];
    let client = client(script);
    assert!(send(&client, &RETRIEVE).await);
    assert!(!send(&client, &RETRIEVE).await);
    assert!(!send(&client, &RETRIEVE).await);
    let given_up = timeout(Duration::from_secs(2), call(&client, &RETRIEVE).send()).await;
    assert!(given_up.is_err());
    // What lacks an argument was never called.
    client.call::<Value>(&RETRIEVE).send().await.unwrap_err();
    assert_eq!(counts(&client), [1, 0, 0, 2, 0, 1, 3]);
    let health = client.health();
    // A 404 is an answer like any other, and a call that was given up says nothing.
    assert_eq!((group(&health).recent_calls, group(&health).recent_failures), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_shows_until_it_ends() {
    let client = client([thing().after(Duration::from_secs(1))]);
    let mut sending = Box::pin(call(&client, &RETRIEVE).send());
    assert!(timeout(Duration::from_millis(500), &mut sending).await.is_err());
    assert_eq!(group(&client.health()).running, 1);
    sending.await.unwrap();
    assert_eq!(counts(&client), [1, 0, 0, 0, 0, 0, 1]);
}

#[tokio::test(start_paused = true)]
async fn latency_is_what_callers_saw_waits_and_repeats_included() {
    let slow = |millis| thing().after(Duration::from_millis(millis));
    let script = (1..=97).map(|_| slow(100)).chain([
        slow(1_000),
        Scripted::status(503)
            .header("retry-after", "2")
            .after(Duration::from_millis(500)),
        slow(500),
        Scripted::hang(),
    ]);
    let (builder, _) = scripted(&PLAIN, script);
    let client = builder
        .without_dedup()
        .retry(Retry::standard())
        .deadline(Duration::from_secs(20))
        .build()
        .unwrap();
    for _ in 0..99 {
        assert!(send(&client, &RETRIEVE).await);
    }
    assert!(!send(&client, &RETRIEVE).await);
    let latency = group(&client.health()).latency.unwrap();
    let near = |found: Duration, expected: u64| {
        let expected = Duration::from_millis(expected);
        assert!(found.abs_diff(expected) <= expected / 16, "{found:?} for {expected:?}");
    };
    assert_eq!(latency.calls, 100);
    near(latency.p50, 100);
    near(latency.p90, 100);
    near(latency.p99, 3_000);
    // Ten minutes on nothing of it is recent any more.
    advance(Duration::from_secs(601)).await;
    assert_eq!(group(&client.health()).latency, None);
    assert_eq!(group(&client.health()).answered, 99);
}

#[tokio::test(start_paused = true)]
async fn what_was_five_minutes_ago_still_counts() {
    let client = client([thing(), Scripted::status(500)]);
    send(&client, &RETRIEVE).await;
    advance(Duration::from_secs(301)).await;
    send(&client, &RETRIEVE).await;
    let health = client.health();
    assert_eq!((group(&health).recent_calls, group(&health).recent_failures), (2, 1));
    advance(Duration::from_secs(301)).await;
    assert_eq!(group(&client.health()).recent_calls, 1);
}

#[tokio::test(start_paused = true)]
async fn identical_reads_are_one_answer_and_shared_ones() {
    let client = client([thing().after(Duration::from_secs(1))]);
    let (one, other) = tokio::join!(send(&client, &RETRIEVE), send(&client, &RETRIEVE));
    assert!(one && other);
    assert_eq!(counts(&client), [1, 0, 1, 0, 0, 0, 1]);
    assert_eq!(group(&client.health()).latency.unwrap().calls, 1);
}

#[cfg(feature = "cache-memory")]
#[tokio::test(start_paused = true)]
async fn hits_are_no_answers_of_the_provider_and_have_no_latency() {
    let (builder, _) = scripted(&PLAIN, [thing().header("cache-control", "max-age=60")]);
    let client = builder.cache(crate::Cache::memory(1 << 20)).build().unwrap();
    for _ in 0..4 {
        assert!(send(&client, &RETRIEVE).await);
    }
    assert_eq!(counts(&client), [1, 3, 0, 0, 0, 0, 1]);
    let health = client.health();
    assert_eq!(group(&health).latency.unwrap().calls, 1);
    let cache = health.cache.unwrap();
    assert_eq!((cache.hits, cache.misses, cache.hit_ratio()), (3, 1, Some(0.75)));
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_rejects_and_the_client_fails() {
    let (builder, _) = scripted(&PLAIN, (0..2).map(|_| Scripted::status(500)));
    let client = builder
        .retry(Retry::never())
        .breaker(Breaker::standard().opens_at(50, 2))
        .build()
        .unwrap();
    for _ in 0..5 {
        send(&client, &RETRIEVE).await;
    }
    assert_eq!(counts(&client), [0, 0, 0, 2, 3, 0, 2]);
    let health = client.health();
    assert_eq!(health.status, Status::Failing);
    assert!(
        matches!(&health.reasons[0], Reason::CircuitOpen { host, is_last: true, .. } if host == "api.acme.test"),
        "{:?}",
        health.reasons
    );
    assert_eq!(
        group(&health).latency.unwrap().calls,
        2,
        "what was rejected took no time of the provider's"
    );
    assert_eq!(health.errors[0].kind, ErrorKind::CircuitOpen);
}

#[tokio::test(start_paused = true)]
async fn a_stream_runs_until_it_is_dropped_and_fails_when_it_breaks() {
    let event = "data: {\"a\": 1}\n\n";
    let client = client([
        Scripted::status(200)
            .chunk(event)
            .chunk(event)
            .gap(Duration::from_secs(3))
            .cut(),
        Scripted::status(200).chunk(event),
    ]);
    let mut events = call(&client, &WATCH).stream::<Value>().await.unwrap();
    let health = client.health();
    assert_eq!((group(&health).running, group(&health).answered), (1, 1));
    assert_eq!(group(&health).latency.unwrap().calls, 1);
    events.next().await.unwrap().unwrap();
    events.next().await.unwrap().unwrap();
    assert_eq!(
        events.next().await.unwrap().unwrap_err().kind(),
        ErrorKind::StreamInterrupted
    );
    drop(events);
    assert_eq!(counts(&client), [0, 0, 0, 1, 0, 0, 1]);
    assert_eq!(client.health().errors[0].kind, ErrorKind::StreamInterrupted);
    // One that is dropped before its end was answered all the same.
    drop(call(&client, &WATCH).stream::<Value>().await.unwrap());
    assert_eq!(counts(&client), [1, 0, 0, 1, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_cannot_be_read_failed() {
    let client = client([Scripted::status(200).chunk("no JSON"), Scripted::status(200).chunk("x")]);
    assert!(!send(&client, &RETRIEVE).await);
    assert_eq!(counts(&client), [0, 0, 0, 1, 0, 0, 1]);
    client.call::<Download>(&READ_FILE).set("id", "1").send().await.unwrap();
    assert_eq!(counts(&client), [1, 0, 0, 1, 0, 0, 2]);
}

#[tokio::test(start_paused = true)]
async fn errors_are_few_and_say_nothing_secret() {
    let failure = |number: usize| {
        Scripted::status(500)
            .header("request-id", &format!("req_{number}"))
            .header("x-secret", CANARY)
            .with_json(&json!({"error": {"code": format!("{CANARY} {number}"), "message": CANARY}}))
    };
    let script = (0..40).map(failure).chain([Scripted::reset()]);
    let (builder, _) = scripted(&PLAIN, script);
    let client = builder
        .credential(Credential::bearer(CANARY))
        .retry(Retry::never())
        .breaker(Breaker::never())
        .build()
        .unwrap();
    for _ in 0..40 {
        let options = RequestOptions::new().query("email", CANARY);
        call(&client, &RETRIEVE).with(options).send().await.unwrap_err();
    }
    advance(Duration::from_secs(5)).await;
    send(&client, &RETRIEVE).await;
    let health = client.health();
    let told: Vec<_> = health
        .errors
        .iter()
        .map(|error| {
            (
                error.kind,
                error.times,
                error.request_id.as_deref(),
                error.ago.as_secs(),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (ErrorKind::NoAnswer, 1, None, 0),
            (ErrorKind::Server, 40, Some("req_39"), 5)
        ]
    );
    let text = serde_json::to_string(&health).unwrap();
    assert!(!text.contains(CANARY), "{text}");
    assert!(!format!("{health:?}").contains(CANARY));
    assert!(text.contains("\"request_id\":\"req_39\""), "{text}");
    let fingerprint = crate::Fingerprint::of(CANARY).to_string();
    assert!(text.contains(&fingerprint), "{text}");
}

#[tokio::test(start_paused = true)]
async fn groups_that_arguments_make_are_bounded() {
    static BY_ID: Operation = Operation {
        group: "thing:{body.id}",
        ..RETRIEVE
    };
    let client = client((0..300).map(|_| thing()));
    for number in 0..300 {
        let call = client.call::<Value>(&BY_ID).set("id", format!("t{number}"));
        call.send().await.unwrap();
    }
    let groups = client.health().groups;
    assert_eq!(groups.len(), 257);
    let others = groups.iter().find(|group| group.group == "(others)").unwrap();
    assert_eq!(others.answered, 44);
}

#[tokio::test(start_paused = true)]
async fn a_refused_credential_fails_until_the_provider_answers() {
    let client = client([Scripted::status(401), Scripted::status(404)]);
    send(&client, &RETRIEVE).await;
    let health = client.health();
    assert_eq!(health.status, Status::Failing);
    assert_eq!(
        health.reasons,
        [Reason::CredentialRefused {
            operation: "things.retrieve"
        }]
    );
    advance(Duration::from_secs(1)).await;
    send(&client, &RETRIEVE).await;
    assert_eq!(client.health().status, Status::Healthy);
}

#[tokio::test(start_paused = true)]
async fn a_share_of_failures_degrades_and_half_of_them_fail() {
    let outcomes = |bad: usize, good: usize| {
        let bad = (0..bad).map(|_| Scripted::status(500));
        let (builder, _) = scripted(&PLAIN, bad.chain((0..good).map(|_| thing())));
        builder.retry(Retry::never()).breaker(Breaker::never()).build().unwrap()
    };
    for (bad, good, expected) in [
        (9, 0, Status::Healthy),
        (1, 10, Status::Healthy),
        (2, 10, Status::Degraded),
        (10, 10, Status::Failing),
    ] {
        let client = outcomes(bad, good);
        for _ in 0..bad + good {
            send(&client, &RETRIEVE).await;
        }
        assert_eq!(client.health().status, expected, "{bad} of {}", bad + good);
    }
}

#[tokio::test(start_paused = true)]
async fn slots_windows_and_what_holds_back_are_shown() {
    let refusal = Scripted::status(429).header("retry-after", "30");
    let (builder, _) = scripted(&PLAIN, [thing().after(Duration::from_secs(1)), refusal]);
    let client = builder
        .retry(Retry::never())
        .limit(Limit::per_minute(600).burst(10).in_flight(3))
        .build()
        .unwrap();
    let mut sending = Box::pin(call(&client, &RETRIEVE).send());
    assert!(timeout(Duration::from_millis(1), &mut sending).await.is_err());
    let limits = client.health().limits;
    let [limit] = &limits[..] else {
        panic!("{limits:?}");
    };
    assert_eq!((limit.in_flight, limit.slots, limit.waiting), (1, Some(3), 0));
    let [window] = &limit.windows[..] else {
        panic!("{limit:?}");
    };
    assert_eq!((window.is_own, window.most, window.remaining), (true, 10, 9));
    assert!(!window.reset.is_zero() && window.reset < Duration::from_secs(1));
    sending.await.unwrap();
    send(&client, &RETRIEVE).await;
    let health = client.health();
    assert_eq!(health.status, Status::Degraded);
    assert!(
        matches!(&health.reasons[..], [Reason::HeldBack { wait, .. }] if *wait > Duration::from_secs(29)),
        "{:?}",
        health.reasons
    );
}

#[tokio::test(start_paused = true)]
async fn without_the_stage_that_observes_nothing_is_written_down() {
    let (builder, _) = scripted(&PLAIN, [thing()]);
    let client = builder.without(Stage::Observe).build().unwrap();
    assert!(send(&client, &RETRIEVE).await);
    assert!(client.health().groups.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_registry_shows_the_worst_and_forgets_who_is_gone() {
    let (good, bad) = (client([thing()]), client([Scripted::status(401)]));
    let registry = Registry::new();
    assert_eq!(registry.health().status, Status::Healthy);
    registry.register("good", &good);
    registry.register("bad", &bad);
    send(&good, &RETRIEVE).await;
    send(&bad, &RETRIEVE).await;
    let health = registry.clone().health();
    assert_eq!(health.status, Status::Failing);
    let statuses: Vec<(&str, Status)> = health
        .clients
        .iter()
        .map(|(name, health)| (name.as_str(), health.status))
        .collect();
    assert_eq!(statuses, [("bad", Status::Failing), ("good", Status::Healthy)]);
    let json = serde_json::to_value(&health).unwrap();
    assert_eq!(json["clients"]["bad"]["reasons"][0]["reason"], "credential_refused");
    drop(bad);
    let health = registry.health();
    assert_eq!((health.status, health.clients.len()), (Status::Healthy, 1));
    // Another client may take the name.
    registry.register("good", &client([]));
    assert!(registry.health().clients.is_empty());
}

#[tokio::test(start_paused = true)]
async fn credentials_show_by_fingerprint_and_age() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "from-a-file").unwrap();
    let every = Duration::from_secs(60);
    let file = Credential::file(&path, crate::provider::Scheme::Bearer, every);
    let (builder, _) = scripted(&PLAIN, []);
    let health = builder.credential(file).build().unwrap().health();
    let [credential] = &health.credentials[..] else {
        panic!("{health:?}");
    };
    assert_eq!(credential.fingerprint, Some(crate::Fingerprint::of("from-a-file")));
    assert!(credential.age.is_some_and(|age| age < Duration::from_secs(60)));
    assert_eq!(credential.left, None);

    let ring = Credential::rotating([Credential::bearer("new"), Credential::bearer("old")]);
    let (builder, _) = scripted(&PLAIN, []);
    let client = builder.credential(ring.clone()).build().unwrap();
    ring.rotate(Credential::bearer("newest")).unwrap();
    let served = client.health().credentials[0].fingerprint;
    assert_eq!(served, Some(crate::Fingerprint::of("newest")));
}

#[tokio::test(start_paused = true)]
async fn a_shared_quota_that_is_away_and_a_full_queue_degrade() {
    let (builder, _) = scripted(&PLAIN, [thing()]);
    let client = builder.limit(Limit::per_second(10)).build().unwrap();
    assert!(send(&client, &RETRIEVE).await);
    let mut health = client.health();
    let judged = |health: &Health| super::judge::reasons(health, None, 8);
    assert_eq!(judged(&health), []);
    health.limits[0].degraded = true;
    health.limits[0].waiting = 4;
    let group = "default".to_owned();
    let expected = [
        Reason::QuotaAway { group: group.clone() },
        Reason::Queueing { group, waiting: 4 },
    ];
    assert_eq!(judged(&health), expected);
    assert_eq!(super::judge::worst(&expected), Status::Degraded);
    health.limits[0].waiting = 3;
    assert_eq!(judged(&health).len(), 1);
}
