//! The queue against a model that looks at everybody each time.

use proptest::prelude::*;

use super::*;
use crate::policy::limit::bucket::Bucket;

const MILLI: u64 = 1_000_000;

/// Ten requests a second: one costs what flows in in 100 ms.
fn bucket(burst: u64) -> Bucket {
    Bucket {
        units: 10,
        window: 1_000 * MILLI,
        burst,
        full_at: 0,
    }
}

#[derive(Debug, Clone)]
enum Happens {
    Comes(u8),
    Leaves(prop::sample::Index),
    Ends,
    Passes(u64),
}

fn happenings() -> impl Strategy<Value = Vec<Happens>> {
    let one = prop_oneof![
        4 => (0_u8..3).prop_map(Happens::Comes),
        1 => any::<prop::sample::Index>().prop_map(Happens::Leaves),
        3 => Just(Happens::Ends),
        3 => (0_u64..350).prop_map(Happens::Passes),
    ];
    prop::collection::vec(one, 0..150)
}

/// Everybody who waits, how much has flowed in, and who is on his way.
struct Model {
    waiting: Vec<(u8, usize)>,
    level: u64,
    full: u64,
    in_flight: u32,
    slots: u32,
}

impl Model {
    fn go(&mut self) -> Vec<usize> {
        let mut gone = Vec::new();
        while self.in_flight < self.slots && self.level >= 100 {
            let most_urgent = self.waiting.iter().map(|(priority, _)| *priority).max();
            let Some(at) = self
                .waiting
                .iter()
                .position(|(priority, _)| Some(*priority) == most_urgent)
            else {
                break;
            };
            gone.push(self.waiting.remove(at).1);
            self.level -= 100;
            self.in_flight += 1;
        }
        gone
    }
}

fn priority(number: u8) -> Priority {
    match number {
        0 => Priority::Low,
        1 => Priority::Normal,
        _ => Priority::High,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_500))]
    #[test]
    fn the_queue_equals_its_model(happenings in happenings(), burst in 1_u64..6, slots in 1_u32..6) {
        let lane = Lane::new(Account::new(Some(bucket(burst)), None, None), Some(slots), None);
        let mut model = Model { waiting: Vec::new(), level: burst * 100, full: burst * 100, in_flight: 0, slots };
        let mut tickets: Vec<(usize, Ticket)> = Vec::new();
        let (mut now, mut name) = (0, 0);
        for happens in happenings {
            match happens {
                Happens::Comes(number) => {
                    tickets.push((name, lane.lock().join(priority(number), 0).0));
                    model.waiting.push((number, name));
                    name += 1;
                }
                Happens::Leaves(at) => if !tickets.is_empty() {
                    let (name, ticket) = tickets.remove(at.index(tickets.len()));
                    lane.lock().leave(ticket);
                    model.waiting.retain(|(_, waiting)| *waiting != name);
                },
                Happens::Ends => if model.in_flight > 0 {
                    lane.lock().release();
                    model.in_flight -= 1;
                },
                Happens::Passes(millis) => {
                    now += millis * MILLI;
                    model.level = (model.level + millis).min(model.full);
                }
            }
            let mut gone = Vec::new();
            // Only the first may go, and who he is changes with each who does.
            while let Some(at) = (0..tickets.len()).find(|at| {
                matches!(lane.lock().advance(now, tickets[*at].1, 0, false), Step::Go(_))
            }) {
                gone.push(tickets.remove(at).0);
            }
            prop_assert_eq!(gone, model.go());
            prop_assert_eq!(lane.lock().in_flight(), model.in_flight);
            prop_assert_eq!(lane.lock().waiting(), model.waiting.len());
        }
    }
}

#[test]
fn the_next_one_is_woken_when_the_first_leaves() {
    let lane = Lane::new(Account::new(None, None, None), Some(1), None);
    assert!(lane.lock().try_go(0, 0, false).is_some());
    let (first, _) = lane.lock().join(Priority::Normal, 0);
    let (second, turn) = lane.lock().join(Priority::Normal, 0);
    lane.lock().leave(first);
    let woken = std::pin::pin!(turn.notified());
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    assert!(woken.poll(&mut cx).is_ready());
    lane.lock().release();
    assert!(matches!(lane.lock().advance(0, second, 0, false), Step::Go(_)));
}

use std::future::Future as _;

#[test]
fn nobody_passes_those_who_wait() {
    let lane = Lane::new(Account::new(Some(bucket(1)), None, None), None, None);
    assert!(lane.lock().try_go(0, 0, false).is_some());
    let (_, _) = lane.lock().join(Priority::Low, 0);
    assert!(lane.lock().try_go(1_000 * MILLI, 0, false).is_none());
}

#[test]
fn a_newcomer_knows_when_his_turn_is() {
    let lane = Lane::new(Account::new(Some(bucket(1)), None, None), None, None);
    assert!(lane.lock().try_go(0, 0, false).is_some());
    for _ in 0..9 {
        lane.lock().join(Priority::Normal, 0);
    }
    assert_eq!(lane.lock().expected(Priority::Normal, 0), 1_000 * MILLI);
    assert_eq!(lane.lock().expected(Priority::High, 0), 100 * MILLI);
}

#[test]
fn an_operation_is_blocked_as_it_was_said_last() {
    let lane = Lane::new(Account::new(None, None, None), None, None);
    let mut state = lane.lock();
    state.block("a", 0, 10);
    state.block("b", 0, 20);
    assert_eq!(["a", "b", "c"].map(|name| state.blocked(name)), [10, 20, 0]);
    state.block("b", 5, 7);
    assert_eq!(["a", "b"].map(|name| state.blocked(name)), [10, 7]);
    state.block("c", 10, 40);
    assert_eq!(
        ["a", "b", "c"].map(|name| state.blocked(name)),
        [0, 0, 40],
        "what is over is forgotten"
    );
}

#[test]
fn a_queue_rests_two_minutes_after_its_last_request() {
    let lane = Lane::new(Account::new(None, None, None), None, None);
    let mut state = lane.lock();
    assert!(state.try_go(MILLI, 0, false).is_some());
    let late = CAP + MILLI + 1;
    assert!(!state.is_at_rest(late), "one is under way");
    state.release();
    assert_eq!([late - 1, late].map(|now| state.is_at_rest(now)), [false, true]);
    let (ticket, _) = state.join(Priority::Normal, 0);
    assert!(!state.is_at_rest(late), "one waits");
    state.leave(ticket);
    state.account.block(late + 1);
    assert_eq!(
        [late, late + 1].map(|now| state.is_at_rest(now)),
        [false, true],
        "until it may go on"
    );
}
