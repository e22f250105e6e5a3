//! Moments: [`Timestamp`] as RFC 3339 text, [`UnixTime`] as whole seconds.

use std::fmt;
use std::marker::PhantomData;
use std::time::SystemTime;

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;

use super::Wire;
use super::scalar::Number;

/// A moment that the provider writes as RFC 3339 text; the text is kept.
///
/// Text without a zone is read as UTC and [flagged](Timestamp::is_naive); text that is no date at all is kept, and
/// [`Timestamp::instant`] is `None`.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Timestamp {
    text: Box<str>,
}

impl Timestamp {
    /// The text as it stood on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The moment; without a zone it is taken as UTC, a bare date as its midnight.
    #[must_use]
    pub fn instant(&self) -> Option<jiff::Timestamp> {
        if let Ok(instant) = self.text.parse() {
            return Some(instant);
        }
        let naive = self.text.parse::<jiff::civil::DateTime>().ok()?;
        jiff::tz::Offset::UTC.to_timestamp(naive).ok()
    }

    /// The text has no zone, so that UTC was assumed.
    #[must_use]
    pub fn is_naive(&self) -> bool {
        self.text.parse::<jiff::Timestamp>().is_err() && self.text.parse::<jiff::civil::DateTime>().is_ok()
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<jiff::Timestamp> for Timestamp {
    fn from(instant: jiff::Timestamp) -> Self {
        Self {
            text: instant.to_string().into(),
        }
    }
}

/// Takes RFC 3339 text as it is; the provider judges it.
impl From<&str> for Timestamp {
    fn from(text: &str) -> Self {
        Self { text: text.into() }
    }
}

impl From<String> for Timestamp {
    fn from(text: String) -> Self {
        Self { text: text.into() }
    }
}

super::serde_by_wire!(Timestamp);

impl Wire for Timestamp {
    fn blank() -> Self {
        Self { text: "".into() }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::read(deserializer)?;
        if text.is_empty() {
            return Err(D::Error::custom("invalid value: empty text, expected a date and time"));
        }
        Ok(Self { text: text.into() })
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// A moment that the provider writes as whole seconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct UnixTime(i64);

impl UnixTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0
    }

    /// The moment, where a calendar can hold it.
    #[must_use]
    pub fn instant(self) -> Option<jiff::Timestamp> {
        jiff::Timestamp::from_second(self.0).ok()
    }
}

impl fmt::Debug for UnixTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl From<i64> for UnixTime {
    fn from(seconds: i64) -> Self {
        Self(seconds)
    }
}

impl From<jiff::Timestamp> for UnixTime {
    fn from(instant: jiff::Timestamp) -> Self {
        Self(instant.as_second())
    }
}

impl From<SystemTime> for UnixTime {
    fn from(time: SystemTime) -> Self {
        let seconds = match time.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_secs()).unwrap_or(i64::MAX),
            Err(before) => i64::try_from(before.duration().as_secs()).map_or(i64::MIN, |seconds| -seconds),
        };
        Self(seconds)
    }
}

super::serde_by_wire!(UnixTime);

impl Wire for UnixTime {
    fn blank() -> Self {
        Self(0)
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Number::<i64>(PhantomData)).map(Self)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(self.0)
    }
}
