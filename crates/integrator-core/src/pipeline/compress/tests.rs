use std::io::Read as _;

use bytes::Bytes;
use flate2::read::GzDecoder;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use serde_json::Value;

use super::Compress;
use crate::testing::Spans;
use crate::testing::acme::{self, CREATE, LAUNCH, PLAIN, PREVIEW, SEND_FILE};
use crate::testing::{Recorded, Scripted, ScriptedTransport};
use crate::{Call, Client, ClientBuilder, RequestOptions, Upload};

fn long() -> String {
    "canary".repeat(2_000)
}

fn named(client: &Client, name: String) -> Call<Value> {
    client.call(&CREATE).set("name", name)
}

fn unpacked(request: &Recorded) -> Vec<u8> {
    let mut plain = Vec::new();
    GzDecoder::new(&*request.body).read_to_end(&mut plain).unwrap();
    plain
}

fn encoding(request: &Recorded) -> Option<&str> {
    request
        .headers
        .get(CONTENT_ENCODING)
        .map(|value| value.to_str().unwrap())
}

async fn sent(
    setting: impl FnOnce(ClientBuilder<Client>) -> ClientBuilder<Client>,
    script: impl IntoIterator<Item = Scripted>,
    call: impl AsyncFnOnce(Client),
) -> Vec<Recorded> {
    let (builder, transport) = acme::scripted(&PLAIN, script);
    call(setting(builder).build().unwrap()).await;
    ScriptedTransport::received(&transport)
}

#[tokio::test(start_paused = true)]
async fn long_bodies_are_packed_where_it_was_asked_for_and_only_there() {
    let gzip = |builder: ClientBuilder<Client>| builder.compress(Compress::gzip());
    let answers = || [acme::thing(), acme::thing(), acme::thing()];
    let received = sent(gzip, answers(), async |client| {
        named(&client, long()).send().await.unwrap();
        named(&client, "short".to_owned()).send().await.unwrap();
        let never = RequestOptions::new().compress(Compress::never());
        named(&client, long()).with(never).send().await.unwrap();
    })
    .await;
    let plain = format!("{{\"name\":\"{}\"}}", long());
    assert_eq!(encoding(&received[0]), Some("gzip"));
    assert_eq!(received[0].headers[CONTENT_TYPE], "application/json");
    assert!(received[0].body.len() < plain.len() / 10);
    assert_eq!(unpacked(&received[0]), plain.as_bytes());
    assert_eq!((encoding(&received[1]), encoding(&received[2])), (None, None));
    assert_eq!(received[2].body, plain);

    let unset = |builder| builder;
    let received = sent(unset, answers(), async |client| {
        named(&client, long()).send().await.unwrap();
        let small = RequestOptions::new().compress(Compress::gzip().at_least(100));
        named(&client, "y".repeat(100)).with(small).send().await.unwrap();
    })
    .await;
    assert_eq!(encoding(&received[0]), None);
    assert_eq!(encoding(&received[1]), Some("gzip"));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_sends_the_same_bytes_under_the_same_key() {
    let gzip = |builder: ClientBuilder<Client>| builder.compress(Compress::gzip());
    let received = sent(gzip, [Scripted::status(503), acme::thing()], async |client| {
        named(&client, long()).send().await.unwrap();
    })
    .await;
    let [first, again] = received.as_slice() else {
        panic!("{received:?}");
    };
    assert_eq!((encoding(first), encoding(again)), (Some("gzip"), Some("gzip")));
    assert_eq!(first.body, again.body);
    assert_eq!(first.headers["idempotency-key"], again.headers["idempotency-key"]);
}

#[tokio::test(start_paused = true)]
async fn uploads_what_does_not_shrink_and_what_is_packed_already_go_as_they_are() {
    let gzip = |builder: ClientBuilder<Client>| builder.compress(Compress::gzip().at_least(1));
    let received = sent(gzip, [acme::thing(), acme::thing(), acme::thing()], async |client| {
        let file = Upload::bytes("a.txt", Bytes::from(long()));
        client.call::<Value>(&SEND_FILE).upload(1, file).send().await.unwrap();
        acme::call(&client, &LAUNCH).send().await.unwrap();
        let other = RequestOptions::new().header("content-encoding", "identity");
        client
            .call::<Value>(&PREVIEW)
            .set("name", long())
            .with(other)
            .send()
            .await
            .unwrap();
    })
    .await;
    assert_eq!(encoding(&received[0]), None);
    assert!(memchr::memmem::find(&received[0].body, long().as_bytes()).is_some());
    assert_eq!(
        (encoding(&received[1]), &received[1].body[..]),
        (None, &b"{\"name\":\"1\"}"[..])
    );
    assert_eq!(encoding(&received[2]), Some("identity"));
    assert!(received[2].body.len() > long().len());
}

#[tokio::test(start_paused = true)]
async fn what_is_prepared_stays_plain_and_the_log_shows_no_packed_bytes() {
    let (spans, _guard) = Spans::capture_to(tracing::Level::TRACE);
    let (builder, _) = acme::scripted(&PLAIN, [acme::thing()]);
    let client = builder.compress(Compress::gzip()).build().unwrap();
    let call = named(&client, long());
    let prepared = call.prepare().unwrap();
    assert!(prepared.body().unwrap().starts_with(b"{\"name\":\"canary"));
    assert_eq!(prepared.headers().get(CONTENT_ENCODING), None);
    call.send().await.unwrap();
    let text = spans.text();
    assert!(text.contains("compressed, "), "{text}");
    assert!(client.pipeline().describe().to_string().contains("gzip_from=10240"));
}
