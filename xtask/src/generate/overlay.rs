//! `overlay.yaml`: our changes to a document, as an OpenAPI Overlay (1.0). An action that changes nothing is an error.

use serde::Deserialize;
use serde_json::Value;
use serde_json_path::JsonPath;

#[derive(Debug, Deserialize)]
struct Overlay {
    #[serde(default)]
    actions: Vec<Action>,
}

#[derive(Debug, Deserialize)]
struct Action {
    target: String,
    update: Option<Value>,
    #[serde(default)]
    remove: bool,
    #[serde(rename = "x-why", default)]
    why: String,
}

/// Applies an overlay; an empty one does nothing.
///
/// # Errors
/// Every action that cannot be applied, that says not why, or that hits nothing.
pub(crate) fn apply(document: &mut Value, text: &str) -> Result<(), Vec<String>> {
    if text.trim().is_empty() {
        return Ok(());
    }
    // YAML 1.2: `y` and `no` are words.
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    let overlay: Overlay =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| vec![error.to_string()])?;
    let mut problems = Vec::new();
    for action in overlay.actions {
        if let Err(problem) = step(document, &action) {
            problems.push(format!("{}: {problem}", action.target));
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}

fn step(document: &mut Value, action: &Action) -> Result<(), String> {
    if action.why.is_empty() {
        return Err("`x-why` is missing".to_owned());
    }
    let path = JsonPath::parse(&action.target).map_err(|error| error.to_string())?;
    let mut pointers: Vec<String> = path
        .query_located(document)
        .locations()
        .map(|location| location.to_json_pointer())
        .collect();
    if pointers.is_empty() {
        return Err("hits nothing; the document has changed, remove the action or mend its target".to_owned());
    }
    let before = document.clone();
    // From the end, so that removing one member of a list moves none that is still to be removed.
    pointers.reverse();
    for pointer in pointers {
        if action.remove {
            remove(document, &pointer);
        } else if let (Some(update), Some(target)) = (&action.update, document.pointer_mut(&pointer)) {
            merge(target, update);
        }
    }
    if *document == before {
        Err("changes nothing; the document says so already".to_owned())
    } else {
        Ok(())
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let Some((parent, last)) = pointer.rsplit_once('/') else {
        return;
    };
    let key = last.replace("~1", "/").replace("~0", "~");
    match document.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&key);
        }
        Some(Value::Array(items)) => {
            if let Some(index) = key.parse().ok().filter(|index| *index < items.len()) {
                items.remove(index);
            }
        }
        _ => {}
    }
}

fn merge(target: &mut Value, update: &Value) {
    match (target, update) {
        (Value::Object(target), Value::Object(update)) => {
            for (key, value) in update {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (Value::Array(target), Value::Array(update)) => target.extend(update.iter().cloned()),
        (target, update) => *target = update.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn updates_merge_and_removals_remove() {
        let mut document = json!({"paths": {"/a": {"get": {"tags": ["x"]}}, "/b": {}}});
        let overlay = "overlay: 1.0.0\nactions:\n- target: $.paths['/a'].get\n  x-why: ours\n  update: {tags: [y], x-summary: Reads a.}\n- target: $.paths['/b']\n  x-why: gone\n  remove: true\n";
        apply(&mut document, overlay).unwrap();
        assert_eq!(
            document,
            json!({"paths": {"/a": {"get": {"tags": ["x", "y"], "x-summary": "Reads a."}}}})
        );
    }

    #[test]
    fn an_action_without_effect_is_named() {
        let mut document = json!({"paths": {"/a": {"x": 1}}});
        let overlay = "actions:\n- target: $.paths['/c']\n  x-why: gone\n  remove: true\n- target: $.paths['/a']\n  x-why: same\n  update: {x: 1}\n- target: $.paths\n  update: {}\n";
        let problems = apply(&mut document, overlay).unwrap_err();
        assert_eq!(problems.len(), 3, "{problems:?}");
        assert!(problems[0].contains("hits nothing"), "{problems:?}");
        assert!(problems[1].contains("changes nothing"), "{problems:?}");
        assert!(problems[2].contains("x-why"), "{problems:?}");
    }
}
