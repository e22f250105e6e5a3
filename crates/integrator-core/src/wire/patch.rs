//! [`Patch`]: leave a field as it is, set it, or unset it.

use serde::de::Deserializer;
use serde::ser::Serializer;

use super::{Map, Wire};

/// What an update does with a field.
///
/// Unset is `null` in JSON and an empty string in forms.
///
/// ```
/// use integrator_core::Patch;
/// let nickname: Patch<String> = "Ada".into();
/// assert_eq!(nickname, Patch::Set("Ada".to_owned()));
/// assert_eq!(Patch::<String>::default(), Patch::Keep);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Patch<T> {
    /// Leave it as it is: nothing is sent.
    #[default]
    Keep,
    /// Set it.
    Set(T),
    /// Take its value away.
    Unset,
}

impl<T> Patch<T> {
    /// Leave it as it is: nothing is sent.
    #[must_use]
    pub const fn keep() -> Self {
        Self::Keep
    }

    /// Set it.
    #[must_use]
    pub const fn set(value: T) -> Self {
        Self::Set(value)
    }

    /// Take its value away.
    #[must_use]
    pub const fn unset() -> Self {
        Self::Unset
    }

    /// The value to set, if there is one.
    #[must_use]
    pub const fn value(&self) -> Option<&T> {
        match self {
            Self::Set(value) => Some(value),
            Self::Keep | Self::Unset => None,
        }
    }
}

impl<T> From<T> for Patch<T> {
    fn from(value: T) -> Self {
        Self::Set(value)
    }
}

impl From<&str> for Patch<String> {
    fn from(value: &str) -> Self {
        Self::Set(value.to_owned())
    }
}

impl<T, U: Into<T>, const N: usize> From<[U; N]> for Patch<Vec<T>> {
    fn from(values: [U; N]) -> Self {
        Self::Set(values.into_iter().map(Into::into).collect())
    }
}

impl<T> From<super::List<T>> for Patch<Vec<T>> {
    fn from(values: super::List<T>) -> Self {
        Self::Set(values.0)
    }
}

impl<K: Into<String>, T, U: Into<T>, const N: usize> From<[(K, U); N]> for Patch<Map<T>> {
    fn from(members: [(K, U); N]) -> Self {
        Self::Set(super::Members::from(members).0)
    }
}

super::serde_by_wire!(Patch<T>, T: Wire);

impl<T: Wire> Wire for Patch<T> {
    const REQUIRED: bool = false;

    fn blank() -> Self {
        Self::Keep
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::read(deserializer)?.map_or(Self::Unset, Self::Set))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Set(value) => value.write(serializer),
            Self::Keep | Self::Unset => serializer.serialize_unit(),
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Keep)
    }
}
