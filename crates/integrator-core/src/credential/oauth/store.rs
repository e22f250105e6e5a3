//! Where tokens outlive a process, and where processes meet that share one.

use std::any::Any;
use std::collections::HashMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use super::Token;
use crate::transport::BoxFuture;

mod file;
#[cfg(feature = "redis")]
mod redis;

pub use file::FileStore;
#[cfg(feature = "redis")]
pub use redis::RedisStore;

/// What holds a lock until it is dropped.
pub type StoreLock = Box<dyn Any + Send>;

/// Keeps tokens.
///
/// A renewal takes the lock of a key, reads what others left there, renews if that is not enough, and saves before the
/// new token is used; so of all tasks and processes that share a store one renews, and a single-use refresh token is
/// neither used twice nor lost.
pub trait TokenStore: fmt::Debug + Send + Sync + 'static {
    /// Waits until nobody else holds the lock of `key`. It is free again when what is returned is dropped, and when the
    /// process ends.
    fn lock<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<StoreLock, StoreError>>;

    /// The token of `key`.
    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Token>, StoreError>>;

    /// Keeps a token, durably, unless there is one of a later [version](Token::version), which is an error.
    fn save<'a>(&'a self, key: &'a str, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>>;

    /// The file that holds the token of `key`; none where tokens are not in files.
    fn file(&self, key: &str) -> Option<PathBuf> {
        let _ = key;
        None
    }
}

/// A store that does not do what it should; its text holds no secret.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
pub struct StoreError {
    what: String,
    #[source]
    source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

impl StoreError {
    /// `what` completes "failed to …".
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            source: None,
        }
    }

    /// The error below.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    fn conflict() -> Self {
        Self::new("save the token, the store holds a later one")
    }
}

/// Keeps tokens as long as the process runs, for credentials that share them.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore(Arc<Mutex<HashMap<String, Shelf>>>);

#[derive(Debug, Default)]
struct Shelf {
    token: Option<Token>,
    lock: Arc<tokio::sync::Mutex<()>>,
}

impl MemoryStore {
    /// An empty one. Clones share what is in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, key: &str, act: impl FnOnce(&mut Shelf) -> T) -> T {
        let mut shelves = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        act(shelves.entry(key.to_owned()).or_default())
    }
}

impl TokenStore for MemoryStore {
    fn lock<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        let lock = self.with(key, |shelf| Arc::clone(&shelf.lock));
        Box::pin(async move { Ok(Box::new(lock.lock_owned().await) as StoreLock) })
    }

    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Token>, StoreError>> {
        Box::pin(async move { Ok(self.with(key, |shelf| shelf.token.clone())) })
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            self.with(key, |shelf| {
                let later = shelf
                    .token
                    .as_ref()
                    .is_some_and(|kept| kept.version() > token.version());
                if later {
                    return Err(StoreError::conflict());
                }
                shelf.token = Some(token.clone());
                Ok(())
            })
        })
    }
}

#[cfg(test)]
mod tests;
