//! Virtual hours against a simulated provider: with the limiter, without it, alone, beside others, and together.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use crate::client::ClientBuilder;
use crate::pipeline::Stage;
use crate::policy::Limit;
use crate::provider::{LimitFact, Provider, Refill, Resource, Throttling, WindowFact, WindowSource};
use crate::testing::acme::{self, PLAIN, RETRIEVE};
use crate::testing::{Counts, LocalQuota, SimulatedProvider};
use crate::{Client, Credential};

const QUOTA: u32 = 300;
const MINUTE: Duration = Duration::from_secs(60);
const TASKS: usize = 1_000;

static PROVIDER: Provider = Provider {
    limits: &[LimitFact {
        group: "default",
        requests: QUOTA,
        seconds: 60,
    }],
    throttling: Throttling {
        windows: &[WindowFact {
            resource: Resource::Requests,
            source: WindowSource::Pairs("ratelimit"),
            refill: Refill::AtReset,
        }],
        ..Throttling::DEFAULT
    },
    ..PLAIN
};

struct Run {
    counts: Counts,
    /// Calls that succeeded.
    done: u64,
    minutes: u32,
}

impl Run {
    /// Requests that were taken, of those that could have been.
    fn share(&self) -> f64 {
        self.counts.taken as f64 / f64::from(QUOTA * self.minutes)
    }

    /// Requests that were refused, of all.
    fn refused(&self) -> f64 {
        self.counts.refused as f64 / (self.counts.taken + self.counts.refused) as f64
    }
}

/// Lets tasks call without a pause, spread over clients.
async fn run(
    provider: SimulatedProvider,
    minutes: u32,
    clients: usize,
    with: impl Fn(ClientBuilder<Client>) -> ClientBuilder<Client>,
) -> Run {
    let end = Instant::now() + MINUTE * minutes;
    let clients: Vec<Client> = (0..clients)
        .map(|number| {
            let builder = Client::builder(&PROVIDER)
                .credential(Credential::bearer("key"))
                .seed(number as u64)
                .deadline(MINUTE * 20)
                .transport(provider.clone());
            with(builder.without_dedup()).build().unwrap()
        })
        .collect();
    let tasks: Vec<_> = (0..TASKS)
        .map(|number| {
            let client = clients[number % clients.len()].clone();
            tokio::spawn(async move {
                let mut done = 0_u64;
                while Instant::now() < end {
                    let call = acme::call(&client, &RETRIEVE).send();
                    match tokio::time::timeout_at(end, call).await {
                        Ok(Ok(_)) => done += 1,
                        Ok(Err(error)) => {
                            let wait = error.retry_after().unwrap_or(Duration::from_secs(1));
                            tokio::time::sleep_until((Instant::now() + wait).min(end)).await;
                        }
                        Err(_) => {}
                    }
                }
                done
            })
        })
        .collect();
    let mut done = 0;
    for task in tasks {
        done += task.await.unwrap();
    }
    Run {
        counts: provider.counts(),
        done,
        minutes,
    }
}

fn provider() -> SimulatedProvider {
    SimulatedProvider::new(QUOTA, MINUTE).latency(Duration::from_millis(20), Duration::from_millis(60))
}

#[tokio::test(start_paused = true)]
async fn virtual_hours_keep_to_the_quota_and_without_the_limiter_there_is_a_storm() {
    let as_is = |builder| builder;
    let alone = run(provider(), 60, 1, as_is).await;
    let apart = run(provider(), 60, 10, as_is).await;
    let quota = LocalQuota::new(Duration::from_millis(1));
    let together = run(provider(), 30, 10, |builder| {
        builder
            .credential(Credential::bearer("key").named("account"))
            .limit(Limit::per_minute(QUOTA).shared(quota.clone()))
    })
    .await;
    let storm = run(provider(), 10, 1, |builder| builder.without(Stage::Limit)).await;
    let minutes = |number| MINUTE * number;
    let outage = run(provider().outage(minutes(10), minutes(15)), 40, 1, as_is).await;

    let mut table = String::from(
        "1000 tasks, 300 requests a minute | minutes | taken of the quota | refused | failed | calls done | most in a second\n",
    );
    for (name, run) in [
        ("one client", &alone),
        ("ten clients apart", &apart),
        ("ten clients with a shared quota", &together),
        ("one client without the limiter", &storm),
        ("one client, five minutes of outage", &outage),
    ] {
        writeln!(
            table,
            "{name} | {} | {:.1} % | {:.2} % | {} | {} | {}",
            run.minutes,
            run.share() * 100.0,
            run.refused() * 100.0,
            run.counts.failed,
            run.done,
            run.counts.peak,
        )
        .unwrap();
    }
    // The one table: `cargo test -p integrator-core virtual_hours -- --nocapture`.
    eprintln!("{table}");

    assert!(alone.share() >= 0.95 && alone.refused() < 0.001, "{table}");
    assert!(
        apart.share() >= 0.95 && apart.refused() < storm.refused() / 5.0,
        "{table}"
    );
    assert!(
        (0.98..=1.02).contains(&together.share()) && together.refused() < 0.02,
        "{table}"
    );
    assert!(storm.refused() > 0.5, "{table}");
    assert!(outage.counts.failed < 500 && outage.share() > 0.82, "{table}");
}
