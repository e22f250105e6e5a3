//! `provider.toml` with what can be read in a document, and a mark wherever a person must decide.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::document::{Document, members};
use super::paging;
use crate::generate;

/// The text of the file.
pub(super) fn guess(provider: &str, document: &Document) -> String {
    let paging = paging::guess(document);
    let lists: Vec<String> = paging.lists.iter().map(|name| quoted(name)).collect();
    let upper = provider.to_uppercase();
    let title = document.title();
    let mut text = format!(
        "# Facts about {title} that its document does not hold. Marks: [doc] provider documentation, [spec] the vendored\n\
         # document. Every `decide:` waits for somebody who knows the provider.\n"
    );
    text.push_str(&fact("title", &quoted(&title), "decide: as the company writes it"));
    text.push_str(&base_url(document));
    text.push_str(&scheme(document));
    text.push_str(&fact("lists", &list(&lists), "[spec]"));
    text.push_str(&request_ids(document));
    text.push_str(&core_headers(document));
    text.push_str(&fact("redact", "[]", "decide: members of bodies that are secret"));
    text.push_str(
        "# decide: probe = \"…\", an operation that only reads, needs no argument and is open to every key\n",
    );
    text.push_str(&fact("sources", "[]", "decide: pages that the [doc] marks stand for"));
    text.push_str(&format!(
        "\n[env]\ncredential = \"{upper}_API_KEY\"\nbase_url = \"{upper}_BASE_URL\"\n"
    ));
    text.push_str(&idempotency(document));
    let twice = "decide: \"PUT\" and \"DELETE\", if sending one twice does no more than once";
    text.push_str(&format!("\n[repeat]\n{}", fact("idempotent_methods", "[]", twice)));
    for (rule, count) in &paging.rules {
        text.push('\n');
        text.push_str(&rule.toml(*count));
    }
    if !paging.numbered.is_empty() {
        text.push_str(&format!(
            "\n# decide: {} by the number of a page, which does not survive changes: is there another way?\n",
            counted(&paging.numbered)
        ));
    }
    text.push_str(&limits(document));
    text.push_str(&errors(document));
    text.push_str(&names(document, &text));
    text
}

/// A line of the file with its mark where marks stand.
fn fact(name: &str, value: &str, mark: &str) -> String {
    format!("{:<59} # {mark}\n", format!("{name} = {value}"))
}

fn list(values: &[String]) -> String {
    format!("[{}]", values.join(", "))
}

fn quoted(text: &str) -> String {
    toml_edit::Value::from(text).to_string().trim().to_owned()
}

fn counted(operations: &[String]) -> String {
    match operations {
        [only] => format!("{only} pages"),
        [first, ..] => format!("{} lists page, {first} first,", operations.len()),
        [] => String::new(),
    }
}

fn base_url(document: &Document) -> String {
    let server = document.facts.pointer("/servers/0");
    let Some(url) = server.and_then(|server| server.get("url")?.as_str()) else {
        return "# decide: base_url = \"https://…\", unless every user has an instance of their own\n".to_owned();
    };
    let mut filled = url.to_owned();
    let variables: Vec<_> = members(server.and_then(|server| server.get("variables"))).collect();
    for (name, variable) in &variables {
        let default = variable.get("default").and_then(Value::as_str).unwrap_or_default();
        filled = filled.replace(&format!("{{{name}}}"), default);
    }
    let filled = filled.trim_end_matches('/');
    if !filled.starts_with("http") {
        return format!("# decide: base_url; the document says {filled:?}, which names no host\n");
    }
    let decide = if variables.is_empty() {
        "[spec]".to_owned()
    } else {
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        format!("decide: {} by default", names.join(" and "))
    };
    fact("base_url", &quoted(filled), &decide)
}

/// How the key is sent: what most operations ask for, as the document has it.
fn scheme(document: &Document) -> String {
    let schemes = document.facts.pointer("/components/securitySchemes");
    let wanted = document.facts.get("security").or_else(|| {
        let operations = document.operations();
        operations
            .into_iter()
            .find_map(|(_, _, operation)| operation.get("security"))
    });
    let choices = wanted.and_then(Value::as_array).into_iter().flatten();
    let names = choices.flat_map(|choice| members(Some(choice)).map(|(name, _)| name.as_str()));
    let all = members(schemes).map(|(name, _)| name.as_str());
    let words: Vec<String> = names
        .chain(all)
        .filter_map(|name| word(document.follow(schemes?.get(name)?)))
        .collect();
    let mut others: BTreeSet<&String> = words.iter().collect();
    match words.first() {
        None => fact(
            "scheme",
            "\"bearer\"",
            "decide: the document does not say how the key is sent",
        ),
        Some(first) => {
            others.remove(first);
            let others: Vec<&str> = others.into_iter().map(String::as_str).collect();
            let mark = if others.is_empty() {
                "[spec]".to_owned()
            } else {
                format!("[spec] decide: this, or {}", others.join(", "))
            };
            fact("scheme", &quoted(first), &mark)
        }
    }
}

