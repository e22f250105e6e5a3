//! One value for one schema: which kind it is, then lists, objects and unions; scalars are left to `scalar`.

use serde_json::{Map, Value, json};

use super::{At, Generator, Plan, visible};
use crate::arguments::UPLOAD;
use crate::arguments::text;
use crate::document::DocumentError;

/// Names of files.
const FILES: [&str; 2] = ["report.pdf", "Größe \"1\" 100%.png"];

/// Keys of maps; without brackets, which bracket nesting cannot carry inside a key.
const KEYS: [&str; 4] = ["order_id", "ä key&=", "with space", "6735"];

impl Generator<'_> {
    /// A value that the schema takes.
    pub(super) fn value(&mut self, schema: &Value, at: &At) -> Result<Value, DocumentError> {
        let document = self.document;
        let resolved = document.resolve(schema)?;
        let schema_at = match schema.get("$ref").and_then(Value::as_str) {
            Some(reference) => {
                let mut inside = at.clone();
                inside.references.push(reference.to_owned());
                inside
            }
            None => at.clone(),
        };
        let (schema, at) = (resolved.as_ref(), &schema_at);
        let types = types(schema);
        if (schema["nullable"] == true || types.contains(&"null"))
            && self.says_null(at)
            && self.turn(&format!("{}?", at.pointer), 2, Some(1)) == 1
        {
            return Ok(Value::Null);
        }
        if let Some(constant) = schema.get("const") {
            return Ok(constant.clone());
        }
        if let Some(listed) = schema.get("enum").and_then(Value::as_array) {
            return self.listed(schema, listed, at);
        }
        let union = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array());
        if let (Some(members), None) = (union, schema.get("properties")) {
            return self.union(members, at);
        }
        let types: Vec<&str> = types.into_iter().filter(|name| *name != "null").collect();
        let kind = match types.as_slice() {
            [] if schema.get("properties").is_some() || schema.get("additionalProperties").is_some() => "object",
            [] if schema.get("items").is_some() => "array",
            [] => {
                return Ok(if at.pairs {
                    json!("free ä&=")
                } else {
                    json!({ "any": ["ä", 1, null, true] })
                });
            }
            [one] => one,
            several => several[self.turn(&at.pointer, several.len(), None)],
        };
        match kind {
            "object" => self.members(schema, at).map(Value::Object),
            "array" => self.list(schema, at),
            "boolean" => Ok(Value::Bool(self.rng.bool())),
            "integer" => self.integer(schema, at),
            "number" => self.number(schema, at),
            "string" if schema["format"] == "binary" && at.files => {
                let name = FILES[self.rng.usize(..FILES.len())];
                Ok(json!({ UPLOAD: { "name": name, "bytes": "line\r\n--boundary\r\nä\u{0}\r\n" } }))
            }
            "string" => text::make(schema, at.purpose, &mut self.rng)
                .map(Value::String)
                .map_err(|why| at.error(why)),
            other => Err(at.error(format!("the type {other:?} is unknown"))),
        }
    }

    /// Whether null can stand here: a member of a type that is also read cannot say it, and in a form need not.
    fn says_null(&self, at: &At) -> bool {
        !(at.pairs && self.document.brackets_lists() && at.pointer.matches('/').count() > 1)
    }

    fn union(&mut self, members: &[Value], at: &At) -> Result<Value, DocumentError> {
        let unset = members
            .iter()
            .position(|member| member["enum"] == json!([""]) || member["type"] == "null");
        let usable = |(index, member): &(usize, &Value)| match Some(*index) == unset {
            true => member["type"] != "null" || self.says_null(at),
            false => !self.refers_back(member, at),
        };
        let usable: Vec<usize> = members
            .iter()
            .enumerate()
            .filter(usable)
            .map(|(index, _)| index)
            .collect();
        if usable.is_empty() {
            return Err(at.error("every member of the union contains itself"));
        }
        let unset = unset.and_then(|unset| usable.iter().position(|index| *index == unset));
        let chosen = self.turn(&at.pointer, usable.len(), unset);
        if Some(chosen) == unset {
            return Ok(Value::Null);
        }
        let index = usable[chosen];
        self.value(&members[index], &at.below(&format!("<{index}>")))
    }

    /// Whether this leads to a schema that is being made already, or to an item (`x-collection`) inside of another one,
    /// for which its key stands.
    fn refers_back(&self, schema: &Value, at: &At) -> bool {
        if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
            let is_item = |reference: &str| {
                let node = json!({ "$ref": reference });
                self.document
                    .resolve(&node)
                    .is_ok_and(|schema| schema.get("x-collection").is_some())
            };
            let open = &at.references;
            return open.iter().any(|open| open == reference)
                || is_item(reference) && open.iter().any(|open| is_item(open));
        }
        let union = ["anyOf", "oneOf"].iter().find_map(|key| schema.get(key)?.as_array());
        if let Some(members) = union.filter(|members| !members.is_empty()) {
            return members.iter().all(|member| self.refers_back(member, at));
        }
        ["items", "additionalProperties"]
            .iter()
            .any(|key| schema.get(key).is_some_and(|inner| self.refers_back(inner, at)))
    }

    fn list(&mut self, schema: &Value, at: &At) -> Result<Value, DocumentError> {
        let bound = |key| {
            schema
                .get(key)
                .and_then(Value::as_u64)
                .and_then(|bound| usize::try_from(bound).ok())
        };
        let least = bound("minItems")
            .unwrap_or(0)
            .max(usize::from(at.pairs || at.purpose != text::Use::Anywhere));
        let most = bound("maxItems").unwrap_or(usize::MAX);
        let items = schema.get("items").unwrap_or(&Value::Null);
        let wanted = match self.plan {
            _ if self.refers_back(items, at) => 0,
            Plan::AllOn => 2,
            Plan::AllOff => 1,
            Plan::Random(_) | Plan::Unlisted(_) => self.rng.usize(0..=3),
        };
        let wanted = wanted.max(least).min(most);
        let mut members = Vec::new();
        for _ in 0..wanted * 20 {
            if members.len() == wanted {
                break;
            }
            let member = self.value(items, &at.below("[]"))?;
            if schema["uniqueItems"] != true || !members.contains(&member) {
                members.push(member);
            }
        }
        if members.len() < least {
            return Err(at.error("no distinct members could be made"));
        }
        Ok(Value::Array(members))
    }

    /// The members of an object.
    pub(super) fn members(&mut self, schema: &Value, at: &At) -> Result<Map<String, Value>, DocumentError> {
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let required: Vec<&str> = names(schema.get("required"));
        let mut members = Map::new();
        for (name, property) in properties {
            let wanted = required.contains(&name.as_str()) || (self.optional() && !self.refers_back(property, at));
            if wanted {
                members.insert(name.clone(), self.value(property, &at.below(name))?);
            }
        }
        for name in excluded(schema, &members) {
            members.remove(&name);
        }
        for name in self.still_needed(schema, properties, &members) {
            members.insert(name.to_owned(), self.value(&properties[name], &at.below(name))?);
        }
        let root = at.is_root();
        if let Some(values) = schema.get("additionalProperties").filter(|values| values.is_object()) {
            let wanted = match self.plan {
                Plan::AllOn => 2,
                Plan::AllOff => usize::from(at.pairs && members.is_empty()),
                Plan::Random(_) | Plan::Unlisted(_) => self.rng.usize(usize::from(at.pairs && members.is_empty())..=2),
            };
            let first = self.rng.usize(..KEYS.len());
            for key in (0..wanted).map(|step| KEYS[(first + step) % KEYS.len()]) {
                members.insert(key.to_owned(), self.value(values, &at.below("*"))?);
            }
        }
        // A list would lose a member, and a required object would be missing, if none of its pairs were there.
        if at.pairs && !root && !members.values().any(visible) {
            for (name, property) in properties {
                let value = self.value(property, &at.below(name))?;
                if visible(&value) {
                    members.insert(name.clone(), value);
                    break;
                }
            }
        }
        Ok(members)
    }

    /// Optional members that the ones already there, or the lack of them, make necessary.
    fn still_needed<'p>(
        &mut self,
        schema: &'p Value,
        properties: &'p Map<String, Value>,
        members: &Map<String, Value>,
    ) -> Vec<&'p str> {
        let mut needed = Vec::new();
        // A union of bare lists of names says which of them must be there.
        let lists: Vec<Vec<&str>> = ["anyOf", "oneOf"]
            .iter()
            .filter_map(|key| schema.get(*key)?.as_array())
            .flatten()
            .map(|member| names(member.get("required")))
            .collect();
        let there = |list: &Vec<&str>| list.iter().all(|name| members.contains_key(*name));
        if !lists.is_empty() && !lists.iter().any(there) {
            needed.extend(lists[self.rng.usize(..lists.len())].iter().copied());
        }
        let any_of = names(schema.get("x-require-any-of"));
        if !any_of.is_empty() && !any_of.iter().any(|name| members.contains_key(*name)) {
            needed.push(any_of[self.rng.usize(..any_of.len())]);
        }
        for (name, condition) in schema
            .get("x-require-when")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let holds = condition
                .as_str()
                .and_then(|text| text.split_once('='))
                .is_some_and(|(other, value)| members.get(other).and_then(Value::as_str) == Some(value));
            if holds {
                needed.push(name.as_str());
            }
        }
        needed.retain(|name| properties.contains_key(*name) && !members.contains_key(*name));
        let least = schema.get("minProperties").and_then(Value::as_u64).unwrap_or(0);
        let more = properties
            .keys()
            .filter(|name| !members.contains_key(*name) && !needed.contains(&name.as_str()));
        let missing = usize::try_from(least)
            .unwrap_or(0)
            .saturating_sub(members.len() + needed.len());
        let more: Vec<&str> = more.take(missing).map(String::as_str).collect();
        needed.extend(more);
        needed
    }
}

/// Members that must not stand beside those that are there: all but the first of a list of which not all may be.
fn excluded(schema: &Value, members: &Map<String, Value>) -> Vec<String> {
    let listed = names(schema.get("not").and_then(|not| not.get("required")));
    let all = !listed.is_empty() && listed.iter().all(|name| members.contains_key(*name));
    listed.into_iter().skip(1).filter(|_| all).map(str::to_owned).collect()
}

/// The types that a schema names.
fn types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(name)) => vec![name],
        other => names(other),
    }
}

fn names(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}
