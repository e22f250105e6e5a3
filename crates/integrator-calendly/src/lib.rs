//! Calendly's API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_calendly::{Client, Credential, PROVIDER};
//! # #[tokio::main] async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let calendly = Client::builder().base_url(mock.url()).credential(Credential::bearer("token")).build()?;
//! let me = calendly.users().me().send().await?;
//! let mut events = calendly.scheduled_events().list().user(&*me.resource.uri).count(100).items();
//! while let Some(event) = events.next().await {
//!     println!("{} {}", event?.start_time, me.resource.name);
//! }
//! # Ok(()) }
//! ```
//! The operations are listed in `specs/calendly/api.md`.

mod availability;
pub mod uri;
#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::large_enum_variant, clippy::module_inception,
    clippy::should_implement_trait, reason = "generated: names are the provider's, one prelude for all files")]
mod generated;

pub use generated::*;
/// The runtime, whole: `Limit`, `Breaker`, `ErrorKind` and all else that calls can be given.
pub use integrator_core as core;
pub use integrator_core::{Credential, Error, Expandable, Patch, RequestOptions, Response, Retry, Upload};
