//! Looks things up in JSON text without decoding it: a member, a dotted path, the items of a list.
//!
//! Every function reads the text once, never recurses and answers `None` for text that is not JSON as far as it had to
//! look. Whether the whole text is valid is for the reader that decodes it (`wire::decode`).

use std::borrow::Cow;

pub(crate) mod tokens;

/// Levels of nesting beyond which a document is refused, valid or not.
pub const MAX_DEPTH: usize = 128;

/// JSON text of the member `name` of the object `json`; the first where the name stands twice.
///
/// ```
/// use integrator_core::wire::scan;
/// assert_eq!(scan::member(r#"{"id": "cus_1", "n": {"id": 2}}"#, "n"), Some(r#"{"id": 2}"#));
/// assert_eq!(scan::member("[1]", "n"), None);
/// ```
#[must_use]
pub fn member<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    members(json).find(|(at, _)| at.is(name)).map(|(_, value)| value)
}

/// JSON text at a dotted path; a number steps into a list, the empty path is the document itself.
///
/// ```
/// use integrator_core::wire::scan;
/// assert_eq!(scan::at_path(r#"{"errors": [{"code": "taken"}]}"#, "errors.0.code"), Some(r#""taken""#));
/// ```
#[must_use]
pub fn at_path<'a>(json: &'a str, path: &str) -> Option<&'a str> {
    let mut here = trim(json);
    if path.is_empty() {
        return Some(here);
    }
    for step in path.split('.') {
        here = match here.as_bytes().first()? {
            b'[' => items(here).nth(step.parse().ok()?)?,
            _ => member(here, step)?,
        };
    }
    Some(here)
}

/// Text of the last item of the list `json`; `None` when it is empty or no list.
#[must_use]
pub fn last_item(json: &str) -> Option<&str> {
    items(json).last()
}

/// Text of each item of the list `json`; ends early where the text is not JSON.
#[must_use]
pub fn items(json: &str) -> Items<'_> {
    Items(Walk::enter(json, b'['))
}

/// Name and value of each member of the object `json`; ends early where the text is not JSON.
#[must_use]
pub fn members(json: &str) -> Members<'_> {
    Members(Walk::enter(json, b'{'))
}

/// The value with which `json` begins, without what follows it.
pub(super) fn first_value(json: &str) -> Option<&str> {
    json.get(..end_of_value(json.as_bytes(), 0)?)
}

/// `text` without the blanks of JSON around it.
pub(super) fn trim(text: &str) -> &str {
    text.trim_matches(is_blank_char)
}

/// What the JSON string `json` says; `None` when it is no string.
#[must_use]
pub fn string(json: &str) -> Option<Cow<'_, str>> {
    let json = trim(json);
    (end_of_string(json.as_bytes(), 0)? == json.len()).then_some(())?;
    Text(json).decode()
}

/// What a string or number says as text; `None` for anything else, `null` among it.
#[must_use]
pub fn scalar(json: &str) -> Option<Cow<'_, str>> {
    let json = trim(json);
    match json.as_bytes().first()? {
        b'"' => string(json),
        b'-' | b'0'..=b'9' => Some(Cow::Borrowed(json)),
        _ => None,
    }
}

/// A JSON string as it stands in the text, quotes included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// The string as it stands, quotes and escapes included.
    #[must_use]
    pub const fn json(self) -> &'a str {
        self.0
    }

    /// Whether the string says `text`.
    #[must_use]
    pub fn is(self, text: &str) -> bool {
        match self.plain() {
            Some(plain) => plain == text,
            None => self.decode().is_some_and(|decoded| decoded == text),
        }
    }

    /// What the string says; `None` when an escape in it is malformed.
    #[must_use]
    pub fn decode(self) -> Option<Cow<'a, str>> {
        match self.plain() {
            Some(plain) => Some(Cow::Borrowed(plain)),
            None => serde_json::from_str(self.0).ok().map(Cow::Owned),
        }
    }

    fn plain(self) -> Option<&'a str> {
        let inner = self.0.get(1..self.0.len().checked_sub(1)?)?;
        (!inner.contains('\\')).then_some(inner)
    }
}

