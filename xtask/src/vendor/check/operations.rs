//! What paths, operations and parameters must agree on.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::report::Problems;
use crate::vendor::grammar::METHODS;
use crate::vendor::pointer::{child, follow};

/// Adds what is wrong with the operations.
pub(super) fn check(document: &Value, problems: &mut Problems) {
    let mut checker = Checker {
        document,
        problems,
        ids: BTreeMap::new(),
    };
    for (path, item) in paths(document, "paths") {
        checker.path(path, item);
    }
    for (name, item) in paths(document, "webhooks") {
        checker.operations(&child("/webhooks", name), item, None);
    }
    let ids = std::mem::take(&mut checker.ids);
    for (id, places) in ids.into_iter().filter(|(_, places)| places.len() > 1) {
        let place = format!("{}/operationId", places[0]);
        let others = places[1..].join(", ");
        problems.unexpected(
            place,
            format!("the id `{id}` stands also at {others}"),
            "an operationId of its own for each",
        );
    }
    security(document, document, "", problems);
}

/// The path items below `paths` or `webhooks`.
fn paths<'a>(document: &'a Value, section: &str) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let items = document.get(section).and_then(Value::as_object);
    items
        .into_iter()
        .flatten()
        .map(|(name, item)| (name.as_str(), item))
        .filter(|(name, _)| !name.starts_with("x-"))
}

struct Checker<'a, 'p> {
    document: &'a Value,
    problems: &'p mut Problems,
    /// Where each operationId stands.
    ids: BTreeMap<&'a str, Vec<String>>,
}

impl<'a> Checker<'a, '_> {
    fn path(&mut self, path: &str, item: &'a Value) {
        let place = child("/paths", path);
        if !path.starts_with('/') {
            self.problems.unexpected(
                &place,
                "the path does not start with a slash",
                "a path such as `/customers/{id}`",
            );
        }
        match template(path) {
            Ok(names) => self.operations(&place, item, Some(&names)),
            Err(what) => {
                self.problems
                    .unexpected(&place, what, "arguments in pairs of braces, such as `{id}`, each once");
                self.operations(&place, item, None);
            }
        }
    }

    fn operations(&mut self, place: &str, item: &'a Value, template: Option<&BTreeSet<&str>>) {
        let Some(item) = follow(self.document, item) else {
            return;
        };
        let shared = self.parameters(place, item);
        for (method, operation) in item.as_object().into_iter().flatten() {
            if !METHODS.contains(&method.as_str()) {
                continue;
            }
            let place = child(place, method);
            if let Some(id) = operation.get("operationId") {
                match id.as_str() {
                    Some(id) if !id.is_empty() => self.ids.entry(id).or_default().push(place.clone()),
                    _ => self
                        .problems
                        .unexpected(child(&place, "operationId"), "is no name", "text that is not empty"),
                }
            }
            let mut declared = self.parameters(&place, operation);
            declared.extend(&shared);
            if let Some(template) = template {
                self.arguments(&place, template, &declared);
            }
            if let Some(body) = operation.get("requestBody") {
                self.body(&child(&place, "requestBody"), body);
            }
            self.responses(&child(&place, "responses"), operation.get("responses"));
            security(self.document, operation, &place, self.problems);
        }
    }

    fn arguments(&mut self, place: &str, template: &BTreeSet<&str>, declared: &BTreeSet<&'a str>) {
        for name in template.iter().filter(|name| !declared.contains(*name)) {
            self.problems.unexpected(
                child(place, "parameters"),
                format!("the path's `{{{name}}}` is not declared"),
                format!("a parameter `{name}` with `in: path`"),
            );
        }
        for name in declared.iter().filter(|name| !template.contains(*name)) {
            self.problems.unexpected(
                child(place, "parameters"),
                format!("the path parameter `{name}` does not stand in the path"),
                format!("`{{{name}}}` in the path, or no such parameter"),
            );
        }
    }

    /// Checks the parameters of a path or an operation, and answers the names of those in the path.
    fn parameters(&mut self, place: &str, owner: &'a Value) -> BTreeSet<&'a str> {
        let mut in_path = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let list = owner.get("parameters").and_then(Value::as_array);
        for (index, parameter) in list.into_iter().flatten().enumerate() {
            let place = format!("{place}/parameters/{index}");
            let Some(parameter) = follow(self.document, parameter) else {
                continue;
            };
            let text = |name| {
                parameter
                    .get(name)
                    .and_then(Value::as_str)
                    .filter(|text: &&str| !text.is_empty())
            };
            let (Some(name), Some(location)) = (text("name"), text("in")) else {
                for member in ["name", "in"].into_iter().filter(|member| text(member).is_none()) {
                    self.problems
                        .unexpected(child(&place, member), "missing", "a `name` and an `in`");
                }
                continue;
            };
            if !seen.insert((name, location)) {
                self.problems.unexpected(
                    &place,
                    format!("`{name}` in {location} is declared twice"),
                    "one declaration",
                );
            }
            self.parameter(&place, parameter, name, location);
            if location == "path" {
                in_path.insert(name);
            }
        }
        in_path
    }

    fn parameter(&mut self, place: &str, parameter: &Value, name: &str, location: &str) {
        let styles: &[&str] = match location {
            "path" => &["simple", "label", "matrix"],
            "query" => &["form", "spaceDelimited", "pipeDelimited", "deepObject"],
            "header" => &["simple"],
            "cookie" => &["form"],
            _ => {
                let expected = "path, query, header or cookie";
                return self
                    .problems
                    .unexpected(child(place, "in"), format!("`{name}` is in `{location}`"), expected);
            }
        };
        if let Some(style) = parameter
            .get("style")
            .filter(|style| !style.as_str().is_some_and(|s| styles.contains(&s)))
        {
            let what = format!("unknown style {style} of `{name}`");
            self.problems.unexpected(
                child(place, "style"),
                what,
                format!("in {location}: {}", styles.join(", ")),
            );
        }
        if location == "path" && parameter.get("required") != Some(&Value::Bool(true)) {
            self.problems.unexpected(
                child(place, "required"),
                format!("`{name}` stands in the path"),
                "`required: true`",
            );
        }
        match (
            parameter.get("schema"),
            parameter.get("content").and_then(Value::as_object),
        ) {
            (None, Some(content)) if content.len() == 1 => self.media_types(&child(place, "content"), content),
            (Some(_), None) => {}
            _ => self.problems.unexpected(
                place,
                format!("`{name}` says not what it holds"),
                "either `schema` or one `content`",
            ),
        }
    }

    fn body(&mut self, place: &str, body: &Value) {
        let Some(body) = follow(self.document, body) else {
            return;
        };
        let content = body
            .get("content")
            .and_then(Value::as_object)
            .filter(|content| !content.is_empty());
        match content {
            Some(content) => self.media_types(&child(place, "content"), content),
            None => self
                .problems
                .unexpected(child(place, "content"), "missing", "at least one media type"),
        }
    }

    fn responses(&mut self, place: &str, responses: Option<&Value>) {
        let responses = responses
            .and_then(Value::as_object)
            .filter(|responses| !responses.is_empty());
        let Some(responses) = responses else {
            return self.problems.unexpected(place, "missing", "at least one response");
        };
        for (status, response) in responses.iter().filter(|(status, _)| !status.starts_with("x-")) {
            let place = child(place, status);
            if !is_status(status) {
                self.problems.unexpected(
                    &place,
                    "unknown status",
                    "a status such as `200`, a class such as `4XX`, `default`",
                );
            }
            let Some(response) = follow(self.document, response) else {
                continue;
            };
            if let Some(content) = response.get("content").and_then(Value::as_object) {
                self.media_types(&child(&place, "content"), content);
            }
        }
    }

    fn media_types(&mut self, place: &str, content: &Map<String, Value>) {
        const STYLES: [&str; 4] = ["form", "spaceDelimited", "pipeDelimited", "deepObject"];
        for (media_type, value) in content {
            let place = child(place, media_type);
            let essence = media_type.split(';').next().unwrap_or_default().trim();
            if !essence
                .split_once('/')
                .is_some_and(|(kind, subtype)| is_token(kind) && is_token(subtype))
            {
                self.problems
                    .unexpected(&place, "is no media type", "a type such as `application/json`");
            }
            for (field, encoding) in value.get("encoding").and_then(Value::as_object).into_iter().flatten() {
                let style = encoding.get("style");
                if let Some(style) = style.filter(|style| !style.as_str().is_some_and(|s| STYLES.contains(&s))) {
                    let place = format!("{}/style", child(&child(&place, "encoding"), field));
                    self.problems
                        .unexpected(place, format!("unknown style {style}"), STYLES.join(", "));
                }
            }
        }
    }
}

