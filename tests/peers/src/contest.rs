//! Ours against theirs: timed in turns, or counted, or one of them alone.

use std::alloc::System;
use std::io::Write as _;

use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

#[path = "../../benches/race.rs"]
mod race;

#[cfg(feature = "allocations")]
#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Allocations are counted in place of time.
pub(crate) const COUNTS: bool = cfg!(feature = "allocations");

/// Says how the two compare, in `units` a round.
pub(crate) fn contest(name: &str, units: u32, goal: f64, mut ours: impl FnMut(u32), mut theirs: impl FnMut(u32)) {
    match std::env::args().nth(2).as_deref() {
        Some("ours") => alone(units, ours),
        Some("theirs") => alone(units, theirs),
        _ if COUNTS => {
            let (left, right) = (allocations(units, &mut ours), allocations(units, &mut theirs));
            say(&format!("{name}: {left:.2} allocations ours, {right:.2} theirs"));
        }
        _ => {
            race::race(name, units, goal, ours, theirs);
        }
    }
}

/// How often the process allocates for a unit of work; the first round is not counted, since it opens connections.
pub(crate) fn allocations(units: u32, mut work: impl FnMut(u32)) -> f64 {
    work(units);
    let counter: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;
    let region = Region::new(counter);
    work(units);
    let change = region.change();
    (change.allocations + change.reallocations) as f64 / f64::from(units)
}

pub(crate) fn say(line: &str) {
    // Nobody reads it: nothing to be done.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Has a name of its own, so that a profiler can be told to look at nothing else.
#[inline(never)]
fn alone(units: u32, mut work: impl FnMut(u32)) {
    work(units);
}
