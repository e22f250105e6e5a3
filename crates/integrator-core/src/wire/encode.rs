//! From the arguments of a call to its request: path, query, headers and body, once per call.
//!
//! Everything that is wrong with the arguments is found here, before anything is sent, and reported together.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;

use super::json::ObjectText;
use super::multipart::{Builder, Multipart, seed};
use super::{form, long_query, path, query, scan, xml};
use crate::Upload;
use crate::arguments::Arguments;
use crate::operation::{Argument, Body, Lists, LongQuery, Method, Operation, Place};
use crate::redact;

mod bounds;

/// What a call sends, apart from what the pipeline adds. `Debug` shows its shape, not what is in it.
#[derive(Clone)]
pub struct Encoded {
    /// Method; another than the operation's where a long query is sent as a body.
    pub method: Method,
    /// Path and query; starts with `/`.
    pub path_and_query: String,
    /// Headers that were given as arguments.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: EncodedBody,
}

/// The body of a call. `Debug` shows its shape, not what is in it.
#[derive(Clone)]
pub enum EncodedBody {
    /// There is none.
    None,
    /// A body in memory.
    Bytes {
        /// Value of the `Content-Type` header.
        media_type: Cow<'static, str>,
        /// The body.
        bytes: Bytes,
    },
    /// A body that is streamed, and opened anew for every attempt.
    Multipart(Multipart),
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<&str> = self.headers.iter().map(|(name, _)| *name).collect();
        f.debug_struct("Encoded")
            .field("method", &self.method)
            .field("target", &redact::target(&self.path_and_query))
            .field("headers", &headers)
            .field("body", &self.body)
            .finish()
    }
}

impl fmt::Debug for EncodedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Bytes { media_type, bytes } => write!(f, "{media_type} ({} bytes)", bytes.len()),
            Self::Multipart(body) => body.fmt(f),
        }
    }
}

/// Encodes a call.
///
/// # Errors
/// With everything that is wrong: missing arguments, values out of bounds, values that do not fit where they go.
pub fn encode(operation: &'static Operation, arguments: &Arguments) -> Result<Encoded, Vec<String>> {
    encode_with(operation, arguments, seed())
}

/// [`encode`] with a given seed for the boundary of a multipart body.
///
/// # Errors
/// As [`encode`].
pub fn encode_with(operation: &'static Operation, arguments: &Arguments, seed: u128) -> Result<Encoded, Vec<String>> {
    let mut encoder = Encoder {
        operation,
        arguments,
        problems: arguments.faults().to_vec(),
    };
    encoder.check();
    let mut path_and_query = encoder.path_and_query();
    let mut headers = encoder.headers();
    let mut body = encoder.body(seed);
    let mut method = operation.method;
    if let Some(how) = operation.long_query
        && let Some(long) = encoder.long_query(how, &mut path_and_query)
    {
        (method, body) = (how.method, long);
        let meant = how.header.map(|header| (header, operation.method.as_str().to_owned()));
        headers.extend(meant);
    }
    if encoder.problems.is_empty() {
        Ok(Encoded {
            method,
            path_and_query,
            headers,
            body,
        })
    } else {
        Err(encoder.problems)
    }
}

struct Encoder<'a> {
    operation: &'static Operation,
    arguments: &'a Arguments,
    problems: Vec<String>,
}

impl<'a> Encoder<'a> {
    fn check(&mut self) {
        let missing = |(at, argument): &(usize, &Argument)| argument.required && !self.is_given(*at, argument);
        let missing: Vec<String> = (self.operation.arguments.iter().enumerate())
            .filter(missing)
            .map(|(_, argument)| format!("`{}` is required", argument.name))
            .collect();
        self.problems.extend(missing);
        for (argument, json) in self.given() {
            if argument.place == Place::Path && json.starts_with(['{', '[']) {
                self.problems
                    .push(format!("`{}` is no text and no number", argument.name));
            }
        }
        for (at, bound) in self.operation.bounds {
            let Some(argument) = self.operation.arguments.get(usize::from(*at)) else {
                continue;
            };
            if let Some(broken) = self.arguments.get(*at).and_then(|json| bounds::broken(json, bound)) {
                self.problems.push(format!("`{}` {broken}", argument.name));
            }
        }
    }

