//! [`Fault`]: why a document could not be read.

use std::fmt;

use serde::de::{Error, Expected, Unexpected};

/// What was found and what was expected, in a word's space; texts of the document stay out of it.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.text)]
pub(in crate::wire) struct Fault(Box<Message>);

#[derive(Debug)]
struct Message {
    text: String,
}

impl Error for Fault {
    #[cold]
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(Box::new(Message {
            text: message.to_string(),
        }))
    }

    #[cold]
    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid type: {}, expected {expected}", Found(found)))
    }

    #[cold]
    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::custom(format_args!("invalid value: {}, expected {expected}", Found(found)))
    }
}

/// What was found: numbers as they are, texts by their kind alone.
struct Found<'a>(Unexpected<'a>);

impl fmt::Display for Found<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Unexpected::Unit => f.write_str("null"),
            Unexpected::Str(_) | Unexpected::Char(_) | Unexpected::Bytes(_) => f.write_str("string"),
            other => fmt::Display::fmt(&other, f),
        }
    }
}
