//! What stands around items in an answer: `data`, and the counts of `meta`.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

/// How many items there are; what was not asked for is none.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// In the whole collection, as far as the caller may see it.
    pub total: Option<u64>,
    /// That the filter matches.
    pub filter: Option<u64>,
}

/// Items, and how many more there are.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Counted<T> {
    /// The items of this page.
    pub items: Vec<T>,
    /// How many there are in all.
    pub counts: Counts,
}

/// An answer to a call about items.
pub(crate) struct Envelope<T> {
    pub(crate) data: T,
    pub(crate) counts: Counts,
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Envelope<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members(PhantomData))
    }
}

struct Members<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Members<T> {
    type Value = Envelope<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `data`")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope<T>, A::Error> {
        let mut data = None;
        let mut counts = None;
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "data" => data = Some(map.next_value()?),
                "meta" => counts = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Envelope {
            data: data.ok_or_else(|| A::Error::missing_field("data"))?,
            counts: counts.unwrap_or_default(),
        })
    }
}

impl<'de> Deserialize<'de> for Counts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Meta)
    }
}

struct Meta;

impl<'de> Visitor<'de> for Meta {
    type Value = Counts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("counts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Counts, A::Error> {
        let mut counts = Counts::default();
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "total_count" => counts.total = map.next_value()?,
                "filter_count" => counts.filter = map.next_value()?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(counts)
    }
}
