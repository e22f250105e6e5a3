//! [`Lane`]: the short pipeline on which credentials renew themselves.
//!
//! It shares the transport with calls and nothing else: no slot, no budget of repeats and no circuit, so that a call can
//! wait for a renewal while it holds what other calls wait for. It has a deadline, repeats and time limits of its own.
//! Layers of the application's do not see what it sends.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode, Uri};

use super::origin::Origin;
use super::{Exchange, History, Reply};
use crate::clock::Clock;
use crate::credential::Credential;
use crate::error::{Error, ErrorKind};
use crate::operation::{Body, Method, Operation, Repeat};
use crate::policy::retry::budget::Budget;
use crate::policy::retry::{Repeater, Retry, hint};
use crate::policy::{deadline, timeout};
use crate::provider::Provider;
use crate::rng::Rng;
use crate::transport::{Pooled, RequestBody, Transport, tls::Tls};
use crate::wire::encode::EncodedBody;

/// Time for one request, repeats included.
const DEADLINE: Duration = Duration::from_secs(30);
/// Greatest length of an answer in bytes.
const MAX_ANSWER: u64 = 1024 * 1024;

/// A request that can be made twice without harm.
static HARMLESS: Operation = Operation {
    id: "token",
    name: "token",
    method: Method::Post,
    path: "",
    body: Body::Form,
    repeat: Repeat::Repeatable,
    ..Operation::DEFAULT
};

/// A request that uses something up: a code, a single-use token.
static ONCE: Operation = Operation {
    repeat: Repeat::Unsafe,
    ..HARMLESS
};

/// What a credential needs to renew itself.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) provider: &'static Provider,
    pub(crate) base: Option<Origin>,
    pub(crate) plain_hosts: Vec<String>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
    repeater: Repeater,
}

impl Lane {
    pub(crate) fn new(
        provider: &'static Provider,
        base: Option<Origin>,
        plain_hosts: Vec<String>,
        transport: Arc<dyn Transport>,
        (clock, rng): (Clock, Rng),
    ) -> Self {
        Self {
            provider,
            base,
            plain_hosts,
            transport,
            clock,
            rng,
            repeater: Repeater {
                retry: Retry::standard(),
                budget: Budget::full(),
            },
        }
    }

    /// One that belongs to no client.
    pub(crate) fn alone(provider: &'static Provider, transport: Option<Arc<dyn Transport>>) -> Result<Self, Error> {
        let transport = match transport {
            Some(transport) => transport,
            None => {
                let connect = Duration::from_millis(provider.timeouts.connect_ms);
                Arc::new(Pooled::new(connect, false, Tls::default())?)
            }
        };
        let means = (Clock::system(), Rng::system());
        Ok(Self::new(provider, None, Vec::new(), transport, means))
    }

    /// The URL of an operation of the provider's own.
    pub(crate) fn url(&self, path: &str) -> Result<Uri, Error> {
        let wrong = |why: String| Error::new(ErrorKind::Configuration, why);
        let base = self
            .base
            .as_ref()
            .ok_or_else(|| wrong("there is no base URL".to_owned()))?;
        base.join(path.to_owned()).map_err(wrong)
    }

    /// Sends one request, and again what may be sent again; an answer of whatever status is an answer.
    ///
    /// # Errors
    /// When no answer came, or a secret would leave unencrypted.
    pub(crate) async fn send(&self, request: Request<Vec<u8>>, once: bool) -> Result<Response<Vec<u8>>, Error> {
        let (head, body) = request.into_parts();
        self.check(&head.uri)?;
        let media_type = head.headers.get(http::header::CONTENT_TYPE);
        let media_type = media_type.and_then(|value| value.to_str().ok()).unwrap_or_default();
        let exchange = Exchange {
            provider: self.provider,
            operation: if once { &ONCE } else { &HARMLESS },
            identity: Credential::none().identity(Vec::new()),
            group: "".into(),
            own_headers: 0,
            #[cfg(feature = "cache")]
            cache: crate::policy::cache::Wish::default(),
            method: head.method,
            uri: head.uri,
            body: EncodedBody::Bytes {
                media_type: media_type.to_owned().into(),
                bytes: Bytes::from(body),
            },
            headers: head.headers,
            idempotency_key: None,
            retry: None,
            has_lasting_effect: false,
            streamed: false,
            events: false,
            deadline: Some(self.clock.after(DEADLINE)),
            priority: Default::default(),
            tokens: 0,
        };
        let limit = exchange.deadline.map(|deadline| (deadline, DEADLINE));
        let history = History::default();
        let limits = timeout::Limits {
            first_byte: DEADLINE / 2,
            idle: DEADLINE / 2,
            attempt: None,
        };
        let attempt = || self.attempt(&limits, &exchange, &history);
        let sending = self
            .repeater
            .run(&exchange, &history, (&self.clock, &self.rng), attempt);
        let (status, headers, body) = match deadline::within(limit, sending).await {
            Ok(reply) => reply.into_parts(),
            Err(error) => match error.status() {
                Some(status) => (
                    status,
                    error.headers().clone(),
                    Bytes::copy_from_slice(error.body_bytes()),
                ),
                None => return Err(error),
            },
        };
        Ok(respond(status, headers, &body))
    }

    async fn attempt(&self, limits: &timeout::Limits, exchange: &Exchange, history: &History) -> Result<Reply, Error> {
        history.begin();
        let outcome = timeout::limited(Some(limits), MAX_ANSWER, exchange, |_| self.request(exchange)).await;
        let outcome = outcome.and_then(|reply| self.received(reply));
        history.settle(self.provider, &outcome);
        outcome
    }

    async fn request(&self, exchange: &Exchange) -> Result<Reply, Error> {
        let body = exchange.body_bytes().unwrap_or_default();
        let body = RequestBody::Bytes(Bytes::copy_from_slice(body));
        let request = super::request(exchange, None, body)?;
        Ok(Reply::new(self.transport.send(request).await.map_err(Error::from)?))
    }

    fn received(&self, reply: Reply) -> Result<Reply, Error> {
        if reply.status().is_success() {
            return Ok(reply);
        }
        let wait = hint::read(reply.headers(), self.clock.wall());
        let (status, headers, body) = reply.into_parts();
        Err(Error::answered(self.provider, status, headers, body, wait))
    }

    /// A secret is about to go there.
    fn check(&self, uri: &Uri) -> Result<(), Error> {
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let origin = Origin::parse(&format!("{}://{host}", uri.scheme_str().unwrap_or_default()));
        match origin {
            Ok(origin) if origin.is_safe(&self.plain_hosts) => Ok(()),
            Ok(origin) => Err(Error::new(
                ErrorKind::Insecure,
                format!("the token's address at `{}` is plain http: use https", origin.host()),
            )),
            Err(fault) => Err(Error::new(ErrorKind::Configuration, fault)),
        }
    }
}

fn respond(status: StatusCode, headers: HeaderMap, body: &[u8]) -> Response<Vec<u8>> {
    let mut response = Response::new(body.to_vec());
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}
