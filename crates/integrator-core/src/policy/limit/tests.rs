//! The limiter as callers see it: who waits how long, who is refused at once, and what is left behind.

use std::time::Duration;

use tokio::time::{Instant, timeout};

use super::{Limit, Priority};
use crate::error::ErrorKind;
use crate::operation::Operation;
use crate::policy::Retry;
use crate::provider::{Drains, LimitFact, Provider, Reasons, Refill, Resource, Throttling, WindowFact, WindowSource};
use crate::testing::acme::{self, CREATE, PLAIN, READ_FILE, RETRIEVE};
use crate::testing::{LocalQuota, Scripted, ScriptedTransport};
use crate::{Call, Client, Download, Recovery, RequestOptions, Value};

pub(super) static TELLING: Provider = Provider {
    throttling: Throttling {
        windows: &[WindowFact {
            resource: Resource::Requests,
            source: WindowSource::Pairs("ratelimit"),
            refill: Refill::AtReset,
        }],
        reasons: Some(Reasons {
            header: "why",
            drains: &[
                ("all", Drains::Identity),
                ("one", Drains::Operation),
                ("object", Drains::Nothing),
            ],
        }),
        unrelated_codes: &["locked"],
        usage: &["usage.total"],
        output: &["background"],
        ..Throttling::DEFAULT
    },
    ..PLAIN
};

static DOCUMENTED: Provider = Provider {
    limits: &[LimitFact {
        group: "default",
        requests: 10,
        seconds: 1,
    }],
    ..PLAIN
};

static SLOW: Provider = Provider {
    limits: &[LimitFact {
        group: "default",
        requests: 5,
        seconds: 2,
    }],
    ..PLAIN
};

pub(super) static OTHER: Operation = Operation {
    group: "other",
    ..RETRIEVE
};

fn things(number: usize) -> Vec<Scripted> {
    (0..number).map(|_| acme::thing()).collect()
}

pub(super) fn client(provider: &'static Provider, limit: Limit, script: Vec<Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = acme::scripted(provider, script);
    (
        builder
            .limit(limit)
            .retry(Retry::never())
            .without_dedup()
            .build()
            .unwrap(),
        transport,
    )
}

/// Sends calls at the same time, and says after how many milliseconds each had its answer.
pub(super) async fn times(client: &Client, calls: Vec<Call<Value>>) -> Vec<u128> {
    let started = Instant::now();
    let calls: Vec<_> = calls
        .into_iter()
        .map(|call| tokio::spawn(call.send().into_future()))
        .collect();
    let mut times = Vec::new();
    for call in calls {
        call.await.unwrap().unwrap();
        times.push(started.elapsed().as_millis());
    }
    assert!(
        client
            .headroom()
            .iter()
            .all(|left| (left.in_flight, left.waiting) == (0, 0))
    );
    times
}

