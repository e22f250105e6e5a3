//! OAuth 2.0, and logins that work like it: access tokens that are fetched, kept, shared and renewed by themselves.
//!
//! *What it does*: obtains an access token by a user's consent, by the client's own secret, by a signed assertion or by
//! a login, and renews it before it ends. *When it acts*: from two minutes before the end (and a random moment earlier,
//! so that processes do not meet) it is renewed while calls go on; in the last 30 seconds calls wait for it; a token
//! that is refused (401) is renewed and the attempt is made again, once. Short lifetimes have shorter windows.
//!
//! *Defaults*: a renewal has 30 s, repeats of its own where they do no harm, and goes on when the call that began it is
//! given up. One that fails is tried again after 5 s, 10 s, and so on up to a minute; meanwhile the old token serves
//! while it is good, each attempt says so ([`Attempt::is_stale`](crate::Attempt::is_stale)), and a warning is logged.
//!
//! *Interplay*: a renewal takes no slot, no repeat and no part in circuits. One task renews for all; with a
//! [`TokenStore`], one process for all, and the new token is saved before it is used. If it cannot be saved, it serves
//! from memory and an error is logged.

use std::fmt;
use std::sync::Arc;

use crate::credential::{Credential, Secret, Source};
use crate::provider::Provider;
use crate::transport::Transport;

mod answer;
mod assertion;
mod authorize;
mod failure;
mod flight;
mod grant;
mod session;
mod store;
mod tenure;
mod token;

use grant::Grant;

pub use assertion::Assertion;
pub use authorize::Authorization;
pub(crate) use session::Session;
pub use session::TokenStatus;
#[cfg(feature = "redis")]
pub use store::RedisStore;
pub use store::{FileStore, MemoryStore, StoreError, StoreLock, TokenStore};
pub use token::Token;

/// How access tokens are obtained; [`Credential::oauth`] makes a credential of it.
///
/// ```
/// use integrator_core::{Credential, provider::Provider};
/// use integrator_core::oauth::{MemoryStore, OAuth};
///
/// # fn main() -> Result<(), integrator_core::Error> {
/// # static PROVIDER: Provider = Provider { name: "acme", title: "Acme", ..Provider::DEFAULT };
/// let oauth = OAuth::new(&PROVIDER, "client-id", "client-secret")
///     .authorize_endpoint("https://acme.test/authorize")
///     .token_endpoint("https://acme.test/token")
///     .redirect_url("https://app.test/callback")
///     .scopes(["calendar"])
///     .store(MemoryStore::new(), "user-17");
/// let authorization = oauth.authorize()?;
/// assert!(authorization.url().starts_with("https://acme.test/authorize?response_type=code&client_id=client-id"));
/// // The user consents and comes back: `oauth.exchange(&authorization, code, state).await?` is the credential.
/// // In later runs the store has the token:
/// let credential = Credential::oauth(oauth);
/// # let _ = credential;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct OAuth {
    provider: &'static Provider,
    client_id: String,
    client_secret: Secret,
    grant: Grant,
    authorize_endpoint: Option<String>,
    token_endpoint: Option<String>,
    redirect: Option<String>,
    scopes: Vec<String>,
    token: Option<Token>,
    store: Option<(Arc<dyn TokenStore>, Arc<str>)>,
    transport: Option<Arc<dyn Transport>>,
}

impl OAuth {
    /// The flow of a client that is registered with the provider; an empty secret is that of a public client.
    pub fn new(provider: &'static Provider, client_id: impl Into<String>, client_secret: impl Into<Secret>) -> Self {
        Self {
            provider,
            client_id: client_id.into(),
            client_secret: client_secret.into(),
            grant: Grant::Given,
            authorize_endpoint: None,
            token_endpoint: None,
            redirect: None,
            scopes: Vec::new(),
            token: None,
            store: None,
            transport: None,
        }
    }

