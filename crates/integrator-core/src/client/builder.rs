//! [`ClientBuilder`]: every setting of a client, checked together when it is built.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::Client;
use crate::clock::Clock;
use crate::credential::{Credential, Secret};
use crate::error::{Error, ErrorKind};
use crate::health::record::Records;
use crate::options::parse_header;
#[cfg(feature = "oauth")]
use crate::pipeline::lane::Lane;
use crate::pipeline::origin::Origin;
use crate::pipeline::{Pipeline, Prepare, Stages};
use crate::policy::breaker::{Breaker, Circuits};
use crate::policy::dedup::Dedup;
use crate::policy::layer::Layer;
use crate::policy::limit::{Limit, Limiter};
use crate::policy::retry::budget::Budget;
use crate::policy::retry::{Repeater, Retry};
use crate::policy::timeout::Limits;
use crate::provider::Provider;
use crate::rng::Rng;
use crate::transport::tls::Tls;
use crate::transport::{Pooled, TlsVersion, Transport};
use crate::validate::{Validate, Validation};

/// Greatest length of a body in memory, either way, in bytes.
const MAX_BODY: u64 = 64 * 1024 * 1024;

/// Puts one transport around another.
type Wrapper = Box<dyn FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync>;

/// Sets up a client; `C` is the provider crate's own client.
#[must_use = "nothing is set up before `build()`"]
pub struct ClientBuilder<C = Client> {
    provider: &'static Provider,
    credential: Option<Credential>,
    keys: Vec<(&'static str, Credential)>,
    base_url: Option<String>,
    /// The environment was asked, so that an error names the variables that would have helped.
    asked_environment: bool,
    headers: HeaderMap,
    user_agent: Option<String>,
    plain_hosts: Vec<String>,
    #[cfg(feature = "cache")]
    cache: Option<crate::Cache>,
    #[cfg(feature = "compression")]
    compress: crate::Compress,
    dedup: bool,
    retry: Retry,
    breaker: Breaker,
    limit: Limit,
    deadline: Option<Duration>,
    connect: Option<Duration>,
    first_byte: Option<Duration>,
    idle: Option<Duration>,
    attempt: Option<Duration>,
    max_request: u64,
    max_answer: u64,
    validate: Option<Arc<dyn Validate>>,
    per_call: Vec<Arc<dyn Layer>>,
    per_attempt: Vec<Arc<dyn Layer>>,
    transport: Option<Arc<dyn Transport>>,
    wrappers: Vec<Wrapper>,
    tls: Tls,
    seed: Option<u64>,
    stages: Stages,
    clock: Option<Clock>,
    faults: Vec<String>,
    client: PhantomData<fn() -> C>,
}

impl<C> ClientBuilder<C> {
    /// Safe defaults for this provider; only the credential is missing.
    pub fn new(provider: &'static Provider) -> Self {
        Self {
            provider,
            credential: None,
            keys: Vec::new(),
            base_url: None,
            asked_environment: false,
            headers: HeaderMap::new(),
            user_agent: None,
            plain_hosts: Vec::new(),
            #[cfg(feature = "cache")]
            cache: None,
            #[cfg(feature = "compression")]
            compress: crate::Compress::never(),
            dedup: true,
            retry: Retry::standard(),
            breaker: Breaker::standard(),
            limit: Limit::standard(),
            deadline: None,
            connect: None,
            first_byte: None,
            idle: None,
            attempt: None,
            max_request: MAX_BODY,
            max_answer: MAX_BODY,
            validate: None,
            per_call: Vec::new(),
            per_attempt: Vec::new(),
            transport: None,
            wrappers: Vec::new(),
            tls: Tls::default(),
            seed: None,
            stages: Stages::default(),
            clock: None,
            faults: Vec::new(),
            client: PhantomData,
        }
    }

    /// Takes key and base URL from the environment ([`Provider::credential_env`], [`Provider::base_url_env`]);
    /// what is set by hand need not be there.
    pub fn from_env(self) -> Self {
        self.variables(|name| std::env::var(name).ok())
    }

    pub(crate) fn variables(mut self, read: impl Fn(&str) -> Option<String>) -> Self {
        let value = |name: &str| {
            read(name)
                .map(|text| text.trim().to_owned())
                .filter(|text| !text.is_empty())
        };
        self.asked_environment = true;
        if let Some(key) = value(self.provider.credential_env) {
            self.credential = Some(Credential::from_scheme(self.provider.scheme, key));
        }
        for fact in self.provider.keys {
            if let Some(key) = value(fact.env) {
                self.keys
                    .push((fact.name, Credential::from_scheme(self.provider.scheme, key)));
            }
        }
        if let Some(url) = value(self.provider.base_url_env) {
            self.base_url = Some(url);
        }
        self
    }

