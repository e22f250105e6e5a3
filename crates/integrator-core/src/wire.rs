//! How values stand on the wire: one trait for every type that a provider sends or takes, and the codecs.
//!
//! Generated types are lists of fields ([`object!`](crate::object), [`open_enum!`](crate::open_enum),
//! [`union!`](crate::union)); how a field is read, forgiven and written is said here once.

mod decimal;
mod decode;
pub mod encode;
mod expandable;
pub(crate) mod form;
pub(crate) mod json;
mod list;
mod long_query;
pub mod multipart;
mod object;
mod open_enum;
mod optional;
mod own;
mod patch;
mod path;
pub(crate) mod query;
mod raw;
mod reader;
mod scalar;
pub mod scan;
mod setters;
pub mod sse;
mod timestamp;
pub(crate) mod trail;
mod union;
mod writer;
pub mod xml;

pub use decimal::Decimal;
pub use decode::{DecodeError, decode};
pub use expandable::Expandable;
pub use list::{List, Map, Members};
pub use object::{Object, Slots, Writer, read_object, write_object};
#[doc(hidden)]
pub use object::{debug_wire, read_field, read_other};
pub use open_enum::{OpenEnum, Unlisted, read_open_enum, write_open_enum};
#[doc(hidden)]
pub use open_enum::{debug_unlisted, pick};
pub use own::Own;
pub use patch::Patch;
pub use raw::Raw;
#[doc(hidden)]
pub use serde::de::{Deserialize, DeserializeOwned, Deserializer, MapAccess};
#[doc(hidden)]
pub use serde::ser::{Serialize, SerializeMap, Serializer};
#[doc(hidden)]
pub use setters::put;
pub use timestamp::{Timestamp, UnixTime};
#[doc(hidden)]
pub use union::no_case;
pub use union::{Case, Kind, Union, read_union};
pub use writer::to_json;

/// A value that a provider sends or takes.
///
/// Reading forgives what real servers do (`null` lists, numbers as strings); a required scalar that is missing is an
/// error with its path, never a zero.
///
/// What serde does with the type is the default; types of our own forgive in their `Deserialize`, foreign ones here.
pub trait Wire: Sized + Serialize + DeserializeOwned {
    /// A member of this type must be there.
    const REQUIRED: bool = true;

    /// The value of a member before it is read; never seen outside when the member is required.
    #[doc(hidden)]
    fn blank() -> Self;

    /// Reads the value.
    ///
    /// # Errors
    /// When the value has another type than the document says and nothing can be made of it.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::deserialize(deserializer)
    }

    /// Writes the value.
    ///
    /// # Errors
    /// When the writer fails.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.serialize(serializer)
    }

    /// The member is left out when it is written.
    fn is_absent(&self) -> bool {
        false
    }
}

/// serde's side of a type whose [`Wire`] says how it is read and written.
macro_rules! serde_by_wire {
    ($name:ty $(, $($generics:tt)*)?) => {
        impl<'de $(, $($generics)*)?> serde::de::Deserialize<'de> for $name {
            fn deserialize<D: serde::de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                crate::wire::Wire::read(deserializer)
            }
        }

        impl $(<$($generics)*>)? serde::ser::Serialize for $name {
            fn serialize<S: serde::ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                crate::wire::Wire::write(self, serializer)
            }
        }
    };
}
use serde_by_wire;

/// A [`Wire`] value as serde sees it.
#[derive(Debug)]
pub struct Written<'a, T>(pub &'a T);

impl<T: Wire> Serialize for Written<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

/// Reads a [`Wire`] value where serde wants a seed.
#[derive(Debug)]
pub struct Reading<T>(pub std::marker::PhantomData<T>);

impl<T> Reading<T> {
    /// The seed.
    #[must_use]
    pub const fn new() -> Self {
        Self(std::marker::PhantomData)
    }
}

impl<T> Default for Reading<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'de, T: Wire> serde::de::DeserializeSeed<'de> for Reading<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        T::read(deserializer)
    }
}

#[cfg(test)]
mod tests;
