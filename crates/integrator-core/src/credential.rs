//! Who is calling: the secret, how it is attached, and the identity that policies tell callers apart by.
//!
//! Attaching it is the business of the auth stage; where it may go is checked before by `prepare`.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::HeaderValue;
use tokio::time::Instant;

use crate::error::{Error, ErrorKind};
use crate::health::CredentialHealth;
use crate::policy::auth::Means;
use crate::provider::Scheme;

pub(crate) mod base64;
mod fingerprint;
mod identity;
mod key;
#[cfg(feature = "oauth")]
pub mod oauth;
mod ring;
mod secret;
mod watched;

use identity::Owner;
use ring::Ring;
use watched::Watched;

pub use fingerprint::Fingerprint;
pub use identity::Identity;
pub(crate) use key::{Attach, Key};
pub use secret::Secret;

/// What proves who is calling, and where it goes in a request.
///
/// Two clients share limits, caches and circuits only when they use clones of one credential, or credentials of the
/// same [name](Self::named).
#[derive(Clone)]
pub struct Credential {
    source: Source,
    owner: Owner,
}

/// Where the secret comes from.
#[derive(Clone)]
enum Source {
    Fixed(Arc<Key>),
    Ring(Arc<Ring>),
    File(Arc<Watched>),
    #[cfg(feature = "oauth")]
    Session(Arc<oauth::Session>),
    /// What is wrong with it; `build` refuses it.
    Faulty(Arc<str>),
}

/// A secret for one attempt.
#[derive(Debug, Clone)]
pub(crate) struct Lent {
    pub(crate) key: Arc<Key>,
    /// It should have been renewed, and could not be.
    pub(crate) stale: bool,
}

impl Credential {
    /// Nothing is attached.
    #[must_use]
    pub fn none() -> Self {
        Self {
            source: Source::Fixed(Arc::new(Key::NONE)),
            owner: Owner::Nobody,
        }
    }

    /// `Authorization: Bearer <token>` (RFC 6750).
    pub fn bearer(token: impl Into<Secret>) -> Self {
        Self::fixed(Key::bearer(&token.into()))
    }

    /// `Authorization: Basic …` (RFC 7617).
    pub fn basic(user: impl AsRef<str>, password: impl Into<Secret>) -> Self {
        Self::fixed(Key::basic(user.as_ref(), &password.into()))
    }

    /// The secret alone in a header.
    pub fn header(name: impl AsRef<str>, secret: impl Into<Secret>) -> Self {
        Self::fixed(Key::header(name.as_ref(), &secret.into()))
    }

    /// The secret in a query parameter; it never appears in a printed URL.
    pub fn query(name: impl AsRef<str>, secret: impl Into<Secret>) -> Self {
        Self::fixed(Ok(Key::query(name.as_ref(), secret.into())))
    }

    /// The secret as a provider wants it.
    pub fn from_scheme(scheme: Scheme, secret: impl Into<Secret>) -> Self {
        Self::fixed(Key::of_scheme(scheme, secret.into()))
    }

    /// A secret in a file, as `scheme` wants it. The file is looked at again when a call is made and the last look was
    /// `every` or longer ago, and when the provider refuses the secret (401).
    ///
    /// White space around the secret does not count. A file that becomes unreadable leaves the old secret in place.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use integrator_core::{Credential, provider::Scheme};
    ///
    /// let credential = Credential::file("/run/secrets/api-key", Scheme::Bearer, Duration::from_secs(10));
    /// ```
    pub fn file(path: impl Into<PathBuf>, scheme: Scheme, every: Duration) -> Self {
        match Watched::open(path.into(), scheme, every) {
            Ok(watched) => Self::unnamed(Source::File(Arc::new(watched))),
            Err(why) => Self::faulty(why),
        }
    }

