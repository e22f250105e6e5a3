//! Operations in words of Rust: arguments with their places, the answer, paging, and what may be repeated.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::engine::Types;
use super::super::facts::{Beta, Facts, LongQuery, Paging};
use super::super::hoist::type_of;
use super::super::names::{argument_name, type_name, value_name};
use super::super::passes::{escape, list};
use super::super::surface::Name;
use super::bounds::bounds;
use super::place::place;

/// One operation.
#[derive(Debug)]
pub(crate) struct Operation {
    /// `operationId`
    pub(crate) id: String,
    /// Resources and verb.
    pub(crate) name: Name,
    /// Upper-case method.
    pub(crate) method: String,
    /// Path template.
    pub(crate) path: String,
    /// Arguments by position.
    pub(crate) arguments: Vec<Argument>,
    /// `Body::…`
    pub(crate) body: String,
    /// `Lists::…`
    pub(crate) lists: &'static str,
    /// `Answer::…`
    pub(crate) answer: &'static str,
    /// Rust type of the answer.
    pub(crate) answer_type: String,
    /// How the answer comes as a stream, where it can.
    pub(crate) stream: Option<Stream>,
    /// Rust type of an item and the way to page.
    pub(crate) paging: Option<(String, Paging)>,
    /// `Repeat::…`
    pub(crate) repeat: &'static str,
    /// Arguments that make a repeat unsafe.
    pub(crate) repeatable_unless: Vec<String>,
    /// Headers of its own.
    pub(crate) headers: Vec<(String, String)>,
    /// Name of the operations that share its limits; none for the rest.
    pub(crate) group: Option<String>,
    /// Name of the key that it needs in place of the usual one.
    pub(crate) key: Option<String>,
    /// Base URL of its own.
    pub(crate) server: Option<String>,
    /// How a long query is sent.
    pub(crate) long_query: Option<LongQuery>,
    /// The provider announced its end.
    pub(crate) deprecated: bool,
    /// Our one-line summary.
    pub(crate) summary: Option<String>,
}

