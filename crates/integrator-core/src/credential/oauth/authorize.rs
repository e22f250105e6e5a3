//! The way to a user's consent: the address to send the user to, and the token for what comes back (RFC 6749, 4.1, with
//! PKCE of RFC 7636).

use std::fmt;

use oauth2::{AuthUrl, AuthorizationRequest, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};

use super::OAuth;
use super::session::{Session, save};
use crate::credential::{Credential, Secret};
use crate::error::{Error, ErrorKind};
use crate::pipeline::lane::Lane;

/// An authorization that was asked for: where the user goes, and what is needed once the user is back.
///
/// Keep [`state`](Self::state) and [`verifier`](Self::verifier) with the user's session; [`resume`](Self::resume) makes
/// an authorization of them again.
pub struct Authorization {
    url: Secret,
    state: Secret,
    verifier: Secret,
}

impl Authorization {
    /// One that was asked for before, from what was kept of it.
    pub fn resume(state: impl Into<Secret>, verifier: impl Into<Secret>) -> Self {
        Self {
            url: Secret::new(""),
            state: state.into(),
            verifier: verifier.into(),
        }
    }

    /// Where to send the user; empty after [`resume`](Self::resume).
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.expose()
    }

    /// What the provider gives back, so that nobody else's consent is taken for this user's.
    #[must_use]
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// What proves that the code is redeemed by whoever asked for it; empty where the provider does not know PKCE.
    #[must_use]
    pub fn verifier(&self) -> &Secret {
        &self.verifier
    }

    /// Compares all of it, whatever the first difference is.
    fn is_state(&self, given: &str) -> bool {
        let (known, given) = (self.state.expose().as_bytes(), given.as_bytes());
        let differences = known
            .iter()
            .zip(given)
            .fold(0, |found, (one, other)| found | (one ^ other));
        !known.is_empty() && known.len() == given.len() && differences == 0
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Authorization")
    }
}

impl OAuth {
    /// Asks for a user's consent: where to send the user.
    ///
    /// # Errors
    /// When an address is missing or is no URL.
    pub fn authorize(&self) -> Result<Authorization, Error> {
        let wrong = |why: String| Error::new(ErrorKind::Configuration, why);
        let facts = self.provider.oauth;
        let known = facts.and_then(|facts| facts.authorize_url).map(str::to_owned);
        let endpoint = self.authorize_endpoint.clone().or(known).ok_or_else(|| {
            let title = self.provider.title;
            wrong(format!(
                "{title} has no address for a user's consent: set one with `authorize_endpoint`"
            ))
        })?;
        let endpoint = AuthUrl::new(endpoint).map_err(|_| wrong("the authorization endpoint is no URL".to_owned()))?;
        let client = oauth2::basic::BasicClient::new(ClientId::new(self.client_id.clone())).set_auth_uri(endpoint);
        let mut request: AuthorizationRequest<'_> = client.authorize_url(CsrfToken::new_random);
        request = request.add_scopes(self.scopes.iter().map(|scope| Scope::new(scope.clone())));
        if let Some(redirect) = &self.redirect {
            let redirect = RedirectUrl::new(redirect.clone());
            let redirect = redirect.map_err(|_| wrong("`redirect_url` is no URL".to_owned()))?;
            request = request.set_redirect_uri(std::borrow::Cow::Owned(redirect));
        }
        let mut verifier = Secret::new("");
        if facts.is_none_or(|facts| facts.pkce) {
            let (challenge, proof) = PkceCodeChallenge::new_random_sha256();
            verifier = Secret::new(proof.into_secret());
            request = request.set_pkce_challenge(challenge);
        }
        let (url, state) = request.url();
        Ok(Authorization {
            url: Secret::new(String::from(url)),
            state: Secret::new(state.into_secret()),
            verifier,
        })
    }

    /// Redeems the `code` that came back with `state`; the token is saved before this returns.
    ///
    /// # Errors
    /// When `state` is not that of the authorization, or the provider does not accept the code. A code can be redeemed
    /// once: where it may have been, ask for the user's consent again.
    pub async fn exchange(
        self,
        authorization: &Authorization,
        code: impl Into<Secret>,
        state: &str,
    ) -> Result<Credential, Error> {
        if !authorization.is_state(state) {
            let detail =
                "`state` is not that of this authorization: the answer belongs to another user's, or is forged";
            return Err(Error::new(ErrorKind::InvalidCall, detail));
        }
        let lane = Lane::alone(self.provider, self.transport.clone())?;
        let token = self.redeem(&lane, &code.into(), &authorization.verifier).await;
        let token = token.map_err(|failure| failure.error)?;
        let kept = match &self.store {
            Some((store, name)) => supersede(&**store, name, token).await,
            None => token,
        };
        let credential = Credential::oauth(self);
        credential.begin(&lane, kept)?;
        Ok(credential)
    }
}

/// A user's new consent goes before whatever the store holds.
async fn supersede(store: &dyn super::TokenStore, name: &str, token: super::Token) -> super::Token {
    let before = store.load(name).await.ok().flatten();
    let token = token.after(before.map(|before| before.without_refresh()).as_ref());
    // A failure was said loudly; the token serves from memory.
    let _ = save(store, name, &token).await;
    token
}

impl Credential {
    fn begin(&self, lane: &Lane, token: super::Token) -> Result<(), Error> {
        match self.session() {
            Some(session) => Session::begin(session, lane, token),
            None => Ok(()),
        }
    }
}
