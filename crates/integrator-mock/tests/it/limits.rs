//! The provider's rate limiter, told and refused in each dialect.

use std::time::Duration;

use integrator_core::{
    Operation, Provider,
    provider::{
        BodyWindow, Drains, ErrorCode, ErrorFacts, LimitFact, Reasons, RecoveryFact, Refill, ResetFormat, Resource,
        Throttling, WindowFact, WindowSource,
    },
};
use integrator_mock::{Fault, Mock};

use crate::client::{CREATE_CUSTOMER, GET_CUSTOMER, LIST_CUSTOMERS, get, send};

const CUSTOMER: &str = "/v1/customers/cus_1";
const HOUR: Duration = Duration::from_secs(3600);

static OPERATIONS: [&Operation; 3] = [&CREATE_CUSTOMER, &GET_CUSTOMER, &LIST_CUSTOMERS];

const fn provider(windows: &'static [WindowFact]) -> Provider {
    Provider {
        name: "stripe",
        operations: &OPERATIONS,
        limits: &[LimitFact {
            group: "default",
            requests: 2,
            seconds: 90,
        }],
        throttling: Throttling {
            windows,
            ..Throttling::DEFAULT
        },
        ..Provider::DEFAULT
    }
}

const fn headers(format: ResetFormat) -> WindowFact {
    WindowFact {
        resource: Resource::Requests,
        source: WindowSource::Headers {
            limit: "x-limit",
            remaining: "x-remaining",
            reset: "x-reset",
            format,
        },
        refill: Refill::AtReset,
    }
}

static SECONDS: Provider = provider(&[headers(ResetFormat::Seconds)]);
static DURATION: Provider = provider(&[headers(ResetFormat::Duration)]);
static DATED: Provider = provider(&[headers(ResetFormat::Rfc3339)]);
static PAIRS: Provider = provider(&[WindowFact {
    resource: Resource::Requests,
    source: WindowSource::Pairs("ratelimit"),
    refill: Refill::AtReset,
}]);
static REASONS: Provider = Provider {
    throttling: Throttling {
        reasons: Some(Reasons {
            header: "x-reason",
            drains: &[("endpoint-rate", Drains::Operation), ("global-rate", Drains::Identity)],
        }),
        body: Some(BodyWindow {
            limit: "error.limit",
            reset: "error.reset",
            format: ResetFormat::Seconds,
        }),
        unrelated_codes: &["lock_timeout"],
        ..Throttling::DEFAULT
    },
    errors: ErrorFacts {
        codes: &[code("lock_timeout"), code("rate_limit")],
        ..ErrorFacts::DEFAULT
    },
    ..provider(&[])
};

const fn code(code: &'static str) -> ErrorCode {
    ErrorCode {
        code,
        status: 429,
        recovery: RecoveryFact::RetryLater,
        meaning: "",
    }
}

#[tokio::test]
async fn what_is_too_much_is_refused_until_the_window_is_over() {
    let mock = Mock::builder(&SECONDS).limited_to(2, HOUR).start().await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let answer = get(&mock, CUSTOMER).await.unwrap();
        let header = |name| answer.header(name).unwrap().to_owned();
        seen.push((
            answer.status,
            header("x-limit"),
            header("x-remaining"),
            header("x-reset"),
        ));
    }
    let expected = [(200, "1"), (200, "0"), (429, "0")];
    for ((status, limit, remaining, reset), expected) in seen.iter().zip(expected) {
        assert_eq!(
            (*status, remaining.as_str(), limit.as_str()),
            (expected.0, expected.1, "2")
        );
        assert!((3590..=3600).contains(&reset.parse::<u64>().unwrap()), "{reset}");
    }
    let other = send(&mock, "GET", CUSTOMER, "authorization: Bearer other\r\n", "")
        .await
        .unwrap();
    assert_eq!(other.status, 200, "each credential has its own");
    tokio::time::pause();
    tokio::time::advance(HOUR).await;
    tokio::time::resume();
    assert_eq!(get(&mock, CUSTOMER).await.unwrap().status, 200);
}

#[tokio::test]
async fn every_dialect_says_when_it_is_over() {
    for (provider, header) in [(&DURATION, "x-reset"), (&DATED, "x-reset"), (&PAIRS, "ratelimit")] {
        let mock = Mock::builder(provider).limited().start().await.unwrap();
        get(&mock, CUSTOMER).await.unwrap();
        get(&mock, "/v1/customers").await.unwrap();
        let refused = get(&mock, CUSTOMER).await.unwrap();
        assert_eq!(refused.status, 429);
        let told = refused.header(header).unwrap();
        let fits = match told.as_bytes() {
            [b'1', b'm', ..] => told.ends_with('s'),
            [b'2', b'0', ..] => told.len() == 20 && told.ends_with('Z'),
            _ => told.starts_with("limit=2, remaining=0, reset="),
        };
        assert!(fits, "{told}");
    }
}

#[tokio::test]
async fn a_refusal_has_the_providers_code_reason_and_body() {
    let mock = Mock::builder(&REASONS).limited_to(0, HOUR).start().await.unwrap();
    let refused = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!((refused.status, refused.header("x-reason")), (429, Some("global-rate")));
    let error = &refused.json()["error"];
    assert_eq!(
        (error["code"].as_str(), error["limit"].as_u64()),
        (Some("rate_limit"), Some(0))
    );
    assert_eq!(error["reset"], "3600");

    let mock = Mock::start(&SECONDS).await.unwrap();
    mock.on(&GET_CUSTOMER).fail(Fault::limited());
    let scripted = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        (
            scripted.status,
            scripted.header("x-remaining"),
            scripted.header("x-reset")
        ),
        (429, Some("0"), Some("90"))
    );
    let free = get(&mock, CUSTOMER).await.unwrap();
    assert_eq!(
        (free.status, free.header("x-remaining")),
        (200, None),
        "off unless asked for"
    );
}