/// How an answer comes as a stream.
#[derive(Debug)]
pub(crate) struct Stream {
    /// Rust type of an event.
    pub(crate) event: String,
    /// Argument that asks for it, and what it takes as JSON.
    pub(crate) switch: Option<(String, &'static str)>,
    /// `Framing::…`
    pub(crate) framing: &'static str,
    /// Types of events that come before any content.
    pub(crate) opening: Vec<String>,
    /// Types of events that are the last one.
    pub(crate) last: Vec<String>,
    /// Types of events that may be the last one.
    pub(crate) closing: Vec<String>,
}

/// One argument.
#[derive(Debug)]
pub(crate) struct Argument {
    /// Name on the wire.
    pub(crate) wire: String,
    /// Name of the setter, or of the parameter of the verb.
    pub(crate) name: String,
    /// `Place::…`
    pub(crate) place: String,
    /// Type that the setter takes.
    pub(crate) ty: String,
    /// Must be given.
    pub(crate) required: bool,
    /// `Bound::…`
    pub(crate) bounds: Vec<String>,
    /// The provider announced its end.
    pub(crate) deprecated: bool,
}

/// An operation of the document, before types are known.
pub(super) struct Plan {
    path: String,
    method: String,
    name: Name,
    operation: Value,
    parts: Vec<Part>,
    body: String,
    answer: Option<Value>,
    answer_kind: &'static str,
    /// Schema of an event, where the answer can be a stream.
    event: Option<Value>,
    /// An event is a line.
    lines: bool,
    /// Argument that asks for a stream, and what it takes.
    switch: Option<(String, &'static str)>,
    /// Headers that have one value.
    headers: Vec<(String, String)>,
}

struct Part {
    wire: String,
    place: String,
    schema: Value,
    required: bool,
    pointer: String,
}

pub(super) fn plan(document: &Value, names: &BTreeMap<(String, String), Name>, facts: &Facts) -> Vec<Plan> {
    names
        .iter()
        .filter_map(|((path, method), name)| {
            let operation = document.get("paths")?.get(path)?.get(method)?;
            Some(Plan::new(document, (path, method), name, operation, facts))
        })
        .collect()
}

impl Plan {
    fn new(document: &Value, (path, method): (&str, &str), name: &Name, operation: &Value, facts: &Facts) -> Self {
        let pointer = format!("#/paths/{}/{method}", escape(path));
        let mut parts: Vec<Part> = Vec::new();
        let mut headers = Vec::new();
        for (index, parameter) in list(operation.get("parameters")).enumerate() {
            let Some(place) = place(parameter) else {
                continue;
            };
            let wire = text(parameter, "name");
            let is_header = |name: &str| place == "Place::Header" && name.eq_ignore_ascii_case(&wire);
            let key = facts.idempotency.as_ref().map(|rule| &rule.header);
            if facts.core_headers.iter().chain(key).any(|name| is_header(name)) {
                continue;
            }
            if let Some(value) = constant(parameter, document).filter(|_| place == "Place::Header") {
                headers.push((wire.to_lowercase(), value));
                continue;
            }
            let content = parameter
                .get("content")
                .and_then(Value::as_object)
                .and_then(|contents| contents.values().next());
            let schema = parameter
                .get("schema")
                .or_else(|| content.and_then(|content| content.get("schema")));
            let schema = match &facts.beta {
                Some(beta) if is_header(&beta.header) => betas(beta, document),
                _ => schema.cloned().unwrap_or_default(),
            };
            let target =
                type_of(&schema).and_then(|name| document.pointer(&format!("/components/schemas/{}", escape(name))));
            let is_object = target.unwrap_or(&schema).get("properties").is_some()
                || schema.get("additionalProperties").is_some_and(Value::is_object);
            let place = match place.as_str() {
                "Place::Query(QueryStyle::Form)" if facts.bracketed_queries && is_object => {
                    "Place::Query(QueryStyle::Deep)".to_owned()
                }
                _ => place,
            };
            parts.push(Part {
                wire,
                place,
                schema,
                required: parameter.get("required").and_then(Value::as_bool) == Some(true),
                pointer: format!("{pointer}/parameters/{index}/schema"),
            });
        }
        let mut body = "Body::None".to_owned();
        let content = operation
            .pointer("/requestBody/content")
            .and_then(Value::as_object)
            .and_then(|contents| contents.iter().next());
        if let Some((media, content)) = content {
            let schema = content.get("schema").cloned().unwrap_or_default();
            let object = type_of(&schema)
                .and_then(|name| document.pointer(&format!("/components/schemas/{}", escape(name))))
                .filter(|target| target.get("properties").is_some())
                .unwrap_or(&schema);
            let pointer = format!("{pointer}/requestBody/content/{}/schema", escape(media));
            body = body_kind(media, operation, &[&schema, object]);
            if object.get("properties").is_some() {
                let required: Vec<&str> = list(object.get("required")).filter_map(Value::as_str).collect();
                for (wire, member) in super::properties(object) {
                    let part = Part {
                        wire: wire.clone(),
                        place: in_body(member),
                        schema: member.clone(),
                        required: required.contains(&wire.as_str()),
                        pointer: format!("{pointer}/properties/{}", escape(wire)),
                    };
                    if member.get("x-file").is_some() {
                        parts.push(Part {
                            place: "Place::File".to_owned(),
                            schema: Value::default(),
                            required: false,
                            wire: part.wire.clone(),
                            pointer: part.pointer.clone(),
                        });
                    }
                    parts.push(part);
                }
            } else {
                let required = operation.pointer("/requestBody/required").and_then(Value::as_bool) == Some(true);
                let is_file = object.get("format").is_some_and(|format| format == "binary");
                let is_file = is_file && body.starts_with("Body::Raw");
                parts.push(Part {
                    wire: "body".to_owned(),
                    place: if is_file { "Place::File" } else { "Place::Body" }.to_owned(),
                    schema: if is_file { Value::default() } else { schema },
                    required,
                    pointer,
                });
            }
        }
        let switch = switch(operation, &parts);
        // Those of the path in the order of the path, then those with a setter for a value, then files, then the one
        // that asks for a stream.
        parts.sort_by_key(|part| match part.place.as_str() {
            _ if switch.as_ref().is_some_and(|(name, _)| *name == part.wire) => (4, 0),
            "Place::Path" => (0, path.find(&format!("{{{}}}", part.wire)).unwrap_or_default()),
            "Place::File" => (2, 0),
            place if takes_files(place) => (3, 0),
            _ => (1, 0),
        });
        let response = operation
            .get("responses")
            .and_then(Value::as_object)
            .and_then(|answers| answers.values().next());
        let contents = || {
            let contents = response.and_then(|answer| answer.get("content")?.as_object());
            contents.into_iter().flatten()
        };
        let event = contents()
            .find(|(media, _)| *media == "text/event-stream" || is_lines(media))
            .and_then(|(_, content)| content.get("schema").cloned());
        let lines = contents().any(|(media, _)| is_lines(media));
        let is_text = |content: &Value| content.pointer("/schema/type").is_some_and(|kind| kind == "string");
        let is_binary = |content: &Value| {
            content
                .pointer("/schema/format")
                .is_some_and(|format| format == "binary")
        };
        let (answer_kind, answer) = match contents().find(|(media, _)| *media != "text/event-stream") {
            None if event.is_some() => ("Answer::Bytes", None),
            None => ("Answer::None", None),
            Some((media, _)) if is_lines(media) => ("Answer::Bytes", None),
            Some((_, content)) if response.is_some_and(|answer| answer.get("x-text").is_some()) => {
                ("Answer::JsonOrText", content.get("schema").cloned())
            }
            Some((media, content)) if media.contains("json") => ("Answer::Json", content.get("schema").cloned()),
            Some((media, content)) if media.contains("xml") => ("Answer::Xml", content.get("schema").cloned()),
            Some((media, _)) if media.starts_with("text/") => ("Answer::Text", None),
            Some((media, _)) if media == "application/octet-stream" => ("Answer::Bytes", None),
            Some((_, content)) if is_text(content) && !is_binary(content) => ("Answer::Text", None),
            Some(_) => ("Answer::Bytes", None),
        };
        let sent = path
            .split_once('?')
            .filter(|(_, query)| facts.path_markers.iter().any(|marker| marker == query));
        Self {
            path: sent.map_or(path, |(path, _)| path).to_owned(),
            method: method.to_owned(),
            name: name.clone(),
            operation: operation.clone(),
            parts,
            body,
            answer,
            answer_kind,
            switch: switch.filter(|_| event.is_some()),
            event,
            lines,
            headers,
        }
    }

