//! Values that a schema accepts, made from a seed: the same seed gives the same value.
//!
//! Which members of an object are filled is the caller's choice. A value stays small: where a schema goes on for ever,
//! optional members are left out and the shortest alternative is taken. Strings come from `text`.

mod height;
mod number;
mod pattern;

use std::sync::Arc;

use fastrand::Rng;
use serde_json::{Map, Value};

use crate::{
    Contract, Schema, merge,
    schema::{Components, reference},
    text,
};

pub(crate) use height::Heights;

/// Nesting up to which optional members are filled.
const DEPTH: usize = 7;
/// Nesting at which only what is required and shortest is made.
const BOTTOM: usize = 60;
/// Values after which optional members are left out.
const BUDGET: usize = 1_500;
const UNICODE: &str = " ü✓𝄞 &=[1]+%\"\\\n";

/// How to make an example.
///
/// ```
/// use integrator_contract::{Contract, Example};
///
/// let contract = Contract::from_json(br#"{"provider": "notes", "version": "1", "operations": [], "schemas": {"note":
///     {"type": "object", "properties": {"text": {"type": "string"}, "pinned": {"type": "boolean"}}, "required": ["text"]}}}"#)?;
/// let note = contract.schema("note").expect("the schema is in the contract");
/// assert!(Example::seeded(1).of(&contract, note).get("pinned").is_none());
/// assert!(Example::seeded(1).all().of(&contract, note)["pinned"].is_boolean());
/// # Ok::<(), integrator_contract::LoadError>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Example {
    seed: u64,
    fill: Fill,
    unicode: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fill {
    Required,
    All,
    Random,
}

impl Example {
    /// With the required members of each object only.
    #[must_use]
    pub const fn seeded(seed: u64) -> Self {
        Self {
            seed,
            fill: Fill::Required,
            unicode: false,
        }
    }

    /// With every member, as far as the value stays small.
    #[must_use]
    pub const fn all(mut self) -> Self {
        self.fill = Fill::All;
        self
    }

    /// With a random part of the optional members, random alternatives, nulls and empty strings that unset.
    #[must_use]
    pub const fn random(mut self) -> Self {
        self.fill = Fill::Random;
        self
    }

    /// With characters beyond ASCII, and those that encoders must escape, in every free text.
    #[must_use]
    pub const fn unicode(mut self) -> Self {
        self.unicode = true;
        self
    }

    /// A value that this schema of the contract accepts.
    ///
    /// Null when no value can be made, for instance of a schema that refuses everything.
    #[must_use]
    pub fn of(&self, contract: &Contract, schema: &Schema) -> Value {
        let components = &contract.components;
        let mut maker = Maker {
            how: *self,
            components,
            random: Rng::with_seed(self.seed),
            budget: BUDGET,
        };
        maker.value(schema.json(), "value", 0)
    }
}

struct Maker<'a> {
    how: Example,
    components: &'a Arc<Components>,
    random: Rng,
    budget: usize,
}

