//! One request from its head to its answer: route, fault, read, check, record, answer.
//!
//! A fault goes before a violation, since a broken network does not look into the request; the violation is recorded all
//! the same. What a normal answer says is left to `answer` and `list`.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Response, header::CONTENT_LENGTH};
use hyper::body::Incoming;
use integrator_contract::{Operation, Payload, Request, Violation, Where};

use crate::{
    Fault, Received, Reply, answer,
    body::{self, Cut, Outgoing, Read},
    fault::Kind,
    server::Ending,
    state::State,
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
    let route = state.contract.route(&method, head.uri.path());
    let fault = route
        .as_ref()
        .and_then(|(operation, _)| state.next_fault(&operation.id));
    let (operation, path_arguments) = route.map_or((None, Vec::new()), |(operation, found)| (Some(operation), found));

    let mut received = Received {
        operation: operation.map(|operation| operation.id.as_str()),
        method,
        target,
        path_arguments,
        headers: headers(&head.headers),
        body: bytes::Bytes::new(),
        body_length: 0,
        body_crc32: 0,
        parts: Vec::new(),
        complete: false,
        violations: Vec::new(),
    };
    if matches!(
        fault,
        Some(Fault {
            kind: Kind::DropBeforeRead,
            ..
        })
    ) {
        state.record(received);
        return Err(Cut);
    }
    let read = body::read(incoming, received.header("content-type")).await;
    received.violations = violations(&state, operation, &received, &read);
    (received.body, received.body_length, received.body_crc32) = (read.head, read.length, read.crc32);
    received.parts = read.parts.and_then(Result::ok).unwrap_or_default();
    received.complete = read.complete;
    state.record(received.clone());
    if !received.complete {
        return Err(Cut);
    }
    let Some(operation) = operation else {
        return Ok(whole(&state, &answer::unknown_route(&state, &received)));
    };
    match fault {
        Some(fault) => failed(&state, &ending, operation, &received, fault).await,
        None => Ok(whole(&state, &normal(&state, operation, &received))),
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

fn normal(state: &State, operation: &'static Operation, received: &Received) -> Reply {
    if received.violations.is_empty() {
        answer::normal(state, operation, received)
    } else {
        answer::contradiction(state, received)
    }
}

async fn failed(
    state: &State,
    ending: &Ending,
    operation: &'static Operation,
    received: &Received,
    fault: Fault,
) -> Result<Response<Outgoing>, Cut> {
    let with_headers = |reply: Reply| {
        fault
            .headers
            .iter()
            .fold(reply, |reply, (name, value)| reply.header(name, value))
    };
    let usual = || with_headers(normal(state, operation, received));
    match &fault.kind {
        Kind::DropBeforeRead | Kind::DropAfterRead => Err(Cut),
        Kind::Status(status) => {
            let reply = match &fault.body {
                Some(body) => Reply::status(*status).with_body(body.clone()),
                None => answer::error(state, *status),
            };
            Ok(whole(state, &with_headers(reply)))
        }
        Kind::Stall(time) => {
            match time {
                Some(time) => tokio::time::sleep(*time).await,
                None => std::future::pending().await,
            }
            Ok(whole(state, &usual()))
        }
        Kind::StallBody(time) => {
            let reply = usual();
            let body = Outgoing::stalled(&reply.body, *time);
            Ok(response(state, &reply, body))
        }
        Kind::Truncate => {
            let reply = usual();
            let body = Outgoing::truncated(&reply.body);
            Ok(response(state, &reply, body))
        }
        Kind::ResetMidBody => {
            ending.reset();
            let reply = usual();
            let body = Outgoing::cut(&reply.body);
            Ok(response(state, &reply, body))
        }
        Kind::UnknownEnum(path) => Ok(whole(state, &answer::with_unknown_enum(usual(), path))),
        Kind::UnknownField => Ok(whole(state, &answer::with_unknown_field(usual()))),
    }
}

fn whole(state: &State, reply: &Reply) -> Response<Outgoing> {
    let body = Outgoing::whole(reply.body.clone());
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
    if reply.status != 204 {
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
