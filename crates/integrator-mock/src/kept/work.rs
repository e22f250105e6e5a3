//! Batches: requests that one object stands for.
//!
//! Each is answered by the mock itself, in the moment in which the object is created; the results are handed out with its
//! end, which comes when the object was read often enough. What a line of results looks like is in the provider's file.

use std::collections::BTreeMap;

use bytes::Bytes;
use fastrand::Rng;
use integrator_contract::{Payload, Request};
use serde::Deserialize;
use serde_json::{Map, Value};

#[cfg(test)]
use super::table::Collection;
use super::words::Words;
use crate::{Received, answer, asked::Asked, dotted, state::State};

/// A collection's batches in a provider's file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Batch {
    /// Member with the requests, or with the id of a file that has one a line.
    requests: String,
    /// Path of the collection of such files; the results are files of it, too. Without it they are the object's content.
    #[serde(default)]
    pub(super) files: String,
    /// `METHOD /path` of all requests; empty when each says its own.
    #[serde(default)]
    operation: String,
    /// Member of the object that the address of each request must be.
    #[serde(default)]
    endpoint: String,
    /// Member of a request that is its body.
    body: String,
    /// A line of the results, as JSON: `{status}`, `{body}`, and `{sent:..}` for what is in the request.
    answered: String,
    failed: String,
    /// Members that take the ids of the files with answers and with failures.
    #[serde(default)]
    pub(super) outputs: Vec<String>,
    /// Members of such a file; `{length}` is its length.
    #[serde(default)]
    pub(super) file: Map<String, Value>,
    /// Members that are set with the end: `{total}`, `{answered}`, `{failed}`, `{left}`.
    counts: Map<String, Value>,
    /// Ends other than that of all requests done, by name.
    ends: BTreeMap<String, End>,
}

/// How a batch ends before all of it is done.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    /// Members that it sets; `{line}` and `{why}` for a file that is refused.
    set: Map<String, Value>,
    /// A line for a request of the second half, which is not begun. Without it nothing is.
    #[serde(default)]
    left: String,
}

/// The end of a batch whose file is refused.
const REFUSED: &str = "failed";

/// The requests of one batch, answered.
#[derive(Debug, Default)]
pub(super) struct Work {
    done: Vec<Done>,
    /// The first line that is no request of this batch, and why.
    refused: Option<(usize, String)>,
}

#[derive(Debug)]
struct Done {
    request: Value,
    status: u16,
    body: Value,
}

/// What a batch leaves behind.
pub(super) struct Left {
    pub(super) members: Map<String, Value>,
    /// Not all of it was done.
    pub(super) is_early: bool,
    /// Lines of answers, and of failures.
    pub(super) outputs: [String; 2],
}

impl Batch {
    /// Answers the requests of an object that was just created; none when it names a file that is not there.
    pub(super) fn work(&self, asked: &Asked<'_>, object: &Value, file: impl Fn(&str) -> Option<Bytes>) -> Option<Work> {
        let sent = asked.body().unwrap_or_default();
        let named = dotted::get(&sent, &self.requests).cloned().unwrap_or_default();
        let lines: Vec<Result<Value, String>> = if self.files.is_empty() {
            named.as_array()?.iter().cloned().map(Ok).collect()
        } else {
            let content = file(named.as_str()?)?;
            let text = String::from_utf8_lossy(&content).into_owned();
            let lines = text.lines().filter(|line| !line.trim().is_empty());
            lines
                .map(|line| serde_json::from_str(line).map_err(|_| "this line is no JSON".to_owned()))
                .collect()
        };
        let mut work = Work::default();
        for (at, line) in lines.into_iter().enumerate() {
            let answered = line.and_then(|request| self.answer(asked, object, request));
            match answered {
                Ok(done) => work.done.push(done),
                Err(why) => {
                    work.refused = Some((at + 1, why));
                    break;
                }
            }
        }
        Some(work)
    }

    fn answer(&self, asked: &Asked<'_>, object: &Value, request: Value) -> Result<Done, String> {
        let text = |member: &str| request.get(member).and_then(Value::as_str);
        let (method, address) = match self.operation.split_once(' ') {
            Some((method, path)) => (method, path),
            None => text("method").zip(text("url")).ok_or("`method` or `url` is missing")?,
        };
        let endpoint = object.get(&self.endpoint).and_then(Value::as_str);
        if endpoint.is_some_and(|endpoint| endpoint != address) {
            return Err(format!("`{address}` is not the endpoint of the batch"));
        }
        let body = request
            .get(&self.body)
            .ok_or_else(|| format!("`{}` is missing", self.body))?;
        let (status, body) =
            ask(asked, method, address, body).ok_or_else(|| format!("there is no {method} {address}"))?;
        Ok(Done { request, status, body })
    }

    /// Whether a batch can end like this.
    pub(super) fn has_end(&self, name: &str) -> bool {
        self.ends.contains_key(name)
    }

