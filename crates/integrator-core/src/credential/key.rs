//! [`Key`]: one secret in the form in which it is sent.

use std::fmt;
use std::sync::Arc;

use http::{HeaderName, HeaderValue, header};
use zeroize::Zeroize;

use super::base64;
use super::fingerprint::Fingerprint;
use super::secret::Secret;
use crate::provider::Scheme;

/// One secret, and where it goes.
pub(crate) struct Key {
    attach: Attach,
    fingerprint: Option<Fingerprint>,
}

/// Where a secret goes.
pub(crate) enum Attach {
    Nothing,
    Header(HeaderName, HeaderValue),
    Query(Arc<str>, Secret),
}

impl Key {
    pub(super) const NONE: Self = Self {
        attach: Attach::Nothing,
        fingerprint: None,
    };

    pub(super) fn bearer(token: &Secret) -> Result<Self, String> {
        let text = format!("Bearer {}", token.expose());
        Self::in_header(header::AUTHORIZATION, text, token.expose())
    }

    pub(super) fn basic(user: &str, password: &Secret) -> Result<Self, String> {
        if user.contains(':') {
            return Err("the user of a basic credential must not contain `:`".to_owned());
        }
        let mut pair = format!("{user}:{}", password.expose());
        let text = format!("Basic {}", base64::encode(pair.as_bytes()));
        pair.zeroize();
        // A key that stands for the user comes without a password.
        let secret = if password.expose().is_empty() {
            user
        } else {
            password.expose()
        };
        Self::in_header(header::AUTHORIZATION, text, secret)
    }

    pub(super) fn header(name: &str, secret: &Secret) -> Result<Self, String> {
        let name = HeaderName::from_bytes(name.as_bytes())
            .map_err(|_| "the name of the credential's header is not a header name".to_owned())?;
        Self::in_header(name, secret.expose().to_owned(), secret.expose())
    }

    pub(super) fn query(name: &str, secret: Secret) -> Self {
        Self {
            fingerprint: Some(Fingerprint::of(secret.expose())),
            attach: Attach::Query(name.into(), secret),
        }
    }

    pub(super) fn of_scheme(scheme: Scheme, secret: Secret) -> Result<Self, String> {
        match scheme {
            Scheme::Bearer => Self::bearer(&secret),
            Scheme::BasicUser => Self::basic(secret.expose(), &Secret::new("")),
            Scheme::Header(name) => Self::header(name, &secret),
            Scheme::Query(name) => Ok(Self::query(name, secret)),
        }
    }

    pub(crate) fn attach(&self) -> &Attach {
        &self.attach
    }

    pub(crate) fn fingerprint(&self) -> Option<Fingerprint> {
        self.fingerprint
    }

    fn in_header(name: HeaderName, mut text: String, secret: &str) -> Result<Self, String> {
        let value = HeaderValue::from_str(&text);
        text.zeroize();
        let mut value = value.map_err(|_| {
            "the credential holds characters that a header cannot carry, such as a line break".to_owned()
        })?;
        value.set_sensitive(true);
        Ok(Self {
            attach: Attach::Header(name, value),
            fingerprint: Some(Fingerprint::of(secret)),
        })
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.attach {
            Attach::Nothing => f.write_str("none"),
            Attach::Header(name, _) => write!(f, "header {name}: REDACTED"),
            Attach::Query(name, _) => write!(f, "query {name}=REDACTED"),
        }
    }
}
