use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::*;
use crate::testing::acme::{DELETE, PLAIN, RETRIEVE, call, scripted, thing};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, ErrorKind, RequestOptions, Response, Retry, Sending, Stage};

const SECOND: Duration = Duration::from_secs(1);

fn answer(number: u64) -> Scripted {
    Scripted::json(&json!({"number": number})).after(SECOND)
}

fn client(script: Vec<Scripted>) -> (Client, ScriptedTransport) {
    let (builder, transport) = scripted(&PLAIN, script);
    (builder.retry(Retry::never()).build().unwrap(), transport)
}

fn get(client: &Client) -> Sending<Value> {
    call(client, &RETRIEVE).send()
}

fn number(answer: &Response<Value>) -> u64 {
    answer["number"].as_u64().unwrap()
}

/// Polls a future once.
async fn once<F: Future + Unpin>(future: &mut F) -> Poll<F::Output> {
    poll_fn(|cx| Poll::Ready(Pin::new(&mut *future).poll(cx))).await
}

#[tokio::test(start_paused = true)]
async fn identical_reads_at_the_same_time_are_one_request() {
    let (client, transport) = client(vec![answer(1), answer(2)]);
    let (one, two, three) = tokio::join!(get(&client), get(&client), get(&client));
    let answers = [one.unwrap(), two.unwrap(), three.unwrap()];
    assert_eq!(answers.each_ref().map(number), [1, 1, 1]);
    assert_eq!(
        answers.each_ref().map(Response::served),
        [Served::Provider, Served::Shared, Served::Shared]
    );
    assert_eq!(answers.each_ref().map(|answer| answer.attempts().len()), [1, 0, 0]);
    assert_eq!(
        number(&get(&client).await.unwrap()),
        2,
        "what is over is not shared any more"
    );
    assert_eq!(transport.received().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failure_is_shared_too() {
    let (client, transport) = client(vec![Scripted::status(500).after(SECOND)]);
    let (one, two) = tokio::join!(get(&client), get(&client));
    assert_eq!(
        [one.unwrap_err().kind(), two.unwrap_err().kind()],
        [ErrorKind::Server; 2]
    );
    assert_eq!(transport.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn other_accounts_and_other_headers_are_other_requests() {
    let (client, transport) = client(vec![answer(1), answer(2), answer(3)]);
    let with = |name: &str| {
        call(&client, &RETRIEVE)
            .with(RequestOptions::new().header(name, "x"))
            .send()
    };
    let all = tokio::join!(get(&client), with("acme-account"), with("accept-language"));
    assert_eq!([all.0, all.1, all.2].map(|answer| number(&answer.unwrap())), [1, 2, 3]);
    assert_eq!(transport.received().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_one_began_and_gave_up_goes_on_for_the_others() {
    let (client, transport) = client(vec![answer(1), answer(2)]);
    let (mut leader, mut second, third) = (get(&client), get(&client), get(&client));
    assert!(once(&mut leader).await.is_pending());
    assert!(once(&mut second).await.is_pending());
    drop(leader);
    let (second, third) = tokio::join!(second, third);
    assert_eq!([number(&second.unwrap()), number(&third.unwrap())], [1, 1]);
    assert_eq!(transport.received().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_never_looked_at_again_holds_up_nobody() {
    let (client, transport) = client(vec![answer(1)]);
    let mut began = get(&client);
    assert!(once(&mut began).await.is_pending());
    assert_eq!(number(&get(&client).await.unwrap()), 1);
    assert_eq!(transport.received().len(), 1);
    assert_eq!(number(&began.await.unwrap()), 1);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_waits_for_is_given_up() {
    let (client, transport) = client(vec![answer(1), answer(2)]);
    let (mut one, mut two) = (get(&client), get(&client));
    assert!(once(&mut one).await.is_pending());
    assert!(once(&mut two).await.is_pending());
    drop((one, two));
    assert_eq!(transport.open(), 0);
    assert_eq!(number(&get(&client).await.unwrap()), 2);
}

#[tokio::test(start_paused = true)]
async fn each_call_has_its_own_deadline() {
    let (client, transport) = client(vec![answer(1)]);
    let started = Instant::now();
    let short = call(&client, &RETRIEVE)
        .with(RequestOptions::new().timeout(SECOND / 2))
        .send();
    let (short, long) = tokio::join!(short, get(&client));
    let short = short.unwrap_err();
    assert_eq!((short.kind(), short.attempts().len()), (ErrorKind::Deadline, 1));
    assert_eq!(number(&long.unwrap()), 1, "it went on with what the other one began");
    assert_eq!((started.elapsed(), transport.received().len()), (SECOND, 1));

    let (client, _) = self::client(vec![answer(1)]);
    let mut leader = get(&client);
    assert!(once(&mut leader).await.is_pending());
    let half = RequestOptions::new().timeout(SECOND / 2);
    let follower = call(&client, &RETRIEVE).with(half).send().await.unwrap_err();
    assert_eq!(follower.kind(), ErrorKind::Deadline);
    assert_eq!(number(&leader.await.unwrap()), 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_with_too_little_time_for_a_repeat_keeps_its_failure_to_itself() {
    let slow_down = Scripted::status(429).header("retry-after", "10").after(SECOND);
    let (builder, _) = scripted(&PLAIN, vec![slow_down, answer(2)]);
    let client = builder.build().unwrap();
    let short = call(&client, &RETRIEVE)
        .with(RequestOptions::new().timeout(SECOND * 5))
        .send();
    let (short, long) = tokio::join!(short, get(&client));
    assert_eq!(short.unwrap_err().kind(), ErrorKind::RateLimited);
    assert_eq!(number(&long.unwrap()), 2);
}

#[tokio::test(start_paused = true)]
async fn a_read_after_my_write_is_not_an_older_read() {
    let (client, transport) = client(vec![answer(1), thing().after(SECOND * 3), answer(2), answer(3)]);
    let mut before = get(&client);
    assert!(once(&mut before).await.is_pending());
    let mut write = call(&client, &DELETE).send();
    assert!(once(&mut write).await.is_pending());
    sleep(SECOND / 2).await;
    let mut during = get(&client);
    assert!(once(&mut during).await.is_pending());
    assert_eq!(
        transport.received().len(),
        3,
        "it did not join the read from before the write"
    );
    assert_eq!(number(&before.await.unwrap()), 1);
    assert_eq!(number(&during.await.unwrap()), 2);
    write.await.unwrap();
    assert_eq!(number(&get(&client).await.unwrap()), 3);
}

#[tokio::test(start_paused = true)]
async fn it_can_be_switched_off_and_taken_out() {
    for switched in [true, false] {
        let (builder, transport) = scripted(&PLAIN, vec![answer(1), answer(2)]);
        let client = if switched {
            builder.without_dedup()
        } else {
            builder.without(Stage::Dedup)
        }
        .build()
        .unwrap();
        let (one, two) = tokio::join!(get(&client), get(&client));
        assert_eq!([number(&one.unwrap()), number(&two.unwrap())], [1, 2]);
        assert_eq!(transport.received().len(), 2);
        assert!(!client.pipeline().describe().has(Stage::Dedup));
    }
}

/// What becomes of one contender: polled or dropped.
#[derive(Debug, Clone)]
enum Step {
    Poll(usize),
    Drop(usize),
    Pass(u64),
}

fn steps(contenders: usize) -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        5 => (0..contenders).prop_map(Step::Poll),
        1 => (0..contenders).prop_map(Step::Drop),
        2 => (1..1_500_u64).prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Contenders are polled in any order and dropped at will: every one that is left gets an answer, at no time are
    /// there two requests, and nothing is left behind.
    #[test]
    fn any_order_of_polls_and_drops_leaves_one_request_and_nothing_behind(steps in steps(5)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let (client, transport) = client((0..200).map(answer).collect());
            let mut calls: Vec<Option<Sending<Value>>> = (0..5).map(|_| Some(get(&client))).collect();
            for step in steps {
                match step {
                    Step::Poll(at) => {
                        if let Some(call) = &mut calls[at] && let Poll::Ready(outcome) = once(call).await {
                            assert!(outcome.is_ok());
                            calls[at] = None;
                        }
                    }
                    Step::Drop(at) => calls[at] = None,
                    Step::Pass(ms) => sleep(Duration::from_millis(ms)).await,
                }
                assert!(transport.open() <= 1, "{} requests at once", transport.open());
            }
            for call in calls.into_iter().flatten() {
                call.await.unwrap();
            }
            assert_eq!(client.pipeline().dedup.as_ref().unwrap().under_way(), 0);
        });
    }
}
