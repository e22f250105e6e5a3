//! What is reported of small documents, and of a real one with a few changes.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::names::Surface;
use super::{compare, markdown};
use crate::{repository, specs};

fn report(old: Value, new: Value) -> String {
    let surface = Surface::default();
    markdown::write(&compare(old, new, &surface).unwrap(), &surface)
}

/// A document with one operation each way.
fn document(sent: &Value, answered: &Value) -> Value {
    json!({
        "openapi": "3.1.0",
        "info": { "title": "Acme", "version": "1" },
        "paths": {
            "/things": {
                "get": { "operationId": "list", "parameters": [
                    { "name": "limit", "in": "query", "schema": { "type": "integer", "maximum": 100 } },
                ], "responses": { "200": { "description": "", "content": { "application/json": { "schema": {
                    "type": "array", "items": { "$ref": "#/components/schemas/Thing" },
                } } } } } },
                "post": { "operationId": "create", "requestBody": { "content": { "application/json": { "schema": sent } } },
                    "responses": { "204": { "description": "" } } },
            },
        },
        "components": { "schemas": { "Thing": answered } },
    })
}

fn sides(old: &Value, new: &Value) -> String {
    report(document(old, old), document(new, new))
}

#[test]
fn another_way_to_say_the_same_is_no_change() {
    let old = json!({ "type": "object", "properties": { "a": { "type": ["string", "null"] }, "b": { "const": "x" } } });
    let new = json!({ "allOf": [
        { "type": "object", "properties": { "b": { "type": "string", "enum": ["x"] } } },
        { "type": "object", "properties": { "a": { "anyOf": [{ "type": "string" }, { "type": "null" }] } } },
    ] });
    assert_eq!(sides(&old, &new), "# Acme: 1 → 1\n\nNothing changes for users.\n");
}

#[test]
fn requests_and_answers_are_judged_apart() {
    let old = json!({ "type": "object", "required": ["gone", "loose"], "properties": {
        "gone": { "type": "string" }, "loose": { "type": "string" }, "tight": { "type": "string" },
        "null": { "type": "string" }, "never": { "type": "string", "nullable": true },
        "kind": { "type": "integer" }, "word": { "type": "string", "enum": ["a", "b"] },
        "long": { "type": "string", "maxLength": 10 },
        "in": { "type": "object", "properties": { "side": { "type": "array", "items": { "type": "string" } } } },
    } });
    let new = json!({ "type": "object", "required": ["tight", "must"], "properties": {
        "loose": { "type": "string" }, "tight": { "type": "string" },
        "null": { "type": "string", "nullable": true }, "never": { "type": "string" },
        "kind": { "type": "string" }, "word": { "type": "string", "enum": ["b", "c", "d"], "deprecated": true },
        "long": { "type": "string", "maxLength": 5 },
        "in": { "type": "object", "properties": { "side": { "type": "array", "items": { "type": "number" } } } },
        "may": { "type": "string" }, "must": { "type": "string" },
        "read": { "type": "string", "readOnly": true },
    } });
    insta::assert_snapshot!(sides(&old, &new));
}

#[test]
fn operations_parameters_unions_and_events() {
    let mut old = document(
        &json!({ "$ref": "#/components/schemas/Thing" }),
        &json!({ "oneOf": [
        { "type": "object", "properties": { "type": { "const": "a" }, "x": { "type": "string" } } },
        { "$ref": "#/components/schemas/B" },
    ] }),
    );
    old["components"]["schemas"]["B"] = json!({ "type": "object", "properties": { "y": { "type": "string" } } });
    old["webhooks"] = json!({ "thing.made": {}, "thing.gone": {} });
    let mut new = old.clone();
    new["info"]["version"] = json!("2");
    new["components"]["schemas"]["Thing"] = json!({ "oneOf": [
        { "type": "object", "properties": { "type": { "const": "a" }, "x": { "type": "integer" } } },
        { "type": "object", "properties": { "type": { "const": "c" } } },
    ] });
    new["webhooks"] = json!({ "thing.made": {}, "thing.moved": {} });
    let list = &mut new["paths"]["/things"]["get"];
    list["deprecated"] = json!(true);
    list["parameters"] = json!([
        { "name": "limit", "in": "query", "required": true, "schema": { "type": "integer", "maximum": 50 } },
        { "name": "page", "in": "query", "schema": { "type": "string" } },
        { "name": "x-tenant", "in": "header", "required": true, "schema": { "type": "string" } },
    ]);
    let item = new["paths"].as_object_mut().unwrap().remove("/things").unwrap();
    new["paths"]["/things"] = json!({ "get": item["get"] });
    new["paths"]["/things/{id}"] =
        json!({ "delete": { "operationId": "d", "responses": { "204": { "description": "" } } } });
    insta::assert_snapshot!(report(old, new));
}

/// A copy of a document that we ship, with a new field, a new value and a new operation, and one member less.
#[test]
fn a_real_document_with_a_few_changes() {
    let root = repository::root().unwrap();
    let surface = Surface::read(&root, "calendly").unwrap();
    let path: PathBuf = Path::new(&root).join(specs::document("calendly"));
    let old: Value = serde_json::from_slice(&specs::read(&path).unwrap()).unwrap();
    let mut new = old.clone();
    new["info"]["version"] = json!("next");
    let user = &mut new["components"]["schemas"]["User"];
    user["properties"]["pronouns"] = json!({ "type": ["string", "null"] });
    user["properties"].as_object_mut().unwrap().remove("slug");
    new["components"]["schemas"]["WebhookSubscriptionState"]["enum"]
        .as_array_mut()
        .unwrap()
        .push(json!("paused"));
    new["paths"]["/scheduled_events"]["get"]["parameters"]
        .as_array_mut()
        .unwrap()
        .push(json!({ "name": "color", "in": "query", "schema": { "type": "string" } }));
    new["paths"]["/users/{uuid}/photo"] = json!({ "get": {
        "operationId": "getUserPhoto",
        "parameters": [{ "name": "uuid", "in": "path", "required": true, "schema": { "type": "string" } }],
        "responses": { "200": { "description": "", "content": { "application/json": { "schema": {
            "$ref": "#/components/schemas/User",
        } } } } },
    } });
    let compared = compare(old, new, &surface).unwrap();
    insta::assert_snapshot!(markdown::write(&compared, &surface));
}
