//! Each pass on a document that has what it is for: before and after in one snapshot.

use serde_json::{Value, json};

use super::PASSES;

/// Runs one pass and shows both sides, with what was counted.
fn show(pass: &str, mut document: Value) -> String {
    let pass = PASSES
        .iter()
        .find(|known| known.name == pass)
        .expect("a pass of this name");
    let before = serde_json::to_string_pretty(&document).unwrap();
    let report = pass.run(&mut document);
    let after = serde_json::to_string_pretty(&document).unwrap();
    format!(
        "{}: {}\n\nbefore\n{before}\n\nafter\n{after}\n\nhits {}, remaining {:?}, problems {:?}",
        pass.name, pass.why, report.hits, report.remaining, report.problems
    )
}

fn schemas(schemas: &Value) -> Value {
    json!({"components": {"schemas": schemas}})
}

#[test]
fn every_pass_has_a_snapshot() {
    let tested = [
        "resolve",
        "null",
        "bodies",
        "merge",
        "relations",
        "unions",
        "closed",
        "alias",
        "answers",
    ];
    let known: Vec<&str> = PASSES.iter().map(|pass| pass.name).collect();
    assert_eq!(known, tested);
}

#[test]
fn resolve() {
    insta::assert_snapshot!(show(
        "resolve",
        json!({
            "paths": {"/a/{id}": {
                "parameters": [{"$ref": "#/components/parameters/Id"}],
                "get": {
                    "parameters": [{"name": "limit", "in": "query"}],
                    "responses": {"200": {"$ref": "#/components/responses/Ok"}, "404": {"$ref": "#/components/responses/Gone"}},
                },
            }},
            "components": {
                "parameters": {"Id": {"name": "id", "in": "path"}},
                "responses": {"Ok": {"description": ""}},
            },
        })
    ));
}

#[test]
fn null() {
    insta::assert_snapshot!(show(
        "null",
        json!({
            "openapi": "3.1.0",
            "components": {"schemas": {
                "typed": {"type": ["string", "null"]},
                "several": {"type": ["string", "array", "null"], "items": {"type": "string"}, "format": "date"},
                "branch": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "constant": {"const": "a"},
                "listed": {"enum": ["a", null]},
                "bounded": {"type": "number", "exclusiveMinimum": 0},
                "old": {"type": "string", "nullable": true},
                "anything": true,
                "switch": {"const": true},
                "inside": {"anyOf": [{"type": "string", "nullable": true}, {"type": "integer"}]},
                "tree": {"$recursiveAnchor": true, "type": "object", "properties": {
                    "leaves": {"type": "array", "items": {"$recursiveRef": "#"}},
                }},
            }},
        })
    ));
}

#[test]
fn bodies() {
    insta::assert_snapshot!(show(
        "bodies",
        json!({
            "paths": {"/a": {
                "delete": {
                    "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": {"type": "object", "properties": {}}}}},
                    "responses": {"204": {"description": ""}, "default": {"description": ""}},
                },
                "post": {
                    "requestBody": {"content": {
                        "application/json": {"schema": {"type": "object"}},
                        "multipart/form-data": {"schema": {"type": "object"}},
                    }},
                    "responses": {
                        "200": {"description": "", "content": {
                            "text/event-stream": {"schema": {"type": "string"}},
                            "application/json": {"schema": {"type": "object"}},
                        }},
                        "202": {"description": ""},
                    },
                },
            }},
        })
    ));
}

