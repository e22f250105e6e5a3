//! One simulated provider: started on loopback, scripted, asked what it saw, stopped when dropped.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use integrator_contract::{Contract, LoadError};
use integrator_core::{Clock, Operation, Provider};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use crate::{
    Cassette, Fault, Faults, On, Received,
    echo::Echo,
    idempotent::Keys,
    kept::{Keeper, table::Table},
    limiter::Limiter,
    server::{self, Door},
    state::{Chance, State},
};

/// A simulated provider that listens on loopback until it is dropped.
#[derive(Debug)]
pub struct Mock {
    pub(crate) state: Arc<State>,
    server: JoinHandle<()>,
}

/// Why a mock could not be started.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// There is no contract of the provider's name, or it cannot be read.
    #[error(transparent)]
    Contract(#[from] LoadError),
    /// No port on loopback could be had.
    #[error("listen on {address}: {source}")]
    Listen {
        /// The address asked for; port 0 is any.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
}

impl Mock {
    /// Starts a mock of this provider on any free port of 127.0.0.1, in the current tokio runtime.
    ///
    /// # Errors
    /// The provider has no contract, or no port can be had.
    pub async fn start(provider: &'static Provider) -> Result<Self, StartError> {
        Self::builder(provider).start().await
    }

    /// A mock with a port, a seed or a contract of its own.
    pub const fn builder(provider: &'static Provider) -> Builder {
        Builder {
            provider,
            contract: None,
            port: 0,
            seed: 0,
            keep: 100_000,
            stateful: false,
            authenticated: false,
            limit: Limits::None,
            record: None,
            replay: None,
        }
    }

    /// Where it listens, `http://127.0.0.1:40123`; no slash at the end.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// The provider that is simulated.
    #[must_use]
    pub fn provider(&self) -> &'static Provider {
        self.state.provider
    }

    /// The contract that requests are held against.
    #[must_use]
    pub fn contract(&self) -> &'static Contract {
        self.state.contract
    }

    /// What this operation answers.
    #[must_use]
    pub const fn on(&self, operation: &'static Operation) -> On<'_> {
        On { mock: self, operation }
    }

    /// Closes the next connections at once, before a byte is read. Connections that stand already are not touched.
    pub fn leave_unread(&self, connections: u32) {
        self.state.leave_unread(connections);
    }

    /// Takes the listener away, as if the process was gone: every connection ends, new ones are refused, and the port
    /// stays reserved. It is done when this returns; [`accept`](Self::accept) ends it.
    pub async fn refuse(&self) {
        let (done, is_done) = oneshot::channel();
        self.turn(Door::Close(None, Some(done)), is_done).await;
    }

    /// Listens again after [`refuse`](Self::refuse).
    pub async fn accept(&self) {
        let (done, is_done) = oneshot::channel();
        self.turn(Door::Open(done), is_done).await;
    }

    async fn turn(&self, door: Door, is_done: oneshot::Receiver<()>) {
        // The server ends with the mock only, and it answers all that it is told.
        if self.state.door.send(door).is_ok() {
            let _ = is_done.await;
        }
    }

    /// Puts a fault at the end of the queue for whichever request comes next. Queues of single operations go first.
    pub fn fail(&self, fault: Fault) -> &Self {
        self.state.fail_any(fault);
        self
    }

    /// Lets this happen to any request with this probability, 0 to 1, whenever no fault stands in a queue.
    ///
    /// The draws follow the mock's seed; [`Fault::times`] does not count here.
    pub fn fail_sometimes(&self, probability: f64, fault: Fault) -> &Self {
        self.state.fail_sometimes(Chance {
            operation: None,
            probability,
            fault,
        });
        self
    }

    /// Adds the faults of a file to the queues.
    pub fn script(&self, faults: Faults) -> &Self {
        for planned in faults.planned {
            planned.put(&self.state);
        }
        self
    }

    /// Keeps these objects as if they had been created, in the collection at this path, `/v1/customers`; each is filled
    /// up to what the schema asks for. Says whether a collection that is [kept](Builder::stateful) is there.
    pub fn store(&self, path: &str, objects: impl IntoIterator<Item = Value>) -> bool {
        let objects = objects.into_iter().collect();
        let keeper = self.state.keeper.as_ref();
        keeper.is_some_and(|keeper| keeper.store(&self.state, path, objects))
    }

    /// Keeps this object as the only one at this path, `/items/settings`: it is read and changed where others are listed.
    /// Says whether a collection is there that is [kept](Builder::stateful) and may be such a singleton.
    pub fn store_single(&self, path: &str, object: &Value) -> bool {
        let keeper = self.state.keeper.as_ref();
        keeper.is_some_and(|keeper| keeper.store_single(&self.state, path, object))
    }

    /// What is kept of the collection at this path, in the order in which it was created.
    #[must_use]
    pub fn stored(&self, path: &str) -> Vec<Value> {
        let keeper = self.state.keeper.as_ref();
        keeper.map_or_else(Vec::new, |keeper| keeper.stored(path))
    }

    /// Every request so far, in the order in which they were read.
    #[must_use]
    pub fn received(&self) -> Vec<Received> {
        self.state.received()
    }

    /// The requests to one operation.
    #[must_use]
    pub fn received_for(&self, operation: &Operation) -> Vec<Received> {
        let to_it = |received: &&Received| received.operation == Some(operation.id);
        self.state.look(|all| all.iter().filter(to_it).cloned().collect())
    }

    /// How many requests came in for one operation.
    #[must_use]
    pub fn count(&self, operation: &Operation) -> usize {
        self.state.look(|all| {
            all.iter()
                .filter(|received| received.operation == Some(operation.id))
                .count()
        })
    }

    /// Every violation so far, as `METHOD /path: where /pointer: what was expected`; nothing when all is well.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        let named = |received: &Received| {
            let head = format!("{} {}", received.method, received.path());
            received
                .violations
                .iter()
                .map(|violation| format!("{head}: {violation}"))
                .collect::<Vec<_>>()
        };
        self.state.look(|all| all.iter().flat_map(named).collect())
    }

    /// Forgets every script, every request and everything that is kept.
    pub fn reset(&self) {
        self.state.reset();
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        // The task owns the listener and its connections: all of them end with it.
        self.server.abort();
    }
}

