//! [`Durations`]: how often calls took how long, in a fixed number of buckets.
//!
//! Eight buckets for each power of two of microseconds, so that a quantile is off by at most a sixteenth, and a
//! recording neither allocates nor searches.

use std::time::Duration;

/// Buckets for each power of two.
const STEPS: u64 = 8;
/// As many as it takes up to 2³² µs, which is more than an hour; what took longer counts as that.
const BUCKETS: usize = 240;

/// How often calls took how long.
#[derive(Debug, Clone)]
pub(super) struct Durations {
    counts: [u32; BUCKETS],
}

impl Durations {
    pub(super) const EMPTY: Self = Self { counts: [0; BUCKETS] };

    pub(super) fn add(&mut self, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if let Some(count) = self.counts.get_mut(bucket(micros)) {
            *count = count.saturating_add(1);
        }
    }

    /// Adds what another one counted.
    pub(super) fn merge(&mut self, other: &Self) {
        for (count, more) in self.counts.iter_mut().zip(&other.counts) {
            *count = count.saturating_add(*more);
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.counts.iter().map(|count| u64::from(*count)).sum()
    }

    /// The duration that `percent` of a hundred did not exceed; none when nothing was counted.
    pub(super) fn quantile(&self, percent: u64) -> Option<Duration> {
        let rank = (self.count() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        let at = self.counts.iter().position(|count| {
            seen += u64::from(*count);
            seen >= rank
        })?;
        Some(Duration::from_micros(middle(at as u64)))
    }
}

fn bucket(micros: u64) -> usize {
    if micros < STEPS {
        return usize::try_from(micros).unwrap_or(0);
    }
    let power = u64::from(micros.ilog2());
    let step = (micros >> (power - 3)) % STEPS;
    usize::try_from((power - 2) * STEPS + step).map_or(BUCKETS - 1, |at| at.min(BUCKETS - 1))
}

/// The middle of a bucket, in microseconds.
fn middle(at: u64) -> u64 {
    if at < STEPS {
        return at;
    }
    let (power, step) = (at / STEPS + 2, at % STEPS);
    let width = 1 << (power - 3);
    (STEPS + step) * width + width / 2
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_has_no_quantile_and_extremes_have_a_bucket() {
        let mut durations = Durations::EMPTY;
        assert_eq!(durations.quantile(50), None);
        durations.add(Duration::ZERO);
        durations.add(Duration::MAX);
        assert_eq!(durations.quantile(50), Some(Duration::ZERO));
        assert!(durations.quantile(99).unwrap() > Duration::from_secs(3_600));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        #[test]
        fn a_quantile_is_that_of_the_sorted_list_within_a_sixteenth(
            mut micros in prop::collection::vec(0_u64..4_000_000_000, 1..200),
            percent in 1_u64..=100,
        ) {
            let mut durations = Durations::EMPTY;
            let (first, rest) = micros.split_at(micros.len() / 2);
            let mut others = Durations::EMPTY;
            first.iter().for_each(|micros| durations.add(Duration::from_micros(*micros)));
            rest.iter().for_each(|micros| others.add(Duration::from_micros(*micros)));
            durations.merge(&others);
            micros.sort_unstable();
            let rank = (micros.len() as u64 * percent).div_ceil(100).max(1);
            let exact = micros[usize::try_from(rank).unwrap() - 1];
            let found = u64::try_from(durations.quantile(percent).unwrap().as_micros()).unwrap();
            prop_assert!(found.abs_diff(exact) <= exact / 16 + 1, "{found} for {exact}");
            prop_assert_eq!(durations.count(), micros.len() as u64);
        }
    }
}
