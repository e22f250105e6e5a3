//! [`OrElse`]: a call with another one to stand in for it.
//!
//! When the first has failed for good, after its retries, the second is sent: of the same client or of another one. The
//! answer says that it stands in ([`Response::instead_of`]) and who gave it ([`Response::provider`]).

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::call::Sending;
use crate::error::Error;
use crate::response::{FromAnswer, Response};
use crate::transport::BoxFuture;

type Outcome<T> = Result<Response<T>, Error>;

impl<T: FromAnswer + Send + 'static> Sending<T> {
    /// If it fails, the call that `other` names for this failure; none leaves the failure as it is.
    ///
    /// Each call has its own deadline. A call that may have been done ([`Error::may_have_been_sent`]) should not have
    /// its effect repeated elsewhere.
    ///
    /// ```
    /// # use integrator_core::{Client, Error, Operation, Response, Value};
    /// # async fn run(near: Client, far: Client, find: &'static Operation) -> Result<(), Error> {
    /// let found = near
    ///     .call::<Value>(find)
    ///     .send()
    ///     .or_else(move |error| error.is_server().then(|| far.call::<Value>(find).send()))
    ///     .await?;
    /// if let Some(error) = found.instead_of() {
    ///     eprintln!("{} answered, since {error}", found.provider().title);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn or_else<F, Fut>(self, other: F) -> OrElse<T>
    where
        F: FnOnce(&Error) -> Option<Fut> + Send + 'static,
        Fut: Future<Output = Outcome<T>> + Send + 'static,
    {
        OrElse::new(self, other)
    }
}

/// A call with others to stand in for it; resolves to the answer of the first that succeeds.
///
/// # Cancel safety
/// As that of the calls: dropping it gives up the one that is under way and sends no other.
#[must_use = "nothing is sent before it is awaited"]
pub struct OrElse<T> {
    running: BoxFuture<'static, Outcome<T>>,
}

impl<T: Send + 'static> OrElse<T> {
    fn new<First, F, Fut>(first: First, other: F) -> Self
    where
        First: Future<Output = Outcome<T>> + Send + 'static,
        F: FnOnce(&Error) -> Option<Fut> + Send + 'static,
        Fut: Future<Output = Outcome<T>> + Send + 'static,
    {
        Self {
            running: Box::pin(async move {
                let failure = match first.await {
                    Ok(answer) => return Ok(answer),
                    Err(error) => error,
                };
                match other(&failure) {
                    None => Err(failure),
                    Some(second) => {
                        tracing::warn!(target: "integrator", kind = failure.kind().as_str(), "another call stands in for a failed one");
                        second.await.map(|answer| answer.standing_in(failure))
                    }
                }
            }),
        }
    }

    /// If that fails too, one more, as [`Sending::or_else`].
    pub fn or_else<F, Fut>(self, other: F) -> Self
    where
        F: FnOnce(&Error) -> Option<Fut> + Send + 'static,
        Fut: Future<Output = Outcome<T>> + Send + 'static,
    {
        Self::new(self, other)
    }
}

impl<T> Future for OrElse<T> {
    type Output = Outcome<T>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.running.as_mut().poll(cx)
    }
}

impl<T> fmt::Debug for OrElse<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OrElse")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::error::ErrorKind;
    use crate::testing::Scripted;
    use crate::testing::acme::{self, PLAIN, RETRIEVE, scripted};
    use crate::{Call, Client, Retry};

    fn call(client: &Client) -> Call<Value> {
        acme::call(client, &RETRIEVE)
    }

    fn answering(script: Vec<Scripted>) -> Client {
        scripted(&PLAIN, script).0.retry(Retry::never()).build().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn the_answer_that_stands_in_says_so() {
        let far = answering(vec![Scripted::json(&json!({"id": "far"}))]);
        let near = answering(vec![Scripted::status(500)]);
        let answer = call(&near)
            .send()
            .or_else(move |_| Some(call(&far).send()))
            .await
            .unwrap();
        assert_eq!(*answer, json!({"id": "far"}));
        assert_eq!(answer.instead_of().unwrap().kind(), ErrorKind::Server);
        assert_eq!(answer.provider().name, "acme");
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_needs_nobody_and_a_failure_may_be_left_as_it_is() {
        let near = answering(vec![Scripted::json(&json!({"id": "near"})), Scripted::status(404)]);
        let never = |_: &crate::Error| None::<crate::Sending<Value>>;
        let answer = call(&near).send().or_else(never).await.unwrap();
        assert!(answer.instead_of().is_none());
        let error = call(&near).send().or_else(never).await.unwrap_err();
        assert!(error.is_not_found());
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_failure_is_the_one_that_is_told() {
        let (near, far, last) = (
            answering(vec![Scripted::status(500)]),
            answering(vec![Scripted::status(503)]),
            answering(vec![Scripted::status(401)]),
        );
        let error = call(&near)
            .send()
            .or_else(move |_| Some(call(&far).send()))
            .or_else(move |error| (error.status().unwrap() == 503).then(|| call(&last).send()))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}
