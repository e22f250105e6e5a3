//! A rate as a bucket that leaks evenly (GCRA): one moment says all there is to know about it.
//!
//! Pure arithmetic over `now`, so that the same decision can be taken in memory or by a script in a shared store.

/// Nanoseconds since some fixed moment.
pub(crate) type Tick = u64;

/// How much may be taken, and how much was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// Units that flow back in one `window`.
    pub(crate) units: u64,
    /// Nanoseconds; never zero.
    pub(crate) window: u64,
    /// Units that may be taken at once.
    pub(crate) burst: u64,
    /// When it will be full again (the theoretical arrival time of GCRA).
    pub(crate) full_at: Tick,
}

impl Bucket {
    /// A full bucket that takes up to `units` in any window, no matter how the window lies: `burst` of them at once and
    /// the rest evenly spread.
    pub(crate) fn strict(units: u64, window: u64, burst: u64) -> Self {
        let (units, window) = (units.max(1), window.max(1));
        let burst = burst.clamp(1, units);
        Self {
            units: units - burst + 1,
            window,
            burst,
            full_at: 0,
        }
    }

    /// A full bucket that holds as many units as flow back in one window.
    pub(crate) fn wide(units: u64, window: u64) -> Self {
        let (units, window) = (units.max(1), window.max(1));
        Self {
            units,
            window,
            burst: units,
            full_at: 0,
        }
    }

    /// The time in which `cost` units flow back.
    pub(crate) fn time(&self, cost: u64) -> u64 {
        let time = (u128::from(cost) * u128::from(self.window)).div_ceil(u128::from(self.units));
        u64::try_from(time).unwrap_or(u64::MAX)
    }

    /// When `cost` units can be taken. More than the burst are there only when it is full, and leave a debt.
    pub(crate) fn ready_at(&self, cost: u64) -> Tick {
        let room = self.time(self.burst.saturating_sub(cost));
        self.full_at.saturating_sub(room)
    }

    /// Takes `cost` units, there or not.
    pub(crate) fn take(&mut self, now: Tick, cost: u64) {
        self.full_at = self.full_at.max(now).saturating_add(self.time(cost));
    }

    /// Puts `cost` units back that were not used.
    pub(crate) fn give_back(&mut self, cost: u64) {
        self.full_at = self.full_at.saturating_sub(self.time(cost));
    }

    /// Units that can be taken now.
    pub(crate) fn available(&self, now: Tick) -> u64 {
        let debt = u128::from(self.full_at.saturating_sub(now)) * u128::from(self.units);
        let debt = u64::try_from(debt.div_ceil(u128::from(self.window))).unwrap_or(u64::MAX);
        self.burst.saturating_sub(debt)
    }

