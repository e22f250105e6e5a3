//! How many attempts of the last 30 s there were, and how many failed: counted by slices of 3 s.

use std::time::Duration;

use tokio::time::Instant;

const SLICES: usize = 10;
pub(super) const SLICE: Duration = Duration::from_secs(3);

/// Counts over the slice that runs and the nine before it.
#[derive(Debug, Clone)]
pub(super) struct Window {
    start: Instant,
    /// Number of the slice that runs, counted from `start`.
    current: u64,
    slices: [Count; SLICES],
    sum: Count,
}

/// Attempts, and how many of them failed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) all: u32,
    pub(super) bad: u32,
}

impl Window {
    pub(super) fn starting(start: Instant) -> Self {
        Self {
            start,
            current: 0,
            slices: [Count::default(); SLICES],
            sum: Count::default(),
        }
    }

    /// Counts an attempt, and says what there is now.
    pub(super) fn count(&mut self, now: Instant, bad: bool) -> Count {
        self.roll(now);
        let at = slot(self.current);
        for count in self.slices.get_mut(at).into_iter().chain([&mut self.sum]) {
            count.all = count.all.saturating_add(1);
            count.bad = count.bad.saturating_add(u32::from(bad));
        }
        self.sum
    }

    /// What there is now.
    pub(super) fn sum(&mut self, now: Instant) -> Count {
        self.roll(now);
        self.sum
    }

    fn roll(&mut self, now: Instant) {
        let slice = now.saturating_duration_since(self.start).as_millis() / SLICE.as_millis();
        let slice = u64::try_from(slice).unwrap_or(u64::MAX);
        let passed = slice.saturating_sub(self.current);
        for next in (self.current..)
            .skip(1)
            .take(usize::try_from(passed).unwrap_or(SLICES).min(SLICES))
        {
            if let Some(count) = self.slices.get_mut(slot(next)) {
                self.sum.all = self.sum.all.saturating_sub(count.all);
                self.sum.bad = self.sum.bad.saturating_sub(count.bad);
                *count = Count::default();
            }
        }
        self.current = self.current.max(slice);
    }
}

fn slot(slice: u64) -> usize {
    usize::try_from(slice % SLICES as u64).unwrap_or_default()
}
