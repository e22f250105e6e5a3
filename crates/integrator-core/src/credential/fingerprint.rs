//! [`Fingerprint`]: tells secrets apart without showing them.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};

/// The first four bytes of a secret's SHA-256, as eight hexadecimal digits: enough to see which of one's keys it is
/// (`printf %s "$KEY" | sha256sum`), too little to find it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 4]);

impl Fingerprint {
    /// The fingerprint of `secret`.
    #[must_use]
    pub fn of(secret: &str) -> Self {
        let hash = digest(&SHA256, secret.as_bytes());
        let mut first = [0; 4];
        for (to, from) in first.iter_mut().zip(hash.as_ref()) {
            *to = *from;
        }
        Self(first)
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", u32::from_be_bytes(self.0))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_what_sha256sum_begins_with() {
        assert_eq!(Fingerprint::of("abc").to_string(), "ba7816bf");
        assert_ne!(Fingerprint::of("abc"), Fingerprint::of("abd"));
    }
}
