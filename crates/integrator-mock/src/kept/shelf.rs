//! The objects of one concrete collection, `/items/articles`, in the order in which they came.

use std::{collections::VecDeque, sync::Arc};

use bytes::Bytes;
use serde_json::Value;

use super::{object, work::Work};

/// How many objects of a collection are kept; the oldest go.
const MOST: usize = 100_000;

/// One collection's objects.
#[derive(Debug, Default)]
pub(crate) struct Shelf {
    pub(crate) objects: VecDeque<Kept>,
    /// There is one object, and the list is that object.
    pub(crate) is_single: bool,
    /// Ids of what was deleted, and what the deletion answered.
    gone: VecDeque<(String, Option<Value>)>,
}

/// One object.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) object: Value,
    /// What was uploaded with it.
    pub(crate) content: Option<Bytes>,
    /// How often its member has moved on.
    pub(crate) step: usize,
    /// How often it is to be read before it ends, where that is not as its collection has it.
    pub(crate) polls: Option<usize>,
    /// How it ends, where not by itself.
    pub(crate) end: Option<String>,
    /// The requests that it stands for.
    pub(crate) work: Option<Arc<Work>>,
}

impl Shelf {
    pub(crate) fn add(&mut self, object: Value, content: Option<Bytes>) {
        if self.objects.len() >= MOST {
            self.objects.pop_front();
        }
        self.objects.push_back(Kept {
            object,
            content,
            step: 0,
            polls: None,
            end: None,
            work: None,
        });
    }

    /// The object with this id, which may be the last segment of an id that is a URI.
    pub(crate) fn find(&mut self, member: &str, id: &str) -> Option<&mut Kept> {
        self.objects.iter_mut().find(|kept| is(&kept.object, member, id))
    }

    /// Takes the object away; `twin` is what its deletion answers.
    pub(crate) fn remove(&mut self, member: &str, id: &str) -> Option<Value> {
        let at = self.objects.iter().position(|kept| is(&kept.object, member, id))?;
        let kept = self.objects.remove(at)?;
        if self.gone.len() >= MOST {
            self.gone.pop_front();
        }
        self.gone.push_back((id.to_owned(), None));
        Some(kept.object)
    }

    /// Remembers what a deletion answered.
    pub(crate) fn leave(&mut self, id: &str, twin: Value) {
        if let Some((_, left)) = self.gone.iter_mut().rev().find(|(gone, _)| gone == id) {
            *left = Some(twin);
        }
    }

    pub(crate) fn twin(&self, id: &str) -> Option<&Value> {
        self.gone.iter().rev().find(|(gone, _)| gone == id)?.1.as_ref()
    }
}

fn is(object: &Value, member: &str, id: &str) -> bool {
    let own = object.get(member).and_then(object::text).unwrap_or_default();
    own == id || own.contains("://") && own.rsplit('/').next() == Some(id)
}
