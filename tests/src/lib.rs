//! The second reader of the providers' documents: what must arrive on the wire, worked out a second time.
//!
//! It reads `specs/<provider>/openapi.json` by itself and shares no code with the generator, the engine or the
//! contract validator, so that a mistake in one of them does not repeat here. It never sends anything: a test binary
//! hands it what a server received, as plain data.
//!
//! ```text
//! Document ─► Operation ─► Generator::arguments(plan) ─► Arguments ─► generated setters ─► server
//!                                                            └─► Expected::of ─► compare ◄────┘
//! ```

pub mod answer;
pub mod arguments;
pub mod capture;
pub mod document;
pub mod expect;
pub mod misuse;
pub mod perturb;
pub mod proof;
pub mod words;
