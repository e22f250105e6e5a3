//! A small gzip body that unpacks to a large one, made without ever holding the large one.

use bytes::Bytes;
use flate2::{Compress, Compression, Crc, FlushCompress, Status};

const MEBIBYTE: usize = 1024 * 1024;
/// Magic, deflate, no flags, no time, no hints, unknown system (RFC 1952, 2.3).
const HEAD: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff];

/// This many mebibytes of spaces and then `tail`, compressed with gzip as one member.
pub(crate) fn gzip(mebibytes: u32, tail: &[u8]) -> Bytes {
    let spaces = vec![b' '; MEBIBYTE];
    // After a full flush a block refers to nothing before it, so that one block can stand any number of times.
    let block = deflated(&spaces, FlushCompress::Full);
    let mut packed = HEAD.to_vec();
    let mut checksum = Crc::new();
    let mut one = Crc::new();
    one.update(&spaces);
    for _ in 0..mebibytes {
        packed.extend_from_slice(&block);
        checksum.combine(&one);
    }
    packed.extend_from_slice(&deflated(tail, FlushCompress::Finish));
    checksum.update(tail);
    packed.extend_from_slice(&checksum.sum().to_le_bytes());
    packed.extend_from_slice(&checksum.amount().to_le_bytes());
    packed.into()
}

fn deflated(mut bytes: &[u8], flush: FlushCompress) -> Vec<u8> {
    let mut deflate = Compress::new(Compression::best(), false);
    let mut out = Vec::with_capacity(bytes.len() + 1024);
    loop {
        let before = deflate.total_in();
        let status = deflate.compress_vec(bytes, &mut out, flush);
        bytes = &bytes[usize::try_from(deflate.total_in() - before).unwrap_or(bytes.len())..];
        // Room that is left says that the flush is through.
        if matches!(status, Err(_) | Ok(Status::StreamEnd)) || bytes.is_empty() && out.len() < out.capacity() {
            return out;
        }
        out.reserve(1024);
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::gzip;

    #[test]
    fn it_unpacks_to_what_was_promised() {
        let packed = gzip(3, b"{\"id\": 1}");
        let mut unpacked = Vec::new();
        flate2::read::GzDecoder::new(&packed[..])
            .read_to_end(&mut unpacked)
            .unwrap();
        assert_eq!(unpacked.len(), 3 * 1024 * 1024 + 9);
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&unpacked).unwrap()["id"], 1);
        assert!(packed.len() < 10_000, "{}", packed.len());
    }
}