/// Every scheme that is asked for must be defined.
fn security(document: &Value, owner: &Value, place: &str, problems: &mut Problems) {
    let schemes = document.pointer("/components/securitySchemes");
    let wanted = owner.get("security").and_then(Value::as_array);
    for (index, choice) in wanted.into_iter().flatten().enumerate() {
        for name in choice.as_object().into_iter().flat_map(Map::keys) {
            if schemes.and_then(|schemes| schemes.get(name)).is_none() {
                let place = child(&format!("{place}/security/{index}"), name);
                problems.unexpected(place, "unknown security scheme", "one of components/securitySchemes");
            }
        }
    }
}

/// The names in braces.
fn template(path: &str) -> Result<BTreeSet<&str>, String> {
    let mut names = BTreeSet::new();
    let mut rest = path;
    while let Some(at) = rest.find(['{', '}']) {
        let (name, after) = rest[at..]
            .strip_prefix('{')
            .and_then(|inner| inner.split_once('}'))
            .ok_or_else(|| "a brace without its other half".to_owned())?;
        if name.is_empty() || name.contains(['{', '/']) {
            return Err(format!("`{{{name}}}` is no argument"));
        }
        if !names.insert(name) {
            return Err(format!("`{{{name}}}` stands twice"));
        }
        rest = after;
    }
    Ok(names)
}

fn is_status(status: &str) -> bool {
    let bytes = status.as_bytes();
    let class = bytes.first().is_some_and(|first| (b'1'..=b'5').contains(first));
    status == "default"
        || (bytes.len() == 3 && class && (bytes[1..].iter().all(u8::is_ascii_digit) || &bytes[1..] == b"XX"))
}

fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+*".contains(&byte))
}
