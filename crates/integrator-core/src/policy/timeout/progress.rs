//! When the last chunk of an upload was taken, so that a slow upload is not mistaken for a slow answer.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;
use tokio::time::Instant;

use crate::transfer::BodyStream;

/// When the last chunk was taken.
#[derive(Debug, Clone)]
pub(crate) struct Progress(Arc<Mutex<Instant>>);

impl Progress {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(Instant::now())))
    }

    pub(crate) fn last(&self) -> Instant {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The same stream, watched.
    pub(crate) fn watch(self, stream: BodyStream) -> BodyStream {
        Box::pin(Watched { stream, progress: self })
    }
}

struct Watched {
    stream: BodyStream,
    progress: Progress,
}

impl Stream for Watched {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        *self.progress.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
        self.stream.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for Watched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watched")
    }
}
