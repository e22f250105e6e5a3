//! One call on loopback: the generated client with every default policy against bare `reqwest` and `serde_json`.
//!
//! `cargo bench -p integrator-tests --bench call` lets criterion measure both over one connection and with 64 calls at a
//! time, and ends with the two ratios of processor time (goal: at most 1.10), taken in turns so that they hold on a busy
//! machine. The server is a thread of its own that answers 2.6 KB as soon as it has read a request's head.
//!
//! `cargo bench -p integrator-tests --bench call -- --instructions` counts user-space instructions instead, which hardly
//! vary: it starts the server as a process of its own and the client under `valgrind --tool=callgrind`, twice with
//! different numbers of calls, and takes the slope; then the same for allocations under `valgrind --tool=memcheck`. The
//! profiles stay in the temporary directory that it names, for `callgrind_annotate`. By hand, it is
//! `call --serve 7878` and `valgrind --tool=callgrind call --client integrator --port 7878 --calls 1000`.

use std::error::Error;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion};
use tokio::runtime::{Builder, Runtime};

use client::{Client, Kind};

mod client;
mod instructions;
#[path = "../race.rs"]
mod race;
mod server;
#[path = "../twin.rs"]
mod twin;

/// Calls at a time, and calls a round.
const LOADS: [(usize, u32); 2] = [(1, 200), (64, 640)];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).map(String::as_str)
    };
    if let Some(port) = value("--serve") {
        return server::serve(port.parse()?);
    }
    if let Some(name) = value("--client") {
        let (port, calls) = (value("--port").unwrap_or("7878"), value("--calls").unwrap_or("1000"));
        let runtime = runtime()?;
        let client = Client::new(Kind::named(name)?, port.parse()?)?;
        client.run(&runtime, 1, calls.parse()?);
        return Ok(());
    }
    if arguments.iter().any(|argument| argument == "--instructions") {
        return instructions::count();
    }
    compare()
}

fn compare() -> Result<(), Box<dyn Error>> {
    let port = server::start()?;
    let runtime = runtime()?;
    let ours = Client::new(Kind::Integrator, port)?;
    let theirs = Client::new(Kind::Reqwest, port)?;

    let mut criterion = Criterion::default()
        .measurement_time(Duration::from_secs(4))
        .configure_from_args();
    for (at_a_time, _) in LOADS {
        let mut group = criterion.benchmark_group(format!("call/{at_a_time}"));
        for client in [&ours, &theirs] {
            group.bench_function(BenchmarkId::from_parameter(client.kind()), |bencher| {
                bencher.iter_custom(|calls| client.run(&runtime, at_a_time, calls));
            });
        }
        group.finish();
    }
    criterion.final_summary();

    for (at_a_time, calls) in LOADS {
        race::race(
            &format!("call, {at_a_time} at a time"),
            calls,
            1.10,
            |calls| {
                ours.run(&runtime, at_a_time, calls.into());
            },
            |calls| {
                theirs.run(&runtime, at_a_time, calls.into());
            },
        );
    }
    Ok(())
}

/// One thread, so that all work of the client is its own.
fn runtime() -> std::io::Result<Runtime> {
    Builder::new_current_thread().enable_all().build()
}
