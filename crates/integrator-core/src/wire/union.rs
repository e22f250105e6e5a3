//! [`union!`](crate::union): one of several types, told apart by what stands in the text.

mod case;

use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, Unexpected, Visitor};

pub use self::case::{Case, Kind};
use super::reader::Reader;
use super::{Raw, raw};

/// What [`union!`](crate::union) says about an enum.
pub trait Union: Sized {
    /// Name of the enum.
    const NAME: &'static str;
    /// What tells the members apart; the first that fits counts.
    const CASES: &'static [Case];

    /// Reads the member at `index`.
    ///
    /// # Errors
    /// When the value is not what its case says.
    #[doc(hidden)]
    fn read_case<'de, D: Deserializer<'de>>(index: usize, deserializer: D) -> Result<Self, D::Error>;

    /// Keeps what fits no case, where that is possible.
    #[doc(hidden)]
    fn unlisted(raw: Raw) -> Option<Self>;
}

/// The name by which our own reader recognises that somebody wants to look ahead before the value is read.
pub(super) const AHEAD: &str = "$integrator::Ahead";

/// Reads a union: looks at what lies ahead, then reads it as the member that it is.
///
/// # Errors
/// When the text is not what its case says.
pub fn read_union<'de, T: Union, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_newtype_struct(AHEAD, UnionVisitor(PhantomData))
}

struct UnionVisitor<T>(PhantomData<T>);

impl<'de, T: Union> Visitor<'de> for UnionVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::NAME)
    }

    /// As our own reader answers: the text ahead, then the value.
    fn visit_map<A: MapAccess<'de>>(self, mut ahead: A) -> Result<T, A::Error> {
        let index = ahead.next_key_seed(Look(T::CASES))?.flatten();
        ahead.next_value_seed(Chosen {
            index,
            union: PhantomData,
        })
    }

    /// Any other reader has the value written out, which ours then reads.
    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        let text = raw::capture(deserializer)?;
        read_union(&mut Reader::new(&text)).map_err(D::Error::custom)
    }
}

/// Looks at a text for the case that its first value is.
struct Look(&'static [Case]);

impl<'de> DeserializeSeed<'de> for Look {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<usize>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Look {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON text")
    }

    fn visit_str<E>(self, text: &str) -> Result<Option<usize>, E> {
        Ok(case::choose(text, self.0))
    }
}

/// Reads a value as the case that it was found to be.
struct Chosen<T> {
    index: Option<usize>,
    union: PhantomData<T>,
}

impl<'de, T: Union> DeserializeSeed<'de> for Chosen<T> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        if let Some(index) = self.index {
            return T::read_case(index, deserializer);
        }
        let text = raw::capture(deserializer)?;
        let is_null = text == "null";
        let kept = (!is_null).then(|| T::unlisted(Raw::from_checked(text))).flatten();
        kept.ok_or_else(|| match is_null {
            true => D::Error::invalid_type(Unexpected::Unit, &T::NAME),
            false => D::Error::custom(format_args!("none of the forms of {}", T::NAME)),
        })
    }
}

/// One of several types each; what fits none is kept in `Unlisted`, and written as it came. `text` names the member that is
/// made of a text.
///
/// ```
/// integrator_core::union! {
///     /// A number of things, or all of them.
///     pub enum Amount { Count(i64): number(), All(String): string() } text All
/// }
/// let amount: Amount = integrator_core::decode(b"3").unwrap();
/// assert!(matches!(amount, Amount::Count(3)));
/// assert!(matches!(Amount::from("all"), Amount::All(_)));
/// ```
#[macro_export]
macro_rules! union {
    ($(
        $(#[$meta:meta])* pub enum $name:ident {
            $($(#[$note:meta])* $variant:ident($ty:ty): $case:ident($($by:expr),*)),* $(,)?
        } $(text $text:ident)?
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$note])* $variant($ty),)*
            /// What fits none of the others.
            Unlisted($crate::wire::Raw),
        }

        impl $crate::wire::Union for $name {
            const NAME: &'static str = stringify!($name);
            const CASES: &'static [$crate::wire::Case] = &[$($crate::wire::Case::$case($($by),*)),*];

            #[inline]
            #[allow(unused_assignments, reason = "the counter runs past the last member")]
            fn read_case<'de, D: $crate::wire::Deserializer<'de>>(
                index: usize,
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let mut at = 0;
                $(
                    if index == at {
                        return $crate::wire::Wire::read(deserializer).map(Self::$variant);
                    }
                    at += 1;
                )*
                Err($crate::wire::no_case())
            }

            fn unlisted(raw: $crate::wire::Raw) -> Option<Self> {
                Some(Self::Unlisted(raw))
            }
        }

        $(
            impl From<&str> for $name {
                #[inline]
                fn from(text: &str) -> Self {
                    Self::$text(text.into())
                }
            }

            impl From<String> for $name {
                #[inline]
                fn from(text: String) -> Self {
                    Self::$text(text.as_str().into())
                }
            }
        )?

        impl $crate::wire::Wire for $name {
            #[inline]
            fn blank() -> Self {
                Self::Unlisted($crate::wire::Wire::blank())
            }
        }

        impl<'de> $crate::wire::Deserialize<'de> for $name {
            fn deserialize<D: $crate::wire::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::read_union(deserializer)
            }
        }

        impl $crate::wire::Serialize for $name {
            fn serialize<S: $crate::wire::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$variant(value) => $crate::wire::Wire::write(value, serializer),)*
                    Self::Unlisted(raw) => $crate::wire::Wire::write(raw, serializer),
                }
            }
        }
    )*};
}

