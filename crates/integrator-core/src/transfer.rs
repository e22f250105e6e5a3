//! Files on the way out ([`Upload`]) and on the way in ([`Download`]), never whole in memory unless asked for.

use std::io;
use std::pin::Pin;

use bytes::Bytes;
use futures_core::Stream;

mod chunks;
mod download;
mod media_type;
mod resume;
mod upload;

pub(crate) use chunks::Exact;
pub use download::Download;
pub(crate) use resume::Resuming;
pub use upload::{Upload, Uploads};

/// A body in chunks.
pub type BodyStream = Pin<Box<dyn Stream<Item = io::Result<Bytes>> + Send>>;

#[cfg(test)]
mod tests;
