//! [`Registry`]: the clients of a program by name, looked at together.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::{Health, Status};
use crate::client::Client;
use crate::pipeline::Pipeline;

/// The clients of a program by name. Cheap to clone: clones know the same clients.
///
/// It keeps no client alive: one that the program has dropped is no longer listed.
///
/// ```
/// # use integrator_core::{Client, Credential, Provider};
/// use integrator_core::health::{Registry, Status};
/// # static PROVIDER: Provider = Provider { name: "acme", base_url: Some("https://acme.test"), ..Provider::DEFAULT };
/// # fn main() -> Result<(), integrator_core::Error> {
/// # let client = Client::builder(&PROVIDER).credential(Credential::bearer("key")).build()?;
/// let registry = Registry::new();
/// registry.register("billing", &client);
/// assert_eq!(registry.health().status, Status::Healthy);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Registry(Arc<Mutex<BTreeMap<String, Weak<Pipeline>>>>);

/// How the clients of a [`Registry`] are doing.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct RegistryHealth {
    /// That of the worst of them.
    pub status: Status,
    /// Each of them, by name.
    pub clients: BTreeMap<String, Health>,
}

impl Registry {
    /// One without clients.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a client, or puts it in the place of the one that had this name. A provider's own client has the one that is
    /// meant behind `core()`.
    pub fn register(&self, name: impl Into<String>, client: &Client) {
        let mut clients = self.lock();
        clients.retain(|_, client| client.strong_count() > 0);
        clients.insert(name.into(), Arc::downgrade(&client.pipeline));
    }

    /// How the clients that are still there are doing.
    #[must_use]
    pub fn health(&self) -> RegistryHealth {
        // A client that is looked at may be the last of its kind, and what it drops is no business of this lock.
        let clients: Vec<(String, Client)> = self
            .lock()
            .iter()
            .filter_map(|(name, pipeline)| {
                let pipeline = pipeline.upgrade()?;
                Some((name.clone(), Client { pipeline }))
            })
            .collect();
        let clients: BTreeMap<String, Health> = clients
            .into_iter()
            .map(|(name, client)| (name, client.health()))
            .collect();
        RegistryHealth {
            status: clients
                .values()
                .map(|health| health.status)
                .max()
                .unwrap_or(Status::Healthy),
            clients,
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Weak<Pipeline>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
