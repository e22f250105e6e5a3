//! Reads `multipart/form-data` (RFC 7578) as it arrives, in constant memory: of a file only its length, checksum and
//! first bytes are kept.
//!
//! What the parts must be is for the contract to say; here only the framing can be wrong.
//!
//! ```
//! use integrator_contract::multipart::Reader;
//!
//! let mut reader = Reader::from_content_type("multipart/form-data; boundary=x").expect("there is a boundary");
//! for chunk in ["--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nhel", "lo\r\n--x--\r\n"] {
//!     reader.push(chunk.as_bytes());
//! }
//! let parts = reader.finish()?;
//! assert_eq!((parts[0].name.as_str(), parts[0].text()), ("a", Some("hello")));
//! # Ok::<(), integrator_contract::multipart::MultipartError>(())
//! ```

use flate2::Crc;
use memchr::memmem::Finder;

/// Longest block of headers of a part, in bytes.
const HEADERS: usize = 16 * 1024;
/// How many bytes of a part are kept.
const KEPT: usize = 64 * 1024;
/// Most parts of one body.
const PARTS: usize = 10_000;

/// One part of a body.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// The file's name; there is none for a plain field.
    pub filename: Option<String>,
    /// Media type, where one is given.
    pub content_type: Option<String>,
    /// Length in bytes.
    pub length: u64,
    /// CRC-32 of all bytes.
    pub crc32: u32,
    /// The first bytes, all of them up to 64 KiB.
    pub head: Vec<u8>,
}

impl Part {
    /// The text of a plain field; none when it is longer than 64 KiB or not UTF-8.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        if self.head.len() as u64 == self.length {
            std::str::from_utf8(&self.head).ok()
        } else {
            None
        }
    }
}

/// What is wrong with the framing of a body.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MultipartError {
    /// The body does not begin with its boundary.
    #[error("expected the boundary at the beginning")]
    NoStart,
    /// The body ends before the closing boundary.
    #[error("expected the closing boundary, found the end")]
    NoEnd,
    /// The headers of a part cannot be read.
    #[error("expected a part's headers with a name in content-disposition")]
    Headers,
    /// There are more parts than any form has.
    #[error("expected at most {PARTS} parts")]
    TooMany,
}

/// Takes a body in chunks of any size.
#[derive(Debug)]
pub struct Reader {
    delimiter: Finder<'static>,
    buffer: Vec<u8>,
    state: State,
    parts: Vec<Part>,
    checksum: Crc,
    kept: usize,
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Start,
    AfterDelimiter,
    Headers,
    Content,
    End,
    Failed(MultipartError),
}

impl Reader {
    /// A reader for the boundary that this `content-type` names.
    #[must_use]
    pub fn from_content_type(content_type: &str) -> Option<Self> {
        let mut pieces = content_type.split(';');
        if !pieces.next()?.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = pieces.find_map(|piece| {
            let (name, value) = piece.split_once('=')?;
            name.trim()
                .eq_ignore_ascii_case("boundary")
                .then(|| value.trim().trim_matches('"'))
        })?;
        if boundary.is_empty() {
            None
        } else {
            Some(Self::new(boundary))
        }
    }

    /// A reader for this boundary.
    #[must_use]
    pub fn new(boundary: &str) -> Self {
        Self {
            delimiter: Finder::new(&format!("\r\n--{boundary}")).into_owned(),
            // The first boundary may stand at the very beginning: a line end before it makes all alike.
            buffer: b"\r\n".to_vec(),
            state: State::Start,
            parts: Vec::new(),
            checksum: Crc::new(),
            kept: KEPT,
        }
    }

    /// Keeps so many first bytes of each part; 64 KiB unless given.
    #[must_use]
    pub const fn keeping(mut self, bytes: usize) -> Self {
        self.kept = bytes;
        self
    }

    /// Takes the next chunk.
    pub fn push(&mut self, chunk: &[u8]) {
        if matches!(self.state, State::End | State::Failed(_)) {
            return;
        }
        self.buffer.extend_from_slice(chunk);
        let mut at = 0;
        while let Some(used) = self.step(at) {
            at += used;
        }
        self.buffer.drain(..at);
    }

    /// The parts.
    ///
    /// # Errors
    /// The framing was broken or the body ended early.
    pub fn finish(self) -> Result<Vec<Part>, MultipartError> {
        match self.state {
            State::End => Ok(self.parts),
            State::Failed(error) => Err(error),
            State::Start => Err(MultipartError::NoStart),
            _ => Err(MultipartError::NoEnd),
        }
    }

    /// Reads one piece that begins at `at` and says how long it was; none when more is needed.
    fn step(&mut self, at: usize) -> Option<usize> {
        let input = &self.buffer[at..];
        let delimiter = self.delimiter.needle().len();
        match self.state {
            State::Start => {
                // What stands before the first boundary is a preamble without meaning.
                if let Some(found) = self.delimiter.find(input) {
                    self.state = State::AfterDelimiter;
                    return Some(found + delimiter);
                }
                if input.len() > HEADERS {
                    self.state = State::Failed(MultipartError::NoStart);
                }
                None
            }
            State::AfterDelimiter => {
                if input.starts_with(b"--") {
                    self.state = State::End;
                    return None;
                }
                let end = memchr::memchr(b'\n', input)?;
                let blank = input[..end].iter().all(|byte| byte.is_ascii_whitespace());
                self.state = match blank {
                    _ if self.parts.len() == PARTS => State::Failed(MultipartError::TooMany),
                    true => State::Headers,
                    false => State::Failed(MultipartError::Headers),
                };
                Some(end + 1)
            }
            State::Headers => {
                let Some(end) = memchr::memmem::find(input, b"\r\n\r\n") else {
                    if input.len() > HEADERS {
                        self.state = State::Failed(MultipartError::Headers);
                    }
                    return None;
                };
                match part(&input[..end]) {
                    Some(part) => {
                        self.parts.push(part);
                        self.checksum = Crc::new();
                        self.state = State::Content;
                        Some(end + 4)
                    }
                    None => {
                        self.state = State::Failed(MultipartError::Headers);
                        None
                    }
                }
            }
            State::Content => {
                let found = self.delimiter.find(input);
                // The end of the buffer may be the beginning of the delimiter.
                let length = found.unwrap_or_else(|| (input.len() + 1).saturating_sub(delimiter));
                self.take_content(at, length);
                if found.is_some() {
                    self.state = State::AfterDelimiter;
                    return Some(length + delimiter);
                }
                (length > 0).then_some(length)
            }
            State::End | State::Failed(_) => None,
        }
    }

