//! What is sent, what shows, who counts as the same caller, and which of several secrets serves.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::advance;

use super::*;
use crate::testing::Spans;
use crate::testing::acme::{self, LAUNCH, PLAIN, RETRIEVE};
use crate::testing::{Recorded, Scripted, ScriptedTransport};
use crate::{Client, Upload};

fn header_of(credential: &Credential) -> String {
    match &credential.source {
        Source::Fixed(key) => match key.attach() {
            Attach::Header(name, value) => format!("{name}: {}", value.to_str().unwrap()),
            _ => panic!("no header"),
        },
        _ => panic!("not fixed"),
    }
}

#[test]
fn schemes_take_their_form() {
    assert_eq!(header_of(&Credential::bearer("k")), "authorization: Bearer k");
    assert_eq!(
        header_of(&Credential::basic("Aladdin", "open sesame")),
        "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
    );
    assert_eq!(
        header_of(&Credential::from_scheme(Scheme::BasicUser, "k")),
        "authorization: Basic azo="
    );
    assert_eq!(
        header_of(&Credential::from_scheme(Scheme::Header("x-api-key"), "k")),
        "x-api-key: k"
    );
}

#[test]
fn nothing_shows() {
    let canary = "canary-4711";
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, canary).unwrap();
    std::fs::write(folder.path().join("bad"), format!("{canary}\n{canary}")).unwrap();
    let file = |name| Credential::file(folder.path().join(name), Scheme::Bearer, Duration::ZERO);
    let shown = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        Secret::new(canary),
        Credential::bearer(canary),
        Credential::basic(canary, canary),
        Credential::query("key", canary),
        Credential::bearer(format!("{canary}\n")),
        Credential::rotating([Credential::bearer(canary), Credential::query("k", canary)]),
        file("key"),
        file("bad"),
    );
    assert!(!shown.contains(canary), "{shown}");
}

#[test]
fn a_variable_that_is_missing_is_named() {
    let error = Secret::from_env("INTEGRATOR_NO_SUCH_VARIABLE").unwrap_err();
    assert!(error.to_string().contains("`INTEGRATOR_NO_SUCH_VARIABLE`"), "{error}");
    assert!(!Secret::from_env("PATH").unwrap().expose().is_empty());
}

#[test]
fn unnamed_credentials_never_share_an_identity() {
    let (one, other) = (Credential::bearer("k"), Credential::bearer("k"));
    let of = |credential: &Credential| credential.identity(Vec::new());
    assert_ne!(of(&one), of(&other));
    assert_eq!(of(&one), of(&one.clone()));
    assert_eq!(of(&one.named("a")), of(&Credential::bearer("new").named("a")));
}

#[test]
fn scope_joins_the_identity() {
    let credential = Credential::bearer("k");
    let scoped = credential.identity(vec![("stripe-account", HeaderValue::from_static("acct_1"))]);
    assert_ne!(scoped, credential.identity(Vec::new()));
}

fn unauthorized() -> Scripted {
    Scripted::status(401).with_json(&json!({"error": {"code": "expired"}}))
}

fn client(credential: &Credential, script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = acme::scripted(&PLAIN, script);
    (
        builder.credential(credential.clone()).without_dedup().build().unwrap(),
        transport,
    )
}

fn sent(transport: &ScriptedTransport) -> Vec<String> {
    let bearer = |request: &Recorded| request.headers["authorization"].to_str().unwrap().to_owned();
    transport.received().iter().map(bearer).collect()
}

fn rotating() -> Credential {
    Credential::rotating([Credential::bearer("new"), Credential::bearer("old")])
}

#[tokio::test(start_paused = true)]
async fn the_old_secret_serves_where_the_new_one_is_refused() {
    let script = [unauthorized(), acme::thing(), acme::thing(), acme::thing()];
    let (client, transport) = client(&rotating(), script);
    // Also a call that may not be repeated: a refused secret means that nothing was done.
    let response = acme::call(&client, &LAUNCH).send().await.unwrap();
    let served: Vec<_> = response
        .attempts()
        .iter()
        .map(|attempt| attempt.fingerprint())
        .collect();
    assert_eq!(served, [Some(Fingerprint::of("new")), Some(Fingerprint::of("old"))]);
    assert_eq!(response.attempts()[1].wait(), Duration::ZERO);
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    advance(Duration::from_secs(60)).await;
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    assert_eq!(
        sent(&transport),
        ["Bearer new", "Bearer old", "Bearer old", "Bearer new"]
    );
}

