//! Makes arguments from the schemas of an operation: everything, only what is required, or a random part of it.
//!
//! Deterministic: one operation and one sequence of plans give the same arguments on every machine. Members of a
//! union take turns, so that each of them is seen after enough calls; [`Generator::pending`] names the unions where
//! some member still waits. How values are spelled on the wire is left to `expect`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Arguments;
use super::text::Use;
use crate::document::{Document, DocumentError, MediaType, Operation, Place, Style};

mod scalar;
mod value;

/// How much of an operation is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Plan {
    /// Every parameter and every field, nested objects full, lists of two, maps of two.
    AllOn,
    /// What is required, on every level.
    AllOff,
    /// Each optional part with even odds, chosen by this seed.
    Random(u64),
    /// The same, and open enums leave their list; whether a validator takes that is its own affair.
    Unlisted(u64),
}

/// Makes arguments for one operation.
#[derive(Debug)]
pub struct Generator<'d> {
    document: &'d Document,
    operation: &'d Operation,
    unions: BTreeMap<String, Turns>,
    rng: fastrand::Rng,
    plan: Plan,
    calls: u64,
}

/// Whose turn it is in a union.
#[derive(Debug, Default)]
struct Turns {
    reached: usize,
    chosen: Vec<bool>,
}

/// Where a value is made.
#[derive(Debug, Clone)]
struct At {
    pointer: String,
    purpose: Use,
    /// Spelled as key and value pairs, where nothing stands for an empty list or object.
    pairs: bool,
    /// A file can go here.
    files: bool,
    /// References on the way here, to end recursion.
    references: Vec<String>,
}

impl<'d> Generator<'d> {
    /// A generator for this operation of this document.
    #[must_use]
    pub fn new(document: &'d Document, operation: &'d Operation) -> Self {
        let rng = fastrand::Rng::with_seed(0);
        Self {
            document,
            operation,
            unions: BTreeMap::new(),
            rng,
            plan: Plan::AllOn,
            calls: 0,
        }
    }

    /// The next arguments.
    ///
    /// # Errors
    /// When the document has a schema that no value can be made for.
    pub fn arguments(&mut self, plan: Plan) -> Result<Arguments, DocumentError> {
        let seed = if let Plan::Random(seed) = plan { seed } else { 0 };
        self.plan = plan;
        self.calls += 1;
        self.rng = fastrand::Rng::with_seed(fnv(&self.operation.id) ^ (seed << 32) ^ self.calls);
        let operation = self.operation;
        let mut values = Map::new();
        for parameter in &operation.parameters {
            if !parameter.required && !self.optional() {
                continue;
            }
            let delimited = !parameter.explode && parameter.style != Style::Deep && !parameter.json;
            let purpose = match parameter.place {
                Place::Path => Use::Segment,
                Place::Query if delimited => Use::Filled,
                Place::Query => Use::Anywhere,
                Place::Header | Place::Cookie => Use::Header,
            };
            let at = At::new(&parameter.argument, purpose, !parameter.json);
            values.insert(parameter.argument.clone(), self.value(&parameter.schema, &at)?);
        }
        // Where a file decides how the body is sent, both ways have their turns.
        let form = operation.form.as_ref().filter(|_| self.calls.is_multiple_of(2));
        let Some(body) = form.or(operation.body.as_ref()) else {
            return Ok(Arguments::new(values));
        };
        let mut at = At::new(
            if form.is_some() { "form" } else { "body" },
            Use::Anywhere,
            body.kind != MediaType::Json,
        );
        at.files = matches!(body.kind, MediaType::Multipart | MediaType::Other);
        if let Some(fields) = &body.fields {
            let document = self.document;
            let schema = document.resolve(&body.schema)?;
            let mut members = match self.value(schema.as_ref(), &at)? {
                Value::Object(members) => members,
                other => return Err(at.error(format!("a body with members is {other}"))),
            };
            for field in fields {
                if let Some(value) = members.remove(&field.name) {
                    values.insert(field.argument.clone(), value);
                }
            }
        } else if body.required || self.optional() {
            values.insert("body".to_owned(), self.value(&body.schema, &at)?);
        }
        Ok(Arguments::new(values))
    }

