//! Stripe's API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_stripe::{Client, Credential, PROVIDER};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let stripe = Client::builder().base_url(mock.url()).credential(Credential::bearer("sk_test_1")).build()?;
//! let ada = stripe.customers().create().email("ada@example.com").metadata([("team", "engines")]).send().await?;
//! let mut charges = stripe.charges().list().customer(&*ada.id).limit(100).items();
//! while let Some(charge) = charges.next().await {
//!     println!("{} {}", ada.id, charge?.amount);
//! }
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//!
//! The operations are listed in `specs/stripe/api.md`.

#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::large_enum_variant, clippy::module_inception,
    clippy::should_implement_trait, reason = "generated: names are the provider's, one prelude for all files")]
mod generated;

pub use generated::*;
/// The runtime, whole: `Limit`, `Breaker`, `ErrorKind` and all else that calls can be given.
pub use integrator_core as core;
pub use integrator_core::{Credential, Error, Expandable, Patch, RequestOptions, Response, Retry, Upload};
