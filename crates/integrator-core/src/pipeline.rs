//! The one way a call takes: every stage in its place, once for all operations and types.
//!
//! The order is a safety property and not the user's to choose; it stands in `Pipeline::run`. What a stage does is
//! written in `policy/`; what is prepared before, in `pipeline/prepare.rs`.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument as _;

use crate::clock::Clock;
use crate::credential::{Credential, Lent};
use crate::error::{Error, ErrorKind};
use crate::health::record::Records;
use crate::operation::{Operation, Streaming};
use crate::policy::breaker::{Circuits, Health};
use crate::policy::dedup::{Dedup, Landing, can_be_shared};
use crate::policy::layer::{Layer, through};
use crate::policy::limit::limiter::Held;
use crate::policy::limit::{Limiter, Slot};
use crate::policy::observe::{self, Observed};
use crate::policy::retry::{Repeater, effective, hint};
use crate::policy::timeout::progress::Progress;
use crate::policy::{auth, deadline, idempotency, timeout};
use crate::rng::Rng;
use crate::transport::{
    AnswerBody, BoxFuture, RequestBody, Transport, TransportError, TransportRequest, TransportResponse,
};
use crate::wire::encode::EncodedBody;
use crate::wire::multipart::Multipart;

#[cfg(feature = "compression")]
mod compress;
mod describe;
mod exchange;
pub(crate) mod group;
mod history;
#[cfg(feature = "oauth")]
pub(crate) mod lane;
pub(crate) mod origin;
pub(crate) mod prepare;
mod reply;

#[cfg(feature = "compression")]
pub use compress::Compress;
pub use describe::{Description, Stage, StageDescription};
pub use exchange::Exchange;
pub(crate) use history::History;
pub use prepare::Prepared;
pub use reply::Reply;

pub(crate) use describe::Stages;
pub(crate) use prepare::{Draft, Prepare};
pub(crate) use reply::{Again, Received};

/// The stages that every call of a client runs through.
#[derive(Debug)]
pub struct Pipeline {
    pub(crate) stages: Stages,
    pub(crate) prepare: Prepare,
    pub(crate) deadline: Duration,
    /// What becomes of its calls.
    pub(crate) records: Records,
    pub(crate) per_call: Vec<Arc<dyn Layer>>,
    #[cfg(feature = "compression")]
    pub(crate) compress: Compress,
    #[cfg(feature = "cache")]
    pub(crate) cache: Option<crate::policy::cache::Cache>,
    /// None where the application does not want it.
    pub(crate) dedup: Option<Dedup>,
    pub(crate) repeater: Repeater,
    pub(crate) circuits: Circuits,
    pub(crate) credential: Credential,
    #[cfg(feature = "oauth")]
    pub(crate) lane: Arc<lane::Lane>,
    pub(crate) limiter: Limiter,
    /// Those that some operations need in place of it, by name.
    pub(crate) keys: Vec<(&'static str, Credential)>,
    pub(crate) limits: timeout::Limits,
    /// The connect timeout of the built-in transport; none where the transport is the user's.
    pub(crate) connect: Option<Duration>,
    pub(crate) max_answer: u64,
    pub(crate) per_attempt: Vec<Arc<dyn Layer>>,
    pub(crate) transport: Arc<dyn Transport>,
    pub(crate) clock: Clock,
    pub(crate) rng: Rng,
}

impl Pipeline {
    /// Runs a call. What stands further in, stands further to the right.
    pub(crate) async fn run(self: &Arc<Self>, draft: &Draft) -> Result<Received, Error> {
        let (provider, operation) = (self.prepare.provider, draft.operation);
        let mut exchange = self
            .prepare
            .exchange(
                self.stages.has(Stage::Prepare),
                self.credential_of(draft.operation),
                draft,
            )
            .map_err(|error| error.of(provider, operation))?;
        let on = |stage| self.stages.has(stage);
        let mut observed = if on(Stage::Observe) {
            Observed::open(&exchange, &self.records)
        } else {
            Observed::off(&exchange)
        };
        let limit = on(Stage::Deadline).then(|| self.deadline_of(draft));
        exchange.deadline = limit.map(|(deadline, _)| deadline);
        let has_lasting_effect = exchange.has_lasting_effect;
        let history = &Arc::new(History::default());

        #[cfg(feature = "compression")]
        let compress = draft.options.compress.unwrap_or(self.compress);
        let call = through(self.layers(Stage::PerCall), exchange, |exchange| async move {
            #[cfg(feature = "compression")]
            let exchange = compress.pack(exchange);
            let exchange = if on(Stage::Idempotency) {
                idempotency::keyed(&self.rng, exchange, history)
            } else {
                exchange
            };
            self.cached(exchange, history).await
        });
        // Pinned where it stands: handed on by value, it would be copied, and kept once more, at every step.
        let call = std::pin::pin!(call);
        let outcome = deadline::within(limit, call).instrument(observed.span()).await;

        let (attempts, key) = history.take();
        let class = effective(operation.repeat, key.is_some(), has_lasting_effect);
        observed.settle(&attempts, &outcome);
        match outcome {
            Ok(reply) => Ok(Received {
                reply,
                attempts,
                key,
                class,
                provider,
                operation,
                observed,
                again: None,
            }),
            Err(error) => Err(error.of(provider, operation).concluded(attempts, key, class)),
        }
    }

