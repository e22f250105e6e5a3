//! What the events of a stream add up to.

use std::fmt;

use crate::wire::Wire;

/// Events that add up to the answer which the same call has without streaming.
///
/// A provider's crate says so for the types of its events; [`Events::into_message`](crate::Events::into_message) and
/// [`Accumulator`] use it.
pub trait Accumulate: Wire {
    /// What they add up to.
    type Message: Send + Sync + 'static;
    /// What is known so far.
    type Sum: Default + Send + 'static;

    /// Takes an event in; one that is unknown, or out of place, changes nothing.
    fn add(sum: &mut Self::Sum, event: &Self);

    /// The message so far; none before the event that begins it.
    fn message(sum: &Self::Sum) -> Option<Self::Message>;
}

/// Adds events up while a program looks at each of them.
///
/// ```
/// # use integrator_core::{Accumulate, Accumulator, Error, Events};
/// # async fn example<T: Accumulate>(mut events: Events<T>) -> Result<Option<T::Message>, Error> {
/// let mut sum = Accumulator::new();
/// while let Some(event) = events.next().await {
///     sum.add(&event?);
/// }
/// # Ok(
/// sum.message()
/// # )
/// # }
/// ```
pub struct Accumulator<T: Accumulate>(T::Sum);

impl<T: Accumulate> Accumulator<T> {
    /// Nothing so far.
    #[must_use]
    pub fn new() -> Self {
        Self(T::Sum::default())
    }

    /// Takes an event in.
    pub fn add(&mut self, event: &T) {
        T::add(&mut self.0, event);
    }

    /// The message so far; none before the event that begins it.
    #[must_use]
    pub fn message(&self) -> Option<T::Message> {
        T::message(&self.0)
    }
}

impl<T: Accumulate> Default for Accumulator<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Accumulate> fmt::Debug for Accumulator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accumulator")
    }
}