/// An object or what is left of it each: two structs told apart by a flag that only the first has.
///
/// ```
/// integrator_core::object! { pub struct Gone { 0 id: String = "id", } }
/// integrator_core::object! { pub struct Pet { 0 id: String = "id", 1 name: String = "name", } }
/// integrator_core::twin! { pub enum PetOrGone { Gone(Gone) if "gone", Pet(Pet) } with id }
/// let pet: PetOrGone = integrator_core::decode(br#"{"id":"p1","gone":true}"#).unwrap();
/// assert_eq!(pet.id(), "p1");
/// assert!(pet.live().is_none());
/// ```
#[macro_export]
macro_rules! twin {
    ($(
        $(#[$meta:meta])* pub enum $name:ident {
            $gone:ident($gone_ty:ty) if $flag:literal, $live:ident($live_ty:ty) $(,)?
        } $(with $id:ident)?
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        pub enum $name {
            /// What is left.
            $gone($gone_ty),
            /// The object.
            $live($live_ty),
        }

        impl $name {
            /// The object, unless it is gone.
            #[inline]
            #[must_use]
            pub fn live(&self) -> Option<&$live_ty> {
                match self {
                    Self::$gone(_) => None,
                    Self::$live(object) => Some(object),
                }
            }

            $(
                /// The id, which both have.
                #[inline]
                #[must_use]
                pub fn $id(&self) -> &str {
                    match self {
                        Self::$gone(object) => &object.$id,
                        Self::$live(object) => &object.$id,
                    }
                }
            )?
        }

        impl $crate::wire::Union for $name {
            const NAME: &'static str = stringify!($name);
            const CASES: &'static [$crate::wire::Case] =
                &[$crate::wire::Case::flag($flag), $crate::wire::Case::otherwise()];

            #[inline]
            fn read_case<'de, D: $crate::wire::Deserializer<'de>>(
                index: usize,
                deserializer: D,
            ) -> Result<Self, D::Error> {
                match index {
                    0 => $crate::wire::Wire::read(deserializer).map(Self::$gone),
                    _ => $crate::wire::Wire::read(deserializer).map(Self::$live),
                }
            }

            fn unlisted(_: $crate::wire::Raw) -> Option<Self> {
                None
            }
        }

        impl $crate::wire::Wire for $name {
            #[inline]
            fn blank() -> Self {
                Self::$live($crate::wire::Wire::blank())
            }
        }

        impl<'de> $crate::wire::Deserialize<'de> for $name {
            fn deserialize<D: $crate::wire::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::read_union(deserializer)
            }
        }

        impl $crate::wire::Serialize for $name {
            fn serialize<S: $crate::wire::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    Self::$gone(object) => $crate::wire::Wire::write(object, serializer),
                    Self::$live(object) => $crate::wire::Wire::write(object, serializer),
                }
            }
        }
    )*};
}

/// There are fewer members.
#[doc(hidden)]
#[cold]
pub fn no_case<E: serde::de::Error>() -> E {
    E::custom("no such member")
}

#[cfg(test)]
#[allow(unreachable_pub, reason = "the macros make public types")]
mod tests {
    use crate::decode;

    crate::object! {
        pub struct Gone { 0 id: String = "id", }
    }

    crate::object! {
        pub struct Pet { 0 id: String = "id", 1 note: Option<String> = "note", }
    }

    crate::twin! {
        pub enum PetOrGone { Gone(Gone) if "gone", Pet(Pet) } with id
    }

