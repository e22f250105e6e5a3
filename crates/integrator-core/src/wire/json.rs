//! JSON bodies put together from fragments, which are JSON text already and are not read again.

use std::fmt::Write as _;

use super::scan;

/// A JSON object that grows member by member.
#[derive(Debug)]
pub(crate) struct ObjectText {
    text: String,
    empty: bool,
}

impl ObjectText {
    pub(crate) fn new() -> Self {
        Self {
            text: "{".to_owned(),
            empty: true,
        }
    }

    /// Continues the object `json`; `None` when it is no object.
    pub(crate) fn continued(json: &str) -> Option<Self> {
        let text = json.trim().strip_suffix('}').filter(|text| text.starts_with('{'))?;
        Some(Self {
            text: text.to_owned(),
            empty: scan::members(json).next().is_none(),
        })
    }

    pub(crate) fn push(&mut self, name: &str, json: &str) {
        if !self.empty {
            self.text.push(',');
        }
        self.empty = false;
        push_string(&mut self.text, name);
        self.text.push(':');
        self.text.push_str(json);
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    out.push('"');
    if is_plain(text.as_bytes()) {
        out.push_str(text);
    } else {
        push_escaped(out, text);
    }
    out.push('"');
}

/// Whether a text stands in JSON as it is. Eight bytes are looked at in one go, since nearly all texts do; the last eight
/// may have been looked at already.
fn is_plain(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return match (text.first_chunk(), text.last_chunk()) {
            (Some([a, b, c, d]), Some([e, f, g, h])) => special([*a, *b, *c, *d, *e, *f, *g, *h]) == 0,
            _ => text.iter().all(|byte| plain_byte(*byte)),
        };
    };
    let mut found = special(*last);
    for word in text.as_chunks().0 {
        found |= special(*word);
    }
    found == 0
}

/// How many bytes from the first on stand in JSON as they are.
#[inline]
pub(super) fn plain_length(text: &[u8]) -> usize {
    let mut rest = text;
    while let Some((word, behind)) = rest.split_first_chunk() {
        let found = special(*word);
        if found != 0 {
            // The lowest bit is right: what is borrowed goes to bytes above it.
            return text.len() - rest.len() + found.trailing_zeros() as usize / 8;
        }
        rest = behind;
    }
    text.len() - rest.len() + rest.iter().take_while(|byte| plain_byte(**byte)).count()
}

/// Whether a byte of a text stands in JSON as it is.
pub(super) const fn plain_byte(byte: u8) -> bool {
    byte >= b' ' && byte != b'"' && byte != b'\\'
}

/// Zero when each of eight bytes is plain: what is not falls below zero, which shows in its highest bit. It may borrow
/// from the byte above it; then one was found already.
const fn special(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = u64::from_le_bytes([0x80; 8]);
    let word = u64::from_le_bytes(bytes);
    let quote = word ^ (ONES * b'"' as u64);
    let backslash = word ^ (ONES * b'\\' as u64);
    let below = word.wrapping_sub(ONES * b' ' as u64) | quote.wrapping_sub(ONES) | backslash.wrapping_sub(ONES);
    // A byte above 0x7f is plain, and is above it in all three.
    below & !word & HIGH
}

fn push_escaped(out: &mut String, text: &str) {
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate().filter(|(_, byte)| !plain_byte(*byte)) {
        out.push_str(text.get(plain..at).unwrap_or_default());
        plain = at + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            0x08 => out.push_str("\\b"),
            0x0c => out.push_str("\\f"),
            _ => {
                // Writing to a String cannot fail.
                let _ = write!(out, "\\u{byte:04x}");
            }
        }
    }
    out.push_str(text.get(plain..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::ObjectText;

    #[test]
    fn members_are_joined_as_they_are() {
        let mut object = ObjectText::new();
        object.push("a", "1.10");
        object.push("b \"c\"", "[ 1 ]");
        assert_eq!(object.finish(), r#"{"a":1.10,"b \"c\"":[ 1 ]}"#);
        assert_eq!(ObjectText::new().finish(), "{}");
    }

    #[test]
    fn an_object_can_be_continued() {
        let continued = |json: &str| {
            let mut object = ObjectText::continued(json)?;
            object.push("z", "1");
            Some(object.finish())
        };
        assert_eq!(continued("{ }").unwrap(), r#"{ "z":1}"#);
        assert_eq!(continued(r#" {"a": {}} "#).unwrap(), r#"{"a": {},"z":1}"#);
        assert_eq!(continued("[]"), None);
        assert_eq!(continued("\"}\""), None);
    }
}