#[test]
fn bodies_with_files() {
    let file = json!({"type": "string", "format": "binary"});
    let reference = json!({"$ref": "#/components/schemas/reference"});
    insta::assert_snapshot!(show(
        "bodies",
        json!({
            "paths": {"/a": {
                "post": {
                    "requestBody": {"content": {
                        "application/json": {"schema": {"properties": {"images": {"type": "array", "items": reference}, "mask": reference}}},
                        "multipart/form-data": {
                            "schema": {"required": ["image"], "properties": {
                                "image": {"anyOf": [file, {"type": "array", "items": file}]},
                                "mask": file,
                                "video": {"oneOf": [reference, file]},
                                "session": {"type": "object"},
                            }},
                            "encoding": {"session": {"contentType": "application/json"}},
                        },
                    }},
                    "responses": {"200": {"description": "", "content": {
                        "application/json": {"schema": {"oneOf": [reference]}},
                        "text/plain": {"schema": {"type": "string"}},
                    }}},
                },
                "put": {
                    "requestBody": {"content": {
                        "application/json": {"schema": {"required": ["file"], "properties": {"file": file}}},
                        "multipart/form-data": {"schema": {"required": ["file"], "properties": {"file": file}}},
                    }},
                    "responses": {"200": {"description": "", "content": {
                        "application/json": {"schema": {"type": "string"}},
                        "application/octet-stream": {"schema": file},
                    }}},
                },
            }},
            "components": {"schemas": {"reference": {"type": "object", "properties": {"id": {"type": "string"}}}}},
        })
    ));
}

#[test]
fn unions_that_share_a_tag() {
    let message = |role: &[&str], more: &Value| {
        let mut message = json!({"type": "object", "required": ["type", "role"], "properties": {
            "type": {"type": "string", "enum": ["message"]},
            "role": {"type": "string", "enum": role},
        }});
        for (name, schema) in more.as_object().into_iter().flatten() {
            message["properties"][name] = schema.clone();
        }
        message
    };
    let loose = json!({"type": "object", "required": ["role"], "properties": {
        "type": {"type": "string", "enum": ["message"]},
        "role": {"type": "string", "enum": ["user", "assistant"]},
    }});
    let reference = json!({"type": "object", "required": ["id"], "properties": {
        "id": {"type": "string"},
        "type": {"type": "string", "enum": ["reference"], "nullable": true},
    }});
    let call =
        json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": ["call"]}}});
    let stated = json!({"status": {"type": "string"}});
    insta::assert_snapshot!(show(
        "unions",
        schemas(&json!({
            "by role": {"discriminator": {"propertyName": "type"}, "oneOf": [
                message(&["user"], &json!({})), message(&["assistant"], &json!({})), call,
            ]},
            "without tag": {"discriminator": {"propertyName": "type"}, "oneOf": [
                message(&["user"], &stated), loose, call, reference,
            ]},
            "largest": {"anyOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {"type": "object", "required": ["a"], "properties": {
                    "a": {"oneOf": [{"type": "string"}, {"type": "integer"}]}, "b": {"type": "string"},
                }},
            ]},
        }))
    ));
}

#[test]
fn merge() {
    insta::assert_snapshot!(show(
        "merge",
        schemas(&json!({
            "base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            "pet": {"allOf": [
                {"$ref": "#/components/schemas/base"},
                {"type": "object", "properties": {
                    "name": {"type": "string"},
                    "id": {"type": "string", "enum": ["pet"]},
                }, "required": ["name", "id"]},
            ]},
            "maybe": {"type": "object", "properties": {"base": {"allOf": [{"$ref": "#/components/schemas/base"}], "nullable": true}}},
        }))
    ));
}

#[test]
fn relations() {
    let user = json!({"$ref": "#/components/schemas/user"});
    insta::assert_snapshot!(show(
        "relations",
        schemas(&json!({
            "user": {"type": "object", "properties": {"id": {"type": "string"}}, "x-collection": "users"},
            "log": {"type": "object", "properties": {"id": {"type": "integer"}}, "x-collection": "logs"},
            "one": {"oneOf": [{"type": "string"}, user], "nullable": true},
            "many": {"type": "array", "items": {"oneOf": [user]}},
            "numbered": {"type": "array", "items": {"oneOf": [{"$ref": "#/components/schemas/log"}]}},
            "other": {"oneOf": [{"type": "array"}, user]},
        }))
    ));
}

