//! Directus' API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_directus::{Client, Credential, PROVIDER};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let directus = Client::builder().base_url(mock.url()).credential(Credential::bearer("token")).build()?;
//! let mut users = directus.users().list().fields(["id", "email"]).sort(["-last_access"]).limit(100).items();
//! while let Some(user) = users.next().await {
//!     println!("{:?}", user?.email);
//! }
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//! The operations are listed in `specs/directus/api.md`.

pub mod collection;
#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::large_enum_variant, clippy::module_inception,
    clippy::should_implement_trait, reason = "generated: names are the provider's, one prelude for all files")]
mod generated;

pub use generated::*;
/// The runtime, whole: `Limit`, `Breaker`, `ErrorKind` and all else that calls can be given.
pub use integrator_core as core;
pub use integrator_core::{Credential, Decimal, Error, Expandable, Patch, RequestOptions, Response, Retry};
pub use integrator_core::{Timestamp, Upload, Value};
