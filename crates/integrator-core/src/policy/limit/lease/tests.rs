//! Leases against a model that keeps each unit apart.

use proptest::prelude::*;

use super::*;

const MILLI: u64 = 1_000_000;

/// 200 in ten seconds: ten are leased at most, for a second.
fn leases(sharers: u32) -> Leases {
    let bucket = Bucket::strict(200, 10 * SECOND, 1);
    Leases::new("key".into(), Some(bucket), None, sharers)
}

#[derive(Debug, Clone)]
enum Happens {
    /// So many wait; those who can are sent.
    Calls(u64),
    Answer {
        wait: u64,
    },
    NoAnswer,
    NeverSent,
    Passes(u64),
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let one = prop_oneof![
        4 => (1_u64..30).prop_map(Happens::Calls),
        3 => prop_oneof![Just(0), 0_u64..2_000].prop_map(|wait| Happens::Answer { wait }),
        1 => Just(Happens::NoAnswer),
        1 => Just(Happens::NeverSent),
        2 => (0_u64..1_500).prop_map(Happens::Passes),
    ];
    prop::collection::vec(one, 0..120)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn each_unit_is_used_once_and_in_its_time(happenings in happenings()) {
        let mut leases = leases(1);
        let (mut now, mut asked) = (0, None);
        // Units that may be used, from when on and until when; a later lease takes earlier ones along.
        let (mut units, mut from, mut until) = (0_u64, 0, 0);
        let mut sent = 0;
        for happens in happenings {
            match happens {
                Happens::Calls(waiting) => for ahead in 0..waiting {
                    match leases.look(now, 0, (waiting - ahead, 0), false) {
                        Look::Now => {
                            prop_assert!(units > 0 && (from..until).contains(&now));
                            leases.take(now, 0);
                            units -= 1;
                            sent += 1;
                        }
                        Look::At(at) => {
                            prop_assert!(at > now && at == from && units > 0);
                            break;
                        }
                        Look::Ask(want) => {
                            prop_assert!(asked.is_none() && (1..=10).contains(&want.units));
                            prop_assert!(units == 0 || until <= now);
                            prop_assert!(leases.ask(want.resource).is_some());
                            prop_assert!(leases.ask(want.resource).is_none(), "one asks at a time");
                            asked = Some(want);
                            break;
                        }
                        Look::Asked => {
                            prop_assert!(asked.is_some() && (units == 0 || until <= now));
                            break;
                        }
                    }
                },
                Happens::Answer { wait } => if let Some(want) = asked.take() {
                    units = if until <= now { 0 } else { units } + want.units;
                    from = now + wait * MILLI;
                    until = from + SECOND;
                    leases.granted(now, want, from, 1);
                    leases.asked(want.resource);
                },
                Happens::NoAnswer => if let Some(want) = asked.take() {
                    leases.asked(want.resource);
                },
                Happens::NeverSent => if sent > 0 && until > now {
                    sent -= 1;
                    units += 1;
                    leases.give_back(0);
                },
                Happens::Passes(millis) => now += millis * MILLI,
            }
        }
    }

    #[test]
    fn shares_add_up_to_the_quota(sharers in 1_u32..9, gaps in prop::collection::vec(0_u64..400, 1..200)) {
        let mut all: Vec<Leases> = (0..sharers).map(|_| leases(sharers)).collect();
        let (mut now, mut times) = (0, Vec::new());
        for gap in gaps {
            now += gap * MILLI;
            for leases in &mut all {
                while leases.look(now, 0, (1, 0), true) == Look::Now {
                    leases.take(now, 0);
                    times.push(now);
                }
            }
        }
        for (at, from) in times.iter().enumerate() {
            let within = times[at..].iter().take_while(|time| **time < from + 10 * SECOND).count();
            // One each at once, and the quota.
            prop_assert!(within <= 200 + sharers as usize, "{} in a window", within);
        }
    }
}

#[test]
fn what_was_used_beyond_the_lease_is_made_up_for() {
    let bucket = Bucket::wide(1_000, 10 * SECOND);
    let mut leases = Leases::new("key".into(), None, Some(bucket), 1);
    let ask = |look| match look {
        Look::Ask(want) => want,
        look => panic!("{look:?}"),
    };
    let want = ask(leases.look(0, 20, (1, 20), false));
    assert_eq!(want.units, 20);
    leases.granted(0, want, 0, 1);
    leases.take(0, 20);
    leases.settle(0, 20, 90);
    let want = ask(leases.look(0, 20, (1, 20), false));
    assert_eq!(want.units, 110, "twice as many as before is less than what is missing");
    leases.granted(0, want, 0, 1);
    assert_eq!(leases.look(0, 40, (1, 40), false), Look::Now);
    assert!(matches!(leases.look(0, 41, (1, 41), false), Look::Ask(_)));
}

#[test]
fn leases_come_back_when_the_store_does() {
    let mut leases = leases(2);
    assert_eq!(leases.look(0, 0, (1, 0), true), Look::Now);
    leases.take(0, 0);
    // 200 in ten seconds, half of that.
    assert_eq!(leases.look(0, 0, (1, 0), true), Look::At(SECOND / 10));
    assert!(matches!(leases.look(0, 0, (1, 0), false), Look::Ask(_)));
}
