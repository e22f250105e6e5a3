//! [`Case`]: what tells a member of a union from the others, and which of them a text is.

use std::cell::OnceCell;

use crate::wire::scan;

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

    /// Whether it fits `value`, in which `found` is the member that decides.
    fn fits(self, value: &Value<'_>, found: Option<&str>) -> bool {
        match self {
            Self::Tag(_, tag) => found.is_some_and(|found| is_text(found, tag)),
            Self::TagOrNone(_, tag) => {
                value.is_object() && found.is_none_or(|found| found == "null" || is_text(found, tag))
            }
            Self::Tags(_, tags) => found.is_some_and(|found| tags.iter().any(|tag| is_text(found, tag))),
            Self::TagsOrNone(_, tags, other) => match found {
                None | Some("null") => value.is_object() && other.is_none_or(|other| value.find(other).is_some()),
                Some(found) => tags.iter().any(|tag| is_text(found, tag)),
            },
            Self::Flag(_) => found == Some("true"),
            Self::Has(_) => found.is_some(),
            Self::HasAny(members) => members.iter().any(|member| value.find(member).is_some()),
            Self::Kind(kind) => Kind::of(value.ahead) == Some(kind),
            Self::Otherwise => true,
        }
    }
}

/// Position of the first case that fits the value with which `ahead` begins.
pub(super) fn choose(ahead: &str, cases: &[Case]) -> Option<usize> {
    let window = OnceCell::new();
    let value = Value { ahead, window };
    let mut last = None;
    cases.iter().position(|case| {
        let found = case.member().and_then(|member| match last {
            Some((name, found)) if name == member => found,
            _ => {
                // A tag nearly always is there, and stands among the first members.
                let is_there = matches!(case, Case::Tag(..) | Case::Tags(..)) && last.is_none();
                let found = if is_there {
                    scan::member(ahead, member)
                } else {
                    value.find(member)
                };
                last = Some((member, found));
                found
            }
        });
        case.fits(&value, found)
    })
}

/// The value with which a text begins.
struct Value<'a> {
    ahead: &'a str,
    /// As much of the text as may have to be looked through; the value, and what follows it.
    window: OnceCell<&'a str>,
}

impl<'a> Value<'a> {
    fn is_object(&self) -> bool {
        self.ahead.starts_with('{')
    }

    /// The member `name`, which most objects do not have: where a text nowhere says the name, and escapes nothing, it need
    /// not be walked through.
    fn find(&self, name: &str) -> Option<&'a str> {
        let window = self.window.get_or_init(|| match self.ahead.len() {
            // A text so short is looked through sooner than the end of the value in it is found.
            0..=WINDOW => self.ahead,
            _ => scan::first_value(self.ahead).unwrap_or(self.ahead),
        });
        let bytes = window.as_bytes();
        let is_said = memchr::memmem::find(bytes, name.as_bytes()).is_some() || memchr::memchr(b'\\', bytes).is_some();
        is_said.then(|| scan::member(window, name)).flatten()
    }
}

/// Bytes.
const WINDOW: usize = 16 * 1024;

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
