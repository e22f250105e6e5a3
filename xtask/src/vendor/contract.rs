//! The provider's contract: what requests and responses must look like, as JSON Schema 2020-12.
//!
//! Made from the facts before the generator touches them, so that the validator shares nothing with the generated code.
//! [`schema`] owns the translation of one schema; packing and reading belong to the contract crate.

mod schema;

use std::collections::BTreeMap;
use std::io::Write;

use flate2::{Compression, GzBuilder};
use miette::{IntoDiagnostic, Result};
use serde_json::{Map, Value, json};

use super::grammar::METHODS;
use super::pointer::follow;

/// The contract of one provider, made from its facts.
pub(super) fn build(provider: &str, document: &Value) -> Value {
    let servers: Vec<&Value> = urls(document).collect();
    let components = object(document.pointer("/components/schemas"));
    let schemas: Map<String, Value> = components
        .map(|(name, value)| (name.clone(), schema::translate(value, &format!("#/$defs/{name}"))))
        .collect();
    json!({
        "provider": provider,
        "version": document.pointer("/info/version"),
        "servers": servers,
        "operations": operations(document),
        "schemas": schemas,
        "events": events(document),
    })
}

/// Packs a contract; the same contract gives the same bytes.
///
/// # Errors
///
/// Never in practice: memory takes every write.
pub(super) fn pack(contract: &Value) -> Result<Vec<u8>> {
    let mut packed = GzBuilder::new()
        .mtime(0)
        .operating_system(255)
        .write(Vec::new(), Compression::best());
    packed.write_all(contract.to_string().as_bytes()).into_diagnostic()?;
    packed.finish().into_diagnostic()
}

/// What the provider may deliver: `x-webhook-events`, or one entry per OpenAPI 3.1 webhook.
pub(super) fn events(document: &Value) -> Value {
    if let Some(events) = document.get("x-webhook-events") {
        return events.clone();
    }
    let webhooks = object(document.get("webhooks")).map(|(name, item)| {
        let body =
            object(Some(item)).find_map(|(_, operation)| operation.pointer("/requestBody/content/application~1json"));
        json!({ "type": name, "schema": body.and_then(|body| body.pointer("/schema/$ref")) })
    });
    let webhooks: Vec<Value> = webhooks.collect();
    if webhooks.is_empty() {
        Value::Null
    } else {
        webhooks.into()
    }
}

fn operations(document: &Value) -> Vec<Value> {
    let mut operations = Vec::new();
    for (path, item) in object(document.get("paths")).filter(|(path, _)| path.starts_with('/')) {
        let Some(item) = follow(document, item) else {
            continue;
        };
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                operations.push(one(document, path, method, item, operation));
            }
        }
    }
    operations
}

fn one(document: &Value, path: &str, method: &str, item: &Value, operation: &Value) -> Value {
    json!({
        "id": operation.get("operationId"),
        "name": operation.get("x-sdk-name"),
        "method": method.to_ascii_uppercase(),
        "path": path,
        "server": urls(operation).next().or_else(|| urls(item).next()),
        "parameters": parameters(document, item, operation),
        "body": body(document, method, operation),
        "responses": responses(document, operation),
        "paging": operation.get("x-pagination"),
    })
}

/// The parameters of the path and of the operation; where both declare one, the operation's counts.
fn parameters(document: &Value, item: &Value, operation: &Value) -> Vec<Value> {
    let mut merged: Vec<&Value> = Vec::new();
    let both = [item, operation]
        .into_iter()
        .filter_map(|owner| owner.get("parameters")?.as_array())
        .flatten();
    for parameter in both.filter_map(|parameter| follow(document, parameter)) {
        let identity = |parameter: &Value| (parameter.get("name").cloned(), parameter.get("in").cloned());
        match merged.iter_mut().find(|known| identity(known) == identity(parameter)) {
            Some(known) => *known = parameter,
            None => merged.push(parameter),
        }
    }
    merged.into_iter().map(parameter).collect()
}

