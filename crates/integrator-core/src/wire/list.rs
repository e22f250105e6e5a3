//! Lists and maps: a missing or `null` one is empty, and an error inside names its position.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq, Serializer};

use super::{Reading, Wire, Written, trail};

/// Members by name, in the order of their names.
pub type Map<T> = BTreeMap<String, T>;

/// What a setter for a list takes: an array, a `Vec`, a slice, or one text for a list of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct List<T>(pub(crate) Vec<T>);

impl<T> From<List<T>> for Vec<T> {
    fn from(list: List<T>) -> Self {
        list.0
    }
}

impl<T> From<List<T>> for Option<Vec<T>> {
    fn from(list: List<T>) -> Self {
        Some(list.0)
    }
}

impl<T, U: Into<T>> From<Vec<U>> for List<T> {
    fn from(values: Vec<U>) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<T, U: Into<T>, const N: usize> From<[U; N]> for List<T> {
    fn from(values: [U; N]) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<T, U: Clone + Into<T>> From<&[U]> for List<T> {
    fn from(values: &[U]) -> Self {
        Self(values.iter().cloned().map(Into::into).collect())
    }
}

impl From<&str> for List<String> {
    fn from(value: &str) -> Self {
        Self(vec![value.to_owned()])
    }
}

impl From<String> for List<String> {
    fn from(value: String) -> Self {
        Self(vec![value])
    }
}

impl<T> FromIterator<T> for List<T> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        Self(values.into_iter().collect())
    }
}

super::serde_by_wire!(List<T>, T: Wire);

impl<T: Wire> Wire for List<T> {
    const REQUIRED: bool = false;

    fn blank() -> Self {
        Self(Vec::new())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::read(deserializer).map(Self)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// What a setter for a map takes: an array of pairs, a `Vec` of pairs, or a map of std.
#[derive(Debug, Clone, PartialEq)]
pub struct Members<T>(pub(crate) Map<T>);

impl<T> From<Members<T>> for Map<T> {
    fn from(members: Members<T>) -> Self {
        members.0
    }
}

impl<T> From<Members<T>> for Option<Map<T>> {
    fn from(members: Members<T>) -> Self {
        Some(members.0)
    }
}

impl<T> From<Map<T>> for Members<T> {
    fn from(members: Map<T>) -> Self {
        Self(members)
    }
}

impl<T> From<HashMap<String, T>> for Members<T> {
    fn from(members: HashMap<String, T>) -> Self {
        Self(members.into_iter().collect())
    }
}

impl<K: Into<String>, T, U: Into<T>> From<Vec<(K, U)>> for Members<T> {
    fn from(members: Vec<(K, U)>) -> Self {
        Self(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<K: Into<String>, T, U: Into<T>, const N: usize> From<[(K, U); N]> for Members<T> {
    fn from(members: [(K, U); N]) -> Self {
        Self(
            members
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

super::serde_by_wire!(Members<T>, T: Wire);

impl<T: Wire> Wire for Members<T> {
    const REQUIRED: bool = false;

    fn blank() -> Self {
        Self(Map::new())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Map::read(deserializer).map(Self)
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<T: Wire> Wire for Vec<T> {
    const REQUIRED: bool = false;

    fn blank() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(VecVisitor(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut list = serializer.serialize_seq(Some(self.len()))?;
        for value in self {
            list.serialize_element(&Written(value))?;
        }
        list.end()
    }
}

struct VecVisitor<T>(PhantomData<T>);

impl<'de, T: Wire> Visitor<'de> for VecVisitor<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_none<E>(self) -> Result<Vec<T>, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<T>, A::Error> {
        // A length that the sender claims is not trusted with memory.
        let mut values = Vec::with_capacity(list.size_hint().unwrap_or(0).min(1024));
        loop {
            match list.next_element_seed(Reading::<T>::new()) {
                Ok(Some(value)) => values.push(value),
                Ok(None) => return Ok(values),
                Err(error) => {
                    trail::index(values.len());
                    return Err(error);
                }
            }
        }
    }
}

impl<T: Wire> Wire for Map<T> {
    const REQUIRED: bool = false;

    fn blank() -> Self {
        Self::new()
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MapVisitor(PhantomData))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.len()))?;
        for (name, value) in self {
            map.serialize_entry(name, &Written(value))?;
        }
        map.end()
    }
}

struct MapVisitor<T>(PhantomData<T>);

impl<'de, T: Wire> Visitor<'de> for MapVisitor<T> {
    type Value = Map<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Map<T>, E> {
        Ok(Map::new())
    }

    fn visit_none<E>(self) -> Result<Map<T>, E> {
        Ok(Map::new())
    }

    /// PHP and Lua servers write an empty object as `[]`.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Map<T>, A::Error> {
        match list.next_element::<serde::de::IgnoredAny>()? {
            None => Ok(Map::new()),
            Some(_) => Err(serde::de::Error::invalid_type(serde::de::Unexpected::Seq, &self)),
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<T>, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            match map.next_value_seed(Reading::<T>::new()) {
                Ok(value) => {
                    members.insert(name, value);
                }
                Err(error) => {
                    trail::member(&name);
                    return Err(error);
                }
            }
        }
        Ok(members)
    }
}
