//! Results in a file with one JSON document a line, read while the file arrives.

use crate::error::{Error, ErrorKind};
use crate::stream::lines::Lines;
use crate::transfer::Download;
use crate::wire::{DecodeError, Wire, decode};

/// Greatest length of a line in bytes.
const MAX_LINE: usize = 64 * 1024 * 1024;

/// Reads every line of a download as a `T`, one at a time; nothing but the line at hand is held.
///
/// # Errors
/// When the download breaks off, or a line is longer than 64 MiB.
pub async fn each_line<T: Wire>(
    mut download: Download,
    mut take: impl FnMut(Result<T, DecodeError>) + Send,
) -> Result<(), Error> {
    let mut lines = Lines::new(MAX_LINE);
    let mut is_open = true;
    while is_open {
        let chunk = download.chunk().await?;
        is_open = chunk.is_some();
        // A last line without an end is a line.
        let chunk = chunk.unwrap_or_else(|| b"\n"[..].into());
        let mut rest = &chunk[..];
        while lines
            .advance(&mut rest)
            .map_err(|limit| Error::new(ErrorKind::TooLarge, limit.to_string()).sent(true))?
        {
            take(decode(lines.line()));
        }
    }
    Ok(())
}
