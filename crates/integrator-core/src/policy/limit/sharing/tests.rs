//! Clients that share a limit: who asks how often, what each may use, and what happens when the store is away.

use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use super::*;
use crate::error::ErrorKind;
use crate::operation::Operation;
use crate::policy::{Grant, Limit, Retry};
use crate::provider::{Provider, Throttling};
use crate::testing::Spans;
use crate::testing::acme::{self, CREATE, PLAIN, RETRIEVE};
use crate::testing::{LocalQuota, SimulatedProvider};
use crate::transport::BoxFuture;
use crate::{Client, Credential, RequestOptions, Value};

static COUNTING: Provider = Provider {
    throttling: Throttling {
        usage: &["usage.total"],
        output: &["background"],
        ..Throttling::DEFAULT
    },
    ..PLAIN
};

static OTHER: Operation = Operation {
    group: "other",
    ..RETRIEVE
};

/// A store that four share, that may be away or slow, and that notes what it was asked for.
#[derive(Debug, Clone, Default)]
struct Store(Arc<State>);

#[derive(Debug, Default)]
struct State {
    away: AtomicBool,
    millis: AtomicU64,
    wait: AtomicU64,
    asked: Mutex<Vec<(String, u64)>>,
}

impl Store {
    fn asked(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut self.0.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn wants(&self) -> Vec<u64> {
        self.asked().into_iter().map(|(_, want)| want).collect()
    }

    fn is_away(&self, away: bool) {
        self.0.away.store(away, Ordering::Relaxed);
    }

    fn answers_after(&self, millis: u64) {
        self.0.millis.store(millis, Ordering::Relaxed);
    }
}

impl Quota for Store {
    fn take<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Grant, QuotaError>> {
        let State {
            away,
            millis,
            wait,
            asked,
        } = &*self.0;
        asked.lock().unwrap().push((ask.key.to_owned(), ask.want));
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(millis.load(Ordering::Relaxed))).await;
            if away.load(Ordering::Relaxed) {
                return Err(QuotaError("no route".into()));
            }
            let wait = Duration::from_millis(wait.load(Ordering::Relaxed));
            Ok(Grant { wait, sharers: 4 })
        })
    }
}

fn client(provider: &'static Provider, limit: Limit) -> Client {
    Client::builder(provider)
        .credential(Credential::bearer("canary-secret").named("canary-name"))
        .transport(SimulatedProvider::new(1_000_000, Duration::from_secs(1)))
        .limit(limit)
        .retry(Retry::never())
        .without_dedup()
        .build()
        .unwrap()
}

/// Sends calls at the same time, and says after how many milliseconds each had its answer.
async fn times(client: &Client, number: usize) -> Vec<u128> {
    let started = Instant::now();
    let calls: Vec<_> = (0..number)
        .map(|_| tokio::spawn(acme::call(client, &RETRIEVE).send().into_future()))
        .collect();
    let mut times = Vec::new();
    for call in calls {
        call.await.unwrap().unwrap();
        times.push(started.elapsed().as_millis());
    }
    times
}

async fn pass(millis: u64) {
    tokio::time::sleep(Duration::from_millis(millis)).await;
}

#[tokio::test(start_paused = true)]
async fn a_busy_client_asks_once_for_a_hundred_calls() {
    let quota = LocalQuota::new(Duration::from_millis(1));
    let client = client(
        &PLAIN,
        Limit::per(10_000, Duration::from_secs(10)).shared(quota.clone()),
    );
    let last = times(&client, 4_000).await.into_iter().max().unwrap();
    // A hundred at once, and then ten every ten milliseconds.
    assert!((3_900..4_100).contains(&last), "{last}");
    assert!(quota.asked() <= 40, "{}", quota.asked());
}

