//! A transport that notes down what goes through it, without holding anything up.

use std::{
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use futures_core::Stream;
use http::HeaderMap;
use integrator_core::{
    AnswerBody, BoxFuture, RequestBody, Transport, TransportError, TransportRequest, TransportResponse,
};

use super::{Cassette, Half};

/// Bytes of one body that are noted down; an exchange with a longer one is not recorded.
const LONGEST: usize = 64 * 1024 * 1024;

/// Records what goes through another transport.
pub(crate) struct Recorder {
    cassette: Cassette,
    transport: Arc<dyn Transport>,
}

impl Recorder {
    pub(crate) fn new(cassette: Cassette, transport: Arc<dyn Transport>) -> Self {
        Self { cassette, transport }
    }
}

impl Transport for Recorder {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        let place = self.cassette.begin();
        let (head, body) = request.into_parts();
        let asked = Asked {
            method: head.method.as_str().to_owned(),
            target: head
                .uri
                .path_and_query()
                .map_or_else(|| "/".to_owned(), ToString::to_string),
            headers: texts(&head.headers),
        };
        let sent = Noted::default();
        let body = match body {
            RequestBody::Empty => RequestBody::Empty,
            RequestBody::Bytes(bytes) => {
                sent.push(&bytes);
                RequestBody::Bytes(bytes)
            }
            RequestBody::Stream { stream, length } => RequestBody::Stream {
                stream: Box::pin(Upload {
                    stream,
                    noted: sent.clone(),
                }),
                length,
            },
        };
        Box::pin(async move {
            let answer = self.transport.send(TransportRequest::from_parts(head, body)).await?;
            let (head, body) = answer.into_parts();
            let end = End {
                cassette: self.cassette.clone(),
                place,
                asked,
                sent,
                status: head.status.as_u16(),
                headers: texts(&head.headers),
                answered: Noted::default(),
            };
            let body = AnswerBody::stream(Answer { body, end: Some(end) });
            Ok(TransportResponse::from_parts(head, body))
        })
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Recorder").field(&self.transport).finish()
    }
}

struct Asked {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
}

/// Everything of an exchange; it is noted down when the answer is read to its end.
struct End {
    cassette: Cassette,
    place: usize,
    asked: Asked,
    sent: Noted,
    status: u16,
    headers: Vec<(String, String)>,
    answered: Noted,
}

impl End {
    fn note(&self) {
        let (Some(sent), Some(answered)) = (self.sent.bytes(), self.answered.bytes()) else {
            return;
        };
        let asked = Half {
            line: (&self.asked.method, &self.asked.target),
            headers: &self.asked.headers,
            body: &sent,
        };
        let answered = Half {
            line: ("", ""),
            headers: &self.headers,
            body: &answered,
        };
        self.cassette.end(self.place, &asked, self.status, &answered);
    }
}

/// Bytes that went by.
#[derive(Clone, Default)]
struct Noted(Arc<Mutex<Option<Vec<u8>>>>);

impl Noted {
    fn push(&self, bytes: &[u8]) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all = noted.get_or_insert_default();
        // One byte more than is kept says that it was too much.
        let room = (LONGEST + 1).saturating_sub(all.len());
        all.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }

    /// All of them; none when they are too many.
    fn bytes(&self) -> Option<Vec<u8>> {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Some(noted.unwrap_or_default()).filter(|all| all.len() <= LONGEST)
    }
}

struct Upload {
    stream: Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>,
    noted: Noted,
}

impl Stream for Upload {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(self.stream.as_mut().poll_next(context));
        if let Some(Ok(bytes)) = &chunk {
            self.noted.push(bytes);
        }
        Poll::Ready(chunk)
    }
}

struct Answer {
    body: AnswerBody,
    end: Option<End>,
}

impl Stream for Answer {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let chunk = ready!(Pin::new(&mut self.body).poll_next(context));
        match &chunk {
            Some(Ok(bytes)) => {
                if let Some(end) = &self.end {
                    end.answered.push(bytes);
                }
            }
            // A broken answer is not recorded: played back, it would look whole.
            Some(Err(_)) => self.end = None,
            None => {
                if let Some(end) = self.end.take() {
                    end.note();
                }
            }
        }
        Poll::Ready(chunk)
    }
}

/// Names and values of headers as text.
pub(crate) fn texts(headers: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    headers
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}
