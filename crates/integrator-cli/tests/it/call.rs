//! `call` and `operations`: one operation by its name, and what is said when something is wrong.

use integrator::mock::{Fault, Mock};
use integrator::{Value, json, stripe};
use stripe::op;

use crate::program::run;

const KEY: (&str, &str) = ("STRIPE_API_KEY", "sk_test_canary");

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_is_called_by_its_name() {
    let mock = Mock::start(stripe::PROVIDER).await.unwrap();
    mock.on(&op::customers::CREATE)
        .answer(json!({"id": "cus_1", "new": [1]}));
    let arguments = [
        "call",
        "stripe",
        "customers.create",
        "--base-url",
        mock.url(),
        "--set",
        "email=ada@example.com",
        "--set",
        "metadata={\"order\": \"42\"}",
    ];
    let run = run(&arguments, &[KEY]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""));
    let answer: Value = run.out.parse().unwrap();
    assert_eq!(answer, json!({"id": "cus_1", "new": [1]}));
    let received = &mock.received()[0];
    let sent = [("email", "ada@example.com"), ("metadata[order]", "42")];
    assert_eq!(
        received.form_pairs(),
        sent.map(|(name, value)| (name.to_owned(), value.to_owned()))
    );
    assert_eq!(received.header("authorization"), Some("Bearer sk_test_canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_call_says_what_to_do() {
    let mock = Mock::start(stripe::PROVIDER).await.unwrap();
    mock.on(&op::customers::CREATE).fail(Fault::drop_after_read().times(3));
    let run = run(
        &["call", "stripe", "customers.create", "--base-url", mock.url()],
        &[KEY],
    );
    assert_eq!((run.code, run.out.as_str()), (Some(1), ""));
    let key = mock.received()[0].header("idempotency-key").unwrap().to_owned();
    for part in [
        "failed to call stripe customers.create",
        "after 3 attempts",
        &format!("--idempotency-key {key}"),
    ] {
        assert!(run.err.contains(part), "{part} is missing in {}", run.err);
    }
    assert!(!run.err.contains("canary"), "{}", run.err);
}

#[test]
fn everything_that_is_wrong_is_named_at_once() {
    let arguments = [
        "call",
        "stripe",
        "files.create",
        "--set",
        "purpose",
        "--set",
        "expand=[",
        "--upload",
        "fiel=x",
    ];
    let wrong = run(&arguments, &[KEY]);
    assert_eq!(wrong.code, Some(2));
    for part in [
        "`purpose` is not of the form",
        "`expand` is not JSON",
        "`fiel` is no argument",
    ] {
        assert!(wrong.err.contains(part), "{part} is missing in {}", wrong.err);
    }

    let unknown = run(&["call", "calendly", "user.me"], &[]);
    assert_eq!(unknown.code, Some(2));
    assert!(unknown.err.contains("nearest are users.me"), "{}", unknown.err);

    let keyless = run(&["call", "calendly", "users.me"], &[]);
    assert_eq!(keyless.code, Some(1));
    assert!(keyless.err.contains("`CALENDLY_TOKEN` is not set"), "{}", keyless.err);
}

#[test]
fn operations_are_listed_and_explained() {
    let all = run(&["operations", "calendly"], &[]);
    assert_eq!(all.out.lines().count(), 75, "{}", all.out);
    let one = run(&["operations", "calendly", "scheduling_links.create"], &[]);
    assert!(one.out.contains("body   owner  required"), "{}", one.out);
    assert_eq!(run(&["operations", "calendly", "schedulng"], &[]).code, Some(2));
}
