//! Reads a query string by the styles of OpenAPI: which pairs belong to which parameter, and what they mean.

use serde_json::Value;

use crate::{
    Operation, Parameter, Place, Violation, Where,
    coerce::coerced,
    form::{self, Leaf, Node, Tree},
    merge, route,
    schema::Components,
    strict,
    violation::escaped,
};

/// Everything in the query that contradicts the operation's parameters.
pub(crate) fn violations(components: &Components, operation: &Operation, query: &str) -> Vec<Violation> {
    let parameters: Vec<&Parameter> = operation
        .parameters
        .iter()
        .filter(|parameter| parameter.place == Place::Query)
        .collect();
    let mut found: Vec<Vec<(&str, &str)>> = vec![Vec::new(); parameters.len()];
    let mut violations = Vec::new();
    let own = route::split(&operation.path).1.unwrap_or_default();

    for (name, value) in form::raw_pairs(query).filter(|pair| !form::raw_pairs(own).any(|own| own == *pair)) {
        let plain = form::decoded(name);
        if let Some(index) = owner(components, &parameters, &plain) {
            found[index].push((name, value));
        } else {
            let known = parameters.iter().map(|parameter| parameter.name.as_str());
            violations.push(Violation::at(
                Where::Query,
                &plain,
                strict::unknown("parameter", &plain, known),
            ));
        }
    }
    for (parameter, pairs) in parameters.iter().zip(&found) {
        if pairs.is_empty() {
            if parameter.required {
                violations.push(Violation::at(Where::Query, &parameter.name, "required but missing"));
            }
            continue;
        }
        check(components, parameter, pairs, &mut violations);
    }
    violations
}

/// The parameter that a name belongs to: its own, the one before its bracket, or an exploded object's.
fn owner(components: &Components, parameters: &[&Parameter], name: &str) -> Option<usize> {
    let by_name = |wanted: &str| parameters.iter().position(|parameter| parameter.name == wanted);
    by_name(name)
        .or_else(|| by_name(form::root(name)).filter(|index| nests(components, parameters[*index])))
        .or_else(|| {
            parameters.iter().position(|parameter| {
                parameter.style == "form"
                    && parameter.explode
                    && merge::flattened(components, parameter.schema.json())
                        .get("properties")
                        .is_some_and(|properties| properties.get(name).is_some())
            })
        })
}

/// Whether members stand in brackets: official clients write objects so even where a document does not say it.
fn nests(components: &Components, parameter: &Parameter) -> bool {
    parameter.style == "deepObject" || parameter.style == "form" && is_object(components, parameter.schema.json())
}

fn is_object(components: &Components, schema: &Value) -> bool {
    let schema = merge::flattened(components, schema);
    let members = ["anyOf", "oneOf"]
        .iter()
        .filter_map(|key| schema.get(*key)?.as_array())
        .flatten();
    ["properties", "additionalProperties"]
        .iter()
        .any(|key| schema.get(*key).is_some())
        || members.into_iter().any(|member| is_object(components, member))
}

fn check(components: &Components, parameter: &Parameter, pairs: &[(&str, &str)], violations: &mut Vec<Violation>) {
    let place = Where::Query;
    let name = &parameter.name;
    let value = if parameter.content.is_some() {
        if pairs.len() > 1 {
            violations.push(Violation::at(place, name, "given more than once"));
        }
        match serde_json::from_str::<Value>(&form::decoded(pairs[0].1)) {
            Ok(value) => value,
            Err(_) => {
                violations.push(Violation::at(place, name, "expected JSON text"));
                return;
            }
        }
    } else {
        let (node, problems) = node(parameter, pairs);
        let coerced = coerced(components, parameter.schema.json(), &node);
        violations.extend(problems);
        let at = |path: &str| format!("/{}{path}", escaped(name));
        violations.extend(
            coerced
                .problems
                .iter()
                .map(|problem| Violation::new(place, at(&problem.path), &problem.message)),
        );
        coerced.value
    };
    violations.extend(typed(components, parameter, &value, place));
}

