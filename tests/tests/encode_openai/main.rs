//! Proof of OpenAI: every operation, through its generated setters, arrives as the document says, and its answer is kept.

#[rustfmt::skip]
mod generated;
#[path = "../encode/run.rs"]
mod run;

use integrator_core::Credential;

run::proof!(integrator_openai, Credential::bearer("key"));