    fn path_and_query(&mut self) -> String {
        let (template, constant) = self.operation.path.split_once('?').unwrap_or((self.operation.path, ""));
        let mut query = constant.to_owned();
        let mut problems = Vec::new();
        let mut path = path::fill(
            template,
            |name| {
                let at = self
                    .operation
                    .arguments
                    .iter()
                    .position(|a| a.place == Place::Path && a.name == name)?;
                let json = self.arguments.get(index(at))?;
                Some(match json {
                    "null" => "".into(),
                    "true" | "false" => json.into(),
                    // `check` has refused it.
                    _ => scan::scalar(json).unwrap_or("-".into()),
                })
            },
            &mut problems,
        );
        for (argument, json) in self.given() {
            if let Place::Query(style) = argument.place
                && !query::push(&mut query, argument.name, json, style)
            {
                problems.push(format!("`{}` cannot be written as a query parameter", argument.name));
            }
        }
        self.problems.append(&mut problems);
        if !query.is_empty() {
            path.push('?');
            path.push_str(&query);
        }
        path
    }

    /// The query as a body, and taken off the path, where it is too long for a URL.
    fn long_query(&self, how: LongQuery, path_and_query: &mut String) -> Option<EncodedBody> {
        let (path, query) = path_and_query.split_once('?')?;
        if query.len() <= LongQuery::ABOVE {
            return None;
        }
        let parameters = self.given().filter_map(|(argument, json)| match argument.place {
            Place::Query(style) => Some((argument.name, json, style)),
            _ => None,
        });
        let text = long_query::write(how.member, parameters);
        path_and_query.truncate(path.len());
        Some(bytes("application/json", text))
    }

    fn headers(&mut self) -> Vec<(&'static str, String)> {
        let mut headers = Vec::new();
        let mut problems = Vec::new();
        for (argument, json) in self.given() {
            if argument.place != Place::Header || json == "null" {
                continue;
            }
            let value = header_text(json);
            if http::HeaderValue::from_str(&value).is_ok() {
                headers.push((argument.name, value));
            } else {
                problems.push(format!("`{}` has characters that a header cannot carry", argument.name));
            }
        }
        self.problems.append(&mut problems);
        headers
    }

    fn body(&mut self, seed: u128) -> EncodedBody {
        match self.operation.body {
            Body::None => EncodedBody::None,
            Body::Json => self.json(),
            Body::Form => self.form(),
            Body::Multipart => self.multipart(seed),
            Body::MultipartOrJson if self.arguments.has_uploads() => self.multipart(seed),
            Body::MultipartOrJson => self.json(),
            Body::Xml(root) => self.xml(root),
            Body::Raw(media_type) => self.raw(media_type),
        }
    }

    /// Servers that expect JSON refuse an empty POST, PUT or PATCH, so these send `{}` when nothing was given; other
    /// methods send no body then.
    fn json(&mut self) -> EncodedBody {
        match self.object() {
            Some(text) => bytes("application/json", text),
            None if self.sends_when_empty() => bytes("application/json", "{}"),
            None => EncodedBody::None,
        }
    }

    /// An empty form is an empty body with its content type.
    fn form(&mut self) -> EncodedBody {
        let mut text = String::new();
        for (name, json) in self.fields() {
            if form::push(&mut text, name, json).is_err() {
                self.problems
                    .push(format!("`{}` cannot be written as a form field", label(name)));
            }
        }
        if text.is_empty() && !self.sends_when_empty() {
            return EncodedBody::None;
        }
        bytes("application/x-www-form-urlencoded", text)
    }

    fn multipart(&mut self, seed: u128) -> EncodedBody {
        let mut builder = Builder::new(seed);
        let fields = self.fields();
        for (name, json) in &fields {
            if let Some(media_type) = self.media_type(name) {
                let text = scan::string(json).unwrap_or(Cow::Borrowed(json));
                builder.field(name, Some(media_type), &text);
                continue;
            }
            let written = form::pairs(json, name, |key, value| match self.operation.lists {
                Lists::Indexed => builder.field(key, None, &value),
                Lists::Bracketed => builder.field(&bracketed(key), None, &value),
            });
            if written.is_err() {
                self.problems
                    .push(format!("`{}` cannot be written as a form field", label(name)));
            }
        }
        for (at, argument) in self.operation.arguments.iter().enumerate() {
            let uploads: Vec<&Upload> = self.arguments.uploads(index(at)).collect();
            let name = match (argument.place, uploads.len()) {
                (Place::Files { one, .. }, 1) => one,
                (Place::Files { many, .. }, _) => many,
                (_, 0 | 1) => argument.name,
                _ => {
                    self.problems.push(format!("`{}` takes one file", argument.name));
                    continue;
                }
            };
            uploads.into_iter().for_each(|upload| builder.file(name, upload));
        }
        EncodedBody::Multipart(builder.finish())
    }

