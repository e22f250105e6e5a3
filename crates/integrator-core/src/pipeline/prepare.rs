//! From a call to a request: URL, headers, body, identity, and every check that needs no network.
//!
//! *What it does*: encodes the arguments once, puts the headers together (the call's before the client's before the
//! operation's before the provider's), and refuses what cannot be right with one error that names all of it.
//! *Defaults*: bodies in memory up to 64 MiB, headers up to 32 KiB. *Interplay*: first of all stages. No secret is
//! attached before the scheme and host were found safe here.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderName};
use http::{HeaderMap, HeaderValue, Uri};

use super::Exchange;
use super::group;
use super::origin::Origin;
use crate::arguments::Arguments;
use crate::credential::{Credential, Identity};
use crate::error::{Error, ErrorKind};
use crate::operation::{Answer, Framing, Method, Operation};
use crate::options::{RequestOptions, Wishes};
use crate::policy::Retry;
use crate::policy::request_key::own_headers;
use crate::provider::Provider;
use crate::validate::{Outgoing, Validation};
use crate::wire::encode::{Encoded, EncodedBody, encode};
use crate::wire::form::push_pair;

/// Greatest length of all headers together in bytes; most servers take no more.
const MAX_HEADERS: usize = 32 * 1024;

/// A call that nobody has sent yet.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) operation: &'static Operation,
    pub(crate) arguments: Arguments,
    pub(crate) options: Wishes,
    pub(crate) streamed: bool,
    /// The answer is read as a stream of events.
    pub(crate) events: bool,
}

/// What every call of a client has in common.
#[derive(Debug)]
pub(crate) struct Prepare {
    pub(crate) provider: &'static Provider,
    pub(crate) base: Origin,
    /// The user set the base URL: every operation goes there.
    pub(crate) fixed: bool,
    /// Headers of the provider and of the client.
    pub(crate) headers: HeaderMap,
    pub(crate) plain_hosts: Vec<String>,
    /// The provider's, by which callers are told apart.
    pub(crate) scope_headers: Vec<(&'static str, HeaderName)>,
    pub(crate) max_request: u64,
    /// Holds requests and answers against the provider's document.
    pub(crate) validation: Option<Validation>,
}

impl Prepare {
    /// The request of a call, checked unless the checks were taken out.
    pub(crate) fn exchange(
        &self,
        checked: bool,
        credential: &Credential,
        draft: &Draft,
    ) -> Result<Box<Exchange>, Error> {
        let Draft {
            operation,
            arguments,
            options,
            streamed,
            events,
        } = draft;
        let mut faults = options.faults.clone();
        let encoded = match encode(operation, arguments) {
            Ok(encoded) if faults.is_empty() => encoded,
            Ok(_) => return Err(Error::listing(ErrorKind::InvalidCall, &faults)),
            Err(found) => {
                faults.extend(found);
                return Err(Error::listing(ErrorKind::InvalidCall, &faults));
            }
        };
        let Encoded {
            method: sent_as,
            path_and_query,
            headers: given,
            body,
        } = encoded;
        let (uri, safe) = self.url(operation, options, path_and_query).map_err(invalid)?;
        let accepted = accept(operation, *events);
        let mut headers = self
            .headers(operation, options, given, &body, accepted)
            .map_err(invalid)?;
        if *streamed && !headers.contains_key(ACCEPT_ENCODING) {
            // What is handed on as it comes shall neither wait for a compressor nor have other offsets.
            headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
        }
        if checked {
            if !safe {
                let detail = format!(
                    "the URL of host `{}` is plain http: use https, or allow it with `allow_plain_http`",
                    uri.host().unwrap_or_default()
                );
                return Err(Error::new(ErrorKind::Insecure, detail));
            }
            faults.extend(self.over_limits(&headers, &body));
            faults.extend(self.key_fault(options));
            faults.extend(options.retry.as_ref().and_then(Retry::faults));
            if !faults.is_empty() {
                return Err(Error::listing(ErrorKind::InvalidCall, &faults));
            }
            // What is sent in another form than the document's, or to an address that the provider gave, has no rules.
            if sent_as == operation.method && options.target.is_none() {
                self.validate(operation, &uri, &headers, &body)?;
            }
        }
        let tokens = estimate(self.provider, operation, arguments, &body);
        let unsafe_if = operation.repeatable_unless;
        Ok(Box::new(Exchange {
            provider: self.provider,
            operation,
            identity: credential.identity(self.scope(&headers)),
            group: group::of(operation, arguments),
            own_headers: own_headers(&options.headers),
            #[cfg(feature = "cache")]
            cache: options.cache,
            method: method(sent_as),
            uri,
            headers,
            body,
            idempotency_key: options.key.clone(),
            retry: options.retry.clone().map(Arc::new),
            has_lasting_effect: unsafe_if.iter().any(|name| is_given(operation, arguments, name)),
            streamed: *streamed,
            events: *events,
            deadline: None,
            priority: options.priority.unwrap_or_default(),
            tokens,
        }))
    }

