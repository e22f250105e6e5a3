//! Passing over a value, which is checked as closely as one that is read.

use super::{Fault, Reader};
use crate::wire::scan::MAX_DEPTH;

impl<'de> Reader<'de> {
    /// Passes over the next value, and answers its text.
    ///
    /// What is open is kept as one bit a level, set for an object, so that no document nests deeper than the stack.
    pub(in crate::wire) fn skip(&mut self) -> Result<&'de str, Fault> {
        self.peek();
        let from = self.at;
        let (mut objects, mut depth) = (0_u128, 0_usize);
        loop {
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if self.depth + depth >= MAX_DEPTH {
                        return Err(self.too_deep());
                    }
                    let is_object = open == b'{';
                    self.at += 1;
                    objects = objects << 1 | u128::from(is_object);
                    depth += 1;
                    match self.peek() {
                        Some(b'}') if is_object => {}
                        Some(b']') if !is_object => {}
                        _ => {
                            if is_object {
                                self.skip_name()?;
                            }
                            continue;
                        }
                    }
                }
                Some(b'"') => self.skip_text()?,
                Some(b'-' | b'0'..=b'9') => self.skip_number()?,
                Some(b't') => self.word("true")?,
                Some(b'f') => self.word("false")?,
                Some(b'n') => self.word("null")?,
                _ => return Err(self.expected("a value")),
            }
            while depth > 0 {
                let is_object = objects & 1 == 1;
                match self.peek() {
                    Some(b',') => {
                        self.at += 1;
                        if is_object {
                            self.skip_name()?;
                        }
                        break;
                    }
                    Some(b'}') if is_object => self.at += 1,
                    Some(b']') if !is_object => self.at += 1,
                    _ => return Err(self.expected(if is_object { "`,` or `}`" } else { "`,` or `]`" })),
                }
                objects >>= 1;
                depth -= 1;
            }
            if depth == 0 {
                return Ok(self.json.get(from..self.at).unwrap_or_default());
            }
        }
    }

    fn skip_name(&mut self) -> Result<(), Fault> {
        match self.peek() {
            Some(b'"') => self.skip_text()?,
            _ => return Err(self.expected("the name of a member")),
        }
        self.take(b':', "`:`")
    }
}
