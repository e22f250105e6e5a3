//! [`Response`]: an answer as a type, with everything that came with it; and which types an answer can be.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use http::{HeaderMap, StatusCode};
use serde_json::Value;

use crate::error::body::request_id;
use crate::error::{Attempt, Error};
use crate::operation::Answer;
use crate::pipeline::Received;
use crate::provider::Provider;
use crate::redact;
use crate::transfer::{Download, Resuming};
use crate::wire::Wire;
use crate::wire::xml;
use crate::wire::{DecodeError, decode};

/// Where an answer comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Served {
    /// The provider gave it to this call.
    #[default]
    Provider,
    /// The provider gave it to another call for the same at the same time.
    Shared,
    /// It was kept, and is fresh or was confirmed.
    Cache {
        /// How long ago it was received or confirmed.
        age: std::time::Duration,
    },
    /// It was kept and is no longer fresh: the provider failed, see [`Response::instead_of`].
    Stale {
        /// How long ago it was received or confirmed.
        age: std::time::Duration,
    },
}

/// The answer to a call: dereferences to its value.
#[derive(Clone)]
pub struct Response<T> {
    value: T,
    head: Head,
}

#[derive(Clone)]
struct Head {
    status: StatusCode,
    headers: HeaderMap,
    attempts: Vec<Attempt>,
    key: Option<Arc<str>>,
    provider: &'static Provider,
    served: Served,
    instead_of: Option<Error>,
}

impl<T> Response<T> {
    /// Who answered.
    #[must_use]
    pub fn provider(&self) -> &'static Provider {
        self.head.provider
    }

    /// Where it comes from.
    #[must_use]
    pub fn served(&self) -> Served {
        self.head.served
    }

    /// The failure of the call that this answer stands in for, see [`Sending::or_else`](crate::Sending::or_else).
    #[must_use]
    pub fn instead_of(&self) -> Option<&Error> {
        self.head.instead_of.as_ref()
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.head.status
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.head.headers
    }

    /// The provider's id of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        request_id(self.head.provider, &self.head.headers)
    }

    /// Every attempt, the successful one last.
    #[must_use]
    pub fn attempts(&self) -> &[Attempt] {
        &self.head.attempts
    }

    /// The idempotency key that was sent.
    #[must_use]
    pub fn idempotency_key(&self) -> Option<&str> {
        self.head.key.as_deref()
    }

    /// The provider recognised the idempotency key and replayed the answer to an earlier call.
    #[must_use]
    pub fn is_replayed(&self) -> bool {
        let header = self.head.provider.idempotency.and_then(|rule| rule.replayed_header);
        let value = header.and_then(|name| self.head.headers.get(name));
        value.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
    }

    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
    }

    pub(crate) fn standing_in(mut self, failure: Error) -> Self {
        self.head.instead_of = Some(failure);
        self
    }

    /// The same answer with another value.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Response<U> {
        Response {
            value: change(self.value),
            head: self.head,
        }
    }
}

impl<T: Wire> Response<T> {
    /// The value as JSON that may be printed: members that hold secrets are masked, by their usual names and by those
    /// that [the provider's facts](Provider::redact) list.
    #[must_use]
    pub fn redacted(&self) -> String {
        // What does not become JSON has nothing to show.
        let json = serde_json::to_vec(&self.value).unwrap_or_default();
        redact::body(self.head.provider, "application/json", &json, usize::MAX)
    }
}

impl<T: FromAnswer> Response<T> {
    pub(crate) fn read(mut received: Received) -> Result<Self, Error> {
        match T::from_answer(&mut Answered(&mut received)) {
            Ok(value) => {
                let Received {
                    reply,
                    attempts,
                    key,
                    provider,
                    ..
                } = received;
                let head = reply.into_head();
                Ok(Self {
                    value,
                    head: Head {
                        status: head.status,
                        headers: head.headers,
                        attempts,
                        key,
                        provider,
                        served: head.served,
                        instead_of: head.instead_of,
                    },
                })
            }
            Err(error) => Err(received.unreadable(&error)),
        }
    }
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Response<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

/// The value shows as its own type shows it, headers by name only.
impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.head.headers.keys().map(http::HeaderName::as_str).collect();
        f.debug_struct("Response")
            .field("status", &self.head.status)
            .field("headers", &headers)
            .field("attempts", &self.head.attempts)
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// What an answer can be read as: every [`Wire`] type, [`Text`], and [`Download`].
pub trait FromAnswer: Sized {
    /// The body is not read before the answer is handed on.
    #[doc(hidden)]
    const STREAMED: bool = false;