impl Maker<'_> {
    fn value(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        self.budget = self.budget.saturating_sub(1);
        if depth > BOTTOM {
            return Value::Null;
        }
        let schema = merge::flattened(self.components, schema);
        if let Some(constant) = schema.get("const") {
            return constant.clone();
        }
        if let Some(options) = schema.get("enum").and_then(Value::as_array) {
            return self.option(options);
        }
        for keyword in ["anyOf", "oneOf"] {
            if let Some(members) = schema
                .get(keyword)
                .and_then(Value::as_array)
                .filter(|members| !members.is_empty())
            {
                return self.member(&schema, keyword, members, name, depth);
            }
        }
        match self.kind(&schema) {
            "object" => self.object(&schema, depth),
            "array" => self.array(&schema, name, depth),
            "integer" => number::integer(&schema, &mut self.random),
            "number" => number::decimal(&schema, &mut self.random),
            "boolean" => Value::Bool(self.random.bool()),
            "null" => Value::Null,
            _ => Value::String(self.text(&schema, name)),
        }
    }

    fn option(&mut self, options: &[Value]) -> Value {
        let plain: Vec<&Value> = options
            .iter()
            .filter(|option| !option.is_null() && *option != "")
            .collect();
        match (self.how.fill, plain.as_slice()) {
            (Fill::Random, _) | (_, []) => self.random.choice(options).cloned().unwrap_or_default(),
            (_, plain) => self.random.choice(plain).copied().cloned().unwrap_or_default(),
        }
    }

    fn kind(&mut self, schema: &Value) -> &'static str {
        const KINDS: [&str; 7] = ["object", "array", "string", "integer", "number", "boolean", "null"];
        let listed: Vec<&'static str> = match schema.get("type") {
            Some(Value::String(only)) => KINDS.into_iter().filter(|kind| kind == only).collect(),
            Some(Value::Array(kinds)) => KINDS
                .into_iter()
                .filter(|kind| kinds.iter().any(|listed| listed == kind))
                .collect(),
            _ => Vec::new(),
        };
        let has = |keyword: &str| schema.get(keyword).is_some();
        match listed.as_slice() {
            [] if has("properties") || has("additionalProperties") || has("required") => "object",
            [] if has("items") => "array",
            [] if has("minimum") || has("maximum") => "number",
            [] => "string",
            [.., "null"] if self.how.fill == Fill::Random && self.random.u8(..) < 64 => "null",
            [first, ..] => first,
        }
    }

    fn object(&mut self, schema: &Value, depth: usize) -> Value {
        let nothing = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&nothing);
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut least = usize_at(schema, "minProperties")
            .unwrap_or(0)
            .saturating_sub(required.len());
        let extra = schema.get("additionalProperties").filter(|extra| extra.is_object());
        let mut members = Map::new();
        for (name, schema) in properties {
            let wanted = required.contains(&name.as_str()) || *schema != Value::Bool(false) && self.wants_more(depth);
            if wanted || least > 0 {
                least = least.saturating_sub(usize::from(!required.contains(&name.as_str())));
                members.insert(name.clone(), self.value(schema, name, depth + 1));
            }
        }
        for name in required {
            if !properties.contains_key(name) {
                let value = self.value(extra.unwrap_or(&Value::Null), name, depth + 1);
                members.insert(name.to_owned(), value);
            }
        }
        if let Some(extra) = extra {
            while least > 0 || properties.is_empty() && members.len() < 3 && self.wants_more(depth) {
                least = least.saturating_sub(1);
                let name = format!("key_{}{}", members.len(), if self.how.unicode { "ü" } else { "" });
                let value = self.value(extra, &name, depth + 1);
                members.insert(name, value);
            }
        }
        Value::Object(members)
    }

    /// Whether an optional member is filled here.
    fn wants_more(&mut self, depth: usize) -> bool {
        let room = depth < DEPTH && self.budget > 0;
        match self.how.fill {
            Fill::Required => false,
            Fill::All => room,
            Fill::Random => room && self.random.bool(),
        }
    }

    fn array(&mut self, schema: &Value, name: &str, depth: usize) -> Value {
        let least = usize_at(schema, "minItems").unwrap_or(0);
        let most = usize_at(schema, "maxItems").unwrap_or(usize::MAX);
        let room = depth < DEPTH && self.budget > 0;
        let count = match self.how.fill {
            _ if !room => 0,
            Fill::Required => usize::from(depth < 3),
            Fill::All => 2,
            Fill::Random => self.random.usize(0..3),
        };
        let count = count.clamp(least, most.max(least));
        let items = schema.get("items").unwrap_or(&Value::Null);
        let unique = schema.get("uniqueItems") == Some(&Value::Bool(true));
        let mut values: Vec<Value> = Vec::new();
        // Each try may repeat an earlier item; a short enum may not hold enough different ones.
        for _ in 0..count.saturating_mul(if unique { 16 } else { 1 }).min(10_000) {
            if values.len() == count {
                break;
            }
            let value = self.value(items, name, depth + 1);
            if !unique || !values.contains(&value) {
                values.push(value);
            }
        }
        Value::Array(values)
    }

    fn text(&mut self, schema: &Value, name: &str) -> String {
        let format = schema.get("format").and_then(Value::as_str);
        if let Some(text) = format.and_then(|format| text::example(format, &mut self.random)) {
            return text;
        }
        let pattern = schema.get("pattern").and_then(Value::as_str);
        if let Some(text) = pattern.and_then(|pattern| pattern::example(pattern, &mut self.random)) {
            return text;
        }
        let mut text = format!("{name}_{:06x}", self.random.u32(..1 << 24));
        if self.how.unicode {
            text.push_str(UNICODE);
        }
        let least = usize_at(schema, "minLength").unwrap_or(0);
        let most = usize_at(schema, "maxLength").unwrap_or(usize::MAX);
        let length = text.chars().count();
        text.extend(std::iter::repeat_n('x', least.saturating_sub(length).min(100_000)));
        if length > most {
            text.chars().take(most).collect()
        } else {
            text
        }
    }

    fn member(&mut self, schema: &Value, keyword: &str, members: &[Value], name: &str, depth: usize) -> Value {
        let mut base = schema.clone();
        if let Some(keywords) = base.as_object_mut() {
            keywords.remove(keyword);
        }
        let has_base = base
            .as_object()
            .is_some_and(|base| base.keys().any(|key| !key.starts_with("x-")));
        let exclusive = keyword == "oneOf";
        let mut value = Value::Null;
        for index in self.order(schema, members, depth) {
            value = if has_base {
                let merged = merge::both(base.clone(), &merge::flattened(self.components, &members[index]));
                self.value(&merged, name, depth + usize::from(depth >= DEPTH))
            } else {
                self.value(&members[index], name, depth + usize::from(depth >= DEPTH))
            };
            if !exclusive || Schema::new(schema.clone(), Arc::downgrade(self.components)).accepts(&value) {
                break;
            }
        }
        value
    }

    /// Positions of the members, the preferred one first.
    fn order(&mut self, schema: &Value, members: &[Value], depth: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..members.len()).collect();
        if depth >= DEPTH || self.budget == 0 {
            let heights = self.components.heights();
            order.sort_by_key(|index| heights.of(&members[*index]));
            return order;
        }
        if self.how.fill == Fill::Random {
            self.random.shuffle(&mut order);
            return order;
        }
        let expandable = schema.get("x-expansionResources").is_some();
        order.sort_by_cached_key(|index| {
            let member = merge::flattened(self.components, &members[*index]);
            let only = member.get("enum").and_then(Value::as_array).map(Vec::as_slice);
            let kind = member.get("type").and_then(Value::as_str);
            let unsets = kind == Some("null") || only.is_some_and(|only| only == [Value::from("")]);
            let twin = member.pointer("/properties/deleted").is_some_and(|deleted| {
                deleted.get("const") == Some(&Value::Bool(true))
                    || deleted.pointer("/enum/0") == Some(&Value::Bool(true))
            });
            let scalar = kind == Some("string") && reference(&members[*index]).is_none();
            let against_taste = match self.how.fill {
                _ if expandable => !scalar,
                Fill::All => kind == Some("string") || kind == Some("integer"),
                _ => false,
            };
            (unsets, twin, against_taste)
        });
        order
    }
}

fn usize_at(schema: &Value, keyword: &str) -> Option<usize> {
    usize::try_from(schema.get(keyword)?.as_u64()?).ok()
}
