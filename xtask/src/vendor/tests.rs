//! What `vendor` makes of small documents, and what it says about broken ones.

use std::io::Read;

use flate2::read::GzDecoder;
use serde_json::{Value, json};

use super::{Args, Vendored, vendor};
use crate::report::plain;

fn args(file: &str) -> Args {
    Args {
        provider: "acme".to_owned(),
        from: file.into(),
        version: None,
        date: None,
        licence: None,
        origin: None,
        keep_prose: false,
    }
}

fn vendored(document: &Value) -> Vendored {
    vendor(&args("acme.json"), document.to_string().as_bytes(), "", "").expect("the document is sound")
}

fn facts(document: &Value) -> Value {
    serde_json::from_str(&vendored(document).facts).expect("facts are JSON")
}

fn contract(document: &Value) -> Value {
    let mut text = String::new();
    GzDecoder::new(vendored(document).contract.as_slice())
        .read_to_string(&mut text)
        .expect("a gzip of text");
    serde_json::from_str(&text).expect("a contract is JSON")
}

fn refusal(file: &str, text: &str) -> String {
    plain(
        &vendor(&args(file), text.as_bytes(), "", "")
            .err()
            .expect("the document is refused"),
    )
}

/// A document around some paths and schemas.
fn document(paths: Value, schemas: Value) -> Value {
    let mut document = json!({
        "openapi": "3.0.3",
        "info": { "title": "Acme", "version": "1" },
        "servers": [{ "url": "https://api.acme.test" }],
        "paths": null,
        "components": { "schemas": null },
    });
    document["paths"] = paths;
    document["components"]["schemas"] = schemas;
    document
}

/// One operation that takes a body with this schema.
fn taking(method: &str, schema: &Value) -> Value {
    let body = json!({ "content": { "application/json": { "schema": schema } } });
    json!({ "/things": { method: { "requestBody": body, "responses": { "204": { "description": "" } } } } })
}

#[test]
fn prose_goes_and_properties_of_the_same_names_stay() {
    let schema = json!({
        "title": "A thing of ours",
        "description": "What it is.",
        "type": "object",
        "properties": {
            "title": { "type": "string", "title": "Title", "description": "Its title.", "example": "A" },
            "description": { "type": "string" },
            "example": { "type": "string", "default": "e", "externalDocs": { "url": "https://acme.test" } },
            "x-extra": { "type": "string", "x-notes": "none", "x-since": "2" }
        },
        "x-oaiMeta": {}
    });
    let document = document(
        json!({ "/things": { "summary": "Things", "get": {
            "description": "Lists.", "operationId": "list", "x-codeSamples": [],
            "responses": { "200": { "description": "Fine.", "headers": { "x-request-id": {
                "description": "Id.", "schema": { "type": "string" } } } } },
        }}}),
        json!({ "Thing": schema }),
    );
    insta::assert_snapshot!(serde_json::to_string_pretty(&facts(&document)["components"]).unwrap(), @r#"
    {
      "schemas": {
        "Thing": {
          "type": "object",
          "properties": {
            "title": {
              "title": "Title",
              "type": "string"
            },
            "description": {
              "type": "string"
            },
            "example": {
              "type": "string",
              "default": "e"
            },
            "x-extra": {
              "type": "string",
              "x-since": "2"
            }
          }
        }
      }
    }
    "#);
    insta::assert_snapshot!(facts(&document)["paths"], @r#"{"/things":{"get":{"operationId":"list","responses":{"200":{"description":"","headers":{"x-request-id":{"schema":{"type":"string"}}}}}}}}"#);
}

#[test]
fn prose_stays_on_demand() {
    let document = document(
        json!({}),
        json!({ "Thing": { "description": "What it is.", "x-notes": "gone" } }),
    );
    let args = Args {
        keep_prose: true,
        ..args("acme.json")
    };
    let kept = vendor(&args, document.to_string().as_bytes(), "", "").unwrap();
    assert!(kept.facts.contains("What it is."));
    assert!(!kept.facts.contains("gone"));
    assert!(kept.lock.contains("prose = true"));
}

#[test]
fn the_order_of_paths_and_components_says_nothing_that_of_properties_does() {
    let schema = |names: [&str; 2]| json!({ "properties": { names[0]: {}, names[1]: {} }, "type": "object" });
    let sorted = document(
        json!({ "/a": {}, "/b": {} }),
        json!({ "A": schema(["z", "y"]), "B": schema(["y", "z"]) }),
    );
    let shuffled: Value = serde_json::from_str(&format!(
        r#"{{ "components": {{ "schemas": {{ "B": {}, "A": {} }} }}, "paths": {{ "/b": {{}}, "/a": {{}} }},
              "servers": [{{ "url": "https://api.acme.test" }}],
              "info": {{ "version": "1", "title": "Acme" }}, "openapi": "3.0.3" }}"#,
        schema(["y", "z"]),
        schema(["z", "y"]),
    ))
    .unwrap();
    assert_eq!(vendored(&sorted).facts, vendored(&shuffled).facts);
    assert_eq!(vendored(&sorted).contract, vendored(&shuffled).contract);
    let names: Vec<_> = facts(&sorted)["components"]["schemas"]["A"]["properties"]
        .as_object()
        .unwrap()
        .keys()
        .cloned()
        .collect();
    assert_eq!(names, ["z", "y"]);
}

