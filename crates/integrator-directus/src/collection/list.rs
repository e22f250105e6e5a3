//! Reading many items: what is chosen, in which order, and page by page.

use integrator_core::{Call, Error, Items, Own, Pages, RequestOptions, Response, Value, json};
use serde::de::DeserializeOwned;

use super::envelope::{Counted, Envelope};
use super::filter::Filter;

/// Reads items.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send()`"]
pub struct ListCall<T>(Call<Own<Envelope<Vec<T>>>>);

impl<T> ListCall<T> {
    pub(super) fn new<A>(call: Call<A>) -> Self {
        Self(call.own())
    }

    /// Only items that match: a [`Filter`], or the JSON of one.
    pub fn filter(self, filter: impl Into<Filter>) -> Self {
        Self(self.0.set("filter", filter.into()))
    }

    /// Only these fields; `*` is all of the item, `author.*` reaches into a relation.
    pub fn fields(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(self.0.set("fields", texts(fields)))
    }

    /// Order by these fields; `-` before one turns it round.
    pub fn sort(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(self.0.set("sort", texts(fields)))
    }

    /// Only items in whose texts this occurs.
    pub fn search(self, text: impl Into<String>) -> Self {
        Self(self.0.set("search", text.into()))
    }

    /// Query parameters for lists inside of the items: `{"comments": {"_limit": 3}}`.
    pub fn deep(self, deep: impl Into<Value>) -> Self {
        Self(self.0.set("deep", deep))
    }

    /// Other names for fields in the answer: new name, then field.
    pub fn alias(self, names: impl IntoIterator<Item = (impl Into<String>, impl Into<String>)>) -> Self {
        let names = names
            .into_iter()
            .map(|(alias, field)| (alias.into(), Value::from(field.into())));
        Self(self.0.set("alias", Value::Object(names.collect())))
    }

    /// Greatest number of items of a page; servers give 100 unless told otherwise.
    pub fn limit(self, items: u32) -> Self {
        Self(self.0.set("limit", items))
    }

    /// How many items are passed over.
    pub fn offset(self, items: u64) -> Self {
        Self(self.0.set("offset", items))
    }

    /// Options of this call alone.
    pub fn with(self, options: impl Into<RequestOptions>) -> Self {
        Self(self.0.with(options))
    }

    /// Sends it: one page.
    ///
    /// # Errors
    /// As every call; also when an item is no `T`.
    ///
    /// # Cancel safety
    /// Dropping it gives the call up.
    pub async fn send(self) -> Result<Response<Vec<T>>, Error>
    where
        T: DeserializeOwned,
    {
        let answer = self.0.send().await?;
        Ok(answer.map(|own| own.into_inner().data))
    }

    /// Sends it, and has the server count: one page, with how many there are in all.
    ///
    /// # Errors
    /// As [`send`](Self::send).
    ///
    /// # Cancel safety
    /// As [`send`](Self::send).
    pub async fn send_counted(self) -> Result<Response<Counted<T>>, Error>
    where
        T: DeserializeOwned,
    {
        let answer = self.0.set("meta", "total_count,filter_count").send().await?;
        Ok(answer.map(|own| {
            let Envelope { data: items, counts } = own.into_inner();
            Counted { items, counts }
        }))
    }

    /// Every item of every page, asked for as they are taken.
    pub fn items(self) -> Items<Own<T>> {
        self.0.items()
    }

    /// Page after page.
    pub fn pages(self) -> Pages<Own<T>> {
        self.0.pages()
    }
}

/// Texts as a JSON list.
pub(super) fn texts(texts: impl IntoIterator<Item = impl Into<String>>) -> Value {
    json!(texts.into_iter().map(Into::into).collect::<Vec<String>>())
}