    /// Unions that were reached and of which some member was never chosen with everything on.
    #[must_use]
    pub fn pending(&self) -> Vec<&str> {
        let waiting = self.unions.iter().filter(|(_, turns)| turns.chosen.contains(&false));
        waiting.map(|(at, _)| at.as_str()).collect()
    }

    /// Whether an optional part is used.
    fn optional(&mut self) -> bool {
        match self.plan {
            Plan::AllOn => true,
            Plan::AllOff => false,
            Plan::Random(_) | Plan::Unlisted(_) => self.rng.bool(),
        }
    }

    /// A member that waits for its turn, else one inside of which some member waits.
    fn waiting(&self, pointer: &str, members: usize) -> Option<usize> {
        let turns = self.unions.get(pointer)?;
        let first = (0..members).find(|member| !turns.chosen.get(*member).copied().unwrap_or_default());
        first.or_else(|| {
            (0..members).find(|member| {
                // What may be null has no name of its own on the way in.
                let inside = match pointer.strip_suffix('?') {
                    Some(_) if *member > 0 => return false,
                    Some(own) => format!("{own}/"),
                    None => format!("{pointer}/<{member}>"),
                };
                let within = self
                    .unions
                    .range(inside.clone()..)
                    .take_while(|(at, _)| at.starts_with(&inside));
                within.into_iter().any(|(_, turns)| turns.chosen.contains(&false))
            })
        })
    }

    /// Whose turn it is among `members` at this place; the one that means *unset* has every fourth turn.
    fn turn(&mut self, pointer: &str, members: usize, unset: Option<usize>) -> usize {
        let waiting = self.waiting(pointer, members);
        let turns = self.unions.entry(pointer.to_owned()).or_default();
        turns.chosen.resize(members, false);
        let reached = turns.reached;
        turns.reached += 1;
        let chosen = match unset {
            _ if self.plan == Plan::AllOn && waiting.is_some() => waiting.unwrap_or_default(),
            Some(unset) if reached % 4 == 3 || members == 1 => unset,
            Some(unset) => {
                let others = (reached - reached / 4) % (members - 1);
                others + usize::from(others >= unset)
            }
            None => reached % members,
        };
        // A turn counts when the member is full, so that each name in it is sent.
        turns.chosen[chosen] |= self.plan == Plan::AllOn;
        chosen
    }
}

impl At {
    fn new(pointer: &str, purpose: Use, pairs: bool) -> Self {
        Self {
            pointer: pointer.to_owned(),
            purpose,
            pairs,
            files: false,
            references: Vec::new(),
        }
    }

    /// A place further inside.
    fn below(&self, step: &str) -> Self {
        Self {
            pointer: format!("{}/{step}", self.pointer),
            files: self.files && (self.is_root() || is_inside(step)),
            ..self.clone()
        }
    }

    /// Whether this is the whole, or a member of a union that it is.
    fn is_root(&self) -> bool {
        self.pointer.split('/').skip(1).all(is_inside)
    }

    fn error(&self, why: impl Into<String>) -> DocumentError {
        DocumentError::Value {
            at: self.pointer.clone(),
            why: why.into(),
        }
    }
}

/// Whether a step leads to an item or to a member of a union, and to no other name.
fn is_inside(step: &str) -> bool {
    step == "[]" || step.starts_with('<')
}

/// Fowler-Noll-Vo, 64 bits: a seed that a name has on every machine.
fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Whether pairs would show that this is there.
fn visible(value: &Value) -> bool {
    match value {
        Value::Array(members) => members.iter().any(visible),
        Value::Object(members) => members.values().any(visible),
        _ => true,
    }
}
