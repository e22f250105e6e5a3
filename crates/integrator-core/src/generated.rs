//! What every generated file takes in: macros, wire types and the data types of operations.

pub use crate::wire::{Decimal, Expandable, List, Map, Members, Patch, Timestamp, UnixTime};
pub use crate::{Download, Text, Value};
pub use crate::{client, object, open_enum, operation, resource, setters, twin, union};

/// Operations as data; apart, since a provider's types may have these names.
pub mod data {
    pub use crate::operation::{
        Answer, Argument, Body, Bound, Framing, Lists, LongQuery, Method, Next, Operation, Paging, Place, QueryStyle,
        Repeat, Streaming,
    };
}
