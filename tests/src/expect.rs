//! What must arrive on the wire for one operation and its arguments.
//!
//! OpenAPI's styles as the specification states them, plus what the providers' servers do beyond it: forms and
//! `deepObject` nest without limit, lists in them are indexed (`a[b][0]=c`), unset is an empty value there and `null` in
//! JSON, and an empty list or object has no pairs. Comparing with what arrived is left to `capture`.

use serde_json::{Map, Value};

use crate::arguments::{Arguments, UploadArgument, plain, upload};
use crate::document::{
    Body, Document, DocumentError, Encoding, MediaType, Operation, Parameter, Place, Style, joined_headers,
};

/// One request as it must arrive.
#[derive(Debug, Clone)]
pub struct Expected {
    /// `operationId`, to name a mismatch after.
    pub operation: String,
    /// HTTP method.
    pub method: String,
    /// Segments of the path, decoded.
    pub segments: Vec<String>,
    /// Pairs of the query; keys in any order, the values of one key in this order.
    pub query: Vec<Pair>,
    /// Headers that are arguments, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: ExpectedBody,
}

/// A body as it must arrive.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum ExpectedBody {
    /// None.
    Empty,
    /// JSON of this media type; with nothing in it, it may also be absent unless the document requires it.
    Json {
        /// Media type.
        media_type: String,
        /// The document.
        value: Value,
        /// Must be there even if empty.
        required: bool,
    },
    /// Text of this media type.
    Text {
        /// Media type.
        media_type: String,
        /// The text.
        text: String,
    },
    /// These bytes, of this media type.
    Bytes {
        /// Media type.
        media_type: String,
        /// The bytes.
        bytes: Vec<u8>,
    },
    /// An XML document: members are elements or, with `@`, attributes; lists repeat their element.
    Xml {
        /// Media type.
        media_type: String,
        /// Name of the root element.
        root: String,
        /// What is in it.
        value: Value,
    },
    /// A form.
    Form(Vec<Pair>),
    /// Named parts.
    Multipart {
        /// Parts without a file.
        fields: Vec<Pair>,
        /// Parts with a file.
        files: Vec<ExpectedFile>,
    },
}

/// A key, decoded, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Pair {
    /// Name with its brackets.
    pub key: String,
    /// Value.
    pub value: Text,
}

/// A value as text on the wire.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Text {
    /// These characters.
    Exact(String),
    /// This number, however it is spelled.
    Number(f64),
    /// Members with a delimiter between them that is told from the same character inside a member.
    Delimited(Vec<String>, char),
    /// JSON text of this value.
    Json(Value),
}

/// A file in a multipart body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedFile {
    /// Name of the part.
    pub part: String,
    /// File name, not escaped.
    pub name: String,
    /// Content.
    pub bytes: Vec<u8>,
}

impl Expected {
    /// What must arrive.
    ///
    /// # Errors
    /// When the document asks for an encoding that this reader does not know.
    pub fn of(document: &Document, operation: &Operation, arguments: &Arguments) -> Result<Self, DocumentError> {
        let (template, constant) = operation.path.split_once('?').unwrap_or((&operation.path, ""));
        let mut query: Vec<Pair> = constant
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| Pair {
                key: key.to_owned(),
                value: Text::Exact(value.to_owned()),
            })
            .collect();
        // Segments are cut before values go in, since a value may hold a slash.
        let mut segments: Vec<String> = template.split('/').skip(1).map(str::to_owned).collect();
        let mut headers = Vec::new();
        let mut cookies = Vec::new();
        for parameter in &operation.parameters {
            let Some(value) = arguments.value(&parameter.argument) else {
                continue;
            };
            match parameter.place {
                Place::Path => {
                    let hole = format!("{{{}}}", parameter.name);
                    let text = joined(value);
                    for segment in &mut segments {
                        if segment.contains(&hole) {
                            *segment = segment.replace(&hole, &text);
                        }
                    }
                }
                Place::Query => query.extend(styled(parameter, value)),
                Place::Header => headers.push((parameter.name.to_lowercase(), joined(value))),
                Place::Cookie => cookies.push(format!("{}={}", parameter.name, joined(value))),
            }
        }
        joined_headers(&operation.headers, &mut headers);
        if !cookies.is_empty() {
            headers.push(("cookie".to_owned(), cookies.join("; ")));
        }
        let has_file = |form: &Body| {
            let fields = form.fields.iter().flatten();
            fields
                .filter_map(|field| arguments.value(&field.argument))
                .any(|value| !uploads(value).is_empty())
        };
        let form = operation.form.as_ref().filter(|form| has_file(form));
        let body = match form.or(operation.body.as_ref()) {
            Some(body) => expected_body(document, body, operation, arguments)?,
            None => ExpectedBody::Empty,
        };
        Ok(Self {
            operation: operation.id.clone(),
            method: operation.method.clone(),
            segments,
            query,
            headers,
            body,
        })
    }
}

