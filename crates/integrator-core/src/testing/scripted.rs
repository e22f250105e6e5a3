//! [`ScriptedTransport`]: answers from a list, and remembers what it was asked.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use serde_json::Value;

use crate::transport::{
    AnswerBody, BoxFuture, RequestBody, Transport, TransportError, TransportRequest, TransportResponse,
};

/// One scripted outcome of one request.
#[derive(Debug)]
pub struct Scripted {
    delay: Duration,
    outcome: Outcome,
}

#[derive(Debug)]
enum Outcome {
    Answer {
        status: StatusCode,
        headers: HeaderMap,
        chunks: Vec<Bytes>,
        gap: Duration,
        end: End,
    },
    Fail(TransportError),
    Hang,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Whole,
    Cut,
    Silence,
}

impl Scripted {
    /// An answer of this status, empty at first. A number that is no status answers 500.
    #[must_use]
    pub fn status(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let (headers, chunks) = (HeaderMap::new(), Vec::new());
        Self::outcome(Outcome::Answer {
            status,
            headers,
            chunks,
            gap: Duration::ZERO,
            end: End::Whole,
        })
    }

    /// A success with this JSON.
    #[must_use]
    pub fn json(value: &Value) -> Self {
        Self::status(200).with_json(value)
    }

    /// Name resolution, connect or TLS fails.
    #[must_use]
    pub fn not_sent() -> Self {
        Self::outcome(Outcome::Fail(TransportError::not_sent("connect")))
    }

    /// The time to connect is up.
    #[must_use]
    pub fn connect_timeout() -> Self {
        Self::outcome(Outcome::Fail(TransportError::not_sent("connect").timed_out()))
    }

    /// The server's certificate is refused.
    #[must_use]
    pub fn bad_certificate() -> Self {
        let fault = TransportError::not_sent("verify the server's certificate");
        Self::outcome(Outcome::Fail(fault.permanent()))
    }

    /// The connection breaks after the request was sent.
    #[must_use]
    pub fn reset() -> Self {
        Self::outcome(Outcome::Fail(TransportError::may_have_been_sent(
            "read the head of the answer",
        )))
    }

    /// No answer ever comes.
    #[must_use]
    pub fn hang() -> Self {
        Self::outcome(Outcome::Hang)
    }

    /// Adds a header to an answer; one that is not valid is left out.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        if let Outcome::Answer { headers, .. } = &mut self.outcome
            && let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
        {
            headers.append(name, value);
        }
        self
    }

    /// The body of an answer as JSON.
    #[must_use]
    pub fn with_json(self, value: &Value) -> Self {
        self.header("content-type", "application/json").chunk(value.to_string())
    }

    /// Adds a chunk to the body of an answer.
    #[must_use]
    pub fn chunk(mut self, bytes: impl Into<Bytes>) -> Self {
        if let Outcome::Answer { chunks, .. } = &mut self.outcome {
            chunks.push(bytes.into());
        }
        self
    }

    /// The body breaks off after its last chunk.
    #[must_use]
    pub fn cut(self) -> Self {
        self.ending(End::Cut)
    }

    /// The body neither goes on nor ends after its last chunk.
    #[must_use]
    pub fn silent(self) -> Self {
        self.ending(End::Silence)
    }

    /// Waits before each chunk of the body.
    #[must_use]
    pub fn gap(mut self, wait: Duration) -> Self {
        if let Outcome::Answer { gap, .. } = &mut self.outcome {
            *gap = wait;
        }
        self
    }

    /// Waits before the outcome.
    #[must_use]
    pub fn after(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn outcome(outcome: Outcome) -> Self {
        Self {
            delay: Duration::ZERO,
            outcome,
        }
    }

    fn ending(mut self, ending: End) -> Self {
        if let Outcome::Answer { end, .. } = &mut self.outcome {
            *end = ending;
        }
        self
    }
}

