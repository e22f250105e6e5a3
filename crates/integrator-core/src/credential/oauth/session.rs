//! [`Session`]: the token of one caller, kept fresh.
//!
//! When it is to be renewed is decided in `tenure.rs`; that one renews for all, in `flight.rs`; with what, in
//! `grant.rs`; where it is kept, in `store.rs`. This file puts them together.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tracing::{error, info, warn};

use super::failure::Failure;
use super::flight::{Flight, Spawn};
use super::store::{StoreLock, TokenStore};
use super::tenure::{Advice, Tenure};
use super::{OAuth, Token};
use crate::credential::{Fingerprint, Key, Lent};
use crate::error::{Error, ErrorKind};
use crate::health::CredentialHealth;
use crate::pipeline::lane::Lane;

/// How long others may hold the lock of a token.
const LOCK: Duration = Duration::from_secs(20);
/// How long a store may take for anything else.
const STORE: Duration = Duration::from_secs(5);
/// How often a token that was issued is tried to be saved.
const SAVES: u32 = 3;
const BETWEEN_SAVES: Duration = Duration::from_millis(200);

/// The token of one caller.
#[derive(Debug)]
pub(crate) struct Session {
    oauth: OAuth,
    state: Mutex<State>,
    flight: Flight,
}

#[derive(Debug, Default)]
struct State {
    tenure: Tenure,
    held: Option<Held>,
    error: Option<Error>,
    /// The token could not be saved and serves from memory.
    unsaved: bool,
}

#[derive(Debug, Clone)]
struct Held {
    token: Arc<Token>,
    key: Arc<Key>,
}

/// What is known of the token of a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TokenStatus {
    /// Which token it is.
    pub fingerprint: Option<Fingerprint>,
    /// How long ago it was fetched.
    pub age: Option<Duration>,
    /// How much longer it is good, where that is known.
    pub left: Option<Duration>,
    /// The last renewal failed.
    pub stale: bool,
    /// It could not be saved: it is lost when the process ends.
    pub unsaved: bool,
}

impl From<TokenStatus> for CredentialHealth {
    fn from(status: TokenStatus) -> Self {
        Self {
            fingerprint: status.fingerprint,
            age: status.age,
            left: status.left,
            is_stale: status.stale,
            is_unsaved: status.unsaved,
            ..Self::default()
        }
    }
}

impl Session {
    pub(super) fn new(oauth: OAuth) -> Self {
        Self::spawning(oauth, |job| {
            tokio::spawn(job);
        })
    }

    pub(super) fn spawning(oauth: OAuth, spawn: Spawn) -> Self {
        Self {
            oauth,
            state: Mutex::default(),
            flight: Flight::new(spawn),
        }
    }

    /// Begins with a token that was obtained before.
    pub(super) fn begin(&self, lane: &Lane, token: Token) -> Result<(), Error> {
        let key = Key::bearer(token.access()).map_err(|why| Error::new(ErrorKind::Configuration, why))?;
        self.take(lane, &mut self.lock(), token, key);
        Ok(())
    }

    /// The token for an attempt; waits for its renewal where that cannot wait.
    ///
    /// # Cancel safety
    /// The renewal goes on when this is dropped.
    pub(crate) async fn lend(self: &Arc<Self>, lane: &Arc<Lane>) -> Result<Lent, Error> {
        let mut before: Option<Option<Arc<Key>>> = None;
        loop {
            let waiting = {
                let state = self.lock();
                let advice = state.tenure.advice(lane.clock.now());
                let key = state.held.as_ref().map(|held| &held.key);
                let renewed = before
                    .as_ref()
                    .is_some_and(|before| before.as_ref().map(Arc::as_ptr) != key.map(Arc::as_ptr));
                match (advice, &state.held) {
                    // What was waited for serves, even if it ends as soon as it is there.
                    (Advice::Wait, Some(held)) if renewed => return Ok(held.lend(false)),
                    (Advice::Serve { stale }, Some(held)) => return Ok(held.lend(stale)),
                    (Advice::Renew { stale }, Some(held)) => {
                        let lent = held.lend(stale);
                        drop(state);
                        drop(self.join(lane));
                        return Ok(lent);
                    }
                    (Advice::Fail, _) => return Err(state.last_error()),
                    _ => {
                        before = Some(key.cloned());
                        drop(state);
                        self.join(lane)
                    }
                }
            };
            waiting.await;
        }
    }

    /// Another token than the one that was refused; none where there is none to be had.
    pub(crate) async fn other(self: &Arc<Self>, lane: &Arc<Lane>, refused: &Lent) -> Option<Lent> {
        {
            let mut state = self.lock();
            let same = state
                .held
                .as_ref()
                .is_some_and(|held| Arc::ptr_eq(&held.key, &refused.key));
            if same && !state.tenure.refused(lane.clock.now()) {
                return None;
            }
        }
        let lent = self.lend(lane).await.ok()?;
        (!Arc::ptr_eq(&lent.key, &refused.key)).then_some(lent)
    }

    pub(crate) fn status(&self, now: tokio::time::Instant) -> TokenStatus {
        let state = self.lock();
        TokenStatus {
            fingerprint: state.held.as_ref().and_then(|held| held.key.fingerprint()),
            age: state.tenure.age(now),
            left: state.tenure.left(now),
            stale: state.tenure.has_failed(),
            unsaved: state.unsaved,
        }
    }

