use std::future::{Ready, ready};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hyper_util::client::legacy;
use hyper_util::rt::TokioExecutor;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use wiremock::matchers::{body_json, body_string_contains, header, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

use super::*;
use crate::testing::acme::{self, CREATE, LAUNCH, PLAIN, RETRIEVE, SEND_FILE};
use crate::{Client, Credential, Error, ErrorKind, Phase, Retry, Upload, Value};

/// A service that is not ready so many times, then fails so many times, then answers.
#[derive(Clone, Default)]
struct Moody {
    unready: Arc<AtomicUsize>,
    failing: Arc<AtomicUsize>,
}

fn take(count: &AtomicUsize) -> io::Result<()> {
    match count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)) {
        Ok(_) => Err(io::Error::other("not now")),
        Err(_) => Ok(()),
    }
}

impl Service<TransportRequest> for Moody {
    type Response = http::Response<RequestBody>;
    type Error = io::Error;
    type Future = Ready<io::Result<Self::Response>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(take(&self.unready))
    }

    fn call(&mut self, _: TransportRequest) -> Self::Future {
        ready(take(&self.failing).map(|()| http::Response::new(RequestBody::Bytes(r#"{"id":"1"}"#.into()))))
    }
}

fn client(base: &str, transport: impl Transport) -> Client {
    Client::builder(&PLAIN)
        .base_url(base)
        .credential(Credential::bearer("key"))
        .retry(Retry::standard().backoff(Duration::ZERO))
        .transport(transport)
        .build()
        .unwrap()
}

fn hyper() -> impl Transport {
    TowerTransport::new(legacy::Client::builder(TokioExecutor::new()).build_http::<RequestBody>())
}

/// How many attempts a call took that must not be done twice.
async fn launch(client: &Client) -> Result<usize, Error> {
    let answer = acme::call(client, &LAUNCH).send().await?;
    Ok(answer.attempts().len())
}

#[tokio::test]
async fn what_was_not_ready_was_not_sent() {
    let service = Moody::default();
    service.unready.store(1, Ordering::SeqCst);
    let client = client("https://api.acme.test", TowerTransport::new(service));
    assert_eq!(launch(&client).await.unwrap(), 2);
}

#[tokio::test]
async fn what_failed_may_have_been_sent() {
    let service = Moody::default();
    service.failing.store(1, Ordering::SeqCst);
    let client = client("https://api.acme.test", TowerTransport::new(service));
    let error = launch(&client).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::NoAnswer, 1));
    assert!(error.may_have_been_sent());
}

#[tokio::test]
async fn a_refused_connection_was_not_sent() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = launch(&client(&format!("http://{address}"), hyper()))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::Connect, 3));
    assert!(!error.may_have_been_sent());
}

#[tokio::test]
async fn an_answer_that_is_cut_short_may_have_been_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 1_024];
        let _ = stream.read(&mut request).await;
        let _ = stream
            .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{")
            .await;
    });
    let error = launch(&client(&format!("http://{address}"), hyper()))
        .await
        .unwrap_err();
    assert_eq!((error.kind(), error.attempts().len()), (ErrorKind::NoAnswer, 1));
    assert!(error.may_have_been_sent());
}

#[tokio::test(start_paused = true)]
async fn a_time_limit_of_the_service_is_a_timeout() {
    let elapsed = tokio::time::timeout(Duration::ZERO, std::future::pending::<()>())
        .await
        .unwrap_err();
    for error in [
        Box::new(elapsed) as Box<dyn StdError + Send + Sync>,
        io::Error::from(io::ErrorKind::TimedOut).into(),
    ] {
        let fault = fault::of_service(error);
        assert!(fault.timeout);
        assert_eq!(fault.phase, Phase::MayHaveBeenSent);
    }
}

#[tokio::test]
async fn bodies_of_every_kind_go_through() {
    let server = MockServer::start().await;
    let empty = Mock::given(method("GET")).and(header("authorization", "Bearer key"));
    let whole = Mock::given(path("/things")).and(body_json(json!({"name": "1"})));
    let chunked = Mock::given(path("/files"))
        .and(header("transfer-encoding", "chunked"))
        .and(body_string_contains("contents"));
    for mock in [empty, whole, chunked] {
        let answer = ResponseTemplate::new(200).set_body_json(json!({"id": "1"}));
        mock.respond_with(answer).expect(1).mount(&server).await;
    }
    let client = client(&server.uri(), hyper());
    let retrieve = client.call::<Value>(&RETRIEVE).set("id", "1");
    let create = client.call::<Value>(&CREATE).set("name", "1");
    let file = Upload::stream("a.txt", None, acme::once("contents"));
    let send = client.call::<Value>(&SEND_FILE).upload(1, file);
    for call in [retrieve, create, send] {
        assert_eq!(call.send().await.unwrap()["id"], "1");
    }
}
