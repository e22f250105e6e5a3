//! [`Download`]: an answer that is handed on while it arrives.

use std::ffi::OsString;
use std::fmt;
use std::future::poll_fn;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use tokio::fs::OpenOptions;
use tokio::io::AsyncWriteExt;

use crate::error::{Error, ErrorKind};

type Chunks = Pin<Box<dyn Stream<Item = Result<Bytes, Error>> + Send>>;

/// The content of an answer, chunk by chunk.
///
/// It holds its place in the client's limits until it ends or is dropped. Also a [`Stream`] of its chunks.
///
/// Where the provider offers it (`Accept-Ranges` and a strong `ETag`), content that breaks off goes on where it was, as
/// often as retry allows without anything new; content that is shorter than announced is a failure.
pub struct Download {
    headers: HeaderMap,
    chunks: Chunks,
}

impl Download {
    pub(crate) fn new(headers: HeaderMap, chunks: impl Stream<Item = Result<Bytes, Error>> + Send + 'static) -> Self {
        Self {
            headers,
            chunks: Box::pin(chunks),
        }
    }

    /// Media type that the provider names.
    #[must_use]
    pub fn content_type(&self) -> Option<&str> {
        self.headers.get(CONTENT_TYPE)?.to_str().ok()
    }

    /// Length in bytes that the provider announces.
    #[must_use]
    pub fn length(&self) -> Option<u64> {
        self.headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
    }

    /// Headers of the answer.
    #[must_use]
    pub const fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The next chunk; `None` at the end.
    ///
    /// # Errors
    /// When the connection fails or the provider stalls; what came before it is not the whole content.
    ///
    /// # Cancel safety
    /// No chunk is lost when the future is dropped.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        poll_fn(|cx| self.chunks.as_mut().poll_next(cx)).await.transpose()
    }

    /// The whole content in memory, at most `limit` bytes of it.
    ///
    /// # Errors
    /// When there are more than `limit` bytes, and as [`chunk`](Self::chunk).
    pub async fn bytes(mut self, limit: usize) -> Result<Bytes, Error> {
        let mut all = BytesMut::new();
        while let Some(chunk) = self.chunk().await? {
            if chunk.len() > limit.saturating_sub(all.len()) {
                return Err(Error::new(ErrorKind::TooLarge, format!("more than {limit} bytes")).sent(true));
            }
            all.extend_from_slice(&chunk);
        }
        Ok(all.freeze())
    }

    /// Writes the content to a file and returns its length in bytes.
    ///
    /// The file appears under its name when it is complete, and replaces one that is there; until then a neighbour with
    /// the ending `.part` holds what has arrived.
    ///
    /// # Errors
    /// When the file cannot be written, and as [`chunk`](Self::chunk); nothing is left behind then.
    ///
    /// # Cancel safety
    /// When the future is dropped, the neighbour is removed and the file is as it was.
    pub async fn save(mut self, path: impl AsRef<Path>) -> Result<u64, Error> {
        let path = path.as_ref();
        let failed = |error: io::Error| {
            Error::new(ErrorKind::File, format!("write {}", path.display()))
                .sent(true)
                .caused_by(error)
        };
        let part = Part(Some(neighbour(path)));
        let target = part.0.as_deref().unwrap_or(path);
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(target)
            .await
            .map_err(failed)?;
        let mut length = 0;
        while let Some(chunk) = self.chunk().await? {
            file.write_all(&chunk).await.map_err(failed)?;
            length += chunk.len() as u64;
        }
        file.flush().await.map_err(failed)?;
        file.sync_all().await.map_err(failed)?;
        part.finish(path).await.map_err(failed)?;
        Ok(length)
    }
}

impl Stream for Download {
    type Item = Result<Bytes, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.chunks.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download")
            .field("content_type", &self.content_type())
            .field("length", &self.length())
            .finish_non_exhaustive()
    }
}

/// An unfinished file that goes away unless it is finished.
struct Part(Option<PathBuf>);

impl Part {
    async fn finish(mut self, path: &Path) -> io::Result<()> {
        if let Some(part) = &self.0 {
            tokio::fs::rename(part, path).await?;
        }
        self.0 = None;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if let Some(part) = &self.0 {
            // There is nobody left to tell, and the name says that it is a part.
            let _ = std::fs::remove_file(part);
        }
    }
}

fn neighbour(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{:016x}.part", fastrand::u64(..)));
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use bytes::Bytes;
    use http::HeaderMap;

    use super::super::chunks::Once;
    use super::{Download, Error, ErrorKind};
    use futures_core::Stream;
    use std::pin::Pin;
    use std::task::{Context, Poll};

    struct Scripted(Vec<Result<&'static str, ErrorKind>>);

    impl Stream for Scripted {
        type Item = Result<Bytes, Error>;

        fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            if self.0.is_empty() {
                return Poll::Ready(None);
            }
            match self.0.remove(0) {
                Ok(text) => Poll::Ready(Some(Ok(Bytes::from(text)))),
                Err(kind) => Poll::Ready(Some(Err(Error::new(kind, "")))),
            }
        }
    }

    fn download(chunks: &[Result<&'static str, ErrorKind>]) -> Download {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/pdf".parse().unwrap());
        headers.insert("content-length", "10".parse().unwrap());
        Download::new(headers, Scripted(chunks.to_vec()))
    }

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("integrator-download-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        folder
    }

    fn files(folder: &PathBuf) -> Vec<String> {
        std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    #[tokio::test]
    async fn content_is_read_up_to_a_limit() {
        let answer = download(&[Ok("01234"), Ok("56789")]);
        assert_eq!(
            (answer.content_type(), answer.length()),
            (Some("application/pdf"), Some(10))
        );
        assert_eq!(answer.bytes(10).await.unwrap(), "0123456789");
        let error = download(&[Ok("01234"), Ok("56789")]).bytes(9).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::TooLarge);
        let mut empty = download(&[]);
        assert!(empty.chunk().await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_saved_file_is_whole_or_as_it_was() {
        let folder = folder("save");
        let path = folder.join("a.pdf");
        assert_eq!(download(&[Ok("01234"), Ok("56789")]).save(&path).await.unwrap(), 10);
        assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
        let error = download(&[Ok("other"), Err(ErrorKind::NoAnswer)])
            .save(&path)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoAnswer);
        assert_eq!(std::fs::read(&path).unwrap(), b"0123456789");
        assert_eq!(files(&folder), ["a.pdf"]);
        let error = download(&[Ok("x")])
            .save(folder.join("missing").join("a"))
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::File);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_dropped_save_leaves_nothing_behind() {
        struct Stuck;
        impl Stream for Stuck {
            type Item = Result<Bytes, Error>;
            fn poll_next(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
                Poll::Pending
            }
        }
        let folder = folder("drop");
        let path = folder.join("a.pdf");
        let save = Download::new(HeaderMap::new(), Stuck).save(&path);
        let stopped = tokio::time::timeout(std::time::Duration::from_millis(20), save).await;
        assert!(stopped.is_err());
        assert!(files(&folder).is_empty());
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn debug_shows_no_content() {
        let answer = Download::new(HeaderMap::new(), Mapped(Once::new("secret".into())));
        assert!(!format!("{answer:?}").contains("secret"));
    }

    struct Mapped(Once);

    impl Stream for Mapped {
        type Item = Result<Bytes, Error>;

        fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
            let next = Pin::new(&mut self.0).poll_next(cx);
            next.map(|chunk| chunk.map(|chunk| chunk.map_err(|_| Error::new(ErrorKind::NoAnswer, ""))))
        }
    }
}
