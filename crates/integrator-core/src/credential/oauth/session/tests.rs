//! What calls see while their token is renewed, is not, or could not be saved.

use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;
use tokio::time::{Instant, advance, timeout};

use super::*;
use crate::credential::{Secret, Source};
use crate::oauth::{MemoryStore, StoreError};
use crate::pipeline::Stage;
use crate::provider::{ClientAuth, OAuthFacts, Provider};
use crate::testing::Spans;
use crate::testing::acme::{self, LAUNCH, PLAIN, RETRIEVE};
use crate::testing::{Recorded, Scripted, ScriptedTransport};
use crate::transport::BoxFuture;
use crate::{Client, Credential, Response, Retry, Value};

static PROVIDER: Provider = Provider {
    oauth: Some(&OAuthFacts {
        authorize_url: Some("https://auth.acme.test/authorize"),
        token_url: "https://auth.acme.test/token",
        client_auth: ClientAuth::Body,
        pkce: true,
        single_use_refresh: true,
    }),
    ..PLAIN
};

fn issued(number: u32, seconds: u64) -> Scripted {
    Scripted::json(&json!({
        "access_token": format!("access-{number}"),
        "refresh_token": format!("refresh-{number}"),
        "token_type": "bearer",
        "expires_in": seconds,
    }))
}

fn refused() -> Scripted {
    Scripted::status(401).with_json(&json!({"error": {"code": "token_expired"}}))
}

fn oauth() -> OAuth {
    OAuth::new(&PROVIDER, "id", "secret").token(Token::from_refresh_token("refresh-0"))
}

fn client(oauth: OAuth, script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = acme::scripted(&PROVIDER, script);
    (
        builder
            .credential(Credential::oauth(oauth))
            .without_dedup()
            .build()
            .unwrap(),
        transport,
    )
}

async fn call(client: &Client) -> Result<Response<Value>, Error> {
    acme::call(client, &RETRIEVE).send().await
}

/// What was sent: the refresh token of a renewal, or the access token of a call.
fn sent(transport: &ScriptedTransport) -> Vec<String> {
    let what = |request: &Recorded| match request.headers.get("authorization") {
        Some(header) => header.to_str().unwrap().trim_start_matches("Bearer ").to_owned(),
        None => {
            let body = String::from_utf8(request.body.to_vec()).unwrap();
            let token = body.split('&').find_map(|pair| pair.strip_prefix("refresh_token="));
            token.unwrap_or(&body).to_owned()
        }
    };
    transport.received().iter().map(what).collect()
}

/// Lets what was set going come to its end.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_token_is_renewed_before_its_end_while_calls_go_on() {
    let script = [
        issued(1, 3_600),
        acme::thing(),
        acme::thing(),
        issued(2, 3_600),
        acme::thing(),
    ];
    let (client, transport) = client(oauth(), script);
    call(&client).await.unwrap();
    advance(Duration::from_secs(3_600 - 119)).await;
    // This call does not wait for the renewal that it begins.
    call(&client).await.unwrap();
    settle().await;
    call(&client).await.unwrap();
    assert_eq!(
        sent(&transport),
        ["refresh-0", "access-1", "access-1", "refresh-1", "access-2"]
    );
}

