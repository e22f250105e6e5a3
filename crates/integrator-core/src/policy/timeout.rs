//! Time limits of one attempt, and the reading of its answer.
//!
//! *What it does*: gives an attempt up when the head of the answer, or the next chunk of its body, does not come, and
//! reads the body of an answer that is not streamed, so that a cut one counts as no answer and can be repeated.
//! *Defaults*: the provider's `first_byte_ms` and `idle_ms`, 60 s each unless it says otherwise; no limit for the whole
//! attempt; answers up to 64 MiB. Time to connect is the transport's. *Interplay*: inside retry and auth; waits between
//! attempts do not count.

use std::future::Future;
use std::pin::{Pin, pin};
use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::pipeline::{Exchange, Reply};
use crate::wire::encode::EncodedBody;

pub(crate) mod body;
pub(crate) mod progress;

use progress::Progress;

/// Time limits of one attempt.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// From the end of the request to the head of the answer.
    pub(crate) first_byte: Duration,
    /// Between two chunks.
    pub(crate) idle: Duration,
    /// The whole attempt.
    pub(crate) attempt: Option<Duration>,
}

/// Runs one attempt to the end of its answer, or to the head of one that is streamed.
pub(crate) async fn limited<F, Fut>(
    limits: Option<&Limits>,
    max_answer: u64,
    exchange: &Exchange,
    send: F,
) -> Result<Reply, Error>
where
    F: FnOnce(Option<Progress>) -> Fut,
    Fut: Future<Output = Result<Reply, Error>>,
{
    let whole = async {
        let reply = {
            let progress = matches!(exchange.body, EncodedBody::Multipart(_)).then(Progress::new);
            let sending = pin!(send(progress.clone()));
            head(limits.map(|limits| limits.first_byte), progress, sending).await?
        };
        let bodiless = exchange.method == http::Method::HEAD;
        let idle = limits.map(|limits| limits.idle);
        body::settle(reply, exchange.streamed, bodiless, max_answer, idle).await
    };
    let whole = pin!(whole);
    match limits.and_then(|limits| limits.attempt) {
        None => whole.await,
        Some(limit) => match tokio::time::timeout(limit, whole).await {
            Ok(outcome) => outcome,
            Err(_) => Err(late(format!("not done within {limit:?}"))),
        },
    }
}

/// Waits for the head; while an upload makes progress the wait does not begin.
async fn head(
    first_byte: Option<Duration>,
    progress: Option<Progress>,
    mut send: Pin<&mut impl Future<Output = Result<Reply, Error>>>,
) -> Result<Reply, Error> {
    let Some(first_byte) = first_byte else {
        return send.await;
    };
    let mut timer = pin!(tokio::time::sleep(first_byte));
    loop {
        tokio::select! {
            biased;
            outcome = &mut send => return outcome,
            () = &mut timer => {
                let until = progress.as_ref().map(|progress| progress.last() + first_byte);
                match until.filter(|until| *until > timer.deadline()) {
                    Some(until) => timer.as_mut().reset(until),
                    None => return Err(late(format!("no answer began within {first_byte:?}"))),
                }
            }
        }
    }
}

fn late(detail: String) -> Error {
    Error::new(ErrorKind::Timeout, detail).sent(true)
}