fn expected_body(
    document: &Document,
    body: &Body,
    operation: &Operation,
    arguments: &Arguments,
) -> Result<ExpectedBody, DocumentError> {
    let given = |argument: &str| arguments.value(argument).cloned();
    let Some(fields) = &body.fields else {
        return match (body.kind, given("body")) {
            (MediaType::Json, Some(value)) => Ok(ExpectedBody::Json {
                media_type: body.media_type.clone(),
                value,
                required: true,
            }),
            (MediaType::Other, Some(Value::String(text))) if body.media_type.starts_with("text/") => {
                Ok(ExpectedBody::Text {
                    media_type: body.media_type.clone(),
                    text,
                })
            }
            (MediaType::Other, Some(value)) if upload(&value).is_some() => Ok(ExpectedBody::Bytes {
                media_type: body.media_type.clone(),
                bytes: upload(&value).unwrap_or_default().bytes,
            }),
            (_, None) => Ok(ExpectedBody::Empty),
            _ => Err(unknown(operation, "JSON, or a body with members")),
        };
    };
    let members = || fields.iter().filter_map(|field| Some((field, given(&field.argument)?)));
    match body.kind {
        MediaType::Json => {
            let value: Map<String, Value> = members().map(|(field, value)| (field.name.clone(), value)).collect();
            let (media_type, required) = (body.media_type.clone(), body.required);
            Ok(ExpectedBody::Json {
                media_type,
                value: Value::Object(value),
                required,
            })
        }
        MediaType::Form => {
            let mut pairs = Vec::new();
            members().for_each(|(field, value)| brackets(field.name.clone(), &value, &mut pairs));
            Ok(ExpectedBody::Form(pairs))
        }
        MediaType::Multipart => {
            let (mut pairs, mut files) = (Vec::new(), Vec::new());
            let schema = document.resolve(&body.schema)?;
            for (field, value) in members() {
                let property = document.resolve(&schema["properties"][&field.name])?;
                let suffix = property["x-multipart-array-suffix"].as_str();
                let given = uploads(&value);
                if value.is_null() && document.takes_file(&property) {
                    continue;
                }
                // Official clients mark a list of files by its name.
                let several = suffix
                    .or(operation.array_suffix.as_deref())
                    .unwrap_or(if given.len() > 1 { "[]" } else { "" });
                let name = format!("{}{several}", field.name);
                if !given.is_empty() {
                    files.extend(given.into_iter().map(|file| ExpectedFile {
                        part: name.clone(),
                        name: file.name,
                        bytes: file.bytes,
                    }));
                    continue;
                }
                match (field.encoding, value) {
                    (_, value) if field.content_type.is_some() => pairs.push(part(field.name.clone(), &value)),
                    (_, value) if document.brackets_lists() => {
                        let from = pairs.len();
                        brackets(field.name.clone(), &value, &mut pairs);
                        pairs[from..]
                            .iter_mut()
                            .for_each(|pair| pair.key = without_indices(&pair.key));
                    }
                    (Encoding::Brackets, value) => brackets(field.name.clone(), &value, &mut pairs),
                    (Encoding::Parts, Value::Array(values)) => {
                        let name = format!("{}{}", field.name, suffix.unwrap_or_default());
                        pairs.extend(values.iter().map(|value| part(name.clone(), value)));
                    }
                    (Encoding::Parts, value) => pairs.push(part(field.name.clone(), &value)),
                }
            }
            Ok(ExpectedBody::Multipart { fields: pairs, files })
        }
        MediaType::Xml => Ok(ExpectedBody::Xml {
            media_type: body.media_type.clone(),
            root: document.resolve(&body.schema)?["xml"]["name"]
                .as_str()
                .ok_or_else(|| unknown(operation, "a name for the root of its XML"))?
                .to_owned(),
            value: members().map(|(field, value)| (field.name.clone(), value)).collect(),
        }),
        MediaType::Other => Err(unknown(operation, "JSON, XML, a form or multipart")),
    }
}

