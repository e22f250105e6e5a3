//! [`Call`]: an operation with its arguments, as a value. It is sent by [`send`](Call::send), or kept.

use std::fmt::{self, Display};
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use serde::Serialize;
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use crate::Uploads;
use crate::arguments::Arguments;
use crate::client::Client;
use crate::error::Error;
use crate::operation::{Body, Operation, Place};
use crate::options::{RequestOptions, Wishes};
use crate::pipeline::{Again, Draft, Prepared, Received};
use crate::response::{FromAnswer, Response};
use crate::stream::Opening;
use crate::transport::BoxFuture;
use crate::wire::{Own, Wire};

/// A call that is not sent yet: owned, to be stored, cloned, looked into, or sent from anywhere.
#[must_use = "nothing is sent before `send()`"]
pub struct Call<T> {
    client: Client,
    operation: &'static Operation,
    arguments: Arguments,
    options: Wishes,
    answer: PhantomData<fn() -> T>,
}

impl<T> Call<T> {
    pub(crate) fn new(client: Client, operation: &'static Operation) -> Self {
        Self {
            client,
            operation,
            arguments: Arguments::default(),
            options: Wishes::default(),
            answer: PhantomData,
        }
    }

    /// Sets the argument at `index` of the operation's list.
    #[doc(hidden)]
    pub fn argument<V: Wire>(mut self, index: u16, value: &V) -> Self {
        self.arguments.put(index, value);
        self
    }

    /// Sets the path argument at `index` of the operation's list.
    #[doc(hidden)]
    pub fn path(mut self, index: u16, value: &dyn Display) -> Self {
        self.arguments.put(index, &value.to_string());
        self
    }

    /// Sets the files at `index` of the operation's list.
    #[doc(hidden)]
    pub fn upload(mut self, index: u16, uploads: impl Into<Uploads>) -> Self {
        self.arguments.put_uploads(index, uploads);
        self
    }

    /// Sets an argument by its name on the wire, without a type.
    ///
    /// A name that the operation does not list becomes a member of its body; where it has none, `send` refuses it.
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let index = self.operation.argument(name);
        self.put(index, name, &value.into());
        self
    }

    /// Sets every argument of the body that `value` has as a member; where the body is a single value, all of it.
    pub fn body(mut self, value: impl Into<Value>) -> Self {
        let value = value.into();
        let arguments = self.operation.arguments;
        let in_body = |name: &str| {
            arguments
                .iter()
                .position(|argument| argument.place.is_in_body() && argument.name == name)
        };
        let whole = arguments.iter().position(|argument| argument.place == Place::Body);
        match (whole, value) {
            (Some(whole), value) => self.put(Some(whole), "body", &value),
            (None, Value::Object(members)) => {
                for (name, value) in &members {
                    self.put(in_body(name), name, value);
                }
            }
            (None, _) => self.arguments.fault("the body takes an object".to_owned()),
        }
        self
    }

    /// Sets every argument of the body that `value` has as a member, where `value` is a type of your own.
    pub fn body_of(mut self, value: &impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(value) => self.body(value),
            Err(error) => {
                self.arguments.fault(format!("the body does not become JSON: {error}"));
                self
            }
        }
    }

    /// Options of this call alone; what they set goes before what was set earlier.
    pub fn with(mut self, options: impl Into<RequestOptions>) -> Self {
        self.options.merge(options.into());
        self
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.operation
    }

    /// The arguments so far.
    #[must_use]
    pub fn arguments(&self) -> &Arguments {
        &self.arguments
    }

    /// The client that it will be sent with.
    #[must_use]
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// The same call, answered as a [`Value`].
    pub fn raw(self) -> Call<Value> {
        self.answering()
    }

    /// The same call, answered as a type of your own.
    pub fn own<U>(self) -> Call<Own<U>> {
        self.answering()
    }

    /// What would be sent, but for the credential and a key that is made only when it is sent.
    ///
    /// # Errors
    /// When the call lacks arguments or is not valid.
    pub fn prepare(&self) -> Result<Prepared, Error> {
        let draft = Draft {
            operation: self.operation,
            arguments: self.arguments.clone(),
            options: self.options.clone(),
            streamed: false,
            events: false,
        };
        let pipeline = self.client.pipeline();
        let exchange = pipeline
            .prepare
            .exchange(true, pipeline.credential_of(self.operation), &draft);
        exchange
            .map(Prepared::new)
            .map_err(|error| error.of(self.client.provider(), self.operation))
    }

    /// Sends it.
    pub fn send(self) -> Sending<T>
    where
        T: FromAnswer,
    {
        Sending {
            running: self.run(T::STREAMED, false),
            answer: PhantomData,
        }
    }

    /// Sends it, and hands out the answer's events as they come; [`Value`] reads events of any shape.
    pub fn stream<E: Wire>(mut self) -> Opening<E> {
        match self.operation.stream {
            None => {
                let fault = format!("{} does not stream: use `send`", self.operation.name);
                self.arguments.fault(fault);
            }
            Some(streaming) => {
                if let Some((name, value)) = streaming.switch {
                    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
                    self = self.set(name, value);
                }
            }
        }
        Opening::new(self.run(true, true))
    }

    /// The same call for another type of answer.
    pub(crate) fn answering<U>(self) -> Call<U> {
        let Self {
            client,
            operation,
            arguments,
            options,
            ..
        } = self;
        Call {
            client,
            operation,
            arguments,
            options,
            answer: PhantomData,
        }
    }

    /// Path and query of `url`, if it is of the origin that this call goes to.
    pub(crate) fn home(&self, url: &str) -> Option<String> {
        self.client.pipeline().prepare.home(self.operation, url)
    }

    /// Asks for this path and query of the same origin instead of the operation's own.
    pub(crate) fn target(mut self, path_and_query: String) -> Self {
        self.options.target = Some(path_and_query);
        self
    }

    /// Sets the argument at `index` to JSON text.
    pub(crate) fn fragment(mut self, index: u16, fragment: Box<RawValue>) -> Self {
        self.arguments.put_fragment(index, fragment);
        self
    }

    /// The part that is the same for all types of answer.
    fn run(self, streamed: bool, events: bool) -> BoxFuture<'static, Result<Received, Error>> {
        run(
            self.client,
            Draft {
                operation: self.operation,
                arguments: self.arguments,
                options: self.options,
                streamed,
                events,
            },
        )
    }

    fn put(&mut self, index: Option<usize>, name: &str, value: &Value) {
        let listed = index.and_then(|index| Some((u16::try_from(index).ok()?, self.operation.arguments.get(index)?)));
        match listed {
            Some((_, argument)) if argument.place == Place::File && self.operation.body == Body::Multipart => {
                self.arguments.fault(format!("`{name}` takes an upload, not a value"));
            }
            Some((index, _)) => match to_raw_value(value) {
                Ok(fragment) => self.arguments.put_fragment(index, fragment),
                Err(error) => self.arguments.fault(format!("`{name}` does not become JSON: {error}")),
            },
            None if matches!(self.operation.body, Body::None | Body::Raw(_)) => {
                self.arguments
                    .fault(format!("`{name}` is no argument of {}", self.operation.name));
            }
            None => self.arguments.put_extra(name, value),
        }
    }
}

