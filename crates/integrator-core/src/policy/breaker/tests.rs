//! The circuit against a model that keeps every attempt, and what callers see of it.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::{Instant, advance, timeout};

use super::machine::{Change, Machine, PROBES, Ticket};
use super::window::SLICE;
use super::{Breaker, CircuitState, Health};
use crate::error::ErrorKind;
use crate::policy::Retry;
use crate::testing::Spans;
use crate::testing::acme::{self, CREATE, ELSEWHERE, LAUNCH, PLAIN, RETRIEVE};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, Error, Recovery, RequestOptions};

/// The rules as they are told: every attempt is remembered, and everything is counted anew each time.
struct Model {
    breaker: Breaker,
    now: u64,
    state: Told,
    /// What the attempts on their way were let through in.
    outstanding: Vec<usize>,
    states: usize,
}

enum Told {
    Closed { since: u64, attempts: Vec<(u64, bool)> },
    Open { until: u64, pause: u64 },
    HalfOpen { pause: u64, running: u32, good: u32 },
}

impl Model {
    fn new(breaker: Breaker) -> Self {
        let state = Told::Closed {
            since: 0,
            attempts: Vec::new(),
        };
        Self {
            breaker,
            now: 0,
            state,
            outstanding: Vec::new(),
            states: 0,
        }
    }

    fn turn(&mut self, state: Told) {
        self.state = state;
        self.states += 1;
    }

    fn ask(&mut self) -> Result<(), u64> {
        if let Told::Open { until, pause } = self.state
            && self.now >= until
        {
            self.turn(Told::HalfOpen {
                pause,
                running: 0,
                good: 0,
            });
        }
        match &mut self.state {
            Told::Open { until, .. } => return Err(*until - self.now),
            Told::HalfOpen { pause, running, good } => {
                if *running + *good == 3 {
                    return Err(*pause);
                }
                *running += 1;
            }
            Told::Closed { .. } => {}
        }
        self.outstanding.push(self.states);
        Ok(())
    }

    fn tell(&mut self, at: usize, health: Health) {
        if self.outstanding.remove(at) != self.states {
            return;
        }
        let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap();
        match (&mut self.state, health) {
            (Told::Closed { since, attempts }, Health::Good | Health::Bad) => {
                attempts.push((self.now, health == Health::Bad));
                let slice = |time: u64| (time - *since) / 3_000;
                let recent: Vec<bool> = attempts
                    .iter()
                    .filter(|(time, _)| slice(*time) + 10 > slice(self.now))
                    .map(|(_, bad)| *bad)
                    .collect();
                let bad = recent.iter().filter(|bad| **bad).count();
                let many = recent.len() >= self.breaker.attempts as usize;
                if health == Health::Bad && many && bad * 100 >= recent.len() * self.breaker.percent.unwrap() as usize {
                    let pause = millis(self.breaker.pause);
                    let until = self.now + pause;
                    self.turn(Told::Open { until, pause });
                }
            }
            (Told::HalfOpen { running, .. }, Health::Unknown) => *running -= 1,
            (Told::HalfOpen { pause, .. }, Health::Bad) => {
                let pause = (*pause * 2).min(millis(self.breaker.longest_pause));
                let until = self.now + pause;
                self.turn(Told::Open { until, pause });
            }
            (Told::HalfOpen { running, good, .. }, Health::Good) => {
                *running -= 1;
                *good += 1;
                if *good == 3 {
                    let attempts = Vec::new();
                    let since = self.now;
                    self.turn(Told::Closed { since, attempts });
                }
            }
            (Told::Closed { .. } | Told::Open { .. }, _) => {}
        }
    }
}