    pub(super) fn key(&self) -> String {
        format!("Operation{}", type_name(&self.name.dotted()))
    }

    pub(super) fn sent(&self) -> impl Iterator<Item = &Value> {
        self.parts.iter().map(|part| &part.schema)
    }

    pub(super) fn answered(&self) -> impl Iterator<Item = &Value> {
        self.answer.iter().chain(&self.event)
    }

    /// Schemas that want types: the answer, an event, then the arguments.
    pub(super) fn schemas(&self) -> Vec<Value> {
        let mut schemas = vec![
            self.answer.clone().unwrap_or_default(),
            self.event.clone().unwrap_or_default(),
        ];
        schemas.extend(self.parts.iter().map(|part| super::strip_null(&part.schema)));
        schemas
    }

    pub(super) fn free_form(&self, found: &mut Vec<String>) {
        for part in self.parts.iter().filter(|part| type_of(&part.schema).is_none()) {
            super::free_form(&part.schema, &part.pointer, found);
        }
        if let Some(answer) = self.answer.as_ref().filter(|answer| type_of(answer).is_none()) {
            super::free_form(
                answer,
                &format!("#/paths/{}/{}/responses", escape(&self.path), self.method),
                found,
            );
        }
    }

    pub(super) fn build(
        &self,
        types: &Types,
        facts: &Facts,
        schemas: &Map<String, Value>,
    ) -> Result<Operation, Vec<String>> {
        let found = types.loose(&self.key());
        let dotted = self.name.dotted();
        let paging = self.paging(types, facts, schemas);
        let mut problems = Vec::new();
        if self.body == "Body::Xml(\"\")" {
            problems.push(format!(
                "{dotted}: the root of its XML body has no name; give the schema `xml: {{ name: … }}` in overlay.yaml"
            ));
        }
        let mut arguments: Vec<Argument> = Vec::new();
        for (index, part) in self.parts.iter().enumerate() {
            let ty = found.get(index + 2).cloned().unwrap_or_default();
            let path = part.place == "Place::Path";
            let mut name = if path {
                value_name(&part.wire)
            } else {
                argument_name(&part.wire, paging.is_some())
            };
            if part.place == "Place::Body" {
                name = "content".to_owned();
            }
            let header = facts.beta.as_ref().map(|beta| &beta.header);
            if part.place == "Place::Header" && header.is_some_and(|header| header.eq_ignore_ascii_case(&part.wire)) {
                name = "betas".to_owned();
            }
            // A member of the body may be called like a parameter; the path is no setter.
            if let Some(other) = arguments
                .iter()
                .find(|other| other.name == name && (other.place == "Place::Path") == path)
            {
                if part.place == "Place::File" && other.wire == part.wire {
                    name.push_str("_file");
                } else if part.place == "Place::Field" && other.wire == part.wire {
                    name = format!("body_{name}");
                } else {
                    problems.push(format!(
                        "{dotted}: arguments `{}` and `{}` are both `{name}`",
                        other.wire, part.wire
                    ));
                }
            }
            arguments.push(Argument {
                wire: part.wire.clone(),
                name,
                place: part.place.clone(),
                ty: argument_type(&ty, super::is_nullable(&part.schema)),
                required: part.required,
                bounds: bounds(&part.schema),
                deprecated: part.schema.get("deprecated").and_then(Value::as_bool) == Some(true),
            });
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let answer_type = match self.answer_kind {
            "Answer::None" => "()".to_owned(),
            "Answer::Text" => "Text".to_owned(),
            "Answer::Bytes" => "Download".to_owned(),
            _ => found.first().cloned().unwrap_or_else(|| "Value".to_owned()),
        };
        let repeat = match facts.repeat.operations.get(&dotted) {
            Some(class) => repeat_class(class),
            None => Some(self.repeat(facts)),
        };
        let Some(repeat) = repeat else {
            return Err(vec![format!(
                "{dotted}: provider.toml [repeat.operations] has an unknown class"
            )]);
        };
        let long_query = facts.long_query.clone().filter(|how| {
            let wanted = |part: &Part| how.argument.as_ref().is_none_or(|name| *name == part.wire);
            let mut parts = self.parts.iter();
            self.method == "get" && parts.any(|part| part.place.starts_with("Place::Query") && wanted(part))
        });
        Ok(Operation {
            id: text(&self.operation, "operationId"),
            name: self.name.clone(),
            method: self.method.to_uppercase(),
            path: self.path.clone(),
            arguments,
            body: self.body.clone(),
            lists: if facts.bracketed_lists && self.body.starts_with("Body::Multipart") {
                "Lists::Bracketed"
            } else {
                "Lists::Indexed"
            },
            answer: self.answer_kind,
            answer_type,
            stream: self.stream(found.get(1).map_or("", String::as_str), facts, schemas),
            paging,
            repeat,
            group: self.group(facts),
            repeatable_unless: facts.repeat.unless.get(&dotted).cloned().unwrap_or_default(),
            headers: self.headers(facts),
            key: self.own_key(facts),
            server: self
                .operation
                .pointer("/servers/0/url")
                .and_then(Value::as_str)
                .map(str::to_owned),
            long_query,
            deprecated: self.operation.get("deprecated").and_then(Value::as_bool) == Some(true),
            summary: self
                .operation
                .get("x-summary")
                .and_then(Value::as_str)
                .map(str::to_owned),
        })
    }

    fn stream(&self, event: &str, facts: &Facts, schemas: &Map<String, Value>) -> Option<Stream> {
        self.event.as_ref()?;
        let tag = schemas.get(event).and_then(|union| union.pointer("/cases/0/by/0"));
        let known = facts.streams.iter().find(|rule| rule.events == event);
        Some(Stream {
            event: event.to_owned(),
            switch: self.switch.clone(),
            framing: match tag {
                _ if self.lines => "Framing::Lines",
                Some(tag) if tag == "event" => "Framing::Named",
                _ => "Framing::Data",
            },
            opening: known.map(|rule| rule.opening.clone()).unwrap_or_default(),
            last: known.map(|rule| rule.last.clone()).unwrap_or_default(),
            closing: known.map(|rule| rule.closing.clone()).unwrap_or_default(),
        })
    }

    /// Headers that have one value, and the beta header that the official client sends with this operation.
    fn headers(&self, facts: &Facts) -> Vec<(String, String)> {
        let values: Vec<&str> = list(self.operation.get("x-anthropic-beta-default"))
            .filter_map(Value::as_str)
            .collect();
        let mut headers = self.headers.clone();
        if let Some(beta) = &facts.beta {
            let is_beta = |(name, _): &(String, String)| name.eq_ignore_ascii_case(&beta.header);
            if !values.is_empty() {
                return vec![(beta.header.clone(), values.join(","))];
            }
            let below = |path: &&String| self.path == **path || self.path.starts_with(&format!("{path}/"));
            if let Some(path) = beta.paths.keys().find(below).filter(|_| !headers.iter().any(is_beta)) {
                headers.push((beta.header.clone(), beta.paths[path].clone()));
            }
        }
        headers
    }

    /// The group whose longest prefix fits.
    fn group(&self, facts: &Facts) -> Option<String> {
        let method = self.method.to_uppercase();
        let rules = facts
            .groups
            .iter()
            .flat_map(|(name, rules)| rules.iter().map(move |rule| (name, rule)));
        let fits = rules.filter_map(|(name, rule)| {
            let (verb, prefix) = rule.split_once(' ')?;
            let fits = (verb == method || verb == "*") && self.path.starts_with(prefix);
            fits.then_some((prefix.len(), name))
        });
        fits.max_by_key(|(length, _)| *length).map(|(_, name)| name.clone())
    }

    fn own_key(&self, facts: &Facts) -> Option<String> {
        let declares =
            |scheme: &String| list(self.operation.get("security")).any(|needed| needed.get(scheme).is_some());
        let key = facts.keys.iter().find(|key| {
            key.paths.iter().any(|path| self.path.starts_with(path)) || key.security.as_ref().is_some_and(declares)
        });
        key.map(|key| key.name.clone())
    }

    fn repeat(&self, facts: &Facts) -> &'static str {
        let method = self.method.to_uppercase();
        if matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "SEARCH") {
            return "Repeat::Safe";
        }
        let keyed = facts.idempotency.iter().flat_map(|rule| &rule.keyed).any(|rule| {
            rule.split_once(' ')
                .is_some_and(|(verb, prefix)| verb == method && self.path.starts_with(prefix))
        });
        let declared = facts.idempotency.iter().any(|rule| {
            list(self.operation.get("parameters")).any(|parameter| {
                let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
                parameter.get("in").is_some_and(|place| place == "header") && name.eq_ignore_ascii_case(&rule.header)
            })
        });
        if keyed || declared {
            return "Repeat::Keyed";
        }
        let documented = self.operation.get("x-idempotent").and_then(Value::as_bool);
        if documented == Some(true) || facts.repeat.idempotent_methods.contains(&method) && documented.is_none() {
            return "Repeat::Idempotent";
        }
        "Repeat::Unsafe"
    }

