//! [`SentBatch`]: a batch at the provider, to be waited for from here or from anywhere.

use std::fmt;
use std::marker::PhantomData;

use super::answers::Answers;
use super::{Batched, Cadence};
use crate::client::Client;
use crate::error::Error;
use crate::operation::Operation;

/// A batch that is being worked on, or has ended.
pub struct SentBatch<T> {
    client: Client,
    id: String,
    /// What its calls are, as far as this is known.
    operation: &'static Operation,
    /// How many calls it has; 0 when it was sent elsewhere.
    count: usize,
    cadence: Cadence,
    answer: PhantomData<fn() -> T>,
}

impl<T: Batched> SentBatch<T> {
    #[doc(hidden)]
    pub fn new(client: &Client, id: impl Into<String>) -> Self {
        Self {
            client: client.clone(),
            id: id.into(),
            operation: T::OPERATIONS.first().copied().unwrap_or(&Operation::DEFAULT),
            count: 0,
            cadence: Cadence::default(),
            answer: PhantomData,
        }
    }

    pub(super) fn of(mut self, operation: &'static Operation, count: usize) -> Self {
        (self.operation, self.count) = (operation, count);
        self
    }

    /// The provider's id of the batch, to take it up again with the client's `sent_batch`.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Asks for the end in another rhythm.
    #[must_use]
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.cadence = cadence;
        self
    }

    /// Waits for the end; the answers in the order of the calls.
    ///
    /// # Errors
    /// When the batch cannot be asked for or does not end, and when it was sent elsewhere and failed before it began.
    /// What went wrong with a single call stands in its place.
    ///
    /// # Cancel safety
    /// The batch goes on without it; it can be called again.
    pub async fn answers(&self) -> Result<Vec<Result<T, Error>>, Error> {
        let service = T::SERVICE;
        let ended = self.cadence.wait(|| service.ended(&self.client, &self.id)).await?;
        let count = self.count.max(ended.count);
        let mut answers = Answers::new(self.client.provider(), self.operation, count, service.most());
        service.results(&self.client, &self.id, &ended, &mut answers).await?;
        answers.finish(&ended)
    }

    /// Asks the provider to begin no more calls. [`answers`](Self::answers) then has what was done by the end.
    ///
    /// # Errors
    /// When the provider refuses, as it does for a batch that has ended.
    pub async fn cancel(&self) -> Result<(), Error> {
        T::SERVICE.cancel(&self.client, &self.id).await
    }
}

impl<T> fmt::Debug for SentBatch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentBatch")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