#[tokio::test(start_paused = true)]
async fn one_who_calls_now_and_then_leases_what_he_uses() {
    let store = Store::default();
    let client = client(&PLAIN, Limit::per_second(1_000).shared(store.clone()));
    for _ in 0..3 {
        times(&client, 1).await;
        // A lease lasts for a tenth of the window.
        pass(100).await;
    }
    assert_eq!(store.wants(), [1, 1, 1]);
    for _ in 0..20 {
        times(&client, 1).await;
        pass(1).await;
    }
    assert_eq!(store.wants(), [1, 2, 4, 8, 16], "doubled as long as they are used up");
    pass(100).await;
    times(&client, 1).await;
    assert_eq!(store.wants(), [5], "what was used of the last");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_is_away_leaves_each_his_share_and_that_is_said_once() {
    let (spans, _guard) = Spans::capture();
    let store = Store::default();
    let client = client(&PLAIN, Limit::per_second(10).burst(1).shared(store.clone()));
    assert_eq!(times(&client, 3).await, [0, 100, 200]);
    let said = |what: &str| spans.text().matches(what).count();
    let degraded = || (client.headroom()[0].sharers, client.headroom()[0].degraded);
    assert_eq!(degraded(), (Some(4), false));

    store.is_away(true);
    pass(5_000).await;
    assert_eq!(times(&client, 4).await, [0, 400, 800, 1_200]);
    assert_eq!(times(&client, 2).await, [400, 800]);
    assert_eq!((degraded(), said("away"), said("sharers=4")), ((Some(4), true), 1, 1));
    assert!(said("no route") == 1, "{}", spans.text());
    let tries = store.asked().len();
    assert!((2..=6).contains(&tries), "about once a second: {tries}");

    store.is_away(false);
    pass(5_000).await;
    // The first one finds out; nobody waits for that.
    times(&client, 1).await;
    pass(500).await;
    assert_eq!(times(&client, 3).await, [0, 100, 200]);
    assert_eq!((degraded(), said("away"), said("back")), ((Some(4), false), 1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_never_answered_leaves_the_share_of_the_settings() {
    let store = Store::default();
    store.is_away(true);
    let limit = Limit::per_second(10).burst(1).shared(store.clone());
    assert_eq!(times(&client(&PLAIN, limit.clone()), 3).await, [0, 100, 200]);
    assert_eq!(times(&client(&PLAIN, limit.sharers(2)), 3).await, [0, 200, 400]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_store_holds_calls_up_once() {
    let store = Store::default();
    store.answers_after(60_000);
    let client = client(&PLAIN, Limit::per_second(1_000).shared(store.clone()));
    assert_eq!(times(&client, 2).await, [250, 250]);
    for _ in 0..100 {
        assert!(times(&client, 2).await.into_iter().max() <= Some(1));
        pass(100).await;
    }
    assert!((8..=11).contains(&store.asked().len()));
}

#[tokio::test(start_paused = true)]
async fn what_was_leased_stays_when_the_one_who_asked_gives_up() {
    let store = Store::default();
    store.answers_after(20);
    let client = client(&PLAIN, Limit::per_second(1_000).shared(store.clone()));
    let hurried = Duration::from_millis(10);
    assert!(
        tokio::time::timeout(hurried, acme::call(&client, &RETRIEVE).send())
            .await
            .is_err()
    );
    assert_eq!(times(&client, 1).await, [10]);
    assert_eq!(store.wants(), [1], "the second one used what the first had asked for");
    let left = &client.headroom()[0];
    assert_eq!((left.in_flight, left.waiting), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_begins_after_the_deadline_refuses_at_once() {
    let store = Store::default();
    store.0.wait.store(5_000, Ordering::Relaxed);
    let client = client(&PLAIN, Limit::per_second(1_000).shared(store.clone()));
    for _ in 0..2 {
        let started = Instant::now();
        let options = RequestOptions::new().timeout(Duration::from_secs(1));
        let error = acme::call(&client, &RETRIEVE).with(options).send().await.unwrap_err();
        assert_eq!(
            (error.kind(), started.elapsed()),
            (ErrorKind::Overloaded, Duration::ZERO)
        );
        assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    }
    assert_eq!(store.wants(), [1]);
    assert_eq!(times(&client, 1).await, [5_000]);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_leased_too_and_what_was_not_used_serves_others() {
    let store = Store::default();
    let limit = Limit::standard()
        .tokens(60_000, Duration::from_secs(60))
        .shared(store.clone());
    let client = client(&COUNTING, limit);
    let call = async |tokens: u64| {
        let call = client.call::<Value>(&CREATE).set("name", "1").set("background", tokens);
        call.send().await.unwrap();
    };
    // The estimate counts the name as well; the answer says that nothing was used.
    call(5_000).await;
    let (key, want) = store.asked().remove(0);
    assert!(
        key.ends_with(":tokens") && (5_000..5_100).contains(&want),
        "{key} {want}"
    );
    call(4_000).await;
    assert_eq!(store.wants(), [0; 0], "what the first did not use was enough");
    call(8_000).await;
    assert!(store.wants()[0] < 3_200, "only what is missing, or a twentieth");
}

#[tokio::test(start_paused = true)]
async fn each_caller_and_group_has_a_quota_and_its_key_says_nothing_about_them() {
    let store = Store::default();
    let client = client(&PLAIN, Limit::per_second(1_000).shared(store.clone()));
    let account = RequestOptions::new().header("acme-account", "canary-account");
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    acme::call(&client, &RETRIEVE).with(account).send().await.unwrap();
    acme::call(&client, &OTHER).send().await.unwrap();
    let mut keys: Vec<String> = store.asked().into_iter().map(|(key, _)| key).collect();
    assert!(
        keys.iter()
            .all(|key| key.starts_with("acme:{") && !key.contains("canary")),
        "{keys:?}"
    );
    keys.dedup();
    assert_eq!(keys.len(), 3);
    let again = self::client(&PLAIN, Limit::per_second(1_000).shared(store.clone()));
    acme::call(&again, &RETRIEVE).send().await.unwrap();
    assert_eq!(store.asked()[0].0, keys[0], "the same in every client");
}

#[tokio::test(start_paused = true)]
async fn it_is_described() {
    let limit = Limit::per_second(25).shared(Store::default()).sharers(3);
    let text = client(&PLAIN, limit).pipeline().describe().to_string();
    let line = text.lines().find(|line| line.starts_with("limit ")).unwrap();
    assert!(
        line.contains("requests=25/1s shared=Store") && line.contains("sharers=3"),
        "{line}"
    );
}
