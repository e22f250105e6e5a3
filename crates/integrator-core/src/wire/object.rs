//! [`object!`](crate::object): a struct as a list of fields, and the one loop that reads them all.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};

use super::{Reading, Wire, Written, trail};

/// One member of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// Name on the wire.
    pub name: &'static str,
    /// Must be there.
    pub required: bool,
}

/// What [`object!`](crate::object) says about a struct.
pub trait Object: Sized {
    /// Name of the struct.
    const NAME: &'static str;
    /// Its members, in the document's order.
    const FIELDS: &'static [Field];
    /// Members that the document does not list are kept.
    const OPEN: bool = false;

    /// The struct before anything was read; never seen outside.
    #[doc(hidden)]
    fn empty() -> Self;

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
    ///
    /// # Errors
    /// When the writer fails.
    fn write_fields<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error>;
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

/// Reads the value of a member.
///
/// # Errors
/// When the value has another type than the document says.
pub fn next<'de, T: Wire, A: MapAccess<'de>>(map: &mut A) -> Result<T, A::Error> {
    map.next_value_seed(Reading::<T>::new())
}

/// Reads an object.
///
/// # Errors
/// When the value is no object, a member has another type, or a required one is missing.
pub fn read_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    struct Fields<T>(T);

    impl<'de, T: Object> Visitor<'de> for Fields<T> {
        type Value = T;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "an object ({})", T::NAME)
        }

        fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<T, A::Error> {
            read_fields(&mut map, T::FIELDS, T::OPEN, &mut self.0)?;
            Ok(self.0)
        }
    }

    deserializer.deserialize_map(Fields(T::empty()))
}

fn read_fields<'de, A: MapAccess<'de>>(
    map: &mut A,
    fields: &'static [Field],
    open: bool,
    slots: &mut dyn Slots<'de, A>,
) -> Result<(), A::Error> {
    let mut seen = 0_u128;
    let mut expected = 0;
    while let Some(key) = map.next_key_seed(KeySeed { fields, expected, open })? {
        match key {
            Key::Known(index) => {
                if let Err(error) = slots.read(index, map) {
                    trail::member(fields.get(index).map_or("", |field| field.name));
                    return Err(error);
                }
                seen |= 1_u128.checked_shl(u32::try_from(index).unwrap_or(u32::MAX)).unwrap_or(0);
                expected = index + 1;
            }
            Key::Other(name) => {
                if let Err(error) = slots.read_other(name.clone(), map) {
                    trail::member(&name);
                    return Err(error);
                }
            }
            Key::Unknown => {
                map.next_value::<IgnoredAny>()?;
            }
        }
    }
    for (index, field) in fields.iter().enumerate() {
        if field.required && seen & (1_u128 << index) == 0 {
            trail::member(field.name);
            return Err(A::Error::custom("missing, but the document requires it"));
        }
    }
    Ok(())
}

enum Key {
    Known(usize),
    Other(String),
    Unknown,
}

/// Finds a member: the one after the last that was read first, since servers write in the document's order.
struct KeySeed {
    fields: &'static [Field],
    expected: usize,
    open: bool,
}

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Key;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Key, D::Error> {
        deserializer.deserialize_identifier(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Key;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a member")
    }

    fn visit_str<E>(self, name: &str) -> Result<Key, E> {
        if self.fields.get(self.expected).is_some_and(|field| field.name == name) {
            return Ok(Key::Known(self.expected));
        }
        match self.fields.iter().position(|field| field.name == name) {
            Some(index) => Ok(Key::Known(index)),
            None if self.open => Ok(Key::Other(name.to_owned())),
            None => Ok(Key::Unknown),
        }
    }
}

/// Writes an object.
///
/// # Errors
/// When the writer fails.
pub fn write_object<T: Object, S: Serializer>(object: &T, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    object.write_fields(&mut map)?;
    map.end()
}

/// Writes a member, unless it is absent.
///
/// # Errors
/// When the writer fails.
#[doc(hidden)]
pub fn write_field<T: Wire, M: SerializeMap>(map: &mut M, name: &'static str, value: &T) -> Result<(), M::Error> {
    if value.is_absent() {
        return Ok(());
    }
    map.serialize_entry(name, &Written(value))
}

