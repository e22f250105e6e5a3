//! Server-sent events: however a stream is cut, it holds the same events.

use std::time::Duration;

use integrator_core::wire::sse::{Parser, TooLarge};

use super::cut::{pieces, seed};

/// Small, so that the limit is met.
const LIMIT: usize = 512;

#[derive(Debug, PartialEq, Eq)]
struct Event {
    name: Vec<u8>,
    data: Vec<u8>,
    id: String,
    retry: Option<Duration>,
}

/// Reads `input` whole and in pieces.
///
/// # Panics
/// When the two differ, or an event is larger than the limit.
pub fn check(input: &[u8]) {
    let whole = read(&[input]);
    if let Ok(events) = &whole {
        assert!(events.iter().all(|event| event.data.len() <= LIMIT));
    }
    for shift in 0..4 {
        let cut = read(&pieces(input, seed(input).wrapping_add(shift)));
        match (&whole, &cut) {
            (Ok(whole), Ok(cut)) => assert_eq!(whole, cut),
            // How much of a line is there when the limit is met is for the cuts to say.
            (Err(TooLarge(_)), _) | (_, Err(TooLarge(_))) => {}
        }
    }
}

fn read(pieces: &[&[u8]]) -> Result<Vec<Event>, TooLarge> {
    let mut parser = Parser::new(LIMIT);
    let mut events = Vec::new();
    for piece in pieces {
        let mut piece = *piece;
        while parser.advance(&mut piece)? {
            events.push(Event {
                name: parser.name().to_vec(),
                data: parser.data().to_vec(),
                id: parser.last_id().to_owned(),
                retry: parser.retry(),
            });
        }
        assert!(piece.is_empty());
    }
    Ok(events)
}
