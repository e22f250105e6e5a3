//! A cassette that answers: strictly in order, with what differs named.

use std::{
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue};
use integrator_core::{
    AnswerBody, BoxFuture, Provider, RequestBody, Transport, TransportError, TransportRequest, TransportResponse,
};
use serde_json::Value;

use super::{
    Exchange, Half,
    body::{difference, write_body},
    request,
};
use crate::Reply;

/// Answers the exchanges of a cassette, each once and in their order; a transport for a client, or the source of a mock.
///
/// Method, target and body must be those that were recorded, after masking; headers are not compared. A request that
/// differs is not answered, and the exchange stays for the next one. Clones play the same cassette.
#[derive(Debug, Clone)]
pub struct Player {
    provider: &'static Provider,
    exchanges: Arc<Vec<Exchange>>,
    next: Arc<Mutex<usize>>,
}

/// What a request has that the cassette has not.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("replay exchange {number} of {count}: {what}")]
#[non_exhaustive]
pub struct Mismatch {
    /// Which exchange was due, from one on.
    pub number: usize,
    /// How many there are.
    pub count: usize,
    /// What differs.
    pub what: String,
}

impl Player {
    pub(super) fn new(provider: &'static Provider, exchanges: Vec<Exchange>) -> Self {
        Self {
            provider,
            exchanges: Arc::new(exchanges),
            next: Arc::default(),
        }
    }

    /// How many exchanges were not asked for yet.
    #[must_use]
    pub fn left(&self) -> usize {
        let next = *self.next.lock().unwrap_or_else(PoisonError::into_inner);
        self.exchanges.len() - next
    }

    /// The answer to this request, when it is the one that is due.
    pub(crate) fn play(&self, asked: &Half<'_>) -> Result<Reply, Mismatch> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let mismatch = |what: String| Mismatch {
            number: *next + 1,
            count: self.exchanges.len(),
            what,
        };
        let found = request(self.provider, asked);
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let line = |value: &Value| format!("{} {}", text(value, "method"), text(value, "target"));
        let Some(exchange) = self.exchanges.get(*next) else {
            return Err(mismatch(format!("there is no more for {}", line(&found))));
        };
        if line(&exchange.request) != line(&found) {
            let what = format!("expected {}, found {}", line(&exchange.request), line(&found));
            return Err(mismatch(what));
        }
        let body = |value: &Value| value.get("body").cloned().unwrap_or_default();
        if let Some(place) = difference(&body(&exchange.request), &body(&found), "/body") {
            return Err(mismatch(format!("{} differs at {place}", line(&found))));
        }
        *next += 1;
        let answer = &exchange.answer;
        let status = answer.get("status").and_then(Value::as_u64);
        let mut reply = Reply::status(status.and_then(|status| u16::try_from(status).ok()).unwrap_or(500));
        for (name, value) in answer.get("headers").and_then(Value::as_object).into_iter().flatten() {
            reply = reply.header(name, value.as_str().unwrap_or_default());
        }
        Ok(reply.with_body(write_body(answer.get("body"))))
    }
}

impl Transport for Player {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        Box::pin(async move {
            let (head, body) = request.into_parts();
            let body = whole(body).await?;
            let target = head.uri.path_and_query().map_or("/", |target| target.as_str());
            let headers = super::recorder::texts(&head.headers);
            let asked = Half {
                line: (head.method.as_str(), target),
                headers: &headers,
                body: &body,
            };
            let reply = self.play(&asked).map_err(|mismatch| {
                TransportError::not_sent("find the request on the cassette")
                    .permanent()
                    .caused_by(mismatch)
            })?;
            let mut response = TransportResponse::new(AnswerBody::from(reply.body));
            *response.status_mut() = reply
                .status
                .try_into()
                .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
            for (name, value) in &reply.headers {
                if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
                    response.headers_mut().append(name, value);
                }
            }
            Ok(response)
        })
    }
}

async fn whole(body: RequestBody) -> Result<Bytes, TransportError> {
    match body {
        RequestBody::Empty => Ok(Bytes::new()),
        RequestBody::Bytes(bytes) => Ok(bytes),
        RequestBody::Stream { mut stream, .. } => {
            let mut all = BytesMut::new();
            while let Some(chunk) = poll_fn(|context| stream.as_mut().poll_next(context)).await {
                let failed = |error| TransportError::not_sent("read the upload").caused_by(error);
                all.extend_from_slice(&chunk.map_err(failed)?);
            }
            Ok(all.freeze())
        }
    }
}
