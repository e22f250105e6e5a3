//! [`union!`](crate::union): one of several types, told apart by what stands in the text.

use std::fmt;

use serde::de::{Deserializer, Error as _};

use super::{Raw, Wire, decode, raw, scan};

/// What tells a member of a union from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Case {
    /// This member of the object is this text.
    Tag(&'static str, &'static str),
    /// This member of the object is this text, null, or not there.
    TagOrNone(&'static str, &'static str),
    /// This member of the object is one of these texts.
    Tags(&'static str, &'static [&'static str]),
    /// This member of the object is one of these texts; or it is missing or null, and the object has the other one.
    TagsOrNone(&'static str, &'static [&'static str], Option<&'static str>),
    /// This member of the object is `true`.
    Flag(&'static str),
    /// The object has this member.
    Has(&'static str),
    /// The object has one of these members.
    HasAny(&'static [&'static str]),
    /// The value is of this JSON type.
    Kind(Kind),
    /// None of the others fits.
    Otherwise,
}

/// The types of JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// `"…"`
    String,
    /// A number.
    Number,
    /// `true` or `false`
    Boolean,
    /// `[…]`
    Array,
    /// `{…}`
    Object,
}

impl Case {
    /// This member of the object is this text.
    #[must_use]
    pub const fn tag(member: &'static str, text: &'static str) -> Self {
        Self::Tag(member, text)
    }

    /// This member of the object is this text, null, or not there.
    #[must_use]
    pub const fn tag_or_none(member: &'static str, text: &'static str) -> Self {
        Self::TagOrNone(member, text)
    }

    /// This member of the object is one of these texts.
    #[must_use]
    pub const fn tags(member: &'static str, texts: &'static [&'static str]) -> Self {
        Self::Tags(member, texts)
    }

    /// This member of the object is one of these texts, missing or null.
    #[must_use]
    pub const fn tags_or_none(member: &'static str, texts: &'static [&'static str]) -> Self {
        Self::TagsOrNone(member, texts, None)
    }

    /// This member of the object is one of these texts; or it is missing or null, and the object has `other`.
    #[must_use]
    pub const fn tags_or_has(member: &'static str, texts: &'static [&'static str], other: &'static str) -> Self {
        Self::TagsOrNone(member, texts, Some(other))
    }

    /// This member of the object is `true`.
    #[must_use]
    pub const fn flag(member: &'static str) -> Self {
        Self::Flag(member)
    }

    /// The object has this member.
    #[must_use]
    pub const fn has(member: &'static str) -> Self {
        Self::Has(member)
    }

    /// The object has one of these members.
    #[must_use]
    pub const fn has_any(members: &'static [&'static str]) -> Self {
        Self::HasAny(members)
    }

    /// The value is a text.
    #[must_use]
    pub const fn string() -> Self {
        Self::Kind(Kind::String)
    }

    /// The value is a number.
    #[must_use]
    pub const fn number() -> Self {
        Self::Kind(Kind::Number)
    }

    /// The value is a boolean.
    #[must_use]
    pub const fn boolean() -> Self {
        Self::Kind(Kind::Boolean)
    }

    /// The value is a list.
    #[must_use]
    pub const fn array() -> Self {
        Self::Kind(Kind::Array)
    }

    /// The value is an object.
    #[must_use]
    pub const fn object() -> Self {
        Self::Kind(Kind::Object)
    }

    /// None of the others fits.
    #[must_use]
    pub const fn otherwise() -> Self {
        Self::Otherwise
    }

    /// The member that decides.
    const fn member(self) -> Option<&'static str> {
        match self {
            Self::Tag(member, _)
            | Self::TagOrNone(member, _)
            | Self::Tags(member, _)
            | Self::TagsOrNone(member, ..)
            | Self::Flag(member)
            | Self::Has(member) => Some(member),
            Self::HasAny(_) | Self::Kind(_) | Self::Otherwise => None,
        }
    }

    /// Whether it fits `text`, in which `found` is the member that decides.
    fn fits(self, text: &str, found: Option<&str>) -> bool {
        match self {
            Self::Tag(_, tag) => found.is_some_and(|found| is_text(found, tag)),
            Self::TagOrNone(_, tag) => {
                text.starts_with('{') && found.is_none_or(|found| found == "null" || is_text(found, tag))
            }
            Self::Tags(_, tags) => found.is_some_and(|found| tags.iter().any(|tag| is_text(found, tag))),
            Self::TagsOrNone(_, tags, other) => match found {
                None | Some("null") => text.starts_with('{') && other.is_none_or(|other| find(text, other).is_some()),
                Some(found) => tags.iter().any(|tag| is_text(found, tag)),
            },
            Self::Flag(_) => found == Some("true"),
            Self::Has(_) => found.is_some(),
            Self::HasAny(members) => members.iter().any(|member| find(text, member).is_some()),
            Self::Kind(kind) => Kind::of(text) == Some(kind),
            Self::Otherwise => true,
        }
    }
}

/// The member `name` of the object `text`.
///
/// Most objects do not have it: a text that nowhere says the name, and escapes nothing, need not be walked through.
fn find<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let bytes = text.as_bytes();
    let is_said = memchr::memmem::find(bytes, name.as_bytes()).is_some() || memchr::memchr(b'\\', bytes).is_some();
    is_said.then(|| scan::member(text, name)).flatten()
}

impl Kind {
    fn of(text: &str) -> Option<Self> {
        match text.as_bytes().first()? {
            b'"' => Some(Self::String),
            b'{' => Some(Self::Object),
            b'[' => Some(Self::Array),
            b't' | b'f' => Some(Self::Boolean),
            b'-' | b'0'..=b'9' => Some(Self::Number),
            _ => None,
        }
    }
}

/// Whether a JSON string is `text`; escapes are undone only where there are any.
fn is_text(json: &str, text: &str) -> bool {
    match json.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(inner) if !inner.contains('\\') => inner == text,
        Some(_) => serde_json::from_str::<String>(json).is_ok_and(|found| found == text),
        None => false,
    }
}

/// What [`union!`](crate::union) says about an enum.
pub trait Union: Sized {
    /// Name of the enum.
    const NAME: &'static str;
    /// What tells the members apart; the first that fits counts.
    const CASES: &'static [Case];

    /// Reads the member at `index`, from a part of a document that is being read.
    #[doc(hidden)]
    fn read_case(index: usize, text: &str) -> Result<Self, String>;

    /// Keeps what fits no case.
    #[doc(hidden)]
    fn unlisted(raw: Raw) -> Self;
}

/// Position of the first case that fits.
#[doc(hidden)]
pub fn choose(text: &str, cases: &[Case]) -> Option<usize> {
    let mut last = None;
    cases.iter().position(|case| {
        let found = case.member().and_then(|member| match last {
            Some((name, found)) if name == member => found,
            _ => {
                let found = find(text, member);
                last = Some((member, found));
                found
            }
        });
        case.fits(text, found)
    })
}

/// Reads a member of a union.
#[doc(hidden)]
pub fn decode_case<T: Wire>(text: &str) -> Result<T, String> {
    T::read_text(text)
}

/// Reads a union: looks at the text, then reads it once.
///
/// # Errors
/// When the text is not what its case says.
pub fn read_union<'de, T: Union, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let text = raw::capture(deserializer)?;
    match choose(&text, T::CASES) {
        Some(index) => T::read_case(index, &text).map_err(D::Error::custom),
        None if text == "null" => Err(D::Error::custom(NullUnion(T::NAME))),
        None => Ok(T::unlisted(Raw::from_checked(text))),
    }
}

