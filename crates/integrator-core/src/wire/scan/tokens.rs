//! JSON text as a flat stream of tokens, for codecs that write it in another form without building a tree.

use super::{MAX_DEPTH, Text, end_of_scalar, end_of_string, skip_blank};

/// One token; separators are checked and left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Token<'a> {
    OpenObject,
    CloseObject,
    OpenList,
    CloseList,
    /// Name of a member; its value follows.
    Name(Text<'a>),
    Text(Text<'a>),
    /// A number, `true`, `false` or `null`, as it stands.
    Scalar(&'a str),
}

/// The text is not JSON, or nests more than [`MAX_DEPTH`] levels, at this byte offset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) usize);

/// Tokens of `json`, which must be exactly one value.
pub(crate) fn tokens(json: &str) -> Tokens<'_> {
    Tokens {
        json,
        at: 0,
        kinds: 0,
        depth: 0,
        expect: Expect::Value,
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Tokens<'a> {
    json: &'a str,
    at: usize,
    /// One bit per open level, as in `end_of_nested`.
    kinds: u128,
    depth: usize,
    expect: Expect,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    Name,
    NameOrEnd,
    CommaOrEnd,
    Nothing,
    Over,
}

impl<'a> Tokens<'a> {
    fn step(&mut self) -> Option<Option<Token<'a>>> {
        let bytes = self.json.as_bytes();
        self.at = skip_blank(bytes, self.at);
        if self.expect == Expect::Nothing {
            return (self.at == bytes.len()).then_some(None);
        }
        let mut byte = *bytes.get(self.at)?;
        if self.expect == Expect::CommaOrEnd && byte == b',' {
            self.at = skip_blank(bytes, self.at + 1);
            self.expect = if self.in_object() { Expect::Name } else { Expect::Value };
            byte = *bytes.get(self.at)?;
        }
        match (self.expect, byte) {
            (Expect::NameOrEnd | Expect::CommaOrEnd, b'}') if self.in_object() => Some(Some(self.close())),
            (Expect::ValueOrEnd | Expect::CommaOrEnd, b']') if !self.in_object() => Some(Some(self.close())),
            (Expect::Name | Expect::NameOrEnd, b'"') => {
                let name = self.text()?;
                self.at = skip_blank(bytes, self.at);
                (bytes.get(self.at) == Some(&b':')).then_some(())?;
                self.at += 1;
                self.expect = Expect::Value;
                Some(Some(Token::Name(name)))
            }
            (Expect::Value | Expect::ValueOrEnd, b'"') => {
                let text = self.text()?;
                self.after_value();
                Some(Some(Token::Text(text)))
            }
            (Expect::Value | Expect::ValueOrEnd, b'{' | b'[') => self.open(byte == b'{').map(Some),
            (Expect::Value | Expect::ValueOrEnd, _) => {
                let end = end_of_scalar(bytes, self.at)?;
                let scalar = self.json.get(self.at..end)?;
                self.at = end;
                self.after_value();
                Some(Some(Token::Scalar(scalar)))
            }
            _ => None,
        }
    }

    fn text(&mut self) -> Option<Text<'a>> {
        let end = end_of_string(self.json.as_bytes(), self.at)?;
        let text = Text(self.json.get(self.at..end)?);
        self.at = end;
        Some(text)
    }

    fn open(&mut self, object: bool) -> Option<Token<'a>> {
        (self.depth < MAX_DEPTH).then_some(())?;
        self.depth += 1;
        self.kinds = self.kinds << 1 | u128::from(object);
        self.at += 1;
        self.expect = if object { Expect::NameOrEnd } else { Expect::ValueOrEnd };
        Some(if object { Token::OpenObject } else { Token::OpenList })
    }

    fn close(&mut self) -> Token<'a> {
        let object = self.in_object();
        self.depth -= 1;
        self.kinds >>= 1;
        self.at += 1;
        self.after_value();
        if object { Token::CloseObject } else { Token::CloseList }
    }

    const fn after_value(&mut self) {
        self.expect = if self.depth == 0 {
            Expect::Nothing
        } else {
            Expect::CommaOrEnd
        };
    }

    const fn in_object(&self) -> bool {
        self.kinds & 1 == 1
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Result<Token<'a>, Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.expect == Expect::Over {
            return None;
        }
        match self.step() {
            Some(Some(token)) => Some(Ok(token)),
            Some(None) => {
                self.expect = Expect::Over;
                None
            }
            None => {
                self.expect = Expect::Over;
                Some(Err(Malformed(self.at)))
            }
        }
    }
}
