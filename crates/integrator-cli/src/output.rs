//! Writing to stdout, where a closed pipe is an answer and no reason to panic.

use std::io::{self, Write};

use crate::failure::Failure;

/// Writes one line.
///
/// # Errors
/// When stdout cannot be written to.
pub(crate) fn line(text: impl AsRef<str>) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{}", text.as_ref())
        .and_then(|()| stdout.flush())
        .map_err(failed)
}

/// Writes bytes as they are.
///
/// # Errors
/// When stdout cannot be written to.
pub(crate) fn bytes(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(failed)
}

fn failed(source: io::Error) -> Failure {
    Failure::Io {
        action: "write to stdout".to_owned(),
        source,
    }
}
