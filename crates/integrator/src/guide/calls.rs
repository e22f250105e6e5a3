//! What a call of a provider's official SDK is called here: a page a provider.
//!
//! Written by `cargo xtask generate`.

#[doc = include_str!("../../docs/calls/anthropic.md")]
pub mod anthropic {}

#[doc = include_str!("../../docs/calls/calendly.md")]
pub mod calendly {}

#[doc = include_str!("../../docs/calls/close.md")]
pub mod close {}

#[doc = include_str!("../../docs/calls/directus.md")]
pub mod directus {}

#[doc = include_str!("../../docs/calls/openai.md")]
pub mod openai {}

#[doc = include_str!("../../docs/calls/stripe.md")]
pub mod stripe {}
