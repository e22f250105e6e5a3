//! [`open_enum!`](crate::open_enum): known texts as variants, and every other text kept.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error, Visitor};
use serde::ser::Serializer;

/// What [`open_enum!`](crate::open_enum) says about an enum.
pub trait OpenEnum: Sized {
    /// The listed texts, in the order of the variants.
    const VALUES: &'static [&'static str];

    /// The variant at this position of `VALUES`, else the text itself.
    #[doc(hidden)]
    fn pick(index: Option<usize>, text: &str) -> Self;

    /// The text on the wire.
    fn text(&self) -> &str;
}

/// A text that the document does not list.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Unlisted(Box<str>);

impl Unlisted {
    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Unlisted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl From<&str> for Unlisted {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Shows a text that is not listed, so that it is told from one that is.
///
/// # Errors
/// When the writer fails.
#[doc(hidden)]
pub fn debug_unlisted(text: &Unlisted, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    f.debug_tuple("Unlisted").field(text).finish()
}

/// The value for a text.
#[doc(hidden)]
pub fn pick<T: OpenEnum>(text: &str) -> T {
    T::pick(T::VALUES.iter().position(|listed| *listed == text), text)
}

/// Reads a text.
///
/// # Errors
/// When the value is no text.
pub fn read_open_enum<'de, T: OpenEnum, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_str(TextVisitor(PhantomData))
}

/// Writes the text.
///
/// # Errors
/// When the writer fails.
pub fn write_open_enum<T: OpenEnum, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(value.text())
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: OpenEnum> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(pick(text))
    }
}

/// Enums of texts that may grow: what is not listed is kept in `Unlisted`, and written as it came.
///
/// ```
/// integrator_core::open_enum! {
///     /// Whether tax is due.
///     pub enum TaxExempt { Exempt = "exempt", None = "none" }
/// }
/// assert_eq!(TaxExempt::from("none"), TaxExempt::None);
/// assert_eq!(TaxExempt::from("new"), "new");
/// assert_eq!(format!("{:?} {:?}", TaxExempt::None, TaxExempt::from("new")), r#""none" Unlisted("new")"#);
/// ```
#[macro_export]
macro_rules! open_enum {
    ($(
        $(#[$meta:meta])* pub enum $name:ident { $($(#[$note:meta])* $variant:ident = $text:literal),* $(,)? }
    )*) => {$(
        $(#[$meta])*
        #[derive(Clone)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$note])* $variant,)*
            /// A text that the document does not list.
            Unlisted($crate::wire::Unlisted),
        }

        impl $name {
            /// The text on the wire.
            #[must_use]
            #[inline]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)*
                    Self::Unlisted(text) => text.as_str(),
                }
            }
        }

        impl $crate::wire::OpenEnum for $name {
            const VALUES: &'static [&'static str] = &[$($text),*];

            #[inline]
            fn text(&self) -> &str {
                self.as_str()
            }

            #[inline]
            fn pick(index: Option<usize>, text: &str) -> Self {
                const VARIANTS: &[$name] = &[$($name::$variant),*];
                index.and_then(|index| VARIANTS.get(index)).cloned().unwrap_or_else(|| Self::Unlisted(text.into()))
            }
        }

        impl PartialEq for $name {
            #[inline]
            fn eq(&self, other: &Self) -> bool {
                self.as_str() == other.as_str()
            }
        }

        impl Eq for $name {}

        impl ::std::hash::Hash for $name {
            #[inline]
            fn hash<H: ::std::hash::Hasher>(&self, state: &mut H) {
                ::std::hash::Hash::hash(self.as_str(), state);
            }
        }

        impl ::std::fmt::Debug for $name {
            #[inline]
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self {
                    Self::Unlisted(text) => $crate::wire::debug_unlisted(text, f),
                    listed => ::std::fmt::Debug::fmt(listed.as_str(), f),
                }
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(text: &str) -> Self {
                $crate::wire::pick(text)
            }
        }

        impl PartialEq<str> for $name {
            #[inline]
            fn eq(&self, text: &str) -> bool {
                self.as_str() == text
            }
        }

        impl PartialEq<&str> for $name {
            #[inline]
            fn eq(&self, text: &&str) -> bool {
                self.as_str() == *text
            }
        }

        impl $crate::wire::Wire for $name {
            #[inline]
            fn blank() -> Self {
                $crate::wire::pick("")
            }
        }

        $crate::wire_serde!($name, read_open_enum, write_open_enum);
    )*};
}
