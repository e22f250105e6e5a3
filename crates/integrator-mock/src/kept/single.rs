//! Collections of one object: it stands where the list of others stands, is read and changed there, and never created.

use serde_json::{Map, Value};

use super::{Keeper, Request, canonical, roles::Role};
use crate::{Reply, answer, dotted, state::State};

impl Keeper {
    /// Makes the collection at this concrete path one of this object alone.
    pub(crate) fn store_single(&self, state: &State, path: &str, object: &Value) -> bool {
        let Some((collection, shape)) = self.at(state, path).filter(|(collection, _)| collection.single) else {
            return false;
        };
        self.inner().shelves.remove(&canonical(path));
        self.create(state, collection, shape, path, object, None);
        self.inner().shelves.entry(canonical(path)).or_default().is_single = true;
        true
    }
}

impl Request<'_> {
    /// The answer about the only object of a collection; none where the collection has several.
    pub(super) fn of_single(&self, role: Role) -> Option<Reply> {
        let object = {
            let mut inner = self.keeper.inner();
            let shelf = inner.shelves.get_mut(&self.shelf).filter(|shelf| shelf.is_single)?;
            let kept = shelf.objects.front_mut()?;
            match role {
                Role::List | Role::Create => {}
                Role::UpdateMany => self.update(&mut kept.object, &self.asked.body().unwrap_or_default()),
                _ => return None,
            }
            kept.object.clone()
        };
        if role == Role::Create {
            let why = format!("{} has one object, which is changed and not created", self.shelf);
            return Some(answer::refusal(self.state, 404, &why));
        }
        let mut body = Value::Object(Map::new());
        match self.shown(object) {
            Ok(object) => dotted::set(&mut body, &self.keeper.table.envelope, object),
            Err(refusal) => return Some(refusal),
        };
        Some(Reply::status(self.asked.operation.success().0).with_json(body))
    }
}
