//! Two documents against each other: operations by method and path, components by name.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::change::{Change, Kind, Owner, code, codes};
use super::names::{Calls, Surface};
use super::schema::{Part, Schemas, Side, component, is_type};

const METHODS: [&str; 8] = ["get", "head", "post", "put", "patch", "delete", "options", "search"];

/// Everything that is otherwise in `new`.
pub(super) fn documents(old: &Value, new: &Value, surface: &Surface, calls: &Calls) -> Vec<Change> {
    let mut changes = Vec::new();
    let before = operations(old);
    let after = operations(new);
    for (key, (path, operation)) in &before {
        let owner = owner(path, &key.1);
        match after.get(key) {
            None => changes.push(whole(owner, true, "gone")),
            Some((new_path, now)) => {
                let place = |path: &str| (path.to_owned(), key.1.clone());
                if let (Some(was), Some(is)) = (surface.calls.get(&place(path)), calls.get(&place(new_path)))
                    && was != is
                {
                    changes.push(whole(owner.clone(), true, &format!("called {} now", code(is))));
                }
                Operation {
                    schemas: (old, new),
                    owner,
                    changes: &mut changes,
                }
                .compare(operation, now);
            }
        }
    }
    for (key, (path, _)) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
        let call = calls.get(&((*path).to_owned(), key.1.clone()));
        let text = call.map_or_else(|| "new".to_owned(), |call| format!("new: {}", code(call)));
        changes.push(whole(owner(path, &key.1), false, &text));
    }
    components(old, new, &mut changes);
    changes
}

/// What the provider delivers.
pub(super) fn events(old: &[String], new: &[String], changes: &mut Vec<Change>) {
    let (old, new): (BTreeSet<_>, BTreeSet<_>) = (old.iter().collect(), new.iter().collect());
    for (names, breaks, what) in [(&old - &new, true, "gone"), (&new - &old, false, "new")] {
        if !names.is_empty() {
            changes.push(Change {
                owner: Owner::Events,
                kind: Kind::Event,
                breaks,
                text: format!("{what}: {}", codes(names.iter().map(|name| name.as_str()))),
                count: names.len(),
            });
        }
    }
}

fn owner(path: &str, method: &str) -> Owner {
    Owner::Operation {
        path: path.to_owned(),
        method: method.to_owned(),
    }
}

fn whole(owner: Owner, breaks: bool, text: &str) -> Change {
    let kind = match owner {
        Owner::Schema(_) => Kind::Type,
        _ => Kind::Operation,
    };
    Change {
        owner,
        kind,
        breaks,
        text: text.to_owned(),
        count: 1,
    }
}

/// Operations by path without the names of its arguments, and method.
fn operations(document: &Value) -> BTreeMap<(String, String), (&str, &Value)> {
    let mut operations = BTreeMap::new();
    for (path, item) in members(document.get("paths")) {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.insert((erased(path), method.to_owned()), (path.as_str(), operation));
            }
        }
    }
    operations
}

fn erased(path: &str) -> String {
    let steps = path
        .split('/')
        .map(|step| if step.starts_with('{') { "{}" } else { step });
    steps.collect::<Vec<_>>().join("/")
}

fn members(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

fn components(old: &Value, new: &Value, changes: &mut Vec<Change>) {
    let empty = Map::new();
    let of = |document: &'_ Value| {
        document
            .pointer("/components/schemas")
            .and_then(Value::as_object)
            .cloned()
    };
    let (before, after) = (of(old).unwrap_or(empty.clone()), of(new).unwrap_or(empty));
    let sides = [sides(old), sides(new)];
    for (name, was) in &before {
        let owner = Owner::Schema(name.clone());
        let Some(is) = after.get(name) else {
            if is_type(was) {
                changes.push(whole(owner, true, "gone"));
            }
            continue;
        };
        let mut side = Side::default();
        for known in sides.iter().filter_map(|sides| sides.get(name)) {
            side.sent |= known.sent;
            side.answered |= known.answered;
        }
        // One that no operation uses is there to be read.
        side.answered |= !side.sent;
        Schemas {
            documents: (old, new),
            owner: &owner,
            side,
            part: Part::Type,
            changes,
        }
        .compare("", was, is);
    }
    for (name, _) in after
        .iter()
        .filter(|(name, is)| !before.contains_key(*name) && is_type(is))
    {
        changes.push(whole(Owner::Schema(name.clone()), false, "new"));
    }
}

/// Where the components of a document are used.
fn sides(document: &Value) -> BTreeMap<String, Side> {
    let (mut sent, mut answered) = (Vec::new(), Vec::new());
    for (_, operation) in operations(document).values() {
        for part in ["parameters", "requestBody"] {
            references(operation.get(part), &mut sent);
        }
        references(operation.get("responses"), &mut answered);
    }
    references(document.get("webhooks"), &mut answered);
    references(document.get("x-webhook-events"), &mut answered);
    let mut sides: BTreeMap<String, Side> = BTreeMap::new();
    for (mut open, is_sent) in [(sent, true), (answered, false)] {
        let mut seen = BTreeSet::new();
        while let Some(name) = open.pop() {
            if seen.insert(name.clone()) {
                references(
                    document.pointer("/components/schemas").and_then(|all| all.get(&name)),
                    &mut open,
                );
                let side = sides.entry(name).or_default();
                side.sent |= is_sent;
                side.answered |= !is_sent;
            }
        }
    }
    sides
}

