//! What a document may say and no call can: found before anything is made of it, so that nothing is dropped in silence.

use serde_json::Value;

use super::passes::list;

/// What cannot be expressed, each with its place and what to do.
pub(crate) fn find(document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        parameters(document, path, item, &mut found);
        for (method, operation) in item.as_object().into_iter().flatten() {
            let place = format!("{method} {path}");
            if method == "trace" {
                found.push(format!(
                    "{place}: TRACE is no call of an API; remove it in overlay.yaml"
                ));
            }
            parameters(document, &place, operation, &mut found);
            body(document, &place, operation, &mut found);
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    for (name, schema) in schemas.into_iter().flatten() {
        elements(name, schema, &mut found);
    }
    found
}

/// What a schema says about XML that is neither written nor read: a member is an element of its own name.
fn elements(place: &str, schema: &Value, found: &mut Vec<String>) {
    let members = schema.get("properties").and_then(Value::as_object);
    for (name, member) in members.into_iter().flatten() {
        let place = format!("{place}.{name}");
        let xml = member.get("xml").and_then(Value::as_object);
        for (key, value) in xml.into_iter().flatten() {
            let is_plain = match key.as_str() {
                "attribute" | "wrapped" => value == false,
                "name" => value == name.as_str(),
                _ => false,
            };
            if !is_plain {
                found.push(format!(
                    "{place}: XML with `{key}` is not written; name the member as the wire does (`@{name}` for an \
                     attribute, an object with one list for a wrapped list) and remove `xml` in overlay.yaml"
                ));
            }
        }
        elements(&place, member, found);
    }
    if let Some(items) = schema.get("items") {
        elements(&format!("{place}[]"), items, found);
    }
}

/// JSON is sent as `application/json`, whatever else a document calls it.
fn body(document: &Value, place: &str, operation: &Value, found: &mut Vec<String>) {
    let body = operation.get("requestBody").unwrap_or(&Value::Null);
    let body = follow(document, body);
    let contents = body.get("content").and_then(Value::as_object);
    let names: Vec<&str> = contents.into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let is_other = |name: &&str| {
        name.split(';')
            .next()
            .is_some_and(|name| name.trim_end().ends_with("+json"))
    };
    if let [name] = names.as_slice()
        && is_other(name)
    {
        found.push(format!(
            "{place}: the body is `{name}`; say `application/json` in overlay.yaml if the provider takes that too"
        ));
    }
}

/// What is there, or what it refers to.
fn follow<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let target = value.get("$ref").and_then(Value::as_str);
    let target = target.and_then(|target| document.pointer(target.strip_prefix('#')?));
    target.unwrap_or(value)
}

fn parameters(document: &Value, place: &str, owner: &Value, found: &mut Vec<String>) {
    for parameter in list(owner.get("parameters")) {
        let parameter = follow(document, parameter);
        let text = |key: &str| parameter.get(key).and_then(Value::as_str).unwrap_or_default();
        let name = text("name");
        match (text("in"), text("style")) {
            ("cookie", _) => found.push(format!(
                "{place}: `{name}` is a cookie, and clients keep none; remove it in overlay.yaml, or say `in: header`"
            )),
            ("path", style @ ("label" | "matrix")) => found.push(format!(
                "{place}: `{name}` stands in the path in the style `{style}`; only `simple` is written"
            )),
            _ => {}
        }
        if parameter.get("allowReserved").is_some_and(|reserved| reserved == true) {
            found.push(format!(
                "{place}: `{name}` is to be sent with reserved characters as they are, which are always escaped; \
                 remove `allowReserved` in overlay.yaml if the provider reads them escaped"
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_construct_that_no_call_can_express_is_named_with_what_to_do() {
        let parameter = |mut more: Value| {
            more["name"] = json!("p");
            more["schema"] = json!({ "type": "string" });
            more
        };
        let document = json!({
            "paths": {
                "/a/{p}": {
                    "parameters": [parameter(json!({ "in": "path", "style": "matrix" }))],
                    "trace": {},
                    "get": { "parameters": [{ "$ref": "#/components/parameters/session" }] },
                    "put": { "requestBody": { "content": { "application/merge-patch+json": {} } } },
                },
                "/b": { "get": { "parameters": [parameter(json!({ "in": "query", "allowReserved": true }))] } },
                "/c": { "put": { "requestBody": { "content": { "application/json": {}, "application/x+json": {} } } } },
            },
            "components": {
                "parameters": { "session": parameter(json!({ "in": "cookie" })) },
                "schemas": { "record": { "xml": { "name": "record" }, "properties": {
                    "id": { "xml": { "attribute": true } },
                    "own": { "xml": { "name": "own", "attribute": false } },
                    "tags": { "items": { "properties": { "tag": { "xml": { "namespace": "urn:a" } } } } },
                } } },
            },
        });
        insta::assert_snapshot!(find(&document).join("\n"));
    }
}
