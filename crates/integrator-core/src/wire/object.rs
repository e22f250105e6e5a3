//! [`object!`](crate::object): a struct as a list of fields, and the one loop that reads them all.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::json::plain_byte;
use super::writer::Name;
use super::{Reading, Wire, Written, to_json, trail};

/// What [`object!`](crate::object) says about a struct.
pub trait Object: Wire {
    /// Name of the struct.
    const NAME: &'static str;
    /// Names of its members on the wire, in the document's order; at most 128.
    const FIELDS: &'static [&'static str];
    /// Members that must be there, a bit each.
    const NEEDED: u128;
    /// Members that the document does not list are kept.
    const OPEN: bool = false;

    /// Reads the value of the member at `index`.
    ///
    /// # Errors
    /// When the value has another type than the document says.
    fn read_field<'de, A: MapAccess<'de>>(&mut self, index: usize, map: &mut A) -> Result<(), A::Error>;

    /// Reads the value of a member that the document does not list.
    ///
    /// # Errors
    /// When the value has another type than the document says.
    fn read_other<'de, A: MapAccess<'de>>(&mut self, name: String, map: &mut A) -> Result<(), A::Error> {
        drop(name);
        map.next_value::<IgnoredAny>().map(|_| ())
    }

    /// Writes all members that are there.
    fn write_fields<M: SerializeMap>(&self, out: &mut Writer<'_, M>);
}

/// The fields of one object under one reader, so that the loop over them exists once a reader and not once a struct.
#[doc(hidden)]
pub trait Slots<'de, A: MapAccess<'de>> {
    fn read(&mut self, index: usize, map: &mut A) -> Result<(), A::Error>;
    fn read_other(&mut self, name: String, map: &mut A) -> Result<(), A::Error>;
}

impl<'de, A: MapAccess<'de>, T: Object> Slots<'de, A> for T {
    fn read(&mut self, index: usize, map: &mut A) -> Result<(), A::Error> {
        self.read_field(index, map)
    }

    fn read_other(&mut self, name: String, map: &mut A) -> Result<(), A::Error> {
        Object::read_other(self, name, map)
    }
}

/// Reads the value of a member into its place.
#[doc(hidden)]
pub fn read_field<'de, T: Wire, A: MapAccess<'de>>(map: &mut A, place: &mut T) -> Result<(), A::Error> {
    *place = map.next_value_seed(Reading::<T>::new())?;
    Ok(())
}

/// Reads the value of a member that the document does not list.
#[doc(hidden)]
pub fn read_other<'de, T: Wire, A: MapAccess<'de>>(
    map: &mut A,
    name: String,
    place: &mut super::Map<T>,
) -> Result<(), A::Error> {
    let value = map.next_value_seed(Reading::<T>::new())?;
    place.insert(name, value);
    Ok(())
}

/// Where the members of an object are written; after the first failure nothing more is.
///
/// Members are written by calls without a result, since `?` behind each of them is what compiling a struct costs most.
#[derive(Debug)]
pub struct Writer<'a, M: SerializeMap> {
    map: &'a mut M,
    failure: Option<M::Error>,
}

impl<M: SerializeMap> Writer<'_, M> {
    /// Writes a member, unless it is absent; `json` is its name in quotes, and a colon.
    pub fn field<T: Wire>(&mut self, name: &'static str, json: &'static str, value: &T) {
        self.member(&Name::new(name, json), value);
    }

    /// Writes members that the document does not list.
    pub fn others<T: Wire>(&mut self, members: &super::Map<T>) {
        for (name, value) in members {
            self.member(name, value);
        }
    }

    fn member<T: Wire>(&mut self, name: &impl Serialize, value: &T) {
        if self.failure.is_none() && !value.is_absent() {
            self.failure = self.map.serialize_entry(name, &Written(value)).err();
        }
    }
}

/// Reads an object.
///
/// # Errors
/// When the value is no object, a member has another type, or a required one is missing.
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    // Read in place: a struct of many members is not handed from one stage of the reader to the next.
    struct Fields<'a, T>(&'a mut T);

    impl<'de, T: Object> Visitor<'de> for Fields<'_, T> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an object ({})", T::NAME)
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            read_fields(&mut map, T::FIELDS, T::NEEDED, T::OPEN, self.0)
        }
    }

    let mut object = T::blank();
    deserializer.deserialize_map(Fields(&mut object))?;
    Ok(object)
}