    /// The credential that an operation is sent with.
    pub(crate) fn credential_of(&self, operation: &Operation) -> &Credential {
        let own = self.keys.iter().find(|(name, _)| operation.key == Some(*name));
        own.map_or(&self.credential, |(_, credential)| credential)
    }

    /// The answer that was kept, or that of the provider.
    async fn cached(self: &Arc<Self>, exchange: Box<Exchange>, history: &Arc<History>) -> Result<Reply, Error> {
        #[cfg(feature = "cache")]
        if let Some(cache) = self.cache.as_ref().filter(|_| self.stages.has(Stage::Cache)) {
            let asked = cache.run(&self.clock, exchange, |exchange| self.deduplicated(exchange, history));
            // Its state is large, and most calls have none.
            return Box::pin(asked).await;
        }
        self.deduplicated(exchange, history).await
    }

    /// The answer that another call is waiting for, or one of its own.
    async fn deduplicated(self: &Arc<Self>, exchange: Box<Exchange>, history: &Arc<History>) -> Result<Reply, Error> {
        // What is shared lies in a box of its own. So does what is not, or every call that is shared would keep room
        // for it as well.
        let Some(dedup) = self.dedup.as_ref().filter(|_| self.stages.has(Stage::Dedup)) else {
            return Box::pin(self.repeated(&exchange, history)).await;
        };
        if !can_be_shared(&exchange) {
            let _ends = dedup.ends_joining(&exchange);
            return Box::pin(self.repeated(&exchange, history)).await;
        }
        let begin = |exchange: Box<Exchange>, landing: Landing| {
            let (pipeline, history) = (Arc::clone(self), Arc::clone(history));
            async move { landing.with(pipeline.repeated(&exchange, &history).await) }
        };
        dedup.share(exchange, begin).await
    }

    /// As many attempts as it takes and as are allowed.
    async fn repeated(&self, exchange: &Exchange, history: &History) -> Result<Reply, Error> {
        let attempt = || self.attempt(exchange, history);
        if !self.stages.has(Stage::Retry) {
            return attempt().await;
        }
        let sources = (&self.clock, &self.rng);
        self.repeater.run(exchange, history, sources, attempt).await
    }