    /// Several secrets of one caller, the newest first: the next serves where the first is refused (401).
    ///
    /// [`rotate`](Self::rotate) on this credential or a clone of it adds a new one while calls are under way. Which one
    /// served stands in [`Attempt::fingerprint`](crate::Attempt::fingerprint).
    ///
    /// ```
    /// use integrator_core::Credential;
    ///
    /// # fn main() -> Result<(), integrator_core::Error> {
    /// let credential = Credential::rotating([Credential::bearer("new"), Credential::bearer("old")]);
    /// credential.rotate(Credential::bearer("newer"))?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn rotating(credentials: impl IntoIterator<Item = Self>) -> Self {
        let mut keys = Vec::new();
        for credential in credentials {
            match credential.source {
                Source::Fixed(key) => keys.push(key),
                Source::Faulty(why) => return Self::faulty(why.to_string()),
                _ => {
                    return Self::faulty("a rotating credential is made of fixed ones, such as `bearer`".to_owned());
                }
            }
        }
        let mut keys = keys.into_iter();
        match keys.next() {
            Some(first) => Self::unnamed(Source::Ring(Arc::new(Ring::new(first, keys)))),
            None => Self::faulty("a rotating credential needs at least one secret".to_owned()),
        }
    }

    /// Puts a new secret in front of a [rotating](Self::rotating) credential, for every client that uses it or a clone
    /// of it. The one that was in front stays as the fallback.
    ///
    /// # Errors
    /// When this credential is not a rotating one, or the new one is not a fixed one; nothing is changed.
    pub fn rotate(&self, new: Self) -> Result<(), Error> {
        let fault = match (&self.source, new.source) {
            (Source::Ring(ring), Source::Fixed(key)) => {
                ring.rotate(key);
                return Ok(());
            }
            (Source::Ring(_), Source::Faulty(why)) => why,
            (Source::Ring(_), _) => "the new secret has to be a fixed one, such as `bearer`".into(),
            _ => "only a credential made by `Credential::rotating` can be given a new secret".into(),
        };
        Err(Error::new(ErrorKind::Configuration, &*fault))
    }

    /// Gives it a name: every credential of that name counts as the same caller, also after its secret was replaced.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.owner = Owner::Named(name.into());
        self
    }

    /// What is wrong with it.
    pub(crate) fn fault(&self) -> Option<&str> {
        match &self.source {
            Source::Faulty(why) => Some(why),
            _ => None,
        }
    }

    /// Nothing is attached.
    pub(crate) fn is_nobody(&self) -> bool {
        matches!(&self.source, Source::Fixed(key) if matches!(key.attach(), Attach::Nothing))
    }

    /// The file that its secret is in.
    pub(crate) fn path(&self) -> Option<PathBuf> {
        match &self.source {
            Source::File(watched) => Some(watched.path().to_owned()),
            #[cfg(feature = "oauth")]
            Source::Session(session) => session.path(),
            _ => None,
        }
    }

    pub(crate) fn identity(&self, scope: Vec<(&'static str, HeaderValue)>) -> Identity {
        Identity::new(self.owner.clone(), scope)
    }

    /// Whether other processes can tell who that is.
    pub(crate) fn is_known_elsewhere(&self) -> bool {
        !matches!(self.owner, Owner::Unnamed(_))
    }

    /// Whether there may be another secret when one is refused.
    pub(crate) fn is_replaceable(&self) -> bool {
        !matches!(self.source, Source::Fixed(_) | Source::Faulty(_))
    }

    /// Whether the secret ends by itself.
    #[cfg(feature = "oauth")]
    pub(crate) fn may_end(&self) -> bool {
        matches!(self.source, Source::Session(_))
    }

    /// What is known of it without its secret; whose key it is, the client says.
    pub(crate) fn health(&self, now: Instant, wall: SystemTime) -> CredentialHealth {
        let of = |key: &Key| CredentialHealth {
            fingerprint: key.fingerprint(),
            ..CredentialHealth::default()
        };
        match &self.source {
            Source::Fixed(key) => of(key),
            Source::Ring(ring) => of(&ring.current(now)),
            Source::File(watched) => CredentialHealth {
                age: watched.changed().and_then(|at| wall.duration_since(at).ok()),
                ..of(&watched.current())
            },
            #[cfg(feature = "oauth")]
            Source::Session(session) => session.status(now).into(),
            Source::Faulty(_) => CredentialHealth::default(),
        }
    }

    /// The secret for an attempt.
    pub(crate) async fn lend(&self, means: Means<'_>) -> Result<Lent, Error> {
        let key = match &self.source {
            Source::Fixed(key) => Arc::clone(key),
            Source::Ring(ring) => ring.current(means.clock.now()),
            Source::File(watched) => Box::pin(watched.fresh(means.clock.now())).await,
            #[cfg(feature = "oauth")]
            Source::Session(session) => return Box::pin(session.lend(means.lane)).await,
            Source::Faulty(why) => return Err(Error::new(ErrorKind::Configuration, &**why)),
        };
        Ok(Lent { key, stale: false })
    }

    /// Another secret after this one was refused.
    pub(crate) async fn other(&self, refused: &Lent, means: Means<'_>) -> Option<Lent> {
        let key = match &self.source {
            Source::Fixed(_) | Source::Faulty(_) => None,
            Source::Ring(ring) => ring.other(&refused.key),
            Source::File(watched) => Box::pin(watched.other(&refused.key, means.clock.now())).await,
            #[cfg(feature = "oauth")]
            Source::Session(session) => return Box::pin(session.other(means.lane, refused)).await,
        };
        key.map(|key| Lent { key, stale: false })
    }

    /// The other secret was accepted.
    pub(crate) fn accepted(&self, other: &Lent, means: Means<'_>) {
        if let Source::Ring(ring) = &self.source {
            ring.prefer(&other.key, means.clock.now());
        }
    }

    fn fixed(key: Result<Key, String>) -> Self {
        match key {
            Ok(key) => Self::unnamed(Source::Fixed(Arc::new(key))),
            Err(why) => Self::faulty(why),
        }
    }

    fn unnamed(source: Source) -> Self {
        Self {
            source,
            owner: Owner::unnamed(),
        }
    }

    fn faulty(why: String) -> Self {
        Self {
            source: Source::Faulty(why.into()),
            owner: Owner::Nobody,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.source {
            Source::Fixed(key) => write!(f, "Credential({key:?})"),
            Source::Ring(ring) => write!(f, "Credential(rotating {:?})", ring.current(Instant::now())),
            Source::File(watched) => write!(f, "Credential(file, {:?})", watched.current()),
            #[cfg(feature = "oauth")]
            Source::Session(_) => f.write_str("Credential(access token, REDACTED)"),
            Source::Faulty(why) => write!(f, "Credential({why})"),
        }
    }
}

#[cfg(test)]
mod tests;