/// [`read_union`] where the text is at hand; the whole of it is read, so that nothing malformed passes.
#[doc(hidden)]
pub fn read_union_text<T: Union>(text: &str) -> Result<T, String> {
    let text = scan::trim(text);
    match choose(text, T::CASES) {
        Some(index) => T::read_case(index, text),
        None if text == "null" => Err(NullUnion(T::NAME).to_string()),
        None => Raw::parse(text)
            .map(T::unlisted)
            .map_err(|error| decode::message(&error)),
    }
}

struct NullUnion(&'static str);

impl fmt::Display for NullUnion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid type: null, expected {}", self.0)
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
            fn read_case(index: usize, text: &str) -> Result<Self, String> {
                let mut at = 0;
                $(
                    if index == at {
                        return $crate::wire::decode_case(text).map(Self::$variant);
                    }
                    at += 1;
                )*
                Err(String::from("no such member"))
            }

            fn unlisted(raw: $crate::wire::Raw) -> Self {
                Self::Unlisted(raw)
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

            #[inline]
            fn read_text(text: &str) -> Result<Self, String> {
                $crate::wire::read_union_text(text)
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

        impl $crate::wire::Wire for $name {
            #[inline]
            fn blank() -> Self {
                Self::$live($crate::wire::Wire::blank())
            }

            #[inline]
            fn read_text(text: &str) -> Result<Self, String> {
                $crate::wire::read_twin_text(text, $flag, Self::$gone, Self::$live)
            }
        }

        impl<'de> $crate::wire::Deserialize<'de> for $name {
            fn deserialize<D: $crate::wire::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::wire::read_twin(deserializer, $flag, Self::$gone, Self::$live)
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

/// Reads a twin.
#[doc(hidden)]
pub fn read_twin<'de, G: Wire, L: Wire, T, D: Deserializer<'de>>(
    deserializer: D,
    flag: &'static str,
    gone: fn(G) -> T,
    live: fn(L) -> T,
) -> Result<T, D::Error> {
    let text = raw::capture(deserializer)?;
    read_twin_text(&text, flag, gone, live).map_err(D::Error::custom)
}

/// [`read_twin`] where the text is at hand.
#[doc(hidden)]
pub fn read_twin_text<G: Wire, L: Wire, T>(
    text: &str,
    flag: &'static str,
    gone: fn(G) -> T,
    live: fn(L) -> T,
) -> Result<T, String> {
    if find(text, flag) == Some("true") {
        G::read_text(text).map(gone)
    } else {
        L::read_text(text).map(live)
    }
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
    fn a_document_goes_on_behind_no_case() {
        for text in [r#"{"id":"1","kind":"pet"} x"#, r#"{"id":"1","gone":true}{}"#] {
            assert!(decode::<Animal>(text.as_bytes()).is_err(), "{text}");
            assert!(decode::<PetOrGone>(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(decode::<PetOrGone>(br#"{"note":"n"}"#).unwrap_err().path, "id");
        assert_eq!(decode::<PetOrGone>(br#"{"id":"1","gone":true}"#).unwrap().id(), "1");
    }
}
