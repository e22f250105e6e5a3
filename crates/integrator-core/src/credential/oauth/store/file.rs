//! [`FileStore`]: a file for each token, which its owner alone can read.
//!
//! A token is replaced as a whole (written beside it, then renamed), and locked through a file beside it, which the
//! operating system lets go of when a process ends, however it ends.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{StoreError, StoreLock, TokenStore};
use crate::credential::Secret;
use crate::credential::oauth::Token;
use crate::transport::BoxFuture;

/// How often a lock that another process holds is asked for.
const AGAIN: Duration = Duration::from_millis(20);

/// Greatest length of such a file in bytes.
const LONGEST: u64 = 64 * 1024;

/// Keeps each token in a file of a folder.
#[derive(Debug, Clone)]
pub struct FileStore {
    folder: Arc<Path>,
}

impl FileStore {
    /// A store in `folder`, which is made if it is not there. Files are for their owner alone (mode 0600).
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into().into(),
        }
    }

    fn path(&self, key: &str, ending: &str) -> PathBuf {
        let name = utf8_percent_encode(key, NON_ALPHANUMERIC);
        self.folder.join(format!("{name}.{ending}"))
    }
}

impl TokenStore for FileStore {
    fn lock<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        let (folder, path) = (Arc::clone(&self.folder), self.path(key, "lock"));
        Box::pin(async move {
            let wrong = |path: &Path| format!("lock the token's file {}", path.display());
            let shown = path.clone();
            let open = move || make(&folder).and_then(|()| private().create(true).truncate(false).open(path));
            let file = blocking(open)
                .await
                .map_err(|error| StoreError::new(wrong(&shown)).caused_by(error))?;
            let file = Arc::new(file);
            loop {
                match file.try_lock() {
                    // Closing the file lets go of it.
                    Ok(()) => return Ok(Box::new(file) as StoreLock),
                    Err(TryLockError::WouldBlock) => tokio::time::sleep(AGAIN).await,
                    Err(TryLockError::Error(error)) => return Err(StoreError::new(wrong(&shown)).caused_by(error)),
                }
            }
        })
    }

    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Token>, StoreError>> {
        let path = self.path(key, "json");
        Box::pin(async move { blocking_store(move || read(&path)).await })
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        let (folder, path, token) = (Arc::clone(&self.folder), self.path(key, "json"), token.clone());
        Box::pin(async move { blocking_store(move || replace(&folder, &path, &token)).await })
    }

    fn file(&self, key: &str) -> Option<PathBuf> {
        Some(self.path(key, "json"))
    }
}

fn read(path: &Path) -> Result<Option<Token>, StoreError> {
    let wrong = || StoreError::new(format!("read the token's file {}", path.display()));
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    let text = Secret::new(text);
    match read {
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(wrong().caused_by(error)),
    }
    warn_if_others_can_read(path);
    let token = Token::from_json(text.expose());
    token
        .map(Some)
        .ok_or_else(|| wrong().caused_by("it holds no token: move it away and authorize again"))
}

fn replace(folder: &Path, path: &Path, token: &Token) -> Result<(), StoreError> {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    if read(path).is_ok_and(|kept| kept.is_some_and(|kept| kept.version() > token.version())) {
        return Err(StoreError::conflict());
    }
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let draft = path.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let write = || -> io::Result<()> {
        make(folder)?;
        let mut file = private().create_new(true).open(&draft)?;
        file.write_all(token.to_json().expose().as_bytes())?;
        file.sync_all()?;
        drop(file);
        fs::rename(&draft, path)?;
        // The rename itself is durable once the folder is.
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .or_else(ignore_on_windows)
    };
    write().map_err(|error| {
        let _ = fs::remove_file(&draft);
        StoreError::new(format!("write the token's file {}", path.display())).caused_by(error)
    })
}

fn ignore_on_windows(error: io::Error) -> io::Result<()> {
    if cfg!(windows) { Ok(()) } else { Err(error) }
}

/// To write, for the owner alone.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(unix)]
fn warn_if_others_can_read(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let open = fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0);
    if open {
        let path = path.display();
        tracing::warn!(target: "integrator", %path, "others can read this token: `chmod 600` it");
    }
}

#[cfg(not(unix))]
fn warn_if_others_can_read(_: &Path) {}

async fn blocking<T: Send + 'static>(act: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    tokio::task::spawn_blocking(act).await.map_err(io::Error::other)?
}

async fn blocking_store<T: Send + 'static>(
    act: impl FnOnce() -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let joined = tokio::task::spawn_blocking(act).await;
    joined.map_err(|error| StoreError::new("use the token's file").caused_by(error))?
}
