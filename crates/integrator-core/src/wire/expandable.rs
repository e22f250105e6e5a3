//! [`Expandable`]: an id, or the object it stands for.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserializer, Error as _};
use serde::ser::Serializer;

use super::decode::DecodeError;
use super::{Raw, Wire, raw, scan};

/// An id which the provider replaces with the whole object when asked to.
///
/// The object is kept as text and read on demand, so that a type pays for what it refers to only where it is read.
pub struct Expandable<T> {
    id: Box<str>,
    object: Option<Raw>,
    target: PhantomData<fn() -> T>,
}

impl<T> Expandable<T> {
    /// The id; empty only where the provider sent an object that has none, such as a preview of one.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The provider sent the object, not only its id.
    #[must_use]
    pub const fn is_expanded(&self) -> bool {
        self.object.is_some()
    }

    /// The object as JSON text, when the provider sent it.
    #[must_use]
    pub const fn raw(&self) -> Option<&Raw> {
        self.object.as_ref()
    }
}

impl<T: Wire> Expandable<T> {
    /// The object; `None` when the provider sent its id alone, because the call did not ask to expand it.
    ///
    /// # Errors
    /// When the object is not a `T`.
    pub fn object(&self) -> Option<Result<T, DecodeError>> {
        self.object.as_ref().map(Raw::decode)
    }
}

impl<T> Clone for Expandable<T> {
    fn clone(&self) -> Self {
        Self {
            id: self.id.clone(),
            object: self.object.clone(),
            target: PhantomData,
        }
    }
}

impl<T> fmt::Debug for Expandable<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Expandable")
            .field("id", &self.id)
            .field("object", &self.object)
            .finish()
    }
}

impl<T> From<&str> for Expandable<T> {
    fn from(id: &str) -> Self {
        Self {
            id: id.into(),
            object: None,
            target: PhantomData,
        }
    }
}

impl<T> From<String> for Expandable<T> {
    fn from(id: String) -> Self {
        Self {
            id: id.into(),
            object: None,
            target: PhantomData,
        }
    }
}

super::serde_by_wire!(Expandable<T>, T);

impl<T> Wire for Expandable<T> {
    fn blank() -> Self {
        Self {
            id: "".into(),
            object: None,
            target: PhantomData,
        }
    }

    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = raw::capture(deserializer)?;
        match text.as_bytes().first() {
            Some(b'"') => Ok(Self {
                id: scan::string(&text)
                    .ok_or_else(|| D::Error::custom("an id with half of a surrogate pair"))?
                    .into(),
                object: None,
                target: PhantomData,
            }),
            Some(b'{') => {
                let id = match scan::member(&text, "id") {
                    None | Some("null") => "".into(),
                    Some(id) => scan::scalar(id).map(Into::into).unwrap_or_default(),
                };
                Ok(Self {
                    id,
                    object: Some(Raw::from_checked(text)),
                    target: PhantomData,
                })
            }
            _ => Err(D::Error::custom("invalid type: expected an id or an object")),
        }
    }

    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.object {
            Some(object) => object.write(serializer),
            None => serializer.serialize_str(&self.id),
        }
    }
}