    /// The file that the token is kept in, where it is one.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        let (store, name) = self.oauth.store.as_ref()?;
        store.file(name)
    }

    fn join(self: &Arc<Self>, lane: &Arc<Lane>) -> impl Future<Output = ()> + Send + use<> {
        let (this, lane) = (Arc::clone(self), Arc::clone(lane));
        self.flight.join(Box::pin(async move { this.renew(&lane).await }))
    }

    /// Renews the token and notes what became of it.
    async fn renew(&self, lane: &Lane) {
        let (known, urgent) = {
            let state = self.lock();
            let now = lane.clock.now();
            let urgent = !matches!(state.tenure.advice(now), Advice::Renew { .. } | Advice::Serve { .. });
            (state.held.clone().map(|held| held.token), urgent)
        };
        let known = known.or_else(|| self.oauth.token.clone().map(Arc::new));
        let renewed = self.renewed(lane, known.as_deref(), urgent).await;
        let mut state = self.lock();
        let usable = renewed.and_then(|(token, unsaved)| match Key::bearer(token.access()) {
            Ok(key) => Ok((token, key, unsaved)),
            Err(why) => Err(Failure::lasting(why)),
        });
        match usable {
            Ok((token, key, unsaved)) => {
                let fingerprint = key.fingerprint().map(tracing::field::display);
                info!(target: "integrator", provider = lane.provider.name, fingerprint, "token renewed");
                self.take(lane, &mut state, token, key);
                state.unsaved = unsaved;
            }
            Err(failure) => {
                let now = lane.clock.now();
                let serves = state.tenure.is_good(now);
                let reason = failure.error.kind().as_str();
                let provider = lane.provider.name;
                warn!(target: "integrator", provider, reason, serves, "token not renewed");
                let jitter = lane.rng.up_to(Duration::from_secs(1));
                state.tenure.failed(now, failure.lasting, jitter);
                state.error = Some(failure.error);
            }
        }
    }

    /// A newer token than `known`, from the store where another process left one, else from the provider; and whether it
    /// could not be saved.
    async fn renewed(&self, lane: &Lane, known: Option<&Token>, urgent: bool) -> Result<(Token, bool), Failure> {
        let Some((store, name)) = &self.oauth.store else {
            return Ok((self.oauth.obtain(lane, known).await?, false));
        };
        let (_lock, kept) = match found(&**store, name).await {
            Ok((lock, kept)) => (Some(lock), kept),
            // While the old token serves, the renewal can wait for the store.
            Err(away) if !urgent => return Err(Failure::passing("the store of tokens is away", away)),
            Err(away) => {
                warn!(target: "integrator", error = %away, "store of tokens away, renewing without its lock");
                (None, None)
            }
        };
        let newer = kept.filter(|kept| known.is_none_or(|known| kept.version() > known.version()));
        if let Some(token) = &newer
            && token.left(lane.clock.wall()).is_none_or(|left| left > STORE)
        {
            return Ok((token.clone(), false));
        }
        let token = self.oauth.obtain(lane, newer.as_ref().or(known)).await?;
        let unsaved = save(&**store, name, &token).await.is_err();
        Ok((token, unsaved))
    }

    fn take(&self, lane: &Lane, state: &mut State, token: Token, key: Key) {
        let left = token.left(lane.clock.wall());
        let jitter = lane.rng.up_to(Tenure::most_jitter(left));
        state.tenure.renewed(lane.clock.now(), left, jitter);
        state.error = None;
        state.held = Some(Held {
            token: Arc::new(token),
            key: Arc::new(key),
        });
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn lend(&self, stale: bool) -> Lent {
        Lent {
            key: Arc::clone(&self.key),
            stale,
        }
    }
}

impl State {
    fn last_error(&self) -> Error {
        match &self.error {
            Some(error) => error.same(),
            None => Error::new(ErrorKind::NoToken, ""),
        }
    }
}

/// The lock of a token, and what the store holds.
async fn found(store: &dyn TokenStore, name: &str) -> Result<(StoreLock, Option<Token>), Away> {
    let lock = tokio::time::timeout(LOCK, store.lock(name))
        .await
        .map_err(|_| Away::Late)??;
    let kept = tokio::time::timeout(STORE, store.load(name))
        .await
        .map_err(|_| Away::Late)??;
    Ok((lock, kept))
}

/// Saves a token that was issued, before anybody uses it.
pub(super) async fn save(store: &dyn TokenStore, name: &str, token: &Token) -> Result<(), Away> {
    let mut tries = 1;
    loop {
        let saved = tokio::time::timeout(STORE, store.save(name, token)).await;
        let away = match saved {
            Ok(Ok(())) => return Ok(()),
            Ok(Err(error)) => Away::Store(error),
            Err(_) => Away::Late,
        };
        if tries == SAVES {
            error!(
                target: "integrator",
                error = %away,
                "token issued but not saved: it serves from memory and is lost when the process ends"
            );
            return Err(away);
        }
        tries += 1;
        tokio::time::sleep(BETWEEN_SAVES).await;
    }
}

/// The store does not do what it should.
#[derive(Debug, thiserror::Error)]
pub(super) enum Away {
    #[error("{0}")]
    Store(#[from] super::StoreError),
    #[error("wait for the store any longer")]
    Late,
}

#[cfg(test)]
mod tests;