    /// The URL, and whether a secret may go there.
    fn url(
        &self,
        operation: &Operation,
        options: &RequestOptions,
        mut path_and_query: String,
    ) -> Result<(Uri, bool), String> {
        let origin = self.origin(operation)?;
        // The client's own base URL was found safe when the client was built.
        let safe = match &origin {
            Cow::Borrowed(_) => true,
            Cow::Owned(origin) => origin.is_safe(&self.plain_hosts),
        };
        if let Some(target) = &options.target {
            return Ok((origin.at(Bytes::from(target.clone()))?, safe));
        }
        if !options.query.is_empty() {
            let mut query = String::new();
            options
                .query
                .iter()
                .for_each(|(name, value)| push_pair(&mut query, name, value));
            path_and_query.push(if path_and_query.contains('?') { '&' } else { '?' });
            path_and_query.push_str(&query);
        }
        Ok((origin.join(path_and_query)?, safe))
    }

    /// Where an operation's calls go.
    fn origin(&self, operation: &Operation) -> Result<Cow<'_, Origin>, String> {
        match operation.server.filter(|_| !self.fixed) {
            Some(server) => Origin::parse(server).map(Cow::Owned),
            None => Ok(Cow::Borrowed(&self.base)),
        }
    }

    /// Path and query of a URL, if it is of the origin where an operation's calls go.
    pub(crate) fn home(&self, operation: &Operation, url: &str) -> Option<String> {
        self.origin(operation).ok()?.target_of(url)
    }

    fn headers(
        &self,
        operation: &Operation,
        options: &RequestOptions,
        given: Vec<(&'static str, String)>,
        body: &EncodedBody,
        accepted: &'static str,
    ) -> Result<HeaderMap, String> {
        let mut headers = self.headers.clone();
        for (name, value) in operation.headers {
            let Ok(name) = HeaderName::from_bytes(name.as_bytes()) else {
                continue;
            };
            if self.is_beta(&name) {
                join(&mut headers, name, value)?;
            } else if !headers.contains_key(&name) {
                headers.insert(name, HeaderValue::from_static(value));
            }
        }
        headers.insert(ACCEPT, HeaderValue::from_static(accepted));
        match body {
            EncodedBody::None => {}
            EncodedBody::Bytes { media_type, .. } => {
                headers.insert(CONTENT_TYPE, header_value(media_type)?);
            }
            EncodedBody::Multipart(parts) => {
                headers.insert(CONTENT_TYPE, header_value(parts.media_type())?);
            }
        }
        for (name, value) in given {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("`{name}` is no header name"))?;
            if self.is_beta(&name) {
                join(&mut headers, name, &value)?;
                continue;
            }
            let mut value = HeaderValue::try_from(value)
                .map_err(|_| format!("`{name}` has characters that a header cannot carry"))?;
            value.set_sensitive(true);
            headers.insert(name, value);
        }
        for (name, value) in &options.headers {
            match value.to_str() {
                Ok(value) if self.is_beta(name) => join(&mut headers, name.clone(), value)?,
                _ => {
                    headers.insert(name.clone(), value.clone());
                }
            }
        }
        for beta in &options.betas {
            let name = self.provider.beta_header;
            let Some(name) = name.and_then(|name| HeaderName::from_bytes(name.as_bytes()).ok()) else {
                let title = self.provider.title;
                return Err(format!("{title} has no header for beta features: leave `{beta}` out"));
            };
            join(&mut headers, name, beta)?;
        }
        Ok(headers)
    }

    fn validate(
        &self,
        operation: &'static Operation,
        uri: &Uri,
        headers: &HeaderMap,
        body: &EncodedBody,
    ) -> Result<(), Error> {
        let Some(validation) = &self.validation else {
            return Ok(());
        };
        let origin = self.origin(operation).map_err(invalid)?;
        let request = Outgoing {
            method: operation.method.as_str(),
            path: origin.below(uri.path()),
            query: uri.query().unwrap_or_default(),
            headers,
            body: match body {
                EncodedBody::None => Some(&[]),
                EncodedBody::Bytes { bytes, .. } => Some(bytes),
                EncodedBody::Multipart(_) => None,
            },
        };
        validation.request(self.provider, operation, &request)
    }

    fn is_beta(&self, name: &HeaderName) -> bool {
        self.provider.beta_header.is_some_and(|beta| name == beta)
    }

