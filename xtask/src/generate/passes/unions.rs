//! `anyOf` and `oneOf` become what they mean: one schema, a patch, an expandable, an open enum, or a union whose cases
//! say how its members are told apart.

use serde_json::{Map, Value, json};

use super::{Report, component, each_schema, list};

mod objects;

pub(super) fn run(document: &mut Value, report: &mut Report) {
    let components = document.pointer("/components/schemas").cloned().unwrap_or_default();
    each_schema(document, &mut |schema, pointer| {
        // A member that takes its union's place may be a union itself.
        for _ in 0..8 {
            let Some(members) = take_members(schema) else {
                return;
            };
            report.hits += 1;
            let node = classify(schema, members, &components, report, pointer);
            replace(schema, node);
        }
    });
}

/// The members of a union, taken out; a list of bare `required` lists is a constraint and no union.
fn take_members(schema: &mut Value) -> Option<Vec<Value>> {
    let node = schema.as_object_mut()?;
    let key = if node.contains_key("anyOf") { "anyOf" } else { "oneOf" };
    let Value::Array(members) = node.shift_remove(key)? else {
        return None;
    };
    let constraint = |member: &Value| {
        member
            .as_object()
            .is_some_and(|member| member.contains_key("required") && member.keys().all(|key| key == "required"))
    };
    (!members.iter().all(constraint)).then_some(members)
}

/// `nullable` and the title of the union stay with what replaces it.
fn replace(schema: &mut Value, node: Value) {
    let kept: Vec<(String, Value)> = ["nullable", "deprecated", "x-file", "x-part"]
        .iter()
        .filter_map(|key| schema.get(*key).map(|value| ((*key).to_owned(), value.clone())))
        .collect();
    *schema = node;
    for (key, value) in kept {
        schema[key] = value;
    }
}

fn classify(schema: &Value, members: Vec<Value>, components: &Value, report: &mut Report, pointer: &str) -> Value {
    let unset = |member: &Value| member.get("enum").is_some_and(|values| *values == json!([""]));
    let count = members.len();
    let rest: Vec<Value> = members.into_iter().filter(|member| !unset(member)).collect();
    if rest.len() < count {
        let of = classify(schema, rest, components, report, pointer);
        return json!({"x-kind": "patch", "of": of});
    }
    if schema.get("x-expansionResources").is_some() {
        let objects: Vec<Value> = rest
            .into_iter()
            .filter(|member| kind(member, components) != Kind::String)
            .collect();
        let of = classify(&Value::Null, objects, components, report, pointer);
        return json!({"x-kind": "expandable", "of": of});
    }
    if let [one] = rest.as_slice()
        && schema.get("discriminator").is_none()
    {
        return one.clone();
    }
    let rest = flat(rest, components, 0);
    let mut cases: Vec<Value> = Vec::new();
    for wanted in [Kind::String, Kind::Number, Kind::Boolean, Kind::Array, Kind::Object] {
        let group: Vec<Value> = rest
            .iter()
            .filter(|member| kind(member, components) == wanted)
            .cloned()
            .collect();
        if group.is_empty() {
            continue;
        }
        let alone = group.len() == rest.len();
        match wanted {
            Kind::String => {
                let of = strings(&group, components);
                if alone {
                    return of;
                }
                cases.push(case("string", "string", &[], &of));
            }
            Kind::Number => {
                let of = numbers(&group);
                if alone {
                    return of;
                }
                cases.push(case("number", "number", &[], &of));
            }
            Kind::Boolean => {
                if alone {
                    return json!({"type": "boolean"});
                }
                cases.push(case("boolean", "boolean", &[], &json!({"type": "boolean"})));
            }
            Kind::Array => {
                let of = match group.as_slice() {
                    [one] => one.clone(),
                    _ => json!({"type": "array", "items": {"anyOf":
                        group.iter().filter_map(|member| member.get("items")).cloned().collect::<Vec<_>>()}}),
                };
                if alone {
                    return of;
                }
                cases.push(case("list", "array", &[], &of));
            }
            Kind::Object => match objects::classify(schema, &group, components, alone) {
                Ok(objects::Found::One(of)) if alone => return of,
                Ok(objects::Found::One(of)) => cases.push(case(&name_of(&of, "object"), "object", &[], &of)),
                Ok(objects::Found::Cases(found)) => cases.extend(found),
                Err(reason) => {
                    report.remaining.push((pointer.to_owned(), reason));
                    let of = json!({"x-kind": "any"});
                    if alone {
                        return of;
                    }
                    cases.push(case("object", "object", &[], &of));
                }
            },
            Kind::Unknown => {}
        }
    }
    if rest.iter().any(|member| kind(member, components) == Kind::Unknown) {
        report
            .remaining
            .push((pointer.to_owned(), "a member without a type".to_owned()));
        return json!({"x-kind": "any"});
    }
    json!({"x-kind": "union", "cases": cases})
}

