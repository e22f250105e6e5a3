//! What is sent a second time: every failure, for every class of operation that the two providers have.

use std::time::Duration;

use integrator_core::operation::Repeat;
use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Call, ErrorKind, Recovery, RequestOptions, Value, json};

use crate::support::{self, PROVIDERS, header};

fn status(status: u16) -> Scripted {
    Scripted::status(status)
}

fn code(number: u16, code: &str) -> Scripted {
    status(number).with_json(&json!({"error": {"code": code}, "title": code}))
}

fn verdict(number: u16, verdict: &str) -> Scripted {
    status(number).header("stripe-should-retry", verdict)
}

/// Everything that can happen to an attempt, by name.
type Happening = (&'static str, fn() -> Scripted);

const HAPPENINGS: &[Happening] = &[
    ("not connected", Scripted::not_sent),
    ("connect timeout", Scripted::connect_timeout),
    ("certificate refused", Scripted::bad_certificate),
    ("reset after sending", Scripted::reset),
    ("no answer in time", Scripted::hang),
    ("answer falls silent", || status(200).chunk("{").silent()),
    ("answer cut", || status(200).chunk("{").cut()),
    ("answer unreadable", || status(200).chunk("<html>")),
    ("302", || status(302)),
    ("400", || status(400)),
    ("400, verdict yes", || verdict(400, "true")),
    ("401", || status(401)),
    ("402", || status(402)),
    ("403", || status(403)),
    ("404", || status(404)),
    ("408", || status(408)),
    ("409", || status(409)),
    ("409, key in use", || code(409, "idempotency_key_in_use")),
    ("409, verdict no", || verdict(409, "false")),
    ("424", || code(424, "External calendar error")),
    ("425", || status(425)),
    ("429", || status(429)),
    ("429, lock", || code(429, "lock_timeout")),
    ("429, verdict no", || verdict(429, "false")),
    ("429, after 5 s", || status(429).header("retry-after", "5")),
    ("429, after an hour", || status(429).header("retry-after", "3600")),
    ("500", || status(500)),
    ("500, verdict yes", || verdict(500, "true")),
    ("500, verdict no", || verdict(500, "false")),
    ("501", || status(501)),
    ("502", || status(502)),
    ("503", || status(503)),
    ("503, verdict no", || verdict(503, "false")),
    ("504", || status(504)),
    ("529", || status(529)),
];

/// A call of the provider's that is of this class, and the transport behind it.
fn call(provider: &str, class: Repeat, script: [Scripted; 2]) -> Option<(Call<Value>, ScriptedTransport)> {
    let (call, transport) = match provider {
        "calendly" => {
            let (client, transport) = support::calendly(script);
            let call = match class {
                Repeat::Safe => client.users().me().raw(),
                Repeat::Idempotent => client.webhook_subscriptions().delete("1").raw(),
                Repeat::Unsafe => client.scheduled_events().cancellation("1").raw(),
                _ => return None,
            };
            (call, transport)
        }
        _ => {
            let (client, transport) = support::stripe(script);
            let call = match class {
                Repeat::Safe => client.customers().retrieve("1").raw(),
                Repeat::Idempotent => client.customers().delete("1").raw(),
                Repeat::Keyed => client.customers().create().raw(),
                _ => return None,
            };
            (call, transport)
        }
    };
    assert_eq!(call.operation().repeat, class, "{provider}");
    Some((call, transport))
}

const CLASSES: [(Repeat, char); 4] = [
    (Repeat::Safe, 'S'),
    (Repeat::Idempotent, 'I'),
    (Repeat::Keyed, 'K'),
    (Repeat::Unsafe, 'U'),
];

/// A letter for each class that is repeated, a dash for one that is not, a blank for one that is not there.
async fn row(provider: &str, happening: fn() -> Scripted) -> String {
    let mut row = String::new();
    for (class, letter) in CLASSES {
        let script = [happening(), Scripted::json(&json!({}))];
        let Some((call, transport)) = call(provider, class, script) else {
            row.push(' ');
            continue;
        };
        let outcome = call.send().await;
        let repeated = transport.received().len() == 2;
        assert!(outcome.is_ok() || !repeated, "a repeat succeeds: {outcome:?}");
        row.push(if repeated { letter } else { '-' });
    }
    row
}

#[tokio::test(start_paused = true)]
async fn the_whole_table() {
    let mut table = String::from("what happened        calendly  stripe\n");
    for (name, happening) in HAPPENINGS {
        let (calendly, stripe) = (row("calendly", *happening).await, row("stripe", *happening).await);
        table.push_str(&format!("{name:<20} {calendly:<9} {}\n", stripe.trim_end()));
    }
    insta::assert_snapshot!(table);
}

/// The table has a column for every class that a provider's operations are of.
#[test]
fn no_class_is_left_out() {
    for provider in PROVIDERS {
        for operation in provider.operations {
            let script = [status(200), status(200)];
            assert!(
                call(provider.name, operation.repeat, script).is_some(),
                "{}: {:?}",
                operation.name,
                operation.repeat
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn calendlys_post_that_may_have_been_done_is_sent_once() {
    let (client, transport) = support::calendly([Scripted::reset(), Scripted::json(&json!({}))]);
    let error = client
        .scheduled_events()
        .cancellation("1")
        .reason("rain")
        .send()
        .await
        .unwrap_err();
    assert_eq!((transport.received().len(), transport.left()), (1, 1));
    assert_eq!(error.kind(), ErrorKind::NoAnswer);
    assert!(error.may_have_been_sent());
    assert_eq!(error.recovery(), Recovery::CheckOutcome);
    assert_eq!(error.idempotency_key(), None);
    assert_eq!(error.attempts().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn calendlys_post_that_was_turned_away_for_long_may_be_sent_later() {
    let spent = status(429)
        .header("x-ratelimit-limit", "500")
        .header("x-ratelimit-remaining", "0");
    let (client, transport) = support::calendly([spent.header("x-ratelimit-reset", "60")]);
    let hurried = RequestOptions::new().timeout(Duration::from_secs(5));
    let call = client.scheduled_events().cancellation("1").with(hurried);
    let error = call.send().await.unwrap_err();
    assert_eq!((error.kind(), transport.received().len()), (ErrorKind::Overloaded, 1));
    assert!(
        matches!(error.recovery(), Recovery::RetryLater(Some(_))),
        "{:?}",
        error.recovery()
    );
}

#[tokio::test(start_paused = true)]
async fn stripes_post_is_sent_again_under_the_same_key() {
    let script = [Scripted::reset(), status(500), Scripted::json(&json!({}))];
    let (client, transport) = support::stripe(script);
    let answer = client
        .customers()
        .create()
        .email("a@example.com")
        .raw()
        .send()
        .await
        .unwrap();
    let received = transport.received();
    let keys: Vec<&str> = received
        .iter()
        .map(|request| header(request, "idempotency-key"))
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(keys[0].len() >= 16, "{keys:?}");
    assert!(keys.iter().all(|key| *key == keys[0]), "{keys:?}");
    assert!(received.iter().all(|request| request.body == received[0].body));
    assert_eq!(answer.idempotency_key(), Some(keys[0]));
    assert_eq!(answer.attempts().len(), 3);

    let other = client.customers().create();
    transport.push(Scripted::json(&json!({})));
    other.raw().send().await.unwrap();
    let received = transport.received();
    assert_ne!(
        header(&received[3], "idempotency-key"),
        header(&received[0], "idempotency-key")
    );
}

#[tokio::test(start_paused = true)]
async fn a_failed_call_can_be_resumed_under_its_key() {
    let (client, transport) = support::stripe((0..3).map(|_| Scripted::reset()));
    let create = client.customers().create().email("a@example.com");
    let error = create.clone().raw().send().await.unwrap_err();
    let key = error.idempotency_key().expect("a key that was sent").to_owned();
    assert_eq!((error.attempts().len(), error.may_have_been_sent()), (3, true));

    transport.push(Scripted::json(&json!({})).header("idempotent-replayed", "true"));
    let answer = create
        .with(RequestOptions::from(key.as_str()))
        .raw()
        .send()
        .await
        .unwrap();
    assert!(answer.is_replayed());
    assert_eq!(header(&transport.received()[3], "idempotency-key"), key);
}

#[tokio::test(start_paused = true)]
async fn a_repeated_delete_that_finds_nothing_says_so() {
    let (client, _) = support::stripe([Scripted::reset(), code(404, "resource_missing")]);
    let error = client.customers().delete("cus_1").raw().send().await.unwrap_err();
    assert!(error.is_not_found() && error.after_retry(), "{error:?}");
}