fn unknown(operation: &Operation, expected: &'static str) -> DocumentError {
    DocumentError::Shape {
        at: format!("{} {}, body", operation.method, operation.path),
        expected,
    }
}

fn part(key: String, value: &Value) -> Pair {
    let value = if value.is_object() || value.is_array() {
        Text::Json(value.clone())
    } else {
        scalar(value)
    };
    Pair { key, value }
}

/// A query parameter in its style.
fn styled(parameter: &Parameter, value: &Value) -> Vec<Pair> {
    let key = parameter.name.clone();
    let one = |value| {
        vec![Pair {
            key: key.clone(),
            value,
        }]
    };
    if parameter.json {
        return one(Text::Json(value.clone()));
    }
    let delimiter = match parameter.style {
        _ if parameter.style == Style::Deep || parameter.brackets && value.is_object() => {
            let mut pairs = Vec::new();
            brackets(key, value, &mut pairs);
            return pairs;
        }
        Style::Space => ' ',
        Style::Pipe => '|',
        Style::Form | Style::Simple | Style::Deep => ',',
    };
    match value {
        Value::Array(members) if parameter.explode => members
            .iter()
            .map(|member| Pair {
                key: key.clone(),
                value: scalar(member),
            })
            .collect(),
        Value::Object(members) if parameter.explode => members
            .iter()
            .map(|(name, member)| Pair {
                key: name.clone(),
                value: scalar(member),
            })
            .collect(),
        Value::Array(members) => one(Text::Delimited(members.iter().map(plain).collect(), delimiter)),
        Value::Object(members) => {
            let flat = members.iter().flat_map(|(name, member)| [name.clone(), plain(member)]);
            one(Text::Delimited(flat.collect(), delimiter))
        }
        value => one(scalar(value)),
    }
}

/// The files of one argument.
fn uploads(value: &Value) -> Vec<UploadArgument> {
    match value {
        Value::Array(members) => members.iter().filter_map(upload).collect(),
        one => upload(one).into_iter().collect(),
    }
}

/// `a[0][b]` as `a[][b]`.
fn without_indices(key: &str) -> String {
    let step = |step: &str| match step.strip_suffix(']') {
        Some(index) if index.parse::<usize>().is_ok() => "]".to_owned(),
        _ => step.to_owned(),
    };
    key.split('[').map(step).collect::<Vec<_>>().join("[")
}

/// Nested by brackets.
fn brackets(key: String, value: &Value, pairs: &mut Vec<Pair>) {
    match value {
        Value::Array(members) => {
            for (index, member) in members.iter().enumerate() {
                brackets(format!("{key}[{index}]"), member, pairs);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                brackets(format!("{key}[{name}]"), member, pairs);
            }
        }
        value => pairs.push(Pair {
            key,
            value: scalar(value),
        }),
    }
}

fn scalar(value: &Value) -> Text {
    match value
        .as_number()
        .filter(|number| number.is_f64())
        .and_then(serde_json::Number::as_f64)
    {
        Some(number) => Text::Number(number),
        None => Text::Exact(plain(value)),
    }
}

/// `simple` style: members with commas between.
fn joined(value: &Value) -> String {
    match value {
        Value::Array(members) => members.iter().map(plain).collect::<Vec<_>>().join(","),
        value => plain(value),
    }
}

#[cfg(test)]
mod tests;
