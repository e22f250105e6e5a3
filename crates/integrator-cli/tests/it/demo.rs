//! The demo passes, fails when retries are taken away, and reads from a server that is given to it.

use integrator::{calendly, mock::Mock};

use crate::program::run;

#[test]
fn every_expectation_holds() {
    let run = run(&["demo"], &[]);
    assert_eq!(run.code, Some(0), "{run:?}");
    let parts = ["Anthropic", "Calendly", "Close", "Directus", "OpenAI", "Stripe"];
    for part in parts.iter().chain(&["p50 ms", "expectations held"]) {
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

#[test]
fn sabotage_breaks_what_each_provider_is_tried_for() {
    let run = run(&["demo", "--sabotage"], &[]);
    for broken in [
        "anthropic: a message that meets a 529 twice: the call succeeds",
        "anthropic: an overload inside a 200, before the first content: the stream begins",
        "calendly: a meeting that a 429 turned away is booked once: the meeting is booked",
        "close: an SMS whose answer is lost is not sent again: the outcome can be looked up",
        "close: a lead with custom fields, by way of an HTML 502 and a connection cut half-way: the lead is read",
        "directus: 10,000 items by offset, with a 503 on the way, in constant memory: every page succeeds",
        "directus: 429 whose body says when there is room again: the call succeeds",
        "openai: a chat that meets a 503, then a 429 with a wait in milliseconds: the call succeeds",
        "openai: an error inside a 200, before the first content: the stream begins",
        "stripe: 503 twice, then an answer: the call succeeds",
    ] {
        let broken = format!("broken: {broken}: failed to");
        assert!(run.out.contains(&broken), "{broken} is missing in {}", run.out);
    }
    assert_eq!(run.code, Some(1), "{run:?}");
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
