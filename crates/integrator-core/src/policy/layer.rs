//! The two seams for an application's own policies: once per call and once per attempt.
//!
//! *What it does*: hands every [`Exchange`] to the layers, the first added outermost. *Interplay*: a `per_call` layer
//! stands inside the deadline and outside idempotency and retry, and sees the failure of the whole call as an
//! [`Error`]; a `per_attempt` layer stands inside the attempt's timeout, right above the transport, and sees every
//! answer as a [`Reply`], whatever its status.

use std::fmt;
use std::future::Future;
use std::sync::Arc;

use crate::error::Error;
use crate::pipeline::{Exchange, Reply};
use crate::transport::BoxFuture;

/// A policy of the application's own.
///
/// ```
/// use integrator_core::{BoxFuture, Error, Exchange, Layer, Next, Reply};
///
/// #[derive(Debug)]
/// struct Trace;
///
/// impl Layer for Trace {
///     fn handle<'a>(&'a self, mut exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
///         Box::pin(async move {
///             exchange.headers_mut().insert("x-trace", "1".parse().map_err(Error::layer)?);
///             next.run(exchange).await
///         })
///     }
/// }
/// ```
pub trait Layer: fmt::Debug + Send + Sync + 'static {
    /// Its name in [`Pipeline::describe`](crate::Pipeline::describe).
    fn name(&self) -> &'static str {
        std::any::type_name::<Self>()
    }

    /// Passes the exchange on, changed or not, or answers it itself.
    fn handle<'a>(&'a self, exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>>;
}

/// What stands inside a layer. It runs once at most: repeating is for retry alone.
pub struct Next<'a> {
    rest: &'a [Arc<dyn Layer>],
    end: &'a (dyn Fn(Exchange) -> BoxFuture<'a, Result<Reply, Error>> + Send + Sync),
}

impl<'a> Next<'a> {
    /// Passes the exchange on.
    pub fn run(self, exchange: Exchange) -> BoxFuture<'a, Result<Reply, Error>> {
        match self.rest.split_first() {
            Some((layer, rest)) => layer.handle(exchange, Self { rest, end: self.end }),
            None => (self.end)(exchange),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("rest", &self.rest).finish_non_exhaustive()
    }
}

/// Sends an exchange through `layers` to `end`.
///
/// Between the stages it travels in a box, since every future on the way would hold a copy of it.
pub(crate) async fn through<F, Fut>(layers: &[Arc<dyn Layer>], exchange: Box<Exchange>, end: F) -> Result<Reply, Error>
where
    F: Fn(Box<Exchange>) -> Fut + Send + Sync,
    Fut: Future<Output = Result<Reply, Error>> + Send,
{
    if layers.is_empty() {
        return end(exchange).await;
    }
    let end = |exchange| -> BoxFuture<'_, Result<Reply, Error>> { Box::pin(end(Box::new(exchange))) };
    Next {
        rest: layers,
        end: &end,
    }
    .run(*exchange)
    .await
}