    fn over_limits(&self, headers: &HeaderMap, body: &EncodedBody) -> Vec<String> {
        let mut faults = Vec::new();
        let length: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len() + 4)
            .sum();
        if length > MAX_HEADERS {
            faults.push(format!(
                "the headers are {length} bytes long, {MAX_HEADERS} is the limit"
            ));
        }
        if let EncodedBody::Bytes { bytes, .. } = body
            && bytes.len() as u64 > self.max_request
        {
            faults.push(format!(
                "the body is {} bytes long, the client allows {}: send less, or raise `max_request`",
                bytes.len(),
                self.max_request
            ));
        }
        faults
    }

    fn key_fault(&self, options: &RequestOptions) -> Option<String> {
        let key = options.key.as_deref()?;
        let Some(rule) = self.provider.idempotency else {
            return Some(format!(
                "{} takes no idempotency keys: leave it out",
                self.provider.title
            ));
        };
        let length = key.chars().count();
        if length == 0 || length > rule.max_length {
            return Some(format!(
                "the idempotency key has {length} characters, 1 to {} are allowed",
                rule.max_length
            ));
        }
        HeaderValue::from_str(key)
            .err()
            .map(|_| "the idempotency key has characters that a header cannot carry".to_owned())
    }

    fn scope(&self, headers: &HeaderMap) -> Vec<(&'static str, HeaderValue)> {
        let scope = self.scope_headers.iter();
        scope
            .filter_map(|(name, header)| headers.get(header).map(|value| (*name, value.clone())))
            .collect()
    }
}

/// Adds the values of a list with commas to those that a header has, each once.
fn join(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), String> {
    let known = headers
        .get(&name)
        .and_then(|known| known.to_str().ok())
        .unwrap_or_default();
    let mut values: Vec<&str> = Vec::new();
    for value in known.split(',').chain(value.split(',')).map(str::trim) {
        if !value.is_empty() && !values.contains(&value) {
            values.push(value);
        }
    }
    let value = HeaderValue::try_from(values.join(","))
        .map_err(|_| format!("`{name}` has characters that a header cannot carry"))?;
    headers.insert(name, value);
    Ok(())
}

fn invalid(fault: String) -> Error {
    Error::new(ErrorKind::InvalidCall, fault)
}

fn header_value(text: &str) -> Result<HeaderValue, String> {
    HeaderValue::from_str(text).map_err(|_| "the media type has characters that a header cannot carry".to_owned())
}

/// How many tokens a call may use: those of its body, four bytes each, and what it allows the answer to take.
fn estimate(provider: &Provider, operation: &Operation, arguments: &Arguments, body: &EncodedBody) -> u64 {
    let facts = &provider.throttling;
    let EncodedBody::Bytes { bytes, .. } = body else {
        return 0;
    };
    if facts.usage.is_empty() {
        return 0;
    }
    let given = |name: &&str| {
        let at = operation.argument(name).and_then(|at| u16::try_from(at).ok())?;
        arguments.get(at)?.parse::<u64>().ok()
    };
    let answer = facts.output.iter().find_map(given).unwrap_or(0);
    (bytes.len() as u64 / 4).saturating_add(answer)
}

fn is_given(operation: &Operation, arguments: &Arguments, name: &str) -> bool {
    let listed = operation.argument(name).and_then(|at| u16::try_from(at).ok());
    listed.is_some_and(|at| arguments.has(at)) || arguments.extra().any(|(extra, _)| extra == name)
}

fn accept(operation: &Operation, events: bool) -> &'static str {
    let framing = operation.stream.filter(|_| events).map(|stream| stream.framing);
    if matches!(framing, Some(Framing::Data | Framing::Named)) {
        return "text/event-stream";
    }
    match operation.answer {
        Answer::JsonOrText => "application/json, text/plain;q=0.9",
        Answer::Json | Answer::None => "application/json",
        Answer::Xml => "application/xml",
        Answer::Text => "text/plain, */*;q=0.5",
        Answer::Bytes => "*/*",
    }
}

fn method(method: Method) -> http::Method {
    match method {
        Method::Get => http::Method::GET,
        Method::Head => http::Method::HEAD,
        Method::Post => http::Method::POST,
        Method::Put => http::Method::PUT,
        Method::Patch => http::Method::PATCH,
        Method::Delete => http::Method::DELETE,
        Method::Options => http::Method::OPTIONS,
        Method::Search => {
            http::Method::from_bytes(b"SEARCH").expect("invariant: seven letters are a method (RFC 9110, 9.1)")
        }
    }
}

/// What a call would send, but for the credential and a key that is made only when it is sent.
#[derive(Clone)]
pub struct Prepared {
    exchange: Box<Exchange>,
}

impl Prepared {
    pub(crate) fn new(exchange: Box<Exchange>) -> Self {
        Self { exchange }
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &'static Operation {
        self.exchange.operation
    }

    /// HTTP method.
    #[must_use]
    pub fn method(&self) -> &http::Method {
        &self.exchange.method
    }

    /// Who it would be sent for.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.exchange.identity
    }

    /// The whole URL, query included.
    #[must_use]
    pub fn url(&self) -> &Uri {
        &self.exchange.uri
    }

    /// Headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.exchange.headers
    }

    /// The body where it is in memory; of an upload, none.
    #[must_use]
    pub fn body(&self) -> Option<&[u8]> {
        self.exchange.body_bytes()
    }

    /// The body as it is encoded.
    #[must_use]
    pub fn encoded_body(&self) -> &EncodedBody {
        &self.exchange.body
    }
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.exchange.fmt(f)
    }
}
