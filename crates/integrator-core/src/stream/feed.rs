//! [`Feed`]: the body of an answer as a stream of events, whatever their type: where it ends, and what counts as a failure.
//!
//! Before the first content a failure is the attempt's ([`Stop::failed`]) and may be repeated; after it, the stream is
//! interrupted ([`Stop::interrupted`]). Nothing is kept but the chunk at hand, one event, and those that were looked at
//! before the first content.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes};
use futures_core::Stream as _;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use memchr::memmem;

use super::lines::Lines;
use crate::error::{Error, ErrorKind};
use crate::operation::{Framing, Streaming};
use crate::pipeline::{Received, Reply};
use crate::provider::{Provider, StreamFacts};
use crate::transport::{AnswerBody, TransportError};
use crate::validate::{self, Violation, Violations};
use crate::wire::sse::{Parser, TooLarge};
use crate::wire::{DecodeError, scan};

/// How many events are looked at before the first content; a stream that opens with more has begun.
const MAX_OPENING: usize = 16;

/// How much of an answer that is no stream is kept for the error.
const MAX_OTHER: usize = 64 * 1024;

/// The events of an answer.
pub(crate) struct Feed {
    body: Option<AnswerBody>,
    chunk: Bytes,
    parser: Framer,
    rules: Streaming,
    facts: StreamFacts,
    /// Events that were looked at before the first content.
    opening: VecDeque<Box<[u8]>>,
    /// The event at hand where it is not the parser's own.
    document: Option<Box<[u8]>>,
    /// `{"event": …, "data": …}`
    envelope: Vec<u8>,
    /// The last event was seen.
    is_complete: bool,
    /// The event at hand may be the last one.
    may_end: bool,
}

enum Framer {
    Events(Parser),
    Lines(Lines),
}

/// Why a stream does not go on.
pub(crate) enum Stop {
    /// The provider says that it failed.
    Said(Bytes),
    /// The connection broke, or was silent for too long.
    Broken(TransportError),
    /// The answer ended before its last event.
    Short,
    /// An event is too large.
    TooLarge(TooLarge),
    /// The answer is no stream.
    Other(Bytes),
}

impl Feed {
    pub(crate) fn new(body: AnswerBody, rules: Streaming, facts: StreamFacts, limit: usize) -> Self {
        Self {
            body: Some(body),
            chunk: Bytes::new(),
            parser: match rules.framing {
                Framing::Data | Framing::Named => Framer::Events(Parser::new(limit)),
                Framing::Lines => Framer::Lines(Lines::new(limit)),
            },
            rules,
            facts,
            opening: VecDeque::new(),
            document: None,
            envelope: Vec::new(),
            is_complete: false,
            may_end: false,
        }
    }

    /// The id of the last event that had one.
    pub(crate) fn last_id(&self) -> Option<&str> {
        match &self.parser {
            Framer::Events(parser) => Some(parser.last_id()).filter(|id| !id.is_empty()),
            Framer::Lines(_) => None,
        }
    }

    /// JSON text of the event at hand.
    pub(crate) fn document(&self) -> &[u8] {
        match (&self.document, self.rules.framing) {
            (Some(document), _) => document,
            (None, Framing::Named) => &self.envelope,
            (None, _) => self.data(),
        }
    }

    /// Goes to the next event; `false` at the end.
    pub(crate) fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Stop>> {
        self.document = self.opening.pop_front();
        if self.document.is_some() {
            return Poll::Ready(Ok(true));
        }
        let outcome = ready!(self.poll_next(cx));
        if !matches!(outcome, Ok(true)) {
            self.is_complete = true;
            self.body = None;
        }
        Poll::Ready(outcome)
    }