/// The members, with those of a union inside that has members of several kinds in its place.
fn flat(members: Vec<Value>, components: &Value, depth: usize) -> Vec<Value> {
    let mixed = |member: &Value| {
        let target = resolve(member, components);
        let inner: Vec<Value> = list(target.get("anyOf"))
            .chain(list(target.get("oneOf")))
            .cloned()
            .collect();
        (depth < 8 && kind(member, components) == Kind::Unknown && !inner.is_empty()).then_some(inner)
    };
    let members = members.into_iter().flat_map(|member| match mixed(&member) {
        Some(inner) => flat(inner, components, depth + 1),
        None => vec![member],
    });
    members.collect()
}

/// One way a union can be: name of the variant, how it is told apart, by which words, and its schema.
fn case(name: &str, how: &str, by: &[&str], of: &Value) -> Value {
    json!({"name": name, "case": how, "by": by, "of": of})
}

/// A name for a variant: of the component, else of the title.
fn name_of(schema: &Value, otherwise: &str) -> String {
    component(schema)
        .or_else(|| schema.get("title").and_then(Value::as_str))
        .unwrap_or(otherwise)
        .to_owned()
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    String,
    Number,
    Boolean,
    Array,
    Object,
    Unknown,
}

fn kind(schema: &Value, components: &Value) -> Kind {
    let schema = resolve(schema, components);
    match schema.get("type").and_then(Value::as_str) {
        Some("string") => Kind::String,
        Some("integer" | "number") => Kind::Number,
        Some("boolean") => Kind::Boolean,
        Some("array") => Kind::Array,
        Some("object") => Kind::Object,
        _ if schema.get("properties").is_some() => Kind::Object,
        _ if list(schema.get("enum")).next().is_some_and(Value::is_string) => Kind::String,
        _ => {
            // A union inside a union has the kind that all its members share.
            let mut kinds = list(schema.get("anyOf"))
                .chain(list(schema.get("oneOf")))
                .map(|member| kind(member, components));
            match kinds.next() {
                Some(first) if kinds.all(|other| other == first) => first,
                _ => Kind::Unknown,
            }
        }
    }
}

fn resolve<'a>(schema: &'a Value, components: &'a Value) -> &'a Value {
    let mut schema = schema;
    for _ in 0..16 {
        match component(schema).and_then(|name| components.get(name)) {
            Some(target) => schema = target,
            None => break,
        }
    }
    schema
}

/// Texts: the listed values of all members; without any, a text of the format that all share.
fn strings(members: &[Value], components: &Value) -> Value {
    if let [one] = members {
        return one.clone();
    }
    let mut values: Vec<Value> = Vec::new();
    let mut formats: Vec<Option<&Value>> = Vec::new();
    for member in members {
        let member = resolve(member, components);
        formats.push(member.get("format"));
        for value in list(member.get("enum")).chain(list(member.get("x-known-values"))) {
            if !values.contains(value) {
                values.push(value.clone());
            }
        }
    }
    let mut node = Map::new();
    node.insert("type".to_owned(), json!("string"));
    if !values.is_empty() {
        node.insert("enum".to_owned(), Value::Array(values));
    } else if let Some(Some(first)) = formats.first()
        && formats.iter().all(|format| *format == Some(first))
    {
        node.insert("format".to_owned(), (*first).clone());
    }
    Value::Object(node)
}

fn numbers(members: &[Value]) -> Value {
    match members {
        [one] => one.clone(),
        _ if members
            .iter()
            .all(|member| member.get("type").is_some_and(|kind| kind == "integer")) =>
        {
            json!({"type": "integer"})
        }
        _ => json!({"type": "number"}),
    }
}
