//! A list served page by page, the way the operation's [`Paging`] says the provider does it.

use std::{collections::HashMap, sync::OnceLock};

use integrator_contract::{Example, Operation as Promise, Place, Schema};
use integrator_core::operation::{Next, Operation, Paging};
use serde_json::Value;

use crate::{Received, Reply, answer, dotted, state::State};

/// The member of an item that names it, where the provider has members for the ends of a page.
const ID: &str = "id";
/// Items of a page when neither the request nor the contract says how many.
const PAGE: usize = 10;
/// Names under which providers take a page token that they hand out inside a URL.
const TOKENS: [&str; 4] = ["page", "page_token", "cursor", "after"];

#[derive(Debug)]
pub(crate) struct List {
    paging: Option<Paging>,
    items: Vec<Value>,
    /// Position after each item by its cursor; only lists that go on after an item have one.
    after: OnceLock<HashMap<String, usize>>,
}

impl List {
    pub(crate) fn new(paging: Option<Paging>, items: Vec<Value>) -> Self {
        Self {
            paging,
            items,
            after: OnceLock::new(),
        }
    }

    pub(crate) fn page(&self, state: &State, promise: &'static Promise, received: &Received) -> Reply {
        let (status, content) = promise.success();
        let Some((_, schema)) = content else {
            return Reply::status(status);
        };
        let seed = answer::seed(state.seed, &[&promise.id]);
        let mut body = Example::seeded(seed).of(state.contract, schema);
        let Some(paging) = self.paging else {
            put_items(&mut body, "data", self.items.clone());
            return Reply::status(status).with_json(body);
        };
        let next = self.next(&paging, state);
        let (start, argument) = match self.start(next, promise, received) {
            Ok(start) => start,
            Err(argument) => return answer::unknown_cursor(state, argument),
        };
        let size = page_size(&paging, promise, received);
        let end = start.saturating_add(size).min(self.items.len());
        close(&mut body, &paging, |value| schema.accepts(value));
        put_items(&mut body, paging.items, self.items[start..end].to_vec());
        name_ends(state, schema, &mut body, &self.items[start..end]);
        if end < self.items.len() {
            open(&mut body, next, &token(end), |path| {
                let url = format!("{}?{}", received.path(), next_query(received, argument, &token(end)));
                if is_absolute(state, promise, path) {
                    format!("{}{url}", state.url)
                } else {
                    url
                }
            });
        }
        Reply::status(status).with_json(body)
    }

    /// How a page leads to the next: by the last item where that is what its token names.
    fn next(&self, paging: &Paging, state: &State) -> Next {
        match paging.next {
            Next::Token { argument, path, more } if state.ends.iter().flatten().any(|end| *end == *path) => {
                Next::LastItem {
                    argument,
                    field: ID,
                    more,
                }
            }
            next => next,
        }
    }

