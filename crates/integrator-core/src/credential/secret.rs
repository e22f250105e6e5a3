//! [`Secret`]: text that never shows.

use std::fmt;

use zeroize::Zeroize;

use crate::error::{Error, ErrorKind};

/// Text that never shows: not in `Debug`, not in an error, and there is no `Display`.
///
/// Its memory is wiped when it is dropped. Copies inside requests on their way are the transport's.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// Keeps `secret`.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The value of an environment variable, without white space around it.
    ///
    /// # Errors
    /// When the variable is not set or empty; the error names it.
    pub fn from_env(name: &str) -> Result<Self, Error> {
        let value = std::env::var(name).map(Self).unwrap_or_else(|_| Self::new(""));
        let text = value.expose().trim();
        if text.is_empty() {
            let detail = format!("the variable `{name}` is not set: it holds a secret");
            return Err(Error::new(ErrorKind::Configuration, detail));
        }
        Ok(Self::new(text))
    }

    /// The text itself; whoever asks takes care of it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(REDACTED)")
    }
}

impl<T: Into<String>> From<T> for Secret {
    fn from(secret: T) -> Self {
        Self::new(secret)
    }
}
