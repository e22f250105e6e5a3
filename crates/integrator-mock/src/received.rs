//! What came in: one request as a test wants to look at it, with large bodies cut down.

use bytes::Bytes;
use integrator_contract::{Violation, multipart::Part};
use serde_json::Value;

use crate::body::KEPT;

/// One request.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Received {
    /// The `operationId` that it was routed to; none when no template fits.
    pub operation: Option<&'static str>,
    /// Method.
    pub method: String,
    /// Path and query as they stood on the request line.
    pub target: String,
    /// The query that the body holds, where it is too long for a URL and the request stands for another.
    pub long_query: Option<String>,
    /// Arguments in the path, decoded.
    pub path_arguments: Vec<(String, String)>,
    /// Headers in their order, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The first bytes of the body: all of them up to 64 KiB. One that came compressed with gzip is unpacked, here and in
    /// what is said of it below.
    pub body: Bytes,
    /// Length of the whole body in bytes.
    pub body_length: u64,
    /// CRC-32 of the whole body.
    pub body_crc32: u32,
    /// The parts of a multipart body; of files the length, the checksum and the first bytes.
    pub parts: Vec<Part>,
    /// The body was read to its end.
    pub complete: bool,
    /// Everything that contradicts the contract.
    pub violations: Vec<Violation>,
}

impl Received {
    /// The same, as it is remembered: of files no more than the first bytes.
    pub(crate) fn cut(&self) -> Self {
        let parts = self.parts.iter().map(|part| {
            let mut cut = Part::default();
            (cut.name, cut.filename, cut.content_type) =
                (part.name.clone(), part.filename.clone(), part.content_type.clone());
            (cut.length, cut.crc32) = (part.length, part.crc32);
            cut.head = part.head[..part.head.len().min(KEPT)].to_vec();
            cut
        });
        Self {
            operation: self.operation,
            method: self.method.clone(),
            target: self.target.clone(),
            long_query: self.long_query.clone(),
            path_arguments: self.path_arguments.clone(),
            headers: self.headers.clone(),
            body: self.body.clone(),
            body_length: self.body_length,
            body_crc32: self.body_crc32,
            parts: parts.collect(),
            complete: self.complete,
            violations: self.violations.clone(),
        }
    }

    /// The path as it stood on the request line, without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target
            .split_once('?')
            .map_or(self.target.as_str(), |(path, _)| path)
    }

    /// The query string as it stood on the request line, or the one that the body holds; empty when there is none.
    #[must_use]
    pub fn query(&self) -> &str {
        if let Some(query) = &self.long_query {
            return query;
        }
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The first value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as JSON; none when it is none or was cut down.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        if self.body.len() as u64 == self.body_length {
            serde_json::from_slice(&self.body).ok()
        } else {
            None
        }
    }

    /// Names and values of the query, decoded.
    #[must_use]
    pub fn query_pairs(&self) -> Vec<(String, String)> {
        pairs(self.query())
    }

    /// Names and values of a form body, decoded; nothing when it is none or was cut down.
    #[must_use]
    pub fn form_pairs(&self) -> Vec<(String, String)> {
        let is_form = self
            .header("content-type")
            .is_some_and(|value| value.starts_with("application/x-www-form-urlencoded"));
        match std::str::from_utf8(&self.body) {
            Ok(text) if is_form && text.len() as u64 == self.body_length => pairs(text),
            _ => Vec::new(),
        }
    }

    /// A scalar argument by its name on the wire, from the query, a form or a JSON body.
    #[must_use]
    pub fn argument(&self, name: &str) -> Option<String> {
        let mut pairs = self.query_pairs().into_iter().chain(self.form_pairs());
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
            .or_else(|| match self.json()?.get(name)? {
                Value::String(text) => Some(text.clone()),
                Value::Null => None,
                other => Some(other.to_string()),
            })
    }
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let pairs = integrator_contract::form_pairs(text);
    pairs
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect()
}
