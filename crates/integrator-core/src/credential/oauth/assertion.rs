//! [`Assertion`]: a statement about who is calling, signed by the caller (RFC 7523).

use std::fmt;
use std::time::{Duration, SystemTime};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Map, Value};

use super::failure::Failure;
use crate::credential::Secret;

/// How long a statement holds; it is made anew for every token.
const LIFETIME: Duration = Duration::from_secs(300);
/// How far the provider's clock may be behind.
const SKEW: Duration = Duration::from_secs(30);

/// A statement about who is calling, signed with the caller's key.
#[derive(Clone)]
pub struct Assertion {
    algorithm: Algorithm,
    key: Secret,
    key_id: Option<String>,
    claims: Map<String, Value>,
}

impl Assertion {
    /// Signed with an RSA key in PEM (RS256).
    pub fn rs256(key: impl Into<Secret>) -> Self {
        Self::new(Algorithm::RS256, key)
    }

    /// Signed with a P-256 key in PEM (ES256).
    pub fn es256(key: impl Into<Secret>) -> Self {
        Self::new(Algorithm::ES256, key)
    }

    /// Signed with a secret that the provider knows too (HS256).
    pub fn hs256(secret: impl Into<Secret>) -> Self {
        Self::new(Algorithm::HS256, secret)
    }

    /// Who speaks (`iss`); the client's id unless set.
    #[must_use]
    pub fn issuer(self, issuer: impl Into<String>) -> Self {
        self.claim("iss", issuer.into())
    }

    /// About whom (`sub`); the issuer unless set.
    #[must_use]
    pub fn subject(self, subject: impl Into<String>) -> Self {
        self.claim("sub", subject.into())
    }

    /// To whom (`aud`); the token endpoint unless set.
    #[must_use]
    pub fn audience(self, audience: impl Into<String>) -> Self {
        self.claim("aud", audience.into())
    }

    /// The id of the key (`kid`), where the provider knows several.
    #[must_use]
    pub fn key_id(mut self, id: impl Into<String>) -> Self {
        self.key_id = Some(id.into());
        self
    }

    /// Another claim.
    #[must_use]
    pub fn claim(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.claims.insert(name.into(), value.into());
        self
    }

    /// The statement at `now`, for this endpoint and client unless it says otherwise.
    pub(super) fn sign(&self, endpoint: &str, client_id: &str, now: SystemTime) -> Result<Secret, Failure> {
        let key = match self.algorithm {
            Algorithm::RS256 => EncodingKey::from_rsa_pem(self.key.expose().as_bytes()),
            Algorithm::ES256 => EncodingKey::from_ec_pem(self.key.expose().as_bytes()),
            _ => Ok(EncodingKey::from_secret(self.key.expose().as_bytes())),
        };
        // The source may repeat parts of the key.
        let wrong = |_| {
            let name = self.algorithm;
            Failure::lasting(format!(
                "the assertion's key is no use for {name:?}: give the private key in PEM"
            ))
        };
        let mut header = Header::new(self.algorithm);
        header.kid.clone_from(&self.key_id);
        let text = encode(&header, &self.filled(endpoint, client_id, now), &key.map_err(wrong)?);
        text.map(Secret::new).map_err(wrong)
    }

    fn filled(&self, endpoint: &str, client_id: &str, now: SystemTime) -> Map<String, Value> {
        let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let mut claims = self.claims.clone();
        let mut fill = |name: &str, value: Value| {
            claims.entry(name).or_insert(value);
        };
        fill("iss", client_id.into());
        fill("aud", endpoint.into());
        fill("iat", since.saturating_sub(SKEW).as_secs().into());
        fill("exp", (since + LIFETIME).as_secs().into());
        let issuer = claims.get("iss").cloned().unwrap_or_default();
        claims.entry("sub").or_insert(issuer);
        claims
    }

    fn new(algorithm: Algorithm, key: impl Into<Secret>) -> Self {
        Self {
            algorithm,
            key: key.into(),
            key_id: None,
            claims: Map::new(),
        }
    }
}

impl fmt::Debug for Assertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assertion")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}
