//! What the events of a stream add up to.

use std::fmt;
use std::marker::PhantomData;

use serde_json::Value;

use crate::wire::{DecodeError, Wire, Written, decode};

/// Events that add up to the answer which the same call has without streaming.
///
/// A provider's crate says so for the types of its events; [`Events::into_message`](crate::Events::into_message) and
/// [`Accumulator`] use it. Both sides are JSON here, so that members and kinds of events that no type knows yet are not
/// lost on the way.
pub trait Accumulate: Wire {
    /// What they add up to.
    type Message: Wire + Send + Sync + 'static;

    /// Takes an event into the message so far, which is `null` before the first; one that is unknown, or out of place,
    /// changes nothing.
    fn add(message: &mut Value, event: Value);
}

/// Adds events up while a program looks at each of them.
///
/// ```
/// # use integrator_core::{Accumulate, Accumulator, Events};
/// # async fn example<T: Accumulate>(mut events: Events<T>) -> Result<T::Message, Box<dyn std::error::Error>> {
/// let mut sum = Accumulator::new();
/// while let Some(event) = events.next().await {
///     sum.add(&event?);
/// }
/// let message = sum.message()?;
/// # Ok(message)
/// # }
/// ```
#[derive(Clone)]
pub struct Accumulator<T> {
    message: Value,
    event: PhantomData<fn(T)>,
}

impl<T: Accumulate> Accumulator<T> {
    /// Nothing so far.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            message: Value::Null,
            event: PhantomData,
        }
    }

    /// Takes an event in.
    pub fn add(&mut self, event: &T) {
        // What was read from JSON becomes JSON again.
        if let Ok(event) = serde_json::to_value(Written(event)) {
            self.take(event);
        }
    }

    pub(super) fn take(&mut self, event: Value) {
        T::add(&mut self.message, event);
    }

    /// The message so far.
    ///
    /// # Errors
    /// Before the event that begins it, and when the events add up to something else than a message.
    pub fn message(&self) -> Result<T::Message, DecodeError> {
        if self.message.is_null() {
            return Err(DecodeError {
                path: String::new(),
                message: "no event began a message".to_owned(),
            });
        }
        decode(self.message.to_string().as_bytes())
    }
}

impl<T: Accumulate> Default for Accumulator<T> {
    fn default() -> Self {
        Self::new()
    }
}

/// What was said is not shown.
impl<T> fmt::Debug for Accumulator<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Accumulator")
    }
}