    fn xml(&mut self, root: &str) -> EncodedBody {
        let text = self.object().unwrap_or_else(|| "{}".to_owned());
        match xml::write(root, &text) {
            Ok(text) => bytes("application/xml", text),
            Err(error) => {
                self.problems.push(error.to_string());
                EncodedBody::None
            }
        }
    }

    fn raw(&mut self, media_type: &'static str) -> EncodedBody {
        let Some(at) = self
            .operation
            .arguments
            .iter()
            .position(|argument| matches!(argument.place, Place::Body | Place::File))
        else {
            return EncodedBody::None;
        };
        if let Some(upload) = self.arguments.uploads(index(at)).next() {
            return EncodedBody::Multipart(Multipart::whole(media_type, upload.clone()));
        }
        match self.arguments.get(index(at)) {
            Some(json) => {
                let text = scan::string(json).map_or_else(|| json.to_owned(), Cow::into_owned);
                bytes(media_type, text)
            }
            None => EncodedBody::None,
        }
    }

    /// The body as one JSON value; `None` when nothing of it was given.
    fn object(&mut self) -> Option<String> {
        let whole = self
            .given()
            .find(|(argument, _)| argument.place == Place::Body)
            .map(|(_, json)| json);
        let fields: Vec<_> = self.fields().into_iter().filter(|(name, _)| !name.is_empty()).collect();
        let mut object = match whole {
            Some(json) if fields.is_empty() => return Some(json.to_owned()),
            Some(json) => match ObjectText::continued(json) {
                Some(object) => object,
                None => {
                    self.problems
                        .push("the body is no object, so no member can be added to it".to_owned());
                    return None;
                }
            },
            None if fields.is_empty() => return None,
            None => ObjectText::new(),
        };
        for (name, json) in fields {
            object.push(name, json);
        }
        Some(object.finish())
    }

    /// Members of the body in the order of the document, then the ones that it does not list; the whole body, where one
    /// was given, has no name.
    fn fields(&self) -> Vec<(&'a str, &'a str)> {
        self.given()
            .filter_map(|(argument, json)| match argument.place {
                place if place.is_in_body() => Some((argument.name, json)),
                Place::Body => Some(("", json)),
                _ => None,
            })
            .chain(self.arguments.extra())
            .collect()
    }

    /// Whether an argument was given, or a file in its place.
    fn is_given(&self, at: usize, argument: &Argument) -> bool {
        let twin = |(at, other): (usize, &Argument)| {
            other.place == Place::File && other.name == argument.name && self.arguments.has(index(at))
        };
        self.arguments.has(index(at)) || self.operation.arguments.iter().enumerate().any(twin)
    }

    /// Media type of a member of a multipart body that has one of its own.
    fn media_type(&self, name: &str) -> Option<&'static str> {
        let mut arguments = self.operation.arguments.iter();
        arguments.find_map(|argument| match argument.place {
            Place::Part(media_type) if argument.name == name => Some(media_type),
            _ => None,
        })
    }

    fn given(&self) -> impl Iterator<Item = (&'static Argument, &'a str)> + use<'a> {
        let (operation, arguments) = (self.operation, self.arguments);
        arguments
            .iter()
            .filter_map(|(at, json)| Some((operation.arguments.get(usize::from(at))?, json)))
    }

    fn sends_when_empty(&self) -> bool {
        matches!(self.operation.method, Method::Post | Method::Put | Method::Patch)
            && !self
                .operation
                .arguments
                .iter()
                .any(|argument| argument.place == Place::Body)
    }
}

/// `a[0][b]` as `a[][b]`.
fn bracketed(key: &str) -> String {
    let mut text = String::with_capacity(key.len());
    for (at, part) in key.split('[').enumerate() {
        let index = part
            .strip_suffix(']')
            .is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()));
        match (at, index) {
            (0, _) => text.push_str(part),
            (_, true) => text.push_str("[]"),
            (_, false) => {
                text.push('[');
                text.push_str(part);
            }
        }
    }
    text
}

/// A list is joined by commas (OpenAPI's `simple` style).
fn header_text(json: &str) -> String {
    if json.starts_with('[') {
        return scan::items(json).map(header_text).collect::<Vec<_>>().join(",");
    }
    scan::scalar(json).map_or_else(|| json.to_owned(), Cow::into_owned)
}

fn bytes(media_type: &'static str, text: impl Into<Bytes>) -> EncodedBody {
    EncodedBody::Bytes {
        media_type: Cow::Borrowed(media_type),
        bytes: text.into(),
    }
}

const fn label(name: &str) -> &str {
    if name.is_empty() { "body" } else { name }
}

/// Positions are 16 bits wide; an operation has at most a few hundred arguments.
fn index(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests;
