//! One JSON Schema and the validator made from it.
//!
//! A provider's schemas refer to each other in large cycles, and a JSON Schema library compiles everything that a schema
//! reaches. Therefore a reference is a keyword of our own here: every named schema is compiled once, alone, when a value
//! first gets there. What the errors mean is told in `explain`.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, OnceLock, Weak},
};

use jsonschema::{Draft, Keyword, ValidationError, Validator, paths::Location};
use serde_json::{Map, Value};

use crate::{
    example::Heights,
    explain, text,
    violation::{Problem, Violation, Where},
};

/// How a reference is spelled for the library, which would follow a `$ref` itself.
const REFERENCE: &str = "x-contract-reference";
const PREFIX: &str = "#/$defs/";
/// Longest chain of schemas that are nothing but a reference.
const CHAIN: usize = 32;

/// A JSON Schema (2020-12) of a contract; its references point to the contract's named schemas.
pub struct Schema {
    json: Value,
    validator: OnceLock<Result<Validator, String>>,
    components: Weak<Components>,
}

impl Schema {
    pub(crate) fn new(json: Value, components: Weak<Components>) -> Self {
        Self {
            json,
            validator: OnceLock::new(),
            components,
        }
    }

    /// The schema as JSON; references are `{"$ref": "#/$defs/<name>"}`.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// Whether the value is what the schema asks for.
    #[must_use]
    pub fn accepts(&self, value: &Value) -> bool {
        self.compiled().is_ok_and(|validator| validator.is_valid(value))
    }

    /// Everything in the value that contradicts the schema, as found in this part of a message.
    #[must_use]
    pub fn violations(&self, value: &Value, place: Where) -> Vec<Violation> {
        let found = self.problems(value).into_iter();
        found
            .map(|problem| Violation::new(place, problem.path, problem.message))
            .collect()
    }

    pub(crate) fn problems(&self, value: &Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        match self.compiled() {
            Ok(validator) => {
                for error in validator.iter_errors(value) {
                    explain::collect(&error, &mut problems);
                }
            }
            Err(reason) => problems.push(Problem::new(
                "",
                format!("the contract's own schema is broken: {reason}"),
            )),
        }
        problems
    }

    fn compiled(&self) -> Result<&Validator, &str> {
        self.validator
            .get_or_init(|| compile(&self.json, &self.components))
            .as_ref()
            .map_err(String::as_str)
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.json).finish()
    }
}

/// The named schemas of a contract.
pub(crate) struct Components {
    schemas: BTreeMap<String, Schema>,
    pub(crate) heights: OnceLock<Heights>,
}

impl Components {
    pub(crate) fn new(schemas: BTreeMap<String, Value>) -> Arc<Self> {
        Arc::new_cyclic(|weak| Self {
            schemas: schemas
                .into_iter()
                .map(|(name, json)| (name, Schema::new(json, weak.clone())))
                .collect(),
            heights: OnceLock::new(),
        })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Schema> {
        self.schemas.get(name)
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.schemas.keys().map(String::as_str)
    }

    /// Follows a schema that is a reference to the one it names, and says which that was.
    pub(crate) fn resolve<'a>(&'a self, schema: &'a Value) -> (&'a Value, Option<&'a str>) {
        let (mut schema, mut last) = (schema, None);
        for _ in 0..CHAIN {
            let Some(name) = reference(schema) else { break };
            let Some(found) = self.get(name) else { break };
            (schema, last) = (&found.json, Some(name));
        }
        (schema, last)
    }
}

/// Whether some part of a text matches a regular expression, as `pattern` has it in JSON Schema, which is as JavaScript
/// has it; none when it is no regular expression.
#[must_use]
pub fn matches(pattern: &str, text: &str) -> Option<bool> {
    let validator = jsonschema::validator_for(&serde_json::json!({"pattern": pattern})).ok()?;
    Some(validator.is_valid(&text.into()))
}

/// The name that a schema refers to.
pub(crate) fn reference(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

fn compile(json: &Value, components: &Weak<Components>) -> Result<Validator, String> {
    let json = with_own_references(json);
    jsonschema::options()
        .with_draft(Draft::Draft202012)
        .with_keyword(REFERENCE, keyword(components.clone()))
        .should_validate_formats(true)
        .with_format("decimal", text::is_decimal)
        .with_format("int64", text::is_int64)
        .build(&json)
        .map_err(|error| error.to_string())
}

type Made<'a> = Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>>;

fn keyword(components: Weak<Components>) -> impl for<'a> Fn(&'a Map<String, Value>, &'a Value, Location) -> Made<'a> {
    move |_, target, _| {
        let name = target.as_str().unwrap_or_default().to_owned();
        Ok(Box::new(Reference {
            name,
            components: components.clone(),
        }))
    }
}

/// Renames `$ref` where it is a keyword; a property of that name stays.
fn with_own_references(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return schema.clone();
    };
    let each = |value: &Value| match value {
        Value::Array(items) => items.iter().map(with_own_references).collect(),
        other => with_own_references(other),
    };
    let renamed = members.iter().map(|(key, value)| match key.as_str() {
        "$ref" => {
            let name = reference(schema).map_or_else(|| value.clone(), Value::from);
            (REFERENCE.to_owned(), name)
        }
        "properties" | "patternProperties" | "dependentSchemas" | "$defs" => {
            let members = value.as_object().into_iter().flatten();
            (
                key.clone(),
                members
                    .map(|(name, schema)| (name.clone(), with_own_references(schema)))
                    .collect(),
            )
        }
        "items"
        | "prefixItems"
        | "contains"
        | "additionalProperties"
        | "unevaluatedProperties"
        | "unevaluatedItems"
        | "propertyNames"
        | "anyOf"
        | "oneOf"
        | "allOf"
        | "not"
        | "if"
        | "then"
        | "else" => (key.clone(), each(value)),
        _ => (key.clone(), value.clone()),
    });
    Value::Object(renamed.collect())
}

/// The keyword that stands for `$ref`.
struct Reference {
    name: String,
    components: Weak<Components>,
}

impl<'i> Keyword<'i> for Reference {
    fn validate(&self, instance: &'i Value) -> Result<(), ValidationError<'i>> {
        self.iter_errors(instance).next().map_or(Ok(()), Err)
    }

    fn is_valid(&self, instance: &'i Value) -> bool {
        let Some(components) = self.components.upgrade() else {
            return false;
        };
        components
            .get(&self.name)
            .is_some_and(|schema| schema.accepts(instance))
    }

    fn iter_errors(&self, instance: &'i Value) -> Box<dyn Iterator<Item = ValidationError<'i>> + 'i> {
        let components = self.components.upgrade();
        let problems = match components.as_ref().and_then(|components| components.get(&self.name)) {
            Some(schema) => schema.problems(instance),
            None => vec![Problem::new(
                "",
                format!("the contract has no schema named `{}`", self.name),
            )],
        };
        Box::new(
            problems
                .into_iter()
                .map(|problem| ValidationError::custom(explain::packed(&problem))),
        )
    }
}
