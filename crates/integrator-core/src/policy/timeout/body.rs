//! Reading an answer: whole and bounded, or chunk by chunk with a limit on silence.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::HeaderMap;
use http::header::CONTENT_LENGTH;
use tokio::time::{Instant, Sleep, sleep};

use crate::error::{Error, ErrorKind};
use crate::pipeline::Reply;
use crate::transport::{AnswerBody, TransportError};

/// How much of an error's body is kept.
const MAX_ERROR: u64 = 1024 * 1024;

/// Reads the body of a reply unless it is to be streamed; an error's body is read as far as it comes.
pub(crate) async fn settle(
    mut reply: Reply,
    streamed: bool,
    bodiless: bool,
    max: u64,
    idle: Option<Duration>,
) -> Result<Reply, Error> {
    let success = reply.status().is_success();
    if streamed && success {
        reply.watch_silence(idle);
        return Ok(reply);
    }
    let max = if success { max } else { MAX_ERROR };
    let promised = length(reply.headers()).filter(|_| !bodiless);
    let mut whole = Whole {
        chunks: Silence::new(reply.take_body(), idle),
        bytes: Bytes::new(),
        more: None,
    };
    let outcome = whole.read(max).await;
    let bytes = whole.finish();
    let cut = promised.is_some_and(|promised| promised > bytes.len() as u64);
    match outcome {
        _ if !success => {}
        Ok(()) if !cut => {}
        Ok(()) => {
            return Err(Error::new(ErrorKind::NoAnswer, "the answer was cut short").sent(true));
        }
        Err(Stop::TooLarge) => {
            let detail = format!("more than {max} bytes");
            let head = reply.into_head();
            return Err(Error::unreadable(
                ErrorKind::TooLarge,
                detail,
                head.status,
                head.headers,
                Bytes::new(),
            ));
        }
        Err(Stop::Broken(error)) => return Err(Error::from(error)),
    }
    reply.set_body(bytes);
    Ok(reply)
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

enum Stop {
    TooLarge,
    Broken(TransportError),
}

/// A body being read; one chunk alone is never copied.
struct Whole {
    chunks: Silence,
    bytes: Bytes,
    more: Option<BytesMut>,
}

impl Whole {
    async fn read(&mut self, max: u64) -> Result<(), Stop> {
        while let Some(chunk) = poll_fn(|cx| self.chunks.poll_chunk(cx)).await {
            let chunk = chunk.map_err(Stop::Broken)?;
            let held = self.more.as_ref().map_or(self.bytes.len(), BytesMut::len);
            if (held + chunk.len()) as u64 > max {
                return Err(Stop::TooLarge);
            }
            match &mut self.more {
                Some(more) => more.extend_from_slice(&chunk),
                None if self.bytes.is_empty() => self.bytes = chunk,
                None => {
                    let mut more = BytesMut::with_capacity((held + chunk.len()) * 2);
                    more.extend_from_slice(&self.bytes);
                    more.extend_from_slice(&chunk);
                    self.bytes = Bytes::new();
                    self.more = Some(more);
                }
            }
        }
        Ok(())
    }

    fn finish(self) -> Bytes {
        self.more.map_or(self.bytes, BytesMut::freeze)
    }
}

/// A body that may not be silent for longer than `idle`.
pub(crate) struct Silence {
    body: AnswerBody,
    idle: Option<Duration>,
    /// Made on the first wait: most small answers are there at once.
    timer: Option<Pin<Box<Sleep>>>,
    waiting: bool,
}

impl Silence {
    pub(crate) const fn new(body: AnswerBody, idle: Option<Duration>) -> Self {
        Self {
            body,
            idle,
            timer: None,
            waiting: false,
        }
    }

    pub(crate) fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        if let Poll::Ready(chunk) = Pin::new(&mut self.body).poll_next(cx) {
            self.waiting = false;
            return Poll::Ready(chunk);
        }
        let Some(idle) = self.idle else {
            return Poll::Pending;
        };
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep(idle)));
        if !self.waiting {
            self.waiting = true;
            timer.as_mut().reset(Instant::now() + idle);
        }
        timer.as_mut().poll(cx).map(|()| {
            Some(Err(TransportError::may_have_been_sent(
                "read on, the answer fell silent",
            )
            .timed_out()))
        })
    }
}

impl Stream for Silence {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_chunk(cx)
    }
}
