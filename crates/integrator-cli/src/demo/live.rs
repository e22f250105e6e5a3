//! `demo --live`: the part that only reads, against a real or compatible server. Nothing is judged but that it answers.
//!
//! Counts are shown, contents are not: they belong to whoever owns the key.

use std::future::Future;
use std::pin::Pin;

use integrator::core::{Client, ClientBuilder};
use integrator::{Error, Provider, calendly, stripe};

use super::meter::Meter;
use super::progress::Console;
use crate::failure::Failure;

/// How many items of a list are taken at most.
const ITEMS: usize = 250;

/// One thing that is read.
struct Reading<C> {
    name: &'static str,
    /// Says what was found.
    run: for<'a> fn(&'a C) -> Found<'a>,
}

type Found<'a> = Pin<Box<dyn Future<Output = Result<String, Error>> + 'a>>;

const CALENDLY: &[Reading<calendly::Client>] = &[
    Reading {
        name: "users.me",
        run: |client| {
            Box::pin(async {
                client
                    .users()
                    .me()
                    .send()
                    .await
                    .map(|me| found(usize::from(!me.resource.uri.is_empty()), 1))
            })
        },
    },
    Reading {
        name: "scheduled_events.list",
        run: |client| {
            Box::pin(async {
                let me = client.users().me().send().await?;
                let events = client.scheduled_events().list().user(&*me.resource.uri).count(100);
                events
                    .items()
                    .collect_all(ITEMS)
                    .await
                    .map(|events| found(events.len(), ITEMS))
            })
        },
    },
    Reading {
        name: "event_types.list",
        run: |client| {
            Box::pin(async {
                let me = client.users().me().send().await?;
                let types = client.event_types().list().user(&*me.resource.uri).count(100);
                types
                    .items()
                    .collect_all(ITEMS)
                    .await
                    .map(|types| found(types.len(), ITEMS))
            })
        },
    },
];

const STRIPE: &[Reading<stripe::Client>] = &[
    Reading {
        name: "balance.retrieve",
        run: |client| {
            Box::pin(async {
                client
                    .balance()
                    .retrieve()
                    .send()
                    .await
                    .map(|balance| found(balance.available.len(), ITEMS))
            })
        },
    },
    Reading {
        name: "customers.list",
        run: |client| {
            Box::pin(async {
                let customers = client.customers().list().limit(100).items();
                customers
                    .collect_all(ITEMS)
                    .await
                    .map(|customers| found(customers.len(), ITEMS))
            })
        },
    },
    Reading {
        name: "payment_intents.list",
        run: |client| {
            Box::pin(async {
                let intents = client.payment_intents().list().limit(100).items();
                intents
                    .collect_all(ITEMS)
                    .await
                    .map(|intents| found(intents.len(), ITEMS))
            })
        },
    },
];

/// Reads from a server.
///
/// # Errors
/// When the key is missing, or any reading fails; all of them are tried.
pub(super) async fn run(provider: &'static Provider, url: Option<&str>, console: &mut Console) -> Result<(), Failure> {
    if provider.name == calendly::PROVIDER.name {
        read(provider, CALENDLY, url, console).await
    } else {
        read(provider, STRIPE, url, console).await
    }
}

async fn read<C: From<Client>>(
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

fn found(count: usize, limit: usize) -> String {
    let more = if count == limit && limit > 1 { " or more" } else { "" };
    format!("{count}{more} found")
}
