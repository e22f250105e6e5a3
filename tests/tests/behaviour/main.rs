//! What the providers' clients do, seen from outside: one binary, so that the providers are linked once.
//!
//! Transports are scripted and clocks are paused, but for `chaos`, `directus` and `validate`, whose sockets are real; what
//! arrives at a real socket is the encode proofs' matter.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by where it panics")]

mod api;
mod chaos;
mod corpora;
mod decode;
mod directus;
mod errors;
mod flows;
mod paging;
mod repeat;
mod secrets;
mod stages;
mod support;
mod transfer;
mod validate;
mod wire;