#[test]
fn unions() {
    let object = |tag: &str| json!({"type": "object", "properties": {"object": {"type": "string", "enum": [tag]}}, "required": ["object"]});
    insta::assert_snapshot!(show(
        "unions",
        schemas(&json!({
            "card": object("card"),
            "bank": object("bank"),
            "customer": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
            "gone": {"type": "object", "properties": {"deleted": {"type": "boolean", "enum": [true]}}},
            "patch": {"anyOf": [{"type": "string"}, {"type": "string", "enum": [""]}]},
            "alone": {"anyOf": [{"$ref": "#/components/schemas/card"}], "nullable": true},
            "tagged": {"anyOf": [{"$ref": "#/components/schemas/card"}, {"$ref": "#/components/schemas/bank"}]},
            "flagged": {"anyOf": [{"$ref": "#/components/schemas/customer"}, {"$ref": "#/components/schemas/gone"}]},
            "kinds": {"oneOf": [{"type": "integer"}, {"type": "object", "properties": {"gt": {"type": "integer"}}}]},
            "texts": {"anyOf": [{"type": "string"}, {"type": "string", "enum": ["a", "b"]}]},
            "expandable": {
                "anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/customer"}],
                "x-expansionResources": {"oneOf": [{"$ref": "#/components/schemas/customer"}]},
            },
            "merged": {"anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}},
                {"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "string"}}},
            ]},
            "hopeless": {"anyOf": [
                {"type": "object", "properties": {"a": {"type": "string"}}},
                {"type": "object", "properties": {"a": {"type": "integer"}}},
            ]},
            "own": {"type": "object", "properties": {"object": {"anyOf": [{"type": "string", "enum": ["own"]}], "nullable": true}}},
            "untagged": {"oneOf": [{"$ref": "#/components/schemas/own"}, {"$ref": "#/components/schemas/card"}]},
            "first": {"oneOf": [{"$ref": "#/components/schemas/card"}], "discriminator": {"propertyName": "object"}},
            "mixed": {"oneOf": [{"type": "integer"}, {"$ref": "#/components/schemas/kinds"}, {"type": "boolean"}]},
            "constraint": {"type": "object", "properties": {}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        }))
    ));
}

#[test]
fn closed() {
    insta::assert_snapshot!(show(
        "closed",
        schemas(&json!({
            "moment": {"type": "string", "format": "date-time", "nullable": true},
            "naive": {"type": "string", "x-date-time": "UTC, without offset"},
            "seconds": {"type": "integer", "format": "unix-time"},
            "amount": {"type": "string", "format": "decimal"},
            "big": {"type": "string", "format": "int64"},
            "free": {"type": "object"},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "untyped": {},
            "levels": {"type": "integer", "enum": [1, 2]},
        }))
    ));
}

#[test]
fn alias() {
    insta::assert_snapshot!(show(
        "alias",
        schemas(&json!({
            "id": {"type": "string"},
            "ids": {"type": "array", "items": {"$ref": "#/components/schemas/id"}},
            "pet": {"type": "object", "properties": {"ids": {"$ref": "#/components/schemas/ids", "nullable": true}}},
            "kind": {"type": "string", "enum": ["cat"]},
        }))
    ));
}

#[test]
fn answers() {
    let answer = |schema: Value| json!({"responses": {"200": {"content": {"application/json": {"schema": schema}}}}});
    let user = json!({"$ref": "#/components/schemas/user"});
    insta::assert_snapshot!(show(
        "answers",
        json!({
            "paths": {"/a": {
                "get": answer(json!({"properties": {"data": user}})),
                "post": answer(json!({"properties": {"data": {"type": "array", "items": user}, "meta": {}}})),
                "put": answer(json!({"properties": {"data": user, "more": {}}})),
            }},
        })
    ));
}
