//! What time it is: tokio's pausable instants, and a wall clock that moves with them.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// A wall clock tied to tokio's clock, so that pausing the one pauses the other.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    wall: SystemTime,
    base: Instant,
}

impl Clock {
    /// A clock that agrees with the system's now.
    #[must_use]
    pub fn system() -> Self {
        Self::at(SystemTime::now())
    }

    /// A clock that reads `wall` now.
    #[must_use]
    pub fn at(wall: SystemTime) -> Self {
        Self {
            wall,
            base: Instant::now(),
        }
    }

    /// The monotonic time.
    #[must_use]
    pub fn now(&self) -> Instant {
        Instant::now()
    }

    /// The wall time.
    #[must_use]
    pub fn wall(&self) -> SystemTime {
        let passed = Instant::now().saturating_duration_since(self.base);
        self.wall.checked_add(passed).unwrap_or(self.wall)
    }

    /// The instant `wait` from now, or a far one when there is no such instant.
    pub(crate) fn after(&self, wait: Duration) -> Instant {
        const FAR: Duration = Duration::from_secs(60 * 60 * 24 * 365);
        let now = self.now();
        now.checked_add(wait).unwrap_or_else(|| now + FAR)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_wall_moves_with_the_paused_clock() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let clock = Clock::at(start);
        tokio::time::advance(Duration::from_secs(30)).await;
        assert_eq!(clock.wall(), start + Duration::from_secs(30));
    }

    #[test]
    fn an_endless_wait_has_an_end() {
        let clock = Clock::system();
        assert!(clock.after(Duration::MAX) > clock.now());
    }
}
