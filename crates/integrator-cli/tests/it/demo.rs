//! The demo passes, fails when retries are taken away, and reads from a server that is given to it.

use integrator::{calendly, mock::Mock};

use crate::program::run;

#[test]
fn every_expectation_holds() {
    let run = run(&["demo"], &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    for part in ["Calendly", "Stripe", "p50 ms", "expectations held"] {
        assert!(run.out.contains(part), "{part} is missing in {}", run.out);
    }
    assert!(!run.out.contains("BROKEN"), "{}", run.out);
    // The key that all clients of the demo use.
    assert!(!(run.out + &run.err).contains("canary"));
}

#[test]
fn sabotage_breaks_expectations_by_name() {
    let run = run(&["demo", "--sabotage", "--provider", "calendly"], &[]);
    assert_eq!(run.code, Some(1), "{run:?}");
    let named = "broken: calendly: 503 twice, then an answer: the call succeeds: failed to";
    assert!(run.out.contains(named), "{}", run.out);
    assert!(!run.out.contains("Stripe"), "{}", run.out);
    assert!(run.err.contains("expectations did not hold"), "{}", run.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn live_reads_and_needs_a_key() {
    let mock = Mock::start(calendly::PROVIDER).await.unwrap();
    let arguments = ["demo", "--live", "calendly", "--base-url", mock.url()];
    let without = run(&arguments, &[]);
    assert_eq!(without.code, Some(1));
    assert!(without.err.contains("`CALENDLY_TOKEN` is not set"), "{}", without.err);
    assert!(mock.received().is_empty());

    let with = run(&arguments, &[("CALENDLY_TOKEN", "canary-key")]);
    assert_eq!(with.code, Some(0), "{with:?}");
    assert!(with.out.contains("users.me: 1 found"), "{}", with.out);
    assert!(mock.received().iter().all(|request| request.method == "GET"));
    assert!(!(with.out + &with.err).contains("canary-key"));
}
