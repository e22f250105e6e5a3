//! Streams of chunks: from memory, from a file, and held to a length that was promised.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use futures_core::Stream;
use tokio::fs::File;
use tokio::io::{AsyncRead, ReadBuf};

use super::BodyStream;

/// Bytes read from a file at once; what an upload from disk holds in memory.
const CHUNK: usize = 64 * 1024;

/// One chunk that is in memory already.
#[derive(Debug)]
pub(crate) struct Once(Option<Bytes>);

impl Once {
    pub(crate) const fn new(bytes: Bytes) -> Self {
        Self(Some(bytes))
    }
}

impl Stream for Once {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().filter(|bytes| !bytes.is_empty()).map(Ok))
    }
}

/// A file from its current position to its end.
#[derive(Debug)]
pub(crate) struct FileChunks {
    file: File,
    buffer: Vec<u8>,
}

impl FileChunks {
    pub(crate) const fn new(file: File) -> Self {
        Self {
            file,
            buffer: Vec::new(),
        }
    }
}

impl Stream for FileChunks {
    type Item = io::Result<Bytes>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { file, buffer } = self.get_mut();
        buffer.resize(CHUNK, 0);
        let mut read = ReadBuf::new(buffer);
        ready!(Pin::new(file).poll_read(cx, &mut read))?;
        let length = read.filled().len();
        if length == 0 {
            return Poll::Ready(None);
        }
        buffer.truncate(length);
        Poll::Ready(Some(Ok(Bytes::from(std::mem::take(buffer)))))
    }
}

/// Holds a stream to the length that was announced: a body that is shorter or longer would be taken for another one.
pub(crate) struct Exact {
    inner: BodyStream,
    left: u64,
    what: String,
}

impl Exact {
    pub(crate) const fn new(inner: BodyStream, length: u64, what: String) -> Self {
        Self {
            inner,
            left: length,
            what,
        }
    }

    fn wrong(&self, than: &str) -> io::Error {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("`{}` is {than} than it was when it was opened", self.what),
        )
    }
}

impl Stream for Exact {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        match ready!(self.inner.as_mut().poll_next(cx)) {
            Some(Ok(chunk)) => match self.left.checked_sub(chunk.len() as u64) {
                Some(left) => {
                    self.left = left;
                    Poll::Ready(Some(Ok(chunk)))
                }
                None => Poll::Ready(Some(Err(self.wrong("longer")))),
            },
            None if self.left > 0 => {
                let error = self.wrong("shorter");
                self.left = 0;
                Poll::Ready(Some(Err(error)))
            }
            end => Poll::Ready(end),
        }
    }
}
