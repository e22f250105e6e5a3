//! [`Collection`]: the items of one of the user's own collections, as a struct of the user's own.
//!
//! Every call goes through the generated operations of `items`, and so through the same policies. Requests of other
//! shapes are left to `client.items()`.

use std::fmt::{self, Display};
use std::marker::PhantomData;

use integrator_core::{Call, Value, json};
use serde::ser::Serialize;

use crate::Client;

mod aggregate;
mod envelope;
mod filter;
mod item;
mod list;
mod related;

pub use aggregate::AggregateCall;
pub use envelope::{Counted, Counts};
pub use filter::{Field, Filter};
pub use item::{ItemCall, WriteCall};
pub use list::ListCall;
pub use related::Related;

impl Client {
    /// A collection of your own, whose items are read as `T`.
    ///
    /// ```
    /// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
    /// use integrator_core::{Value, json};
    /// use integrator_directus::{Client, Credential, PROVIDER, collection::Filter};
    ///
    /// let mock = integrator_mock::Mock::start(PROVIDER).await?;
    /// let directus = Client::builder().base_url(mock.url()).credential(Credential::bearer("token")).build()?;
    /// let articles = directus.collection::<Value>("articles");     // or a struct that derives `Deserialize`
    /// let made = articles.create(&json!({"title": "Hello"})).send().await?;
    /// let mut published = articles.list().limit(100).filter(Filter::field("status").eq("published")).items();
    /// while let Some(article) = published.next().await {
    ///     println!("{} after {}", *article?, *made);
    /// }
    /// # Ok(()) }
    /// # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
    /// ```
    #[must_use]
    pub fn collection<T>(&self, name: impl Into<String>) -> Collection<T> {
        Collection {
            client: self.clone(),
            name: name.into(),
            item: PhantomData,
        }
    }
}

/// One collection; cheap to clone.
pub struct Collection<T> {
    client: Client,
    name: String,
    item: PhantomData<fn() -> T>,
}

impl<T> Collection<T> {
    /// Items that a filter matches, in an order, page by page.
    pub fn list(&self) -> ListCall<T> {
        ListCall::new(self.client.items().list(&self.name).call())
    }

    /// The item with this key.
    pub fn retrieve(&self, key: impl Display) -> ItemCall<T> {
        ItemCall::new(self.client.items().retrieve(&self.name, key).call())
    }

    /// Creates an item. Not repeatable: a create that may have been done is not sent again.
    pub fn create(&self, item: &impl Serialize) -> WriteCall<T> {
        WriteCall::new(self.client.items().create(&self.name).call().body_of(item))
    }

    /// Creates several items, all or none.
    pub fn create_many<I: Serialize>(&self, items: &[I]) -> WriteCall<Vec<T>> {
        WriteCall::new(self.client.items().create(&self.name).call().body_of(&items))
    }

    /// Changes the fields of an item that `changes` has.
    pub fn update(&self, key: impl Display, changes: &impl Serialize) -> WriteCall<T> {
        WriteCall::new(self.client.items().update(&self.name, key).call().body_of(changes))
    }

    /// Changes the fields that `changes` has in the items with these keys.
    pub fn update_many<K: Into<Value>>(
        &self,
        keys: impl IntoIterator<Item = K>,
        changes: &impl Serialize,
    ) -> WriteCall<Vec<T>> {
        self.update_chosen("keys", list_of(keys), changes)
    }

    /// Changes the fields that `changes` has in the items that a filter matches.
    pub fn update_matching(&self, filter: impl Into<Filter>, changes: &impl Serialize) -> WriteCall<Vec<T>> {
        self.update_chosen("query", matching(filter), changes)
    }

    /// Deletes the item with this key.
    pub fn delete(&self, key: impl Display) -> Call<()> {
        self.client.items().delete(&self.name, key).call()
    }

    /// Deletes the items with these keys.
    pub fn delete_many<K: Into<Value>>(&self, keys: impl IntoIterator<Item = K>) -> Call<()> {
        self.client.items().delete_many(&self.name).call().body(list_of(keys))
    }

    /// Deletes the items that a filter matches.
    pub fn delete_matching(&self, filter: impl Into<Filter>) -> Call<()> {
        let body = json!({ "query": matching(filter) });
        self.client.items().delete_many(&self.name).call().body(body)
    }

    /// Counts, sums and averages, in groups if wanted; each row is read as `R`.
    pub fn aggregate<R>(&self) -> AggregateCall<R> {
        AggregateCall::new(self.client.items().list(&self.name).call())
    }

    /// The only item of a collection that is a singleton.
    pub fn singleton(&self) -> ItemCall<T> {
        ItemCall::new(self.client.items().list(&self.name).call())
    }

    /// Changes fields of the only item of a collection that is a singleton.
    pub fn update_singleton(&self, changes: &impl Serialize) -> WriteCall<T> {
        WriteCall::new(self.client.items().update_many(&self.name).call().body_of(changes))
    }

    fn update_chosen(&self, how: &str, chosen: Value, changes: &impl Serialize) -> WriteCall<Vec<T>> {
        let call = self.client.items().update_many(&self.name).call();
        WriteCall::new(call.body_of(&Changes { how, chosen, changes }))
    }
}

impl<T> Clone for Collection<T> {
    fn clone(&self) -> Self {
        Self {
            client: self.client.clone(),
            name: self.name.clone(),
            item: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Collection<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Collection").field(&self.name).finish()
    }
}

/// Which items are changed, and to what.
struct Changes<'a, C> {
    how: &'a str,
    chosen: Value,
    changes: &'a C,
}

impl<C: Serialize> Serialize for Changes<'_, C> {
    fn serialize<S: serde::ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap as _;
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry(self.how, &self.chosen)?;
        map.serialize_entry("data", self.changes)?;
        map.end()
    }
}

fn list_of<K: Into<Value>>(keys: impl IntoIterator<Item = K>) -> Value {
    Value::Array(keys.into_iter().map(Into::into).collect())
}

/// Servers take the first hundred items of a query unless told otherwise.
fn matching(filter: impl Into<Filter>) -> Value {
    json!({ "filter": Value::from(filter.into()), "limit": -1 })
}
