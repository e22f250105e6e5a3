use serde_json::json;

use super::{Document, DocumentError, Encoding, MediaType, Place, Style};

#[test]
fn references_path_level_parameters_and_defaults_are_filled_in() {
    let document = Document::new(json!({
        "paths": { "/a/{id}": {
            "parameters": [{ "$ref": "#/components/parameters/Id" }],
            "get": { "operationId": "read", "x-sdk-name": "a.retrieve", "parameters": [
                { "name": "tags", "in": "query", "schema": { "type": "array" } },
                { "name": "filter", "in": "query", "content": { "application/json": { "schema": {} } } },
                { "name": "sort", "in": "query", "style": "form", "explode": false, "schema": {} },
            ] },
        } },
        "components": { "parameters": { "Id": { "name": "id", "in": "path", "schema": { "type": "string" } } } },
    }))
    .unwrap();
    let [read] = document.operations() else {
        panic!("one operation")
    };
    assert_eq!(
        (read.method.as_str(), read.sdk_name.as_deref()),
        ("GET", Some("a.retrieve"))
    );
    let seen: Vec<_> = read
        .parameters
        .iter()
        .map(|p| (p.name.as_str(), p.place, p.style, p.explode, p.json))
        .collect();
    assert_eq!(
        seen,
        [
            ("id", Place::Path, Style::Simple, false, false),
            ("tags", Place::Query, Style::Form, true, false),
            ("filter", Place::Query, Style::Form, true, true),
            ("sort", Place::Query, Style::Form, false, false),
        ]
    );
    assert!(read.parameters[0].required, "a path parameter always is");
}

#[test]
fn whoever_comes_second_is_named_after_its_place() {
    let document = Document::new(json!({ "paths": { "/a/{id}": { "post": {
        "operationId": "clash",
        "parameters": [
            { "name": "id", "in": "query", "schema": {} },
            { "name": "id", "in": "path", "schema": {} },
        ],
        "requestBody": { "content": { "application/json": { "schema": {
            "allOf": [{ "properties": { "id": {} } }, { "properties": { "name": {} }, "required": ["name"] }],
        } } } },
    } } } }))
    .unwrap();
    let clash = document.operation_by_id("clash").unwrap();
    let names: Vec<_> = clash.parameters.iter().map(|p| p.argument.as_str()).collect();
    assert_eq!(names, ["id", "query.id"]);
    let fields = clash.body.as_ref().unwrap().fields.as_ref().unwrap();
    assert_eq!(
        fields.iter().map(|f| f.argument.as_str()).collect::<Vec<_>>(),
        ["body.id", "name"]
    );
}

#[test]
fn a_body_with_nothing_in_it_is_none_where_the_method_has_no_body() {
    let body = json!({ "content": { "application/x-www-form-urlencoded": { "schema": { "properties": {} } } } });
    let form = json!({ "content": { "multipart/form-data": {
        "schema": { "properties": { "a": {}, "b": {} } }, "encoding": { "b": { "style": "deepObject" } },
    } } });
    let document = Document::new(json!({ "paths": { "/a": {
        "get": { "operationId": "get", "requestBody": body },
        "post": { "operationId": "post", "requestBody": body },
        "delete": { "operationId": "delete", "requestBody": form },
    } } }))
    .unwrap();
    assert!(document.operation_by_id("get").unwrap().body.is_none());
    assert!(document.operation_by_id("post").unwrap().body.is_some());
    let body = document.operation_by_id("delete").unwrap().body.as_ref().unwrap();
    assert_eq!(body.kind, MediaType::Multipart);
    let encodings: Vec<_> = body.fields.as_ref().unwrap().iter().map(|f| f.encoding).collect();
    assert_eq!(encodings, [Encoding::Parts, Encoding::Brackets]);
}

#[test]
fn a_dangling_or_circular_reference_is_named() {
    for reference in ["#/components/parameters/Gone", "#/components/parameters/Loop"] {
        let error = Document::new(json!({
            "paths": { "/a": { "get": { "operationId": "a", "parameters": [{ "$ref": reference }] } } },
            "components": { "parameters": { "Loop": { "$ref": "#/components/parameters/Loop" } } },
        }))
        .unwrap_err();
        assert!(
            matches!(&error, DocumentError::Reference(at) if at == reference),
            "{error}"
        );
    }
}
