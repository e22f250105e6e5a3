//! The phase matrix: stages × outcomes. Which stages ran, in which order, what they saw, and what they gave back, when a
//! call succeeds, fails in every way there is, or is dropped after any number of polls.
//!
//! Every `match` over stages here is without a wildcard: a stage that is added without its row does not compile.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{advance, timeout};

use super::Stage;
use crate::client::ClientBuilder;
use crate::error::{Error, ErrorKind};
use crate::operation::Operation;
use crate::pipeline::{Exchange, Reply};
use crate::policy::{Breaker, CircuitState, Layer, Limit, Next, Retry};
use crate::testing::Spans;
use crate::testing::acme::{self, CREATE, ELSEWHERE, LAUNCH, PLAIN, READ_FILE, RETRIEVE, RICH};
use crate::testing::{Scripted, ScriptedTransport};
use crate::transport::BoxFuture;
use crate::{Client, Download, Provider, RequestOptions};

thread_local! {
    static TRACE: RefCell<Vec<Stage>> = const { RefCell::new(Vec::new()) };
}

/// Called by the pipeline whenever it comes to a stage.
pub(super) fn entered(stage: Stage) {
    TRACE.with_borrow_mut(|trace| trace.push(stage));
}

/// The stages since the last time, a letter each; an attempt begins with a blank.
fn trace() -> String {
    TRACE.take().into_iter().fold(String::new(), |mut text, stage| {
        if stage == Stage::Breaker {
            text.push(' ');
        }
        text.push(letter(stage));
        text
    })
}

const fn letter(stage: Stage) -> char {
    match stage {
        Stage::Prepare => 'p',
        Stage::Observe => 'o',
        Stage::Deadline => 'd',
        Stage::PerCall => 'c',
        Stage::Idempotency => 'i',
        Stage::Cache => 'k',
        Stage::Dedup => 's',
        Stage::Retry => 'r',
        Stage::Breaker => 'b',
        Stage::Auth => 'a',
        Stage::Limit => 'l',
        Stage::Timeout => 't',
        Stage::PerAttempt => 'u',
        Stage::Transport => 'x',
    }
}

/// The test in `tests.rs` that turns red when the stage is taken out.
const fn proof(stage: Stage) -> &'static str {
    match stage {
        Stage::Prepare => "prepare_keeps_secrets_from_plain_http",
        Stage::Observe => "observe_opens_one_span_a_call",
        Stage::Deadline => "deadline_ends_a_call_that_no_attempt_limit_ends",
        Stage::PerCall => "per_call_layers_run_once_in_the_order_added",
        Stage::Idempotency => "idempotency_sends_a_key_so_that_a_create_can_be_repeated",
        Stage::Cache => "cache_answers_again_with_what_was_kept",
        Stage::Dedup => "dedup_makes_identical_reads_one",
        Stage::Retry => "retry_survives_a_failure_that_passes",
        Stage::Breaker => "breaker_gives_a_failing_host_a_rest",
        Stage::Auth => "auth_attaches_the_credential_to_every_attempt",
        Stage::Limit => "limit_holds_back_who_was_refused",
        Stage::Timeout => "timeout_gives_an_attempt_up_and_another_succeeds",
        Stage::PerAttempt => "per_attempt_layers_run_with_every_attempt",
        Stage::Transport => "transport_sends",
    }
}

/// Whether a stage has given back what it holds during a call.
fn has_released(stage: Stage, client: &Client, transport: &ScriptedTransport) -> bool {
    match stage {
        // These hold nothing but the call itself, and with it the pipeline.
        Stage::Prepare | Stage::Idempotency | Stage::Deadline | Stage::Cache | Stage::Retry | Stage::Auth => {
            std::sync::Arc::strong_count(&client.pipeline) == 1
        }
        // Nothing is under way that could be joined, and nothing but the client holds the pipeline.
        Stage::Dedup => client
            .pipeline
            .dedup
            .as_ref()
            .is_none_or(|dedup| dedup.under_way() == 0),
        // A layer is under way no longer.
        Stage::PerCall | Stage::PerAttempt => Watch::under_way() == 0,
        // Its span has an end: looked at where the spans are.
        Stage::Observe => true,
        // Looked at as a whole in `a_probe_that_is_dropped_at_any_moment_is_given_back`.
        Stage::Breaker => client
            .circuits()
            .iter()
            .all(|circuit| circuit.state == CircuitState::Closed),
        Stage::Limit => {
            let headroom = client.headroom();
            headroom.iter().all(|left| (left.in_flight, left.waiting) == (0, 0))
        }
        Stage::Timeout | Stage::Transport => transport.open() == 0,
    }
}

