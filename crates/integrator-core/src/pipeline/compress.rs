//! [`Compress`]: request bodies packed before they are sent, for providers that take them so.
//!
//! It is done once a call, below the layers around calls and above everything that repeats: every attempt sends the same
//! bytes, and what calls are told apart by (keys, cache, shared reads) is none of the body. Uploads go as they are.

use std::io::Write as _;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::HeaderValue;
use http::header::CONTENT_ENCODING;

use super::Exchange;
use crate::wire::encode::EncodedBody;

/// How request bodies are compressed: not at all unless set, since most providers refuse what they do not expect.
///
/// ```
/// use integrator_core::Compress;
///
/// let usual = Compress::gzip();
/// let eager = Compress::gzip().at_least(1024);
/// # let _ = (usual, eager);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Compress {
    /// Length in bytes from which on a body is worth it; none: never.
    at_least: Option<usize>,
}

impl Compress {
    /// With gzip (RFC 1952) and `Content-Encoding: gzip`, from 10 KiB on: below, there is little to gain.
    ///
    /// Packing takes about 10 ms for each MiB, on the task that awaits the call. A body that does not become shorter goes
    /// as it is.
    #[must_use]
    pub const fn gzip() -> Self {
        Self {
            at_least: Some(10 * 1024),
        }
    }

    /// Not at all.
    #[must_use]
    pub const fn never() -> Self {
        Self { at_least: None }
    }

    /// Bodies of at least this length in bytes; has no effect on [`never`](Self::never).
    #[must_use]
    pub const fn at_least(self, bytes: usize) -> Self {
        Self {
            at_least: match self.at_least {
                Some(_) => Some(bytes),
                None => None,
            },
        }
    }

    /// Names and values, for `describe`.
    pub(crate) fn settings(self) -> Option<(&'static str, String)> {
        Some(("gzip_from", self.at_least?.to_string()))
    }

    /// Packs the body of an exchange, unless it is short, streamed, or packed by somebody else.
    pub(crate) fn pack(self, mut exchange: Box<Exchange>) -> Box<Exchange> {
        let Some(at_least) = self.at_least else {
            return exchange;
        };
        let EncodedBody::Bytes { bytes, .. } = &mut exchange.body else {
            return exchange;
        };
        if bytes.len() < at_least || exchange.headers.contains_key(CONTENT_ENCODING) {
            return exchange;
        }
        if let Some(packed) = gzip(bytes).filter(|packed| packed.len() < bytes.len()) {
            *bytes = packed;
            exchange
                .headers
                .insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        }
        exchange
    }
}

/// Writing to memory does not fail; if it did, the body would go as it is.
fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut packer = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    packer.write_all(plain).ok()?;
    packer.finish().ok().map(Bytes::from)
}

#[cfg(test)]
mod tests;