    /// Waits for the first content, so that a failure before it is one of the attempt.
    pub(crate) async fn begin(&mut self, headers: &HeaderMap) -> Result<(), Stop> {
        if self.rules.framing != Framing::Lines && is_document(headers) {
            let whole = poll_fn(|cx| self.poll_other(cx)).await;
            return Err(if is_failure(&whole, b"", &self.facts) {
                Stop::Said(whole)
            } else {
                Stop::Other(whole)
            });
        }
        while poll_fn(|cx| self.poll_next(cx)).await? {
            let is_opening = self.rules.opening.iter().any(|kind| self.is_of(kind));
            self.opening.push_back(self.document().into());
            if !is_opening || self.opening.len() >= MAX_OPENING {
                break;
            }
        }
        Ok(())
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Stop>> {
        loop {
            if self.is_complete {
                self.rest(cx);
                return Poll::Ready(Ok(false));
            }
            if self.advance().map_err(Stop::TooLarge)? {
                if self.is_done() {
                    self.is_complete = true;
                } else if self.is_failure() {
                    return Poll::Ready(Err(Stop::Said(Bytes::copy_from_slice(self.data()))));
                } else if !self.data().iter().all(u8::is_ascii_whitespace) {
                    self.is_complete = self.rules.last.iter().any(|kind| self.is_of(kind));
                    self.may_end = self.rules.closing.iter().any(|kind| self.is_of(kind));
                    self.wrap();
                    return Poll::Ready(Ok(true));
                }
                continue;
            }
            let Some(body) = &mut self.body else {
                return Poll::Ready(Ok(false));
            };
            match ready!(Pin::new(body).poll_next(cx)) {
                Some(Ok(chunk)) => self.chunk = chunk,
                Some(Err(fault)) => return Poll::Ready(Err(Stop::Broken(fault))),
                None => {
                    self.body = None;
                    return Poll::Ready(self.at_end());
                }
            }
        }
    }

    fn advance(&mut self) -> Result<bool, TooLarge> {
        let mut rest = &*self.chunk;
        let found = match &mut self.parser {
            Framer::Events(parser) => parser.advance(&mut rest),
            Framer::Lines(lines) => lines.advance(&mut rest),
        };
        let taken = self.chunk.len() - rest.len();
        self.chunk.advance(taken);
        found
    }

    /// The answer is at its end: whether its last event was there.
    fn at_end(&mut self) -> Result<bool, Stop> {
        // A last line without an end is a line; a last event without a blank line behind it is none (WHATWG), but one
        // that says that nothing follows is believed.
        self.chunk = Bytes::from_static(b"\n\n");
        let unfinished = self.advance().map_err(Stop::TooLarge)?;
        self.chunk = Bytes::new();
        match self.rules.framing {
            Framing::Lines => Ok(unfinished),
            _ if unfinished && self.is_done() => Ok(false),
            _ if self.may_end && !unfinished => Ok(false),
            _ if self.rules.last.is_empty() && self.rules.closing.is_empty() && self.facts.done.is_none() => Ok(false),
            _ => Err(Stop::Short),
        }
    }

    /// Takes the end of the answer in if it is there already, so that the connection can be used again.
    fn rest(&mut self, cx: &mut Context<'_>) {
        if let Some(mut body) = self.body.take() {
            let _ = Pin::new(&mut body).poll_next(cx);
        }
    }

    fn poll_other(&mut self, cx: &mut Context<'_>) -> Poll<Bytes> {
        while let Some(body) = &mut self.body {
            match ready!(Pin::new(body).poll_next(cx)) {
                Some(Ok(chunk)) if self.envelope.len() + chunk.len() <= MAX_OTHER => {
                    self.envelope.extend_from_slice(&chunk);
                }
                _ => self.body = None,
            }
        }
        Poll::Ready(Bytes::from(std::mem::take(&mut self.envelope)))
    }

    fn wrap(&mut self) {
        if self.rules.framing == Framing::Named
            && let Framer::Events(parser) = &self.parser
        {
            self.envelope.clear();
            self.envelope.extend_from_slice(b"{\"event\":");
            // Writing to a Vec cannot fail.
            let _ = serde_json::to_writer(&mut self.envelope, &String::from_utf8_lossy(parser.name()));
            self.envelope.extend_from_slice(b",\"data\":");
            self.envelope.extend_from_slice(parser.data());
            self.envelope.push(b'}');
        }
    }

    fn data(&self) -> &[u8] {
        match &self.parser {
            Framer::Events(parser) => parser.data(),
            Framer::Lines(lines) => lines.line(),
        }
    }

    fn name(&self) -> &[u8] {
        match &self.parser {
            Framer::Events(parser) => parser.name(),
            Framer::Lines(_) => &[],
        }
    }

    fn is_done(&self) -> bool {
        let done = self.facts.done.filter(|_| self.rules.framing != Framing::Lines);
        done.is_some_and(|done| self.data().starts_with(done.as_bytes()))
    }

    fn is_failure(&self) -> bool {
        self.rules.framing != Framing::Lines && is_failure(self.data(), self.name(), &self.facts)
    }

    fn is_of(&self, kind: &str) -> bool {
        is_of(self.data(), self.name(), kind)
    }

    /// The event at hand is not what it should be.
    pub(super) fn unreadable(&self, why: &DecodeError, received: &Received) -> Error {
        let error = concluded(
            self.useless(ErrorKind::Decode, why.to_string(), received),
            self,
            received,
        );
        received.observed.unreadable(&why.path, &error);
        error
    }

    /// The event at hand is not what the provider's document says.
    pub(super) fn contradicting(&self, violations: Vec<Violation>, received: &Received) -> Error {
        let error = self.useless(ErrorKind::Contract, validate::listed(&violations), received);
        let path = violations.first().map_or_else(String::new, |first| first.path.clone());
        let error = concluded(error.caused_by(Violations(violations)), self, received);
        received.observed.unreadable(&path, &error);
        error
    }

    fn useless(&self, kind: ErrorKind, why: String, received: &Received) -> Error {
        let body = Bytes::copy_from_slice(self.document());
        let (status, headers) = (received.reply.status(), received.reply.headers().clone());
        Error::unreadable(kind, why, status, headers, body)
    }
}

impl Stop {
    /// The failure of an attempt: nothing was handed out yet.
    pub(crate) fn failed(self, provider: &'static Provider, reply: &Reply) -> Error {
        let (status, headers) = (reply.status(), reply.headers().clone());
        match self {
            Self::Said(body) => Error::said(provider, headers, body),
            Self::Broken(fault) => Error::from(fault),
            Self::Short => Error::new(ErrorKind::NoAnswer, "the stream ended before its last event").sent(true),
            Self::TooLarge(limit) => {
                Error::unreadable(ErrorKind::TooLarge, limit.to_string(), status, headers, Bytes::new())
            }
            Self::Other(body) => Error::unreadable(
                ErrorKind::Decode,
                "the answer is no stream of events",
                status,
                headers,
                body,
            ),
        }
    }

