//! Contenders and the job polled by hand, in an order that proptest chooses, and dropped at will.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use proptest::prelude::*;

use super::*;

thread_local! {
    /// Jobs that were set going.
    static JOBS: RefCell<Vec<BoxFuture<'static, ()>>> = const { RefCell::new(Vec::new()) };
    /// Jobs that have begun and not ended, and those that have come to their end.
    static RUNNING: Cell<i32> = const { Cell::new(0) };
    static DONE: Cell<u32> = const { Cell::new(0) };
}

fn spawn(job: BoxFuture<'static, ()>) {
    JOBS.with_borrow_mut(|jobs| jobs.push(job));
}

/// Takes a few polls; counts itself while it is alive.
fn job(polls: u32) -> BoxFuture<'static, ()> {
    struct Alive;
    impl Drop for Alive {
        fn drop(&mut self) {
            RUNNING.set(RUNNING.get() - 1);
        }
    }
    Box::pin(async move {
        RUNNING.set(RUNNING.get() + 1);
        let _alive = Alive;
        for _ in 0..polls {
            let mut waited = false;
            std::future::poll_fn(|_| {
                if std::mem::replace(&mut waited, true) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
        DONE.set(DONE.get() + 1);
    })
}

/// Waits until a job has come to its end, and takes over where one was given up.
async fn contender(flight: &Flight, polls: u32) {
    let seen = DONE.get();
    while DONE.get() == seen {
        flight.join(job(polls)).await;
    }
}

fn poll(future: &mut Pin<Box<dyn Future<Output = ()> + '_>>) -> bool {
    future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

fn poll_jobs(at: usize) {
    let Some(mut job) = JOBS.with_borrow_mut(|jobs| (at < jobs.len()).then(|| jobs.remove(at))) else {
        return;
    };
    if job.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
        JOBS.with_borrow_mut(|jobs| jobs.insert(at, job));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn one_runs_at_a_time_and_nobody_waits_in_vain(
        polls in 0_u32..4,
        steps in prop::collection::vec((0_u8..8, 0_usize..6), 0..80),
    ) {
        JOBS.take();
        RUNNING.set(0);
        DONE.set(0);
        let flight = Flight::new(spawn);
        let mut contenders: Vec<Option<Pin<Box<dyn Future<Output = ()> + '_>>>> =
            (0..6).map(|_| Some(Box::pin(contender(&flight, polls)) as _)).collect();
        let (mut started, mut given_up) = (false, 0);
        for (what, at) in steps {
            match what {
                0 => contenders[at] = None,
                // A runtime that is shut down drops the job.
                1 => given_up += JOBS.with_borrow_mut(|jobs| { let all = jobs.len(); jobs.clear(); all }),
                2 | 3 => poll_jobs(0),
                _ => if let Some(future) = &mut contenders[at] {
                    started = true;
                    if poll(future) {
                        prop_assert!(DONE.get() > 0);
                        contenders[at] = None;
                    }
                },
            }
            prop_assert!(RUNNING.get() <= 1, "two jobs at a time");
            prop_assert!(JOBS.with_borrow(Vec::len) <= 1);
        }
        // Whoever is left gets there; whoever is dropped takes nothing along.
        for _ in 0..20 {
            poll_jobs(0);
            for future in &mut contenders {
                if future.as_mut().is_some_and(poll) {
                    *future = None;
                }
            }
        }
        prop_assert!(contenders.iter().all(Option::is_none), "somebody waits in vain");
        poll_jobs(0);
        prop_assert_eq!(RUNNING.get(), 0);
        prop_assert!(!started || DONE.get() > 0 || given_up > 0);
    }
}
