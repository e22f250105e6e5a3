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
        }
    }
    found
}

fn parameters(document: &Value, place: &str, owner: &Value, found: &mut Vec<String>) {
    for parameter in list(owner.get("parameters")) {
        let target = parameter.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|target| document.pointer(target.strip_prefix('#')?));
        let parameter = target.unwrap_or(parameter);
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
