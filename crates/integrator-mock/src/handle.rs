//! One request from its head to its answer: route, fault, read, check, record, answer.
//!
//! A fault goes before a violation, since a broken network does not look into the request; the violation is recorded all
//! the same. Where operations share an address, the first that the request fits is meant. What a normal answer says is
//! left to `answer` and `list`.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_LENGTH};
use hyper::body::Incoming;
use integrator_contract::{Operation, Payload, Request, Violation, Where};

use crate::{
    Fault, Received, Reply, answer,
    asked::Asked,
    body::{self, Read},
    fault::{Kind, Share, bomb},
    gate,
    long_query::{self, Meant},
    outgoing::{Cut, Outgoing},
    server::{Door, Ending},
    state::State,
    stream_event,
    taped::Taped,
};

pub(crate) async fn handle(
    state: Arc<State>,
    ending: Arc<Ending>,
    request: http::Request<Incoming>,
) -> Result<Response<Outgoing>, Cut> {
    let (head, incoming) = request.into_parts();
    let method = head.method.as_str().to_owned();
    let target = head
        .uri
        .path_and_query()
        .map_or_else(|| head.uri.path().to_owned(), ToString::to_string);
    let mut meant = long_query::meant(&state, &method, head.uri.path(), &head.headers);
    let mut routes = match &mut meant {
        Some(meant) => vec![(meant.promise, std::mem::take(&mut meant.path_arguments))],
        None => (state.contract).routes(&method, head.uri.path(), head.uri.query().unwrap_or_default()),
    };
    // Of several operations at one address, the one that the test speaks of.
    if let Some(at) = routes.iter().position(|(operation, _)| state.has_script(&operation.id)) {
        routes = vec![routes.swap_remove(at)];
    }
    let mut routes = routes.into_iter();
    let route = routes.next();
    let fault = state.next_fault(route.as_ref().map(|(operation, _)| operation.id.as_str()));
    let (mut operation, path_arguments) =
        route.map_or((None, Vec::new()), |(operation, found)| (Some(operation), found));

    let mut received = Received {
        operation: operation.map(|operation| operation.id.as_str()),
        method,
        target,
        long_query: None,
        path_arguments,
        headers: headers(&head.headers),
        body: Bytes::new(),
        body_length: 0,
        body_crc32: 0,
        parts: Vec::new(),
        complete: false,
        violations: Vec::new(),
    };
    match fault.as_ref().map(|fault| &fault.kind) {
        Some(Kind::Drop { read: false, reset }) => {
            if *reset {
                ending.reset();
            }
            state.record(received);
            return Err(Cut);
        }
        Some(Kind::Refuse(time)) => {
            // Recorded first: this task ends with its connection.
            state.record(received);
            let _ = state.door.send(Door::Close(Some(*time), None));
            return Err(Cut);
        }
        _ => {}
    }
    let part = if state.keeper.is_some() { body::FILE } else { body::KEPT };
    let read = body::read(incoming, received.header("content-type"), part).await;
    let read = match received.header("content-encoding") {
        Some("gzip") => read.unpacked(),
        _ => read,
    };
    received.violations = match &meant {
        Some(meant) => {
            received.long_query = meant.query(&read.held);
            long_violations(&state, meant, &received)
        }
        None => violations(&state, operation, &received, &read),
    };
    for (other, _) in routes {
        if !received.violations.is_empty() && violations(&state, Some(other), &received, &read).is_empty() {
            received.violations.clear();
            received.operation = Some(&other.id);
            operation = Some(other);
        }
    }
    (received.body, received.body_length, received.body_crc32) = (read.head, read.length, read.crc32);
    received.parts = read.parts.and_then(Result::ok).unwrap_or_default();
    received.complete = read.complete;
    state.record(received.cut());
    if !received.complete {
        return Err(Cut);
    }
    let taped = Taped::begin(&state, &received, &read.held);
    let usual = || taped.answer(&state, || normal(&state, operation, &received, &read.held));
    match fault {
        Some(fault) => failed(&state, &ending, &fault, usual).await,
        None => Ok(whole(&state, &usual())),
    }
}

fn violations(state: &State, operation: Option<&Operation>, received: &Received, read: &Read) -> Vec<Violation> {
    let Some(operation) = operation else {
        let nearest = state.contract.nearest(&received.method, received.path()).join(", ");
        return vec![Violation::new(
            Where::Path,
            "",
            format!("no operation is there; nearest are {nearest}"),
        )];
    };
    if !read.complete {
        return Vec::new();
    }
    if !read.is_held() {
        return vec![Violation::new(
            Where::Body,
            "",
            "too large for the mock, which holds 64 MiB outside of multipart",
        )];
    }
    let headers: Vec<(&str, &str)> = received
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    let body = match &read.parts {
        Some(Ok(parts)) => Payload::Parts(parts),
        Some(Err(error)) => return vec![Violation::new(Where::Body, "", error.to_string())],
        None => Payload::Bytes(&read.held),
    };
    let request = Request {
        query: received.query(),
        headers: &headers,
        body,
        ..Request::new(&received.method, received.path())
    };
    state.contract.validate_request(operation, &request)
}

/// A query in a body, held against the operation that is meant.
fn long_violations(state: &State, meant: &Meant, received: &Received) -> Vec<Violation> {
    let Some(query) = &received.long_query else {
        return vec![Violation::new(
            Where::Body,
            "",
            "a long query is an object of parameters",
        )];
    };
    let headers = received.headers.iter();
    let headers: Vec<(&str, &str)> = headers.map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let request = Request {
        query,
        headers: &headers,
        ..Request::new(meant.method(), received.path())
    };
    state.contract.validate_request(meant.promise, &request)
}