/// A layer that counts how many calls are inside of it.
#[derive(Debug)]
struct Watch;

thread_local! {
    static INSIDE: RefCell<usize> = const { RefCell::new(0) };
}

impl Watch {
    fn under_way() -> usize {
        INSIDE.with_borrow(|inside| *inside)
    }
}

struct Leaves;

impl Drop for Leaves {
    fn drop(&mut self) {
        INSIDE.with_borrow_mut(|inside| *inside -= 1);
    }
}

impl Layer for Watch {
    fn handle<'a>(&'a self, exchange: Exchange, next: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async move {
            INSIDE.with_borrow_mut(|inside| *inside += 1);
            let _leaves = Leaves;
            tokio::task::yield_now().await;
            next.run(exchange).await
        })
    }
}

/// A layer that stops what comes to it.
#[derive(Debug)]
struct Stops;

impl Layer for Stops {
    fn handle<'a>(&'a self, _: Exchange, _: Next<'a>) -> BoxFuture<'a, Result<Reply, Error>> {
        Box::pin(async { Err(Error::layer(std::io::Error::other("stopped"))) })
    }
}

type Builder = ClientBuilder<Client>;

/// One column of the matrix.
struct Outcome {
    name: &'static str,
    provider: &'static Provider,
    operation: &'static Operation,
    script: fn() -> Vec<Scripted>,
    with: fn(Builder) -> Builder,
}

/// A slow answer, so that there is something to be dropped in at every stage.
fn slow(scripted: Scripted) -> Scripted {
    scripted.after(Duration::from_millis(30))
}

fn status(status: u16) -> Scripted {
    slow(Scripted::status(status).chunk("{}").gap(Duration::from_millis(10)))
}

fn outcomes() -> Vec<Outcome> {
    fn as_is(builder: Builder) -> Builder {
        builder
    }
    type Row = (
        &'static str,
        &'static Operation,
        fn() -> Vec<Scripted>,
        fn(Builder) -> Builder,
    );
    let second = Duration::from_secs(1);
    assert_eq!(second, SECOND);
    let rows: [Row; 22] = [
        ("success", &CREATE, || vec![status(200)], as_is),
        ("503, then success", &CREATE, || vec![status(503), status(200)], as_is),
        (
            "429, then success",
            &LAUNCH,
            || vec![status(429).header("retry-after", "2"), status(200)],
            as_is,
        ),
        (
            "500 to the end",
            &CREATE,
            || vec![status(500), status(502), status(504)],
            as_is,
        ),
        ("500, unsafe", &LAUNCH, || vec![status(500)], as_is),
        ("400", &CREATE, || vec![status(400)], as_is),
        ("401", &CREATE, || vec![status(401)], as_is),
        ("404", &RETRIEVE, || vec![status(404)], as_is),
        ("409", &CREATE, || vec![status(409)], as_is),
        ("302", &CREATE, || vec![status(302)], as_is),
        (
            "not connected",
            &CREATE,
            || (0..3).map(|_| slow(Scripted::not_sent())).collect(),
            as_is,
        ),
        (
            "certificate refused",
            &CREATE,
            || vec![slow(Scripted::bad_certificate())],
            as_is,
        ),
        ("reset, unsafe", &LAUNCH, || vec![slow(Scripted::reset())], as_is),
        (
            "reset, then success",
            &CREATE,
            || vec![slow(Scripted::reset()), status(200)],
            as_is,
        ),
        (
            "no answer in time",
            &RETRIEVE,
            || (0..3).map(|_| Scripted::hang()).collect(),
            as_is,
        ),
        (
            "answer cut short",
            &LAUNCH,
            || vec![slow(Scripted::status(200).chunk("{").cut())],
            as_is,
        ),
        (
            "answer too large",
            &CREATE,
            || vec![slow(Scripted::status(200).chunk(vec![b' '; 2_000]))],
            as_is,
        ),
        (
            "answer unreadable",
            &CREATE,
            || vec![slow(Scripted::status(200).chunk("<html>"))],
            as_is,
        ),
        (
            "deadline",
            &RETRIEVE,
            || (0..3).map(|_| Scripted::hang()).collect(),
            |builder| builder.deadline(SECOND + SECOND / 2),
        ),
        ("plain http", &ELSEWHERE, Vec::new, as_is),
        ("stopped per call", &CREATE, Vec::new, |builder| builder.per_call(Stops)),
        ("stopped per attempt", &CREATE, Vec::new, |builder| {
            builder.per_attempt(Stops)
        }),
    ];
    let outcomes = rows.into_iter().map(|(name, operation, script, with)| Outcome {
        name,
        provider: &PLAIN,
        operation,
        script,
        with,
    });
    let quota: fn() -> Vec<Scripted> = || {
        let said = crate::json!({"error": {"code": "insufficient_quota"}});
        vec![slow(Scripted::status(429).with_json(&said))]
    };
    let exhausted = Outcome {
        name: "quota used up",
        provider: &RICH,
        operation: &CREATE,
        script: quota,
        with: as_is,
    };
    outcomes.chain([exhausted]).collect()
}

