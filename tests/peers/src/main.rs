//! This project against other crates on loopback, in processor time of the side that is measured.
//!
//! `cargo run --release` in this folder runs all of them, `-- stream`, `-- mock` or `-- cache` one. A second argument
//! `ours` or `theirs` lets only that side work, once, for a profiler (a third says how many chunks of a stream come
//! together); with `--features allocations` allocations are counted and nothing is timed.

use std::error::Error;

mod asker;
mod cache;
mod chat;
mod contest;
mod mock;
#[path = "../../benches/pipeline/provider.rs"]
mod provider;
mod server;
mod stream;

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1).as_deref() {
        Some("stream") => stream::run(),
        Some("mock") => mock::run(),
        Some("cache") => cache::run(),
        Some(other) => Err(format!("no bench `{other}`: use `stream`, `mock` or `cache`").into()),
        None => {
            stream::run()?;
            mock::run()?;
            cache::run()
        }
    }
}
