//! State: what was created can be retrieved, listed, changed and deleted, in the collections of a provider's table.
//!
//! How an object looks is the contract's, how a list is paged is `list`'s. What an object would mean to the provider is
//! nobody's: a payment intent that is confirmed has another status, and no card was charged.

mod batch;
mod filter;
mod object;
mod query;
mod roles;
mod shelf;
mod single;
pub(crate) mod table;
pub(crate) mod words;
mod work;

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use fastrand::Rng;
use integrator_contract::{Contract, Example, Operation};
use serde_json::{Map, Value};

use self::{
    object::{Shape, merged},
    query::Query,
    roles::{Role, Roles, roles, segments},
    shelf::{Kept, Shelf},
    table::{Collection, Table},
    words::Words,
};
use crate::{Reply, answer, asked::Asked, dotted, list::List, state::State};

/// Everything that a mock keeps.
pub(crate) struct Keeper {
    table: Table,
    roles: Roles,
    /// The answer about one object, by position of the collection.
    retrieve: HashMap<usize, &'static Operation>,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    shelves: HashMap<String, Shelf>,
    created: u64,
}

impl Keeper {
    pub(crate) fn new(contract: &'static Contract, table: Table) -> Self {
        let roles = roles(contract, &table);
        let is_retrieve = |operation: &&'static Operation| {
            let (collection, role) = roles.get(operation.id.as_str())?;
            (*role == Role::Retrieve).then_some(*collection)
        };
        let operations = contract.operations().iter();
        let retrieve = operations
            .filter_map(|operation| Some((is_retrieve(&operation)?, operation)))
            .collect();
        Self {
            table,
            roles,
            retrieve,
            inner: Mutex::default(),
        }
    }

    /// The answer of an operation on something that is kept; none of any other operation.
    pub(crate) fn answer(&self, state: &State, asked: &Asked<'_>) -> Option<Reply> {
        let (index, role) = *self.roles.get(asked.operation.id.as_str())?;
        let collection = self.table.collection.get(index)?;
        let request = Request {
            keeper: self,
            state,
            asked,
            collection,
            shape: self.shape(state, index)?,
            shelf: shelf_of(asked.received.path(), &collection.path),
            id: id_of(asked, &collection.path),
        };
        request.answer(role)
    }

    /// Puts objects on the shelf of this concrete path, each filled up to what the schema asks for.
    pub(crate) fn store(&self, state: &State, path: &str, objects: Vec<Value>) -> bool {
        let Some((collection, shape)) = self.at(state, path) else {
            return false;
        };
        for object in objects {
            self.create(state, collection, shape, path, &object, None);
        }
        true
    }

    /// The collection at a concrete path.
    fn at(&self, state: &State, path: &str) -> Option<(&Collection, Shape<'_>)> {
        let mut collections = self.table.collection.iter().enumerate();
        let (index, collection) = collections.find(|(_, collection)| is_at(path, &collection.path))?;
        Some((collection, self.shape(state, index)?))
    }

    /// The objects of this concrete path, oldest first.
    pub(crate) fn stored(&self, path: &str) -> Vec<Value> {
        let inner = self.inner();
        let shelf = inner.shelves.get(&canonical(path));
        shelf.map_or_else(Vec::new, |shelf| {
            shelf.objects.iter().map(|kept| kept.object.clone()).collect()
        })
    }

    pub(crate) fn reset(&self) {
        *self.inner() = Inner::default();
    }

    fn shape(&self, state: &State, collection: usize) -> Option<Shape<'_>> {
        let (_, content) = self.retrieve.get(&collection)?.success();
        Some(Shape {
            contract: state.contract,
            schema: content?.1,
            envelope: &self.table.envelope,
        })
    }

    fn create(
        &self,
        state: &State,
        collection: &Collection,
        shape: Shape<'_>,
        path: &str,
        sent: &Value,
        file: Option<&integrator_contract::multipart::Part>,
    ) -> Value {
        let number = {
            let mut inner = self.inner();
            inner.created += 1;
            inner.created
        };
        let seed = answer::seed(state.seed.wrapping_add(number), &[&collection.path]);
        let whole = Example::seeded(seed).of(state.contract, shape.schema);
        let mut object = dotted::get(&whole, shape.envelope).cloned().unwrap_or_default();
        let mut words = Words {
            random: Rng::with_seed(seed),
            number,
            now: state.clock.wall(),
            base: state.provider.base_url.unwrap_or(&state.url),
            parent: segments(path).into_iter().rev().nth(1).unwrap_or_default(),
            id: Value::Null,
            sent,
            file,
        };
        let member = self.table.id_member();
        // Who creates may choose the id where the document lets them.
        let own = sent.get(member).filter(|id| object::text(id).is_some()).cloned();
        words.id = own.or_else(|| words.text(&collection.id, &object)).unwrap_or_default();
        collection
            .without
            .iter()
            .for_each(|name| shape.unset(&mut object, name));
        let defaults = words.members(&self.table.defaults, &object);
        let defaults = defaults.into_iter().filter(|(name, _)| shape.names(name)).collect();
        shape.put(&mut object, defaults);
        shape.put(&mut object, sent.as_object().cloned().unwrap_or_default());
        let set = words.members(&collection.set, &object);
        let unsent = |(name, _): &(String, Value)| sent.get(name).is_none();
        shape.put(&mut object, set.into_iter().filter(unsent).collect());
        dotted::set(&mut object, member, words.id);
        let content = file
            .filter(|file| file.head.len() as u64 == file.length)
            .map(|file| Bytes::from(file.head.clone()));
        let mut inner = self.inner();
        let shelf = inner.shelves.entry(canonical(path)).or_default();
        shelf.add(object.clone(), content);
        object
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Nothing is left half done under the lock, so a poisoned one is as good as any.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Keeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keeper")
    }
}