#[derive(Debug, Clone)]
enum Step {
    Ask,
    Tell(prop::sample::Index, u8),
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => Just(Step::Ask),
        4 => (any::<prop::sample::Index>(), 0_u8..8).prop_map(|(at, health)| Step::Tell(at, health)),
        2 => prop_oneof![0_u64..400, 0_u64..8_000, 0_u64..70_000].prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..250)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]
    #[test]
    fn the_circuit_equals_its_model(steps in steps(), percent in 20_u32..100, attempts in 1_u32..8) {
        let breaker = Breaker::standard().opens_at(percent, attempts);
        let start = Instant::now();
        let mut model = Model::new(breaker.clone());
        let mut machine = Machine::closed(start);
        let mut tickets: Vec<Ticket> = Vec::new();
        let mut pause = None;
        for step in steps {
            let now = start + Duration::from_millis(model.now);
            let mut changes = Vec::new();
            match step {
                Step::Pass(millis) => model.now += millis,
                Step::Ask => {
                    let (leave, change) = machine.ask(now);
                    changes.extend(change);
                    prop_assert_eq!(leave.map(drop), model.ask().map_err(Duration::from_millis));
                    tickets.extend(leave.ok());
                }
                Step::Tell(..) if tickets.is_empty() => {}
                Step::Tell(at, health) => {
                    let health = match health { 0 => Health::Unknown, 1..=4 => Health::Bad, _ => Health::Good };
                    let at = at.index(tickets.len());
                    changes.extend(machine.tell(now, &breaker, tickets.remove(at), health));
                    model.tell(at, health);
                }
            }
            for change in changes {
                match change {
                    Change::Opened(next) => {
                        prop_assert!(next <= breaker.longest_pause);
                        pause = Some(next);
                    }
                    Change::HalfOpened => prop_assert!(pause.is_some()),
                    Change::Closed => pause = None,
                }
            }
        }
    }
}

#[test]
fn the_window_is_half_a_minute() {
    assert_eq!(SLICE * 10, Duration::from_secs(30));
    assert_eq!(PROBES, 3);
}

fn client(script: impl IntoIterator<Item = Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = acme::scripted(&PLAIN, script);
    (
        builder.retry(Retry::never()).without_dedup().build().unwrap(),
        transport,
    )
}

async fn ends(client: &Client) -> ErrorKind {
    let outcome = acme::call(client, &RETRIEVE).send().await;
    outcome.map_or_else(|error| error.kind(), |_| ErrorKind::Layer)
}

fn state(client: &Client) -> CircuitState {
    client.circuits().first().unwrap().state
}

