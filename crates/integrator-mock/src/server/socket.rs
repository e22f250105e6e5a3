//! One connection below HTTP: it may pause within the head of an answer, and end with a reset.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Sleep, sleep},
};

/// How much of a slow head goes out at first: the status line and a little more of any answer.
const FIRST: usize = 20;

/// How a connection misbehaves next, and how it goes down.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    reset: AtomicBool,
    slow: AtomicBool,
    gap: Mutex<Duration>,
}

impl Ending {
    /// Lets the connection end with a reset instead of in order.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }

    /// Lets the next answer pause after its first bytes.
    pub(crate) fn slow_head(&self, gap: Duration) {
        *self.gap.lock().unwrap_or_else(PoisonError::into_inner) = gap;
        self.slow.store(true, Ordering::Release);
    }
}

pub(crate) struct Socket {
    stream: TcpStream,
    ending: Arc<Ending>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Socket {
    pub(crate) const fn new(stream: TcpStream, ending: Arc<Ending>) -> Self {
        Self {
            stream,
            ending,
            pause: None,
        }
    }

    /// Closes the connection, as was asked for.
    pub(crate) fn end(self) {
        if self.ending.reset.load(Ordering::Relaxed) {
            // Where the system refuses, the close is the nearest thing.
            let _ = self.stream.set_zero_linger();
        }
    }

    /// Waits for the end of a pause.
    fn poll_pause(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        Poll::Ready(())
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_pause(context));
        if !self.ending.slow.load(Ordering::Acquire) {
            return Pin::new(&mut self.stream).poll_write_vectored(context, slices);
        }
        let head = slices
            .iter()
            .find(|slice| !slice.is_empty())
            .map_or(&[][..], |slice| slice);
        let written = ready!(Pin::new(&mut self.stream).poll_write(context, &head[..head.len().min(FIRST)]));
        self.ending.slow.store(false, Ordering::Relaxed);
        let gap = *self.ending.gap.lock().unwrap_or_else(PoisonError::into_inner);
        self.pause = Some(Box::pin(sleep(gap)));
        Poll::Ready(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