fn references(value: Option<&Value>, found: &mut Vec<String>) {
    match value {
        Some(Value::String(text)) => {
            found.extend(text.strip_prefix("#/components/schemas/").map(str::to_owned));
        }
        Some(Value::Array(items)) => items.iter().for_each(|item| references(Some(item), found)),
        Some(Value::Object(members)) => members.values().for_each(|member| references(Some(member), found)),
        _ => {}
    }
}

/// One operation that is in both documents.
struct Operation<'a> {
    schemas: (&'a Value, &'a Value),
    owner: Owner,
    changes: &'a mut Vec<Change>,
}

impl Operation<'_> {
    fn compare(&mut self, old: &Value, new: &Value) {
        let is_deprecated = |operation: &Value| operation.get("deprecated") == Some(&json!(true));
        match (is_deprecated(old), is_deprecated(new)) {
            (false, true) => self.changes.push(whole(self.owner.clone(), false, "deprecated now")),
            (true, false) => self
                .changes
                .push(whole(self.owner.clone(), false, "no longer deprecated")),
            _ => {}
        }
        self.parameters(old, new);
        self.body(old, new);
        let part = |operation: &Value| {
            let (_, answer) = members(operation.get("responses")).next()?;
            let (_, content) = members(answer.get("content")).next()?;
            content.get("schema").cloned()
        };
        let nothing = || json!({ "x-nothing": true });
        let (was, is) = (part(old).unwrap_or_else(nothing), part(new).unwrap_or_else(nothing));
        let side = Side {
            sent: false,
            answered: true,
        };
        self.schemas(side, Part::Answer).compare("", &was, &is);
    }

    fn schemas<'b>(&'b mut self, side: Side, part: Part<'b>) -> Schemas<'b> {
        Schemas {
            documents: self.schemas,
            owner: &self.owner,
            side,
            part,
            changes: self.changes,
        }
    }

    fn parameters(&mut self, old: &Value, new: &Value) {
        let (before, after) = (parameters(old), parameters(new));
        for ((place, name), was) in &before {
            let label = format!("{place} {}", code(name));
            let Some(is) = after.get(&(*place, *name)) else {
                self.parameter(true, format!("{label}: gone"));
                continue;
            };
            let required = |parameter: &Value| parameter.get("required") == Some(&json!(true));
            match (required(was), required(is)) {
                (false, true) => self.parameter(true, format!("{label}: required now")),
                (true, false) => self.parameter(false, format!("{label}: may be missing now")),
                _ => {}
            }
            if ["style", "explode"].iter().any(|key| was.get(key) != is.get(key)) {
                self.parameter(false, format!("{label}: written in another style"));
            }
            let part = Part::Parameter(&label);
            self.schemas(SENT, part).compare("", &schema(was), &schema(is));
        }
        for ((place, name), is) in after.iter().filter(|(key, _)| !before.contains_key(*key)) {
            let required = is.get("required") == Some(&json!(true));
            let and = if required { ", and required" } else { "" };
            self.parameter(required, format!("{place} {}: new{and}", code(name)));
        }
    }

    fn parameter(&mut self, breaks: bool, text: String) {
        self.changes.push(Change {
            owner: self.owner.clone(),
            kind: Kind::Parameter,
            breaks,
            text,
            count: 1,
        });
    }

    /// Members of a body are arguments of the call, whether the body has a name or not.
    fn body(&mut self, old: &Value, new: &Value) {
        let part = |operation: &Value| {
            let (media, content) = members(operation.pointer("/requestBody/content")).next()?;
            Some((media.clone(), content.get("schema").cloned().unwrap_or_default()))
        };
        let (was, is) = match (part(old), part(new)) {
            (None, None) => return,
            (Some((media, was)), Some((now, is))) => {
                if media != now {
                    let text = format!("the body: {} is {} now", code(&media), code(&now));
                    self.changes.push(whole(self.owner.clone(), false, &text));
                }
                (was, is)
            }
            (was, is) => {
                let nothing = || json!({ "type": "object", "properties": {} });
                (
                    was.map_or_else(nothing, |was| was.1),
                    is.map_or_else(nothing, |is| is.1),
                )
            }
        };
        if component(&was).is_some() && component(&was) == component(&is) {
            return;
        }
        let (was, is) = (target(self.schemas.0, &was), target(self.schemas.1, &is));
        self.schemas(SENT, Part::Body).compare("", &was, &is);
    }
}

const SENT: Side = Side {
    sent: true,
    answered: false,
};

/// Parameters by place and name; those of the path are told apart by where they stand.
fn parameters(operation: &Value) -> BTreeMap<(&str, &str), &Value> {
    let list = operation.get("parameters").and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(|parameter| {
            let place = parameter.get("in")?.as_str()?;
            let name = parameter.get("name")?.as_str()?;
            (place != "path").then_some(((place, name), parameter))
        })
        .collect()
}

fn schema(parameter: &Value) -> Value {
    let content = || {
        members(parameter.get("content"))
            .next()
            .and_then(|(_, content)| content.get("schema"))
    };
    parameter.get("schema").or_else(content).cloned().unwrap_or_default()
}

fn target(document: &Value, schema: &Value) -> Value {
    let found = component(schema).and_then(|name| document.pointer("/components/schemas")?.get(name));
    found.unwrap_or(schema).clone()
}
