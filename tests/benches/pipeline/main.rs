//! What the policies cost: calls over a transport that answers from memory, with every default policy and with none.
//!
//! `cargo bench -p integrator-tests --bench pipeline` lets criterion measure a call over the bare transport, the same
//! without any policy, with all of the defaults, and answered from the cache; then come the goals: what the policies add
//! in time and allocations, what a hit of the cache allocates, and what each of 64 calls holds while it waits for its
//! answer.

use std::alloc::System;
use std::error::Error;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::hint::black_box;
use std::io::Write as _;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use criterion::Criterion;
use integrator_core::{Cache, Call, Client, ClientBuilder, Credential, Stage, Transport, Wire};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use tokio::runtime::{Builder, Runtime};

use memory::{Memory, Silent};
use provider::{PROVIDER, RETRIEVE};

mod memory;
mod provider;
#[path = "../race.rs"]
mod race;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Every stage that can be taken out and leaves a call that works.
const POLICIES: [Stage; 9] = [
    Stage::Observe,
    Stage::Deadline,
    Stage::Idempotency,
    Stage::Dedup,
    Stage::Retry,
    Stage::Breaker,
    Stage::Auth,
    Stage::Limit,
    Stage::Timeout,
];

/// Calls a round.
const CALLS: u32 = 2_000;

/// Calls that wait at the same time.
const WAITING: usize = 64;

const CUSTOMER: &[u8] = include_bytes!("../fixtures/customer_with_card.json");

fn main() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let small = || Memory::new(b"{}", None);
    let bare = small();
    let none = client(small(), |mut builder| {
        for stage in POLICIES {
            builder = builder.without(stage);
        }
        builder
    })?;
    let all = client(small(), |builder| builder)?;
    let cached = client(Memory::new(CUSTOMER, Some("max-age=600")), |builder| {
        builder.cache(Cache::memory(1 << 20))
    })?;
    run(&runtime, &cached, 1);

    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    let mut group = criterion.benchmark_group("pipeline");
    group.bench_function("transport", |bencher| {
        bencher.iter(|| runtime.block_on(bare.bare()));
    });
    for (name, client) in [("no policy", &none), ("all policies", &all), ("cache", &cached)] {
        group.bench_function(name, |bencher| bencher.iter(|| run(&runtime, client, 1)));
    }
    group.finish();
    criterion.final_summary();

    let (ours, theirs) = race::race(
        "a call, all policies against none",
        CALLS,
        2.0,
        |calls| run(&runtime, &all, calls),
        |calls| run(&runtime, &none, calls),
    );
    let mut lines = String::new();
    writeln!(lines, "the policies add {:.0} ns (goal: at most 1000)", ours - theirs)?;
    let allocations = |client: &Client| allocations(|| run(&runtime, client, CALLS));
    writeln!(
        lines,
        "the policies add {:.2} allocations to {:.2} (goal: at most 8)",
        allocations(&all) - allocations(&none),
        allocations(&none)
    )?;
    writeln!(lines, "a hit of the cache allocates {:.2} times", allocations(&cached))?;
    writeln!(
        lines,
        "a call that waits holds {} bytes (goal: at most 4096)",
        held(&runtime)?
    )?;
    std::io::stdout().write_all(lines.as_bytes())?;
    Ok(())
}

fn client(
    transport: impl Transport,
    set: impl FnOnce(ClientBuilder) -> ClientBuilder,
) -> Result<Client, Box<dyn Error>> {
    let builder = Client::builder(&PROVIDER).credential(Credential::bearer("sk_test_bench"));
    Ok(set(builder.transport(transport)).build()?)
}

fn run(runtime: &Runtime, client: &Client, calls: u32) {
    runtime.block_on(async {
        for _ in 0..calls {
            let answer = retrieve(client, "cus_1").send().await;
            black_box(answer.expect("the transport answers").status());
        }
    });
}

fn retrieve(client: &Client, id: &str) -> Call<Unread> {
    client.call(&RETRIEVE).path(0, &id)
}

/// An answer that is passed over: what is measured is not the reading.
#[derive(serde::Deserialize, serde::Serialize)]
struct Unread {}

impl Wire for Unread {
    fn blank() -> Self {
        Self {}
    }

    fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer
            .deserialize_ignored_any(serde::de::IgnoredAny)
            .map(|_| Self {})
    }
}

fn allocations(work: impl FnOnce()) -> f64 {
    let region = Region::new(ALLOCATOR);
    work();
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / f64::from(CALLS)
}

/// Bytes on the heap for each call that waits for its answer.
fn held(runtime: &Runtime) -> Result<usize, Box<dyn Error>> {
    let client = client(Silent, |builder| builder)?;
    // What the first ones leave behind for all of them is not counted.
    runtime.block_on(waiting(&client, WAITING));
    Ok(runtime.block_on(waiting(&client, WAITING)) / WAITING)
}

async fn waiting(client: &Client, calls: usize) -> usize {
    let mut sent = Vec::with_capacity(calls);
    let region = Region::new(ALLOCATOR);
    for number in 0..calls {
        let mut call = Box::pin(retrieve(client, &format!("cus_{number}")).send());
        poll_fn(|cx| {
            assert!(Future::poll(Pin::new(&mut call), cx).is_pending(), "nobody answers");
            Poll::Ready(())
        })
        .await;
        sent.push(call);
    }
    let change = region.change();
    black_box(&sent);
    change.bytes_allocated - change.bytes_deallocated
}
