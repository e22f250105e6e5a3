//! Anthropic's API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_anthropic::{Client, Credential, PROVIDER, types::InputMessage};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let key = Credential::header("x-api-key", "sk-ant-1");
//! let anthropic = Client::builder().base_url(mock.url()).credential(key).build()?;
//! let said = [InputMessage::new("hi", "user")];
//! let answer = anthropic.messages().create().model("claude-sonnet-4-5").max_tokens(1024).messages(said).send().await?;
//! println!("{} tokens: {:?}", answer.usage.output_tokens, answer.content);
//! # Ok(()) }
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//!
//! The operations are listed in `specs/anthropic/api.md`; many calls at once are a [`Batch`].

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
pub use integrator_core::{Credential, Error, Patch, RequestOptions, Response, Retry, Upload};
