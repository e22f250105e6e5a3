//! A bucket of tokens that repeats are paid from, so that an outage is not multiplied by everybody's repeats.

use std::sync::atomic::{AtomicU32, Ordering};

use super::verdict::Pace;

/// Tokens in a full bucket.
const FULL: u32 = 500;

/// The tokens of one client.
#[derive(Debug)]
pub(crate) struct Budget(AtomicU32);

impl Budget {
    /// A full bucket.
    pub(crate) const fn full() -> Self {
        Self(AtomicU32::new(FULL))
    }

    /// Pays for a repeat, if there is enough.
    pub(crate) fn take(&self, pace: Pace) -> bool {
        let pay = |tokens: u32| tokens.checked_sub(cost(pace));
        self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
    }

    /// A call succeeded: what its last repeat cost comes back, or one token if there was no repeat.
    pub(crate) fn refund(&self, paid: Option<Pace>) {
        let back = paid.map_or(1, cost);
        // Full buckets are the rule; they are not written to, so that callers on many cores do not contend.
        if self.0.load(Ordering::Relaxed) < FULL {
            let fill = |tokens: u32| Some((tokens + back).min(FULL));
            let _ = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fill);
        }
    }
}

const fn cost(pace: Pace) -> u32 {
    match pace {
        Pace::Normal => 14,
        Pace::Throttled => 5,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_full_bucket_pays_for_thirty_five_repeats() {
        let budget = Budget::full();
        assert_eq!((0..100).filter(|_| budget.take(Pace::Normal)).count(), 35);
        assert!(budget.take(Pace::Throttled), "the rest still pays for a cheaper one");
    }

    #[test]
    fn success_refills() {
        let budget = Budget::full();
        while budget.take(Pace::Normal) {}
        budget.refund(Some(Pace::Normal));
        assert!(budget.take(Pace::Normal));
        (0..14).for_each(|_| budget.refund(None));
        assert!(budget.take(Pace::Normal));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn it_never_holds_more_than_full(steps in prop::collection::vec(0_u8..4, 0..200)) {
            let budget = Budget::full();
            let mut model = i64::from(FULL);
            for step in steps {
                match step {
                    0 => if budget.take(Pace::Normal) { model -= 14 } else { prop_assert!(model < 14) },
                    1 => if budget.take(Pace::Throttled) { model -= 5 } else { prop_assert!(model < 5) },
                    2 => { budget.refund(None); model = (model + 1).min(500) }
                    _ => { budget.refund(Some(Pace::Normal)); model = (model + 14).min(500) }
                }
                prop_assert_eq!(i64::from(budget.0.load(Ordering::Relaxed)), model);
            }
        }
    }
}
