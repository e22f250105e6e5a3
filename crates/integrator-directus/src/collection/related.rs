//! [`Related`]: an item of another collection, or only its key.

use integrator_core::{Own, Raw};
use serde::de::{Deserialize, DeserializeOwned, Deserializer, Error as _};
use serde::ser::{Serialize, Serializer};

/// What a relation holds: the key, or the item if `fields` asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Related<K, T> {
    /// The key of the item.
    Key(K),
    /// The item.
    Item(Box<T>),
}

impl<K, T> Related<K, T> {
    /// The item, where it was asked for.
    #[must_use]
    pub fn item(&self) -> Option<&T> {
        match self {
            Self::Key(_) => None,
            Self::Item(item) => Some(item),
        }
    }

    /// The key, where the item was not asked for.
    #[must_use]
    pub fn key(&self) -> Option<&K> {
        match self {
            Self::Key(key) => Some(key),
            Self::Item(_) => None,
        }
    }
}

impl<'de, K: DeserializeOwned, T: DeserializeOwned> Deserialize<'de> for Related<K, T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Raw::deserialize(deserializer)?;
        if text.get().trim_start().starts_with('{') {
            let item = text.decode::<Own<T>>().map_err(D::Error::custom)?;
            return Ok(Self::Item(Box::new(item.into_inner())));
        }
        let key = text.decode::<Own<K>>().map_err(D::Error::custom)?;
        Ok(Self::Key(key.into_inner()))
    }
}

impl<K: Serialize, T: Serialize> Serialize for Related<K, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Key(key) => key.serialize(serializer),
            Self::Item(item) => item.serialize(serializer),
        }
    }
}
