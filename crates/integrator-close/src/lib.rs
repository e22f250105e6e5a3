//! Close's API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_close::{Client, Credential, PROVIDER, types::SmsStatus};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let close = Client::builder().base_url(mock.url()).credential(Credential::basic("key", "")).build()?;
//! let lead = close.leads().create().name("Ada Ltd").send().await?;
//! let sms = close.activities().sms().create().lead_id(&*lead.id).text("hi").status(SmsStatus::Outbox).send().await?;
//! let mut calls = close.activities().calls().list().lead_id([&*lead.id]).items();
//! while let Some(call) = calls.next().await {
//!     println!("{} before {}", call?.id, sms.id);
//! }
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//! The operations are listed in `specs/close/api.md`.

#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::large_enum_variant, clippy::module_inception,
    clippy::should_implement_trait, reason = "generated: names are the provider's, one prelude for all files")]
mod generated;

pub use generated::*;
/// The runtime, whole: `Limit`, `Breaker`, `ErrorKind` and all else that calls can be given.
pub use integrator_core as core;
pub use integrator_core::{Credential, Error, Patch, RequestOptions, Response, Retry, Upload};