/// A client whose circuit has just opened.
async fn broken() -> (Client, ScriptedTransport) {
    let (client, transport) = client((0..20).map(|_| Scripted::status(500)));
    for _ in 0..20 {
        assert_eq!(ends(&client).await, ErrorKind::Server);
    }
    (client, transport)
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_refuses_at_once_and_closes_after_three_good_probes() {
    let (spans, _guard) = Spans::capture();
    let (client, transport) = broken().await;
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(5)));
    assert_eq!(error.recovery(), Recovery::RetryLater(Some(Duration::from_secs(5))));
    assert!(!error.may_have_been_sent() && error.attempts().is_empty(), "{error:?}");
    assert_eq!(transport.received().len(), 20);
    let retry_after = Duration::from_secs(5);
    assert_eq!(state(&client), CircuitState::Open { retry_after });
    advance(Duration::from_secs(5)).await;
    for _ in 0..3 {
        assert_eq!(state(&client), CircuitState::HalfOpen);
        transport.push(acme::thing());
        ends(&client).await;
    }
    assert_eq!(state(&client), CircuitState::Closed);
    let text = spans.text();
    for event in ["circuit opened", "circuit half open", "circuit closed"] {
        assert_eq!(text.matches(event).count(), 1, "{event}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_bad_probe_doubles_the_pause_up_to_a_minute() {
    let (client, transport) = broken().await;
    for pause in [5, 10, 20, 40, 60, 60] {
        let retry_after = Duration::from_secs(pause);
        assert_eq!(state(&client), CircuitState::Open { retry_after });
        advance(retry_after).await;
        transport.push(Scripted::not_sent());
        assert_eq!(ends(&client).await, ErrorKind::Connect);
    }
}

#[tokio::test(start_paused = true)]
async fn only_what_is_the_hosts_fault_counts() {
    type Happening = (fn() -> Scripted, bool);
    let happenings: [Happening; 10] = [
        (|| Scripted::status(500), true),
        (|| Scripted::status(529), true),
        (Scripted::not_sent, true),
        (Scripted::connect_timeout, true),
        (Scripted::reset, true),
        (|| Scripted::hang(), true),
        (|| Scripted::status(400), false),
        (|| Scripted::status(404), false),
        (|| Scripted::status(429), false),
        (|| Scripted::status(200).chunk("<html>"), false),
    ];
    for (number, (happening, counts)) in happenings.into_iter().enumerate() {
        let (client, _) = client((0..20).map(|_| happening()));
        let builder = client.circuits();
        assert!(builder.is_empty());
        let options = RequestOptions::new().timeout(Duration::from_secs(3_600));
        let calls: Vec<_> = (0..20)
            .map(|_| {
                tokio::spawn(
                    acme::call(&client, &RETRIEVE)
                        .with(options.clone())
                        .send()
                        .into_future(),
                )
            })
            .collect();
        for call in calls {
            let _ = call.await.unwrap();
        }
        let circuit = client.circuits().remove(0);
        let opened = circuit.state != CircuitState::Closed;
        assert_eq!(opened, counts, "{number}: {circuit:?}");
        if !opened {
            assert_eq!((circuit.attempts, circuit.failures), (20, 0), "{number}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_caller_cuts_short_counts_for_nothing() {
    let (client, _) = client((0..40).map(|_| Scripted::hang()));
    for _ in 0..20 {
        let options = RequestOptions::new().timeout(Duration::from_millis(10));
        let error = acme::call(&client, &RETRIEVE).with(options).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Deadline);
        let _ = timeout(Duration::from_millis(10), acme::call(&client, &RETRIEVE).send()).await;
    }
    let circuit = client.circuits().remove(0);
    assert_eq!((circuit.state, circuit.attempts), (CircuitState::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn a_dropped_probe_gives_its_place_to_another() {
    let (client, transport) = broken().await;
    advance(Duration::from_secs(5)).await;
    for _ in 0..9 {
        transport.push(Scripted::hang());
        let _ = timeout(Duration::from_millis(1), acme::call(&client, &RETRIEVE).send()).await;
    }
    assert_eq!(transport.left(), 0);
    assert_eq!(state(&client), CircuitState::HalfOpen);
    for _ in 0..3 {
        transport.push(acme::thing());
        ends(&client).await;
    }
    assert_eq!(state(&client), CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn retries_stop_when_the_circuit_opens() {
    let (builder, transport) = acme::scripted(&PLAIN, (0..40).map(|_| Scripted::status(500)));
    let breaker = Breaker::standard().opens_at(50, 2);
    let client = builder
        .retry(Retry::standard().max_attempts(9))
        .breaker(breaker)
        .build()
        .unwrap();
    let error = acme::call(&client, &RETRIEVE).send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::CircuitOpen);
    assert_eq!((error.attempts().len(), transport.received().len()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn circuits_are_kept_apart_by_account_and_host() {
    let (client, transport) = broken().await;
    transport.push(acme::thing());
    let other = RequestOptions::new().header("acme-account", "acct_2");
    acme::call(&client, &RETRIEVE).with(other).send().await.unwrap();
    assert_eq!(client.circuits().len(), 2);
    for operation in [&CREATE, &LAUNCH] {
        let error = acme::call(&client, operation).send().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::CircuitOpen, "one group, one circuit");
    }
}

#[test]
fn settings_that_cannot_work_are_refused() {
    for breaker in [
        Breaker::standard().opens_at(0, 20),
        Breaker::standard().opens_at(101, 20),
        Breaker::standard().opens_at(50, 0),
        Breaker::standard().pause(Duration::ZERO, Duration::from_secs(1)),
        Breaker::standard().pause(Duration::from_secs(2), Duration::from_secs(1)),
    ] {
        let error = acme::scripted(&PLAIN, []).0.breaker(breaker).build().unwrap_err();
        assert!(error.detail().contains("`Breaker::"), "{error}");
    }
    let even = Breaker::standard().pause(Duration::from_secs(9), Duration::from_secs(9));
    for breaker in [Breaker::never(), even] {
        assert!(acme::scripted(&PLAIN, []).0.breaker(breaker).build().is_ok());
    }
}

/// A call for one of many accounts.
async fn ask(client: &Client, account: usize) -> Option<ErrorKind> {
    let options = RequestOptions::new().header("acme-account", account.to_string());
    let outcome = acme::call(client, &RETRIEVE).with(options).send().await;
    outcome.err().map(|error| error.kind())
}

#[tokio::test(start_paused = true)]
async fn quiet_circuits_are_forgotten_when_there_are_many() {
    let (client, transport) = client([]);
    for account in 0..3_000 {
        transport.push(acme::thing());
        ask(&client, account).await;
        advance(Duration::from_millis(100)).await;
        let listed = client.circuits().len();
        let few = account < 1_000;
        assert!(if few { listed == account + 1 } else { listed <= 1_100 }, "{listed}");
    }
}

#[tokio::test(start_paused = true)]
async fn circuits_in_use_are_never_forgotten() {
    const ACCOUNTS: usize = 1_500;
    let (client, transport) = client((0..20).map(|_| Scripted::status(500)));
    for _ in 0..20 {
        ask(&client, 0).await;
    }
    transport.push(Scripted::status(500).after(Duration::from_secs(1)));
    let under_way = tokio::spawn({
        let client = client.clone();
        async move { ask(&client, 1).await }
    });
    tokio::task::yield_now().await;
    for account in 2..ACCOUNTS {
        transport.push(acme::thing());
        assert_eq!(ask(&client, account).await, None);
    }
    assert_eq!(client.circuits().len(), ACCOUNTS, "all of them were used just now");
    assert_eq!(ask(&client, 0).await, Some(ErrorKind::CircuitOpen));
    assert_eq!(under_way.await.unwrap(), Some(ErrorKind::Server));
    let failures: u64 = client
        .circuits()
        .iter()
        .map(|circuit| u64::from(circuit.failures))
        .sum();
    assert_eq!(
        failures, 1,
        "an open circuit counts anew, and the slow attempt was counted"
    );
}

#[tokio::test(start_paused = true)]
async fn hosts_have_circuits_of_their_own() {
    let (builder, transport) = acme::scripted(&PLAIN, (0..20).map(|_| Scripted::status(500)));
    let builder = builder.retry(Retry::never()).allow_plain_http("files.acme.test");
    let client = builder.build().unwrap();
    for _ in 0..20 {
        ends(&client).await;
    }
    transport.push(acme::thing());
    acme::call(&client, &ELSEWHERE).send().await.unwrap();
    assert_eq!(ends(&client).await, ErrorKind::CircuitOpen);
    assert_eq!(client.circuits().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn it_never_opens_where_nobody_wants_it() {
    let (builder, _) = acme::scripted(&PLAIN, (0..100).map(|_| Scripted::status(500)));
    let client = builder.retry(Retry::never()).breaker(Breaker::never()).build().unwrap();
    for _ in 0..100 {
        assert_eq!(ends(&client).await, ErrorKind::Server);
    }
}

#[test]
fn what_went_wrong_on_this_side_says_nothing_of_the_host() {
    for kind in [
        ErrorKind::Upload,
        ErrorKind::NoToken,
        ErrorKind::Overloaded,
        ErrorKind::Layer,
    ] {
        assert_eq!(Health::of(&Err(Error::new(kind, ""))), Health::Unknown, "{kind:?}");
    }
}
