//! Who is calling: the secret, how it is attached, and the identity that policies tell callers apart by.
//!
//! Attaching it is the business of the auth stage; where it may go is checked before by `prepare`.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::{HeaderName, HeaderValue, header};
use zeroize::Zeroize;

use crate::provider::Scheme;

pub(crate) mod base64;

/// Text that never shows: not in `Debug`, not in an error, and there is no `Display`.
///
/// Its memory is wiped when it is dropped. Copies inside requests on their way are the transport's.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `secret`.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The text itself; whoever asks takes care of it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(REDACTED)")
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(secret: T) -> Self {
        Self::new(secret)
    }
}

/// What proves who is calling, and where it goes in a request.
///
/// Two clients share limits, caches and circuits only when they use clones of one credential, or credentials of the
/// same [name](Self::named).
#[derive(Clone)]
pub struct Credential {
    attach: Attach,
    owner: Owner,
}

/// Where the secret goes.
#[derive(Clone)]
pub(crate) enum Attach {
    Nothing,
    Header(HeaderName, HeaderValue),
    Query(Arc<str>, Secret),
    /// What is wrong with it; `build` refuses it.
    Faulty(String),
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Owner {
    Nobody,
    Unnamed(u64),
    Named(Arc<str>),
}

impl Credential {
    /// Nothing is attached.
    #[must_use]
    pub fn none() -> Self {
        Self {
            attach: Attach::Nothing,
            owner: Owner::Nobody,
        }
    }

    /// `Authorization: Bearer <token>` (RFC 6750).
    pub fn bearer(token: impl Into<Secret>) -> Self {
        let mut text = String::from("Bearer ");
        text.push_str(token.into().expose());
        Self::in_header(header::AUTHORIZATION, text)
    }

    /// `Authorization: Basic …` (RFC 7617).
    pub fn basic(user: impl AsRef<str>, password: impl Into<Secret>) -> Self {
        if user.as_ref().contains(':') {
            return Self::faulty("the user of a basic credential must not contain `:`");
        }
        let mut pair = format!("{}:{}", user.as_ref(), password.into().expose());
        let text = format!("Basic {}", base64::encode(pair.as_bytes()));
        pair.zeroize();
        Self::in_header(header::AUTHORIZATION, text)
    }

    /// The secret alone in a header.
    pub fn header(name: impl AsRef<str>, secret: impl Into<Secret>) -> Self {
        match HeaderName::from_bytes(name.as_ref().as_bytes()) {
            Ok(name) => Self::in_header(name, secret.into().expose().to_owned()),
            Err(_) => Self::faulty("the name of the credential's header is not a header name"),
        }
    }

    /// The secret in a query parameter; it never appears in a printed URL.
    pub fn query(name: impl AsRef<str>, secret: impl Into<Secret>) -> Self {
        Self::owned(Attach::Query(name.as_ref().into(), secret.into()))
    }

    /// The secret as a provider wants it.
    pub fn from_scheme(scheme: Scheme, secret: impl Into<Secret>) -> Self {
        let secret = secret.into();
        match scheme {
            Scheme::Bearer => Self::bearer(secret),
            Scheme::BasicUser => Self::basic(secret.expose(), ""),
            Scheme::Header(name) => Self::header(name, secret),
            Scheme::Query(name) => Self::query(name, secret),
        }
    }

    /// Gives it a name: every credential of that name counts as the same caller, also after its secret was replaced.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.owner = Owner::Named(name.into());
        self
    }

    pub(crate) fn attach(&self) -> &Attach {
        &self.attach
    }

    pub(crate) fn identity(&self, scope: Vec<(&'static str, HeaderValue)>) -> Identity {
        Identity {
            owner: self.owner.clone(),
            scope,
        }
    }

    fn in_header(name: HeaderName, mut text: String) -> Self {
        let value = HeaderValue::from_str(&text);
        text.zeroize();
        match value {
            Ok(mut value) => {
                value.set_sensitive(true);
                Self::owned(Attach::Header(name, value))
            }
            Err(_) => Self::faulty("the credential holds characters that a header cannot carry, such as a line break"),
        }
    }

    fn owned(attach: Attach) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self {
            attach,
            owner: Owner::Unnamed(NEXT.fetch_add(1, Ordering::Relaxed)),
        }
    }

    fn faulty(why: &str) -> Self {
        Self {
            attach: Attach::Faulty(why.to_owned()),
            owner: Owner::Nobody,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attach {
            Attach::Nothing => f.write_str("Credential(none)"),
            Attach::Header(name, _) => write!(f, "Credential(header {name}: REDACTED)"),
            Attach::Query(name, _) => write!(f, "Credential(query {name}=REDACTED)"),
            Attach::Faulty(why) => write!(f, "Credential({why})"),
        }
    }
}

/// Who a call is made for: the credential and the headers that select an account.
///
/// It says nothing about the secret, and stays the same when the secret is replaced.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Identity {
    owner: Owner,
    scope: Vec<(&'static str, HeaderValue)>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope: Vec<&str> = self.scope.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Identity")
            .field("owner", &self.owner)
            .field("scope", &scope)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header_of(credential: &Credential) -> String {
        match credential.attach() {
            Attach::Header(name, value) => format!("{name}: {}", value.to_str().unwrap()),
            other => panic!("no header: {:?}", matches!(other, Attach::Nothing)),
        }
    }

    #[test]
    fn schemes_take_their_form() {
        assert_eq!(header_of(&Credential::bearer("k")), "authorization: Bearer k");
        assert_eq!(
            header_of(&Credential::basic("Aladdin", "open sesame")),
            "authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        );
        assert_eq!(
            header_of(&Credential::from_scheme(Scheme::BasicUser, "k")),
            "authorization: Basic azo="
        );
        assert_eq!(
            header_of(&Credential::from_scheme(Scheme::Header("x-api-key"), "k")),
            "x-api-key: k"
        );
    }

    #[test]
    fn nothing_shows() {
        let canary = "canary-4711";
        let shown = format!(
            "{:?} {:?} {:?} {:?} {:?}",
            Secret::new(canary),
            Credential::bearer(canary),
            Credential::basic(canary, canary),
            Credential::query("key", canary),
            Credential::bearer(format!("{canary}\n")),
        );
        assert!(!shown.contains(canary), "{shown}");
    }

    #[test]
    fn unnamed_credentials_never_share_an_identity() {
        let (one, other) = (Credential::bearer("k"), Credential::bearer("k"));
        let of = |credential: &Credential| credential.identity(Vec::new());
        assert_ne!(of(&one), of(&other));
        assert_eq!(of(&one), of(&one.clone()));
        assert_eq!(of(&one.named("a")), of(&Credential::bearer("new").named("a")));
    }

    #[test]
    fn scope_joins_the_identity() {
        let credential = Credential::bearer("k");
        let scoped = credential.identity(vec![("stripe-account", HeaderValue::from_static("acct_1"))]);
        assert_ne!(scoped, credential.identity(Vec::new()));
    }
}