fn parameter(parameter: &Value) -> Value {
    let default = match parameter.get("in").and_then(Value::as_str) {
        Some("path" | "header") => "simple",
        _ => "form",
    };
    let (style, explode) = style(parameter, default);
    let content = object(parameter.get("content")).next();
    let schema = match content {
        Some((_, media_type)) => media_type.get("schema"),
        None => parameter.get("schema"),
    };
    json!({
        "name": parameter.get("name"),
        "in": parameter.get("in"),
        "required": is_true(parameter.get("required")),
        "style": style,
        "explode": explode,
        "content": content.map(|(media_type, _)| media_type),
        "schema": translated(schema),
    })
}

/// Style and explode, with the specification's defaults filled in.
fn style<'a>(owner: &'a Value, default: &'a str) -> (&'a str, bool) {
    let style = owner.get("style").and_then(Value::as_str).unwrap_or(default);
    (
        style,
        owner.get("explode").and_then(Value::as_bool).unwrap_or(style == "form"),
    )
}

fn body(document: &Value, method: &str, operation: &Value) -> Option<Value> {
    let body = follow(document, operation.get("requestBody")?)?;
    let content: Map<String, Value> = object(body.get("content"))
        .map(|(name, media_type)| (name.clone(), request_content(media_type)))
        .collect();
    let bodiless = matches!(method, "get" | "head" | "delete");
    if bodiless && !object(body.get("content")).any(|(_, media_type)| has_fields(document, media_type)) {
        return None;
    }
    Some(json!({ "required": is_true(body.get("required")), "content": content }))
}

fn request_content(media_type: &Value) -> Value {
    let encoding = object(media_type.get("encoding")).map(|(field, encoding)| {
        let (style, explode) = style(encoding, "form");
        let mut entry = json!({ "style": style, "explode": explode });
        if let Some(content_type) = encoding.get("contentType") {
            entry["contentType"] = content_type.clone();
        }
        (field.clone(), entry)
    });
    let encoding: Map<String, Value> = encoding.collect();
    json!({ "schema": translated(media_type.get("schema")), "encoding": encoding })
}

/// Whether a body says anything: an object without properties, as GETs carry it in Stripe's document, does not.
fn has_fields(document: &Value, media_type: &Value) -> bool {
    let Some(schema) = media_type.get("schema").and_then(|schema| follow(document, schema)) else {
        return false;
    };
    let says_more = ["allOf", "oneOf", "anyOf"]
        .iter()
        .any(|name| schema.get(name).is_some());
    let is_object = schema.get("type").is_none_or(|name| name == "object");
    says_more || !is_object || object(schema.get("properties")).next().is_some()
}

/// The answers by status and media type, with the stream that a document declares outside of them.
fn responses(document: &Value, operation: &Value) -> BTreeMap<String, Map<String, Value>> {
    let mut responses = declared_responses(document, operation);
    let stream = operation.get("x-event-stream");
    let events = stream.and_then(|stream| stream.get("schema"));
    let success = responses.iter_mut().find(|(status, _)| status.starts_with('2'));
    if let (Some(events), Some((_, content))) = (events, success) {
        if stream.is_some_and(|stream| stream.get("when").is_none()) {
            content.clear();
        }
        let events = translated(Some(&json!({ "$ref": events })));
        content.insert("text/event-stream".to_owned(), events);
    }
    responses
}

fn declared_responses(document: &Value, operation: &Value) -> BTreeMap<String, Map<String, Value>> {
    object(operation.get("responses"))
        .filter(|(status, _)| !status.starts_with("x-"))
        .filter_map(|(status, response)| Some((status, follow(document, response)?)))
        .map(|(status, response)| {
            let content = object(response.get("content"));
            (
                status.clone(),
                content
                    .map(|(name, value)| (name.clone(), translated(value.get("schema"))))
                    .collect(),
            )
        })
        .collect()
}

/// A schema in the contract's dialect; where there is none, everything is allowed.
fn translated(schema: Option<&Value>) -> Value {
    schema.map_or_else(|| json!({}), |schema| schema::translate(schema, "#"))
}

fn urls(owner: &Value) -> impl Iterator<Item = &Value> {
    owner
        .get("servers")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|server| server.get("url"))
}

fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flatten()
}

fn is_true(value: Option<&Value>) -> bool {
    value == Some(&Value::Bool(true))
}