    /// One attempt, and another at once where the first one's secret was refused and there is another.
    async fn attempt(&self, exchange: &Exchange, history: &History) -> Result<Reply, Error> {
        let on = |stage| self.stages.has(stage);
        let entry = match on(Stage::Breaker) {
            true => Some(self.circuits.enter(exchange, self.clock.now())?),
            false => None,
        };
        let credential = on(Stage::Auth).then(|| self.credential_of(exchange.operation));
        let once = || self.once(exchange, history);
        let outcome = auth::authorized((credential, self.means()), exchange, history, once).await;
        if let Some(entry) = entry {
            entry.settle(Health::of(&outcome));
        }
        outcome
    }

    fn means(&self) -> auth::Means<'_> {
        auth::Means {
            clock: &self.clock,
            #[cfg(feature = "oauth")]
            lane: &self.lane,
        }
    }

    /// One try on the wire, to the whole answer.
    async fn once(&self, exchange: &Exchange, history: &History) -> Result<Reply, Error> {
        let on = |stage| self.stages.has(stage);
        let (mut place, mut slot) = (None, None);
        if on(Stage::Limit) {
            let (mut taken, waited) = self.limiter.admit(exchange).await?;
            slot = taken.slot();
            place = Some(taken);
            history.wait(waited);
            #[cfg(feature = "oauth")]
            if !waited.is_zero() && on(Stage::Auth) {
                let credential = self.credential_of(exchange.operation);
                Box::pin(auth::after_wait((credential, self.means()), history)).await?;
            }
        }
        // What was refused or given up above was no attempt: nothing of it can have been sent.
        history.begin();
        let started = self.clock.now();
        let outcome = self.answered(exchange, history, slot).await;
        if let Some(place) = place {
            place.settle(&outcome, &self.clock);
        }
        let (number, attempt) = history.settle(self.prepare.provider, &outcome);
        if on(Stage::Observe) {
            let took = self.clock.now() - started;
            observe::attempt(number, &attempt, outcome.as_ref().err(), took);
            #[cfg(feature = "metrics")]
            observe::metrics::attempt(exchange, &attempt, outcome.as_ref().err(), took);
        }
        outcome
    }

    /// The answer: whole, or up to its first content where that is handed on as it comes.
    async fn answered(&self, exchange: &Exchange, history: &History, slot: Option<Arc<Slot>>) -> Result<Reply, Error> {
        let limits = self.stages.has(Stage::Timeout).then_some(&self.limits);
        let send = |progress| self.layered(exchange, history, slot, progress);
        let reply = timeout::limited(limits, self.max_answer, exchange, send).await?;
        let reply = self.received(exchange.operation, reply)?;
        match exchange.operation.stream.filter(|_| exchange.events) {
            Some(rules) => self.begun(rules, reply).await,
            None => Ok(reply),
        }
    }

    /// Through the application's own layers, which see the secret and may change what is sent.
    async fn layered(
        &self,
        exchange: &Exchange,
        history: &History,
        slot: Option<Arc<Slot>>,
        progress: Option<Progress>,
    ) -> Result<Reply, Error> {
        let lent = history.lent();
        let layers = self.layers(Stage::PerAttempt);
        if layers.is_empty() {
            return self.send(exchange, lent.as_ref(), slot, progress).await;
        }
        let mut own = Box::new(exchange.clone());
        if let Some(lent) = &lent {
            auth::attach(lent, &mut own.headers, &mut own.uri)?;
        }
        let end = |exchange: Box<Exchange>| {
            let (slot, progress) = (slot.clone(), progress.clone());
            async move { self.send(&exchange, None, slot, progress).await }
        };
        Box::pin(through(layers, own, end)).await
    }

    /// The bottom: opens the body and hands the request to the transport.
    async fn send(
        &self,
        exchange: &Exchange,
        lent: Option<&Lent>,
        slot: Option<Arc<Slot>>,
        progress: Option<Progress>,
    ) -> Result<Reply, Error> {
        let body = match &exchange.body {
            EncodedBody::None => RequestBody::Empty,
            EncodedBody::Bytes { bytes, .. } => RequestBody::Bytes(bytes.clone()),
            EncodedBody::Multipart(parts) => Box::pin(opened(parts, progress)).await?,
        };
        let response = self.handed(exchange, lent, body)?.await.map_err(Error::from)?;
        let response = match slot {
            Some(slot) => response.map(|body| AnswerBody::stream(Held::new(body, slot))),
            None => response,
        };
        Ok(Reply::new(response))
    }

