//! Batches: calls that are answered together, later and at a lower price.
//!
//! What they have in common is here: calls are written down, the batch is waited for, and its results become answers in
//! the order of the calls. How one provider takes a batch, says how far it is and hands out results is its [`Service`].

use std::fmt;

use http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::call::Call;
use crate::client::Client;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::options::RequestOptions;
use crate::pipeline::Prepared;
use crate::transport::BoxFuture;
use crate::wire::Wire;

mod answers;
mod cadence;
mod lines;
mod sent;

pub use answers::{Outcome, Results, id, index};
pub use cadence::Cadence;
pub use lines::each_line;
pub use sent::SentBatch;

/// Answers that can come in a batch.
pub trait Batched: Wire + Send + 'static {
    /// The client of their provider.
    type Client;
    /// Operations that answer them and can be in a batch.
    #[doc(hidden)]
    const OPERATIONS: &'static [&'static Operation];
    #[doc(hidden)]
    const SERVICE: &'static dyn Service;
}

/// How one provider takes batches.
pub trait Service: Sync {
    /// Most calls that a batch takes.
    fn most(&self) -> usize;

    /// Writes a call down as one line of JSON.
    ///
    /// # Errors
    /// What about the call cannot be in a batch, and what to change.
    fn line(&self, id: &str, call: &Prepared, body: &str) -> Result<String, String>;

    /// Starts a batch of these lines, which all are calls of `operation`, and answers its id.
    fn create<'a>(
        &'a self,
        client: &'a Client,
        operation: &'static Operation,
        lines: String,
        options: RequestOptions,
    ) -> BoxFuture<'a, Result<String, Error>>;

    /// Asks how far it is: nothing while it is worked on.
    fn ended<'a>(&'a self, client: &'a Client, id: &'a str) -> BoxFuture<'a, Result<Option<Ended>, Error>>;

    /// Reads its results, one after the other.
    fn results<'a>(
        &'a self,
        client: &'a Client,
        id: &'a str,
        ended: &'a Ended,
        into: &'a mut dyn Results,
    ) -> BoxFuture<'a, Result<(), Error>>;

    /// Asks for its end.
    fn cancel<'a>(&'a self, client: &'a Client, id: &'a str) -> BoxFuture<'a, Result<(), Error>>;
}

/// A batch that is over.
#[derive(Debug)]
pub struct Ended {
    /// How many calls it had; 0 when the provider does not say.
    pub count: usize,
    /// What became of calls that have no result of their own; none when nobody knows.
    pub rest: Option<Outcome>,
    /// The provider's own document about it.
    pub state: Value,
}

/// Calls that are not sent yet.
#[must_use = "nothing is sent before `send()`"]
pub struct Batch<T> {
    client: Client,
    calls: Vec<Call<T>>,
}

impl<T: Batched> Batch<T> {
    #[doc(hidden)]
    pub fn new(client: &Client, calls: impl IntoIterator<Item = impl Into<Call<T>>>) -> Self {
        Self {
            client: client.clone(),
            calls: calls.into_iter().map(Into::into).collect(),
        }
    }

    /// Sends them. All must be calls of one operation; features in beta that one call opts in to are on for all of them,
    /// other options of single calls have no effect.
    ///
    /// # Errors
    /// When a call is not complete or cannot be in the batch, and what creating the batch fails with. Creating one is not
    /// repeated once it may have been done.
    pub async fn send(self) -> Result<SentBatch<T>, Error> {
        let Self { client, calls } = self;
        let (count, most) = (calls.len(), T::SERVICE.most());
        let Some(operation) = calls.first().map(Call::operation) else {
            return Err(misuse("there are no calls: a batch takes at least one"));
        };
        if count > most {
            let detail = format!("{count} calls are too many: a batch takes {most}, so make several batches of them");
            return Err(misuse(detail));
        }
        let mut lines = String::new();
        let mut options = RequestOptions::new();
        for (index, call) in calls.into_iter().enumerate() {
            belongs(index, call.operation(), operation, T::OPERATIONS)?;
            let prepared = call.prepare()?;
            let refused = |why: String| misuse(format!("call {index} cannot be in a batch: {why}"));
            let body = document(&prepared).ok_or_else(|| refused("it has no JSON body".to_owned()))?;
            lines.push_str(&T::SERVICE.line(&id(index), &prepared, &body).map_err(refused)?);
            lines.push('\n');
            for name in betas(&client, &prepared) {
                options = options.beta(name);
            }
        }
        let id = T::SERVICE.create(&client, operation, lines, options).await?;
        Ok(SentBatch::new(&client, id).of(operation, count))
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}

fn belongs(
    index: usize,
    own: &'static Operation,
    first: &'static Operation,
    allowed: &[&'static Operation],
) -> Result<(), Error> {
    if !allowed.iter().any(|operation| operation.id == own.id) {
        let names: Vec<&str> = allowed.iter().map(|operation| operation.name).collect();
        let (name, names) = (own.name, names.join(" or "));
        let detail = format!("call {index} is {name}, which cannot be in this batch: put calls of {names} into it");
        return Err(misuse(detail));
    }
    if own.id != first.id {
        let detail = format!(
            "call {index} is {} and the first is {}: a batch takes calls of one operation, so make a batch for each",
            own.name, first.name
        );
        return Err(misuse(detail));
    }
    Ok(())
}

/// The body, if it is JSON in memory, on one line.
fn document(call: &Prepared) -> Option<String> {
    let media_type = call.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    let text = std::str::from_utf8(call.body()?).ok()?;
    // Within a text, JSON writes the end of a line as an escape.
    media_type
        .starts_with("application/json")
        .then(|| text.replace(['\n', '\r'], " "))
}

fn betas<'a>(client: &Client, call: &'a Prepared) -> impl Iterator<Item = &'a str> {
    let name = client.provider().beta_header;
    let names = name.and_then(|name| call.headers().get(name)?.to_str().ok());
    names.into_iter().flat_map(|names| names.split(',')).map(str::trim)
}

fn misuse(detail: impl Into<String>) -> Error {
    Error::new(ErrorKind::InvalidCall, detail)
}