    /// Where the page begins, and the argument that said so; the argument alone when it points nowhere.
    fn start(&self, next: Next, promise: &Promise, received: &Received) -> Result<(usize, &'static str), &'static str> {
        let argument = match next {
            Next::LastItem { argument, .. } | Next::Token { argument, .. } | Next::Offset { argument, .. } => argument,
            Next::Url { .. } => {
                let takes = |name: &&str| {
                    promise
                        .parameters
                        .iter()
                        .any(|known| known.place == Place::Query && known.name == **name)
                };
                TOKENS.into_iter().find(takes).unwrap_or(TOKENS[0])
            }
            _ => return Ok((0, "")),
        };
        let position = |cursor: &str| match next {
            Next::LastItem { field, .. } => self.after(field).get(cursor).copied(),
            Next::Offset { .. } => cursor.parse().ok(),
            _ => offset(cursor),
        };
        let start = match received.argument(argument) {
            Some(text) => position(&text).ok_or(argument)?,
            None => 0,
        };
        Ok((start.min(self.items.len()), argument))
    }

    fn after(&self, field: &str) -> &HashMap<String, usize> {
        self.after.get_or_init(|| {
            let cursor = |item: &Value| match dotted::get(item, field)? {
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            };
            let items = self.items.iter().enumerate();
            items
                .filter_map(|(index, item)| Some((cursor(item)?, index + 1)))
                .collect()
        })
    }
}

/// Examples of an operation's items, each with a cursor of its own.
pub(crate) fn examples(state: &State, operation: &Operation, count: usize) -> Vec<Value> {
    let promise = state.contract.operation(operation.id);
    let Some((promise, (_, schema))) = promise.and_then(|promise| Some((promise, promise.success().1?))) else {
        return Vec::new();
    };
    let items = operation.paging.map_or("data", |paging| paging.items);
    let field = match operation.paging.map(|paging| paging.next) {
        Some(Next::LastItem { field, .. }) => field,
        _ => "id",
    };
    let item = |index: usize| {
        let seed = answer::seed(state.seed.wrapping_add(index as u64), &[&promise.id]);
        let whole = Example::seeded(seed).of(state.contract, schema);
        let mut item = dotted::get(&whole, items)?.get(0)?.clone();
        if dotted::get(&item, field).is_some_and(Value::is_string) {
            dotted::set(&mut item, field, Value::from(format!("{field}_{index:06}")));
        }
        Some(item)
    };
    (0..count).filter_map(item).collect()
}

/// Names the first and the last item of a page in the members that are there for it.
fn name_ends(state: &State, schema: &'static Schema, body: &mut Value, items: &[Value]) {
    for (member, item) in state.ends.iter().flatten().zip([items.first(), items.last()]) {
        let id = item.and_then(|item| item.get(ID)).cloned().unwrap_or_default();
        let named = Value::Object([(member.clone(), id.clone())].into_iter().collect());
        if !state.contract.unknown_members(schema, &named).is_empty() {
            continue;
        }
        let is_empty = id.is_null();
        let was_there = body.get(member).is_some();
        dotted::set(body, member, id);
        // An empty page has no ids, and some documents have no null for that.
        if is_empty && !schema.accepts(body) {
            if was_there {
                dotted::set(body, member, Value::from(""));
            } else {
                dotted::remove(body, member);
            }
        }
    }
}

/// Makes an answer the last page.
pub(crate) fn close(body: &mut Value, paging: &Paging, accepts: impl Fn(&Value) -> bool) {
    let (more, next) = match paging.next {
        Next::LastItem { more, .. } | Next::Offset { more, .. } => (more, ""),
        Next::Token { path, more, .. } => (more, path),
        Next::Url { path } => ("", path),
        _ => return,
    };
    if !more.is_empty() {
        dotted::set(body, more, Value::Bool(false));
    }
    if !next.is_empty() && dotted::get(body, next).is_some() {
        dotted::set(body, next, Value::Null);
        if !accepts(body) {
            dotted::remove(body, next);
        }
    }
}

/// Makes an answer lead on.
fn open(body: &mut Value, next: Next, token: &str, url: impl FnOnce(&str) -> String) {
    let more = match next {
        Next::LastItem { more, .. } | Next::Offset { more, .. } => more,
        Next::Token { path, more, .. } => {
            dotted::set(body, path, Value::from(token));
            more
        }
        Next::Url { path } => {
            dotted::set(body, path, Value::from(url(path)));
            ""
        }
        _ => "",
    };
    if !more.is_empty() {
        dotted::set(body, more, Value::Bool(true));
    }
}

fn put_items(body: &mut Value, path: &str, items: Vec<Value>) {
    if !dotted::set(body, path, Value::Array(items)) {
        *body = Value::Null;
    }
}

fn page_size(paging: &Paging, promise: &Promise, received: &Received) -> usize {
    let Some(name) = paging.size else { return PAGE };
    let asked = received.argument(name).and_then(|text| text.parse().ok());
    let declared = || {
        let parameter = promise.parameters.iter().find(|parameter| parameter.name == name)?;
        usize::try_from(parameter.schema.json().get("default")?.as_u64()?).ok()
    };
    asked.or_else(declared).unwrap_or(PAGE).max(1)
}

fn token(position: usize) -> String {
    format!("page_{position}")
}

fn offset(token: &str) -> Option<usize> {
    token.strip_prefix("page_")?.parse().ok()
}

/// The request's query with another token.
fn next_query(received: &Received, argument: &str, token: &str) -> String {
    let own = |pair: &&str| !pair.is_empty() && pair.split('=').next() != Some(argument);
    let kept = received.query().split('&').filter(own).map(str::to_owned);
    kept.chain([format!("{argument}={token}")])
        .collect::<Vec<_>>()
        .join("&")
}

/// Whether a URL in the answer holds a host: one that is declared as a URI does.
fn is_absolute(state: &State, promise: &'static Promise, path: &str) -> bool {
    let resolved = |schema: &'static Value| {
        let name = schema
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|target| target.rsplit('/').next());
        name.and_then(|name| state.contract.schema(name))
            .map_or(schema, Schema::json)
    };
    let Some((_, schema)) = promise.success().1 else {
        return false;
    };
    let member = path.split('.').try_fold(schema.json(), |schema, name| {
        resolved(schema).get("properties")?.get(name)
    });
    member.is_some_and(|member| member.get("format").is_some_and(|format| format == "uri"))
}
