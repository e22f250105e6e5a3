//! [`Events`]: an answer as a stream of typed events, and how it begins, ends and breaks off.
//!
//! How bytes become events is `stream/feed.rs` (with `wire/sse.rs` below it), what they add up to
//! `stream/accumulate.rs`. Repeats happen before the first content only, in the attempt that the pipeline runs.

use std::fmt;
use std::future::{Future, poll_fn};
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::error::body::request_id;
use crate::error::{Attempt, Error};
use crate::operation::Streaming;
use crate::pipeline::Received;
use crate::transport::BoxFuture;
use crate::wire::{Wire, decode};

mod accumulate;
pub(crate) mod feed;
pub(crate) mod lines;

pub use accumulate::{Accumulate, Accumulator};
use feed::Feed;

/// Greatest length in bytes of an event that a layer of the application made up.
const MAX_EVENT: u64 = 64 * 1024 * 1024;

/// A stream on its way; resolves when the first content is there.
///
/// # Cancel safety
/// Dropping it gives the call up and leaves nothing behind; whether the provider did it is then unknown.
#[must_use = "nothing is sent before it is awaited"]
pub struct Opening<T> {
    running: BoxFuture<'static, Result<Received, Error>>,
    event: PhantomData<fn() -> T>,
}

impl<T> Opening<T> {
    pub(crate) fn new(running: BoxFuture<'static, Result<Received, Error>>) -> Self {
        Self {
            running,
            event: PhantomData,
        }
    }
}

impl<T: Wire> Future for Opening<T> {
    type Output = Result<Events<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(self.running.as_mut().poll(cx));
        Poll::Ready(received.map(Events::new))
    }
}

impl<T> fmt::Debug for Opening<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Opening")
    }
}

/// The events of an answer as they come. Also a [`Stream`].
///
/// It holds its connection, and its place in the client's limits, until it ends or is dropped; dropping it closes the
/// connection, which tells the provider to stop. The call's deadline ended with the first content; from there on the
/// idle timeout applies to each wait.
///
/// Types of events that are newer than this library come as `Unlisted` where the event is a union.
#[must_use = "events come as they are taken"]
pub struct Events<T> {
    feed: Box<Feed>,
    received: Box<Received>,
    event: PhantomData<fn() -> T>,
}

impl<T> Events<T> {
    fn new(mut received: Received) -> Self {
        Self {
            feed: received.reply.take_events(
                received.operation.stream.unwrap_or(Streaming::DEFAULT),
                received.provider.stream,
                MAX_EVENT,
            ),
            received: Box::new(received),
            event: PhantomData,
        }
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.received.reply.status()
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        self.received.reply.headers()
    }

    /// The provider's id of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.received.provider, self.headers())
    }

    /// Every attempt, the successful one last.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.received.attempts
    }

    /// The id of the last event that had one: where a provider that can resume streams goes on.
    #[must_use]
    pub fn last_event_id(&self) -> Option<&str> {
        self.feed.last_id()
    }
}

impl<T: Wire> Events<T> {
    /// The next event; `None` after the last one.
    ///
    /// # Errors
    /// [`Decode`](crate::ErrorKind::Decode) when an event is not a `T`, [`Contract`](crate::ErrorKind::Contract) when it
    /// contradicts a document that is [enforced](crate::validate): the error holds its text, and the stream goes on behind
    /// it. [`StreamInterrupted`](crate::ErrorKind::StreamInterrupted) when the provider says that it failed,
    /// the connection breaks, nothing comes for longer than the idle timeout, or the answer ends before its last event;
    /// [`TooLarge`](crate::ErrorKind::TooLarge) when an event is larger than the client takes. Nothing follows then.
    ///
    /// # Cancel safety
    /// No event is lost when the future is dropped.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| self.poll_document(cx)).await
    }

    /// What the events add up to: the answer that [`send`](crate::Call::send) would have had.
    ///
    /// # Errors
    /// As [`next`](Self::next); [`partial`](Error::partial) holds what there was by then.
    pub async fn into_message(mut self) -> Result<T::Message, Error>
    where
        T: Accumulate,
    {
        let mut sum = Accumulator::<T>::new();
        loop {
            match poll_fn(|cx| self.poll_document::<Value>(cx)).await {
                Some(Ok(event)) => sum.take(event),
                Some(Err(error)) => return Err(error.with_partial(sum.message().ok())),
                None => {
                    return sum
                        .message()
                        .map_err(|error| self.feed.unreadable(&error, &self.received));
                }
            }
        }
    }

    /// The next event, as what is asked for.
    fn poll_document<U: Wire>(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<U, Error>>> {
        let Self { feed, received, .. } = self;
        match ready!(feed.poll_frame(cx)) {
            Ok(true) => {
                if let Err(error) = checked(feed, received) {
                    return Poll::Ready(Some(Err(error)));
                }
                let event = decode(feed.document());
                Poll::Ready(Some(event.map_err(|error| feed.unreadable(&error, received))))
            }
            Ok(false) => Poll::Ready(None),
            Err(stop) => Poll::Ready(Some(Err(stop.interrupted(feed, received)))),
        }
    }
}

/// The event at hand, held against the provider's document where the client does that.
fn checked(feed: &Feed, received: &Received) -> Result<(), Error> {
    let Some(again) = &received.again else {
        return Ok(());
    };
    let Some(validation) = &again.client.pipeline().prepare.validation else {
        return Ok(());
    };
    let violations = validation.event(received.provider, received.operation, feed.document());
    violations.map_err(|found| feed.contradicting(found, received))
}

/// No event is ever pinned.
impl<T> Unpin for Events<T> {}

impl<T: Wire> Stream for Events<T> {
    type Item = Result<T, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_document(cx)
    }
}

impl<T> fmt::Debug for Events<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Events")
            .field("status", &self.status())
            .field("attempts", &self.received.attempts)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