    crate::union! {
        pub enum Animal { Pet(Pet): tag("kind", "pet"), Gone(Gone): flag("gone") }
    }

    #[test]
    fn a_document_is_told_apart_as_a_part_is() {
        let cases = [
            (r#" {"id":"1","note":"gone"} "#, false),
            (r#"{"id":"1","note":"a\"b"}"#, false),
            (r#"{"id":"1","note":null,"x":{"gone":true}}"#, false),
            (r#"{"id":"1","gone":false}"#, false),
            ("\n{\"id\":\"1\",\"gone\":true}\n", true),
            (r#"{"id":"1","g\u006fne":true}"#, true),
        ];
        for (text, gone) in cases {
            let whole: PetOrGone = decode(text.as_bytes()).unwrap();
            assert_eq!(whole.live().is_none(), gone, "{text}");
            let parts: Vec<PetOrGone> = decode(format!("[{text}]").as_bytes()).unwrap();
            assert!(parts.iter().all(|part| part.live().is_none() == gone), "{text}");
        }
    }

    #[test]
    fn a_document_that_fits_no_case_is_kept_only_if_it_is_json() {
        let animal: Animal = decode(br#" {"id":"1","kind":"wild"} "#).unwrap();
        assert!(matches!(animal, Animal::Unlisted(raw) if raw.get() == r#"{"id":"1","kind":"wild"}"#));
        for text in [
            r#"{"id":"1","kind":"wild"}}"#,
            r#"{"id":"1","kind":"wild""#,
            r#"{"id":1x}"#,
            "",
            "null",
        ] {
            assert!(decode::<Animal>(text.as_bytes()).is_err(), "{text}");
        }
    }

    crate::object! {
        pub struct Note { 0 kind: Option<String> = "kind", 1 role: Option<String> = "role", 2 id: Option<String> = "id", }
    }

    crate::union! {
        pub enum Written {
            Said(Note): tags_or_has("kind", &["said", "sung"], "role"),
            Wild(Note): has_any(&["claws", "teeth"]),
            Kept(Note): tags_or_none("kind", &["kept"]),
        }
    }

    #[test]
    fn a_member_may_come_without_its_tag() {
        let read = |text: &str| match decode::<Written>(text.as_bytes()).unwrap() {
            Written::Said(_) => "said",
            Written::Wild(_) => "wild",
            Written::Kept(_) => "kept",
            Written::Unlisted(_) => "unlisted",
        };
        for (text, expected) in [
            (r#"{"kind":"sung"}"#, "said"),
            (r#"{"role":"user"}"#, "said"),
            (r#"{"kind":null,"role":"user"}"#, "said"),
            (r#"{"kind":"kept","role":"user"}"#, "kept"),
            (r#"{"id":"1"}"#, "kept"),
            (r#"{"kind":"other","teeth":2}"#, "wild"),
            (r#"{"kind":"other","role":"user"}"#, "unlisted"),
            (r#"[1]"#, "unlisted"),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    #[test]
    fn what_stands_behind_a_value_does_not_decide() {
        // Short enough to be looked through as a whole, and too long for that.
        for note in ["gone", &"gone ".repeat(8_000)] {
            let text = format!(
                r#"[{{"id":"1","note":"{note}"}},{{"id":"2","gone":true}},{{"id":"3","kind":"pet","gone":true}},{{"id":"4"}}]"#
            );
            let pets: Vec<PetOrGone> = decode(text.as_bytes()).unwrap();
            assert_eq!(
                pets.iter().map(|pet| pet.live().is_some()).collect::<Vec<_>>(),
                [true, false, false, true]
            );
            let animals: Vec<Animal> = decode(text.as_bytes()).unwrap();
            assert!(matches!(
                &animals[..],
                [
                    Animal::Unlisted(_),
                    Animal::Gone(_),
                    Animal::Pet(_),
                    Animal::Unlisted(_)
                ]
            ));
        }
    }

    #[test]
    fn a_document_goes_on_behind_no_case() {
        for text in [r#"{"id":"1","kind":"pet"} x"#, r#"{"id":"1","gone":true}{}"#] {
            assert!(decode::<Animal>(text.as_bytes()).is_err(), "{text}");
            assert!(decode::<PetOrGone>(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(decode::<PetOrGone>(br#"{"note":"n"}"#).unwrap_err().path, "id");
        assert_eq!(decode::<PetOrGone>(br#"{"id":"1","gone":true}"#).unwrap().id(), "1");
    }
}