/// How to start a [`Mock`].
#[derive(Debug, Clone)]
#[must_use = "nothing is started before `start()`"]
pub struct Builder {
    provider: &'static Provider,
    contract: Option<&'static Contract>,
    port: u16,
    seed: u64,
    keep: usize,
    stateful: bool,
    authenticated: bool,
    limit: Limits,
    record: Option<Cassette>,
    replay: Option<Cassette>,
}

/// Which limiter a mock has.
#[derive(Debug, Clone, Copy)]
enum Limits {
    None,
    Own,
    One(u32, Duration),
}

impl Builder {
    /// Listens on this port; any free one unless given.
    pub const fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Makes other examples; the same seed makes the same ones.
    pub const fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Remembers this many requests, the newest; 100,000 unless given, at least one.
    pub const fn keep(mut self, requests: usize) -> Self {
        self.keep = requests;
        self
    }

    /// Keeps what is created: it can be retrieved, listed, changed and deleted afterwards, and nothing else is there.
    ///
    /// Off unless asked for, since a test that wants to see one call would have to create first all that the call is
    /// about. Which collections keep state is written down for each provider in the crate's `providers/`; others answer
    /// examples as ever.
    pub const fn stateful(mut self) -> Self {
        self.stateful = true;
        self
    }

    /// Refuses requests without a credential with the provider's 401; any credential will do.
    pub const fn authenticated(mut self) -> Self {
        self.authenticated = true;
        self
    }

    /// Limits requests as the provider documents it, by credential and account, on tokio's clock: answers tell what is
    /// left in the provider's headers, and what is too much gets its 429. Nothing is limited where nothing is documented.
    pub const fn limited(mut self) -> Self {
        self.limit = Limits::Own;
        self
    }

    /// Like [`limited`](Self::limited), with so many requests in a window of this length for all operations together.
    pub const fn limited_to(mut self, requests: u32, window: Duration) -> Self {
        self.limit = Limits::One(requests, window);
        self
    }

    /// Records every exchange on this cassette, which may be kept as a clone.
    pub fn record(mut self, cassette: &Cassette) -> Self {
        self.record = Some(cassette.clone());
        self
    }

    /// Answers what is on this cassette, strictly in its order, in place of anything of its own; a request that is not
    /// the one that is due gets a 422 that says what differs. Faults happen all the same.
    pub fn replay(mut self, cassette: &Cassette) -> Self {
        self.replay = Some(cassette.clone());
        self
    }

    /// Holds requests against this contract instead of the one built in under the provider's name.
    pub const fn contract(mut self, contract: &'static Contract) -> Self {
        self.contract = Some(contract);
        self
    }

    /// Starts it.
    ///
    /// # Errors
    /// The provider has no contract, or the port cannot be had.
    pub async fn start(self) -> Result<Mock, StartError> {
        let contract = match self.contract {
            Some(contract) => contract,
            None => Contract::load(self.provider.name)?,
        };
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let failed = |source| StartError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let url = format!("http://{}", listener.local_addr().map_err(failed)?);
        let mut table = Table::of(contract.provider());
        let (door, changes) = mpsc::unbounded_channel();
        let state = Arc::new(State {
            provider: self.provider,
            contract,
            seed: self.seed,
            url,
            clock: Clock::system(),
            keys: Keys::default(),
            player: self.replay.as_ref().map(Cassette::player),
            cassette: self.record,
            echo: Echo::new(std::mem::take(&mut table.echo)),
            authenticated: self.authenticated,
            limiter: match self.limit {
                Limits::None => None,
                Limits::Own => Some(Limiter::of(self.provider.limits)),
                Limits::One(requests, window) => Some(Limiter::one(requests, window)),
            },
            retry_after: table.retry_after,
            error: table.error(),
            ends: table.ends.take(),
            keeper: self.stateful.then(|| Keeper::new(contract, table)),
            door,
            keep: self.keep.max(1),
            inner: Mutex::default(),
        });
        let server = tokio::spawn(server::run(listener, state.clone(), changes));
        Ok(Mock { state, server })
    }
}
