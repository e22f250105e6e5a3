//! Requests and answers as events of the target `integrator::wire`, for debugging: masked and bounded.
//!
//! Off unless a subscriber takes that target at `trace`; then nothing is printed that is not on a list (`redact.rs`),
//! and no body beyond [`SHOWN`] bytes.

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use tracing::{Level, enabled, trace};

use crate::pipeline::Reply;
use crate::provider::Provider;
use crate::redact;
use crate::transport::{RequestBody, TransportRequest};

/// Greatest part of a body that is shown, in bytes.
const SHOWN: usize = 4 * 1024;

/// Notes a request as it goes out.
pub(crate) fn request(provider: &Provider, request: &TransportRequest) {
    if !enabled!(target: "integrator::wire", Level::TRACE) {
        return;
    }
    let target = request
        .uri()
        .path_and_query()
        .map_or("/", http::uri::PathAndQuery::as_str);
    let bytes = match request.body() {
        RequestBody::Bytes(bytes) => bytes.as_ref(),
        RequestBody::Empty | RequestBody::Stream { .. } => &[],
    };
    trace!(
        target: "integrator::wire",
        method = request.method().as_str(),
        host = request.uri().host().unwrap_or_default(),
        path = %redact::target(target),
        headers = headers(provider, request.headers()),
        body = body(provider, request.headers(), bytes),
        "request"
    );
}

/// Notes an answer; its body where that is in memory.
pub(crate) fn answer(provider: &Provider, reply: &Reply) {
    if enabled!(target: "integrator::wire", Level::TRACE) {
        let bytes = reply.body_bytes().map_or(&[][..], Bytes::as_ref);
        note(provider, reply.status(), reply.headers(), bytes);
    }
}

fn note(provider: &Provider, status: StatusCode, answered: &HeaderMap, bytes: &[u8]) {
    trace!(
        target: "integrator::wire",
        status = status.as_u16(),
        headers = headers(provider, answered),
        body = body(provider, answered, bytes),
        "answer"
    );
}

fn headers(provider: &Provider, headers: &HeaderMap) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| {
            let value = value.to_str().unwrap_or(redact::REDACTED);
            format!("{name}: {}", redact::header(provider, name.as_str(), value))
        })
        .collect();
    lines.sort_unstable();
    lines.join("; ")
}

fn body(provider: &Provider, headers: &HeaderMap, bytes: &[u8]) -> String {
    if headers.contains_key(header::CONTENT_ENCODING) {
        return format!("(compressed, {} bytes)", bytes.len());
    }
    let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    redact::body(provider, media_type.unwrap_or_default(), bytes, SHOWN)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tracing::Level;

    use crate::testing::Scripted;
    use crate::testing::Spans;
    use crate::testing::acme::{CREATE, PLAIN, RETRIEVE, call, scripted};
    use crate::{Credential, RequestOptions, Retry};

    #[tokio::test(start_paused = true)]
    async fn requests_and_answers_show_without_what_is_secret() {
        let canary = "canary-4711";
        let (spans, _guard) = Spans::capture_to(Level::TRACE);
        let (builder, _) = scripted(
            &PLAIN,
            [
                Scripted::status(500)
                    .header("set-cookie", canary)
                    .with_json(&json!({"token": canary, "why": "shown"})),
                Scripted::json(&json!({"client_secret": canary, "amount": 7})).header("request-id", "req_7"),
                Scripted::json(&json!({"id": "1"})),
            ],
        );
        let client = builder.credential(Credential::bearer(canary)).build().unwrap();
        let create = call(&client, &CREATE).set("password", canary).set("colour", "blue");
        create.send().await.unwrap();
        let options = RequestOptions::new().query("email", canary).header("x-secret", canary);
        call(&client, &RETRIEVE).with(options).send().await.unwrap();

        let text = spans.text();
        assert!(!text.contains(canary), "{text}");
        for shown in [
            "authorization: REDACTED",
            "blue",
            "why",
            "shown",
            "amount",
            "req_7",
            "email=REDACTED",
            "status=500",
        ] {
            assert!(text.contains(shown), "{shown} in {text}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn long_bodies_are_cut_and_nothing_shows_unless_it_is_asked_for() {
        let long = json!({"text": "x".repeat(100_000)});
        for (level, shows) in [(Level::TRACE, true), (Level::DEBUG, false)] {
            let (spans, _guard) = Spans::capture_to(level);
            let (builder, _) = scripted(&PLAIN, [Scripted::json(&long)]);
            let client = builder.retry(Retry::never()).build().unwrap();
            call(&client, &RETRIEVE).send().await.unwrap();
            let text = spans.text();
            assert_eq!(text.contains("xxx"), shows);
            assert!(text.len() < 10_000, "{}", text.len());
        }
    }
}
