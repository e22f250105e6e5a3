//! Calls whose answer is one item, or the items that were written.

use integrator_core::{Call, Error, Own, RequestOptions, Response, Value};
use serde::de::DeserializeOwned;

use super::envelope::Envelope;
use super::list::texts;

/// Reads one item.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send()`"]
pub struct ItemCall<T>(Call<Own<Envelope<T>>>);

impl<T> ItemCall<T> {
    pub(super) fn new<A>(call: Call<A>) -> Self {
        Self(call.own())
    }

    /// Only these fields; `author.*` reaches into a relation.
    pub fn fields(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(self.0.set("fields", texts(fields)))
    }

    /// Query parameters for lists inside of the item.
    pub fn deep(self, deep: impl Into<Value>) -> Self {
        Self(self.0.set("deep", deep))
    }

    /// The item as a content version of this name has it.
    pub fn version(self, name: impl Into<String>) -> Self {
        Self(self.0.set("version", name.into()))
    }

    /// Options of this call alone.
    pub fn with(self, options: impl Into<RequestOptions>) -> Self {
        Self(self.0.with(options))
    }

    /// Sends it.
    ///
    /// # Errors
    /// As every call; also when the item is no `T`.
    ///
    /// # Cancel safety
    /// Dropping it gives the call up.
    pub async fn send(self) -> Result<Response<T>, Error>
    where
        T: DeserializeOwned,
    {
        let answer = self.0.send().await?;
        Ok(answer.map(|own| own.into_inner().data))
    }
}

/// Writes one item or several, and reads what became of them: `A` is one `T` or a list.
#[derive(Debug, Clone)]
#[must_use = "nothing is sent before `send()`"]
pub struct WriteCall<A>(Call<Own<Envelope<A>>>);

impl<A> WriteCall<A> {
    pub(super) fn new<B>(call: Call<B>) -> Self {
        Self(call.own())
    }

    /// Only these fields are answered.
    pub fn fields(self, fields: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self(self.0.set("fields", texts(fields)))
    }

    /// Options of this call alone.
    pub fn with(self, options: impl Into<RequestOptions>) -> Self {
        Self(self.0.with(options))
    }

    /// Sends it.
    ///
    /// # Errors
    /// As every call; also when what is answered is no `A`, such as for lack of a permission to read what was written.
    ///
    /// # Cancel safety
    /// Dropping it gives the call up; whether it was done is then unknown.
    pub async fn send(self) -> Result<Response<A>, Error>
    where
        A: DeserializeOwned,
    {
        let answer = self.0.send().await?;
        Ok(answer.map(|own| own.into_inner().data))
    }
}
