//! Holds a request against its operation: path, query, headers, body.
//!
//! The caller has found the operation (`Contract::route`); here everything wrong is listed, not only the first thing.

use std::borrow::Cow;

use serde_json::Value;

use crate::{
    Body, Contract, Media, Operation, Place, Violation, Where,
    coerce::coerced,
    form::{self, Leaf, Node, Tree},
    multipart::{Part, Reader},
    query,
    response::{is_json, media_type_matches},
    schema::Components,
    strict,
};

const FORM: &str = "application/x-www-form-urlencoded";
const MULTIPART: &str = "multipart/form-data";

/// A request as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// Method in upper case.
    pub method: &'a str,
    /// Path, still encoded, without the query.
    pub path: &'a str,
    /// Query string, still encoded, without the question mark.
    pub query: &'a str,
    /// Headers, in their order.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: Payload<'a>,
}

impl<'a> Request<'a> {
    /// A request without query, headers and body.
    #[must_use]
    pub const fn new(method: &'a str, path: &'a str) -> Self {
        Self {
            method,
            path,
            query: "",
            headers: &[],
            body: Payload::Bytes(&[]),
        }
    }

    fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| *value)
    }
}

/// The body of a request.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Payload<'a> {
    /// All bytes; empty when there is no body.
    Bytes(&'a [u8]),
    /// A multipart body that was read as it arrived.
    Parts(&'a [Part]),
}

impl Payload<'_> {
    const fn is_empty(&self) -> bool {
        matches!(self, Self::Bytes(bytes) if bytes.is_empty())
    }
}

pub(crate) fn violations(contract: &Contract, operation: &Operation, request: &Request<'_>) -> Vec<Violation> {
    let components = &*contract.components;
    let mut violations = path_and_headers(contract, operation, request);
    violations.extend(query::violations(components, operation, request.query));
    violations.extend(body(components, operation.body.as_ref(), request));
    violations
}

fn path_and_headers(contract: &Contract, operation: &Operation, request: &Request<'_>) -> Vec<Violation> {
    let components = &*contract.components;
    let routes = contract.routes(request.method, request.path, request.query);
    let arguments = routes.into_iter().find(|(found, _)| found.id == operation.id);
    let mut violations = Vec::new();
    if arguments.is_none() {
        let message = format!("expected {} {}", operation.method, operation.path);
        violations.push(Violation::new(Where::Path, "", message));
    }
    let arguments = arguments.map(|(_, arguments)| arguments).unwrap_or_default();
    for parameter in &operation.parameters {
        let (place, text) = match parameter.place {
            Place::Path => {
                let text = arguments
                    .iter()
                    .find(|(name, _)| *name == parameter.name)
                    .map(|(_, value)| value.as_str());
                if text.is_none() && violations.iter().any(|violation| violation.path.is_empty()) {
                    continue;
                }
                (Where::Path, text.filter(|text| !text.is_empty()))
            }
            Place::Header if !is_framing(&parameter.name) => (Where::Header, request.header(&parameter.name)),
            _ => continue,
        };
        let Some(text) = text else {
            if parameter.required {
                violations.push(Violation::at(place, &parameter.name, "required but missing"));
            }
            continue;
        };
        let node = Node::Text(vec![text.to_owned()]);
        let node = if text.contains(',') {
            query::delimited(parameter, text, ",", "%2C")
        } else {
            node
        };
        let coerced = coerced(components, parameter.schema.json(), &node);
        violations.extend(query::typed(components, parameter, &coerced.value, place));
    }
    violations
}