    /// Who is calling.
    pub fn credential(mut self, credential: Credential) -> Self {
        self.credential = Some(credential);
        self
    }

    /// Who is calling where operations need a key of this name ([`Provider::keys`]), such as `admin`.
    pub fn key(mut self, name: &str, credential: Credential) -> Self {
        match self.provider.keys.iter().find(|fact| fact.name == name) {
            Some(fact) => {
                self.keys.retain(|(known, _)| *known != fact.name);
                self.keys.push((fact.name, credential));
            }
            None => {
                let names: Vec<&str> = self.provider.keys.iter().map(|fact| fact.name).collect();
                self.faults.push(format!(
                    "{} has no key `{name}`: there are [{}]",
                    self.provider.title,
                    names.join(", ")
                ));
            }
        }
        self
    }

    /// Where calls go in place of the provider's own address: all of them, whatever server an operation names.
    pub fn base_url(mut self, url: impl Into<String>) -> Self {
        self.base_url = Some(url.into());
        self
    }

    /// A header of every request; it replaces the provider's of that name.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match parse_header(name.as_ref(), value.as_ref()) {
            Ok((name, value)) => {
                self.headers.insert(name, value);
            }
            Err(fault) => self.faults.push(fault),
        }
        self
    }

    /// The `User-Agent` header.
    pub fn user_agent(mut self, agent: impl Into<String>) -> Self {
        self.user_agent = Some(agent.into());
        self
    }

    /// Allows plain HTTP, secrets included, to a host such as one in your own network.
    pub fn allow_plain_http(mut self, host: impl Into<String>) -> Self {
        self.plain_hosts.push(host.into());
        self
    }

    /// How calls are repeated; [`Retry::standard`] unless set.
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// When a failing host is given a rest; [`Breaker::standard`] unless set.
    pub fn breaker(mut self, breaker: Breaker) -> Self {
        self.breaker = breaker;
        self
    }

    /// How fast to go, beside what the provider allows; [`Limit::standard`] unless set. [`Limit::shared`] makes it one
    /// limit for several clients and processes; `build` refuses it unless the credentials are
    /// [named](Credential::named).
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limit = limit;
        self
    }

    /// Keeps answers, each for the identity that asked; off unless set.
    #[cfg(feature = "cache")]
    pub fn cache(mut self, cache: crate::Cache) -> Self {
        self.cache = Some(cache);
        self
    }

    /// How request bodies are compressed; not at all unless set.
    ///
    /// Uploads are streamed and never compressed. Ask your provider first: one that does not expect it answers 400 or 415.
    #[cfg(feature = "compression")]
    pub fn compress(mut self, compress: crate::Compress) -> Self {
        self.compress = compress;
        self
    }

    /// Sends identical reads at the same time one by one, in place of one for all.
    pub fn without_dedup(mut self) -> Self {
        self.dedup = false;
        self
    }

    /// Time for a whole call: queueing, waiting and all attempts.
    pub fn deadline(mut self, limit: Duration) -> Self {
        self.deadline = Some(limit);
        self
    }

    /// Time to connect: name resolution, TCP and TLS.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect = Some(limit);
        self
    }

    /// Time from the end of a request to the head of its answer.
    pub fn first_byte_timeout(mut self, limit: Duration) -> Self {
        self.first_byte = Some(limit);
        self
    }

    /// Time between two chunks of an answer.
    pub fn idle_timeout(mut self, limit: Duration) -> Self {
        self.idle = Some(limit);
        self
    }

    /// Time for one attempt, its answer included; none unless set.
    pub fn attempt_timeout(mut self, limit: Duration) -> Self {
        self.attempt = Some(limit);
        self
    }

    /// Greatest length of a request body in memory, in bytes; uploads are streamed and have no limit.
    pub fn max_request(mut self, bytes: u64) -> Self {
        self.max_request = bytes;
        self
    }

    /// Greatest length of an answer in memory, in bytes; downloads are streamed and have no limit.
    pub fn max_answer(mut self, bytes: u64) -> Self {
        self.max_answer = bytes;
        self
    }

    /// Holds requests and answers against the provider's document; off unless set.
    ///
    /// `integrator_contract` has what it takes: `contract::report(PROVIDER)` and `contract::enforce(PROVIDER)`. See
    /// [`validate`](crate::validate).
    pub fn validate(mut self, validate: impl Validate) -> Self {
        self.faults.extend(validate.fault());
        self.validate = Some(Arc::new(validate));
        self
    }

    /// Adds a layer around calls; the first added is the outermost.
    pub fn per_call(mut self, layer: impl Layer) -> Self {
        self.per_call.push(Arc::new(layer));
        self
    }

    /// Adds a layer around attempts; the first added is the outermost.
    pub fn per_attempt(mut self, layer: impl Layer) -> Self {
        self.per_attempt.push(Arc::new(layer));
        self
    }

    /// Sends requests in place of the built-in transport.
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }

    /// Puts a transport around the one that is there, the built-in one or your own: to record what goes through it, say.
    ///
    /// It sees credentials. What is put around first is the innermost.
    pub fn wrap_transport(
        mut self,
        wrap: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport> + Send + Sync + 'static,
    ) -> Self {
        self.wrappers.push(Box::new(wrap));
        self
    }

    /// Trusts the authorities of a PEM file besides the system's own, such as that of a company or a test.
    pub fn root_certificates(mut self, pem: impl AsRef<[u8]>) -> Self {
        self.faults.extend(self.tls.trust(pem.as_ref()).err());
        self
    }

    /// Refuses servers that speak no version of TLS from this one on; TLS 1.2 unless set.
    pub fn min_tls(mut self, version: TlsVersion) -> Self {
        self.tls.at_least(version);
        self
    }

    /// Proves who the client is (mutual TLS): PEM with the certificate, its chain and its private key.
    pub fn client_certificate(mut self, pem: impl Into<Secret>) -> Self {
        self.faults.extend(self.tls.identify(&pem.into()).err());
        self
    }

    /// Makes jitter and keys the same in every run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// The wall clock, for dates in answers.
    #[cfg(any(test, feature = "test-util"))]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.clock = Some(clock);
        self
    }

    /// Takes a stage out, for a test that proves what it is for.
    #[cfg(any(test, feature = "test-util"))]
    pub fn without(mut self, stage: crate::Stage) -> Self {
        self.stages.remove(stage);
        self
    }

    /// Checks the settings and builds the client.
    ///
    /// # Errors
    /// When settings are missing, not valid or contradict each other; one error names all of them and what to change.
    pub fn build(mut self) -> Result<C, Error>
    where
        C: From<Client>,
    {
        let base = self.base();
        if self.asked_environment && self.credential.is_none() {
            let Provider {
                title, credential_env, ..
            } = self.provider;
            let fault = format!("the variable `{credential_env}` is not set: it holds the key for {title}");
            self.faults.push(fault);
        }
        self.check_times();
        self.faults.extend(self.retry.faults());
        self.faults.extend(self.breaker.faults());
        let credentials = self
            .credential
            .iter()
            .chain(self.keys.iter().map(|(_, credential)| credential));
        let fault = credentials.clone().filter_map(Credential::fault).next();
        self.faults.extend(fault.map(str::to_owned));
        if self.limit.is_shared() && !credentials.clone().all(Credential::is_known_elsewhere) {
            self.faults.push(
                "`Limit::shared` counts for callers that every process knows: name them with `Credential::named`"
                    .to_owned(),
            );
        }
        self.faults.extend(self.limit.faults());
        let headers = self.all_headers();
        let Some(base) = base.filter(|_| self.faults.is_empty()) else {
            return Err(Error::listing(ErrorKind::Configuration, &self.faults));
        };
        let times = self.provider.timeouts;
        let connect = self.connect.unwrap_or(Duration::from_millis(times.connect_ms));
        let built_in = self.transport.is_none();
        let transport = match self.transport {
            Some(transport) => transport,
            None => Arc::new(Pooled::new(connect, base.is_loopback(), self.tls)?),
        };
        let wrappers = self.wrappers.into_iter();
        let transport = wrappers.fold(transport, |transport, wrap| wrap(transport));
        let clock = self.clock.unwrap_or_else(Clock::system);
        #[cfg(feature = "oauth")]
        let lane = Lane::new(
            self.provider,
            Some(base.clone()),
            self.plain_hosts.clone(),
            Arc::clone(&transport),
            (clock, self.seed.map_or_else(Rng::system, |seed| Rng::seeded(seed ^ 1))),
        );
        let limiter = Limiter::new(self.limit, self.provider, &clock);
        let pipeline = Pipeline {
            stages: self.stages,
            prepare: Prepare {
                provider: self.provider,
                base,
                fixed: self.base_url.is_some(),
                headers,
                plain_hosts: self.plain_hosts,
                scope_headers: scope_headers(self.provider),
                max_request: self.max_request,
                validation: self.validate.map(Validation::new),
            },
            deadline: self.deadline.unwrap_or(Duration::from_millis(times.deadline_ms)),
            records: Records::default(),
            per_call: self.per_call,
            #[cfg(feature = "compression")]
            compress: self.compress,
            #[cfg(feature = "cache")]
            cache: self.cache,
            dedup: self.dedup.then(Dedup::default),
            repeater: Repeater {
                retry: self.retry,
                budget: Budget::full(),
            },
            circuits: Circuits::new(self.breaker),
            credential: self.credential.unwrap_or_else(Credential::none),
            #[cfg(feature = "oauth")]
            lane: Arc::new(lane),
            limiter,
            keys: self.keys,
            limits: Limits {
                first_byte: self.first_byte.unwrap_or(Duration::from_millis(times.first_byte_ms)),
                idle: self.idle.unwrap_or(Duration::from_millis(times.idle_ms)),
                attempt: self.attempt,
            },
            connect: built_in.then_some(connect),
            max_answer: self.max_answer,
            per_attempt: self.per_attempt,
            transport,
            clock,
            rng: self.seed.map_or_else(Rng::system, Rng::seeded),
        };
        Ok(Client {
            pipeline: Arc::new(pipeline),
        }
        .into())
    }

    fn base(&mut self) -> Option<Origin> {
        let Some(text) = self.base_url.as_deref().or(self.provider.base_url) else {
            let Provider {
                title, base_url_env, ..
            } = self.provider;
            self.faults.push(if self.asked_environment && !base_url_env.is_empty() {
                format!("the variable `{base_url_env}` is not set: it holds the address of your {title}")
            } else {
                format!("every {title} has an address of its own: set it with `base_url`")
            });
            return None;
        };
        match Origin::parse(text) {
            Ok(base) if base.is_safe(&self.plain_hosts) => Some(base),
            Ok(base) => {
                let host = base.host();
                self.faults.push(format!(
                    "base URL `{base}` is plain http: use https, or allow it with `allow_plain_http(\"{host}\")`"
                ));
                None
            }
            Err(fault) => {
                self.faults.push(fault);
                None
            }
        }
    }

    /// Only what the user set is held against what the user set: a short deadline simply ends before a default does.
    fn check_times(&mut self) {
        let times = [
            ("connect_timeout", self.connect),
            ("first_byte_timeout", self.first_byte),
            ("idle_timeout", self.idle),
            ("attempt_timeout", self.attempt),
            ("deadline", self.deadline),
        ];
        for (name, time) in times {
            if time.is_some_and(|time| time.is_zero()) {
                self.faults.push(format!(
                    "`{name}` is zero, so nothing could succeed: leave it out or set a time"
                ));
            }
        }
        let within = [(0, 4), (1, 4), (2, 4), (3, 4), (0, 3), (1, 3), (2, 3)];
        for (inner, outer) in within {
            let [(inner, inner_time), (outer, outer_time)] = [times[inner], times[outer]];
            if let (Some(inner_time), Some(outer_time)) = (inner_time, outer_time)
                && inner_time > outer_time
            {
                self.faults.push(format!(
                    "`{inner}` ({inner_time:?}) is longer than `{outer}` ({outer_time:?}), so it would never count: \
                     raise the one or lower the other"
                ));
            }
        }
        let built_in = [
            ("`connect_timeout` is", self.connect.is_some()),
            (
                "`root_certificates`, `min_tls` and `client_certificate` are",
                self.tls.is_set(),
            ),
        ];
        for (what, _) in built_in.iter().filter(|(_, set)| *set && self.transport.is_some()) {
            self.faults.push(format!(
                "{what} for the built-in transport: set it on your own transport, and leave it out here"
            ));
        }
    }

    /// The client's headers over the provider's.
    fn all_headers(&mut self) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(16);
        // Every call has one: with room for it, the map that a call clones need not grow.
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        for (name, value) in self.provider.headers {
            match (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
                (Ok(name), Ok(value)) => {
                    headers.insert(name, value);
                }
                _ => self.faults.push(format!("the provider's header `{name}` is not valid")),
            }
        }
        let agent = match self.user_agent.take() {
            Some(agent) => HeaderValue::try_from(agent).ok(),
            None => Some(HeaderValue::from_static(concat!(
                "integrator/",
                env!("CARGO_PKG_VERSION")
            ))),
        };
        match agent {
            Some(agent) => {
                headers.insert(header::USER_AGENT, agent);
            }
            None => self
                .faults
                .push("the user agent has characters that a header cannot carry".to_owned()),
        }
        headers.extend(std::mem::take(&mut self.headers));
        headers
    }
}

impl<C> fmt::Debug for ClientBuilder<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("provider", &self.provider.name)
            .field("base_url", &self.base_url.as_deref().map(|_| "…"))
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

/// Names that no header can have are left out: there is none of that name.
fn scope_headers(provider: &Provider) -> Vec<(&'static str, HeaderName)> {
    let names = provider.scope_headers.iter();
    names
        .filter_map(|name| Some((*name, HeaderName::from_bytes(name.as_bytes()).ok()?)))
        .collect()
}

#[cfg(test)]
mod tests;
