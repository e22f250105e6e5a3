//! Answers of any shape: what kind of failure they are, how long they ask to wait, what they say about limits, and whether
//! they let anything happen twice.

use std::time::Duration;

use integrator_core::operation::{Method, Operation, Repeat};
use integrator_core::provider::{
    BodyWindow, Drains, ErrorFacts, Provider, Reasons, Refill, ResetFormat, Resource, RetryFacts, StatusRule,
    Throttling, WindowFact, WindowSource,
};
use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Call, Client, Credential, Error, RequestOptions, Retry, Value};
use tokio::runtime::{Builder, Runtime};

/// What an answer asks for is never longer than this.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);
/// And what it holds back, never longer than that.
const HELD_BACK: Duration = Duration::from_secs(120);

const fn headers(
    resource: Resource,
    (limit, remaining, reset): (&'static str, &'static str, &'static str),
    format: ResetFormat,
    refill: Refill,
) -> WindowFact {
    WindowFact {
        resource,
        source: WindowSource::Headers {
            limit,
            remaining,
            reset,
            format,
        },
        refill,
    }
}

/// Every dialect at once.
static PROVIDER: Provider = Provider {
    name: "answers",
    base_url: Some("https://answers.test"),
    retry: RetryFacts {
        verdict_header: Some("should-retry"),
        verdict_covers_unsafe: true,
        statuses: &[StatusRule {
            status: 409,
            code: Some("lock_timeout"),
            repeat: &[Repeat::Safe],
        }],
        refused_before_work: &[503],
        quota_codes: &["insufficient_quota"],
    },
    throttling: Throttling {
        windows: &[
            headers(
                Resource::Requests,
                ("limit-requests", "remaining-requests", "reset-requests"),
                ResetFormat::Duration,
                Refill::Gradual,
            ),
            headers(
                Resource::Tokens,
                ("limit-tokens", "remaining-tokens", "reset-tokens"),
                ResetFormat::Rfc3339,
                Refill::Gradual,
            ),
            headers(
                Resource::Requests,
                ("x-limit", "x-remaining", "x-reset"),
                ResetFormat::Seconds,
                Refill::AtReset,
            ),
            WindowFact {
                resource: Resource::Requests,
                source: WindowSource::Pairs("ratelimit"),
                refill: Refill::AtReset,
            },
        ],
        body: Some(BodyWindow {
            limit: "errors.0.extensions.limit",
            reset: "errors.0.extensions.reset",
            format: ResetFormat::Rfc3339,
        }),
        reasons: Some(Reasons {
            header: "reason",
            drains: &[
                ("global", Drains::Identity),
                ("endpoint", Drains::Operation),
                ("lock", Drains::Nothing),
            ],
        }),
        unrelated_codes: &["insufficient_quota"],
        usage: &["usage.input + usage.output"],
        output: &[],
    },
    errors: ErrorFacts::DEFAULT,
    ..Provider::DEFAULT
};

static READ: Operation = Operation {
    id: "read",
    name: "read",
    repeat: Repeat::Safe,
    ..Operation::DEFAULT
};

static WRITE: Operation = Operation {
    id: "write",
    name: "write",
    method: Method::Post,
    ..Operation::DEFAULT
};

/// Takes `input` as a status, lines of headers, a blank line and a body, and as the answer to a call.
///
/// # Panics
/// When a wait is beyond its bound, an error says nothing, or what may have been done is sent again.
pub fn check(input: &[u8]) {
    let Some((status, headers, body)) = parse(input) else {
        return;
    };
    let answer = || {
        let answer = Scripted::status(status).chunk(body.to_vec());
        let headers = headers.iter();
        headers.fold(answer, |answer, (name, value)| answer.header(name, value))
    };
    let transport = ScriptedTransport::new([answer()]);
    let client = Client::builder(&PROVIDER)
        .credential(Credential::none())
        .retry(Retry::never())
        .transport(transport.clone())
        .build()
        .expect("nothing is missing");
    let (call, again): (Call<Value>, Call<Value>) = (client.call(&READ), client.call(&READ));
    runtime().block_on(async {
        if let Err(error) = call.send().await {
            classified(&error);
        }
        for headroom in client.headroom() {
            assert!(headroom.blocked <= HELD_BACK, "{headroom:?}");
        }
        // Whatever was said, the next one is sent in time or refused.
        if let Err(error) = again.send().await {
            classified(&error);
        }
        let before = transport.received().len();
        transport.push(answer());
        transport.push(answer());
        let twice = RequestOptions::new().retry(Retry::standard().max_attempts(2));
        let write: Call<Value> = client.call(&WRITE).with(twice);
        if let Err(error) = write.send().await {
            classified(&error);
        }
        let sent = transport.received().len() - before;
        let is_told = status == 429 || status == 503 || headers.iter().any(|(name, _)| is(name, "should-retry"));
        assert!(sent <= 1 + usize::from(is_told), "{sent} times");
    });
}

fn is(name: &str, known: &str) -> bool {
    name.eq_ignore_ascii_case(known)
}

fn classified(error: &Error) {
    assert!(error.retry_after().is_none_or(|wait| wait <= LONGEST), "{error:?}");
    assert!(!error.to_string().is_empty());
    let _ = (error.kind(), error.code(), error.request_id(), error.recovery());
    let _ = (error.may_have_been_sent(), error.is_timeout(), error.is_not_found());
    let _ = (error.body::<Value>(), format!("{error:?}"));
}

/// A status, headers and a body.
type Parts<'a> = (u16, Vec<(String, String)>, &'a [u8]);

fn parse(input: &[u8]) -> Option<Parts<'_>> {
    let mut lines = input.split_inclusive(|byte| *byte == b'\n');
    let first = lines.next()?;
    let status = std::str::from_utf8(first).ok()?.trim().parse().ok()?;
    let mut taken = first.len();
    let mut headers = Vec::new();
    for line in lines {
        taken += line.len();
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end_matches(['\n', '\r']);
        if text.is_empty() {
            break;
        }
        let (name, value) = text.split_once(':')?;
        headers.push((name.to_owned(), value.trim().to_owned()));
    }
    (200..=599)
        .contains(&status)
        .then_some((status, headers, input.get(taken..).unwrap_or_default()))
}

/// One thread and a paused clock: a wait of a minute takes no time.
pub(super) fn runtime() -> Runtime {
    let mut builder = Builder::new_current_thread();
    builder
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime of one thread starts")
}