    fn take_content(&mut self, at: usize, length: usize) {
        let bytes = &self.buffer[at..at + length];
        let Some(part) = self.parts.last_mut() else {
            return;
        };
        self.checksum.update(bytes);
        part.crc32 = self.checksum.sum();
        part.length += length as u64;
        let room = self.kept.saturating_sub(part.head.len());
        part.head.extend_from_slice(&bytes[..length.min(room)]);
    }
}

fn part(headers: &[u8]) -> Option<Part> {
    let mut part = Part::default();
    let mut named = false;
    for line in std::str::from_utf8(headers).ok()?.split("\r\n") {
        let (name, value) = line.split_once(':')?;
        match name.trim().to_ascii_lowercase().as_str() {
            "content-type" => part.content_type = Some(value.trim().to_owned()),
            "content-disposition" => {
                let (kind, rest) = value.split_once(';')?;
                if !kind.trim().eq_ignore_ascii_case("form-data") {
                    return None;
                }
                for (key, value) in disposition(rest) {
                    match key.to_ascii_lowercase().as_str() {
                        "name" => (part.name, named) = (value, true),
                        "filename" => part.filename = Some(value),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    named.then_some(part)
}

/// `; name="a"; filename="b"`: quotes may hold semicolons; `%22` and `\"` both stand for a quote.
fn disposition(text: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = text;
    while let Some((key, after)) = rest.split_once('=') {
        let key = key.trim_matches([' ', ';', '\t']).to_owned();
        let after = after.trim_start();
        let value;
        if let Some(quoted) = after.strip_prefix('"') {
            let mut plain = String::new();
            let mut characters = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, character)) = characters.next() {
                match character {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => plain.extend(characters.next().map(|(_, character)| character)),
                    other => plain.push(other),
                }
            }
            value = plain.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n");
            rest = &quoted[end..];
        } else {
            let end = after.find(';').unwrap_or(after.len());
            value = after[..end].trim().to_owned();
            rest = &after[end..];
        }
        pairs.push((key, value));
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nlogo\r\n\
        --b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a;\\\"b.png\"\r\nContent-Type: image/png\r\n\r\n\
        \r\n--b\r\n--b0\r\n\r\n\
        --b1\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--b1--\r\n";

    fn read(chunks: impl Iterator<Item = Vec<u8>>) -> Result<Vec<Part>, MultipartError> {
        let mut reader = Reader::from_content_type("multipart/form-data; charset=utf-8; boundary=\"b1\"").unwrap();
        chunks.for_each(|chunk| reader.push(&chunk));
        reader.finish()
    }

    #[test]
    fn any_chunking_gives_the_same_parts() {
        let whole = read([BODY.as_bytes().to_vec()].into_iter()).unwrap();
        assert_eq!(whole.len(), 3);
        assert_eq!(
            (whole[0].name.as_str(), whole[0].text(), &whole[0].filename),
            ("purpose", Some("logo"), &None)
        );
        assert_eq!(whole[1].filename.as_deref(), Some("a;\"b.png"));
        assert_eq!(whole[1].content_type.as_deref(), Some("image/png"));
        assert_eq!(whole[1].head, b"\r\n--b\r\n--b0\r\n");
        assert_eq!(whole[2].text(), Some(""));
        for size in 1..BODY.len() {
            assert_eq!(
                read(BODY.as_bytes().chunks(size).map(<[u8]>::to_vec)).unwrap(),
                whole,
                "chunks of {size}"
            );
        }
    }

    #[test]
    fn files_are_counted_not_kept() {
        let mut reader = Reader::new("b");
        reader.push(b"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f\"\r\n\r\n");
        let chunk = vec![7_u8; 1 << 20];
        for _ in 0..8 {
            reader.push(&chunk);
            assert!(reader.buffer.len() < 16, "{} bytes are held back", reader.buffer.len());
        }
        reader.push(b"\r\n--b--\r\n");
        let parts = reader.finish().unwrap();
        assert_eq!((parts[0].length, parts[0].head.len()), (8 << 20, KEPT));
    }

    #[test]
    fn broken_framing_is_named() {
        for (body, expected) in [
            ("", MultipartError::NoStart),
            ("a=b", MultipartError::NoStart),
            (
                "--b1\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx",
                MultipartError::NoEnd,
            ),
            (
                "--b1\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b1--",
                MultipartError::Headers,
            ),
            ("--b1\r\nno header\r\n\r\nx\r\n--b1--", MultipartError::Headers),
        ] {
            assert_eq!(read([body.as_bytes().to_vec()].into_iter()), Err(expected), "{body}");
        }
    }

    #[test]
    fn a_body_without_parts_is_fine() {
        assert_eq!(read([b"--b1--\r\n".to_vec()].into_iter()), Ok(vec![]));
    }
}
