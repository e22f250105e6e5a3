//! A download that breaks off goes on where it was, if the provider offers that.
//!
//! *What it does*: asks for the rest with `Range`, on condition that the content is the same (`If-Range`, RFC 9110, 14).
//! *When it acts*: the connection broke, fell silent, or the answer ended before its `Content-Length`; the operation only
//! reads; and the answer had `Accept-Ranges: bytes` and a strong `ETag`. *Defaults*: as many requests in a row that bring
//! nothing new as retry would repeat a call. *Interplay*: each is a call of its own through the pipeline, with a deadline
//! of its own.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use http::header::{ACCEPT_RANGES, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, ETAG, IF_RANGE, RANGE};
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::call::run;
use crate::error::{Error, ErrorKind};
use crate::operation::{Operation, Repeat};
use crate::pipeline::{Again, Received};
use crate::provider::Provider;
use crate::transport::{AnswerBody, BoxFuture};

/// The content of an answer, over as many requests as it takes.
pub(crate) struct Resuming {
    body: AnswerBody,
    provider: &'static Provider,
    operation: &'static Operation,
    taken: u64,
    /// Length of the whole content, where the provider says it.
    length: Option<u64>,
    /// How to ask for the rest, where that is possible.
    rest: Option<Rest>,
    /// A request for the rest, and the failure that made it necessary.
    under_way: Option<(BoxFuture<'static, Result<Received, Error>>, Error)>,
    is_over: bool,
}

struct Rest {
    again: Box<Again>,
    validator: HeaderValue,
    /// Requests in a row that may bring nothing new, and how many of them are left.
    most: u32,
    left: u32,
}

impl Resuming {
    pub(crate) fn new(received: &mut Received) -> Self {
        let again = received.again.take();
        let reply = &mut received.reply;
        let headers = reply.headers();
        let length = text(headers, &CONTENT_LENGTH).and_then(|length| length.parse().ok());
        let is_whole = reply.status() == StatusCode::OK && received.operation.repeat == Repeat::Safe;
        let rest = again.filter(|_| is_whole).and_then(|again| Rest::new(headers, again));
        Self {
            length,
            rest,
            provider: received.provider,
            operation: received.operation,
            taken: 0,
            under_way: None,
            is_over: false,
            body: reply.take_body(),
        }
    }

    /// A failure: asks for the rest, or hands it back.
    fn broke(&mut self, fault: Error) -> Result<(), Error> {
        let error = fault.of(self.provider, self.operation);
        match self.rest.as_mut().and_then(|rest| rest.ask(self.taken)) {
            Some(asked) => {
                self.under_way = Some((asked, error));
                Ok(())
            }
            None => Err(error),
        }
    }

    /// Whether an answer begins where this content broke off.
    fn goes_on(&self, received: &Received) -> bool {
        let reply = &received.reply;
        let Some((first, length)) = text(reply.headers(), &CONTENT_RANGE).and_then(range) else {
            return false;
        };
        reply.status() == StatusCode::PARTIAL_CONTENT
            && first == self.taken
            && (length.is_none() || self.length.is_none() || length == self.length)
    }

    fn poll_content(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>> {
        loop {
            if let Some((asked, _)) = &mut self.under_way {
                let outcome = ready!(asked.as_mut().poll(cx));
                let Some((_, error)) = self.under_way.take() else {
                    continue;
                };
                match outcome {
                    Ok(mut received) if self.goes_on(&received) => self.body = received.reply.take_body(),
                    Ok(_) => return Poll::Ready(Err(error.remark("the content is another one by now"))),
                    Err(_) => return Poll::Ready(Err(error.remark("the rest could not be had either"))),
                }
            }
            let fault = match ready!(Pin::new(&mut self.body).poll_next(cx)) {
                Some(Ok(chunk)) => {
                    self.taken += chunk.len() as u64;
                    if !chunk.is_empty() {
                        self.rest.iter_mut().for_each(Rest::moved);
                    }
                    return Poll::Ready(Ok(Some(chunk)));
                }
                Some(Err(fault)) => Error::from(fault),
                None if self.length.is_some_and(|length| self.taken < length) => {
                    Error::new(ErrorKind::NoAnswer, "the answer was cut short").sent(true)
                }
                None => return Poll::Ready(Ok(None)),
            };
            self.broke(fault)?;
        }
    }
}

impl Stream for Resuming {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.is_over {
            return Poll::Ready(None);
        }
        let chunk = ready!(self.poll_content(cx)).transpose();
        self.is_over = !matches!(chunk, Some(Ok(_)));
        Poll::Ready(chunk)
    }
}

impl Rest {
    fn new(headers: &HeaderMap, again: Box<Again>) -> Option<Self> {
        let offered = text(headers, &ACCEPT_RANGES)?.eq_ignore_ascii_case("bytes");
        let validator = headers.get(ETAG)?;
        // Bytes of an encoding are not the bytes that were handed on, and a weak tag does not promise the same bytes.
        let is_exact = !headers.contains_key(CONTENT_ENCODING) && validator.as_bytes().starts_with(b"\"");
        let most = again.repeats();
        (offered && is_exact && most > 0).then(|| Self {
            again,
            validator: validator.clone(),
            most,
            left: most,
        })
    }

    fn moved(&mut self) {
        self.left = self.most;
    }

    fn ask(&mut self, from: u64) -> Option<BoxFuture<'static, Result<Received, Error>>> {
        self.left = self.left.checked_sub(1)?;
        let Again { client, mut draft } = (*self.again).clone();
        let range = HeaderValue::from_str(&format!("bytes={from}-")).ok()?;
        draft.options.headers.insert(RANGE, range);
        draft.options.headers.insert(IF_RANGE, self.validator.clone());
        Some(run(client, draft))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &http::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok().map(str::trim)
}

/// First byte and whole length that `bytes 5-9/10` says.
fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, length) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, _) = range.split_once('-')?;
    Some((first.trim().parse().ok()?, length.trim().parse().ok()))
}

#[cfg(test)]
mod tests;
