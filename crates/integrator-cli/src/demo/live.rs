//! `demo --live`: the part that only reads, against a real or compatible server. Nothing is judged but that it answers.
//!
//! Counts are shown, contents are not: they belong to whoever owns the key.

use std::future::Future;
use std::pin::Pin;

use integrator::core::{Client, ClientBuilder};
use integrator::{Error, Provider};

use super::meter::Meter;
use super::progress::Console;
use crate::failure::Failure;

/// How many items of a list are taken at most.
pub(super) const ITEMS: usize = 250;

/// One thing that is read.
pub(super) struct Reading<C> {
    pub(super) name: &'static str,
    /// Says what was found.
    pub(super) run: for<'a> fn(&'a C) -> Found<'a>,
}

/// A reading that is under way.
pub(super) type Found<'a> = Pin<Box<dyn Future<Output = Result<String, Error>> + 'a>>;

/// Reads from a server; all readings are tried.
///
/// # Errors
/// When the key is missing, or any reading fails.
pub(super) async fn read<C: From<Client>>(
    provider: &'static Provider,
    readings: &[Reading<C>],
    url: Option<&str>,
    console: &mut Console,
) -> Result<(), Failure> {
    let meter = Meter::default();
    let mut builder = ClientBuilder::<C>::new(provider).from_env();
    if let Some(url) = url {
        builder = builder.base_url(url);
    }
    let client = builder.per_call(meter.calls()).per_attempt(meter.attempts()).build()?;
    let mut failed = None;
    for reading in readings {
        match (reading.run)(&client).await {
            Ok(found) => console.line(format!("  ok     {}: {found}", reading.name))?,
            Err(error) => {
                console.line(format!("  BROKEN {}: failed to {error}", reading.name))?;
                failed = Some(error);
            }
        }
    }
    let numbers = meter.numbers();
    console.line(format!(
        "{}: {} calls, {} attempts, p50 {} ms, p99 {} ms",
        provider.title,
        numbers.calls,
        numbers.attempts,
        numbers.median.as_millis(),
        numbers.p99.as_millis()
    ))?;
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// What a reading says of its items.
pub(super) fn found(count: usize, limit: usize) -> String {
    let more = if count == limit && limit > 1 { " or more" } else { "" };
    format!("{count}{more} found")
}