fn word(scheme: &Value) -> Option<String> {
    let text = |key: &str| scheme.get(key).and_then(Value::as_str).unwrap_or_default();
    Some(match (text("type"), text("scheme"), text("in")) {
        ("http", "basic", _) => "basic-user".to_owned(),
        ("http" | "oauth2" | "openIdConnect", _, _) => "bearer".to_owned(),
        ("apiKey", _, "header") => format!("header:{}", text("name").to_lowercase()),
        ("apiKey", _, "query") => format!("query:{}", text("name")),
        _ => return None,
    })
}

/// Headers of answers that look like the id of a request.
fn request_ids(document: &Document) -> String {
    let mut names = BTreeSet::new();
    for (_, _, operation) in document.operations() {
        for (_, answer) in members(operation.get("responses")) {
            for (name, _) in members(document.follow(answer).get("headers")) {
                let plain = name.to_lowercase().replace('_', "-");
                if ["request-id", "requestid", "correlation-id", "trace-id"]
                    .iter()
                    .any(|part| plain.ends_with(part))
                {
                    names.insert(quoted(&plain));
                }
            }
        }
    }
    let names: Vec<String> = names.into_iter().collect();
    let mark = if names.is_empty() {
        "decide: the header of answers that names a request"
    } else {
        "[spec]"
    };
    fact("request_id", &list(&names), mark)
}

/// Header parameters that the engine sends itself.
fn core_headers(document: &Document) -> String {
    let key = word_header(document);
    let mut names = BTreeSet::new();
    let mut others = BTreeMap::new();
    for (_, _, operation) in document.flat_operations() {
        for (_, name, _) in document
            .parameters(operation)
            .filter(|(place, _, _)| *place == "header")
        {
            let plain = name.to_lowercase();
            if plain == "authorization" || plain == IDEMPOTENCY || Some(&plain) == key.as_ref() {
                names.insert(quoted(&plain));
            } else {
                *others.entry(plain).or_insert(0_usize) += 1;
            }
        }
    }
    let mut text = String::new();
    if !names.is_empty() {
        let names: Vec<String> = names.into_iter().collect();
        text.push_str(&fact("core_headers", &list(&names), "[spec]"));
    }
    let half = document.flat_operations().len() / 2;
    for (name, count) in others.into_iter().filter(|(_, count)| *count > half) {
        text.push_str(&format!(
            "# decide: {count} operations take the header `{name}`: an argument, or sent with every request ([headers], core_headers)?\n"
        ));
    }
    text
}

fn word_header(document: &Document) -> Option<String> {
    let schemes = members(document.facts.pointer("/components/securitySchemes"));
    let mut words = schemes.filter_map(|(_, scheme)| word(document.follow(scheme)));
    words.find_map(|word| word.strip_prefix("header:").map(str::to_owned))
}

const IDEMPOTENCY: &str = "idempotency-key";

