//! [`Reply`]: an answer on its way up.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use memchr::memmem;

use super::{Draft, Stage};
use crate::client::Client;
use crate::error::{Attempt, Error, ErrorKind};
use crate::operation::{Operation, Repeat, Streaming};
use crate::policy::observe::Observed;
use crate::policy::timeout::body::Silence;
use crate::provider::{Provider, StreamFacts};
use crate::response::Served;
use crate::stream::feed::Feed;
use crate::transport::{AnswerBody, TransportResponse};
use crate::wire::{DecodeError, scan};

/// An answer: its head, and its body as far as it was read.
///
/// In a box, since every stage hands it on.
pub struct Reply(Box<Parts>);

struct Parts {
    status: StatusCode,
    headers: HeaderMap,
    body: Content,
    served: Served,
    instead_of: Option<Error>,
}

enum Content {
    Whole(Bytes),
    Coming(AnswerBody),
    Events(Box<Feed>),
}

/// What an answer is beside its body.
pub(crate) struct ReplyHead {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) served: Served,
    pub(crate) instead_of: Option<Error>,
}

impl Reply {
    /// An answer made up by a layer.
    #[must_use]
    pub fn from_bytes(status: StatusCode, headers: HeaderMap, body: impl Into<Bytes>) -> Self {
        Self(Box::new(Parts {
            status,
            headers,
            body: Content::Whole(body.into()),
            served: Served::Provider,
            instead_of: None,
        }))
    }

    pub(crate) fn new(response: TransportResponse) -> Self {
        let (head, body) = response.into_parts();
        Self(Box::new(Parts {
            status: head.status,
            headers: head.headers,
            body: Content::Coming(body),
            served: Served::Provider,
            instead_of: None,
        }))
    }

    /// Where it comes from.
    pub(crate) fn source(&self) -> Served {
        self.0.served
    }

    /// Says where it comes from.
    pub(crate) fn served(mut self, served: Served) -> Self {
        self.0.served = served;
        self
    }

    /// Says what it stands in for.
    #[cfg(feature = "cache")]
    pub(crate) fn instead_of(mut self, failure: Error) -> Self {
        self.0.instead_of = Some(failure);
        self
    }

    /// HTTP status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.0.headers
    }

    /// Headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.0.headers
    }

    /// The body, where it was read: above the attempt, and unless it is streamed.
    #[must_use]
    pub fn body_bytes(&self) -> Option<&Bytes> {
        match &self.0.body {
            Content::Whole(bytes) => Some(bytes),
            Content::Coming(_) | Content::Events(_) => None,
        }
    }

    /// The body, whole so far or still coming.
    pub(crate) fn take_body(&mut self) -> AnswerBody {
        match std::mem::replace(&mut self.0.body, Content::Whole(Bytes::new())) {
            Content::Whole(bytes) => AnswerBody::from(bytes),
            Content::Coming(body) => body,
            // What was looked at is the stream's alone.
            Content::Events(_) => AnswerBody::from(Bytes::new()),
        }
    }

    /// The body as a stream of events, begun or not.
    pub(crate) fn take_events(&mut self, rules: Streaming, facts: StreamFacts, limit: u64) -> Box<Feed> {
        match std::mem::replace(&mut self.0.body, Content::Whole(Bytes::new())) {
            Content::Events(feed) => feed,
            other => {
                self.0.body = other;
                let limit = usize::try_from(limit).unwrap_or(usize::MAX);
                Box::new(Feed::new(self.take_body(), rules, facts, limit))
            }
        }
    }

    pub(crate) fn set_events(&mut self, feed: Box<Feed>) {
        self.0.body = Content::Events(feed);
    }

    pub(crate) fn set_body(&mut self, bytes: Bytes) {
        self.0.body = Content::Whole(bytes);
    }

    /// Limits how long the body may be silent while it is streamed.
    pub(crate) fn watch_silence(&mut self, idle: Option<Duration>) {
        let body = self.take_body();
        self.0.body = Content::Coming(if idle.is_some() {
            AnswerBody::stream(Silence::new(body, idle))
        } else {
            body
        });
    }

    /// Whether it is a success by its status alone, and has this member with something in it.
    pub(crate) fn says_failure(&self, member: &str) -> bool {
        // Most answers do not say the word, and need not be walked through.
        let body = self.body_bytes();
        let Some(body) = body.filter(|body| memmem::find(body, member.as_bytes()).is_some()) else {
            return false;
        };
        let text = std::str::from_utf8(body).ok();
        let value = text.and_then(|text| scan::member(text, member));
        let is_empty = |value: &str| value == "null" || value.starts_with('[') && scan::items(value).next().is_none();
        value.is_some_and(|value| !is_empty(value))
    }

    pub(crate) fn into_head(self) -> ReplyHead {
        let Parts {
            status,
            headers,
            served,
            instead_of,
            ..
        } = *self.0;
        ReplyHead {
            status,
            headers,
            served,
            instead_of,
        }
    }

    pub(crate) fn into_parts(self) -> (StatusCode, HeaderMap, Bytes) {
        let parts = *self.0;
        let body = match parts.body {
            Content::Whole(bytes) => bytes,
            Content::Coming(_) | Content::Events(_) => Bytes::new(),
        };
        (parts.status, parts.headers, body)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("status", &self.0.status)
            .finish_non_exhaustive()
    }
}

