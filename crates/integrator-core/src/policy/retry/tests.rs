//! The table of repeats through the whole pipeline, and the waits between attempts.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tokio::time::Instant;

use crate::error::ErrorKind;
use crate::operation::Operation;
use crate::policy::{Breaker, Retry};
use crate::testing::acme::{self, CLASSES, CREATE, DELETE, LAUNCH, PLAIN, PREVIEW, RETRIEVE, RICH};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, Error, Provider, RequestOptions, Upload};

fn status(status: u16) -> Scripted {
    Scripted::status(status)
}

fn code(number: u16, code: &str) -> Scripted {
    status(number).with_json(&json!({"error": {"code": code}}))
}

/// Everything that can happen to an attempt, by name.
type Happening = (&'static str, fn() -> Scripted);

const HAPPENINGS: &[Happening] = &[
    ("certificate refused", Scripted::bad_certificate),
    ("answer unreadable", || status(200).chunk("<html>")),
    ("answer too large", || status(200).chunk(vec![b' '; 2_000])),
    ("302", || status(302)),
    ("400", || status(400)),
    ("400, verdict yes", || status(400).header("acme-should-retry", "true")),
    ("401", || status(401)),
    ("404", || status(404)),
    ("not connected", Scripted::not_sent),
    ("connect timeout", Scripted::connect_timeout),
    ("429", || status(429)),
    ("429, quota code", || code(429, "insufficient_quota")),
    ("429, verdict no", || status(429).header("acme-should-retry", "false")),
    ("500, verdict yes", || status(500).header("acme-should-retry", "true")),
    ("500, verdict nonsense", || {
        status(500).header("acme-should-retry", "maybe")
    }),
    ("408", || status(408)),
    ("409", || status(409)),
    ("409, lock code", || code(409, "lock_timeout")),
    ("409, lock code, verdict no", || {
        code(409, "lock_timeout").header("acme-should-retry", "false")
    }),
    ("425", || status(425)),
    ("503", || status(503)),
    ("503, verdict no", || status(503).header("acme-should-retry", "false")),
    ("529", || status(529)),
    ("500", || status(500)),
    ("500, body cut", || status(500).chunk("{").cut()),
    ("501", || status(501)),
    ("502", || status(502)),
    ("504", || status(504)),
    ("reset after sending", Scripted::reset),
    ("answer cut", || status(200).chunk("{").cut()),
    ("answer shorter than said", || {
        status(200).header("content-length", "9").chunk("{}")
    }),
    ("answer falls silent", || status(200).chunk("{").silent()),
    ("no answer in time", Scripted::hang),
];

async fn is_repeated(provider: &'static Provider, operation: &'static Operation, first: Scripted) -> bool {
    let (builder, transport) = acme::scripted(provider, [first, acme::thing()]);
    let client = builder.max_answer(1_000).build().unwrap();
    let outcome = acme::call(&client, operation)
        .answering::<crate::wire::Map<serde_json::Value>>()
        .send()
        .await;
    let repeated = transport.received().len() == 2;
    assert!(outcome.is_ok() || !repeated, "a repeat succeeds: {outcome:?}");
    repeated
}

/// A letter for each class that is repeated: safe, idempotent, keyed, repeatable, unsafe.
async fn row(provider: &'static Provider, happening: fn() -> Scripted) -> String {
    let mut row = String::new();
    for (operation, letter) in CLASSES {
        row.push(if is_repeated(provider, operation, happening()).await {
            letter
        } else {
            '-'
        });
    }
    row
}

#[tokio::test(start_paused = true)]
async fn the_whole_table() {
    let mut table = String::from("what happened               few facts  all facts\n");
    for (name, happening) in HAPPENINGS {
        let (plain, rich) = (row(&PLAIN, *happening).await, row(&RICH, *happening).await);
        table.push_str(&format!("{name:<27} {plain:<10} {rich}\n"));
    }
    insta::assert_snapshot!(table);
}

#[tokio::test(start_paused = true)]
async fn lasting_effects_make_a_repeatable_call_unsafe() {
    for (background, sent) in [(false, 2), (true, 1)] {
        let (builder, transport) = acme::scripted(&PLAIN, [status(500), acme::thing()]);
        let call = acme::call(&builder.build().unwrap(), &PREVIEW);
        let call = if background { call.set("background", true) } else { call };
        let _ = call.send().await;
        assert_eq!(transport.received().len(), sent);
    }
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_is_not_trusted_is_no_worse_than_none() {
    static DISTRUSTED: Provider = Provider {
        retry: crate::provider::RetryFacts {
            verdict_covers_unsafe: false,
            ..RICH.retry
        },
        ..RICH
    };
    let said = |number| status(number).header("acme-should-retry", "true");
    assert!(is_repeated(&DISTRUSTED, &LAUNCH, said(429)).await);
    assert!(!is_repeated(&DISTRUSTED, &LAUNCH, said(500)).await);
}

async fn timed(client: &Client, operation: &'static Operation) -> (Duration, Result<(), Error>) {
    let started = Instant::now();
    let outcome = acme::call(client, operation).send().await.map(|_| ());
    (started.elapsed(), outcome)
}

fn no_jitter() -> Retry {
    Retry::standard()
        .backoff(Duration::ZERO)
        .throttled_backoff(Duration::ZERO)
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_obeyed_in_every_form() {
    let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
    let forms: [(&[(&str, &str)], u64); 4] = [
        (&[("retry-after", "7")], 7_000),
        (&[("retry-after-ms", "20")], 20),
        (&[date, ("retry-after", "Wed, 21 Oct 2015 07:28:09 GMT")], 9_000),
        // What is no hint holds the limiter back for a moment.
        (&[("retry-after", "soon")], 100),
    ];
    for (headers, millis) in forms {
        let busy = headers
            .iter()
            .fold(status(429), |busy, (name, value)| busy.header(name, value));
        let (builder, _) = acme::scripted(&PLAIN, [busy, acme::thing()]);
        let (took, outcome) = timed(&builder.retry(no_jitter()).build().unwrap(), &RETRIEVE).await;
        outcome.unwrap();
        assert_eq!(took, Duration::from_millis(millis), "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_that_is_too_long_is_not_begun() {
    // Two minutes and a second, what the deadline does not allow, and ten years.
    for (hint, deadline) in [("121", 3_600), ("11", 10), ("315360000", 3_600)] {
        let (builder, transport) = acme::scripted(&PLAIN, [status(429).header("retry-after", hint), acme::thing()]);
        let client = builder.deadline(Duration::from_secs(deadline)).build().unwrap();
        let (took, outcome) = timed(&client, &RETRIEVE).await;
        let error = outcome.unwrap_err();
        assert_eq!((took, transport.received().len()), (Duration::ZERO, 1));
        let year = Duration::from_secs(60 * 60 * 24 * 366);
        let said = Duration::from_secs(hint.parse().unwrap());
        assert_eq!(error.retry_after(), Some(said.min(year)), "more than a year is a year");
        assert!(error.is_rate_limited());
        assert_eq!(error.recovery(), crate::Recovery::RetryLater(error.retry_after()));
    }
}

#[tokio::test(start_paused = true)]
async fn waits_grow_and_are_remembered() {
    let (builder, _) = acme::scripted(&PLAIN, (0..9).map(|_| status(500)));
    let client = builder.retry(Retry::standard().max_attempts(9)).build().unwrap();
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    let waits: Vec<Duration> = error.attempts().iter().map(crate::Attempt::wait).collect();
    assert_eq!(waits.first(), Some(&Duration::ZERO));
    for (failed, wait) in (0_u32..).zip(waits.iter().skip(1)) {
        let most = Duration::from_millis(50 * 2_u64.pow(failed)).min(Duration::from_secs(8));
        assert!(*wait <= most, "{wait:?} after {failed}");
    }
    assert_eq!(error.attempts().len(), 9);
    assert!(error.to_string().contains("after 9 attempts"), "{error}");
}

/// Knows no keys.
static KEYLESS: Provider = Provider {
    idempotency: None,
    ..PLAIN
};

#[tokio::test(start_paused = true)]
async fn a_key_that_is_not_sent_protects_nothing() {
    for (provider, attempts) in [(&PLAIN, 2), (&KEYLESS, 1)] {
        let (builder, transport) = acme::scripted(provider, [Scripted::reset(), acme::thing()]);
        let outcome = acme::call(&builder.build().unwrap(), &CREATE).send().await;
        assert_eq!((transport.received().len(), outcome.is_ok()), (attempts, attempts == 2));
    }
}

#[tokio::test(start_paused = true)]
async fn waits_are_spread_over_all_that_they_may_be() {
    // Base and longest wait of the standard policy, in milliseconds.
    for (failure, base) in [(500, 50), (429, 500)] {
        let mut most = [0_u128; 6];
        for seed in 0..200 {
            let (builder, _) = acme::scripted(&PLAIN, (0..7).map(|_| status(failure)));
            let client = builder
                .retry(Retry::standard().max_attempts(7))
                .seed(seed)
                .build()
                .unwrap();
            let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
            let waits = error
                .attempts()
                .iter()
                .skip(1)
                .map(|attempt| attempt.wait().as_millis());
            most.iter_mut()
                .zip(waits)
                .for_each(|(most, wait)| *most = wait.max(*most));
        }
        for (failed, most) in (0_u32..).zip(most) {
            let ceiling = (base * 2_u128.pow(failed)).min(8_000);
            assert!(
                (ceiling * 9 / 10..=ceiling).contains(&most),
                "{failure}: {most} ms after {failed}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_can_be_limited_by_client_and_by_call() {
    let sent = async |client: Retry, call: Option<Retry>| {
        let (builder, transport) = acme::scripted(&PLAIN, (0..9).map(|_| status(500)));
        let mut options = RequestOptions::new();
        options.retry = call;
        let client = builder.retry(client).build().unwrap();
        let _ = acme::call(&client, &RETRIEVE).with(options).send().await;
        transport.received().len()
    };
    assert_eq!(sent(Retry::standard(), None).await, 3);
    assert_eq!(sent(Retry::never(), None).await, 1);
    assert_eq!(sent(Retry::never(), Some(Retry::standard().max_attempts(5))).await, 5);
    assert_eq!(sent(Retry::standard(), Some(Retry::never())).await, 1);
    assert_eq!(
        sent(Retry::standard(), Some(Retry::standard().max_attempts(0))).await,
        0
    );
}

#[tokio::test(start_paused = true)]
async fn an_outage_uses_the_budget_up_and_success_refills_it() {
    let transport = ScriptedTransport::new((0..200).map(|_| status(500)));
    let client = Client::builder(&PLAIN)
        .transport(transport.clone())
        .breaker(Breaker::never())
        .build()
        .unwrap();
    for _ in 0..50 {
        let _ = acme::call(&client, &RETRIEVE).send().await;
    }
    assert_eq!(transport.received().len(), 50 + 35, "500 tokens pay for 35 repeats");
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert!(error.to_string().contains("too many calls"), "{error}");

    while transport.left() > 0 {
        let _ = acme::call(&client, &LAUNCH).send().await;
    }
    (0..20).for_each(|_| transport.push(acme::thing()));
    transport.push(status(500));
    transport.push(acme::thing());
    for _ in 0..21 {
        acme::call(&client, &RETRIEVE).send().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_is_the_same_for_all_attempts_and_comes_back() {
    let (builder, transport) = acme::scripted(&PLAIN, [Scripted::reset(), status(500), acme::thing()]);
    let client = builder.build().unwrap();
    let response = acme::call(&client, &CREATE).send().await.unwrap();
    let keys: Vec<String> = transport
        .received()
        .iter()
        .map(|request| {
            request
                .headers
                .get("idempotency-key")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(keys.len(), 3);
    assert!(
        keys.iter().all(|key| Some(key.as_str()) == response.idempotency_key()),
        "{keys:?}"
    );

    transport.push(Scripted::reset());
    let error = acme::call(&client, &CREATE)
        .with(RequestOptions::from("order-42").retry(Retry::never()))
        .send()
        .await
        .unwrap_err();
    assert_eq!(error.idempotency_key(), Some("order-42"), "the caller's wins");
    assert!(error.may_have_been_sent());
}

#[tokio::test(start_paused = true)]
async fn uploads_are_sent_anew_if_they_can_be() {
    let part = |request: &crate::testing::Recorded| String::from_utf8_lossy(&request.body).into_owned();
    let (builder, transport) = acme::scripted(&PLAIN, [status(500), acme::thing()]);
    let client = builder.build().unwrap();
    let call = client.call::<serde_json::Value>(&acme::SEND_FILE);
    call.upload(1, Upload::bytes("a.txt", "content")).send().await.unwrap();
    let received = transport.received();
    assert_eq!(received.len(), 2);
    assert!(part(&received[0]).contains("content"));
    assert_eq!(part(&received[0]), part(&received[1]));

    transport.push(status(500));
    transport.push(acme::thing());
    let once = Upload::stream("a.txt", None, acme::once("content"));
    let error = client
        .call::<serde_json::Value>(&acme::SEND_FILE)
        .upload(1, once)
        .send()
        .await
        .unwrap_err();
    assert_eq!(transport.received().len(), 3);
    assert!(error.to_string().contains("read once only"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_repeated_delete_that_finds_nothing_says_so() {
    for (first, doubtful) in [
        (Scripted::reset(), true),
        (Scripted::not_sent(), false),
        (status(429), false),
    ] {
        let (builder, _) = acme::scripted(&PLAIN, [first, status(404)]);
        let error = acme::call(&builder.build().unwrap(), &DELETE).send().await.unwrap_err();
        assert!(error.is_not_found());
        assert_eq!(error.after_retry(), doubtful);
    }
    let (builder, _) = acme::scripted(&PLAIN, [Scripted::reset(), status(409)]);
    let error = acme::call(&builder.build().unwrap(), &CREATE).send().await.unwrap_err();
    assert_eq!((error.kind(), error.after_retry()), (ErrorKind::Conflict, true));
    assert_eq!(error.recovery(), crate::Recovery::CheckOutcome);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn the_deadline_is_never_exceeded(
        deadline in 1_u64..20_000,
        attempts in 1_u32..8,
        steps in prop::collection::vec((0_u8..6, 0_u64..30_000), 0..8),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let script = steps.iter().map(|(kind, millis)| {
                let hint = (millis / 1_000).to_string();
                match kind {
                    0 => status(429).header("retry-after", &hint),
                    1 => status(503),
                    2 => Scripted::reset().after(Duration::from_millis(*millis)),
                    3 => Scripted::hang(),
                    4 => status(200).chunk("{").silent(),
                    _ => status(500).after(Duration::from_millis(*millis)),
                }
            });
            let (builder, transport) = acme::scripted(&PLAIN, script);
            let limit = Duration::from_millis(deadline);
            let retry = Retry::standard().max_attempts(attempts);
            let client = builder.deadline(limit).retry(retry).build().unwrap();
            let (took, outcome) = timed(&client, &RETRIEVE).await;
            // Tokio's timers have the resolution of a millisecond.
            prop_assert!(took <= limit + Duration::from_millis(1), "{took:?} of {limit:?}");
            let error = outcome.unwrap_err();
            prop_assert!(error.attempts().len() <= attempts as usize);
            prop_assert_eq!(transport.open(), 0);
            Ok(())
        })?;
    }
}
