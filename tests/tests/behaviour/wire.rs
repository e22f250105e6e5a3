//! Raw requests over all body and query styles and all kinds of arguments, one snapshot each.
//!
//! They are few and small so that a reviewer reads them; that *every* operation is right is the encode proofs' matter.

use integrator_core::testing::ScriptedTransport;
use integrator_core::{Call, Value};

use crate::support;

mod anthropic;
mod calendly;
mod close;
mod directus;
mod openai;
mod stripe;

/// What arrives when this client sends the call.
async fn sent<C>((client, transport): (C, ScriptedTransport), call: impl FnOnce(&C) -> Call<Value>) -> String {
    call(&client).send().await.unwrap();
    support::raw(&transport.received()[0])
}