    /// The first way to page for which the argument and the list are there.
    fn paging(&self, types: &Types, facts: &Facts, schemas: &Map<String, Value>) -> Option<(String, Paging)> {
        let answer = self.answer.as_ref()?;
        facts.paging.iter().find_map(|rule| {
            let has = |name: &str| {
                // A POST that creates may take the parameters of the list that it answers, without being one.
                let takes = |part: &Part| match part.place.as_str() {
                    "Place::Field" => rule.kind == "token",
                    place => matches!(self.method.as_str(), "get" | "search") && place.starts_with("Place::Query"),
                };
                self.parts.iter().any(|part| part.wire == name && takes(part))
            };
            if !rule.argument.is_empty() && !has(&rule.argument) {
                return None;
            }
            let at = |path: &str| {
                path.split('.')
                    .filter(|step| !step.is_empty())
                    .try_fold(answer, |schema, step| {
                        let schema = type_of(schema).and_then(|name| schemas.get(name)).unwrap_or(schema);
                        schema.get("properties")?.get(step)
                    })
            };
            if !rule.path.is_empty() && at(&rule.path).is_none() || !rule.more.is_empty() && at(&rule.more).is_none() {
                return None;
            }
            let items = at(&rule.items)?;
            if items.get("type")? != "array" {
                return None;
            }
            let item = self.item_type(rule, types, schemas)?;
            let mut rule = rule.clone();
            rule.size = rule.size.filter(|size| has(size));
            Some((item, rule))
        })
    }