/// A request as the transport got it. `Debug` hides header values that are marked as sensitive.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Recorded {
    /// HTTP method.
    pub method: Method,
    /// URL.
    pub uri: Uri,
    /// Headers.
    pub headers: HeaderMap,
    /// Body.
    pub body: Bytes,
}

/// Answers requests from a list, in order; when the list is at its end, with a failure to connect.
///
/// Clones share the list, so that one can be kept while the other is given to a client.
#[derive(Debug, Clone, Default)]
pub struct ScriptedTransport(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Scripted>,
    received: Vec<Recorded>,
    open: usize,
}

impl ScriptedTransport {
    /// Answers with these, in order.
    #[must_use]
    pub fn new(script: impl IntoIterator<Item = Scripted>) -> Self {
        let script = script.into_iter().collect();
        Self(Arc::new(Mutex::new(State {
            script,
            ..State::default()
        })))
    }

    /// Adds an outcome at the end of the list.
    pub fn push(&self, next: Scripted) {
        self.lock().script.push_back(next);
    }

    /// What was asked so far.
    #[must_use]
    pub fn received(&self) -> Vec<Recorded> {
        self.lock().received.clone()
    }

    /// How many outcomes are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.lock().script.len()
    }

    /// How many requests are without an outcome yet and were not given up.
    #[must_use]
    pub fn open(&self) -> usize {
        self.lock().open
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Counts a request that is under way.
struct Open<'a>(&'a ScriptedTransport);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.lock().open -= 1;
    }
}

impl Transport for ScriptedTransport {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        Box::pin(async move {
            self.lock().open += 1;
            let _open = Open(self);
            let (head, body) = request.into_parts();
            let body = read(body).await?;
            let next = {
                let mut state = self.lock();
                state.received.push(Recorded {
                    method: head.method,
                    uri: head.uri,
                    headers: head.headers,
                    body,
                });
                state.script.pop_front()
            };
            let Some(next) = next else {
                return Err(TransportError::not_sent("find another scripted outcome"));
            };
            if !next.delay.is_zero() {
                tokio::time::sleep(next.delay).await;
            }
            match next.outcome {
                Outcome::Fail(fault) => Err(fault),
                Outcome::Hang => std::future::pending().await,
                Outcome::Answer {
                    status,
                    headers,
                    chunks,
                    gap,
                    end,
                } => {
                    let body = AnswerBody::stream(Chunks {
                        chunks: chunks.into(),
                        gap,
                        timer: None,
                        end,
                    });
                    let mut response = TransportResponse::new(body);
                    *response.status_mut() = status;
                    *response.headers_mut() = headers;
                    Ok(response)
                }
            }
        })
    }
}

async fn read(body: RequestBody) -> Result<Bytes, TransportError> {
    match body {
        RequestBody::Empty => Ok(Bytes::new()),
        RequestBody::Bytes(bytes) => Ok(bytes),
        RequestBody::Stream { mut stream, .. } => {
            let mut all = BytesMut::new();
            while let Some(chunk) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
                let read = TransportError::may_have_been_sent("read the upload");
                all.extend_from_slice(&chunk.map_err(|error| read.caused_by(error))?);
            }
            Ok(all.freeze())
        }
    }
}

struct Chunks {
    chunks: VecDeque<Bytes>,
    gap: Duration,
    timer: Option<Pin<Box<tokio::time::Sleep>>>,
    end: End,
}

impl Stream for Chunks {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if !self.gap.is_zero() && !self.chunks.is_empty() {
            let gap = self.gap;
            let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep(gap)));
            std::task::ready!(timer.as_mut().poll(cx));
            self.timer = None;
        }
        match (self.chunks.pop_front(), self.end) {
            (Some(chunk), _) => Poll::Ready(Some(Ok(chunk))),
            (None, End::Whole) => Poll::Ready(None),
            (None, End::Silence) => Poll::Pending,
            (None, End::Cut) => {
                self.end = End::Whole;
                Poll::Ready(Some(Err(TransportError::may_have_been_sent("read the whole answer"))))
            }
        }
    }
}