#[tokio::test(start_paused = true)]
async fn at_the_end_calls_wait_for_one_renewal() {
    let script = [
        issued(1, 3_600),
        acme::thing(),
        issued(2, 3_600).after(Duration::from_secs(1)),
    ];
    let (client, transport) = client(oauth(), script);
    call(&client).await.unwrap();
    (0..50).for_each(|_| transport.push(acme::thing()));
    advance(Duration::from_secs(3_600 - 29)).await;
    let calls: Vec<_> = (0..50)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { call(&client).await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let sent = sent(&transport);
    assert_eq!(sent[..3], ["refresh-0", "access-1", "refresh-1"]);
    assert!(sent.len() == 53 && sent[3..].iter().all(|token| token == "access-2"));
}

#[tokio::test(start_paused = true)]
async fn while_a_renewal_fails_the_old_token_serves_and_it_shows() {
    let (spans, _guard) = Spans::capture();
    let script = [issued(1, 3_600), acme::thing()];
    let (client, transport) = client(oauth(), script);
    assert!(!call(&client).await.unwrap().attempts()[0].is_stale());
    advance(Duration::from_secs(3_600 - 20)).await;
    transport.push(Scripted::status(400).with_json(&json!({"error": "server_error"})));
    transport.push(acme::thing());
    let response = call(&client).await.unwrap();
    assert!(response.attempts()[0].is_stale());
    assert_eq!(response.attempts()[0].fingerprint(), Some(Fingerprint::of("access-1")));
    let status = client.pipeline().credential.token_status().unwrap();
    assert!(status.stale && status.left == Some(Duration::from_secs(20)));
    assert!(spans.text().contains("token not renewed"), "{}", spans.text());
    // No storm: the next try is due after a rest.
    transport.push(acme::thing());
    assert!(call(&client).await.unwrap().attempts()[0].is_stale());
    transport.push(issued(2, 3_600));
    transport.push(acme::thing());
    advance(Duration::from_secs(7)).await;
    assert!(!call(&client).await.unwrap().attempts()[0].is_stale());
    let expected = [
        "refresh-0",
        "access-1",
        "refresh-1",
        "access-1",
        "access-1",
        "refresh-1",
        "access-2",
    ];
    assert_eq!(sent(&transport), expected);
}

#[tokio::test(start_paused = true)]
async fn without_a_token_a_failed_renewal_is_the_calls_error() {
    let (client, transport) = client(oauth(), []);
    transport.push(Scripted::status(400).with_json(&json!({"error": "invalid_grant", "error_description": "canary"})));
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(error.recovery(), crate::Recovery::Reauthenticate);
    assert!(!error.may_have_been_sent() && error.attempts().is_empty());
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("have the user authorize again") && text.contains("invalid_grant"),
        "{text}"
    );
    assert!(!text.contains("canary") && !text.contains("refresh-0"), "{text}");
    // The endpoint is left alone for a while, and asked again afterwards.
    assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert_eq!(transport.received().len(), 1);
    transport.push(issued(1, 3_600));
    transport.push(acme::thing());
    advance(Duration::from_secs(62)).await;
    call(&client).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_renewal_has_repeats_of_its_own_where_they_do_no_harm() {
    let script = [
        Scripted::connect_timeout(),
        Scripted::connect_timeout(),
        issued(1, 60),
        acme::thing(),
    ];
    let (client, transport) = client(oauth(), script);
    call(&client).await.unwrap();
    assert_eq!(sent(&transport).len(), 4);
    // A single-use token that may have been used is not used again.
    let (client, transport) = self::client(oauth(), [Scripted::reset(), issued(1, 60)]);
    let error = call(&client).await.unwrap_err();
    assert_eq!((error.kind(), transport.left()), (ErrorKind::NoToken, 1));
    assert!(matches!(error.recovery(), crate::Recovery::RetryLater(_)));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_and_the_attempt_made_again_at_no_cost() {
    let script = [
        issued(1, 3_600),
        acme::thing(),
        refused(),
        issued(2, 3_600),
        acme::thing(),
    ];
    let (client, transport) = client(oauth(), script);
    call(&client).await.unwrap();
    advance(Duration::from_secs(60)).await;
    let options = crate::RequestOptions::new().retry(Retry::never());
    let response = acme::call(&client, &LAUNCH).with(options).send().await.unwrap();
    assert_eq!(response.attempts().len(), 2);
    assert_eq!(response.attempts()[1].fingerprint(), Some(Fingerprint::of("access-2")));
    let expected = ["refresh-0", "access-1", "access-1", "refresh-1", "access-2"];
    assert_eq!(sent(&transport), expected);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_refuses_every_token_is_not_asked_for_one_after_another() {
    let (client, transport) = client(oauth(), [issued(1, 3_600), refused(), refused(), refused()]);
    for _ in 0..3 {
        assert_eq!(call(&client).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
    }
    assert_eq!(sent(&transport), ["refresh-0", "access-1", "access-1", "access-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_does_not_take_the_renewal_with_it() {
    for millis in [0, 1, 50, 99] {
        let store = MemoryStore::new();
        let oauth = oauth().store(store.clone(), "user");
        let (client, transport) = client(oauth, [issued(1, 3_600).after(Duration::from_millis(100))]);
        let _ = timeout(Duration::from_millis(millis), call(&client)).await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        let kept = store.load("user").await.unwrap();
        if transport.received().is_empty() {
            assert!(millis == 0 && kept.is_none());
            continue;
        }
        assert_eq!(kept.unwrap().refresh().unwrap().expose(), "refresh-1");
        transport.push(acme::thing());
        call(&client).await.unwrap();
    }
}

/// A store that can be switched off, and that knows whether the new token was used before it was saved.
#[derive(Debug, Clone)]
struct Strict {
    inner: MemoryStore,
    transport: ScriptedTransport,
    away: Arc<AtomicBool>,
    early: Arc<AtomicBool>,
}

impl TokenStore for Strict {
    fn lock<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        if self.away.load(Ordering::Relaxed) {
            return Box::pin(async { Err(StoreError::new("reach the store")) });
        }
        self.inner.lock(key)
    }

    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Token>, StoreError>> {
        self.inner.load(key)
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        let used = sent(&self.transport).iter().any(|sent| sent == token.access().expose());
        self.early.fetch_or(used, Ordering::Relaxed);
        if self.away.load(Ordering::Relaxed) {
            return Box::pin(async { Err(StoreError::new("reach the store")) });
        }
        self.inner.save(key, token)
    }
}

fn strict(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport, Strict) {
    let (builder, transport) = acme::scripted(&PROVIDER, script);
    let store = Strict {
        inner: MemoryStore::new(),
        transport: transport.clone(),
        away: Arc::default(),
        early: Arc::default(),
    };
    let credential = Credential::oauth(oauth().store(store.clone(), "user"));
    (builder.credential(credential).build().unwrap(), transport, store)
}

#[tokio::test(start_paused = true)]
async fn a_new_token_is_saved_before_it_is_used() {
    let (client, _, store) = strict([issued(1, 3_600), acme::thing()]);
    call(&client).await.unwrap();
    assert!(!store.early.load(Ordering::Relaxed));
    assert_eq!(
        store.inner.load("user").await.unwrap().unwrap().access().expose(),
        "access-1"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_saved_serves_from_memory_and_loudly() {
    let (spans, _guard) = Spans::capture();
    let (client, transport, store) = strict([issued(1, 3_600), acme::thing()]);
    store.away.store(true, Ordering::Relaxed);
    call(&client).await.unwrap();
    assert!(client.pipeline().credential.token_status().unwrap().unsaved);
    assert!(spans.text().contains("token issued but not saved"), "{}", spans.text());
    // What is in memory is newer than what the store has by then, and is what goes on from.
    store.away.store(false, Ordering::Relaxed);
    advance(Duration::from_secs(3_600)).await;
    transport.push(issued(2, 3_600));
    transport.push(acme::thing());
    call(&client).await.unwrap();
    assert_eq!(sent(&transport), ["refresh-0", "access-1", "refresh-1", "access-2"]);
    assert!(!client.pipeline().credential.token_status().unwrap().unsaved);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_can_wait_waits_for_its_store() {
    let (client, transport, store) = strict([issued(1, 3_600), acme::thing(), acme::thing(), acme::thing()]);
    call(&client).await.unwrap();
    store.away.store(true, Ordering::Relaxed);
    advance(Duration::from_secs(3_600 - 100)).await;
    call(&client).await.unwrap();
    settle().await;
    assert!(call(&client).await.unwrap().attempts()[0].is_stale());
    assert_eq!(sent(&transport), ["refresh-0", "access-1", "access-1", "access-1"]);
}

#[tokio::test(start_paused = true)]
async fn of_those_who_share_a_store_one_renews() {
    let store = MemoryStore::new();
    let (one, transport) = client(
        oauth().store(store.clone(), "user"),
        [issued(1, 3_600).after(Duration::from_secs(1))],
    );
    let (other, quiet) = client(oauth().store(store, "user"), [acme::thing()]);
    transport.push(acme::thing());
    let (first, second) = tokio::join!(call(&one), call(&other));
    first.unwrap();
    second.unwrap();
    assert_eq!(sent(&transport), ["refresh-0", "access-1"]);
    assert_eq!(sent(&quiet), ["access-1"]);
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_jumps_back_does_not_lengthen_a_token() {
    let wall = std::time::SystemTime::now();
    let token = Token::issued(
        Secret::new("access-1"),
        Some(Secret::new("refresh-1")),
        wall,
        Some(Duration::from_secs(3_600)),
    );
    let store = MemoryStore::new();
    store.save("user", &token.after(Some(&Token::new("")))).await.unwrap();
    let (builder, transport) = acme::scripted(&PROVIDER, [acme::thing(), issued(2, 3_600), acme::thing()]);
    // This machine's clock went back by a day after the token had been issued.
    let clock = crate::Clock::at(wall - Duration::from_secs(86_400));
    let credential = Credential::oauth(oauth().store(store, "user"));
    let client = builder.clock(clock).credential(credential).build().unwrap();
    call(&client).await.unwrap();
    advance(Duration::from_secs(3_600)).await;
    call(&client).await.unwrap();
    assert_eq!(sent(&transport), ["access-1", "refresh-1", "access-2"]);
}

/// A client with one slot, which a call holds for as long as `held`.
async fn crowded(held: Duration, script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let slow = acme::thing().after(held);
    let (builder, transport) = acme::scripted(&PROVIDER, [issued(1, 3_600), slow].into_iter().chain(script));
    let limit = crate::Limit::per_second(1_000).in_flight(1);
    let builder = builder
        .limit(limit)
        .without_dedup()
        .first_byte_timeout(Duration::from_secs(100));
    let client = builder.credential(Credential::oauth(oauth())).build().unwrap();
    let other = client.clone();
    tokio::spawn(async move { call(&other).await.map(|_| ()) });
    settle().await;
    assert_eq!(sent(&transport), ["refresh-0", "access-1"]);
    (client, transport)
}

#[tokio::test(start_paused = true)]
async fn a_token_that_ended_in_the_queue_is_renewed_before_it_is_sent() {
    let (client, transport) = crowded(Duration::from_secs(90), [issued(2, 3_600), acme::thing()]).await;
    // Beyond what a renewal ahead of time would take: the token is good when the call begins to wait.
    advance(Duration::from_secs(30)).await;
    let state = |client: &Client| client.pipeline().credential.token_status().unwrap().left.unwrap();
    assert_eq!(state(&client), Duration::from_secs(3_570));
    let session = client.pipeline().credential.clone();
    session.end_in(Duration::from_secs(45));
    let response = call(&client).await.unwrap();
    assert_eq!(
        response.attempts().last().unwrap().fingerprint(),
        Some(Fingerprint::of("access-2"))
    );
    assert_eq!(sent(&transport), ["refresh-0", "access-1", "refresh-1", "access-2"]);
}

#[tokio::test(start_paused = true)]
async fn a_renewal_does_not_wait_for_the_slot_that_a_call_holds() {
    let (client, transport) = crowded(Duration::from_secs(90), [issued(2, 3_600)]).await;
    client.pipeline().credential.end_in(Duration::ZERO);
    let call = tokio::spawn(async move { call(&client).await.map(|_| ()) });
    settle().await;
    assert_eq!(
        sent(&transport),
        ["refresh-0", "access-1", "refresh-1"],
        "the slot is still taken"
    );
    call.abort();
}

impl Credential {
    /// The token ends sooner than the provider has said.
    fn end_in(&self, left: Duration) {
        let Source::Session(session) = &self.source else {
            panic!("no access token")
        };
        session
            .lock()
            .tenure
            .renewed(Instant::now(), Some(left), Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_does_not_wait_for_what_its_callers_hold() {
    // Without any of the stages that a call runs through, the renewal has limits of its own.
    let (builder, _) = acme::scripted(&PROVIDER, [Scripted::hang()]);
    let builder = [Stage::Deadline, Stage::Retry, Stage::Timeout]
        .into_iter()
        .fold(builder, crate::ClientBuilder::without);
    let client = builder.credential(Credential::oauth(oauth())).build().unwrap();
    let started = Instant::now();
    let error = call(&client).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoToken);
    assert!(started.elapsed() <= Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn health_says_how_long_the_token_is_good_and_when_it_cannot_be_renewed() {
    use crate::health::{Reason, Status};

    let failed = Scripted::status(400).with_json(&json!({"error": "server_error"}));
    let (client, _) = client(oauth(), [issued(1, 600), acme::thing(), failed, acme::thing()]);
    call(&client).await.unwrap();
    advance(Duration::from_secs(200)).await;
    let health = client.health();
    let credential = &health.credentials[0];
    assert_eq!(
        (credential.age, credential.left),
        (Some(Duration::from_secs(200)), Some(Duration::from_secs(400)))
    );
    assert_eq!((health.status, credential.is_stale), (Status::Healthy, false));

    advance(Duration::from_secs(380)).await;
    call(&client).await.unwrap();
    let health = client.health();
    assert_eq!(health.status, Status::Degraded);
    assert_eq!(
        health.reasons,
        [Reason::CredentialStale {
            key: None,
            left: Some(Duration::from_secs(20))
        }]
    );
    advance(Duration::from_secs(20)).await;
    assert_eq!(client.health().status, Status::Failing);
}