    /// The type inside the list, read off the answer's struct.
    fn item_type(&self, rule: &Paging, types: &Types, schemas: &Map<String, Value>) -> Option<String> {
        let mut owner = type_of(self.answer.as_ref()?)?;
        let steps: Vec<&str> = rule.items.split('.').collect();
        let (last, above) = steps.split_last()?;
        for step in above {
            owner = type_of(schemas.get(owner)?.get("properties")?.get(*step)?)?;
        }
        let index = super::properties(schemas.get(owner)?).position(|(name, _)| name == last)?;
        types
            .structure(owner)
            .get(index)?
            .strip_prefix("Vec<")?
            .strip_suffix('>')
            .map(str::to_owned)
    }
}

/// Values of the beta header as a list, of the component that names the known ones where there is one.
fn betas(beta: &Beta, document: &Value) -> Value {
    let known = beta
        .values
        .as_ref()
        .map(|name| format!("/components/schemas/{}", type_name(name)))
        .filter(|pointer| document.pointer(pointer).is_some());
    let items = match known {
        Some(pointer) => json!({"$ref": format!("#{pointer}")}),
        None => json!({"type": "string"}),
    };
    json!({"type": "array", "items": items})
}

/// One JSON document a line.
fn is_lines(media: &str) -> bool {
    media.contains("jsonl") || media.contains("ndjson")
}

pub(crate) fn repeat_class(class: &str) -> Option<&'static str> {
    Some(match class {
        "safe" => "Repeat::Safe",
        "idempotent" => "Repeat::Idempotent",
        "keyed" => "Repeat::Keyed",
        "repeatable" => "Repeat::Repeatable",
        "unsafe" => "Repeat::Unsafe",
        _ => return None,
    })
}