/// Shows a member in `Debug`, masked where its name says that it is secret.
#[doc(hidden)]
pub fn debug_field(shown: &mut fmt::DebugStruct<'_, '_>, field: &'static str, name: &str, value: &dyn fmt::Debug) {
    if crate::redact::is_secret(name) {
        shown.field(field, &format_args!("REDACTED"));
    } else {
        shown.field(field, value);
    }
}

/// A struct as a list of its members: position, Rust name, type, wire name.
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
/// A last line `.. name: Map<T>` keeps members that are not listed.
#[macro_export]
macro_rules! object {
    ($(#[$meta:meta])* pub struct $name:ident {
        $($(#[$note:meta])* $index:literal $field:ident: $ty:ty = $wire:literal,)*
        $(.. $(#[$rest_note:meta])* $rest:ident: $rest_ty:ty)?
    }) => {
        $(#[$meta])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub struct $name {
            $($(#[$note])* pub $field: $ty,)*
            $($(#[$rest_note])* pub $rest: $rest_ty,)?
        }

        impl $crate::wire::Object for $name {
            const NAME: &'static str = stringify!($name);
            const FIELDS: &'static [$crate::wire::Field] = {
                const FIELDS: &[$crate::wire::Field] = &[$($crate::wire::Field {
                    name: $wire,
                    required: <$ty as $crate::wire::Wire>::REQUIRED,
                },)*];
                assert!(FIELDS.len() <= 128, "one bit a member");
                FIELDS
            };
            $(const OPEN: bool = { stringify!($rest); true };)?

            fn empty() -> Self {
                Self {
                    $($field: $crate::wire::Wire::blank(),)*
                    $($rest: <$rest_ty>::new(),)?
                }
            }

            fn read_field<'de, A: $crate::wire::MapAccess<'de>>(
                &mut self,
                index: usize,
                map: &mut A,
            ) -> Result<(), A::Error> {
                match index {
                    $($index => self.$field = $crate::wire::next(map)?,)*
                    _ => {}
                }
                Ok(())
            }

            $(fn read_other<'de, A: $crate::wire::MapAccess<'de>>(
                &mut self,
                name: String,
                map: &mut A,
            ) -> Result<(), A::Error> {
                let value = $crate::wire::next(map)?;
                self.$rest.insert(name, value);
                Ok(())
            })?

            fn write_fields<M: $crate::wire::SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
                $($crate::wire::write_field(map, $wire, &self.$field)?;)*
                $(for (name, value) in &self.$rest {
                    map.serialize_entry(name, &$crate::wire::Written(value))?;
                })?
                let _ = map;
                Ok(())
            }
        }

        impl ::std::fmt::Debug for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                let mut shown = f.debug_struct(stringify!($name));
                $($crate::wire::debug_field(&mut shown, stringify!($field), $wire, &self.$field);)*
                $($crate::wire::debug_field(&mut shown, stringify!($rest), stringify!($rest), &self.$rest);)?
                shown.finish()
            }
        }

        $crate::wire_object!($name);
    };
}

/// The serde side of an object.
#[doc(hidden)]
#[macro_export]
macro_rules! wire_object {
    ($name:ident) => {
        impl $crate::wire::Wire for $name {
            fn blank() -> Self {
                $crate::wire::Object::empty()
            }

            fn read<'de, D: $crate::wire::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::read_object(deserializer)
            }

            fn write<S: $crate::wire::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::wire::write_object(self, serializer)
            }
        }

        $crate::wire_serde!($name);
    };
}

/// `Deserialize` and `Serialize` on top of [`Wire`], so that the type works with every serde format.
#[doc(hidden)]
#[macro_export]
macro_rules! wire_serde {
    ($name:ident) => {
        impl<'de> $crate::wire::Deserialize<'de> for $name {
            fn deserialize<D: $crate::wire::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::Wire::read(deserializer)
            }
        }

        impl $crate::wire::Serialize for $name {
            fn serialize<S: $crate::wire::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::wire::Wire::write(self, serializer)
            }
        }
    };
}
