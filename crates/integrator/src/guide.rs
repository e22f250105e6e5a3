//! The guide: short pages on one subject each; every example in them is run by the tests.
//!
//! | page | answers |
//! |---|---|
//! | [`start`] | how do I make the first call? |
//! | [`authentication`] | who is calling, and how are keys and tokens replaced? |
//! | [`errors`] | what failed, was it done, what now? |
//! | [`policies`] | what happens around a call, in which order? |
//! | [`health`] | how are my clients doing, and what is wrong on this machine? |
//! | [`retries`] | what is sent again, and how do I send it again myself? |
//! | [`paging`] | how do I walk through a long list? |
//! | [`streaming`] | how do I read an answer while it is written? |
//! | [`uploads`] | how do I send and save files? |
//! | [`batches`] | how do I have many calls answered together? |
//! | [`testing`] | how do I test my own code without the network? |
//! | [`close`] | how do I send an SMS, and reach custom fields? |
//! | [`directus`] | how do I read collections of my own? |
//! | [`calls`] | what is the official SDK's call named here? |

pub mod calls;

#[doc = include_str!("../docs/start.md")]
pub mod start {}

#[doc = include_str!("../docs/authentication.md")]
pub mod authentication {}

#[doc = include_str!("../docs/errors.md")]
pub mod errors {}

#[doc = include_str!("../docs/policies.md")]
pub mod policies {}

#[doc = include_str!("../docs/health.md")]
pub mod health {}

#[doc = include_str!("../docs/retries.md")]
pub mod retries {}

#[doc = include_str!("../docs/paging.md")]
pub mod paging {}

#[doc = include_str!("../docs/streaming.md")]
pub mod streaming {}

#[doc = include_str!("../docs/uploads.md")]
pub mod uploads {}

#[doc = include_str!("../docs/batches.md")]
pub mod batches {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/close.md")]
pub mod close {}

#[doc = include_str!("../docs/directus.md")]
pub mod directus {}
