//! Chance: jitter and idempotency keys, from one handle that tests can seed.
//!
//! Not for secrets. Keys need to be unique, not unguessable.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Two generators with seeds of their own, so that keys carry 128 bits of the system's entropy, not 64.
pub(crate) struct Rng(Mutex<(fastrand::Rng, fastrand::Rng)>);

impl Rng {
    /// Seeded by the operating system.
    pub(crate) fn system() -> Self {
        // Each `RandomState` hashes with keys that std draws from the operating system.
        let draw = || RandomState::new().build_hasher().finish();
        Self::from_seeds(draw(), draw())
    }

    /// Seeded by hand: the same seed gives the same jitter and the same keys.
    pub(crate) fn seeded(seed: u64) -> Self {
        Self::from_seeds(seed, !seed)
    }

    fn from_seeds(one: u64, other: u64) -> Self {
        Self(Mutex::new((
            fastrand::Rng::with_seed(one),
            fastrand::Rng::with_seed(other),
        )))
    }

    /// A wait between nothing and `most`, both included.
    pub(crate) fn up_to(&self, most: Duration) -> Duration {
        let nanos = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(self.with(|(one, _)| one.u64(0..=nanos)))
    }

    /// A random UUID (RFC 9562, version 4) as text.
    pub(crate) fn uuid(&self) -> String {
        let (high, low) = self.with(|(one, other)| (one.u64(..), other.u64(..)));
        let high = (high & !0xf000) | 0x4000;
        let low = (low & !(0b11 << 62)) | (0b10 << 62);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xffff,
            low >> 48,
            low & 0xffff_ffff_ffff
        )
    }

    fn with<T>(&self, draw: impl FnOnce(&mut (fastrand::Rng, fastrand::Rng)) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Rng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rng")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_version_four_and_never_the_same() {
        let rng = Rng::system();
        let key = rng.uuid();
        assert_eq!(key.len(), 36);
        assert_eq!(key.as_bytes().get(14), Some(&b'4'));
        assert!(
            matches!(key.as_bytes().get(19), Some(b'8' | b'9' | b'a' | b'b')),
            "{key}"
        );
        assert_ne!(key, rng.uuid());
        assert_ne!(key, Rng::system().uuid());
    }

    #[test]
    fn a_seed_repeats_itself() {
        assert_eq!(Rng::seeded(7).uuid(), Rng::seeded(7).uuid());
        assert_ne!(Rng::seeded(7).uuid(), Rng::seeded(8).uuid());
    }

    #[test]
    fn jitter_stays_within_its_bound() {
        let rng = Rng::seeded(1);
        let most = Duration::from_millis(3);
        assert!((0..1_000).all(|_| rng.up_to(most) <= most));
        assert_eq!(rng.up_to(Duration::ZERO), Duration::ZERO);
    }
}