/// The success of a call, before it is read as a type.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) reply: Reply,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) key: Option<Arc<str>>,
    pub(crate) class: Repeat,
    pub(crate) provider: &'static Provider,
    pub(crate) operation: &'static Operation,
    pub(crate) observed: Observed,
    /// The call once more, where its content is handed on as it comes.
    pub(crate) again: Option<Box<Again>>,
}

/// A call to be sent once more.
#[derive(Debug, Clone)]
pub(crate) struct Again {
    pub(crate) client: Client,
    pub(crate) draft: Draft,
}

impl Again {
    /// How often it would be repeated.
    pub(crate) fn repeats(&self) -> u32 {
        let pipeline = self.client.pipeline();
        let retry = self.draft.options.retry.as_ref().unwrap_or(&pipeline.repeater.retry);
        let repeats = retry.max_attempts.saturating_sub(1);
        if pipeline.stages.has(Stage::Retry) { repeats } else { 0 }
    }
}

impl Received {
    /// The answer is not what was asked for.
    pub(crate) fn unreadable(self, why: &DecodeError) -> Error {
        let (status, headers, body) = self.reply.into_parts();
        let error = Error::unreadable(ErrorKind::Decode, why.to_string(), status, headers, body)
            .of(self.provider, self.operation)
            .concluded(self.attempts, self.key, self.class);
        self.observed.unreadable(&why.path, &error);
        error
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::Provider;
    use crate::error::ErrorKind;
    use crate::policy::Breaker;
    use crate::provider::ErrorFacts;
    use crate::testing::Scripted;
    use crate::testing::acme::{CREATE, LAUNCH, PLAIN, RETRIEVE, call, scripted, thing};

    /// Says within a success that a call failed.
    static POLITE: Provider = Provider {
        errors: ErrorFacts {
            member: Some("errors"),
            ..ErrorFacts::DEFAULT
        },
        ..PLAIN
    };

    fn failure() -> Scripted {
        Scripted::json(&json!({"errors": [{"message": "no"}]}))
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_within_a_success_is_a_failed_attempt() {
        let (builder, transport) = scripted(&POLITE, [failure(), thing()]);
        let client = builder.build().unwrap();
        let answer = call(&client, &RETRIEVE).send().await.unwrap();
        assert_eq!((answer["id"].as_str(), answer.attempts().len()), (Some("1"), 2));

        transport.push(failure());
        let error = call(&client, &LAUNCH).send().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Server, 1));
        assert!(error.may_have_been_sent());

        for quiet in [json!({"id": "1", "errors": []}), json!({"id": "1", "errors": null})] {
            transport.push(Scripted::json(&quiet));
            assert!(call(&client, &CREATE).send().await.is_ok(), "{quiet}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_within_a_success_opens_the_circuit() {
        let (builder, _) = scripted(&POLITE, [failure(), failure()]);
        let breaker = Breaker::standard().opens_at(50, 2);
        let client = builder.breaker(breaker).build().unwrap();
        for _ in 0..2 {
            call(&client, &LAUNCH).send().await.unwrap_err();
        }
        let error = call(&client, &LAUNCH).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    }

    #[cfg(feature = "cache-memory")]
    #[tokio::test(start_paused = true)]
    async fn a_failure_within_a_success_is_not_kept() {
        use crate::policy::Retry;
        let (builder, transport) = scripted(&POLITE, [failure(), thing()]);
        let cached = builder.cache(crate::Cache::memory(1 << 20)).retry(Retry::never());
        let client = cached.build().unwrap();
        let minute = crate::RequestOptions::new().cache_for(std::time::Duration::from_secs(60));
        let ask = || call(&client, &RETRIEVE).with(minute.clone()).send();
        assert!(ask().await.is_err());
        assert!(ask().await.is_ok());
        assert!(ask().await.is_ok());
        assert_eq!(transport.received().len(), 2, "the answer alone was kept");
    }
}
