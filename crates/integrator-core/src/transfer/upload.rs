//! [`Upload`]: a file that is going to be sent.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_core::Stream;
use tokio::fs::File;

use super::chunks::{FileChunks, Once};
use super::{BodyStream, Exact, media_type};

/// A file to send: from disk, from memory or from a stream.
///
/// A file on disk is read in chunks while it is sent, and opened anew for every attempt. Cloning is cheap.
///
/// ```
/// use integrator_core::Upload;
/// let upload = Upload::bytes("receipt.pdf", "%PDF-1.7");
/// assert_eq!((upload.name(), upload.length()), ("receipt.pdf", Some(8)));
/// ```
#[derive(Clone)]
pub struct Upload {
    name: String,
    media_type: Cow<'static, str>,
    length: Option<u64>,
    source: Source,
}

/// One file or several: what a setter takes that is made for a list of files.
///
/// ```
/// use integrator_core::{Upload, Uploads};
/// let one: Uploads = Upload::bytes("a.png", "…").into();
/// let two: Uploads = [Upload::bytes("a.png", "…"), Upload::bytes("b.png", "…")].into();
/// ```
#[derive(Debug, Clone)]
pub struct Uploads(pub(crate) Vec<Upload>);

impl From<Upload> for Uploads {
    fn from(upload: Upload) -> Self {
        Self(vec![upload])
    }
}

impl From<Vec<Upload>> for Uploads {
    fn from(uploads: Vec<Upload>) -> Self {
        Self(uploads)
    }
}

impl<const N: usize> From<[Upload; N]> for Uploads {
    fn from(uploads: [Upload; N]) -> Self {
        Self(uploads.into())
    }
}

#[derive(Clone)]
enum Source {
    File(PathBuf),
    Bytes(Bytes),
    Stream(Arc<Mutex<Option<BodyStream>>>),
}

impl Upload {
    /// A file on disk; its name goes out, its folder does not.
    ///
    /// # Errors
    /// When there is no readable file at `path`; the error names the path.
    pub async fn open(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let (_, length) = open(path).await?;
        let name = path
            .file_name()
            .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(Self {
            media_type: media_type::guess(&name).into(),
            name,
            length: Some(length),
            source: Source::File(path.to_owned()),
        })
    }

    /// A file in memory.
    #[must_use]
    pub fn bytes(name: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        let (name, bytes) = (name.into(), bytes.into());
        Self {
            media_type: media_type::guess(&name).into(),
            name,
            length: Some(bytes.len() as u64),
            source: Source::Bytes(bytes),
        }
    }

    /// A file that is produced while it is sent, with its length in bytes where that is known.
    ///
    /// It can be sent once only: an attempt that fails after it was started is not repeated.
    #[must_use]
    pub fn stream<S>(name: impl Into<String>, length: Option<u64>, stream: S) -> Self
    where
        S: Stream<Item = io::Result<Bytes>> + Send + 'static,
    {
        let name = name.into();
        Self {
            media_type: media_type::guess(&name).into(),
            name,
            length,
            source: Source::Stream(Arc::new(Mutex::new(Some(Box::pin(stream))))),
        }
    }

    /// Sets the media type, which is guessed from the name otherwise.
    #[must_use]
    pub fn media_type(mut self, media_type: impl Into<Cow<'static, str>>) -> Self {
        self.media_type = media_type.into();
        self
    }

    /// Sets the name that the provider sees.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The name that the provider sees.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The media type that goes out with it.
    #[must_use]
    pub fn content_type(&self) -> &str {
        &self.media_type
    }

    /// Length in bytes, where it is known before sending.
    #[must_use]
    pub const fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether it can be sent a second time.
    #[must_use]
    pub const fn is_replayable(&self) -> bool {
        !matches!(self.source, Source::Stream(_))
    }

    /// The content from its beginning.
    ///
    /// # Errors
    /// When the file is gone or has another length than before, or when a stream was opened before.
    pub(crate) async fn open_stream(&self) -> io::Result<BodyStream> {
        let stream: BodyStream = match &self.source {
            Source::Bytes(bytes) => return Ok(Box::pin(Once::new(bytes.clone()))),
            Source::File(path) => {
                let (file, length) = open(path).await?;
                if Some(length) != self.length {
                    let message = format!("{} changed its length since it was opened", path.display());
                    return Err(io::Error::new(io::ErrorKind::InvalidData, message));
                }
                Box::pin(FileChunks::new(file))
            }
            Source::Stream(stream) => {
                let mut slot = stream.lock().unwrap_or_else(PoisonError::into_inner);
                slot.take().ok_or_else(|| {
                    io::Error::other(format!(
                        "the stream of `{}` was sent before and cannot be sent again",
                        self.name
                    ))
                })?
            }
        };
        Ok(match self.length {
            Some(length) => Box::pin(Exact::new(stream, length, self.name.clone())),
            None => stream,
        })
    }
}

impl fmt::Debug for Upload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Upload")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("length", &self.length)
            .finish_non_exhaustive()
    }
}

async fn open(path: &Path) -> io::Result<(File, u64)> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let file = File::open(path).await.map_err(named)?;
    let metadata = file.metadata().await.map_err(named)?;
    if metadata.is_dir() {
        return Err(named(io::Error::other("is a folder, not a file")));
    }
    Ok((file, metadata.len()))
}