fn read_fields<'de, A: MapAccess<'de>>(
    map: &mut A,
    fields: &'static [&'static str],
    required: u128,
    open: bool,
    slots: &mut dyn Slots<'de, A>,
) -> Result<(), A::Error> {
    let mut seen = 0_u128;
    let mut expected = 0;
    let mut other = String::new();
    while let Some(index) = map.next_key_seed(KeySeed {
        fields,
        expected,
        other: open.then_some(&mut other),
    })? {
        if let Some(name) = fields.get(index) {
            if let Err(error) = slots.read(index, map) {
                trail::member(name);
                return Err(error);
            }
            seen |= 1_u128
                .checked_shl(u32::try_from(index).unwrap_or(u32::MAX))
                .unwrap_or(0);
            expected = index + 1;
        } else if open {
            if let Err(error) = slots.read_other(other.clone(), map) {
                trail::member(&other);
                return Err(error);
            }
        } else {
            map.next_value::<IgnoredAny>()?;
        }
    }
    let missing = required & !seen;
    if missing != 0 {
        trail::member(
            fields
                .get(missing.trailing_zeros() as usize)
                .copied()
                .unwrap_or_default(),
        );
        return Err(A::Error::custom("missing, but the document requires it"));
    }
    Ok(())
}

/// Finds a member: first the one after the last that was read and those behind it, since servers write in the document's
/// order.
///
/// Every deserializer hands a new type on to what is in it; only ours looks at what it is called, and answers with a unit
/// where the name is the one.
struct KeySeed<'a> {
    fields: &'static [&'static str],
    expected: usize,
    /// Where a name goes that is not among the fields; nowhere where such members are passed over.
    other: Option<&'a mut String>,
}

impl<'de> DeserializeSeed<'de> for KeySeed<'_> {
    /// The position among the fields, or one behind all of them.
    type Value = usize;

    #[inline]
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        let next = self.fields.get(self.expected).copied().unwrap_or_default();
        deserializer.deserialize_newtype_struct(next, self)
    }
}

impl<'de> Visitor<'de> for KeySeed<'_> {
    type Value = usize;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<usize, D::Error> {
        deserializer.deserialize_identifier(self)
    }

    #[inline]
    fn visit_unit<E>(self) -> Result<usize, E> {
        Ok(self.expected)
    }

    fn visit_str<E>(self, name: &str) -> Result<usize, E> {
        let is_name = |field: &&str| *field == name;
        let (behind, ahead) = self
            .fields
            .split_at_checked(self.expected)
            .unwrap_or((self.fields, &[]));
        let ahead = ahead.iter().position(is_name).map(|at| at + self.expected);
        Ok(ahead.or_else(|| behind.iter().position(is_name)).unwrap_or_else(|| {
            if let Some(other) = self.other {
                name.clone_into(other);
            }
            self.fields.len()
        }))
    }
}

/// Writes an object.
///
/// # Errors
/// When the writer fails.
pub fn write_object<T: Object, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    const { assert!(stand_as_they_are(T::FIELDS), "the name of a member needs an escape") };
    let mut map = serializer.serialize_map(None)?;
    let mut out = Writer {
        map: &mut map,
        failure: None,
    };
    object.write_fields(&mut out);
    match out.failure {
        Some(failure) => Err(failure),
        None => map.end(),
    }
}

/// Whether names stand in JSON as they are.
const fn stand_as_they_are(mut names: &[&str]) -> bool {
    while let [name, rest @ ..] = names {
        let mut bytes = name.as_bytes();
        while let [byte, rest @ ..] = bytes {
            if !plain_byte(*byte) {
                return false;
            }
            bytes = rest;
        }
        names = rest;
    }
    true
}