/// One request to a kept collection.
struct Request<'a> {
    keeper: &'a Keeper,
    state: &'a State,
    asked: &'a Asked<'a>,
    collection: &'a Collection,
    shape: Shape<'a>,
    /// The concrete path of the collection.
    shelf: String,
    id: String,
}

impl Request<'_> {
    fn answer(&self, role: Role) -> Option<Reply> {
        let sent = || self.asked.body().unwrap_or_default();
        if let Some(reply) = self.of_single(role) {
            return Some(reply);
        }
        Some(match role {
            Role::List => self.list(),
            Role::Create => {
                let file = self.asked.received.parts.iter().find(|part| part.filename.is_some());
                let create = |sent: &Value| {
                    let keeper = self.keeper;
                    keeper.create(self.state, self.collection, self.shape, &self.shelf, sent, file)
                };
                match (sent(), &self.collection.batch) {
                    (Value::Array(many), _) => self.about(&many.iter().map(create).collect()),
                    (one, Some(batch)) => self.begin(batch, &create(&one)),
                    (one, None) => self.about(&create(&one)),
                }
            }
            Role::CreateUnder => self.about(&self.create_under(&sent())?),
            Role::Retrieve => self.retrieve(),
            Role::Update => {
                let sent = sent();
                self.changed(&self.id, |object| self.update(object, &sent))
            }
            Role::Action(at) => {
                let sent = sent();
                let action = self.collection.action.get(at)?;
                if !action.ends.is_empty() && self.end_early(&action.ends) == Some(false) {
                    return Some(answer::refusal(self.state, 400, &format!("`{}` has ended", self.id)));
                }
                self.changed(&self.id, |object| {
                    let mut words = self.words(&sent);
                    let set = words.members(&action.set, object);
                    self.shape.put(object, set);
                })
            }
            Role::UpdateMany => self.update_many(&sent()),
            Role::Delete => self.delete(std::slice::from_ref(&self.id)),
            Role::DeleteMany => match self.matching(&sent()) {
                Ok(ids) => self.delete(&ids),
                Err(refusal) => refusal,
            },
            Role::Content => {
                let media_type = self
                    .asked
                    .operation
                    .success()
                    .1
                    .map_or("", |(media_type, _)| media_type);
                match self.with(&self.id, |kept| kept.content.clone()) {
                    Some(content) => Reply::status(200)
                        .header(
                            "content-type",
                            if media_type.contains("json") {
                                "application/octet-stream"
                            } else {
                                media_type
                            },
                        )
                        .with_body(content.unwrap_or_default()),
                    None => self.missing(&self.id),
                }
            }
        })
    }

    fn list(&self) -> Reply {
        if let Some(query) = &self.keeper.table.query {
            return self.found(query);
        }
        let paging = self
            .state
            .provider
            .operation(&self.asked.operation.id)
            .and_then(|known| known.paging);
        let filters = self.asked.received.query_pairs().into_iter();
        let filters: Vec<(String, String)> = filters.filter(|(name, _)| self.shape.names(name)).collect();
        let fits = |object: &Value| {
            filters
                .iter()
                .all(|(name, wanted)| object.get(name).and_then(object::text).as_ref() == Some(wanted))
        };
        let mut objects = self.keeper.stored(&self.shelf);
        objects.retain(fits);
        if self.keeper.table.newest_first {
            objects.reverse();
        }
        List::new(paging, objects).page(self.state, self.asked.operation, self.asked.received)
    }

    fn retrieve(&self) -> Reply {
        if let Some(steps) = &self.collection.steps {
            self.step(steps);
        }
        if let Some(object) = self.with(&self.id, |kept| kept.object.clone()) {
            return self.about(&object);
        }
        let twin = {
            let inner = self.keeper.inner();
            inner
                .shelves
                .get(&self.shelf)
                .and_then(|shelf| shelf.twin(&self.id).cloned())
        };
        match twin.filter(|twin| self.shape.schema.accepts(twin)) {
            Some(twin) => Reply::status(self.asked.operation.success().0).with_json(twin),
            None => self.missing(&self.id),
        }
    }

    /// The part of the list that a query asks for.
    fn found(&self, query: &Query) -> Reply {
        let parameters = self.asked.received.query_pairs();
        let found = match query.find(&parameters, self.keeper.stored(&self.shelf)) {
            Ok(found) => found,
            Err(why) => return answer::refusal(self.state, 400, &why),
        };
        let (status, content) = self.asked.operation.success();
        let Some((_, schema)) = content else {
            return Reply::status(status);
        };
        let seed = answer::seed(self.state.seed, &[&self.asked.operation.id]);
        let mut body = Example::seeded(seed).of(self.state.contract, schema);
        dotted::set(&mut body, &self.keeper.table.envelope, found.items.into());
        dotted::remove(&mut body, query.meta_member());
        if let Some(meta) = found.meta {
            dotted::set(&mut body, query.meta_member(), meta.into());
        }
        Reply::status(status).with_json(body)
    }

    fn update(&self, object: &mut Value, sent: &Value) {
        let table = &self.keeper.table;
        let mut put = Map::new();
        for (name, value) in sent.as_object().into_iter().flatten() {
            if table.unset && *value == "" {
                self.shape.unset(object, name);
            } else if table.merge.contains(name) {
                put.insert(name.clone(), merged(&object[name], value));
            } else {
                put.insert(name.clone(), value.clone());
            }
        }
        put.extend(self.words(sent).members(&self.collection.change, object));
        self.shape.put(object, put);
    }

    /// `{"keys": [..], "data": {..}}`, or a list of objects with their ids.
    fn update_many(&self, sent: &Value) -> Reply {
        let member = self.keeper.table.id_member();
        let changes: Vec<(String, Value)> = match (sent, sent.get("data")) {
            (Value::Array(objects), _) => objects
                .iter()
                .filter_map(|object| Some((object::text(object.get(member)?)?, object.clone())))
                .collect(),
            (_, Some(data)) => match self.matching(sent) {
                Ok(ids) => ids.into_iter().map(|id| (id, data.clone())).collect(),
                Err(refusal) => return refusal,
            },
            _ => Vec::new(),
        };
        let mut changed = Vec::new();
        for (id, change) in changes {
            match self.with(&id, |kept| {
                self.update(&mut kept.object, &change);
                kept.object.clone()
            }) {
                Some(object) => changed.push(object),
                None => return self.missing(&id),
            }
        }
        self.about(&changed.into())
    }

    /// Ids of the objects that a body names, or asks for by a query.
    fn matching(&self, sent: &Value) -> Result<Vec<String>, Reply> {
        let (Some(query), Some(asked)) = (&self.keeper.table.query, sent.get("query")) else {
            return Ok(ids(sent));
        };
        let member = self.keeper.table.id_member();
        let mut found = Vec::new();
        for object in self.keeper.stored(&self.shelf) {
            match query.asks_for(asked, &object) {
                Ok(true) => found.extend(object::text(&object[member])),
                Ok(false) => {}
                Err(why) => return Err(answer::refusal(self.state, 400, &why)),
            }
        }
        Ok(found)
    }

    fn create_under(&self, sent: &Value) -> Option<Value> {
        let rule = self.collection.created_by.as_ref()?;
        let keeper = self.keeper;
        let mut collections = keeper.table.collection.iter().enumerate();
        let (at, parent) = collections.find(|(_, collection)| collection.path == rule.parent)?;
        let above = keeper.create(
            self.state,
            parent,
            keeper.shape(self.state, at)?,
            &parent.path,
            sent,
            None,
        );
        let id = above.get(keeper.table.id_member()).cloned()?;
        let mut own = sent.as_object().cloned().unwrap_or_default();
        if let Some(Value::Object(lifted)) = own.remove(&rule.lift) {
            own.extend(lifted);
        }
        own.insert(rule.link.clone(), id.clone());
        let last = object::text(&id)?.rsplit('/').next().unwrap_or_default().to_owned();
        let tail = segments(&self.collection.path).last().copied().unwrap_or_default();
        let path = format!("{}/{last}/{tail}", parent.path);
        Some(keeper.create(
            self.state,
            self.collection,
            self.shape,
            &path,
            &Value::Object(own),
            None,
        ))
    }

    fn delete(&self, ids: &[String]) -> Reply {
        let member = self.keeper.table.id_member();
        let (status, content) = self.asked.operation.success();
        let mut reply = Reply::status(status);
        for id in ids {
            let removed = {
                let mut inner = self.keeper.inner();
                let shelf = inner.shelves.entry(self.shelf.clone()).or_default();
                shelf.remove(member, id)
            };
            let Some(object) = removed else {
                return self.missing(id);
            };
            let Some((_, schema)) = content else {
                continue;
            };
            let mut twin = Example::seeded(self.state.seed).of(self.state.contract, schema);
            if let Some(own) = twin.get_mut(member) {
                *own = object[member].clone();
            }
            let mut inner = self.keeper.inner();
            inner
                .shelves
                .entry(self.shelf.clone())
                .or_default()
                .leave(id, twin.clone());
            reply = Reply::status(status).with_json(twin);
        }
        reply
    }

    /// The answer about an object after a change, or that it is not there.
    fn changed(&self, id: &str, change: impl FnOnce(&mut Value)) -> Reply {
        let object = self.with(id, |kept| {
            change(&mut kept.object);
            kept.object.clone()
        });
        match object {
            Some(object) => self.about(&object),
            None => self.missing(id),
        }
    }

    /// The answer of the operation that holds this object, or these: as the schema has it.
    fn about(&self, object: &Value) -> Reply {
        let (status, content) = self.asked.operation.success();
        let Some((_, schema)) = content else {
            return Reply::status(status);
        };
        let seed = answer::seed(self.state.seed, &[&self.asked.operation.id, &self.id]);
        let example = Example::seeded(seed).of(self.state.contract, schema);
        let envelope = &self.keeper.table.envelope;
        let shape = Shape { schema, ..self.shape };
        let whole = object;
        let object = &match self.shown(whole.clone()) {
            Ok(object) => object,
            Err(refusal) => return refusal,
        };
        let held = |object: Value| {
            let mut whole = example.clone();
            (dotted::set(&mut whole, envelope, object) && schema.accepts(&whole)).then_some(whole)
        };
        if shape.allows(self.keeper.table.id_member()) {
            let listed = || (!object.is_array()).then(|| Value::Array(vec![object.clone()]));
            if let Some(whole) = held(object.clone()).or_else(|| held(listed()?)) {
                return Reply::status(status).with_json(whole);
            }
        }
        // An answer in a shape of its own, such as a receipt, tells what was sent.
        let mut own = dotted::get(&example, envelope).cloned().unwrap_or_default();
        let sent = self.asked.body().and_then(|sent| sent.as_object().cloned());
        shape.put(&mut own, sent.unwrap_or_default());
        let mut receipt = example;
        dotted::set(&mut receipt, envelope, own);
        Reply::status(status).with_json(receipt)
    }

    /// The object, or these, as the request wants to see it.
    fn shown(&self, object: Value) -> Result<Value, Reply> {
        let Some(query) = &self.keeper.table.query else {
            return Ok(object);
        };
        let shown = query.shown(&self.asked.received.query_pairs(), object);
        shown.map_err(|why| answer::refusal(self.state, 400, &why))
    }

    fn missing(&self, id: &str) -> Reply {
        let status = self.keeper.table.missing();
        answer::refusal(self.state, status, &format!("there is no `{id}` in {}", self.shelf))
    }

    fn with<T>(&self, id: &str, look: impl FnOnce(&mut Kept) -> T) -> Option<T> {
        let mut inner = self.keeper.inner();
        let shelf = inner.shelves.get_mut(&self.shelf)?;
        shelf.find(self.keeper.table.id_member(), id).map(look)
    }

    fn words<'b>(&'b self, sent: &'b Value) -> Words<'b> {
        Words {
            random: Rng::with_seed(answer::seed(self.state.seed, &[&self.id])),
            number: 0,
            now: self.state.clock.wall(),
            base: self.state.provider.base_url.unwrap_or(&self.state.url),
            parent: "",
            id: Value::from(self.id.as_str()),
            sent,
            file: None,
        }
    }
}

/// Ids in a body that names several: a list of them, or under `keys`.
fn ids(sent: &Value) -> Vec<String> {
    let listed = sent.get("keys").unwrap_or(sent).as_array();
    listed.into_iter().flatten().filter_map(object::text).collect()
}

/// The part of a concrete path that the template covers.
fn shelf_of(path: &str, template: &str) -> String {
    let count = segments(template).len();
    let kept: Vec<&str> = segments(path).into_iter().take(count).collect();
    canonical(&kept.join("/"))
}

fn canonical(path: &str) -> String {
    format!("/{}", segments(path).join("/"))
}

fn is_at(path: &str, template: &str) -> bool {
    let (path, template) = (segments(path), segments(template));
    path.len() == template.len() && path.iter().zip(&template).all(|(a, b)| a == b || b.starts_with('{'))
}

/// The argument in the path that stands after the collection.
fn id_of(asked: &Asked<'_>, template: &str) -> String {
    let before = segments(template)
        .iter()
        .filter(|segment| segment.starts_with('{'))
        .count();
    let argument = asked.received.path_arguments.get(before);
    argument.map(|(_, id)| id.clone()).unwrap_or_default()
}
