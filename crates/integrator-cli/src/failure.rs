//! [`Failure`]: why a command ends without success, in words for the person at the terminal.

use std::io;

use integrator::{
    Error, ErrorKind, Recovery,
    mock::{CassetteError, StartError},
};

/// Why a command did not succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// What was asked for makes no sense; the text names all of it.
    #[error("{0}")]
    Usage(String),
    /// A call failed.
    #[error("failed to {}", told(.0))]
    Call(Box<Error>),
    /// A mock cannot be started.
    #[error("failed to start the mock: {0}")]
    Start(#[from] StartError),
    /// A cassette cannot be used.
    #[error("failed to {0}")]
    Cassette(#[from] CassetteError),
    /// A file or the terminal cannot be used.
    #[error("failed to {action}: {source}")]
    Io {
        /// What was tried.
        action: String,
        /// What the system said.
        source: io::Error,
    },
    /// Checks of the doctor failed.
    #[error("{0} of {1} checks failed")]
    Checks(usize, usize),
    /// Expectations of the demo did not hold.
    #[error("{0} of {1} expectations did not hold")]
    Expectations(usize, usize),
}

impl Failure {
    /// What the process ends with: 2 when it was asked the wrong thing, as the parser of the command line has it.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Usage(_) => 2,
            _ => 1,
        }
    }

    /// Whoever reads the output has seen enough.
    pub(crate) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(Box::new(error))
    }
}

/// The error with what the provider said and what can be done.
fn told(error: &Error) -> String {
    if error.kind() == ErrorKind::Configuration {
        return format!("set up the client: {}", error.detail());
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    if let Some(message) = error.message() {
        text += &format!("\n  the provider says: {message}");
    }
    let recovery = error.recovery();
    if let Some(key) = error.idempotency_key()
        && matches!(recovery, Recovery::RetryLater(_) | Recovery::CheckOutcome)
    {
        text += &format!("\n  the same call can be sent again with --idempotency-key {key}");
    }
    text + "\n  what to do: " + advice(recovery)
}

const fn advice(recovery: Recovery) -> &'static str {
    match recovery {
        Recovery::RetryLater(_) => "send the same again later",
        Recovery::FixRequest => "change the request or the settings",
        Recovery::Reauthenticate => "check or renew the key",
        Recovery::RaiseQuota => "ask the provider for a higher quota",
        Recovery::ContactProvider => "give the request's id to the provider's support",
        Recovery::CheckOutcome => "look up whether it was done before sending it again",
        _ => "read the documentation of the error",
    }
}
