//! [`Decimal`]: a decimal number as the digits that stand on the wire, never through a float.

use std::fmt;
use std::str::FromStr;

use serde::de::{Deserializer, Error as _};
use serde::ser::{Error as _, Serializer};

use super::{Raw, Wire};

/// A decimal number, exact: the digits are kept as they were written.
///
/// Parse it with the decimal type of your choice: `amount.parse::<rust_decimal::Decimal>()`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Decimal(Box<str>);

impl Decimal {
    /// The digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number in another type.
    ///
    /// # Errors
    /// When that type cannot hold it.
    pub fn parse<T: FromStr>(&self) -> Result<T, T::Err> {
        self.0.parse()
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<&str> for Decimal {
    fn from(digits: &str) -> Self {
        Self(digits.into())
    }
}

impl From<String> for Decimal {
    fn from(digits: String) -> Self {
        Self(digits.into())
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        Self(number.to_string().into())
    }
}

super::serde_by_wire!(Decimal);

impl Wire for Decimal {
    fn blank() -> Self {
        Self("".into())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Raw::read(deserializer)?;
        let text = raw.get().trim();
        match text.as_bytes().first() {
            Some(b'"') => serde_json::from_str::<String>(text)
                .map(Self::from)
                .map_err(D::Error::custom),
            Some(b'-' | b'0'..=b'9') => Ok(Self(text.into())),
            _ => Err(D::Error::custom("invalid type: expected a decimal number")),
        }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_empty() {
            return Err(S::Error::custom("a decimal number without digits"));
        }
        serializer.serialize_str(&self.0)
    }
}
