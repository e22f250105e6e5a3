//! [`Own`]: an answer, or an item of one, as a type of the caller's own that serde reads.

use std::fmt;
use std::ops::{Deref, DerefMut};

use serde::de::{DeserializeOwned, Deserializer, Error as _};
use serde::ser::Serializer;

use super::{Raw, Wire, raw};

/// A type of the caller's own where a provider's is expected: for members that the caller's account alone has.
///
/// ```
/// use integrator_core::{Own, decode};
///
/// // Any type that serde reads will do; usually it derives `Deserialize`.
/// let lead: Own<std::collections::BTreeMap<String, String>> = decode(br#"{"custom.cf_1": "blue"}"#)?;
/// assert_eq!(lead["custom.cf_1"], "blue");
/// # Ok::<(), integrator_core::DecodeError>(())
/// ```
#[derive(Clone)]
pub struct Own<T> {
    /// Nothing only between `blank` and `read`, which nobody outside sees.
    value: Option<T>,
    raw: Raw,
}

impl<T> Own<T> {
    /// The value alone.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.value
            .expect("invariant: a required member is read before it is handed out")
    }

    /// The text that it was read from.
    #[must_use]
    pub const fn raw(&self) -> &Raw {
        &self.raw
    }
}

impl<T> Deref for Own<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.value
            .as_ref()
            .expect("invariant: a required member is read before it is handed out")
    }
}

impl<T> DerefMut for Own<T> {
    fn deref_mut(&mut self) -> &mut T {
        self.value
            .as_mut()
            .expect("invariant: a required member is read before it is handed out")
    }
}

/// Shows what came, with secret members masked: the type itself need not be `Debug`.
impl<T> fmt::Debug for Own<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Own {}", crate::redact::members(self.raw.get().as_bytes()))
    }
}

impl<'de, T: DeserializeOwned> serde::de::Deserialize<'de> for Own<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::read(deserializer)
    }
}

impl<T> serde::ser::Serialize for Own<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.raw.write(serializer)
    }
}

impl<T: DeserializeOwned> Wire for Own<T> {
    fn blank() -> Self {
        Self {
            value: None,
            raw: Raw::blank(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw::capture(deserializer)?;
        let value = serde_json::from_str(&text).map_err(D::Error::custom)?;
        Ok(Self {
            value: Some(value),
            raw: Raw::from_checked(text),
        })
    }
}
