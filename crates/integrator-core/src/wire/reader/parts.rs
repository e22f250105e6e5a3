//! What stands inside: items, members with their names, and what lies ahead of a union.

use std::borrow::Cow;

use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use super::{Fault, Reader};

/// The items of a list, or the members of an object.
pub(super) struct Parts<'a, 'de> {
    reader: &'a mut Reader<'de>,
    first: bool,
}

impl<'a, 'de> Parts<'a, 'de> {
    pub(super) const fn new(reader: &'a mut Reader<'de>) -> Self {
        Self { reader, first: true }
    }
}

impl<'de> SeqAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        match self.reader.step(&mut self.first, b']', "`,` or `]`")? {
            true => seed.deserialize(&mut *self.reader).map(Some),
            false => Ok(None),
        }
    }
}

impl<'de> MapAccess<'de> for Parts<'_, 'de> {
    type Error = Fault;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        match self.reader.step(&mut self.first, b'}', "`,` or `}`")? {
            true => seed.deserialize(Name(self.reader)).map(Some),
            false => Ok(None),
        }
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(&mut *self.reader)
    }
}

/// The name of a member, and the colon behind it.
struct Name<'a, 'de>(&'a mut Reader<'de>);

impl<'de> Name<'_, 'de> {
    fn read(self) -> Result<Cow<'de, str>, Fault> {
        if self.0.peek() != Some(b'"') {
            return Err(self.0.expected("the name of a member"));
        }
        let name = self.0.text()?;
        self.0.take(b':', "`:`")?;
        Ok(name)
    }
}

impl<'de> Deserializer<'de> for Name<'_, 'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.read()? {
            Cow::Borrowed(name) => visitor.visit_borrowed_str(name),
            Cow::Owned(name) => visitor.visit_string(name),
        }
    }

    /// Whoever knows which name comes next says it here, and is answered by a mere unit where it does: most names need not
    /// be read then.
    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        let rest = self.0.json.as_bytes().get(self.0.at..).unwrap_or_default();
        if let [b'"', rest @ ..] = rest
            && let Some([b'"', b':', ..]) = rest.strip_prefix(name.as_bytes())
            && !name.is_empty()
        {
            self.0.at += name.len() + 3;
            return visitor.visit_unit();
        }
        self.deserialize_any(visitor)
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}

/// The text from here on, to look at, then the value itself.
pub(super) struct Ahead<'a, 'de>(&'a mut Reader<'de>);

impl<'a, 'de> Ahead<'a, 'de> {
    pub(super) const fn new(reader: &'a mut Reader<'de>) -> Self {
        Self(reader)
    }
}

impl<'de> MapAccess<'de> for Ahead<'_, 'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.0.peek();
        let rest = self.0.json.get(self.0.at..).unwrap_or_default();
        seed.deserialize(BorrowedStrDeserializer::new(rest)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        seed.deserialize(&mut *self.0)
    }
}
