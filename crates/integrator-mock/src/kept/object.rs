//! One object within its answer: made from the schema, filled with what was sent, changed, always as the schema allows.

use integrator_contract::{Contract, Schema};
use serde_json::{Map, Value};

use crate::dotted;

/// How objects of a collection look: the answer about one of them, and where in it the object is.
#[derive(Clone, Copy)]
pub(crate) struct Shape<'a> {
    pub(crate) contract: &'static Contract,
    pub(crate) schema: &'static Schema,
    pub(crate) envelope: &'a str,
}

impl Shape<'_> {
    /// Whether the schema names this member; of an object that may have any, it names none.
    pub(crate) fn names(&self, member: &str) -> bool {
        self.allows(member) && !self.allows("integrator_unlisted")
    }

    /// Whether the schema has a place for this member.
    pub(crate) fn allows(&self, member: &str) -> bool {
        let object = Value::Object(Map::from_iter([(member.to_owned(), Value::Null)]));
        let unknown = self.contract.unknown_members(self.schema, &self.wrapped(object));
        unknown.is_empty()
    }

    /// Puts members into an object, as far as the schema has a place for them.
    ///
    /// A member that would make a valid object invalid is passed over.
    pub(crate) fn put(&self, object: &mut Value, members: Map<String, Value>) {
        let was_valid = self.accepts(object);
        let all = self.known(with(object, &members));
        if !was_valid || self.accepts(&all) {
            *object = all;
            return;
        }
        for (name, value) in members {
            // Objects within others come with ids of their own once they are kept.
            for value in [value.clone(), with_ids(&name, value)] {
                let one = self.known(with(object, &Map::from_iter([(name.clone(), value)])));
                if self.accepts(&one) {
                    *object = one;
                    break;
                }
            }
        }
    }

    /// Takes a member away: null where the schema has that, else nothing, unless it must be there.
    pub(crate) fn unset(&self, object: &mut Value, name: &str) {
        let null = with(object, &Map::from_iter([(name.to_owned(), Value::Null)]));
        let mut without = object.clone();
        dotted::remove(&mut without, name);
        for changed in [null, without] {
            if self.accepts(&changed) {
                *object = changed;
                return;
            }
        }
    }

    fn accepts(&self, object: &Value) -> bool {
        self.schema.accepts(&self.wrapped(object.clone()))
    }

    fn wrapped(&self, object: Value) -> Value {
        if self.envelope.is_empty() {
            return object;
        }
        let mut whole = Value::Object(Map::new());
        dotted::set(&mut whole, self.envelope, object);
        whole
    }

    /// The object without what the schema does not name.
    fn known(&self, object: Value) -> Value {
        let prefix: String = self
            .envelope
            .split('.')
            .filter(|part| !part.is_empty())
            .map(|part| format!("/{part}"))
            .collect();
        let unknown = self
            .contract
            .unknown_members(self.schema, &self.wrapped(object.clone()));
        let mut known = object;
        for pointer in unknown {
            let own = pointer.strip_prefix(&prefix).unwrap_or(&pointer);
            let (parent, name) = own.rsplit_once('/').unwrap_or(("", own));
            if let Some(Value::Object(members)) = known.pointer_mut(parent) {
                members.remove(&name.replace("~1", "/").replace("~0", "~"));
            }
        }
        known
    }
}

fn with_ids(name: &str, mut value: Value) -> Value {
    let items = value.as_array_mut().into_iter().flatten();
    for (index, item) in items.filter_map(Value::as_object_mut).enumerate() {
        item.entry("id").or_insert_with(|| format!("{name}_{index}").into());
    }
    value
}

fn with(object: &Value, members: &Map<String, Value>) -> Value {
    let mut whole = object.as_object().cloned().unwrap_or_default();
    for (name, value) in members {
        whole.insert(name.clone(), value.clone());
    }
    Value::Object(whole)
}

/// The old members with the new ones; null and the empty text take one away.
pub(crate) fn merged(old: &Value, new: &Value) -> Value {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        return new.clone();
    };
    let mut whole = old.clone();
    for (name, value) in new {
        if value.is_null() || *value == "" {
            whole.remove(name);
        } else {
            whole.insert(name.clone(), value.clone());
        }
    }
    Value::Object(whole)
}

/// A scalar, or the id of an object, as it stands in a query.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Object(members) => text(members.get("id")?),
        Value::Array(_) | Value::Null => None,
        scalar => Some(scalar.to_string()),
    }
}
