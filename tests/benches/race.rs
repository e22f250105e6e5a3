//! Two ways to do the same, taken in turns, and the ratio of the times they keep this thread busy.
//!
//! What else runs on a machine falls on both sides alike, and time spent waiting for a processor or a server does not
//! count. Where the system does not tell that time (anywhere but Linux), the clock on the wall does.

use std::fmt::Write as _;
use std::io::Write as _;

use tokio::time::Instant;

/// Rounds of each side; the median counts.
const ROUNDS: usize = 31;

/// Times `ours` and `theirs` in turns, and says on standard output what one unit took each; `units` of them a round.
/// Answers both in nanoseconds.
pub(crate) fn race(
    name: &str,
    units: u32,
    goal: f64,
    mut ours: impl FnMut(u32),
    mut theirs: impl FnMut(u32),
) -> (f64, f64) {
    let begin = Instant::now();
    let (mut left, mut right, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let (us, them) = if round % 2 == 0 {
            let us = timed(begin, || ours(units));
            (us, timed(begin, || theirs(units)))
        } else {
            let them = timed(begin, || theirs(units));
            (timed(begin, || ours(units)), them)
        };
        left.push(us / f64::from(units));
        right.push(them / f64::from(units));
        ratios.push(us / them);
    }
    let (left, right) = (median(left), median(right));
    let mut line = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        line,
        "{name}: {:.2} µs ours, {:.2} µs theirs, ratio {:.2} (goal: at most {goal:.2})",
        left / 1e3,
        right / 1e3,
        median(ratios),
    );
    // Nobody reads it: nothing to be done.
    let _ = std::io::stdout().write_all(line.as_bytes());
    (left, right)
}

/// Nanoseconds that this thread was busy in `work`.
fn timed(begin: Instant, work: impl FnOnce()) -> f64 {
    let before = busy(begin);
    work();
    busy(begin) - before
}

#[cfg(target_os = "linux")]
fn busy(_begin: Instant) -> f64 {
    use nix::time::{ClockId, clock_gettime};

    let time = clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).expect("every Linux has this clock");
    std::time::Duration::from(time).as_secs_f64() * 1e9
}

#[cfg(not(target_os = "linux"))]
fn busy(begin: Instant) -> f64 {
    begin.elapsed().as_secs_f64() * 1e9
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