/// Not generic, so that it is compiled here and not with every type of answer.
pub(crate) fn run(client: Client, draft: Draft) -> BoxFuture<'static, Result<Received, Error>> {
    Box::pin(async move {
        let validation = client.pipeline.prepare.validation.as_ref();
        let mut received = match (client.pipeline.run(&draft).await, validation) {
            (Ok(received), _) => received,
            (Err(error), None) => return Err(error),
            (Err(error), Some(validation)) => {
                return Err(validation.failure(client.provider(), draft.operation, error));
            }
        };
        // A download may have to go on, and events may have to be checked.
        let goes_on = if draft.events {
            validation.is_some()
        } else {
            draft.streamed
        };
        received.again = goes_on.then(|| Box::new(Again { client, draft }));
        Ok(received)
    })
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            operation: self.operation,
            arguments: self.arguments.clone(),
            options: self.options.clone(),
            answer: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |index: u16| {
            self.operation
                .arguments
                .get(usize::from(index))
                .map_or("?", |argument| argument.name)
        };
        let names: Vec<&str> = self.arguments.iter().map(|(index, _)| name(index)).collect();
        f.debug_struct("Call")
            .field("operation", &self.operation.name)
            .field("arguments", &names)
            .field("options", &*self.options)
            .finish_non_exhaustive()
    }
}

/// A call on its way; resolves to the answer.
///
/// # Cancel safety
/// Dropping it gives the call up and leaves nothing behind; whether the provider did it is then unknown.
#[must_use = "nothing is sent before it is awaited"]
pub struct Sending<T> {
    running: BoxFuture<'static, Result<Received, Error>>,
    answer: PhantomData<fn() -> T>,
}

impl<T: FromAnswer> Future for Sending<T> {
    type Output = Result<Response<T>, Error>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let received = ready!(self.running.as_mut().poll(cx));
        Poll::Ready(received.and_then(Response::read))
    }
}

impl<T> fmt::Debug for Sending<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sending")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Download, Error, Text};

    #[test]
    fn calls_can_be_kept_and_sent_from_anywhere() {
        fn owned<T: Send + 'static>() {}
        fn shared<T: Send + Sync + 'static>() {}
        owned::<Sending<Value>>();
        owned::<Sending<Download>>();
        shared::<Call<Value>>();
        shared::<Response<Text>>();
        shared::<Client>();
        shared::<Error>();
    }
}
