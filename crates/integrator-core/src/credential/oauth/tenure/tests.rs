//! The machine against a model that keeps the whole history and reckons in plain numbers.
//!
//! Times are given in milliseconds and reckoned in microseconds, where a half, a quarter and an eighth of one are exact.

use proptest::prelude::*;

use super::*;

const MILLI: u64 = 1_000;
const SECOND: u64 = 1_000 * MILLI;

/// Whole milliseconds, the short ones often, since there the borders lie close together.
fn times(most: u64) -> impl Strategy<Value = u64> {
    prop_oneof![0..most, 0..64.min(most)].prop_map(|millis| millis * MILLI)
}

/// What happened so far; every time in microseconds.
#[derive(Debug, Clone)]
enum Step {
    Renewed { left: Option<u64>, jitter: u64 },
    Failed { lasting: bool, jitter: u64 },
    Refused,
}

fn step() -> impl Strategy<Value = (u64, Step)> {
    let left = prop_oneof![
        Just(None),
        times(400_000).prop_map(Some),
        Just(Some(10 * 365 * 24 * 3_600 * SECOND))
    ];
    let what = prop_oneof![
        (left, times(90_000)).prop_map(|(left, jitter)| Step::Renewed { left, jitter }),
        (any::<bool>(), times(2_000)).prop_map(|(lasting, jitter)| Step::Failed { lasting, jitter }),
        Just(Step::Refused),
    ];
    (times(200_000), what)
}

/// What the rules say, read from the whole history.
fn model(history: &[(u64, Step)], now: u64) -> Advice {
    let begun = history
        .iter()
        .rposition(|(_, step)| matches!(step, Step::Renewed { .. }));
    let after = &history[begun.map_or(0, |at| at + 1)..];
    let failures: Vec<_> = after
        .iter()
        .filter_map(|(at, step)| match step {
            Step::Failed { lasting, jitter } => Some((*at, *lasting, *jitter)),
            _ => None,
        })
        .collect();
    let resting = failures.last().is_some_and(|(at, lasting, jitter)| {
        let doubled = (5 * SECOND) << (failures.len() - 1).min(8);
        let rest = if *lasting {
            60 * SECOND
        } else {
            doubled.min(60 * SECOND)
        };
        now < at + rest + jitter.min(&rest)
    });
    let stale = !failures.is_empty();
    let Some(begun) = begun else {
        return if resting { Advice::Fail } else { Advice::Wait };
    };
    let (since, Step::Renewed { left, jitter }) = &history[begun] else {
        unreachable!()
    };
    let refused = after
        .iter()
        .any(|(at, step)| matches!(step, Step::Refused) && at - since >= 30 * SECOND);
    let ended = left.is_some_and(|left| now >= since + left);
    if refused || ended {
        return if resting { Advice::Fail } else { Advice::Wait };
    }
    let Some(left) = left else {
        return Advice::Serve { stale: false };
    };
    let window = (120 * SECOND).min(left / 2);
    let advisory = since + left - window - (*jitter).min(window / 2).min(left - window);
    let mandatory = since + left - (30 * SECOND).min(left / 8);
    match now {
        now if now < advisory => Advice::Serve { stale: false },
        _ if resting => Advice::Serve { stale },
        now if now >= mandatory => Advice::Wait,
        _ => Advice::Renew { stale },
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn it_equals_its_model(steps in prop::collection::vec(step(), 0..12), looks in prop::collection::vec(times(200_000), 1..6)) {
        let start = Instant::now();
        let micros = Duration::from_micros;
        let mut tenure = Tenure::default();
        let (mut now, mut history) = (0, Vec::new());
        for (wait, step) in steps {
            now += wait;
            let at = start + micros(now);
            prop_assert_eq!(tenure.advice(at), model(&history, now));
            match step {
                Step::Renewed { left, jitter } => tenure.renewed(at, left.map(micros), micros(jitter)),
                Step::Failed { lasting, jitter } => tenure.failed(at, lasting, micros(jitter)),
                Step::Refused => { tenure.refused(at); }
            }
            history.push((now, step));
            for look in &looks {
                let (later, moment) = (at + micros(*look), now + look);
                prop_assert_eq!(tenure.advice(later), model(&history, moment), "{:?} at {}", &history, moment);
            }
        }
    }

    #[test]
    fn windows_are_in_order(left in 0_u64..u64::MAX / 2, jitter in any::<u64>()) {
        let now = Instant::now();
        if let Some(windows) = Windows::new(now, Duration::from_millis(left), Duration::from_millis(jitter)) {
            prop_assert!(now <= windows.advisory && windows.advisory <= windows.mandatory && windows.mandatory <= windows.end);
            prop_assert!(windows.advisory - now >= Duration::from_millis(left) / 4);
        }
    }
}