    /// What the work leaves behind when it ends like this; all of it is done when it ends by itself.
    pub(super) fn end(&self, state: &State, seed: &str, work: &Work, end: Option<&str>) -> Left {
        let end = work.refused.as_ref().map_or(end, |_| Some(REFUSED));
        let end = end.and_then(|name| self.ends.get(name));
        let begun = match end {
            None => work.done.len(),
            Some(end) if end.left.is_empty() => 0,
            Some(_) => work.done.len().div_ceil(2),
        };
        let mut random = Rng::with_seed(answer::seed(state.seed, &[seed]));
        let mut line = |template: &str, request: &Value, own: Value| {
            let template = serde_json::from_str(template).unwrap_or_default();
            words(state, &mut random, request)
                .value(&template, &own)
                .unwrap_or_default()
        };
        let mut outputs = [String::new(), String::new()];
        let mut failed = 0;
        for (at, done) in work.done.iter().enumerate() {
            let own = serde_json::json!({"status": done.status, "body": done.body});
            let (output, template) = match end {
                Some(end) if at >= begun && end.left.is_empty() => break,
                Some(end) if at >= begun => (1, &end.left),
                _ if done.status < 400 => (0, &self.answered),
                _ => {
                    failed += 1;
                    (1, &self.failed)
                }
            };
            outputs[output].push_str(&format!("{}\n", line(template, &done.request, own)));
        }
        let (total, why) = match (&work.refused, end) {
            (None, _) => (work.done.len(), (1, "refused by script".to_owned())),
            (Some(refused), _) => (0, refused.clone()),
        };
        let own = serde_json::json!({
            "total": total, "answered": begun - failed, "failed": failed, "left": total.saturating_sub(begun),
            "line": why.0, "why": why.1,
        });
        let mut members = words(state, &mut random, &Value::Null).members(&self.counts, &own);
        if let Some(end) = end {
            members.extend(words(state, &mut random, &Value::Null).members(&end.set, &own));
        }
        Left {
            members,
            is_early: end.is_some(),
            outputs,
        }
    }

    /// Everything in the file that fits neither itself nor its collection.
    #[cfg(test)]
    pub(super) fn problems(&self, collection: &Collection) -> Vec<String> {
        let lefts = self.ends.values().map(|end| &end.left).filter(|left| !left.is_empty());
        let lines = lefts.chain([&self.answered, &self.failed]);
        let broken = lines.filter(|line| serde_json::from_str::<Value>(line).is_err());
        let mut problems: Vec<String> = broken.map(|line| format!("no JSON: {line}")).collect();
        let actions = collection.action.iter().map(|action| &action.ends);
        let unknown = actions.filter(|end| !end.is_empty() && !self.has_end(end));
        problems.extend(unknown.map(|end| format!("no end: {end}")));
        if collection.steps.is_none() {
            problems.push("a batch has steps".to_owned());
        }
        if self.files.is_empty() == collection.content.is_empty() {
            problems.push("results are files or content".to_owned());
        }
        problems
    }
}

fn words<'a>(state: &State, random: &mut Rng, sent: &'a Value) -> Words<'a> {
    Words {
        random: random.fork(),
        number: 0,
        now: state.clock.wall(),
        base: "",
        parent: "",
        id: Value::Null,
        sent,
        file: None,
    }
}

/// Status and body of the answer to a request that came within another; none when there is no such operation.
fn ask(asked: &Asked<'_>, method: &str, address: &str, body: &Value) -> Option<(u16, Value)> {
    let state = asked.state;
    // Addresses have the path of the provider's base URL before that of the operation.
    let base = state.contract.servers().first().and_then(|url| url.split_once("://"));
    let base = base.and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].trim_end_matches('/')));
    let path = base.and_then(|base| address.strip_prefix(base)).unwrap_or(address);
    let (operation, path_arguments) = state.contract.routes(method, path, "").into_iter().next()?;
    let held = Bytes::from(body.to_string());
    let headers = asked.received.headers.iter();
    let headers = headers.filter(|(name, _)| !name.starts_with("content-")).cloned();
    let mut received = Received {
        operation: Some(&operation.id),
        method: method.to_owned(),
        target: path.to_owned(),
        path_arguments,
        headers: headers
            .chain([("content-type".to_owned(), "application/json".to_owned())])
            .collect(),
        body: held.clone(),
        body_length: held.len() as u64,
        complete: true,
        ..asked.received.clone()
    };
    received.parts.clear();
    let headers: Vec<(&str, &str)> = received
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let request = Request {
        headers: &headers,
        body: Payload::Bytes(&held),
        ..Request::new(method, path)
    };
    received.violations = state.contract.validate_request(operation, &request);
    let inner = Asked {
        state,
        operation,
        received: &received,
        held: &held,
    };
    let reply = match state.next_refusal(&operation.id) {
        Some(fault) => fault.refusal(state),
        None if received.violations.is_empty() => answer::normal(&inner),
        None => answer::contradiction(state, &received),
    };
    let body = serde_json::from_slice(&reply.body);
    let body = body.unwrap_or_else(|_| String::from_utf8_lossy(&reply.body).into_owned().into());
    Some((reply.status, body))
}