    /// The failure of a stream: something was handed out.
    pub(super) fn interrupted(self, feed: &Feed, received: &Received) -> Error {
        let broke = ErrorKind::StreamInterrupted;
        let error = match self {
            Self::Said(body) => Error::said(received.provider, HeaderMap::new(), body).renamed(broke),
            Self::Broken(fault) => Error::from(fault).renamed(broke),
            other => {
                let error = other.failed(received.provider, &received.reply);
                let is_short = error.kind() == ErrorKind::NoAnswer;
                if is_short { error.renamed(broke) } else { error }
            }
        };
        let head = (received.reply.status(), received.reply.headers().clone());
        let error = concluded(error.with_head(head), feed, received);
        received.observed.broken(&error);
        error
    }
}

fn concluded(error: Error, feed: &Feed, received: &Received) -> Error {
    error
        .of(received.provider, received.operation)
        .concluded(received.attempts.clone(), received.key.clone(), received.class)
        .with_event_id(feed.last_id())
}

/// The answer is a document of a kind that no stream of events is.
fn is_document(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let essence = media_type
        .and_then(|text| text.split(';').next())
        .unwrap_or_default()
        .trim();
    ["application/json", "text/html", "application/xml"]
        .iter()
        .any(|kind| essence.eq_ignore_ascii_case(kind))
}

fn is_failure(data: &[u8], name: &[u8], facts: &StreamFacts) -> bool {
    // One word for both is usual, and one search is enough where it is not said.
    let word = facts
        .error_member
        .filter(|_| name.is_empty() && facts.error_type == facts.error_member);
    if word.is_some_and(|word| said(data, word).is_none()) {
        return false;
    }
    facts.error_type.is_some_and(|kind| is_of(data, name, kind))
        || facts.error_member.is_some_and(|member| {
            said(data, member)
                .and_then(|text| scan::member(text, member))
                .is_some_and(|error| error != "null")
        })
}

/// Whether an event is of this type: by its `event:` line, else by its member `type`.
fn is_of(data: &[u8], name: &[u8], kind: &str) -> bool {
    if !name.is_empty() {
        return name == kind.as_bytes();
    }
    let kind_of = said(data, kind)
        .and_then(|text| scan::member(text, "type"))
        .and_then(scan::string);
    kind_of.is_some_and(|found| found == kind)
}

/// The data as text, if it says `word` anywhere: most events do not, and need not be walked through.
fn said<'a>(data: &'a [u8], word: &str) -> Option<&'a str> {
    memmem::find(data, word.as_bytes())?;
    std::str::from_utf8(data).ok()
}