const SECOND: Duration = Duration::from_secs(1);

fn setup(outcome: &Outcome) -> (Client, ScriptedTransport) {
    let (builder, transport) = acme::scripted(outcome.provider, (outcome.script)());
    let builder = builder
        .per_call(Watch)
        .per_attempt(Watch)
        .limit(Limit::per_second(1_000).in_flight(1))
        .first_byte_timeout(SECOND)
        .max_answer(1_000);
    ((outcome.with)(builder).build().unwrap(), transport)
}

#[tokio::test(start_paused = true)]
async fn every_outcome_runs_through_the_stages_in_their_order() {
    let mut table = String::from("outcome | ends as | attempts | counted by the breaker | stages\n");
    for outcome in outcomes() {
        let (client, transport) = setup(&outcome);
        trace();
        let ended = acme::call(&client, outcome.operation).send().await;
        let trace = trace();
        let (ends, attempts) = match &ended {
            Ok(response) => ("ok", response.attempts()),
            Err(error) => (error.kind().as_str(), error.attempts()),
        };
        let reasons: Vec<&str> = attempts.iter().map(crate::Attempt::reason).collect();
        let circuit = client.circuits().pop();
        let counted = circuit.map(|circuit| format!("{} of {}", circuit.failures, circuit.attempts));
        let counted = counted.unwrap_or_default();
        writeln!(
            table,
            "{} | {ends} | {} | {counted} | {trace}",
            outcome.name,
            reasons.join(" ")
        )
        .unwrap();
        drop(ended);
        for stage in Stage::ALL {
            assert!(
                has_released(stage, &client, &transport),
                "{}: {stage:?} still holds",
                outcome.name
            );
        }
    }
    insta::assert_snapshot!(table);
}

/// Polls a future this often and drops it; `None` if it has not ended by then.
async fn polled<T>(future: impl Future<Output = T>, times: usize) -> Option<T> {
    if times == 0 {
        drop(future);
        return None;
    }
    let mut future = pin!(future);
    let mut left = times;
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => {
            left -= 1;
            if left == 0 { Poll::Ready(None) } else { Poll::Pending }
        }
    })
    .await
}

#[tokio::test(start_paused = true)]
async fn a_call_dropped_after_any_number_of_polls_gives_everything_back() {
    let mut drops = 0;
    for outcome in outcomes() {
        for polls in 0.. {
            let (spans, _guard) = Spans::capture();
            let (client, transport) = setup(&outcome);
            let ended = polled(acme::call(&client, outcome.operation).send(), polls).await;
            let done = ended.is_some();
            drop(ended);
            let case = format!("{} after {polls} polls", outcome.name);
            for stage in Stage::ALL {
                assert!(
                    has_released(stage, &client, &transport),
                    "{case}: {stage:?} still holds"
                );
            }
            let text = spans.text();
            let settled = text.contains("error.type=") || text.contains("http.response.status_code=");
            assert!(
                settled || polls == 0 || outcome.operation.name == ELSEWHERE.name,
                "{case}: {text}"
            );
            // Whoever comes next finds everything free.
            if outcome.name != "stopped per call" && outcome.name != "stopped per attempt" {
                while transport.left() > 0 {
                    let options = RequestOptions::new().retry(Retry::never());
                    let _ = acme::call(&client, &LAUNCH).with(options).send().await;
                }
                transport.push(acme::thing());
                let next = timeout(Duration::from_secs(200), acme::call(&client, &RETRIEVE).send()).await;
                next.unwrap_or_else(|_| panic!("{case}: the next call waits for ever"))
                    .unwrap();
            }
            if done {
                break;
            }
            drops += 1;
        }
    }
    assert!(drops > 120, "only {drops} moments were there to drop a call in");
}

