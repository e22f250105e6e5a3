//! [`Watched`]: a secret in a file that others replace while the program runs.
//!
//! A file that cannot be read, or holds what cannot be sent, leaves the secret that was read before in place.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;
use tracing::{info, warn};

use super::key::Key;
use super::secret::Secret;
use crate::provider::Scheme;

/// Greatest length of such a file in bytes.
const LONGEST: u64 = 64 * 1024;

/// The file, and what was read from it.
#[derive(Debug)]
pub(super) struct Watched {
    path: PathBuf,
    scheme: Scheme,
    every: Duration,
    looked: Mutex<Instant>,
    seen: RwLock<Arc<Seen>>,
}

#[derive(Debug)]
struct Seen {
    key: Arc<Key>,
    stamp: Stamp,
}

/// What a file shows when it was changed.
type Stamp = (Option<SystemTime>, u64);

impl Watched {
    /// Reads the file for the first time.
    pub(super) fn open(path: PathBuf, scheme: Scheme, every: Duration) -> Result<Self, String> {
        let (key, stamp) = read(&path, scheme)?;
        Ok(Self {
            path,
            scheme,
            every,
            looked: Mutex::new(Instant::now()),
            seen: RwLock::new(Arc::new(Seen { key, stamp })),
        })
    }

    /// What was read last.
    pub(super) fn current(&self) -> Arc<Key> {
        Arc::clone(&self.seen().key)
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// When the file that it was read from was changed.
    pub(super) fn changed(&self) -> Option<SystemTime> {
        self.seen().stamp.0
    }

    /// Looks at the file again if the last look was long enough ago; only one caller does.
    pub(super) async fn fresh(self: &Arc<Self>, now: Instant) -> Arc<Key> {
        let due = {
            let mut looked = self.looked.lock().unwrap_or_else(PoisonError::into_inner);
            let due = now.saturating_duration_since(*looked) >= self.every;
            if due {
                *looked = now;
            }
            due
        };
        if due {
            self.look(false).await;
        }
        self.current()
    }

    /// Another secret than `refused`, if the file holds one by now.
    pub(super) async fn other(self: &Arc<Self>, refused: &Arc<Key>, now: Instant) -> Option<Arc<Key>> {
        *self.looked.lock().unwrap_or_else(PoisonError::into_inner) = now;
        self.look(true).await;
        let key = self.current();
        (key.fingerprint() != refused.fingerprint()).then_some(key)
    }

    /// Reads the file if it was changed, or in any case.
    async fn look(self: &Arc<Self>, in_any_case: bool) {
        let this = Arc::clone(self);
        // Looking is short, but a file system may hang.
        let _ = tokio::task::spawn_blocking(move || this.take(in_any_case)).await;
    }

    fn take(&self, in_any_case: bool) {
        let unchanged = |stamp| stamp == self.seen().stamp;
        if !in_any_case && std::fs::metadata(&self.path).is_ok_and(|file| unchanged(stamp(&file))) {
            return;
        }
        let path = self.path.display();
        match read(&self.path, self.scheme) {
            Ok((key, stamp)) => {
                let before = self.current();
                let changed = before.fingerprint() != key.fingerprint();
                // A key that stays the same stays the same object.
                let key = if changed { key } else { before };
                if changed {
                    let fingerprint = key.fingerprint().map(tracing::field::display);
                    info!(target: "integrator", %path, fingerprint, "credential replaced");
                }
                *self.seen.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(Seen { key, stamp });
            }
            Err(fault) => warn!(target: "integrator", fault, "credential not replaced, the old one serves"),
        }
    }

    fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.seen.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn stamp(file: &std::fs::Metadata) -> Stamp {
    (file.modified().ok(), file.len())
}

fn read(path: &Path, scheme: Scheme) -> Result<(Arc<Key>, Stamp), String> {
    let wrong = |why: String| format!("the credential's file {} {why}", path.display());
    let unreadable = |error: io::Error| wrong(format!("cannot be read: {error}"));
    let file = File::open(path).map_err(unreadable)?;
    let stamp = stamp(&file.metadata().map_err(unreadable)?);
    let mut text = String::new();
    let length = file.take(LONGEST + 1).read_to_string(&mut text);
    let text = Secret::new(text);
    let length = length.map_err(unreadable)?;
    if length as u64 > LONGEST {
        return Err(wrong(format!("is longer than {LONGEST} bytes")));
    }
    let secret = text.expose().trim();
    if secret.is_empty() {
        return Err(wrong("is empty".to_owned()));
    }
    let key = Key::of_scheme(scheme, Secret::new(secret)).map_err(|fault| wrong(format!("is no use: {fault}")))?;
    Ok((Arc::new(key), stamp))
}
