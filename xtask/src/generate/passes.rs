//! The passes that turn a vendored document into the normal form that types are made from, in their order.
//!
//! Normal form: every schema node is one of `$ref`, a scalar, an open enum (`enum`), an object, a map, a list, or a
//! node with `x-kind` (`patch`, `expandable`, `union`, `any`). Each pass is a function over the document; what it hit
//! is counted.

use serde_json::Value;

mod alias;
pub(crate) use alias::is_type as alias_is_type;
mod answers;
mod bodies;
mod closed;
mod merge;
mod null;
mod relations;
mod resolve;
mod unions;

/// One pass.
pub(crate) struct Pass {
    /// Name in the summary and in `lock.toml`.
    pub(crate) name: &'static str,
    /// Why it is needed.
    pub(crate) why: &'static str,
    run: fn(&mut Value, &mut Report),
}

/// What a pass did.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// How many places it changed.
    pub(crate) hits: usize,
    /// What it could not express: pointer and reason.
    pub(crate) remaining: Vec<(String, String)>,
    /// What makes the document unusable.
    pub(crate) problems: Vec<String>,
}

/// All passes, in order.
pub(crate) const PASSES: &[Pass] = &[
    Pass {
        name: "resolve",
        why: "parameters, bodies and answers by reference stand where they are used",
        run: resolve::run,
    },
    Pass {
        name: "null",
        why: "one way to say null; OpenAPI 3.1 becomes 3.0",
        run: null::run,
    },
    Pass {
        name: "bodies",
        why: "one content type each way, no body where the method takes none",
        run: bodies::run,
    },
    Pass {
        name: "merge",
        why: "allOf becomes one schema",
        run: merge::run,
    },
    Pass {
        name: "relations",
        why: "a key or the item that it stands for is an expandable",
        run: relations::run,
    },
    Pass {
        name: "unions",
        why: "anyOf and oneOf become what they mean",
        run: unions::run,
    },
    Pass {
        name: "closed",
        why: "single words that stand for a type: decimal, int64, free-form",
        run: closed::run,
    },
    Pass {
        name: "alias",
        why: "a component that is no type of its own stands where it is used",
        run: alias::run,
    },
    Pass {
        name: "answers",
        why: "a wrapper is named after what it holds",
        run: answers::run,
    },
];

impl Pass {
    /// Changes `document`.
    pub(crate) fn run(&self, document: &mut Value) -> Report {
        let mut report = Report::default();
        (self.run)(document, &mut report);
        report
    }
}

/// Methods of a path item, in the order in which operations are listed.
pub(crate) const METHODS: &[&str] = &["get", "head", "post", "put", "patch", "delete", "options", "search"];

/// Calls `visit` for every schema of the document, outermost first, with its JSON pointer.
pub(crate) fn each_schema(document: &mut Value, visit: &mut dyn FnMut(&mut Value, &str)) {
    if let Some(components) = document
        .pointer_mut("/components/schemas")
        .and_then(Value::as_object_mut)
    {
        for (name, schema) in components {
            walk(schema, &format!("#/components/schemas/{}", escape(name)), visit);
        }
    }
    each_operation(document, &mut |operation, pointer| {
        for (index, parameter) in list_mut(operation.get_mut("parameters")).enumerate() {
            if let Some(schema) = parameter.get_mut("schema") {
                walk(schema, &format!("{pointer}/parameters/{index}/schema"), visit);
            }
            contents(parameter, &format!("{pointer}/parameters/{index}"), visit);
        }
        if let Some(body) = operation.get_mut("requestBody") {
            contents(body, &format!("{pointer}/requestBody"), visit);
        }
        for (status, answer) in operation
            .get_mut("responses")
            .and_then(Value::as_object_mut)
            .into_iter()
            .flatten()
        {
            contents(answer, &format!("{pointer}/responses/{status}"), visit);
        }
    });
}

/// Calls `visit` for every operation of the document with its JSON pointer.
pub(crate) fn each_operation(document: &mut Value, visit: &mut dyn FnMut(&mut Value, &str)) {
    for (path, item) in document
        .get_mut("paths")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        for method in METHODS {
            if let Some(operation) = item.get_mut(method) {
                visit(operation, &format!("#/paths/{}/{method}", escape(path)));
            }
        }
    }
}

fn contents(holder: &mut Value, pointer: &str, visit: &mut dyn FnMut(&mut Value, &str)) {
    for (media, content) in holder
        .get_mut("content")
        .and_then(Value::as_object_mut)
        .into_iter()
        .flatten()
    {
        if let Some(schema) = content.get_mut("schema") {
            walk(schema, &format!("{pointer}/content/{}/schema", escape(media)), visit);
        }
    }
}

fn walk(schema: &mut Value, pointer: &str, visit: &mut dyn FnMut(&mut Value, &str)) {
    visit(schema, pointer);
    children(schema, pointer, &mut |child, at| walk(child, at, visit));
}

/// Calls `visit` for the schemas directly inside a schema.
pub(crate) fn children(schema: &mut Value, pointer: &str, visit: &mut dyn FnMut(&mut Value, &str)) {
    let Some(members) = schema.as_object_mut() else {
        return;
    };
    for (key, value) in members {
        match key.as_str() {
            "properties" | "patternProperties" => {
                for (name, child) in value.as_object_mut().into_iter().flatten() {
                    visit(child, &format!("{pointer}/{key}/{}", escape(name)));
                }
            }
            "allOf" | "anyOf" | "oneOf" | "prefixItems" => {
                for (index, child) in list_mut(Some(value)).enumerate() {
                    visit(child, &format!("{pointer}/{key}/{index}"));
                }
            }
            "items" | "additionalProperties" | "of" if value.is_object() => visit(value, &format!("{pointer}/{key}")),
            "cases" => {
                for (index, case) in list_mut(Some(value)).enumerate() {
                    if let Some(child) = case.get_mut("of") {
                        visit(child, &format!("{pointer}/cases/{index}"));
                    }
                }
            }
            _ => {}
        }
    }
}

pub(crate) fn list_mut(value: Option<&mut Value>) -> impl Iterator<Item = &mut Value> {
    value.and_then(Value::as_array_mut).into_iter().flatten()
}

pub(crate) fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

/// A name as a step of a JSON pointer (RFC 6901).
pub(crate) fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Name of the component that a node refers to.
pub(crate) fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix("#/components/schemas/")
}

#[cfg(test)]
mod tests;