#[tokio::test(start_paused = true)]
async fn a_probe_that_is_dropped_at_any_moment_is_given_back() {
    for polls in 0.. {
        let (builder, transport) = acme::scripted(&PLAIN, [status(500)]);
        let client = builder
            .retry(Retry::never())
            .breaker(Breaker::standard().opens_at(100, 1))
            .build()
            .unwrap();
        acme::call(&client, &RETRIEVE).send().await.unwrap_err();
        advance(Duration::from_secs(5)).await;
        let mut done = false;
        for _ in 0..7 {
            transport.push(status(404));
            done |= polled(acme::call(&client, &RETRIEVE).send(), polls).await.is_some();
        }
        if done {
            assert_eq!(
                client.circuits()[0].state,
                CircuitState::Closed,
                "three good probes are enough"
            );
            break;
        }
        assert_eq!(
            client.circuits()[0].state,
            CircuitState::HalfOpen,
            "after {polls} polls"
        );
        for _ in 0..3 {
            transport.push(acme::thing());
            let ended = acme::call(&client, &RETRIEVE).send().await;
            assert!(ended.is_ok_and(|_| true) || transport.left() > 0);
        }
        while transport.left() > 0 {
            let _ = acme::call(&client, &RETRIEVE).send().await;
        }
        assert_eq!(client.circuits()[0].state, CircuitState::Closed, "after {polls} polls");
    }
}

#[tokio::test(start_paused = true)]
async fn a_waiter_that_is_dropped_at_any_moment_leaves_the_queue() {
    for polls in 0.. {
        let (builder, transport) = acme::scripted(&PLAIN, [slow(Scripted::hang()), acme::thing(), acme::thing()]);
        let client = builder
            .limit(Limit::per_second(20).burst(1).in_flight(1))
            .build()
            .unwrap();
        let first = tokio::spawn(acme::call(&client, &RETRIEVE).send().into_future());
        tokio::task::yield_now().await;
        let until_free = async {
            tokio::time::sleep(Duration::from_millis(500)).await;
            first.abort();
            std::future::pending::<()>().await;
        };
        let done = tokio::select! {
            ended = polled(acme::call(&client, &RETRIEVE).send(), polls) => ended.is_some(),
            () = until_free => unreachable!("it waits for ever"),
        };
        if done {
            break;
        }
        first.abort();
        let _ = first.await;
        let left = client.headroom().remove(0);
        assert_eq!((left.in_flight, left.waiting), (0, 0), "after {polls} polls");
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        assert_eq!(transport.open(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_dropped_at_any_moment_gives_its_slot_back() {
    for polls in 0.. {
        let file = Scripted::status(200)
            .chunk("a")
            .chunk("b")
            .chunk("c")
            .gap(Duration::from_millis(10));
        let (builder, transport) = acme::scripted(&PLAIN, [slow(file)]);
        let client = builder.limit(Limit::standard().in_flight(1)).build().unwrap();
        let reading = async {
            let mut file = client
                .call::<Download>(&READ_FILE)
                .set("id", "1")
                .send()
                .await?
                .into_inner();
            while file.chunk().await?.is_some() {}
            Ok::<(), Error>(())
        };
        let done = polled(reading, polls).await.is_some();
        assert_eq!(
            client.headroom().iter().map(|left| left.in_flight).sum::<u32>(),
            0,
            "after {polls} polls"
        );
        assert_eq!(transport.open(), 0);
        if done {
            break;
        }
    }
}

#[test]
fn every_stage_has_a_test_that_turns_red_without_it() {
    let tests = include_str!("tests.rs");
    for stage in Stage::ALL {
        let body = tests
            .split_once(&format!("async fn {}(", proof(stage)))
            .map(|(_, body)| body);
        let body = body.unwrap_or_else(|| panic!("{stage:?} has no such test"));
        let body = body.split("\n}\n").next().unwrap();
        assert!(
            body.contains(&format!("proves(Stage::{stage:?},")),
            "{stage:?}: its test does not take it out"
        );
    }
    assert_eq!(
        Stage::ALL
            .map(letter)
            .iter()
            .collect::<std::collections::BTreeSet<_>>()
            .len(),
        Stage::ALL.len()
    );
    assert_eq!(ErrorKind::Overloaded.as_str(), "overloaded");
}
