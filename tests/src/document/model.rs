//! What a document says about requests, as plain data; filled in by [`Document`](super::Document).

use std::collections::BTreeMap;

use serde_json::Value;

/// One endpoint as the document describes it.
#[derive(Debug, Clone)]
pub struct Operation {
    /// `operationId`.
    pub id: String,
    /// `x-sdk-name`, where there is one.
    pub sdk_name: Option<String>,
    /// HTTP method in upper case.
    pub method: String,
    /// Path template, as it stands in the document but for markers that are not sent.
    pub path: String,
    /// Headers that are sent with every call, names in lower case, and their values.
    pub headers: BTreeMap<String, Vec<String>>,
    /// What the names of lists of files end in.
    pub array_suffix: Option<String>,
    /// Values of the header that opts in to features in beta, until its name is known.
    pub(super) betas: Vec<String>,
    /// Parameters of the path item and of the operation.
    pub parameters: Vec<Parameter>,
    /// The body, unless it has nothing in it; where a file decides, the one without.
    pub body: Option<Body>,
    /// The form that takes the place of the body when a file is among its fields.
    pub form: Option<Body>,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Name among the arguments.
    pub argument: String,
    /// Where it goes.
    pub place: Place,
    /// Must be there.
    pub required: bool,
    /// How a list or an object is spelled.
    pub style: Style,
    /// Whether members of a list or an object are spelled one by one.
    pub explode: bool,
    /// An object is nested by brackets, whatever the style.
    pub brackets: bool,
    /// Its value is JSON text (`content` instead of `schema`).
    pub json: bool,
    /// Its schema, references not yet followed.
    pub schema: Value,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie.
    Cookie,
}

/// `style` of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Style {
    /// `form`
    Form,
    /// `simple`
    Simple,
    /// `spaceDelimited`
    Space,
    /// `pipeDelimited`
    Pipe,
    /// `deepObject`, lists indexed.
    Deep,
}

/// The body of a request.
#[derive(Debug, Clone)]
pub struct Body {
    /// A request without it is malformed.
    pub required: bool,
    /// Media type as the document spells it.
    pub media_type: String,
    /// How it is encoded.
    pub kind: MediaType,
    /// Schema of the whole body, references not yet followed.
    pub schema: Value,
    /// The members of an object body; `None` when the body is one value, the argument `body`.
    pub fields: Option<Vec<Field>>,
}

/// How a body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaType {
    /// `application/json` and everything that ends in `+json`.
    Json,
    /// `application/x-www-form-urlencoded`
    Form,
    /// `multipart/form-data`
    Multipart,
    /// `application/xml`, `text/xml` and everything that ends in `+xml`.
    Xml,
    /// Anything else.
    Other,
}

/// A member of an object body.
#[derive(Debug, Clone)]
pub struct Field {
    /// Name on the wire.
    pub name: String,
    /// Name among the arguments.
    pub argument: String,
    /// The member's `encoding`.
    pub encoding: Encoding,
    /// The media type that its `encoding` gives it.
    pub content_type: Option<String>,
}

/// How a member of a multipart body is spelled when it is a list or an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Nested by brackets, `a[b][0]`.
    Brackets,
    /// One part for each member of a list; an object is one part of JSON.
    Parts,
}

impl Place {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
        }
    }
}

impl MediaType {
    pub(super) fn of(name: &str) -> Self {
        let name = name.split(';').next().unwrap_or(name).trim();
        match name {
            "application/json" => Self::Json,
            "application/x-www-form-urlencoded" => Self::Form,
            "multipart/form-data" => Self::Multipart,
            "application/xml" | "text/xml" => Self::Xml,
            other if other.ends_with("+json") => Self::Json,
            other if other.ends_with("+xml") => Self::Xml,
            _ => Self::Other,
        }
    }
}
