//! Texts, and the escapes in them.

use std::borrow::Cow;

use serde::de::Error as _;

use super::{Fault, Reader};
use crate::wire::json::plain_length;

const HALF: &str = "half of a surrogate pair";

impl<'de> Reader<'de> {
    /// Reads the text that begins here; it is borrowed where nothing in it is escaped.
    #[inline]
    pub(super) fn text(&mut self) -> Result<Cow<'de, str>, Fault> {
        let (text, end) = self.plain(self.at + 1);
        if end == Some(b'"') {
            self.at += text.len() + 2;
            return Ok(Cow::Borrowed(text));
        }
        self.at += 1;
        self.escaped().map(Cow::Owned)
    }

    /// Passes over the text that begins here.
    pub(super) fn skip_text(&mut self) -> Result<(), Fault> {
        self.at += 1;
        loop {
            let (text, end) = self.plain(self.at);
            self.at += text.len();
            match end {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => {
                    self.escape()?;
                }
                _ => return Err(self.broken()),
            }
        }
    }

    /// What stands from `from` on as it is, and what ends it.
    #[inline]
    fn plain(&self, from: usize) -> (&'de str, Option<u8>) {
        let bytes = self.json.as_bytes();
        let end = from + plain_length(bytes.get(from..).unwrap_or_default());
        (self.json.get(from..end).unwrap_or_default(), bytes.get(end).copied())
    }

    fn escaped(&mut self) -> Result<String, Fault> {
        let mut whole = String::new();
        loop {
            let (text, end) = self.plain(self.at);
            whole.push_str(text);
            self.at += text.len();
            match end {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(whole);
                }
                Some(b'\\') => match self.escape()? {
                    Escape::Char(char) => whole.push(char),
                    Escape::Unit(unit) => whole.push(self.surrogate(unit)?),
                },
                _ => return Err(self.broken()),
            }
        }
    }

    /// The escape that begins here.
    fn escape(&mut self) -> Result<Escape, Fault> {
        let rest = self.json.as_bytes().get(self.at + 1..).unwrap_or_default();
        let (escape, length) = match rest {
            [b'u', hex @ ..] => {
                let unit = hex
                    .first_chunk()
                    .and_then(unit)
                    .ok_or_else(|| self.expected("four hex digits"))?;
                (char::from_u32(unit.into()).map_or(Escape::Unit(unit), Escape::Char), 6)
            }
            [byte, ..] => {
                let char = match byte {
                    b'"' | b'\\' | b'/' => char::from(*byte),
                    b'b' => '\u{8}',
                    b'f' => '\u{c}',
                    b'n' => '\n',
                    b'r' => '\r',
                    b't' => '\t',
                    _ => return Err(self.expected("an escape")),
                };
                (Escape::Char(char), 2)
            }
            [] => return Err(self.broken()),
        };
        self.at += length;
        Ok(escape)
    }

    /// The character of which `high` is the first half.
    fn surrogate(&mut self, high: u16) -> Result<char, Fault> {
        let is_escape = self.json.as_bytes().get(self.at) == Some(&b'\\');
        let Some(Escape::Unit(low)) = is_escape.then(|| self.escape()).transpose()? else {
            return Err(Fault::custom(HALF));
        };
        match char::decode_utf16([high, low]).next() {
            Some(Ok(char)) => Ok(char),
            _ => Err(Fault::custom(HALF)),
        }
    }

    #[cold]
    fn broken(&self) -> Fault {
        self.expected("a text's next character")
    }
}

enum Escape {
    Char(char),
    /// Half of a surrogate pair.
    Unit(u16),
}

fn unit(hex: &[u8; 4]) -> Option<u16> {
    hex.iter().try_fold(0, |unit, byte| {
        let digit = char::from(*byte).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}
