//! [`Token`]: an access token, what renews it, and until when it is good.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::credential::Secret;

/// Longest lifetime that is believed; who says more is taken to mean this.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// An access token, what renews it, and until when it is good.
#[derive(Clone)]
pub struct Token {
    access: Secret,
    refresh: Option<Secret>,
    /// When it was issued, by the wall clock.
    issued: SystemTime,
    expires: Option<SystemTime>,
    /// Goes up with each renewal, so that whoever reads a store sees which of two is the newer one.
    version: u64,
}

impl Token {
    /// An access token whose lifetime nobody knows.
    pub fn new(access: impl Into<Secret>) -> Self {
        Self {
            access: access.into(),
            refresh: None,
            issued: SystemTime::now(),
            expires: None,
            version: 0,
        }
    }

    /// A refresh token alone: the access token is fetched with it when the first call needs one.
    pub fn from_refresh_token(refresh: impl Into<Secret>) -> Self {
        Self {
            expires: Some(SystemTime::UNIX_EPOCH),
            ..Self::new("").refresh_token(refresh)
        }
    }

    /// What renews it.
    #[must_use]
    pub fn refresh_token(mut self, refresh: impl Into<Secret>) -> Self {
        self.refresh = Some(refresh.into());
        self
    }

    /// Until when it is good.
    #[must_use]
    pub fn expires_at(mut self, at: SystemTime) -> Self {
        self.expires = Some(at);
        self
    }

    /// The text that proves who is calling.
    #[must_use]
    pub fn access(&self) -> &Secret {
        &self.access
    }

    /// The text that renews it.
    #[must_use]
    pub fn refresh(&self) -> Option<&Secret> {
        self.refresh.as_ref()
    }

    /// Which renewal it is the outcome of.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.version
    }

    /// For a [`TokenStore`](super::TokenStore) of one's own: everything, the secrets included.
    #[must_use]
    pub fn to_json(&self) -> Secret {
        let text = json!({
            "access_token": self.access.expose(),
            "refresh_token": self.refresh.as_ref().map(Secret::expose),
            "issued_at_ms": millis(self.issued),
            "expires_at_ms": self.expires.map(millis),
            "version": self.version,
        });
        Secret::new(text.to_string())
    }

    /// Reads what [`to_json`](Self::to_json) wrote; none if it is something else.
    #[must_use]
    pub fn from_json(text: &str) -> Option<Self> {
        let value: Value = serde_json::from_str(text).ok()?;
        let time = |name: &str| {
            let millis = value.get(name)?.as_u64()?;
            SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis))
        };
        Some(Self {
            access: Secret::new(value.get("access_token")?.as_str()?),
            refresh: value.get("refresh_token").and_then(Value::as_str).map(Secret::new),
            issued: time("issued_at_ms")?,
            expires: time("expires_at_ms"),
            version: value.get("version")?.as_u64()?,
        })
    }

    /// One that was issued at `now` and is good for as long.
    pub(super) fn issued(access: Secret, refresh: Option<Secret>, now: SystemTime, lifetime: Option<Duration>) -> Self {
        let expires = lifetime.and_then(|lifetime| now.checked_add(lifetime.min(LONGEST)));
        Self {
            access,
            refresh,
            issued: now,
            expires,
            version: 0,
        }
    }

    /// What replaces `before`: one version further, with its refresh token where there is no new one.
    pub(super) fn after(mut self, before: Option<&Self>) -> Self {
        if let Some(before) = before {
            self.version = before.version.saturating_add(1);
            self.refresh = self.refresh.or_else(|| before.refresh.clone());
        }
        self
    }

    /// The same, but for what renews it.
    pub(super) fn without_refresh(mut self) -> Self {
        self.refresh = None;
        self
    }

    /// How much longer it is good; none where nobody knows.
    ///
    /// Never longer than it was good for when it was issued, so that a wall clock that jumps back does not lengthen it.
    pub(super) fn left(&self, now: SystemTime) -> Option<Duration> {
        let expires = self.expires?;
        let whole = expires.duration_since(self.issued).unwrap_or_default().min(LONGEST);
        Some(expires.duration_since(now).unwrap_or_default().min(whole))
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Token")
            .field("version", &self.version)
            .field("expires", &self.expires)
            .field("is_renewable", &self.refresh.is_some())
            .finish_non_exhaustive()
    }
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
