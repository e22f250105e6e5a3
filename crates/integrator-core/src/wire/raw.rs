//! [`Raw`]: a value kept as JSON text, to be read later or not at all.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeStruct, Serializer};
use serde_json::value::RawValue;

use super::{DecodeError, Wire, decode};

/// JSON text that nobody has looked into yet.
///
/// Read by `serde_json`, the text is taken as it stands; read by anything else (inside `flatten` or `untagged`, or in
/// another format) it is written anew from the value.
#[derive(Clone, PartialEq, Eq)]
pub struct Raw(Box<str>);

/// The name by which `serde_json` recognises that its text is wanted; checked by this module's tests.
pub(super) const TOKEN: &str = "$serde_json::private::RawValue";

impl Raw {
    /// Keeps `text`, which must be one JSON value.
    ///
    /// # Errors
    /// When `text` is not valid JSON.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<&RawValue>(text).map(|raw| Self(raw.get().into()))
    }

    /// Keeps text that a reader has found to be valid.
    pub(super) fn from_checked(text: Cow<'_, str>) -> Self {
        Self(text.into())
    }

    /// The JSON text.
    #[must_use]
    pub fn get(&self) -> &str {
        &self.0
    }

    /// Reads the value as `T`.
    ///
    /// # Errors
    /// When the text is not a `T`; the error names the path.
    pub fn decode<T: Wire>(&self) -> Result<T, DecodeError> {
        decode(self.0.as_bytes())
    }

    /// The value without a type.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).unwrap_or_default()
    }
}

impl From<serde_json::Value> for Raw {
    fn from(value: serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for Raw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Raw({} bytes)", self.0.len())
    }
}

super::serde_by_wire!(Raw);

impl Wire for Raw {
    fn blank() -> Self {
        Self("null".into())
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        capture(deserializer).map(|text| Self(text.into()))
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // As `serde_json` writes its own raw values, without a look at the text, which was found to be valid.
        let mut raw = serializer.serialize_struct(TOKEN, 1)?;
        raw.serialize_field(TOKEN, self.get())?;
        raw.end()
    }
}

/// The JSON text of the next value, borrowed from the document where the reader can lend it.
pub(super) fn capture<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Cow<'de, str>, D::Error> {
    deserializer.deserialize_newtype_struct(TOKEN, Capture)
}

struct Capture;

impl<'de> Visitor<'de> for Capture {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    /// As our own reader answers.
    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Cow<'de, str>, A::Error> {
        if map.next_key::<&str>()? != Some(TOKEN) {
            return Err(A::Error::custom("raw text expected"));
        }
        map.next_value_seed(Text)
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        serde_json::Value::deserialize(deserializer).map(|value| Cow::Owned(value.to_string()))
    }
}

struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde_json::json;

    use super::*;

    crate::object! {
        #[allow(unreachable_pub, reason = "generated types are public")]
        pub struct Holder { 0 raw: Raw = "raw", }
    }

    #[test]
    fn text_is_kept_as_it_stands() {
        let holder: Holder = decode(br#"{"raw": {"b" : 1.0,"a":[ ]} }"#).unwrap();
        assert_eq!(holder.raw.get(), r#"{"b" : 1.0,"a":[ ]}"#);
    }

    #[test]
    fn other_readers_hand_out_the_value() {
        #[derive(Deserialize)]
        struct Flat {
            #[serde(flatten)]
            holder: Holder,
        }
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Either {
            Holder(Holder),
        }
        let flat: Flat = serde_json::from_str(r#"{"raw":{"a":[1, 2]}}"#).unwrap();
        assert_eq!(flat.holder.raw.to_value(), json!({"a": [1, 2]}));
        let Either::Holder(holder) = serde_json::from_str(r#"{"raw":"text"}"#).unwrap();
        assert_eq!(holder.raw.get(), r#""text""#);
        let holder: Holder = serde_json::from_value(json!({"raw": null})).unwrap();
        assert_eq!(holder.raw.get(), "null");
    }
}
