//! Server-sent events (WHATWG HTML, 9.2.6): bytes in chunks of any size become events.
//!
//! It holds one unfinished line and one event, both bounded; whole lines are read where they stand in the chunk. What an
//! event means, and what the end of the bytes means, is for `stream`.

use std::time::Duration;

use memchr::{memchr, memchr2};

/// Reads events.
///
/// ```
/// use integrator_core::wire::sse::Parser;
///
/// let mut parser = Parser::new(1024);
/// let mut chunk: &[u8] = b"event: greeting\ndata: hel";
/// assert!(!parser.advance(&mut chunk)?);
/// let mut chunk: &[u8] = b"lo\n\ndata: next";
/// assert!(parser.advance(&mut chunk)?);
/// assert_eq!((parser.name(), parser.data()), (&b"greeting"[..], &b"hello"[..]));
/// assert_eq!(chunk, b"data: next");
/// # Ok::<(), integrator_core::wire::sse::TooLarge>(())
/// ```
#[derive(Debug)]
pub struct Parser {
    /// The beginning of a line whose end is in a later chunk.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// What `id:` lines said, and what it was at the last blank line.
    next_id: String,
    id: String,
    retry: Option<Duration>,
    is_first_line: bool,
    after_return: bool,
    /// The event was handed out: the next line belongs to another one.
    is_over: bool,
    limit: usize,
}

/// A line or an event is larger than allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("keep an event of more than {0} bytes")]
pub struct TooLarge(pub usize);

impl Parser {
    /// For events of at most `limit` bytes.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            name: Vec::new(),
            data: Vec::new(),
            has_data: false,
            next_id: String::new(),
            id: String::new(),
            retry: None,
            is_first_line: true,
            after_return: false,
            is_over: false,
            limit,
        }
    }

    /// Takes `chunk` up to the end of an event and says whether there was one; if not, all of the chunk is taken.
    ///
    /// # Errors
    /// When a line or the data of an event is larger than the limit; the parser is of no use then.
    pub fn advance(&mut self, chunk: &mut &[u8]) -> Result<bool, TooLarge> {
        if std::mem::take(&mut self.is_over) {
            self.forget();
        }
        while let Some(first) = chunk.first() {
            // A line ends with CR, LF or both; it is read at the CR, and the LF that may follow is passed over.
            if std::mem::take(&mut self.after_return) && *first == b'\n' {
                *chunk = chunk.get(1..).unwrap_or_default();
                continue;
            }
            let Some(end) = memchr2(b'\n', b'\r', chunk) else {
                append(&mut self.line, chunk, self.limit)?;
                *chunk = &[];
                return Ok(false);
            };
            let (line, rest) = chunk.split_at(end);
            self.after_return = rest.first() == Some(&b'\r');
            *chunk = rest.get(1..).unwrap_or_default();
            if self.whole_line(line)? {
                self.is_over = true;
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Type of the event, as its `event:` line says; empty when there is none.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.name
    }

    /// Data of the event: its `data:` lines, joined by line feeds.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// The last id that an event had; empty when none had one.
    #[must_use]
    pub fn last_id(&self) -> &str {
        &self.id
    }

    /// How long the server wants a client to wait before it connects again.
    #[must_use]
    pub const fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn whole_line(&mut self, end: &[u8]) -> Result<bool, TooLarge> {
        if self.line.is_empty() {
            return self.read(end);
        }
        append(&mut self.line, end, self.limit)?;
        let mut line = std::mem::take(&mut self.line);
        let outcome = self.read(&line);
        line.clear();
        self.line = line;
        outcome
    }

    /// Reads one line and says whether it ends an event.
    fn read(&mut self, mut line: &[u8]) -> Result<bool, TooLarge> {
        if std::mem::take(&mut self.is_first_line) {
            line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        }
        if line.is_empty() {
            if self.id != self.next_id {
                self.id.clone_from(&self.next_id);
            }
            if !self.has_data {
                self.forget();
            }
            return Ok(self.has_data);
        }
        let (field, value) = match memchr(b':', line) {
            Some(at) => {
                let (field, value) = line.split_at(at);
                let value = value.get(1..).unwrap_or_default();
                (field, value.strip_prefix(b" ").unwrap_or(value))
            }
            None => (line, &[][..]),
        };
        match field {
            b"data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    append(&mut self.data, b"\n", self.limit)?;
                }
                append(&mut self.data, value, self.limit)?;
            }
            b"event" => {
                self.name.clear();
                append(&mut self.name, value, self.limit)?;
            }
            b"id" if !value.contains(&0) => {
                if value.len() > self.limit {
                    return Err(TooLarge(self.limit));
                }
                String::from_utf8_lossy(value).as_ref().clone_into(&mut self.next_id);
            }
            b"retry" => {
                let digits = value.iter().all(u8::is_ascii_digit).then_some(value);
                let millis = digits.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
                self.retry = millis.map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
        Ok(false)
    }

    fn forget(&mut self) {
        self.name.clear();
        self.data.clear();
        self.has_data = false;
    }
}

/// Keeps more bytes, within the limit.
pub(crate) fn append(kept: &mut Vec<u8>, more: &[u8], limit: usize) -> Result<(), TooLarge> {
    if more.len() > limit.saturating_sub(kept.len()) {
        return Err(TooLarge(limit));
    }
    kept.extend_from_slice(more);
    Ok(())
}

#[cfg(test)]
mod tests;