/// Headers that OpenAPI leaves to HTTP even where a document lists them.
fn is_framing(name: &str) -> bool {
    ["accept", "content-type", "authorization"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

fn body(components: &Components, body: Option<&Body>, request: &Request<'_>) -> Vec<Violation> {
    let one = |message: String| vec![Violation::new(Where::Body, "", message)];
    let Some(body) = body else {
        return if request.body.is_empty() {
            Vec::new()
        } else {
            one("expected no body".to_owned())
        };
    };
    let content_type = request.header("content-type");
    let sent = content_type.map(|value| value.split(';').next().unwrap_or_default().trim());
    let accepted = || body.content.keys().map(String::as_str).collect::<Vec<_>>().join(" or ");
    if request.body.is_empty() && sent.is_none_or(|sent| !sent.eq_ignore_ascii_case(FORM)) {
        // A form without fields may be sent as no body at all; its schema says whether that is enough.
        return match body.content.get(FORM) {
            Some(media) => form_body(components, media, &[]),
            None if body.required => one(format!("expected {}, found no body", accepted())),
            None => Vec::new(),
        };
    }
    let Some(sent) = sent else {
        return vec![Violation::at(
            Where::Header,
            "content-type",
            format!("expected {}, found none", accepted()),
        )];
    };
    let Some((media_type, media)) = body
        .content
        .iter()
        .find(|(pattern, _)| media_type_matches(pattern, sent))
    else {
        return vec![Violation::at(
            Where::Header,
            "content-type",
            format!("expected {}", accepted()),
        )];
    };
    match (media_type.as_str(), request.body) {
        (FORM, Payload::Bytes(bytes)) => form_body(components, media, bytes),
        (MULTIPART, Payload::Parts(parts)) => multipart_body(components, media, parts),
        (MULTIPART, Payload::Bytes(bytes)) => {
            let Some(mut reader) = content_type.and_then(Reader::from_content_type) else {
                return vec![Violation::at(Where::Header, "content-type", "expected a boundary")];
            };
            reader.push(bytes);
            match reader.finish() {
                Ok(parts) => multipart_body(components, media, &parts),
                Err(error) => one(error.to_string()),
            }
        }
        (json, Payload::Bytes(bytes)) if is_json(json) => match serde_json::from_slice(bytes) {
            Ok(json) => value(components, media, &json, Vec::new()),
            Err(error) => one(format!(
                "expected JSON, found an error in line {}, column {}",
                error.line(),
                error.column()
            )),
        },
        _ => Vec::new(),
    }
}

/// The body as JSON, each value of a form in the type that the schema gives it; none when it cannot be read.
pub(crate) fn read(contract: &Contract, operation: &Operation, request: &Request<'_>) -> Option<Value> {
    let body = operation.body.as_ref()?;
    let sent = request
        .header("content-type")?
        .split(';')
        .next()
        .unwrap_or_default()
        .trim();
    let (media_type, media) = body
        .content
        .iter()
        .find(|(pattern, _)| media_type_matches(pattern, sent))?;
    let mut tree = Tree::default();
    match (media_type.as_str(), request.body) {
        (FORM, Payload::Bytes(bytes)) => {
            for (name, text) in form::pairs(std::str::from_utf8(bytes).ok()?) {
                add(&mut tree, media, &name, Leaf::Text(text.into_owned()));
            }
        }
        (MULTIPART, Payload::Parts(parts)) => {
            for part in parts.iter().filter(|part| part.filename.is_none()) {
                if let Some(text) = part.text() {
                    add(&mut tree, media, &part.name, Leaf::Text(text.to_owned()));
                }
            }
        }
        (json, Payload::Bytes(bytes)) if is_json(json) => return serde_json::from_slice(bytes).ok(),
        _ => return None,
    }
    Some(coerced(&contract.components, media.schema.json(), &tree.into_node()).value)
}

fn form_body(components: &Components, media: &Media, bytes: &[u8]) -> Vec<Violation> {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return vec![Violation::new(Where::Body, "", "expected text in UTF-8")];
    };
    let mut tree = Tree::default();
    for (name, text) in form::pairs(text) {
        add(&mut tree, media, &name, Leaf::Text(text.into_owned()));
    }
    fields(components, media, tree, Vec::new())
}

fn multipart_body(components: &Components, media: &Media, parts: &[Part]) -> Vec<Violation> {
    let mut tree = Tree::default();
    let mut violations = Vec::new();
    for part in parts {
        let leaf = if part.filename.is_some() {
            Leaf::File
        } else if let Some(text) = part.text() {
            Leaf::Text(text.to_owned())
        } else {
            violations.push(Violation::at(
                Where::Body,
                &part.name,
                "expected text in UTF-8 of at most 64 KiB",
            ));
            continue;
        };
        add(&mut tree, media, &part.name, leaf);
    }
    fields(components, media, tree, violations)
}

/// Adds a field; a property that has brackets in its own name is not split.
fn add(tree: &mut Tree, media: &Media, name: &str, leaf: Leaf) {
    let properties = media.schema.json().get("properties");
    let whole = name.contains('[') && properties.is_some_and(|properties| properties.get(name).is_some());
    tree.add(name, leaf, whole);
}

fn fields(components: &Components, media: &Media, mut tree: Tree, mut violations: Vec<Violation>) -> Vec<Violation> {
    let problems = std::mem::take(&mut tree.problems);
    let coerced = coerced(components, media.schema.json(), &tree.into_node());
    let problems = problems.into_iter().chain(coerced.problems);
    violations.extend(problems.map(|problem| Violation::new(Where::Body, problem.path, problem.message)));
    value(components, media, &coerced.value, violations)
}

fn value(components: &Components, media: &Media, value: &Value, mut violations: Vec<Violation>) -> Vec<Violation> {
    let unknown = strict::unknown_members(components, media.schema.json(), value);
    let wrong = media.schema.problems(value);
    let fresh = |violations: &[Violation], path: &str| violations.iter().all(|known| known.path != path);
    for problem in unknown.into_iter().chain(wrong) {
        if fresh(&violations, &problem.path) {
            violations.push(Violation::new(Where::Body, Cow::from(problem.path), problem.message));
        }
    }
    violations
}
