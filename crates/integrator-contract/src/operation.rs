//! One endpoint as the contract tells it: parameters, bodies, answers.
//!
//! Plain data; what may be done with it is in [`Contract`](crate::Contract).

use std::collections::BTreeMap;

use serde_json::Value;

use crate::Schema;

/// One endpoint of a provider.
#[derive(Debug)]
#[non_exhaustive]
pub struct Operation {
    /// The provider's own `operationId`.
    pub id: String,
    /// Name in the official SDK's words, where it has one.
    pub name: Option<String>,
    /// HTTP method in upper case.
    pub method: String,
    /// Path template, `/v1/customers/{customer}`.
    pub path: String,
    /// Base URL of this operation where it differs from the provider's.
    pub server: Option<String>,
    /// Parameters outside the body.
    pub parameters: Vec<Parameter>,
    /// What the body may be, if there is one.
    pub body: Option<Body>,
    /// Schemas of the answers by status (`200`, `4XX`, `default`) and media type.
    pub responses: BTreeMap<String, BTreeMap<String, Schema>>,
    /// The document's own words about paging, where it has some.
    pub paging: Option<Value>,
}

impl Operation {
    /// The success that a server would answer: lowest 2xx status, its media type, its schema.
    ///
    /// JSON goes before other media types. Status 200 without a schema when the document names no success.
    #[must_use]
    pub fn success(&self) -> (u16, Option<(&str, &Schema)>) {
        let lowest = self.responses.iter().find_map(|(status, content)| {
            let number = if status.eq_ignore_ascii_case("2xx") {
                200
            } else {
                status.parse().ok()?
            };
            (200..300).contains(&number).then_some((number, content))
        });
        let Some((status, content)) = lowest else {
            return (200, None);
        };
        let json = content
            .iter()
            .find(|(media_type, _)| crate::response::is_json(media_type));
        (
            status,
            json.or_else(|| content.iter().next())
                .map(|(media_type, schema)| (media_type.as_str(), schema)),
        )
    }
}

impl Operation {
    /// The schema of one event, or of one line, of an answer that is a stream of them.
    #[must_use]
    pub fn event(&self) -> Option<&Schema> {
        let is_stream = |media_type: &str| media_type.starts_with("text/event-stream") || media_type.contains("jsonl");
        let mut contents = self
            .responses
            .iter()
            .filter(|(status, _)| status.starts_with('2'))
            .flat_map(|(_, content)| content);
        contents
            .find(|(media_type, _)| is_stream(media_type))
            .map(|(_, schema)| schema)
    }
}

/// One parameter outside the body.
#[derive(Debug)]
#[non_exhaustive]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it goes.
    pub place: Place,
    /// Must be given.
    pub required: bool,
    /// OpenAPI `style`, `form`.
    pub style: String,
    /// OpenAPI `explode`.
    pub explode: bool,
    /// Media type of a `content` parameter.
    pub content: Option<String>,
    /// What it may be.
    pub schema: Schema,
}

/// Where a parameter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Place {
    /// A segment of the path.
    Path,
    /// The query string.
    Query,
    /// A header.
    Header,
    /// A cookie; not checked.
    Cookie,
}

/// What the body of a request may be.
#[derive(Debug)]
#[non_exhaustive]
pub struct Body {
    /// Must be given.
    pub required: bool,
    /// What it may be, by media type.
    pub content: BTreeMap<String, Media>,
}

/// A body in one media type.
#[derive(Debug)]
#[non_exhaustive]
pub struct Media {
    /// What it may be.
    pub schema: Schema,
    /// OpenAPI `style` and `explode` of single members of a form.
    pub encoding: BTreeMap<String, (String, bool)>,
}
