//! A read that the mock answers from the contract, against an axum route with the very same answer ready.
//!
//! Both servers run on this thread, in turns, and the time is theirs alone: who asks sits on a thread of its own. Goal:
//! at most twice axum's time, for routing, validating, recording and answering.

use std::error::Error;
use std::sync::mpsc::{Sender, channel};

use axum::body::{Body, Bytes};
use axum::http::header::{CONTENT_LENGTH, DATE};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response};
use axum::{Router, routing};
use integrator_calendly::PROVIDER;
use integrator_mock::Mock;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::asker::Asker;
use crate::contest::contest;

/// Requests a round.
const REQUESTS: u32 = 2_000;
const GOAL: f64 = 2.0;

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mock = runtime.block_on(Mock::start(PROVIDER))?;
    let port = mock.url().rsplit(':').next().unwrap_or_default().parse()?;
    let of_mock = Asking::start(port)?;
    let answer = of_mock.ask(&runtime, 1);
    let port = runtime.block_on(axum(&answer))?;
    let of_axum = Asking::start(port)?;
    assert_eq!(alike(&of_axum.ask(&runtime, 1)), alike(&answer));
    assert!(mock.violations().is_empty(), "{:?}", mock.violations());
    contest(
        &format!("a read of {} bytes from the mock", answer.len()),
        REQUESTS,
        GOAL,
        |requests| drop(of_mock.ask(&runtime, requests)),
        |requests| drop(of_axum.ask(&runtime, requests)),
    );
    Ok(())
}

/// Serves this answer from a route of axum's, and says at which port.
async fn axum(answer: &[u8]) -> Result<u16, Box<dyn Error>> {
    let (head, body) = parts(answer);
    let mut headers = HeaderMap::new();
    for (name, value) in head.lines().skip(1).filter_map(|line| line.split_once(": ")) {
        headers.insert(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    // Every server adds them by itself.
    headers.remove(CONTENT_LENGTH);
    headers.remove(DATE);
    let body = Bytes::copy_from_slice(body);
    let found = move || {
        let mut response = Response::new(Body::from(body.clone()));
        response.headers_mut().clone_from(&headers);
        std::future::ready(response)
    };
    let router = Router::new().route("/users/{uuid}", routing::get(found));
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    tokio::spawn(async { axum::serve(listener, router).await });
    Ok(port)
}

/// A thread that asks when it is told to.
struct Asking(Sender<(u32, oneshot::Sender<Vec<u8>>)>);

impl Asking {
    fn start(port: u16) -> std::io::Result<Self> {
        // As the project's own client asks.
        let request = format!(
            "GET /users/GBGBDCAADAEDCRZ2 HTTP/1.1\r\naccept: application/json\r\nauthorization: Bearer token\r\n\
             user-agent: integrator/0.1.0\r\nhost: 127.0.0.1:{port}\r\n\r\n"
        );
        let mut asker = Asker::new(port, request)?;
        let (told, orders) = channel::<(u32, oneshot::Sender<Vec<u8>>)>();
        std::thread::spawn(move || {
            for (times, done) in orders {
                for _ in 1..times {
                    asker.ask().expect("the server answers");
                }
                let last = asker.ask().expect("the server answers").to_vec();
                // The bench is over: nobody waits for it.
                let _ = done.send(last);
            }
        });
        Ok(Self(told))
    }

    /// Lets the server on this thread answer so many requests, one after the other; the last answer, head and body.
    fn ask(&self, runtime: &Runtime, times: u32) -> Vec<u8> {
        let (done, is_done) = oneshot::channel();
        self.0.send((times, done)).expect("the thread takes orders");
        runtime.block_on(is_done).expect("the server answers them all")
    }
}

fn parts(answer: &[u8]) -> (&str, &[u8]) {
    let end = answer.windows(4).position(|end| end == b"\r\n\r\n");
    let (head, body) = answer.split_at(end.expect("an answer has a head") + 4);
    (std::str::from_utf8(head).expect("a head is text"), body)
}

/// What has to be the same in both answers: all but the time.
fn alike(answer: &[u8]) -> (Vec<&str>, &[u8]) {
    let (head, body) = parts(answer);
    let mut lines: Vec<&str> = head.lines().filter(|line| !line.starts_with("date:")).collect();
    lines.sort_unstable();
    (lines, body)
}
