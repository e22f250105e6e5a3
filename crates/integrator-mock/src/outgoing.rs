//! An answer's body: sent whole or in pieces, with gaps and cuts between them.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use crate::reply::Pace;

/// What a peer gets to read before a reset throws away the rest.
const MOMENT: Duration = Duration::from_millis(20);

/// An answer's body.
#[derive(Debug)]
pub(crate) struct Outgoing {
    pieces: VecDeque<Piece>,
    /// Length of a body that is sent whole.
    exact: Option<u64>,
    /// The pause that runs.
    pause: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
enum Piece {
    Data(Bytes),
    /// Lets what is written so far leave.
    Flush,
    Wait(Duration),
    Never,
    Cut,
}

/// The connection was cut on purpose.
#[derive(Debug, thiserror::Error)]
#[error("cut by script")]
pub(crate) struct Cut;

impl Outgoing {
    /// All of it, at its pace if it has one.
    pub(crate) fn whole(mut body: Bytes, pace: Option<Pace>) -> Self {
        let Some(pace) = pace else {
            return Self {
                exact: Some(body.len() as u64),
                ..Self::pieces([Piece::Data(body)])
            };
        };
        let mut pieces = Vec::new();
        while !body.is_empty() {
            if !pieces.is_empty() {
                pieces.push(Piece::Flush);
                pieces.push(Piece::Wait(pace.gap));
            }
            pieces.push(Piece::Data(body.split_to(pace.chunk.min(body.len()))));
        }
        Self::pieces(pieces)
    }

    /// This much of the body, then nothing more although more was announced.
    pub(crate) fn short(body: &Bytes, length: usize) -> Self {
        Self::pieces([Piece::Data(body.slice(..length)), Piece::Flush])
    }

    /// This much of the body, then an error.
    pub(crate) fn cut(body: &Bytes, length: usize) -> Self {
        // A reset throws away what the peer has not read yet: it gets a moment to read the first part.
        Self::pieces([
            Piece::Data(body.slice(..length)),
            Piece::Flush,
            Piece::Wait(MOMENT),
            Piece::Cut,
        ])
    }

    /// Half of the body and, after the time, the rest; never when there is no time.
    pub(crate) fn stalled(body: &Bytes, time: Option<Duration>) -> Self {
        let half = body.len() / 2;
        Self::pieces([
            Piece::Data(body.slice(..half)),
            Piece::Flush,
            time.map_or(Piece::Never, Piece::Wait),
            Piece::Data(body.slice(half..)),
        ])
    }

    fn pieces(pieces: impl IntoIterator<Item = Piece>) -> Self {
        Self {
            pieces: pieces.into_iter().collect(),
            exact: None,
            pause: None,
        }
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match self.pieces.pop_front() {
                None => return Poll::Ready(None),
                Some(Piece::Never) => {
                    self.pieces.push_front(Piece::Never);
                    return Poll::Pending;
                }
                Some(Piece::Wait(time)) => {
                    self.pause = (!time.is_zero()).then(|| Box::pin(sleep(time)));
                }
                Some(Piece::Flush) => {
                    context.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Some(Piece::Cut) => return Poll::Ready(Some(Err(Cut))),
                Some(Piece::Data(data)) if data.is_empty() => {}
                Some(Piece::Data(data)) => return Poll::Ready(Some(Ok(Frame::data(data)))),
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
