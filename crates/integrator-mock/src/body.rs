//! Bodies in both directions: requests read in bounded memory, answers sent in pieces with gaps and cuts between them.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use flate2::Crc;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use integrator_contract::multipart::{MultipartError, Part, Reader};
use tokio::time::Sleep;

/// How many bytes of a body are kept for the test to look at.
const KEPT: usize = 64 * 1024;
/// How many bytes of a body that is no multipart are held to be checked.
const HELD: usize = 64 * 1024 * 1024;
const MOMENT: Duration = Duration::from_millis(20);

/// A request's body, read to its end.
#[derive(Debug)]
pub(crate) struct Read {
    /// All bytes of a body that is no multipart, up to the limit.
    pub(crate) held: Bytes,
    pub(crate) parts: Option<Result<Vec<Part>, MultipartError>>,
    pub(crate) head: Bytes,
    pub(crate) length: u64,
    pub(crate) crc32: u32,
    pub(crate) complete: bool,
}

impl Read {
    /// Whether all bytes of a body that is no multipart are held.
    pub(crate) fn is_held(&self) -> bool {
        self.parts.is_some() || self.held.len() as u64 == self.length
    }
}

/// Reads a body; a multipart body is taken apart as it comes and not held.
pub(crate) async fn read(mut body: Incoming, content_type: Option<&str>) -> Read {
    let mut reader = content_type.and_then(Reader::from_content_type);
    let mut held = BytesMut::new();
    let mut head = BytesMut::new();
    let mut checksum = Crc::new();
    let (mut length, mut complete) = (0, true);
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else {
            complete = false;
            break;
        };
        let Ok(data) = frame.into_data() else {
            continue;
        };
        length += data.len() as u64;
        checksum.update(&data);
        head.extend_from_slice(&data[..data.len().min(KEPT - head.len())]);
        match &mut reader {
            Some(reader) => reader.push(&data),
            None => held.extend_from_slice(&data[..data.len().min(HELD - held.len())]),
        }
    }
    Read {
        held: held.freeze(),
        parts: reader.map(Reader::finish),
        head: head.freeze(),
        length,
        crc32: checksum.sum(),
        complete,
    }
}

/// An answer's body.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pieces: VecDeque<Piece>,
    /// Length of a body that is sent whole.
    exact: Option<u64>,
}

#[derive(Debug)]
enum Piece {
    Data(Bytes),
    /// Lets what is written so far leave.
    Flush,
    Wait(Pin<Box<Sleep>>),
    Never,
    Cut,
}

/// The connection was cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("cut by script")]
pub(crate) struct Cut;

impl Outgoing {
    pub(crate) fn whole(body: Bytes) -> Self {
        Self {
            exact: Some(body.len() as u64),
            pieces: VecDeque::from([Piece::Data(body)]),
        }
    }

    /// Half of the body, then nothing more although more was announced.
    pub(crate) fn truncated(body: &Bytes) -> Self {
        Self::half(body, [])
    }

    /// Half of the body, then an error.
    pub(crate) fn cut(body: &Bytes) -> Self {
        // A reset throws away what the peer has not read yet: it gets a moment to read the half.
        Self::half(body, [Piece::Wait(Box::pin(tokio::time::sleep(MOMENT))), Piece::Cut])
    }

    /// Half of the body and, after the time, the rest; never when there is no time.
    pub(crate) fn stalled(body: &Bytes, time: Option<Duration>) -> Self {
        let gap = time.map_or(Piece::Never, |time| Piece::Wait(Box::pin(tokio::time::sleep(time))));
        Self::half(body, [gap, Piece::Data(body.slice(body.len() / 2..))])
    }

    fn half(body: &Bytes, rest: impl IntoIterator<Item = Piece>) -> Self {
        let mut pieces = VecDeque::from([Piece::Data(body.slice(..body.len() / 2)), Piece::Flush]);
        pieces.extend(rest);
        Self { pieces, exact: None }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            match self.pieces.front_mut() {
                None => return Poll::Ready(None),
                Some(Piece::Never) => return Poll::Pending,
                Some(Piece::Wait(sleep)) => {
                    if sleep.as_mut().poll(context).is_pending() {
                        return Poll::Pending;
                    }
                    self.pieces.pop_front();
                }
                Some(Piece::Flush) => {
                    self.pieces.pop_front();
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Piece::Cut) => return Poll::Ready(Some(Err(Cut))),
                Some(Piece::Data(_)) => {
                    if let Some(Piece::Data(data)) = self.pieces.pop_front()
                        && !data.is_empty()
                    {
                        return Poll::Ready(Some(Ok(Frame::data(data))));
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.exact == Some(0)
    }

    fn size_hint(&self) -> SizeHint {
        self.exact.map(SizeHint::with_exact).unwrap_or_default()
    }
}
