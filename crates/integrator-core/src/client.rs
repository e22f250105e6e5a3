//! [`Client`]: one provider, one credential, one pipeline. A provider crate wraps it and adds the names.

use std::fmt;
use std::sync::Arc;

use crate::call::Call;
use crate::error::Error;
use crate::operation::Operation;
use crate::pipeline::Pipeline;
use crate::policy::{Circuit, Headroom};
use crate::provider::Provider;

mod builder;

pub use builder::ClientBuilder;

/// Calls one provider. Cheap to clone: clones share connections, budget and settings.
#[derive(Clone)]
pub struct Client {
    pub(crate) pipeline: Arc<Pipeline>,
}

impl Client {
    /// A client to be set up.
    pub fn builder(provider: &'static Provider) -> ClientBuilder<Self> {
        ClientBuilder::new(provider)
    }

    /// A client with safe defaults whose key, and where the provider has no address of its own also whose base URL,
    /// stand in the environment ([`Provider::credential_env`], [`Provider::base_url_env`]).
    ///
    /// # Errors
    /// When a variable is missing; the error names it.
    pub fn from_env(provider: &'static Provider) -> Result<Self, Error> {
        Self::builder(provider).from_env().build()
    }

    /// A call of an operation, to be filled and sent.
    pub fn call<T>(&self, operation: &'static Operation) -> Call<T> {
        Call::new(self.clone(), operation)
    }

    /// The provider.
    #[must_use]
    pub fn provider(&self) -> &'static Provider {
        self.pipeline.prepare.provider
    }

    /// The stages that every call runs through.
    #[must_use]
    pub fn pipeline(&self) -> &Pipeline {
        &self.pipeline
    }

    /// The circuits there are: one for each host, group of operations and identity that was called.
    #[must_use]
    pub fn circuits(&self) -> Vec<Circuit> {
        self.pipeline.circuits.list(self.pipeline.clock.now())
    }

    /// What every identity has left of every group of operations that was called.
    #[must_use]
    pub fn headroom(&self) -> Vec<Headroom> {
        self.pipeline.limiter.list()
    }

    /// Where calls go, without a trailing slash.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.pipeline.prepare.base.to_string()
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("provider", &self.provider().name)
            .field("base_url", &self.base_url())
            .field("credential", &self.pipeline.credential)
            .finish_non_exhaustive()
    }
}
