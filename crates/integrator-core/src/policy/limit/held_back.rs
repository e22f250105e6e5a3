//! What a refusal, or a quota that others used up, does to those who wait and to those who come.

use std::time::Duration;

use tokio::time::{Instant, advance, sleep};

use super::tests::{OTHER, TELLING, client, reads, times};
use super::{Ask, Grant, Limit, Quota, QuotaError};
use crate::error::ErrorKind;
use crate::testing::Scripted;
use crate::testing::acme::{self, PLAIN, RETRIEVE};
use crate::{BoxFuture, Client, Credential, RequestOptions};

fn refused() -> Scripted {
    Scripted::status(429)
}

/// A call that waits for so many seconds at most: how it ended, and after how many milliseconds.
async fn within(client: &Client, seconds: u64) -> (Option<ErrorKind>, u128) {
    let started = Instant::now();
    let options = RequestOptions::new().timeout(Duration::from_secs(seconds));
    let outcome = acme::call(client, &RETRIEVE).with(options).send().await;
    (outcome.err().map(|error| error.kind()), started.elapsed().as_millis())
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_wait_as_long_leaves_though_others_before_him_can() {
    let first = refused().header("retry-after", "60").after(Duration::from_millis(50));
    let (client, _) = client(&PLAIN, Limit::per_second(1).burst(1), vec![first, acme::thing()]);
    let outcomes = tokio::join!(within(&client, 100), within(&client, 100), within(&client, 10));
    assert_eq!(outcomes.0, (Some(ErrorKind::RateLimited), 50));
    assert_eq!(outcomes.1, (None, 60_050));
    assert_eq!(outcomes.2, (Some(ErrorKind::Overloaded), 50));
}

/// A store in which others took all that a minute gives.
#[derive(Debug)]
struct UsedUp;

impl Quota for UsedUp {
    fn take<'a>(&'a self, _: Ask<'a>) -> BoxFuture<'a, Result<Grant, QuotaError>> {
        Box::pin(async {
            sleep(Duration::from_millis(5)).await;
            let wait = Duration::from_secs(60);
            Ok(Grant { wait, sharers: 2 })
        })
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_cannot_wait_for_the_shared_quota_leaves_when_it_answers() {
    let limit = Limit::per_second(10).shared(UsedUp);
    let (builder, _) = acme::scripted(&PLAIN, [acme::thing()]);
    let named = builder.credential(Credential::bearer("key").named("main"));
    let client = named.limit(limit).without_dedup().build().unwrap();
    let outcomes = tokio::join!(within(&client, 100), within(&client, 10));
    assert_eq!(outcomes.0, (None, 60_005));
    assert_eq!(outcomes.1, (Some(ErrorKind::Overloaded), 5));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_says_nothing_holds_back_for_a_tenth_of_a_second() {
    let (client, _) = client(&PLAIN, Limit::standard(), vec![refused(), acme::thing()]);
    assert_eq!(within(&client, 10).await.0, Some(ErrorKind::RateLimited));
    assert_eq!(times(&client, reads(&client, 1)).await, [100]);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_without_a_time_ends_with_the_window_that_is_empty() {
    for (left, waits) in [
        ("limit=9, remaining=0, reset=7", 7_000),
        ("limit=9, remaining=4, reset=7", 100),
    ] {
        let script = vec![refused().header("ratelimit", left), acme::thing()];
        let (client, _) = client(&TELLING, Limit::standard(), script);
        assert_eq!(within(&client, 10).await.0, Some(ErrorKind::RateLimited));
        assert_eq!(times(&client, reads(&client, 1)).await, [waits], "{left}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_is_held_back_as_it_was_said_last() {
    let all = |seconds: &str, after| {
        let refused = refused().header("why", "all").header("retry-after", seconds);
        refused.after(Duration::from_millis(after))
    };
    let script = vec![all("5", 10), all("60", 20), all("5", 0), acme::thing()];
    let (client, _) = client(&TELLING, Limit::standard(), script);
    let both = tokio::join!(within(&client, 9), within(&client, 9));
    assert_eq!([both.0.0, both.1.0], [Some(ErrorKind::RateLimited); 2]);
    let other = RequestOptions::new().header("acme-account", "acct_2");
    let refused = acme::call(&client, &RETRIEVE).with(other).send().await.unwrap_err();
    assert_eq!(
        refused.kind(),
        ErrorKind::RateLimited,
        "which changes nothing for the first account"
    );
    let newcomer = acme::call(&client, &OTHER);
    assert_eq!(times(&client, vec![newcomer]).await, [60_000]);
}

#[tokio::test(start_paused = true)]
async fn queues_are_forgotten_when_there_are_many_and_they_rest() {
    let (client, transport) = client(&PLAIN, Limit::per_second(1), Vec::new());
    let ask = async |account: usize| {
        transport.push(acme::thing());
        let options = RequestOptions::new().header("acme-account", account.to_string());
        acme::call(&client, &RETRIEVE).with(options).send().await.unwrap();
    };
    let rest = Duration::from_secs(121);
    ask(0).await;
    advance(rest).await;
    ask(1).await;
    assert_eq!(client.headroom().len(), 2, "few are kept, to be shown");
    for account in 2..1_100 {
        ask(account).await;
    }
    assert_eq!(client.headroom().len(), 1_099, "all but the first were used just now");
    advance(rest).await;
    for account in 1_100..2_200 {
        ask(account).await;
    }
    assert_eq!(client.headroom().len(), 1_100, "those of before rest");
}
