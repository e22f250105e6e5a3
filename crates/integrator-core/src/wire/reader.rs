//! [`Reader`]: the one reader of JSON documents and of their parts.
//!
//! It takes and refuses what `serde_json` does, with less work: a member that comes where it is expected is told by its
//! name alone, texts and blanks are looked over eight bytes at a time, and a union looks ahead in the document in place of
//! having its part of it cut out first. An error says what was found and where, never the document's own text.

mod fault;
mod number;
mod parts;
mod skip;
mod text;

use std::borrow::Cow;

use serde::de::{Deserializer, Error as _, Expected, Unexpected, Visitor};

pub(super) use self::fault::Fault;
use self::number::Number;
use self::parts::{Ahead, Parts};
use super::scan::MAX_DEPTH;
use super::{raw, union};

/// A place in a JSON text, which only moves forwards.
#[derive(Debug)]
pub(super) struct Reader<'de> {
    json: &'de str,
    at: usize,
    /// Objects and lists that are open.
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(super) const fn new(json: &'de str) -> Self {
        Self { json, at: 0, depth: 0 }
    }

    /// Nothing but blanks is left.
    ///
    /// # Errors
    /// When something is.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.expected("the end")),
        }
    }

    /// The next byte that is no blank; it stays where it is.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        match self.json.as_bytes().get(self.at) {
            Some(byte) if *byte > b' ' => Some(*byte),
            _ => self.behind_blanks(),
        }
    }

    /// One blank, or a line's end and up to seven blanks, is what nearly always stands between two tokens.
    #[inline(never)]
    fn behind_blanks(&mut self) -> Option<u8> {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        let (blanks, next) = match rest {
            [b' ', next, ..] => (1, Some(next)),
            [b'\n', line @ ..] => {
                let spaces = line.first_chunk().map_or(0, leading_spaces);
                (1 + spaces, line.get(spaces))
            }
            _ => (0, None),
        };
        if let Some(next) = next.filter(|next| **next > b' ') {
            self.at += blanks;
            return Some(*next);
        }
        let is_blank = |byte: &&u8| matches!(**byte, b' ' | b'\n' | b'\r' | b'\t');
        self.at += rest.iter().take_while(is_blank).count();
        self.json.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8, name: &str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.expected(name));
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(())
    }

    /// Stands at the first byte of the next item or name, or behind what ends them.
    #[inline]
    fn step(&mut self, first: &mut bool, close: u8, name: &str) -> Result<bool, Fault> {
        let is_first = std::mem::replace(first, false);
        match self.peek() {
            Some(b',') if !is_first => {
                self.at += 1;
                self.peek();
                Ok(true)
            }
            Some(byte) if byte == close => {
                self.at += 1;
                self.depth = self.depth.saturating_sub(1);
                Ok(false)
            }
            Some(_) if is_first => Ok(true),
            _ => Err(self.expected(name)),
        }
    }

    /// Opens an object or a list, lets it be read and sees to it that it was read to its end.
    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Fault>) -> Result<T, Fault> {
        let depth = self.depth;
        if depth >= MAX_DEPTH {
            return Err(self.too_deep());
        }
        self.at += 1;
        self.depth += 1;
        let value = read(self)?;
        if self.depth == depth {
            Ok(value)
        } else {
            Err(self.expected("the end of a list or an object"))
        }
    }

    #[cold]
    fn too_deep(&self) -> Fault {
        Fault::custom(format_args!("more than {MAX_DEPTH} levels deep at byte {}", self.at))
    }

    /// The document is not JSON here.
    #[cold]
    fn expected(&self, what: &str) -> Fault {
        let at = self.at;
        match self.json.len() <= at {
            true => Fault::custom(format_args!("the document ends where {what} was expected")),
            false => Fault::custom(format_args!("expected {what} at byte {at}")),
        }
    }

    /// What stands here is not what is wanted.
    #[cold]
    fn mismatch(&mut self, wanted: &dyn Expected) -> Fault {
        let found = match self.peek() {
            Some(b'"') => Ok(Unexpected::Str("")),
            Some(b'{') => Ok(Unexpected::Map),
            Some(b'[') => Ok(Unexpected::Seq),
            Some(b'n') => self.word("null").map(|()| Unexpected::Unit),
            Some(b't') => self.word("true").map(|()| Unexpected::Bool(true)),
            Some(b'f') => self.word("false").map(|()| Unexpected::Bool(false)),
            Some(b'-' | b'0'..=b'9') => self.number().map(|number| match number {
                Number::Unsigned(number) => Unexpected::Unsigned(number),
                Number::Signed(number) => Unexpected::Signed(number),
                Number::Float(number) => Unexpected::Float(number),
            }),
            _ => Err(self.expected("a value")),
        };
        found.map_or_else(|fault| fault, |found| Fault::invalid_type(found, wanted))
    }
}

/// How many of eight bytes are spaces before the first that is none.
const fn leading_spaces(bytes: &[u8; 8]) -> usize {
    const SPACES: u64 = u64::from_le_bytes([b' '; 8]);
    (u64::from_le_bytes(*bytes) ^ SPACES).trailing_zeros() as usize / 8
}

impl<'de> Deserializer<'de> for &mut Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.peek() {
            Some(b'"') => self.deserialize_str(visitor),
            Some(b'{') => self.deserialize_map(visitor),
            Some(b'[') => self.deserialize_seq(visitor),
            Some(b't' | b'f') => self.deserialize_bool(visitor),
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_unit()
            }
            Some(b'-' | b'0'..=b'9') => match self.number()? {
                Number::Unsigned(number) => visitor.visit_u64(number),
                Number::Signed(number) => visitor.visit_i64(number),
                Number::Float(number) => visitor.visit_f64(number),
            },
            _ => Err(self.expected("a value")),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.peek() {
            Some(b't') => {
                self.word("true")?;
                visitor.visit_bool(true)
            }
            Some(b'f') => {
                self.word("false")?;
                visitor.visit_bool(false)
            }
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.peek() {
            Some(b'"') => match self.text()? {
                Cow::Borrowed(text) => visitor.visit_borrowed_str(text),
                Cow::Owned(text) => visitor.visit_string(text),
            },
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.peek() {
            Some(b'n') => {
                self.word("null")?;
                visitor.visit_none()
            }
            _ => visitor.visit_some(self),
        }
    }

    /// `serde_json`'s name for a raw value is answered with the text, [`union::AHEAD`] with what lies ahead.
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            union::AHEAD => visitor.visit_map(Ahead::new(self)),
            raw::TOKEN => visitor.visit_borrowed_str(self.skip()?),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.peek() {
            Some(b'[') => self.inside(|reader| visitor.visit_seq(Parts::new(reader))),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.peek() {
            Some(b'{') => self.inside(|reader| visitor.visit_map(Parts::new(reader))),
            _ => Err(self.mismatch(&visitor)),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_map(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.skip()?;
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct enum
    }
}

#[cfg(test)]
mod tests;
