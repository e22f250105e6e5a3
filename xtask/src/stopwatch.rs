//! How long something takes on the clock on the wall.

use std::time::Duration;

/// A clock that was started.
#[derive(Debug)]
pub(crate) struct Stopwatch(
    #[allow(clippy::disallowed_types, reason = "xtask measures real time and has no tokio")] std::time::Instant,
);

impl Stopwatch {
    /// Starts it.
    #[allow(clippy::disallowed_types, reason = "xtask measures real time and has no tokio")]
    pub(crate) fn start() -> Self {
        Self(std::time::Instant::now())
    }

    /// Since the start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