    /// Apart from `send`, whose future would keep room for the request.
    fn handed(
        &self,
        exchange: &Exchange,
        lent: Option<&Lent>,
        body: RequestBody,
    ) -> Result<BoxFuture<'_, Result<TransportResponse, TransportError>>, Error> {
        let request = request(exchange, lent, body)?;
        if self.stages.has(Stage::Observe) {
            observe::wire::request(exchange.provider, &request);
        }
        if !self.stages.has(Stage::Transport) {
            return Err(TransportError::not_sent("send without a transport").into());
        }
        Ok(self.transport.send(request))
    }

    /// The way back: an answer that is no success is an error.
    fn received(&self, operation: &'static Operation, reply: Reply) -> Result<Reply, Error> {
        if self.stages.has(Stage::Observe) {
            observe::wire::answer(self.prepare.provider, &reply);
        }
        if reply.status().is_success() {
            if self
                .prepare
                .provider
                .errors
                .member
                .is_some_and(|member| reply.says_failure(member))
            {
                let (_, headers, body) = reply.into_parts();
                return Err(Error::said(self.prepare.provider, headers, body));
            }
            if let Some((validation, body)) = self.prepare.validation.as_ref().zip(reply.body_bytes()) {
                validation.answer(
                    self.prepare.provider,
                    operation,
                    (reply.status(), reply.headers(), body),
                )?;
            }
            return Ok(reply);
        }
        let wait = hint::read(reply.headers(), self.clock.wall());
        let (status, headers, body) = reply.into_parts();
        Err(Error::answered(self.prepare.provider, status, headers, body, wait))
    }

    /// A stream up to its first content: what fails before is a failure of the attempt.
    async fn begun(&self, rules: Streaming, mut reply: Reply) -> Result<Reply, Error> {
        let provider = self.prepare.provider;
        let mut feed = reply.take_events(rules, provider.stream, self.max_answer);
        match feed.begin(reply.headers()).await {
            Ok(()) => {
                reply.set_events(feed);
                Ok(reply)
            }
            Err(stop) => Err(stop.failed(provider, &reply)),
        }
    }

    fn layers(&self, stage: Stage) -> &[Arc<dyn Layer>] {
        match stage {
            _ if !self.stages.has(stage) => &[],
            Stage::PerCall => &self.per_call,
            _ => &self.per_attempt,
        }
    }

    fn deadline_of(&self, draft: &Draft) -> (Instant, Duration) {
        let limit = draft.options.timeout.unwrap_or(self.deadline);
        (self.clock.after(limit), limit)
    }
}

/// What an exchange is on the wire.
fn request(exchange: &Exchange, lent: Option<&Lent>, body: RequestBody) -> Result<TransportRequest, Error> {
    let mut request = TransportRequest::new(body);
    let (mut uri, mut headers) = (exchange.uri.clone(), exchange.headers.clone());
    if let Some(lent) = lent {
        auth::attach(lent, &mut headers, &mut uri)?;
    }
    *request.method_mut() = exchange.method.clone();
    *request.uri_mut() = uri;
    *request.headers_mut() = headers;
    Ok(request)
}

/// The files of an upload, opened anew.
async fn opened(parts: &Multipart, progress: Option<Progress>) -> Result<RequestBody, Error> {
    let stream = parts
        .open()
        .await
        .map_err(|error| Error::new(ErrorKind::Upload, "").caused_by(error))?;
    let stream = match progress {
        Some(progress) => progress.watch(stream),
        None => stream,
    };
    let length = parts.length();
    Ok(RequestBody::Stream { stream, length })
}

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod tests;
