//! From bytes to a type, and what is said when it fails.

use super::reader::{Fault, Reader};
use super::{Wire, trail};

/// A document that is not what it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("read `{}`: {message}", if path.is_empty() { "." } else { path.as_str() })]
#[non_exhaustive]
pub struct DecodeError {
    /// Where, `data[3].customer.id`; empty for the document itself.
    pub path: String,
    /// What was found and what was expected, without the document's own text.
    pub message: String,
}

/// Reads a JSON document; an empty one is `T`'s blank where `T` need not be there.
///
/// There is one reader type for documents and for their parts, since each further one doubles what a user's crate
/// compiles. Checking the encoding first makes the reader itself cheaper.
///
/// # Errors
/// When the bytes are not JSON, nest deeper than 128 levels, or are not a `T`.
pub fn decode<T: Wire>(bytes: &[u8]) -> Result<T, DecodeError> {
    let plain = |message: String| DecodeError {
        path: String::new(),
        message,
    };
    if !T::REQUIRED && bytes.iter().all(u8::is_ascii_whitespace) {
        return Ok(T::blank());
    }
    let text =
        std::str::from_utf8(bytes).map_err(|error| plain(format!("not UTF-8 at byte {}", error.valid_up_to())))?;
    trail::clear();
    let mut reader = Reader::new(text);
    let read: Result<T, Fault> = T::read(&mut reader).and_then(|value| reader.end().map(|()| value));
    read.map_err(|fault| DecodeError {
        path: trail::take(),
        message: fault.to_string(),
    })
}