/// The items of a list, see [`items`].
#[derive(Debug, Clone)]
pub struct Items<'a>(Walk<'a>);

impl<'a> Iterator for Items<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.0.step(b']', Walk::value)
    }
}

/// The members of an object, see [`members`].
#[derive(Debug, Clone)]
pub struct Members<'a>(Walk<'a>);

impl<'a> Iterator for Members<'a> {
    type Item = (Text<'a>, &'a str);

    fn next(&mut self) -> Option<(Text<'a>, &'a str)> {
        self.0.step(b'}', |walk| {
            let end = end_of_string(walk.json.as_bytes(), walk.at)?;
            let name = Text(walk.json.get(walk.at..end)?);
            walk.at = end;
            walk.skip_blank();
            walk.take(b':')?;
            Some((name, walk.value()?))
        })
    }
}

/// A position in the members of one object or list.
#[derive(Debug, Clone)]
struct Walk<'a> {
    json: &'a str,
    at: usize,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    First,
    Later,
    Over,
}

impl<'a> Walk<'a> {
    fn enter(json: &'a str, open: u8) -> Self {
        let mut walk = Self {
            json,
            at: 0,
            state: State::First,
        };
        walk.skip_blank();
        if walk.take(open).is_none() {
            walk.state = State::Over;
        }
        walk
    }

    fn step<T>(&mut self, close: u8, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        if self.state == State::Over {
            return None;
        }
        let first = std::mem::replace(&mut self.state, State::Over) == State::First;
        self.skip_blank();
        if self.take(close).is_some() {
            return None;
        }
        if !first {
            self.take(b',')?;
            self.skip_blank();
        }
        let found = read(self)?;
        self.state = State::Later;
        Some(found)
    }

    fn value(&mut self) -> Option<&'a str> {
        self.skip_blank();
        let end = end_of_value(self.json.as_bytes(), self.at)?;
        let value = self.json.get(self.at..end)?;
        self.at = end;
        Some(value)
    }

    fn skip_blank(&mut self) {
        self.at = skip_blank(self.json.as_bytes(), self.at);
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.json.as_bytes().get(self.at) == Some(&byte)).then(|| self.at += 1)
    }
}

fn end_of_value(json: &[u8], at: usize) -> Option<usize> {
    match json.get(at)? {
        b'"' => end_of_string(json, at),
        b'{' | b'[' => end_of_nested(json, at),
        _ => end_of_scalar(json, at),
    }
}

/// Brackets are matched by one bit per level: set for an object, clear for a list.
fn end_of_nested(json: &[u8], mut at: usize) -> Option<usize> {
    let mut kinds = 0_u128;
    let mut depth = 0_usize;
    loop {
        let byte = *json.get(at)?;
        match byte {
            b'"' => {
                at = end_of_string(json, at)?;
                continue;
            }
            b'{' | b'[' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return None;
                }
                kinds = kinds << 1 | u128::from(byte == b'{');
            }
            b'}' | b']' => {
                if (kinds & 1 == 1) != (byte == b'}') {
                    return None;
                }
                kinds >>= 1;
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
        at += 1;
    }
}

fn end_of_string(json: &[u8], at: usize) -> Option<usize> {
    if json.get(at) != Some(&b'"') {
        return None;
    }
    let mut at = at + 1;
    loop {
        at += memchr::memchr2(b'"', b'\\', json.get(at..)?)?;
        if json.get(at) == Some(&b'"') {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn end_of_scalar(json: &[u8], at: usize) -> Option<usize> {
    let rest = json.get(at..)?;
    let length = rest
        .iter()
        .position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'))
        .unwrap_or(rest.len());
    let text = rest.get(..length)?;
    let sound = match text.first()? {
        b't' => text == b"true",
        b'f' => text == b"false",
        b'n' => text == b"null",
        b'-' | b'0'..=b'9' => text
            .iter()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')),
        _ => false,
    };
    sound.then_some(at + length)
}

fn skip_blank(json: &[u8], at: usize) -> usize {
    let blank = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\n' | b'\r');
    at + json.get(at..).map_or(0, |rest| rest.iter().take_while(blank).count())
}

const fn is_blank_char(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
pub(crate) mod tests;