fn normal(state: &State, operation: Option<&'static Operation>, received: &Received, held: &Bytes) -> Reply {
    let Some(operation) = operation else {
        return answer::unknown_route(state, received);
    };
    if state.authenticated
        && let Some(refusal) = gate::without_credential(state, received)
    {
        return refusal;
    }
    let known = state.provider.operation(&operation.id);
    let standing = state
        .limiter
        .as_ref()
        .and_then(|limiter| limiter.take(state, known, received));
    if let Some(spent) = standing.filter(|standing| standing.spent) {
        return spent.refusal(state);
    }
    let reply = if received.violations.is_empty() {
        let asked = Asked {
            state,
            operation,
            received,
            held,
        };
        state.keys.answer(state, received, || answer::normal(&asked))
    } else {
        answer::contradiction(state, received)
    };
    match standing {
        Some(standing) => standing.told(state, reply),
        None => reply,
    }
}

async fn failed(
    state: &State,
    ending: &Ending,
    fault: &Fault,
    normal: impl Fn() -> Reply,
) -> Result<Response<Outgoing>, Cut> {
    let usual = || fault.dress(normal());
    let by_script = |reply: Reply| fault.scripted(reply);
    let cut = |reply: Reply, length: usize| {
        let body = Outgoing::cut(&reply.body, length);
        response(state, &reply, body)
    };
    match &fault.kind {
        Kind::Drop { reset, .. } => {
            // The provider did what it was asked for; only the answer is lost.
            drop(usual());
            if *reset {
                ending.reset();
            }
            Err(Cut)
        }
        Kind::Refuse(_) => Err(Cut),
        Kind::Usual => Ok(whole(state, &usual())),
        Kind::Status(_) | Kind::Limited => Ok(whole(state, &fault.refusal(state))),
        Kind::ErrorIn200 => {
            let mut reply = answer::error(state, 500);
            reply.status = 200;
            Ok(whole(state, &by_script(reply)))
        }
        Kind::Stall(time) => {
            let reply = usual();
            match time {
                Some(time) => tokio::time::sleep(*time).await,
                None => std::future::pending().await,
            }
            Ok(whole(state, &reply))
        }
        Kind::SlowHead(time) => {
            ending.slow_head(*time);
            Ok(whole(state, &usual()))
        }
        Kind::StallBody(time) => {
            let reply = usual();
            let body = Outgoing::stalled(&reply.body, *time);
            Ok(response(state, &reply, body))
        }
        Kind::Truncate => {
            let reply = usual();
            let body = Outgoing::short(&reply.body, reply.body.len() / 2);
            Ok(response(state, &reply, body))
        }
        Kind::TruncatedJson => {
            let mut reply = usual();
            reply.body.truncate(reply.body.len() / 2);
            Ok(whole(state, &reply))
        }
        Kind::ResetBody(share) => {
            ending.reset();
            let mut reply = usual();
            let length = match share {
                Share::Nothing => 0,
                Share::Half => reply.body.len() / 2,
                Share::All => {
                    // A length would tell that nothing is missing.
                    reply = reply.in_chunks(usize::MAX, std::time::Duration::ZERO);
                    reply.body.len()
                }
            };
            Ok(cut(reply, length))
        }
        Kind::GzipBomb(mebibytes) => {
            let reply = usual().header("content-encoding", "gzip");
            let body = bomb::gzip(*mebibytes, &reply.body);
            Ok(whole(state, &reply.with_body(body)))
        }
        Kind::CutStream(events) => {
            let reply = usual();
            let start = stream_event::after(&reply.body, if reply.is_stream() { *events } else { 0 });
            let end = stream_event::after(&reply.body, if reply.is_stream() { *events + 1 } else { usize::MAX });
            Ok(cut(reply, start.midpoint(end)))
        }
        Kind::StreamError(events) => {
            let reply = usual();
            Ok(whole(state, &answer::with_error_event(state, reply, *events)))
        }
        Kind::UnknownEnum(path) => Ok(whole(state, &answer::with_unknown_enum(usual(), path))),
        Kind::UnknownField => Ok(whole(state, &answer::with_unknown_field(usual()))),
    }
}

fn whole(state: &State, reply: &Reply) -> Response<Outgoing> {
    let body = Outgoing::whole(reply.body.clone(), reply.pace);
    response(state, reply, body)
}

/// The reply's head over a body that may be less than the whole.
fn response(state: &State, reply: &Reply, body: Outgoing) -> Response<Outgoing> {
    let mut response = Response::new(body);
    // A status that HTTP does not know is a mistake of the script, which a 500 shows best.
    *response.status_mut() = reply
        .status
        .try_into()
        .unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(name) = state
        .provider
        .request_id
        .first()
        .and_then(|name| HeaderName::try_from(*name).ok())
    {
        let id = format!("req_mock_{}", state.count_answer());
        headers.extend(HeaderValue::try_from(id).ok().map(|value| (name, value)));
    }
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) {
            headers.insert(name, value);
        }
    }
    if reply.status != 204 && reply.pace.is_none() {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(reply.body.len()));
    }
    response
}

fn headers(map: &HeaderMap) -> Vec<(String, String)> {
    let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    map.iter()
        .map(|(name, value)| (name.as_str().to_owned(), text(value)))
        .collect()
}