    /// Nothing is left, and nothing comes back before `until`.
    pub(crate) fn empty_until(&mut self, until: Tick) {
        let empty = until.saturating_add(self.time(self.burst.saturating_sub(1)));
        self.full_at = self.full_at.max(empty);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn it_takes_a_burst_and_then_one_after_the_other() {
        let mut bucket = Bucket::strict(25, SECOND, 1);
        assert_eq!(bucket.ready_at(1), 0);
        bucket.take(0, 1);
        assert_eq!(bucket.ready_at(1), SECOND / 25);
        let mut bucket = Bucket::wide(100, SECOND);
        (0..100).for_each(|_| bucket.take(0, 1));
        assert_eq!(bucket.ready_at(1), SECOND / 100);
        assert_eq!(bucket.available(0), 0);
        assert_eq!(bucket.available(SECOND / 2), 50);
        bucket.give_back(1);
        assert_eq!(bucket.ready_at(1), 0);
    }

    #[test]
    fn more_than_the_burst_waits_for_a_full_bucket_and_leaves_a_debt() {
        let mut bucket = Bucket::wide(10, SECOND);
        bucket.take(0, 1);
        assert_eq!(bucket.ready_at(50), SECOND / 10);
        bucket.take(SECOND / 10, 50);
        assert_eq!(bucket.ready_at(1), SECOND / 10 + SECOND * 41 / 10);
    }

    /// When the attempts of a list of moments are let through, each as soon as it can be.
    #[test]
    fn an_emptied_bucket_begins_with_a_single_unit() {
        let mut bucket = Bucket::wide(100, SECOND);
        bucket.empty_until(3 * SECOND);
        assert_eq!(
            [1, 2].map(|cost| bucket.ready_at(cost)),
            [3 * SECOND, 3 * SECOND + SECOND / 100]
        );
        assert_eq!([2, 3].map(|at| bucket.available(at * SECOND)), [0, 1]);
        bucket.empty_until(SECOND);
        assert_eq!(
            bucket.ready_at(1),
            3 * SECOND,
            "a shorter wait does not end a longer one"
        );
    }

    fn admitted(bucket: &mut Bucket, gaps: &[u64]) -> Vec<Tick> {
        let mut now = 0;
        let mut last = 0;
        gaps.iter()
            .map(|gap| {
                now += gap;
                let at = bucket.ready_at(1).max(now).max(last);
                bucket.take(at, 1);
                last = at;
                at
            })
            .collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn over_any_interval_it_takes_at_most_burst_and_rate(
            units in 1_u64..60, burst in 1_u64..60, wide in any::<bool>(),
            gaps in prop::collection::vec(prop_oneof![Just(0_u64), 0_u64..SECOND / 20, 0_u64..SECOND], 1..120),
        ) {
            let mut bucket = if wide { Bucket::wide(units, SECOND) } else { Bucket::strict(units, SECOND, burst) };
            let Bucket { burst, units: rate, .. } = bucket;
            let times = admitted(&mut bucket, &gaps);
            for (first, from) in times.iter().enumerate() {
                for (last, to) in times.iter().enumerate().skip(first) {
                    let taken = u128::from((last - first + 1) as u64);
                    let most = u128::from(burst) + u128::from(to - from) * u128::from(rate) / u128::from(SECOND);
                    prop_assert!(taken <= most, "{} in {} ns", taken, to - from);
                }
            }
            if !wide {
                for (at, from) in times.iter().enumerate() {
                    let within = times[at..].iter().take_while(|time| **time < from + SECOND).count();
                    prop_assert!(within as u64 <= units, "{} in one second", within);
                }
            }
        }

        #[test]
        fn it_equals_a_bucket_of_drops(
            units in 1_u64..40, burst in 1_u64..40,
            steps in prop::collection::vec((0_u64..SECOND / 5, 1_u64..6, any::<bool>()), 1..200),
        ) {
            let mut bucket = Bucket { units, window: SECOND, burst, full_at: 0 };
            // The model counts drops in units of one nanosecond's flow: `units` of them a nanosecond, SECOND a unit.
            let full = u128::from(burst) * u128::from(SECOND);
            let (mut level, mut now) = (full as i128, 0);
            for (gap, cost, back) in steps {
                now += gap;
                level = (level + i128::from(gap) * i128::from(units)).min(full as i128);
                let needed = i128::from(cost.min(burst)) * i128::from(SECOND);
                let slack = i128::from(units) * 200;
                if bucket.ready_at(cost) <= now {
                    prop_assert!(level + slack >= needed, "{} of {}", level, needed);
                    bucket.take(now, cost);
                    level -= i128::from(cost) * i128::from(SECOND);
                    if back {
                        bucket.give_back(cost);
                        level = (level + i128::from(cost) * i128::from(SECOND)).min(full as i128);
                    }
                } else {
                    prop_assert!(level - slack < needed, "{} of {}", level, needed);
                }
            }
        }

        #[test]
        fn nothing_overflows(
            units in any::<u64>(), window in any::<u64>(), burst in any::<u64>(), now in any::<u64>(), cost in any::<u64>(),
        ) {
            for mut bucket in [Bucket::wide(units, window), Bucket::strict(units, window, burst)] {
                bucket.take(now, cost);
                bucket.empty_until(now);
                let _ = (bucket.ready_at(cost), bucket.available(now));
                bucket.give_back(cost);
            }
        }
    }
}
