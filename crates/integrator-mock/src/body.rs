//! A request's body, read in bounded memory, and unpacked where it came compressed.

use std::io::Read as _;

use bytes::{Bytes, BytesMut};
use flate2::Crc;
use flate2::read::GzDecoder;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use integrator_contract::multipart::{MultipartError, Part, Reader};

/// How many bytes of a body are kept for the test to look at.
pub(crate) const KEPT: usize = 64 * 1024;
/// How many bytes of an uploaded file are held where files can be read again.
pub(crate) const FILE: usize = 16 * 1024 * 1024;
/// How many bytes of a body that is no multipart are held to be checked.
const HELD: usize = 64 * 1024 * 1024;

/// A request's body, read to its end.
#[derive(Debug)]
pub(crate) struct Read {
    /// All bytes of a body that is no multipart, up to the limit.
    pub(crate) held: Bytes,
    pub(crate) parts: Option<Result<Vec<Part>, MultipartError>>,
    pub(crate) head: Bytes,
    pub(crate) length: u64,
    pub(crate) crc32: u32,
    pub(crate) complete: bool,
}

impl Read {
    /// Whether all bytes of a body that is no multipart are held.
    pub(crate) fn is_held(&self) -> bool {
        self.parts.is_some() || self.held.len() as u64 == self.length
    }
}

impl Read {
    /// The same body as it was before it was compressed with gzip; one that is no gzip stays what it is, which the
    /// contract will not fit.
    pub(crate) fn unpacked(self) -> Self {
        let mut plain = Vec::new();
        let mut packed = GzDecoder::new(&*self.held).take(HELD as u64);
        if self.parts.is_some() || packed.read_to_end(&mut plain).is_err() {
            return self;
        }
        let mut checksum = Crc::new();
        checksum.update(&plain);
        let held = Bytes::from(plain);
        Self {
            head: held.slice(..held.len().min(KEPT)),
            length: held.len() as u64,
            crc32: checksum.sum(),
            held,
            ..self
        }
    }
}

/// Reads a body; a multipart body is taken apart as it comes, and of each part so many first bytes are held.
pub(crate) async fn read(mut body: Incoming, content_type: Option<&str>, part: usize) -> Read {
    let reader = content_type.and_then(Reader::from_content_type);
    let mut reader = reader.map(|reader| reader.keeping(part));
    let mut held = BytesMut::new();
    let mut head = BytesMut::new();
    let mut checksum = Crc::new();
    let (mut length, mut complete) = (0, true);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            complete = false;
            break;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length += data.len() as u64;
        checksum.update(&data);
        head.extend_from_slice(&data[..data.len().min(KEPT - head.len())]);
        match &mut reader {
            Some(reader) => reader.push(&data),
            None => held.extend_from_slice(&data[..data.len().min(HELD - held.len())]),
        }
    }
    Read {
        held: held.freeze(),
        parts: reader.map(Reader::finish),
        head: head.freeze(),
        length,
        crc32: checksum.sum(),
        complete,
    }
}
