//! JSON lines: one document a line, blank ones passed over.

use memchr::memchr;

use crate::wire::sse::{TooLarge, append};

/// Reads lines of at most `limit` bytes.
#[derive(Debug)]
pub(crate) struct Lines {
    line: Vec<u8>,
    is_over: bool,
    limit: usize,
}

impl Lines {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            line: Vec::new(),
            is_over: false,
            limit,
        }
    }

    /// Takes `chunk` up to the end of a line and says whether there was one; if not, all of the chunk is taken.
    pub(crate) fn advance(&mut self, chunk: &mut &[u8]) -> Result<bool, TooLarge> {
        if std::mem::take(&mut self.is_over) {
            self.line.clear();
        }
        while let Some(end) = memchr(b'\n', chunk) {
            let (line, rest) = chunk.split_at(end);
            *chunk = rest.get(1..).unwrap_or_default();
            append(&mut self.line, line, self.limit)?;
            if self.is_blank() {
                self.line.clear();
            } else {
                self.is_over = true;
                return Ok(true);
            }
        }
        append(&mut self.line, chunk, self.limit)?;
        *chunk = &[];
        Ok(false)
    }

    pub(crate) fn line(&self) -> &[u8] {
        &self.line
    }

    fn is_blank(&self) -> bool {
        self.line.iter().all(u8::is_ascii_whitespace)
    }
}
