//! [`Outcome`]: what became of one call, and the answers in the order of the calls, whatever order outcomes come in.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::Ended;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::provider::Provider;
use crate::wire::{Raw, Wire};

/// What became of one call of a batch.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Outcome {
    /// It was answered with this document.
    Answered(Raw),
    /// It failed with this error body.
    Failed(Raw),
    /// It was answered with this status, which is no success, and this error body.
    Refused {
        /// HTTP status.
        status: u16,
        /// The provider's id of the request.
        request_id: Option<String>,
        /// Error body.
        body: Raw,
    },
    /// It was not begun before the batch was over.
    Expired,
    /// It was not begun before the batch was canceled.
    Canceled,
}

/// The id under which the call at `index` is sent.
#[must_use]
pub fn id(index: usize) -> String {
    format!("{PREFIX}{index}")
}

/// The position of the call that was sent under this id.
#[must_use]
pub fn index(id: &str) -> Option<usize> {
    id.strip_prefix(PREFIX)?.parse().ok()
}

const PREFIX: &str = "call-";

/// Where results go one by one: read at once, so that no more than one is held as text.
pub trait Results: Send {
    /// Takes what became of the call with this id.
    fn put(&mut self, id: &str, outcome: Outcome);

    /// Notes that a result could not be read, whosever it was.
    fn unreadable(&mut self, why: &str);
}

/// The answers to the calls of one batch.
pub(super) struct Answers<T> {
    provider: &'static Provider,
    operation: &'static Operation,
    /// Most calls that a batch takes.
    most: usize,
    slots: Vec<Option<Result<T, Error>>>,
    unreadable: Option<String>,
}

impl<T: Wire> Answers<T> {
    pub(super) fn new(provider: &'static Provider, operation: &'static Operation, count: usize, most: usize) -> Self {
        Self {
            provider,
            operation,
            most,
            slots: std::iter::repeat_with(|| None).take(count.min(most)).collect(),
            unreadable: None,
        }
    }

    /// The answers; a call without a result has the error that says why.
    pub(super) fn finish(self, ended: &Ended) -> Result<Vec<Result<T, Error>>, Error> {
        let Self {
            provider,
            operation,
            slots,
            unreadable,
            ..
        } = self;
        let missing = || match &ended.rest {
            Some(outcome) => failed(provider, outcome.clone()),
            None => lost(unreadable.as_deref()),
        };
        if slots.is_empty() && ended.rest.is_some() {
            return Err(missing().of(provider, operation));
        }
        let or_missing = |slot: Option<_>| slot.unwrap_or_else(|| Err(missing().of(provider, operation)));
        Ok(slots.into_iter().map(or_missing).collect())
    }
}

impl<T: Wire + Send> Results for Answers<T> {
    fn put(&mut self, id: &str, outcome: Outcome) {
        let Some(index) = index(id).filter(|index| *index < self.most) else {
            return;
        };
        if index >= self.slots.len() {
            self.slots.resize_with(index + 1, || None);
        }
        let answer = match outcome {
            Outcome::Answered(raw) => raw.decode().map_err(|error| {
                let (status, headers) = (StatusCode::OK, HeaderMap::new());
                Error::unreadable(ErrorKind::Decode, error.to_string(), status, headers, bytes(&raw))
            }),
            other => Err(failed(self.provider, other)),
        };
        self.slots[index] = Some(answer.map_err(|error| error.of(self.provider, self.operation)));
    }

    fn unreadable(&mut self, why: &str) {
        self.unreadable.get_or_insert_with(|| why.to_owned());
    }
}

fn failed(provider: &'static Provider, outcome: Outcome) -> Error {
    match outcome {
        // Answers are read where they come in.
        Outcome::Answered(raw) | Outcome::Failed(raw) => Error::said(provider, HeaderMap::new(), bytes(&raw)),
        Outcome::Refused {
            status,
            request_id,
            body,
        } => {
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let name = provider
                .request_id
                .first()
                .and_then(|name| HeaderName::try_from(*name).ok());
            let id = request_id.and_then(|id| HeaderValue::try_from(id).ok());
            let headers = name.zip(id).into_iter().collect();
            Error::answered(provider, status, headers, bytes(&body), None)
        }
        Outcome::Expired => Error::new(ErrorKind::Deadline, "the batch was over before this call was begun"),
        Outcome::Canceled => Error::new(ErrorKind::Deadline, "the batch was canceled before this call was begun"),
    }
}

fn lost(unreadable: Option<&str>) -> Error {
    let detail = "the batch has ended without a result for this call";
    let detail = match unreadable {
        Some(why) => format!("{detail}, or with one that could not be read: {why}"),
        None => detail.to_owned(),
    };
    Error::new(ErrorKind::NoAnswer, detail).sent(true)
}

fn bytes(raw: &Raw) -> Bytes {
    Bytes::copy_from_slice(raw.get().as_bytes())
}
