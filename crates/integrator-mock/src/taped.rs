//! One exchange of a mock that records or replays.

use bytes::Bytes;

use crate::{Received, Reply, answer, cassette::Half, state::State};

/// A request that a cassette may hear of.
pub(crate) struct Taped<'a> {
    received: &'a Received,
    body: &'a Bytes,
    place: Option<usize>,
}

impl<'a> Taped<'a> {
    /// Keeps a place on the cassette, if the mock records. Of a multipart body only the beginning is looked at.
    pub(crate) fn begin(state: &State, received: &'a Received, held: &'a Bytes) -> Self {
        Self {
            received,
            body: if received.parts.is_empty() {
                held
            } else {
                &received.body
            },
            place: state.cassette.as_ref().map(crate::Cassette::begin),
        }
    }

    /// The answer of the cassette that is replayed, else the mock's own, which is recorded.
    pub(crate) fn answer(&self, state: &State, own: impl FnOnce() -> Reply) -> Reply {
        let asked = Half {
            line: (&self.received.method, &self.received.target),
            headers: &self.received.headers,
            body: self.body,
        };
        let reply = match &state.player {
            Some(player) => player
                .play(&asked)
                .unwrap_or_else(|mismatch| answer::coded(state, 422, "cassette_mismatch", &mismatch.to_string())),
            None => own(),
        };
        if let (Some(cassette), Some(place)) = (&state.cassette, self.place) {
            let answered = Half {
                line: ("", ""),
                headers: &reply.headers,
                body: &reply.body,
            };
            cassette.end(place, &asked, reply.status, &answered);
        }
        reply
    }
}