pub(super) fn reads(client: &Client, number: usize) -> Vec<Call<Value>> {
    (0..number).map(|_| acme::call(client, &RETRIEVE)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_rate_of_ones_own_spreads_calls_evenly() {
    let (client, _) = client(&PLAIN, Limit::per_second(10).burst(1), things(4));
    assert_eq!(times(&client, reads(&client, 4)).await, [0, 100, 200, 300]);
}

#[tokio::test(start_paused = true)]
async fn the_documented_limit_is_the_start() {
    let (client, _) = client(&DOCUMENTED, Limit::standard(), things(12));
    let times = times(&client, reads(&client, 12)).await;
    assert_eq!(times[9..], [0, 100, 200]);
    let (client, _) = self::client(&DOCUMENTED, Limit::never(), things(40));
    assert_eq!(self::times(&client, reads(&client, 40)).await, [0; 40]);
}

#[tokio::test(start_paused = true)]
async fn the_documented_limit_is_for_its_group_and_for_those_who_follow_it() {
    let calls = |client: &Client, operation| (0..30).map(|_| acme::call(client, operation)).collect();
    let (follower, _) = client(&DOCUMENTED, Limit::standard(), things(30));
    assert_eq!(times(&follower, calls(&follower, &OTHER)).await, [0; 30]);
    let (free, _) = client(&DOCUMENTED, Limit::never().in_flight(100), things(30));
    assert_eq!(times(&free, calls(&free, &RETRIEVE)).await, [0; 30]);
    let (slow, _) = client(&SLOW, Limit::standard(), things(6));
    assert_eq!(times(&slow, reads(&slow, 6)).await, [0, 0, 0, 0, 0, 400]);
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_says_is_for_those_who_follow_it() {
    for (limit, waits) in [(Limit::standard(), 60_000), (Limit::never().in_flight(100), 0)] {
        let told = acme::thing().header("ratelimit", "limit=9, remaining=0, reset=60");
        let (client, _) = client(&TELLING, limit, vec![told, acme::thing()]);
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        assert_eq!(times(&client, reads(&client, 1)).await, [waits]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_have_been_sent_costs_and_what_was_not_does_not() {
    for (failure, waits) in [(Scripted::reset(), 1_000), (Scripted::not_sent(), 0)] {
        let limit = Limit::per_second(1).burst(1);
        let (client, _) = client(&PLAIN, limit, vec![failure, acme::thing()]);
        acme::call(&client, &RETRIEVE).send().await.unwrap_err();
        assert_eq!(times(&client, reads(&client, 1)).await, [waits]);
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_provider_says_takes_the_place_of_what_is_documented() {
    let told = |left: &str| acme::thing().header("ratelimit", left);
    let script = vec![
        told("limit=100, remaining=2, reset=3"),
        told("limit=100, remaining=1, reset=3"),
    ];
    let (client, transport) = client(&TELLING, Limit::standard(), script);
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    transport.push(told("limit=100, remaining=0, reset=3"));
    transport.push(told("limit=100, remaining=99, reset=3"));
    assert_eq!(times(&client, reads(&client, 3)).await, [0, 0, 3_000]);
    assert_eq!(client.headroom()[0].requests, Some(99));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_holds_everybody_back_who_shares_what_it_names() {
    let refused = |why: &str| Scripted::status(429).header("why", why).header("retry-after", "5");
    // For each reason: how long the same operation, another of its group, and another group wait after it.
    for (why, waits) in [
        ("all", [5, 5, 5]),
        ("group", [5, 5, 0]),
        ("one", [5, 0, 0]),
        ("object", [0, 0, 0]),
    ] {
        for (operation, wait) in [&RETRIEVE, &CREATE, &OTHER].into_iter().zip(waits) {
            let mut script = things(1);
            script.extend([refused(why), acme::thing()]);
            let (client, _) = client(&TELLING, Limit::standard(), script);
            acme::call(&client, &OTHER).send().await.unwrap();
            let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::RateLimited);
            let waited = times(&client, vec![acme::call(&client, operation)]).await;
            assert_eq!(waited, [wait * 1_000], "{why}: {}", operation.name);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn accounts_do_not_wait_for_each_other() {
    let mut script = vec![Scripted::status(429).header("retry-after", "5")];
    script.extend(things(1));
    let (client, _) = client(&PLAIN, Limit::standard(), script);
    acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    let other = RequestOptions::new().header("acme-account", "acct_2");
    let call = acme::call(&client, &RETRIEVE).with(other);
    assert_eq!(times(&client, vec![call]).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn refusals_that_are_about_no_rate_hold_nobody_back() {
    let locked = Scripted::status(429).with_json(&crate::json!({"error": {"code": "locked"}}));
    let (client, transport) = client(&TELLING, Limit::standard(), vec![locked]);
    acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    transport.push(acme::thing());
    assert_eq!(times(&client, reads(&client, 1)).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn a_hint_of_ten_years_is_no_more_than_two_minutes() {
    let refused = Scripted::status(429).header("retry-after", "315360000");
    let (client, _) = client(&PLAIN, Limit::standard(), vec![refused]);
    acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(client.headroom()[0].blocked, Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn a_wall_clock_that_was_set_back_holds_nobody_up_for_longer() {
    // 1970 here, and a date of 2015 from a server that does not say what time it is there.
    let refused = Scripted::status(429).header("retry-after", "Wed, 21 Oct 2015 07:28:00 GMT");
    let (builder, _) = acme::scripted(&PLAIN, vec![refused]);
    let clock = crate::Clock::at(std::time::SystemTime::UNIX_EPOCH);
    let client = builder.clock(clock).retry(Retry::never()).build().unwrap();
    acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(client.headroom()[0].blocked, Duration::from_secs(120));
}

#[tokio::test(start_paused = true)]
async fn headers_of_ten_thousand_digits_are_no_limits() {
    let digits = "9".repeat(10_000);
    for (header, text) in [
        ("ratelimit", format!("limit={digits}, remaining=0, reset=5")),
        ("ratelimit", format!("limit=5, remaining={digits}, reset=5")),
        ("ratelimit", format!("limit=5, remaining=0, reset={digits}")),
        ("retry-after", digits),
    ] {
        let status = if header == "ratelimit" { 200 } else { 429 };
        let answer = Scripted::status(status)
            .with_json(&crate::json!({}))
            .header(header, &text);
        let (client, _) = client(&TELLING, Limit::standard(), vec![answer, acme::thing()]);
        let _ = acme::call(&client, &RETRIEVE).send().await;
        let patient = RequestOptions::new().timeout(Duration::from_secs(300));
        let waited = times(&client, vec![acme::call(&client, &RETRIEVE).with(patient)]).await;
        assert!(waited[0] <= 120_000, "{header}: {waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_most_urgent_goes_first() {
    let (client, transport) = client(&PLAIN, Limit::per_second(10).burst(1), things(4));
    let call = |priority, name: &str| {
        let options = RequestOptions::new().priority(priority).header("name", name);
        tokio::spawn(acme::call(&client, &RETRIEVE).with(options).send().into_future())
    };
    let mut calls = vec![call(Priority::Normal, "first")];
    tokio::task::yield_now().await;
    for (priority, name) in [
        (Priority::Low, "low"),
        (Priority::Normal, "normal"),
        (Priority::High, "high"),
    ] {
        calls.push(call(priority, name));
    }
    for call in calls {
        call.await.unwrap().unwrap();
    }
    let received = transport.received();
    let names: Vec<&str> = received
        .iter()
        .map(|request| request.headers["name"].to_str().unwrap())
        .collect();
    assert_eq!(names, ["first", "high", "normal", "low"]);
}

#[tokio::test(start_paused = true)]
async fn a_turn_after_the_deadline_is_refused_at_once() {
    let (client, transport) = client(&PLAIN, Limit::per_second(1), things(1));
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    let started = Instant::now();
    let options = RequestOptions::new().timeout(Duration::from_millis(900));
    let error = acme::call(&client, &RETRIEVE).with(options).send().await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert_eq!(
        (error.kind(), error.may_have_been_sent()),
        (ErrorKind::Overloaded, false)
    );
    assert_eq!(error.recovery(), Recovery::RetryLater(Some(Duration::from_secs(1))));
    assert!(error.attempts().is_empty() && error.is_rate_limited());
    assert_eq!(transport.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn those_who_can_no_longer_wait_leave_when_the_provider_holds_them_back() {
    let script = vec![
        Scripted::status(429)
            .header("retry-after", "60")
            .after(Duration::from_millis(50)),
    ];
    let (client, _) = client(&PLAIN, Limit::standard().in_flight(1), script);
    let options = RequestOptions::new().timeout(Duration::from_secs(10));
    let mut sending = Vec::new();
    for _ in 0..3 {
        sending.push(tokio::spawn(
            acme::call(&client, &RETRIEVE)
                .with(options.clone())
                .send()
                .into_future(),
        ));
    }
    let started = Instant::now();
    let mut kinds = Vec::new();
    for call in sending {
        let error = call.await.unwrap().unwrap_err();
        assert!(error.is_rate_limited(), "whoever said so: {error}");
        kinds.push(error.kind());
    }
    assert_eq!(started.elapsed(), Duration::from_millis(50));
    assert_eq!(
        kinds,
        [ErrorKind::RateLimited, ErrorKind::Overloaded, ErrorKind::Overloaded]
    );
}

#[tokio::test(start_paused = true)]
async fn a_full_queue_refuses_at_once() {
    let (client, _) = client(&PLAIN, Limit::per_second(1).queue(2), things(3));
    let calls: Vec<_> = (0..5)
        .map(|_| tokio::spawn(acme::call(&client, &RETRIEVE).send().into_future()))
        .collect();
    let mut refused = 0;
    for call in calls {
        refused += usize::from(call.await.unwrap().is_err_and(|error| {
            assert!(!error.is_rate_limited(), "the queue is what is full");
            error.kind() == ErrorKind::Overloaded
        }));
    }
    assert_eq!(refused, 2);
}

#[tokio::test(start_paused = true)]
async fn a_slot_is_held_until_the_stream_ends() {
    let file = || {
        Scripted::status(200)
            .chunk("one")
            .chunk("two")
            .gap(Duration::from_secs(1))
    };
    let (client, _) = client(
        &PLAIN,
        Limit::standard().in_flight(1),
        vec![file(), acme::thing(), file(), acme::thing()],
    );
    let download = async || {
        let call = client.call::<Download>(&READ_FILE).set("id", "1");
        call.send().await.unwrap().into_inner()
    };
    let mut file = download().await;
    let options = RequestOptions::new().timeout(Duration::from_secs(60));
    let waiting = tokio::spawn(acme::call(&client, &RETRIEVE).with(options).send().into_future());
    file.chunk().await.unwrap().unwrap();
    assert_eq!((client.headroom()[0].in_flight, client.headroom()[0].waiting), (1, 1));
    file.chunk().await.unwrap().unwrap();
    assert!(file.chunk().await.unwrap().is_none());
    waiting.await.unwrap().unwrap();
    assert_eq!(client.headroom()[0].in_flight, 0);
    drop(download().await);
    acme::call(&client, &RETRIEVE).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_stops_waiting_leaves_nothing_behind() {
    let script = vec![Scripted::hang(), acme::thing()];
    let (client, _) = client(&PLAIN, Limit::per_second(10).burst(1).in_flight(1), script);
    let first = tokio::spawn(acme::call(&client, &RETRIEVE).send().into_future());
    tokio::task::yield_now().await;
    for _ in 0..20 {
        assert!(
            timeout(Duration::from_millis(7), acme::call(&client, &RETRIEVE).send())
                .await
                .is_err()
        );
    }
    assert_eq!((client.headroom()[0].in_flight, client.headroom()[0].waiting), (1, 0));
    first.abort();
    let _ = first.await;
    assert_eq!(client.headroom()[0].in_flight, 0);
    let started = Instant::now();
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    assert_eq!(
        started.elapsed(),
        Duration::ZERO,
        "those who gave up have taken nothing of the rate"
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_never_sent_costs_nothing() {
    let script = vec![Scripted::not_sent(), acme::thing()];
    let (client, _) = client(&PLAIN, Limit::per(1, Duration::from_secs(60)), script);
    acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(times(&client, reads(&client, 1)).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_reserved_by_an_estimate_and_settled_by_usage() {
    let used = |tokens: u64| Scripted::json(&crate::json!({"id": "1", "usage": {"total": tokens}}));
    let limit = Limit::standard().tokens(1_000, Duration::from_secs(10));
    let (client, transport) = client(&TELLING, limit, vec![used(100).after(Duration::from_millis(1))]);
    let call = || client.call::<Value>(&CREATE).set("name", "1").set("background", 600);
    let sending = tokio::spawn(call().send().into_future());
    tokio::task::yield_now().await;
    let left = client.headroom()[0].tokens.unwrap();
    assert!((380..=400).contains(&left), "{left}");
    sending.await.unwrap().unwrap();
    let left = client.headroom()[0].tokens.unwrap();
    assert!((895..=905).contains(&left), "{left}");
    transport.push(used(900));
    transport.push(used(1));
    // 900 are free, 600 reserved, 900 used: the next 600 are back after about six seconds.
    let waited = times(&client, vec![call(), call()]).await;
    assert!((5_800..6_400).contains(&waited[1]), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn usage_that_is_read_again_costs_nothing() {
    let stored = Scripted::json(&crate::json!({"id": "1", "usage": {"total": 900}}));
    let limit = Limit::standard().tokens(1_000, Duration::from_secs(10));
    let (client, _) = client(&TELLING, limit, vec![stored]);
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    assert_eq!(client.headroom()[0].tokens, Some(1_000));
}

#[test]
fn settings_that_cannot_work_are_refused() {
    let quota = LocalQuota::new(Duration::ZERO);
    for limit in [
        Limit::per_second(0),
        Limit::per(5, Duration::ZERO),
        Limit::per_second(5).burst(0),
        Limit::per_second(5).burst(6),
        Limit::standard().burst(1),
        Limit::standard().tokens(0, Duration::from_secs(1)),
        Limit::standard().in_flight(0),
        Limit::standard().in_flight(1).shared(quota.clone()),
        Limit::per_second(5).shared(quota.clone()).sharers(0),
        Limit::per_second(5).sharers(2),
        Limit::never().shared(quota.clone()),
        // The credential of this client has no name.
        Limit::per_second(5).shared(quota),
    ] {
        let error = acme::scripted(&PLAIN, []).0.limit(limit).build().unwrap_err();
        assert!(error.detail().contains("`Limit"), "{error}");
    }
}
