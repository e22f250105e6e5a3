//! [`Cadence`]: the rhythm in which a batch is asked whether it has ended.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::error::{Error, ErrorKind};

/// How often to ask whether a batch has ended, and how long.
///
/// The first pause is 5 s, each further one twice as long up to a minute; after 25 hours it is given up, since a batch
/// has a day.
///
/// ```
/// use std::time::Duration;
/// use integrator_core::batch::Cadence;
///
/// let patient = Cadence::default().first(Duration::from_secs(60)).most(Duration::from_secs(600));
/// ```
#[derive(Debug, Clone, Copy)]
#[must_use]
pub struct Cadence {
    first: Duration,
    most: Duration,
    patience: Duration,
}

impl Default for Cadence {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            most: Duration::from_secs(60),
            patience: Duration::from_secs(25 * 60 * 60),
        }
    }
}

impl Cadence {
    /// The pause before it is asked for the second time; at least a millisecond.
    pub fn first(mut self, pause: Duration) -> Self {
        self.first = pause.max(Duration::from_millis(1));
        self
    }

    /// The longest pause.
    pub fn most(mut self, pause: Duration) -> Self {
        self.most = pause;
        self
    }

    /// How long to wait in all.
    pub fn patience(mut self, time: Duration) -> Self {
        self.patience = time;
        self
    }

    /// Asks until there is something.
    ///
    /// # Errors
    /// What asking failed with, and [`ErrorKind::Deadline`] when there was nothing for as long as it waits.
    ///
    /// # Cancel safety
    /// Nothing is held between two questions: it can be dropped, and started again.
    pub async fn wait<T, F>(self, mut ask: impl FnMut() -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<Option<T>, Error>>,
    {
        let start = Instant::now();
        let mut pause = self.first.min(self.most);
        loop {
            if let Some(found) = ask().await? {
                return Ok(found);
            }
            if start.elapsed() + pause > self.patience {
                let detail = "the batch has not ended yet: wait for it again by its id";
                return Err(Error::new(ErrorKind::Deadline, detail));
            }
            sleep(pause).await;
            pause = (pause * 2).min(self.most);
        }
    }
}