#[tokio::test(start_paused = true)]
async fn it_falls_back_once_and_no_more() {
    let (client, transport) = client(&rotating(), [unauthorized(), unauthorized(), acme::thing()]);
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!((error.attempts().len(), transport.left()), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn the_replay_is_not_paid_from_the_budget_of_repeats() {
    let (client, _) = client(&rotating(), [unauthorized(), acme::thing()]);
    let options = crate::RequestOptions::new().retry(crate::Retry::never());
    acme::call(&client, &RETRIEVE).with(options).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_can_be_read_once_is_not_sent_again() {
    let (client, _) = client(&rotating(), [unauthorized(), acme::thing()]);
    let call = client.call::<serde_json::Value>(&acme::SEND_FILE);
    let upload = Upload::stream("a.txt", None, acme::once("text"));
    let error = call.upload(1, upload).send().await.unwrap_err();
    assert_eq!(error.attempts().len(), 1);
    assert!(error.to_string().contains("read once only"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_fixed_secret_that_is_refused_is_not_tried_again() {
    let (client, transport) = client(&Credential::bearer("k"), [unauthorized(), acme::thing()]);
    acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(transport.left(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_new_secret_takes_effect_without_a_restart_and_the_caller_stays_the_same() {
    let credential = rotating();
    let (client, transport) = client(
        &credential,
        [acme::thing(), acme::thing(), unauthorized(), acme::thing()],
    );
    let identity = credential.identity(Vec::new());
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    credential.rotate(Credential::bearer("newer")).unwrap();
    for _ in 0..2 {
        acme::call(&client, &RETRIEVE).send().await.unwrap();
    }
    assert_eq!(
        sent(&transport),
        ["Bearer new", "Bearer newer", "Bearer newer", "Bearer new"]
    );
    assert_eq!(credential.identity(Vec::new()), identity);
}

#[test]
fn what_cannot_be_rotated_says_so() {
    let refused = |credential: &Credential, new| credential.rotate(new).unwrap_err().to_string();
    assert!(refused(&Credential::bearer("k"), Credential::bearer("n")).contains("`Credential::rotating`"));
    assert!(refused(&rotating(), rotating()).contains("fixed one"));
    assert!(refused(&rotating(), Credential::bearer("a\nb")).contains("line break"));
    let none = Credential::rotating([]);
    assert!(none.fault().unwrap().contains("at least one"));
}

/// Calls under way on several threads while secrets are swapped: each sends one of them, whole, and none is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn swapping_while_calls_are_under_way_is_without_races() {
    let credential = rotating();
    let (client, transport) = client(&credential, (0..400).map(|_| acme::thing()));
    let calls: Vec<_> = (0..4)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move {
                for _ in 0..100 {
                    acme::call(&client, &RETRIEVE).send().await.unwrap();
                }
            })
        })
        .collect();
    for turn in 0..200 {
        credential.rotate(Credential::bearer(format!("turn-{turn}"))).unwrap();
        tokio::task::yield_now().await;
    }
    for call in calls {
        call.await.unwrap();
    }
    let known = |text: &String| {
        let token = text.strip_prefix("Bearer ").unwrap();
        token == "new" || token == "old" || token.strip_prefix("turn-").is_some_and(|n| n.parse::<u8>().is_ok())
    };
    assert_eq!(sent(&transport).len(), 400);
    assert!(sent(&transport).iter().all(known));
}

#[tokio::test(start_paused = true)]
async fn a_file_is_looked_at_again_after_a_while_and_when_its_secret_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "one\n").unwrap();
    let credential = Credential::file(&path, Scheme::Bearer, Duration::from_secs(10));
    let script = [
        acme::thing(),
        acme::thing(),
        unauthorized(),
        acme::thing(),
        acme::thing(),
    ];
    let (client, transport) = client(&credential, script);
    let call = async || acme::call(&client, &RETRIEVE).send().await.map(|_| ());
    call().await.unwrap();
    std::fs::write(&path, "second").unwrap();
    advance(Duration::from_secs(9)).await;
    call().await.unwrap();
    std::fs::write(&path, "third and last").unwrap();
    call().await.unwrap();
    std::fs::write(&path, " fourth").unwrap();
    advance(Duration::from_secs(10)).await;
    call().await.unwrap();
    let expected = [
        "Bearer one",
        "Bearer one",
        "Bearer one",
        "Bearer third and last",
        "Bearer fourth",
    ];
    assert_eq!(sent(&transport), expected);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_becomes_useless_leaves_the_old_secret_in_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key");
    std::fs::write(&path, "one").unwrap();
    let credential = Credential::file(&path, Scheme::Bearer, Duration::from_secs(1));
    let (client, transport) = client(&credential, (0..4).map(|_| acme::thing()));
    let long = "x".repeat(70_000);
    for text in [Some(""), Some("canary\ncanary"), Some(&*long), None] {
        match text {
            Some(text) => std::fs::write(&path, text).unwrap(),
            None => std::fs::remove_file(&path).unwrap(),
        }
        advance(Duration::from_secs(1)).await;
        acme::call(&client, &RETRIEVE).send().await.unwrap();
    }
    assert!(sent(&transport).iter().all(|header| header == "Bearer one"));
    let missing = Credential::file(&path, Scheme::Bearer, Duration::ZERO);
    assert!(missing.fault().unwrap().contains("cannot be read"));
}

#[tokio::test(start_paused = true)]
async fn which_secret_served_shows_by_fingerprint_alone() {
    let (spans, _guard) = Spans::capture();
    let (client, _) = client(&rotating(), [unauthorized(), unauthorized()]);
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    let shown = format!("{error:?} {}", spans.text());
    assert!(shown.contains(&Fingerprint::of("old").to_string()), "{shown}");
    assert!(!shown.contains("Bearer"), "{shown}");
    let keys = [Arc::new(Key::NONE)];
    assert!(format!("{keys:?}").contains("none"));
}
