//! [`Scene`]: what one scenario plays with, and the expectations that it notes.

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use integrator::core::{Client, ClientBuilder};
use integrator::mock::Mock;
use integrator::{Credential, Error, Provider, Retry};

use super::meter::Meter;
use super::progress::Ticker;

/// Stands in every key that the demo uses; it must never be written.
pub(super) const CANARY: &str = "canary_4242424242424242";

/// One thing that a client must survive or refuse.
pub(super) struct Scenario<C> {
    /// What happens.
    pub(super) name: &'static str,
    /// What the table says was survived.
    pub(super) survives: Option<&'static str>,
    /// Plays it.
    pub(super) run: for<'a> fn(&'a Scene<'a, C>) -> Playing<'a>,
}

/// A scenario that is being played.
pub(super) type Playing<'a> = Pin<Box<dyn Future<Output = Result<(), Stop>> + 'a>>;

/// The scenario cannot go on; the expectation that says why is noted.
#[derive(Debug)]
pub(super) struct Stop;

/// What all clients of one run have in common.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) retry: Retry,
}

/// Three attempts with waits that nobody notices.
pub(super) const fn quick_retry() -> Retry {
    Retry::standard()
        .backoff(Duration::from_millis(2))
        .throttled_backoff(Duration::from_millis(4))
}

/// An expectation and what was found.
#[derive(Debug)]
pub(super) struct Check {
    name: &'static str,
    /// What was found instead; none when it holds.
    instead: Option<String>,
}

impl Check {
    pub(super) fn holds(&self) -> bool {
        self.instead.is_none()
    }
}

/// `the expectation: what was found instead`
impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.instead.as_deref().unwrap_or("it holds"))
    }
}

/// What one scenario plays with.
pub(super) struct Scene<'a, C> {
    pub(super) client: C,
    pub(super) mock: &'a Mock,
    provider: &'static Provider,
    settings: &'a Settings,
    meter: &'a Meter,
    ticker: Ticker,
    checks: Mutex<Vec<Check>>,
}

impl<'a, C: From<Client>> Scene<'a, C> {
    /// A scene with a client, and so with connections, of its own.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub(super) fn new(
        provider: &'static Provider,
        mock: &'a Mock,
        settings: &'a Settings,
        meter: &'a Meter,
        ticker: Ticker,
    ) -> Result<Self, Error> {
        let client = builder(provider, mock.url(), settings, meter).build()?;
        Ok(Self {
            client,
            mock,
            provider,
            settings,
            meter,
            ticker,
            checks: Mutex::default(),
        })
    }

    /// A client that calls somewhere else.
    pub(super) fn client_at(&self, url: &str) -> Result<C, Stop> {
        let built = builder(self.provider, url, self.settings, self.meter).build();
        self.succeeds("the client is built", built)
    }
}

impl<C> Scene<'_, C> {
    /// Notes an expectation; `instead` says what was found when it does not hold.
    ///
    /// One that holds for every item of a list is one expectation.
    pub(super) fn expect(&self, name: &'static str, holds: bool, instead: impl FnOnce() -> String) {
        let mut checks = self.checks.lock().unwrap_or_else(PoisonError::into_inner);
        if !holds || !checks.iter().any(|check| check.name == name) {
            let instead = (!holds).then(instead);
            checks.push(Check { name, instead });
        }
    }

    /// Notes the expectation that two values are equal.
    #[allow(
        clippy::needless_pass_by_value,
        reason = "tables of expectations are full of literals"
    )]
    pub(super) fn equal<T: PartialEq + Debug>(&self, name: &'static str, found: T, expected: T) {
        let holds = found == expected;
        self.expect(name, holds, || format!("expected {expected:?}, found {found:?}"));
    }

    /// The value; if there is none the expectation of this name is broken and the scenario ends.
    pub(super) fn succeeds<T>(&self, name: &'static str, result: Result<T, impl fmt::Display>) -> Result<T, Stop> {
        let (value, instead) = match result {
            Ok(value) => (Ok(value), None),
            Err(error) => (Err(Stop), Some(format!("failed to {error}"))),
        };
        self.expect(name, instead.is_none(), || instead.unwrap_or_default());
        value
    }

    /// The error; if there is none the expectation of this name is broken and the scenario ends.
    pub(super) fn fails<T>(&self, name: &'static str, result: Result<T, Error>) -> Result<Error, Stop> {
        self.expect(name, result.is_err(), || "it succeeded".to_owned());
        result.err().ok_or(Stop)
    }

    /// Shows how far a long scenario is.
    pub(super) fn tick(&self, done: u64, of: u64) {
        self.ticker.tick(done, of);
    }

    /// The expectations, and that every request was as the contract wants it.
    pub(super) fn finish(self) -> Vec<Check> {
        let violations = self.mock.violations();
        self.equal("every request keeps the contract", violations, Vec::new());
        self.checks.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

fn builder<C>(provider: &'static Provider, url: &str, settings: &Settings, meter: &Meter) -> ClientBuilder<C> {
    ClientBuilder::new(provider)
        .base_url(url)
        .credential(Credential::from_scheme(provider.scheme, CANARY))
        .retry(settings.retry.clone())
        .per_call(meter.calls())
        .per_attempt(meter.attempts())
}