/// Shows a value in `Debug` as its name and its JSON, with the members masked whose names say that they are secret.
///
/// It goes through the writer that sends it, so that a struct needs no further code for it.
///
/// # Errors
/// When the formatter fails.
#[doc(hidden)]
pub fn debug_wire<T: Wire>(f: &mut fmt::Formatter<'_>, name: &str, value: &T) -> fmt::Result {
    match to_json(value) {
        Ok(json) => write!(f, "{name} {}", crate::redact::members(json.as_bytes())),
        Err(_) => write!(f, "{name} {{..}}"),
    }
}

/// Structs as lists of their members: position, Rust name, type, wire name.
///
/// ```
/// integrator_core::object! {
///     /// A coupon.
///     pub struct Coupon {
///         0 id: String = "id",
///         1 percent_off: Option<f64> = "percent_off",
///     }
/// }
/// let coupon: Coupon = integrator_core::decode(br#"{"id":"X","percent_off":"12.5","new":1}"#).unwrap();
/// assert_eq!(coupon.percent_off, Some(12.5));
/// assert_eq!(integrator_core::decode::<Coupon>(b"{}").unwrap_err().path, "id");
/// ```
///
/// A last line `.. name: Map<T>` keeps members that are not listed. What a user builds has `new(…) { … }` behind the
/// struct: what is required, what has one possible value, and the setters ([`setters!`](crate::setters)).
#[macro_export]
macro_rules! object {
    ($(
        $(#[$meta:meta])* pub struct $name:ident {
            $($(#[$note:meta])* $index:literal $field:ident: $ty:ty = $wire:literal,)*
            $(.. $(#[$rest_note:meta])* $rest:ident: $rest_ty:ty)?
        } $(
            new($($needed:ident: $needed_ty:ty),* $(; $($fixed:ident = $value:literal),*)?)
            $({ $($set:ident: $set_ty:ty),* $(,)? })?
        )?
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$note])* pub $field: $ty,)*
            $($(#[$rest_note])* pub $rest: $rest_ty,)?
        }

        impl $crate::wire::Object for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [&'static str] = &[$($wire),*];
            const NEEDED: u128 = {
                assert!(Self::FIELDS.len() <= 128, "one bit a member");
                0 $(| ((<$ty as $crate::wire::Wire>::REQUIRED as u128) << $index))*
            };
            $(const OPEN: bool = { stringify!($rest); true };)?

            fn read_field<'de, A: $crate::wire::MapAccess<'de>>(
                &mut self,
                index: usize,
                map: &mut A,
            ) -> Result<(), A::Error> {
                match index {
                    $($index => $crate::wire::read_field(map, &mut self.$field),)*
                    _ => Ok(()),
                }
            }

            $(fn read_other<'de, A: $crate::wire::MapAccess<'de>>(
                &mut self,
                name: String,
                map: &mut A,
            ) -> Result<(), A::Error> {
                $crate::wire::read_other(map, name, &mut self.$rest)
            })?

            #[allow(unused_variables, reason = "an object may have no members")]
            fn write_fields<M: $crate::wire::SerializeMap>(&self, out: &mut $crate::wire::Writer<'_, M>) {
                $(out.field($wire, concat!("\"", $wire, "\":"), &self.$field);)*
                $(out.others(&self.$rest);)?
            }
        }

        impl ::std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                $crate::wire::debug_wire(f, stringify!($name), self)
            }
        }

        impl $crate::wire::Wire for $name {
            #[inline]
            fn blank() -> Self {
                Self {
                    $($field: $crate::wire::Wire::blank(),)*
                    $($rest: $crate::wire::Wire::blank(),)?
                }
            }
        }

        $crate::wire_serde!($name, read_object, write_object);
        $($crate::setters! {
            $name { new($($needed: $needed_ty),* $(; $($fixed = $value),*)?), $($($set: $set_ty,)*)? }
        })?
    )*};
}

/// `Deserialize` and `Serialize` of a type, by two functions of [`wire`](crate::wire), so that it works with every
/// serde format.
#[doc(hidden)]
#[macro_export]
macro_rules! wire_serde {
    ($name:ident, $read:ident, $write:ident) => {
        impl<'de> $crate::wire::Deserialize<'de> for $name {
            fn deserialize<D: $crate::wire::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::$read(deserializer)
            }
        }

        impl $crate::wire::Serialize for $name {
            fn serialize<S: $crate::wire::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::wire::$write(self, serializer)
            }
        }
    };
}
