//! What each provider promises, as JSON Schema 2020-12: this crate holds a request or an answer against it.
//!
//! The schemas are written by `cargo xtask vendor` from the provider's document *before* the generator normalises it,
//! so what they say is independent of the generated code. The crate opens no socket: simulating a provider is left to
//! `integrator-mock`. A client holds what it sends and gets against a contract through [`report`] and [`enforce`].
//!
//! ```
//! use integrator_contract::{Contract, Payload, Request};
//!
//! let contract = Contract::from_json(br##"{"provider": "notes", "version": "1", "operations": [
//!     {"id": "ListNotes", "method": "GET", "path": "/notes", "responses": {}, "parameters": [
//!         {"name": "limit", "in": "query", "style": "form", "explode": true, "schema": {"type": "integer"}}]}]}"##)?;
//! let (operation, _) = contract.route("GET", "/notes").expect("the path is in the contract");
//! let request = Request { query: "limt=5", ..Request::new("GET", "/notes") };
//! let violations = contract.validate_request(operation, &request);
//! assert_eq!(violations[0].to_string(), "query /limt: unknown parameter, did you mean `limit`?");
//! # Ok::<(), integrator_contract::LoadError>(())
//! ```
//!
//! Where next: [`Contract`] to look things up, [`Example`] for values that a schema accepts, [`multipart`] for uploads.
//! There are no cargo features.

mod check;
mod coerce;
mod contract;
mod example;
mod explain;
mod file;
mod form;
mod merge;
pub mod multipart;
mod nearest;
mod operation;
mod query;
mod request;
mod response;
mod route;
mod schema;
mod strict;
#[cfg(test)]
mod test_contract;
mod text;
mod violation;

pub use check::{Check, enforce, report};
pub use contract::{Contract, LoadError};
pub use example::Example;
pub use form::pairs as form_pairs;
pub use nearest::name as nearest_name;
pub use operation::{Body, Media, Operation, Parameter, Place};
pub use request::{Payload, Request};
pub use route::PathArguments;
pub use schema::{Schema, matches};
pub use violation::{Violation, Where};
