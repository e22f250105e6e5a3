//! OpenAI's API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_openai::{Client, Credential, PROVIDER};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let openai = Client::builder().base_url(mock.url()).credential(Credential::bearer("sk-1")).build()?;
//! let answer = openai.responses().create().model("gpt-5").input("Name a prime.").send().await?;
//! let mut files = openai.files().list().purpose("batch").items();
//! while let Some(file) = files.next().await {
//!     println!("{} {}", answer.id, file?.filename);
//! }
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//!
//! The operations are listed in `specs/openai/api.md`; many calls at once are a [`Batch`].

mod accumulate;
mod batch;
#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::large_enum_variant, clippy::module_inception,
    clippy::should_implement_trait, reason = "generated: names are the provider's, one prelude for all files")]
mod generated;

pub use generated::*;
/// The runtime, whole: `Limit`, `Breaker`, `ErrorKind` and all else that calls can be given.
pub use integrator_core as core;
pub use integrator_core::batch::{Batch, Batched, Cadence, SentBatch};
pub use integrator_core::{Credential, Error, Patch, RequestOptions, Response, Retry, Upload, Uploads};
