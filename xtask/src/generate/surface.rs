//! What an operation is called: resources, then a verb. The official SDK's name where there is one, else a rule.

use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::Facts;
use super::names::value_name;
use super::passes::{METHODS, component};

/// Name of one operation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    /// Resources from the client down.
    pub(crate) resources: Vec<String>,
    /// What it does.
    pub(crate) verb: String,
}

impl Name {
    /// `checkout.sessions.create`
    pub(crate) fn dotted(&self) -> String {
        self.resources
            .iter()
            .chain([&self.verb])
            .cloned()
            .collect::<Vec<_>>()
            .join(".")
    }

    fn parse(dotted: &str) -> Option<Self> {
        let mut parts: Vec<String> = dotted.split('.').map(value_name).collect();
        let verb = parts.pop()?;
        (!parts.is_empty()).then_some(Self { resources: parts, verb })
    }
}

/// Names all operations, by their path and method.
///
/// # Errors
/// Two operations of one name, and a verb that is also a resource: all of them, with what settles it.
pub(crate) fn name(document: &Value, facts: &Facts) -> Result<Names, Vec<String>> {
    let (names, mut problems) = draft(document, facts);
    problems.extend(collisions(&names));
    if problems.is_empty() { Ok(names) } else { Err(problems) }
}

/// Names by path and method.
pub(crate) type Names = BTreeMap<(String, String), Name>;

/// Names that may collide, and what is wrong with the others.
pub(crate) fn draft(document: &Value, facts: &Facts) -> (Names, Vec<String>) {
    let paths: Vec<&String> = document
        .get("paths")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(path, _)| path)
        .collect();
    let rule = Rule {
        document,
        erased: paths.iter().map(|path| erase(path)).collect(),
        list: &facts.lists,
    };
    let mut names = BTreeMap::new();
    let mut problems = Vec::new();
    for path in paths {
        for method in METHODS {
            let Some(operation) = document
                .get("paths")
                .and_then(|paths| paths.get(path))
                .and_then(|item| item.get(method))
            else {
                continue;
            };
            let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
            let settled = facts.names.get(id).map(String::as_str);
            let official = operation.get("x-sdk-name").and_then(Value::as_str);
            let name = match settled.or(official) {
                Some(dotted) => Name::parse(dotted),
                None => rule.name(path, method, operation),
            };
            match name {
                Some(name) => {
                    names.insert((path.clone(), (*method).to_owned()), name);
                }
                None => problems.push(format!(
                    "{method} {path}: no name; settle it in provider.toml [names] {id} = \"resource.verb\""
                )),
            }
        }
    }
    (names, problems)
}

fn collisions(names: &Names) -> Vec<String> {
    let mut problems = Vec::new();
    let mut seen: BTreeMap<String, &(String, String)> = BTreeMap::new();
    for (place, name) in names {
        if let Some(other) = seen.insert(name.dotted(), place) {
            problems.push(format!(
                "{} {} and {} {} are both `{}`; settle it in provider.toml [names]",
                other.1,
                other.0,
                place.1,
                place.0,
                name.dotted()
            ));
        }
    }
    for name in names.values() {
        let dotted = name.dotted();
        let prefix = format!("{dotted}.");
        if let Some(below) = seen.keys().find(|other| other.starts_with(&prefix)) {
            problems.push(format!(
                "`{dotted}` is a verb, and a resource in `{below}`; settle it in provider.toml [names]"
            ));
        }
    }
    problems
}

struct Rule<'a> {
    document: &'a Value,
    erased: Vec<String>,
    list: &'a [String],
}

impl Rule<'_> {
    fn name(&self, path: &str, method: &str, operation: &Value) -> Option<Name> {
        let erased = erase(path);
        let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let mut resources: Vec<String> = segments
            .iter()
            .filter(|segment| !segment.starts_with('{'))
            .map(|segment| value_name(segment))
            .collect();
        let below = self.erased.iter().any(|other| other.starts_with(&format!("{erased}/")));
        let ids_below = self.erased.iter().any(|other| *other == format!("{erased}/{{}}"));
        let siblings = METHODS
            .iter()
            .filter(|method| self.document["paths"][path].get(**method).is_some())
            .count()
            > 1;
        let reads = self.document["paths"][path].get("get").is_some();
        let names_one = segments.last().is_some_and(|last| last.starts_with('{')) && !ids_below;
        let word = |resources: &mut Vec<String>| resources.pop();
        let verb = match method {
            "search" => "search".to_owned(),
            "post" if names_one && !reads && resources.len() > 1 => word(&mut resources)?,
            "post" if names_one => "update".to_owned(),
            "post" if !below && !reads && resources.len() > 1 => word(&mut resources)?,
            "post" => "create".to_owned(),
            "get" if names_one => "retrieve".to_owned(),
            "get" if self.is_list(operation) => "list".to_owned(),
            "get" if !below && !siblings && resources.len() > 1 => word(&mut resources)?,
            "get" => "retrieve".to_owned(),
            "put" | "patch" if ids_below => "update_many".to_owned(),
            "put" | "patch" => "update".to_owned(),
            "delete" if ids_below => "delete_many".to_owned(),
            "delete" => "delete".to_owned(),
            other => other.to_owned(),
        };
        (!resources.is_empty()).then_some(Name { resources, verb })
    }

    /// The answer is a list, or holds one under a name that `provider.toml` gives.
    fn is_list(&self, operation: &Value) -> bool {
        let answers = operation.get("responses").and_then(Value::as_object);
        answers
            .into_iter()
            .flatten()
            .flat_map(|(_, answer)| answer.get("content").and_then(Value::as_object))
            .flatten()
            .any(|(_, content)| {
                let schema = content.get("schema").unwrap_or(&Value::Null);
                let schema = component(schema)
                    .and_then(|name| {
                        self.document
                            .pointer(&format!("/components/schemas/{}", super::passes::escape(name)))
                    })
                    .unwrap_or(schema);
                let is_array = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "array");
                is_array(schema)
                    || self
                        .list
                        .iter()
                        .any(|name| schema.pointer(&format!("/properties/{name}")).is_some_and(is_array))
            })
    }
}

fn erase(path: &str) -> String {
    path.split('/')
        .map(|segment| if segment.starts_with('{') { "{}" } else { segment })
        .collect::<Vec<_>>()
        .join("/")
}