    /// Nobody's consent is needed: the client speaks for itself (RFC 6749, 4.4).
    #[must_use]
    pub fn client_credentials(mut self) -> Self {
        self.grant = Grant::Client;
        self
    }

    /// The client proves by a signature who it, or the user it speaks for, is (RFC 7523).
    #[must_use]
    pub fn assertion(mut self, assertion: Assertion) -> Self {
        self.grant = Grant::Assertion(Arc::new(assertion));
        self
    }

    /// Begins with this token, unless the store has a later one.
    #[must_use]
    pub fn token(mut self, token: Token) -> Self {
        self.token = Some(token);
        self
    }

    /// What the client asks to be allowed.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes.extend(scopes.into_iter().map(Into::into));
        self
    }

    /// Where the user comes back to; it has to be registered with the provider.
    #[must_use]
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.redirect = Some(url.into());
        self
    }

    /// Where a user consents, in place of the provider's own address.
    #[must_use]
    pub fn authorize_endpoint(mut self, url: impl Into<String>) -> Self {
        self.authorize_endpoint = Some(url.into());
        self
    }

    /// Where tokens are obtained, in place of the provider's own address.
    #[must_use]
    pub fn token_endpoint(mut self, url: impl Into<String>) -> Self {
        self.token_endpoint = Some(url.into());
        self
    }

    /// Keeps the token in `store` under `name`, which also [names](Credential::named) the credential.
    #[must_use]
    pub fn store(mut self, store: impl TokenStore, name: &str) -> Self {
        self.store = Some((Arc::new(store), name.into()));
        self
    }

    /// Redeems codes over this in place of the built-in transport. Renewals go over the client's own.
    #[must_use]
    pub fn transport(mut self, transport: impl Transport) -> Self {
        self.transport = Some(Arc::new(transport));
        self
    }
}

impl fmt::Debug for OAuth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OAuth")
            .field("provider", &self.provider.name)
            .field("grant", &self.grant)
            .field("scopes", &self.scopes)
            .field("store", &self.store)
            .finish_non_exhaustive()
    }
}

impl Credential {
    /// An access token that is obtained, kept and renewed by itself.
    #[must_use]
    pub fn oauth(oauth: OAuth) -> Self {
        let name = oauth.store.as_ref().map(|(_, name)| Arc::clone(name));
        let credential = Self::unnamed(Source::Session(Arc::new(Session::new(oauth))));
        match name {
            Some(name) => credential.named(&name),
            None => credential,
        }
    }

    /// The login of a person, by the provider's own operations, and renewed by them.
    ///
    /// `build` refuses it where the provider has no such operations.
    pub fn login(provider: &'static Provider, user: impl Into<String>, password: impl Into<Secret>) -> Self {
        Self::login_kept(provider, user, password, None)
    }

    /// The same, with its token in a store under `name`.
    pub fn login_with_store(
        provider: &'static Provider,
        user: impl Into<String>,
        password: impl Into<Secret>,
        store: impl TokenStore,
        name: &str,
    ) -> Self {
        Self::login_kept(provider, user, password, Some((Arc::new(store), name.into())))
    }

    /// What is known of its token; none of a credential without one.
    #[must_use]
    pub fn token_status(&self) -> Option<TokenStatus> {
        self.session()
            .map(|session| session.status(tokio::time::Instant::now()))
    }

    fn login_kept(
        provider: &'static Provider,
        user: impl Into<String>,
        password: impl Into<Secret>,
        store: Option<(Arc<dyn TokenStore>, Arc<str>)>,
    ) -> Self {
        let Some(facts) = provider.login else {
            let title = provider.title;
            return Self::faulty(format!(
                "{title} has no login for programs: use a key or `Credential::oauth`"
            ));
        };
        let mut oauth = OAuth::new(provider, "", "");
        oauth.grant = Grant::Login(facts, user.into().into(), password.into());
        oauth.store = store;
        Self::oauth(oauth)
    }

    fn session(&self) -> Option<&Arc<Session>> {
        match &self.source {
            Source::Session(session) => Some(session),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