fn text(value: &Value, key: &str) -> String {
    value.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The only value that a required parameter can have.
fn constant(parameter: &Value, document: &Value) -> Option<String> {
    if parameter.get("required").and_then(Value::as_bool) != Some(true) {
        return None;
    }
    let schema = parameter.get("schema")?;
    let target = type_of(schema).and_then(|name| document.pointer(&format!("/components/schemas/{}", escape(name))));
    match target.unwrap_or(schema).get("enum")?.as_array()?.as_slice() {
        [Value::String(only)] => Some(only.clone()),
        _ => None,
    }
}

/// The argument that asks for a stream where the answer can also be something else.
fn switch(operation: &Value, parts: &[Part]) -> Option<(String, &'static str)> {
    let answers = operation
        .get("responses")?
        .as_object()?
        .values()
        .next()?
        .get("content")?
        .as_object()?;
    if answers.len() < 2 {
        return None;
    }
    let has = |name: &str| {
        parts
            .iter()
            .any(|part| part.wire == name && part.place != "Place::Path")
    };
    [("stream", "true"), ("stream_format", "\"sse\"")]
        .into_iter()
        .find(|(name, _)| has(name))
        .map(|(name, value)| (name.to_owned(), value))
}

/// Where a member of the body goes.
fn in_body(member: &Value) -> String {
    let files: Vec<&str> = list(member.get("x-files")).filter_map(Value::as_str).collect();
    match (files.as_slice(), member.get("x-part").and_then(Value::as_str)) {
        ([one, many], _) => format!("Place::Files({one:?}, {many:?})"),
        _ if member.get("format").is_some_and(|format| format == "binary") => "Place::File".to_owned(),
        (_, Some(media_type)) => format!("Place::Part({media_type:?})"),
        _ => "Place::Field".to_owned(),
    }
}

/// Whether an argument in this place takes files.
pub(crate) fn takes_files(place: &str) -> bool {
    place.starts_with("Place::File")
}

/// `Body::Xml` without a name where no schema says what the root is called.
fn body_kind(media: &str, operation: &Value, schemas: &[&Value]) -> String {
    match media {
        "multipart/form-data" if operation.get("x-body").is_some() => "Body::MultipartOrJson".to_owned(),
        "multipart/form-data" => "Body::Multipart".to_owned(),
        "application/x-www-form-urlencoded" => "Body::Form".to_owned(),
        media if media.contains("json") => "Body::Json".to_owned(),
        media if media.contains("xml") => {
            let root = schemas.iter().find_map(|schema| schema.pointer("/xml/name")?.as_str());
            format!("Body::Xml({:?})", root.unwrap_or_default())
        }
        media => format!("Body::Raw({media:?})"),
    }
}

/// What a setter takes for a type.
pub(crate) fn argument_type(ty: &str, nullable: bool) -> String {
    if nullable && !ty.starts_with("Patch<") {
        return format!("Patch<{ty}>");
    }
    if let Some(inner) = ty.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        return argument_type(inner, false);
    }
    if let Some(inner) = ty.strip_prefix("Vec<") {
        return format!("List<{inner}");
    }
    if let Some(inner) = ty.strip_prefix("Map<") {
        return format!("Members<{inner}");
    }
    ty.to_owned()
}
