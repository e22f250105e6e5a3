//! One budget of time for the whole call.
//!
//! *What it does*: ends a call when its time is up, whatever it is doing: queueing, waiting for a repeat, an attempt.
//! *Defaults*: the provider's `deadline_ms`, two minutes unless it says otherwise; [`RequestOptions::timeout`] sets it
//! for one call. *Interplay*: outside everything but prepare and observe; retry looks at what is left and gives up
//! early rather than sleep into it. For a download it ends when the head of the answer is there, for a stream of events
//! with its first content.
//!
//! [`RequestOptions::timeout`]: crate::RequestOptions::timeout

use std::future::Future;
use std::time::Duration;

use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::pipeline::Reply;

/// Runs `call` until `deadline`.
pub(crate) async fn within(
    deadline: Option<(Instant, Duration)>,
    call: impl Future<Output = Result<Reply, Error>>,
) -> Result<Reply, Error> {
    let Some((deadline, limit)) = deadline else {
        return call.await;
    };
    match tokio::time::timeout_at(deadline, call).await {
        Ok(outcome) => outcome,
        Err(_) => Err(Error::new(ErrorKind::Deadline, format!("{limit:?} were up"))),
    }
}
