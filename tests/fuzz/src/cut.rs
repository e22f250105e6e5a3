//! Bytes in pieces, as a network would hand them on.

/// Cuts `bytes` into pieces whose sizes `seed` decides: all at once, byte by byte, or anything between.
pub(super) fn pieces(mut bytes: &[u8], mut seed: u64) -> Vec<&[u8]> {
    let largest = match seed % 4 {
        0 => 1,
        1 => 3,
        2 => 17,
        _ => 4_096,
    };
    let mut pieces = Vec::new();
    while !bytes.is_empty() {
        // Knuth's linear congruential generator: nothing more is needed to move the cuts.
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let size = usize::try_from(seed >> 33).unwrap_or(0) % largest + 1;
        let (piece, rest) = bytes.split_at(size.min(bytes.len()));
        pieces.push(piece);
        bytes = rest;
    }
    pieces
}

/// A number that hangs on every byte.
pub(super) fn seed(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(bytes.len() as u64, |sum, byte| sum.rotate_left(5) ^ u64::from(*byte))
}
