//! Counts, sums and averages over a collection.

use integrator_core::{Call, Error, Own, RequestOptions, Response, Value, json};
use serde::de::DeserializeOwned;

use super::envelope::Envelope;
use super::filter::Filter;
use super::list::texts;

/// Asks for figures about items; each row, one a group, is read as `R`: `{"status": "draft", "count": {"id": 3}}`.
///
/// Databases differ in whether figures are numbers or texts; with several servers in view, read them as
/// [`Value`](integrator_core::Value) or [`Decimal`](integrator_core::Decimal).
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send()`"]
pub struct AggregateCall<R> {
    call: Call<Own<Envelope<Vec<R>>>>,
    functions: Vec<(&'static str, String)>,
}

impl<R> AggregateCall<R> {
    pub(super) fn new<A>(call: Call<A>) -> Self {
        Self {
            call: call.own(),
            functions: Vec::new(),
        }
    }

    /// How many items have this field; `*` counts all.
    pub fn count(self, field: impl Into<String>) -> Self {
        self.function("count", field)
    }

    /// How many different values this field has.
    pub fn count_distinct(self, field: impl Into<String>) -> Self {
        self.function("countDistinct", field)
    }

    /// The sum of this field.
    pub fn sum(self, field: impl Into<String>) -> Self {
        self.function("sum", field)
    }

    /// The sum of the different values of this field.
    pub fn sum_distinct(self, field: impl Into<String>) -> Self {
        self.function("sumDistinct", field)
    }

    /// The average of this field.
    pub fn avg(self, field: impl Into<String>) -> Self {
        self.function("avg", field)
    }

    /// The average of the different values of this field.
    pub fn avg_distinct(self, field: impl Into<String>) -> Self {
        self.function("avgDistinct", field)
    }

    /// The least value of this field.
    pub fn min(self, field: impl Into<String>) -> Self {
        self.function("min", field)
    }

    /// The greatest value of this field.
    pub fn max(self, field: impl Into<String>) -> Self {
        self.function("max", field)
    }

    /// One row for each value of these fields; functions such as `year(date_created)` are fields, too.
    pub fn group_by(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with_call(|call| call.set("groupBy", texts(fields)))
    }

    /// Only items that match.
    pub fn filter(self, filter: impl Into<Filter>) -> Self {
        self.with_call(|call| call.set("filter", filter.into()))
    }

    /// Only items in whose texts this occurs.
    pub fn search(self, text: impl Into<String>) -> Self {
        self.with_call(|call| call.set("search", text.into()))
    }

    /// Order of the rows.
    pub fn sort(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.with_call(|call| call.set("sort", texts(fields)))
    }

    /// Greatest number of rows.
    pub fn limit(self, rows: u32) -> Self {
        self.with_call(|call| call.set("limit", rows))
    }

    /// Options of this call alone.
    pub fn with(self, options: impl Into<RequestOptions>) -> Self {
        self.with_call(|call| call.with(options))
    }

    /// Sends it.
    ///
    /// # Errors
    /// As every call; also when a row is no `R`.
    ///
    /// # Cancel safety
    /// Dropping it gives the call up.
    pub async fn send(self) -> Result<Response<Vec<R>>, Error>
    where
        R: DeserializeOwned,
    {
        let mut aggregate = json!({});
        for (function, field) in self.functions {
            match &mut aggregate[function] {
                Value::Array(fields) => fields.push(field.into()),
                slot => *slot = json!([field]),
            }
        }
        let answer = self.call.set("aggregate", aggregate).send().await?;
        Ok(answer.map(|own| own.into_inner().data))
    }

    fn function(mut self, function: &'static str, field: impl Into<String>) -> Self {
        self.functions.push((function, field.into()));
        self
    }

    fn with_call(mut self, change: impl FnOnce(Call<Own<Envelope<Vec<R>>>>) -> Call<Own<Envelope<Vec<R>>>>) -> Self {
        self.call = change(self.call);
        self
    }
}
