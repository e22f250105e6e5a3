//! What batches of calls have in common, whoever answers them: waiting for the end, and answers in the order of calls.
//!
//! How a provider takes a batch and hands out its results is left to its crate.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::time::{Instant, sleep};

use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::provider::Provider;
use crate::wire::{Raw, Wire};

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

/// What became of one call of a batch.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It was answered with this document.
    Answered(Raw),
    /// It failed with this error body.
    Failed(Raw),
    /// It was not begun before the batch was over.
    Expired,
    /// It was not begun before the batch was canceled.
    Canceled,
}

/// The id under which the call at `index` is sent.
#[must_use]
pub fn id(index: usize) -> String {
    format!("call-{index}")
}

/// The answers to `count` calls of `operation` in their order, whatever order the outcomes are in.
///
/// A call without an outcome has an error that says that it may have been done.
pub fn answers<T: Wire>(
    provider: &'static Provider,
    operation: &'static Operation,
    count: usize,
    outcomes: impl IntoIterator<Item = (String, Outcome)>,
) -> Vec<Result<T, Error>> {
    let missing = || {
        let detail = "the batch has ended without a result for this call";
        Err(Error::new(ErrorKind::NoAnswer, detail)
            .sent(true)
            .of(provider, operation))
    };
    let mut answers: Vec<Result<T, Error>> = std::iter::repeat_with(missing).take(count).collect();
    for (id, outcome) in outcomes {
        let index = id.strip_prefix("call-").and_then(|index| index.parse::<usize>().ok());
        if let Some(slot) = index.and_then(|index| answers.get_mut(index)) {
            *slot = read(provider, outcome).map_err(|error| error.of(provider, operation));
        }
    }
    answers
}

fn read<T: Wire>(provider: &'static Provider, outcome: Outcome) -> Result<T, Error> {
    let bytes = |raw: &Raw| Bytes::copy_from_slice(raw.get().as_bytes());
    match outcome {
        Outcome::Answered(raw) => raw.decode().map_err(|error| {
            let (status, headers) = (http::StatusCode::OK, HeaderMap::new());
            Error::unreadable(ErrorKind::Decode, error.to_string(), status, headers, bytes(&raw))
        }),
        Outcome::Failed(raw) => Err(Error::said(provider, HeaderMap::new(), bytes(&raw))),
        Outcome::Expired => Err(Error::new(
            ErrorKind::Deadline,
            "the batch was over before this call was begun",
        )),
        Outcome::Canceled => Err(Error::new(
            ErrorKind::Deadline,
            "the batch was canceled before this call was begun",
        )),
    }
}