/// Operations that take a key, as far as the document says so.
fn idempotency(document: &Document) -> String {
    let mut keyed = Vec::new();
    let (mut all, mut longest) = (true, None);
    for (path, method, operation) in document.flat_operations() {
        let mut headers = document
            .parameters(operation)
            .filter(|(place, _, _)| *place == "header");
        match headers.find(|(_, name, _)| name.eq_ignore_ascii_case(IDEMPOTENCY)) {
            Some((_, _, parameter)) => {
                longest = parameter
                    .pointer("/schema/maxLength")
                    .and_then(Value::as_u64)
                    .or(longest);
                keyed.push((method.to_uppercase(), path));
            }
            None => all &= method != "post",
        }
    }
    if keyed.is_empty() {
        return "\n# decide: [idempotency], if the provider takes keys\n".to_owned();
    }
    let mut rules: Vec<String> = Vec::new();
    for (method, path) in keyed {
        let rule = if all && method == "POST" {
            "POST /".to_owned()
        } else {
            format!("{method} {path}")
        };
        let rule = quoted(&rule);
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    let longest = match longest {
        Some(longest) => fact("max_length", &longest.to_string(), "[spec]"),
        None => fact("max_length", "255", "decide: the longest key that is taken"),
    };
    format!(
        "\n[idempotency]\n{}{longest}{}",
        fact("header", &quoted(IDEMPOTENCY), "[spec]"),
        fact("keyed", &list(&rules), "[spec]")
    )
}

/// Names for operations that would be called like others.
fn names(document: &Document, facts: &str) -> String {
    let Ok(facts) = toml::from_str::<generate::Facts>(facts) else {
        return String::new();
    };
    let mut text = String::new();
    for (id, name) in generate::settled(&document.flat, &facts) {
        text.push_str(&fact(
            &quoted(&id),
            &quoted(&name),
            "decide: it would be called like another",
        ));
    }
    if text.is_empty() {
        text
    } else {
        format!("\n[names]\n{text}")
    }
}

/// Numbers under a name that says for how long they count.
fn limits(document: &Document) -> String {
    let mut found = Vec::new();
    if let Some(limits) = document.facts.get("x-rate-limits") {
        walk("", limits, 0, &mut found);
    }
    let mut text = String::new();
    for (name, requests, seconds) in &found {
        let mark = if found.len() > 1 {
            format!("[spec] decide: {name}")
        } else {
            format!("[spec] {name}")
        };
        let table = format!(
            "{:<59} # {mark}\ngroup = \"default\"\nrequests = {requests}\nseconds = {seconds}\n",
            "[[limits]]"
        );
        // One counts until somebody has decided.
        if text.is_empty() {
            text = format!("\n{table}");
        } else {
            text.push_str(&format!("\n# {}\n", table.trim_end().replace('\n', "\n# ")));
        }
    }
    if text.is_empty() {
        text = "\n# decide: [[limits]] with group, requests and seconds, if the provider documents any\n".to_owned();
    }
    text
}

/// How deep a limit may stand below `x-rate-limits`.
const DEEPEST: usize = 4;

fn walk(name: &str, value: &Value, depth: usize, found: &mut Vec<(String, u64, u64)>) {
    let units = [("second", 1), ("minute", 60), ("hour", 3_600), ("day", 86_400)];
    match value {
        Value::Object(limits) if depth < DEEPEST => {
            for (below, value) in limits {
                let name = if name.is_empty() {
                    below.clone()
                } else {
                    format!("{name}.{below}")
                };
                walk(&name, value, depth + 1, found);
            }
        }
        Value::Number(requests) => {
            let unit = units.iter().find(|(unit, _)| name.contains(&format!("per_{unit}")));
            if let (Some((_, seconds)), Some(requests)) = (unit, requests.as_u64())
                && u32::try_from(requests).is_ok()
            {
                found.push((plain(name), requests, *seconds));
            }
        }
        _ => {}
    }
}

/// A name of the document inside a comment.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).collect()
}

/// Where bodies of failures keep the code and the message.
fn errors(document: &Document) -> String {
    let mut paths: BTreeMap<(bool, String), usize> = BTreeMap::new();
    for (_, _, operation) in document.operations() {
        for (status, answer) in members(operation.get("responses")) {
            if !(status.starts_with('4') || status.starts_with('5') || status == "default") {
                continue;
            }
            let json = members(document.follow(answer).get("content")).find(|(media, _)| media.contains("json"));
            let Some(schema) = json.and_then(|(_, content)| content.get("schema")) else {
                continue;
            };
            let schema = document.follow(schema);
            for (name, member) in members(schema.get("properties")) {
                let member = document.follow(member);
                note(name, name, member, &mut paths);
                for (below, inner) in members(member.get("properties")) {
                    note(&format!("{name}.{below}"), below, document.follow(inner), &mut paths);
                }
            }
        }
    }
    let of = |code: bool| {
        let mut ranked: Vec<(&String, usize)> = paths
            .iter()
            .filter(|((is_code, _), _)| *is_code == code)
            .map(|((_, path), count)| (path, *count))
            .collect();
        ranked.sort_by_key(|(path, count)| (std::cmp::Reverse(*count), rank(path), (*path).clone()));
        let names: Vec<String> = ranked.into_iter().map(|(path, _)| quoted(path)).collect();
        names.join(", ")
    };
    format!(
        "\n[errors]\n{}{}\n# decide: [[errors.codes]] with code, status, recovery and meaning, where a caller can do something\n",
        fact("code", &format!("[{}]", of(true)), "[spec] decide: in this order"),
        fact("message", &format!("[{}]", of(false)), "[spec] decide: in this order")
    )
}

const CODES: [&str; 4] = ["code", "error_code", "type", "error"];
const MESSAGES: [&str; 6] = [
    "message",
    "detail",
    "error_description",
    "description",
    "title",
    "error",
];

fn rank(path: &str) -> usize {
    let last = path.rsplit('.').next().unwrap_or_default();
    let known = CODES.iter().chain(&MESSAGES);
    known.clone().position(|name| *name == last).unwrap_or_default()
}

fn note(path: &str, name: &str, member: &Value, paths: &mut BTreeMap<(bool, String), usize>) {
    let is_text = match member.get("type") {
        Some(Value::String(kind)) => kind == "string",
        Some(Value::Array(kinds)) => kinds.iter().any(|kind| kind == "string"),
        _ => false,
    };
    if !is_text {
        return;
    }
    if CODES.contains(&name) && name != "error" {
        *paths.entry((true, path.to_owned())).or_default() += 1;
    } else if MESSAGES.contains(&name) {
        *paths.entry((false, path.to_owned())).or_default() += 1;
    }
}