#[test]
fn yaml_is_read_by_the_rules_of_version_1_2() {
    let yaml = "
openapi: 3.0.3
info: { title: on, version: '1.10' }
paths:
  /things:
    get:
      operationId: no
      responses: { 200: { description: fine } }
components:
  schemas:
    Thing: { type: integer, maximum: 9223372036854775807, minimum: -9223372036854775808, enum: [0777, yes, 010, 1_0] }
";
    let vendored = vendor(&args("acme.yaml"), yaml.as_bytes(), "", "").unwrap();
    let facts: Value = serde_json::from_str(&vendored.facts).unwrap();
    assert_eq!(facts["info"], json!({ "title": "on", "version": "1.10" }));
    assert_eq!(facts["paths"]["/things"]["get"]["operationId"], "no");
    let thing = &facts["components"]["schemas"]["Thing"];
    assert_eq!(thing["maximum"], json!(i64::MAX));
    assert_eq!(thing["minimum"], json!(i64::MIN));
    assert_eq!(thing["enum"], json!(["0777", "yes", "010", "1_0"]));
}

#[test]
fn schemas_of_openapi_3_0_become_json_schema_2020_12() {
    let schemas = json!({
        "Ref": { "$ref": "#/components/schemas/Text", "nullable": true },
        "Text": { "type": "string", "nullable": true, "enum": ["a"] },
        "Any": { "anyOf": [{ "type": "string" }, { "$ref": "#/components/schemas/Text" }], "nullable": true },
        "One": { "oneOf": [{ "type": "string" }], "nullable": true },
        "Bound": { "type": "number", "minimum": 0, "exclusiveMinimum": true, "maximum": 9, "exclusiveMaximum": false },
        "Deep": { "type": "object", "properties": { "nullable": { "type": "boolean" } },
            "additionalProperties": { "type": "string", "nullable": true } },
        "Self": { "type": "array", "items": { "$recursiveRef": "#" } },
        "Tagged": { "oneOf": [], "discriminator": { "propertyName": "t",
            "mapping": { "a": "#/components/schemas/Text" } } },
    });
    let contract = contract(&document(json!({}), schemas));
    let schemas = contract["schemas"].as_object().unwrap().iter();
    let lines: Vec<_> = schemas.map(|(name, schema)| format!("{name}: {schema}")).collect();
    insta::assert_snapshot!(lines.join("\n"), @r##"
    Any: {"anyOf":[{"type":"string"},{"$ref":"#/$defs/Text"},{"type":"null"}]}
    Bound: {"type":"number","maximum":9,"exclusiveMinimum":0}
    Deep: {"type":"object","properties":{"nullable":{"type":"boolean"}},"additionalProperties":{"type":["string","null"]}}
    One: {"anyOf":[{"oneOf":[{"type":"string"}]},{"type":"null"}]}
    Ref: {"anyOf":[{"$ref":"#/$defs/Text"},{"type":"null"}]}
    Self: {"type":"array","items":{"$ref":"#/$defs/Self"}}
    Tagged: {"discriminator":{"propertyName":"t","mapping":{"a":"#/$defs/Text"}},"oneOf":[]}
    Text: {"type":["string","null"],"enum":["a",null]}
    "##);
}

#[test]
fn operations_come_with_defaults_filled_in_and_references_resolved() {
    let mut document = document(
        json!({ "/v1/things/{id}": {
            "parameters": [{ "$ref": "#/components/parameters/id" }, { "name": "q", "in": "query", "schema": {} }],
            "post": {
                "operationId": "update", "x-sdk-name": "things.update", "x-pagination": { "by": "page" },
                "servers": [{ "url": "https://uploads.acme.test" }],
                "parameters": [{ "name": "q", "in": "query", "style": "deepObject", "content": {
                    "application/json": { "schema": { "type": "object" } } } }],
                "requestBody": { "$ref": "#/components/requestBodies/thing" },
                "responses": { "default": { "description": "" }, "200": { "$ref": "#/components/responses/thing" } },
            }
        }}),
        json!({}),
    );
    let thing = json!({ "application/json": { "schema": { "type": "object", "nullable": true } } });
    document["components"]["parameters"] =
        json!({ "id": { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } } });
    document["components"]["requestBodies"] = json!({ "thing": { "required": true, "content": {
        "application/x-www-form-urlencoded": { "schema": { "type": "object" },
            "encoding": { "tags": { "style": "deepObject", "explode": true }, "ids": {} } } } } });
    document["components"]["responses"] = json!({ "thing": { "description": "", "content": thing } });
    insta::assert_snapshot!(serde_json::to_string_pretty(&contract(&document)["operations"]).unwrap(), @r#"
    [
      {
        "id": "update",
        "name": "things.update",
        "method": "POST",
        "path": "/v1/things/{id}",
        "server": "https://uploads.acme.test",
        "parameters": [
          {
            "name": "id",
            "in": "path",
            "required": true,
            "style": "simple",
            "explode": false,
            "content": null,
            "schema": {
              "type": "string"
            }
          },
          {
            "name": "q",
            "in": "query",
            "required": false,
            "style": "deepObject",
            "explode": false,
            "content": "application/json",
            "schema": {
              "type": "object"
            }
          }
        ],
        "body": {
          "required": true,
          "content": {
            "application/x-www-form-urlencoded": {
              "schema": {
                "type": "object"
              },
              "encoding": {
                "tags": {
                  "style": "deepObject",
                  "explode": true
                },
                "ids": {
                  "style": "form",
                  "explode": true
                }
              }
            }
          }
        },
        "responses": {
          "200": {
            "application/json": {
              "type": [
                "object",
                "null"
              ]
            }
          },
          "default": {}
        },
        "paging": {
          "by": "page"
        }
      }
    ]
    "#);
}

#[test]
fn a_body_without_fields_is_dropped_where_bodies_have_no_meaning() {
    let body =
        |method, schema| contract(&document(taking(method, &schema), json!({})))["operations"][0]["body"].clone();
    let empty = json!({ "type": "object", "properties": {} });
    assert_eq!(body("get", empty.clone()), Value::Null);
    assert_eq!(body("delete", empty.clone()), Value::Null);
    assert_ne!(body("post", empty), Value::Null);
    assert_ne!(
        body("delete", json!({ "type": "object", "properties": { "at": {} } })),
        Value::Null
    );
}

#[test]
fn webhooks_of_openapi_3_1_are_events() {
    let body = json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Paid" } } } });
    let mut document = document(json!({}), json!({ "Paid": {} }));
    document["openapi"] = json!("3.1.0");
    document["webhooks"] = json!({ "paid": { "post": { "requestBody": body, "responses": { "200": {} } } } });
    assert_eq!(
        contract(&document)["events"],
        json!([{ "type": "paid", "schema": "#/components/schemas/Paid" }])
    );
}

#[test]
fn an_operation_without_an_id_gets_one() {
    let paths = json!({
        "/a-b/{c}": { "parameters": [{ "name": "c", "in": "path", "required": true, "schema": {} }],
            "get": { "responses": { "200": {} } } },
        "/a/b/c": { "get": { "responses": { "200": {} } } },
    });
    let operations = contract(&document(paths, json!({})));
    let ids: Vec<_> = operations["operations"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect();
    assert_eq!(ids, ["getABC", "getABC2"]);
}

#[test]
fn the_lock_keeps_what_the_generator_wrote() {
    let lock = "# Note.\n\n[source]\nfile = \"old.json\"\n\n[types]\n\"#/a\" = \"A\" # pinned\n";
    let document = document(json!({}), json!({})).to_string();
    let vendored = vendor(&args("acme.json"), document.as_bytes(), lock, "").unwrap();
    insta::assert_snapshot!(vendored.lock, @r##"
    # Note.

    [source]
    file = "acme.json"
    origin = "unknown"
    licence = "unknown"
    openapi = "3.0.3"
    version = "1"
    date = "unknown"
    sha256 = "a1ec243f01f6cd67bb57d1defeda791b502b1cca84d70ac946d2529e22e9e944"
    openapi_sha256 = "40122806e1ea5766d434759a401a22538846d5f45ab92a1544f53b187d89ce50"
    operations = 0
    schemas = 0
    events = 0

    [types]
    "#/a" = "A" # pinned
    "##);
}

#[test]
fn every_problem_is_named_in_one_report() {
    let broken = json!({
        "openapi": "3.0.3",
        "info": { "title": "Acme", "version": 1 },
        "security": [{ "key": [] }],
        "paths": {
            "/things/{id}": {
                "get": {
                    "operationId": "same",
                    "parameters": [
                        { "name": "other", "in": "path", "required": true, "schema": { "type": "text" } },
                        { "in": "query", "schema": {} },
                        { "name": "q", "in": "query", "style": "simple", "schema": {} },
                        { "name": "r", "in": "body", "schema": {} },
                        { "name": "s", "in": "query" }
                    ],
                    "responses": { "200": { "content": { "json": { "schema": { "$ref": "#/components/schemas/No" } } } } }
                },
                "put": { "operationId": "same", "requestBody": { "content": {} } }
            },
            "things/{": { "get": { "responses": { "2000": {} } } }
        },
        "components": { "schemas": {
            "List": ["a"],
            "Loop": { "$ref": "#/components/schemas/Loop" },
            "Far": { "$ref": "other.json#/a" }
        } }
    });
    insta::assert_snapshot!(refusal("acme.json", &broken.to_string()), @r#"
      × acme.json has 21 problems

    Error:
      × /paths/~1things~1{id}/get/parameters/0/schema/type: unknown type "text"
      help: expected one of array, boolean, integer, null, number, object, string

    Error:
      × /paths/~1things~1{id}/get/responses/200/content/json/schema/$ref: refers to `#/components/schemas/No`, which is
      │ not there
      help: expected `/components/schemas/No` in the document, or another target

    Error:
      × /components/schemas/List: is a list
      help: expected a schema: an object or a boolean

    Error:
      × /components/schemas/Far/$ref: refers to `other.json#/a`, outside of this file
      help: expected a reference inside the document, `#/…`: bundle the files first

    Error:
      × /components/schemas/Loop: refers to itself
      help: expected a component that says what it is

    Error:
      × /info/version: is a number
      help: expected text: put it in quotes

    Error:
      × /paths/~1things~1{id}/get/parameters/1/name: missing
      help: expected a `name` and an `in`

    Error:
      × /paths/~1things~1{id}/get/parameters/2/style: unknown style "simple" of `q`
      help: expected in query: form, spaceDelimited, pipeDelimited, deepObject

    Error:
      × /paths/~1things~1{id}/get/parameters/3/in: `r` is in `body`
      help: expected path, query, header or cookie

    Error:
      × /paths/~1things~1{id}/get/parameters/4: `s` says not what it holds
      help: expected either `schema` or one `content`

    Error:
      × /paths/~1things~1{id}/get/parameters: the path's `{id}` is not declared
      help: expected a parameter `id` with `in: path`

    Error:
      × /paths/~1things~1{id}/get/parameters: the path parameter `other` does not stand in the path
      help: expected `{other}` in the path, or no such parameter

    Error:
      × /paths/~1things~1{id}/get/responses/200/content/json: is no media type
      help: expected a type such as `application/json`

    Error:
      × /paths/~1things~1{id}/put/parameters: the path's `{id}` is not declared
      help: expected a parameter `id` with `in: path`

    Error:
      × /paths/~1things~1{id}/put/requestBody/content: missing
      help: expected at least one media type

    Error:
      × /paths/~1things~1{id}/put/responses: missing
      help: expected at least one response

    Error:
      × /paths/things~1{: the path does not start with a slash
      help: expected a path such as `/customers/{id}`

    Error:
      × /paths/things~1{: a brace without its other half
      help: expected arguments in pairs of braces, such as `{id}`, each once

    Error:
      × /paths/things~1{/get/responses/2000: unknown status
      help: expected a status such as `200`, a class such as `4XX`, `default`

    Error:
      × /paths/~1things~1{id}/get/operationId: the id `same` stands also at /paths/~1things~1{id}/put
      help: expected an operationId of its own for each

    Error:
      × /security/0/key: unknown security scheme
      help: expected one of components/securitySchemes
    "#);
}

#[test]
fn a_document_of_another_kind_is_refused() {
    insta::assert_snapshot!(refusal("acme.json", r#"{ "swagger": "2.0" }"#), @r#"
      × acme.json has 1 problem

    Error:
      × /swagger: this is Swagger "2.0"
      help: expected an OpenAPI document of version 3.0 or 3.1, with the version as text: convert it first
    "#);
    insta::assert_snapshot!(refusal("acme.json", r#"{ "openapi": "4.0.0", "paths": 1 }"#), @r#"
      × acme.json has 1 problem

    Error:
      × /openapi: unknown OpenAPI version `4.0.0`
      help: expected an OpenAPI document of version 3.0 or 3.1, with the version as text
    "#);
    insta::assert_snapshot!(refusal("acme.yaml", "just text"), @r#"
      × acme.yaml has 1 problem

    Error:
      × /: the document is text
      help: expected an OpenAPI document of version 3.0 or 3.1, with the version as text
    "#);
}

#[test]
fn syntax_errors_say_where() {
    insta::assert_snapshot!(refusal("acme.json", "{\n  \"openapi\": \"3.0.3\",\n  \"paths\": {,}\n}"), @r#"
     × acme.json:3:13: key must be a string
      ╭─[acme.json:3:13]
    2 │   "openapi": "3.0.3",
    3 │   "paths": {,}
      ·             ▲
      ·             ╰── here
    4 │ }
      ╰────
     help: expected a JSON document
    "#);
    insta::assert_snapshot!(refusal("acme.json", "{ \"a\": 1, \"a\": 2 }"), @r#"
     × acme.json:1:13: the key `a` stands twice in one object
      ╭─[acme.json:1:13]
    1 │ { "a": 1, "a": 2 }
      ·             ▲
      ·             ╰── here
      ╰────
     help: expected a JSON document
    "#);
    insta::assert_snapshot!(refusal("acme.yaml", "openapi: 3.0.3\npaths:\n  - a\n b: ]\n"), @r#"
     × acme.yaml:4:2: while parsing a block mapping, did not find expected key at line 4, column 2
      ╭─[acme.yaml:4:2]
    3 │   - a
    4 │  b: ]
      ·  ▲
      ·  ╰── here
      ╰────
     help: expected a YAML 1.2 document
    "#);
}

#[test]
fn a_long_line_is_not_shown() {
    let minified = format!("{{\"a\": \"{}\" oops}}", "x".repeat(5_000));
    assert!(refusal("acme.json", &minified).len() < 300);
}

/// What fuzzers are started with (`tests/fuzz`), and every beginning of it.
#[test]
fn any_bytes_are_a_document_or_an_error_that_can_be_shown() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fuzz/corpus/document");
    let mut inputs = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        for end in 0..=bytes.len() {
            match vendor(&args("input"), &bytes[..end], "", "") {
                // Facts are a document of which nothing is left out.
                Ok(vendored) => assert!(vendor(&args("facts"), vendored.facts.as_bytes(), "", "").is_ok()),
                Err(error) => assert!(!plain(&error).is_empty()),
            }
        }
        inputs += 1;
    }
    assert!(inputs > 3, "{inputs}");
}
