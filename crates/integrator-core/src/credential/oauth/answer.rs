//! What a token endpoint answers, read as providers write it and not only as RFC 6749 has it.

use std::fmt;
use std::time::{Duration, SystemTime};

use oauth2::basic::BasicTokenType;
use oauth2::{AccessToken, RefreshToken, Scope, TokenResponse};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use serde_json::Value;
use tracing::warn;

use super::Token;
use crate::credential::Secret;

/// A token as it was answered.
pub(super) struct Answer {
    access: AccessToken,
    kind: BasicTokenType,
    refresh: Option<RefreshToken>,
    /// Of a lifetime that says something.
    lifetime: Option<Duration>,
}

impl Answer {
    /// Reads `access`, `refresh` and a lifetime in `unit`s from their dotted paths.
    pub(super) fn read(value: &Value, [access, refresh, expires]: [&str; 3], unit: Duration) -> Option<Self> {
        let at = |path: &str| path.split('.').try_fold(value, |value, name| value.get(name));
        let text = |path| at(path).and_then(Value::as_str).filter(|text| !text.is_empty());
        Some(Self {
            access: AccessToken::new(text(access)?.to_owned()),
            kind: BasicTokenType::Bearer,
            refresh: text(refresh).map(|text| RefreshToken::new(text.to_owned())),
            lifetime: at(expires).and_then(|value| lifetime(value, unit)),
        })
    }

    pub(super) fn into_token(self, now: SystemTime) -> Token {
        let refresh = self.refresh.map(|token| Secret::new(token.into_secret()));
        Token::issued(Secret::new(self.access.into_secret()), refresh, now, self.lifetime)
    }
}

/// A number or a number as text. What is not above zero says nothing, so the token serves until it is refused.
fn lifetime(value: &Value, unit: Duration) -> Option<Duration> {
    let number = value.as_f64().or_else(|| value.as_str()?.trim().parse().ok())?;
    if number <= 0.0 || number.is_nan() {
        warn!(target: "integrator", "the provider issued a token that it says has expired: it serves until it is refused");
        return None;
    }
    // Beyond what a duration can hold it is for ever.
    Duration::try_from_secs_f64(number * unit.as_secs_f64()).ok()
}

impl<'de> Deserialize<'de> for Answer {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let paths = ["access_token", "refresh_token", "expires_in"];
        Self::read(&value, paths, Duration::from_secs(1)).ok_or_else(|| de::Error::missing_field("access_token"))
    }
}

/// The trait below asks for it; nothing is written.
impl Serialize for Answer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("REDACTED")
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answer")
    }
}

impl TokenResponse for Answer {
    type TokenType = BasicTokenType;

    fn access_token(&self) -> &AccessToken {
        &self.access
    }

    fn token_type(&self) -> &BasicTokenType {
        &self.kind
    }

    fn expires_in(&self) -> Option<Duration> {
        self.lifetime
    }

    fn refresh_token(&self) -> Option<&RefreshToken> {
        self.refresh.as_ref()
    }

    fn scopes(&self) -> Option<&Vec<Scope>> {
        None
    }
}