/// Everything in a typed value that contradicts its parameter.
pub(crate) fn typed(components: &Components, parameter: &Parameter, value: &Value, place: Where) -> Vec<Violation> {
    let unknown = strict::unknown_members(components, parameter.schema.json(), value);
    let wrong = parameter.schema.problems(value).into_iter();
    let wrong = wrong
        .filter(|problem| unknown.iter().all(|known| known.path != problem.path))
        .collect::<Vec<_>>();
    let at = |path: &str| format!("/{}{path}", escaped(&parameter.name));
    unknown
        .iter()
        .chain(&wrong)
        .map(|problem| Violation::new(place, at(&problem.path), &problem.message))
        .collect()
}

/// What the pairs of one parameter mean in its style.
fn node(parameter: &Parameter, pairs: &[(&str, &str)]) -> (Node, Vec<Violation>) {
    let own = |name: &str| form::decoded(name) == parameter.name.as_str();
    let texts = || {
        pairs
            .iter()
            .map(|(_, value)| form::decoded(value).into_owned())
            .collect()
    };
    let delimiter = match parameter.style.as_str() {
        "form" | "simple" if !parameter.explode => Some((",", "%2C")),
        "spaceDelimited" if !parameter.explode => Some((" ", "%20")),
        "pipeDelimited" if !parameter.explode => Some(("|", "%7C")),
        _ => None,
    };
    if let Some((delimiter, encoded)) = delimiter
        && let [(_, value)] = pairs
    {
        return (delimited(parameter, value, delimiter, encoded), Vec::new());
    }
    if parameter.style == "deepObject" || !pairs.iter().all(|(name, _)| own(name)) {
        let mut tree = Tree::default();
        let mut prefix = String::new();
        for (name, value) in pairs {
            let name = form::decoded(name);
            if form::root(&name) != parameter.name {
                // A member of an exploded object stands under its bare name.
                prefix = format!("{}[{name}]", parameter.name);
            }
            let full = if prefix.is_empty() {
                name.as_ref()
            } else {
                prefix.as_str()
            };
            tree.add(full, Leaf::Text(form::decoded(value).into_owned()), false);
            prefix.clear();
        }
        let problems = tree.problems.into_iter();
        let problems = problems
            .map(|problem| Violation::new(Where::Query, problem.path, problem.message))
            .collect();
        let node = tree
            .members
            .into_iter()
            .next()
            .map_or(Node::Members(Vec::new()), |(_, node)| node);
        return (node, problems);
    }
    (Node::Text(texts()), Vec::new())
}

/// `1,2` as a list where the schema wants one, else as it stands.
pub(crate) fn delimited(parameter: &Parameter, value: &str, delimiter: &str, encoded: &str) -> Node {
    let wants = |kind: &str| wants(parameter.schema.json(), kind);
    let plain = form::decoded(value);
    if !wants("array") {
        return Node::Text(vec![plain.into_owned()]);
    }
    // A literal delimiter separates and an encoded one belongs to an item, unless only encoded ones are there; those in
    // the JSON text of an object never separate.
    let literal = plain.starts_with('{') || value.contains(delimiter) || !value.to_ascii_uppercase().contains(encoded);
    let items: Vec<String> = if literal {
        value
            .split(delimiter)
            .map(|item| form::decoded(item).into_owned())
            .collect()
    } else {
        plain.split(delimiter).map(str::to_owned).collect()
    };
    Node::Members(
        items
            .into_iter()
            .enumerate()
            .map(|(index, item)| (index.to_string(), Node::Text(vec![item])))
            .collect(),
    )
}

fn wants(schema: &Value, kind: &str) -> bool {
    let is = |value: &Value| {
        value == kind
            || value
                .as_array()
                .is_some_and(|kinds| kinds.iter().any(|one| one == kind))
    };
    let branch = |keyword| schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
    schema.get("type").is_some_and(is)
        || ["anyOf", "oneOf", "allOf"]
            .into_iter()
            .flat_map(branch)
            .any(|part| wants(part, kind))
}