    #[doc(hidden)]
    fn from_answer(answer: &mut Answered<'_>) -> Result<Self, DecodeError>;
}

/// A successful answer that is about to be read.
#[doc(hidden)]
#[derive(Debug)]
pub struct Answered<'a>(&'a mut Received);

impl Answered<'_> {
    fn body(&self) -> &[u8] {
        self.0.reply.body_bytes().map_or(&[], |bytes| bytes)
    }

    pub(crate) fn bytes(&self) -> bytes::Bytes {
        self.0.reply.body_bytes().cloned().unwrap_or_default()
    }

    pub(crate) fn operation(&self) -> &'static crate::operation::Operation {
        self.0.operation
    }
}

impl<T: Wire> FromAnswer for T {
    fn from_answer(answer: &mut Answered<'_>) -> Result<Self, DecodeError> {
        let body = answer.body();
        match answer.0.operation.answer {
            Answer::Json => decode(body),
            Answer::JsonOrText if says_json(answer.0.reply.headers()) => decode(body),
            Answer::JsonOrText => decode(Value::from(utf8(body)?).to_string().as_bytes()),
            Answer::Bytes if looks_like_json(body) => decode(body),
            // A page is of somebody in between, who did not do what was asked for.
            Answer::None if is_page(answer.0.reply.headers(), body) => {
                Err(fault("expected nothing, found a page of HTML".to_owned()))
            }
            // Whatever else stands in an answer that says nothing is no reason to fail.
            Answer::None => decode(body).or_else(|error| decode(b"").map_err(|_| error)),
            Answer::Xml => decode(xml_text(body)?.as_bytes()),
            Answer::Text | Answer::Bytes => decode(Value::from(utf8(body)?).to_string().as_bytes()),
        }
    }
}

/// Whether the media type is JSON's, or none is given.
fn says_json(headers: &HeaderMap) -> bool {
    let media_type = headers.get(http::header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    media_type.is_none_or(|media_type| memchr::memmem::find(media_type, b"json").is_some())
}

/// Whether the answer is HTML, and not JSON under a wrong name.
fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let media_type = headers.get(http::header::CONTENT_TYPE).map(http::HeaderValue::as_bytes);
    let is_html = media_type.is_some_and(|media_type| {
        media_type
            .get(..HTML.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(HTML.as_bytes()))
    });
    is_html && !body.iter().all(u8::is_ascii_whitespace) && !looks_like_json(body)
}

const HTML: &str = "text/html";

/// A file asked for as a value: JSON as it is, anything else as a string.
fn looks_like_json(body: &[u8]) -> bool {
    serde_json::from_slice::<serde::de::IgnoredAny>(body).is_ok()
}

fn xml_text(body: &[u8]) -> Result<String, DecodeError> {
    xml::read(body).map_err(|error| fault(error.to_string()))
}

fn utf8(body: &[u8]) -> Result<&str, DecodeError> {
    std::str::from_utf8(body).map_err(|error| fault(format!("not UTF-8 at byte {}", error.valid_up_to())))
}

fn fault(message: String) -> DecodeError {
    DecodeError {
        path: String::new(),
        message,
    }
}

/// An answer of plain text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Text(String);

impl Text {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, owned.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromAnswer for Text {
    fn from_answer(answer: &mut Answered<'_>) -> Result<Self, DecodeError> {
        utf8(answer.body()).map(|text| Self(text.to_owned()))
    }
}

impl FromAnswer for Download {
    const STREAMED: bool = true;

    fn from_answer(answer: &mut Answered<'_>) -> Result<Self, DecodeError> {
        let headers = answer.0.reply.headers().clone();
        Ok(Self::new(headers, Resuming::new(answer.0)))
    }
}
