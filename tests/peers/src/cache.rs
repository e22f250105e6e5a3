//! A hit of the cache in memory, the whole call, against reqwest-middleware with http-cache and its store in memory.
//!
//! Once the body is handed out as it is (ours as text that is checked and copied, theirs as the bytes that it holds),
//! and once it is read without a type on both sides. Goal: at most 0.06 of the peer's time where nobody reads it.

use std::error::Error;
use std::hint::black_box;

use http_cache_reqwest::{CacheMode, CacheOptions, HttpCache, HttpCacheOptions, MokaManager};
use integrator_core::{Cache, Client, Credential, FromAnswer, Text, Value};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tokio::runtime::{Builder, Runtime};

use crate::contest::contest;
use crate::provider::{PROVIDER, RETRIEVE};
use crate::server::Server;

/// Hits a round.
const HITS: u32 = 2_000;
const GOAL: f64 = 0.06;
const KEY: &str = "sk_test_bench";
const CUSTOMER: &[u8] = include_bytes!("../../benches/fixtures/customer_with_card.json");

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let (for_us, for_them) = (Server::start(answer())?, Server::start(answer())?);
    let engine = Client::builder(&PROVIDER)
        .base_url(for_us.url())
        .credential(Credential::bearer(KEY))
        .cache(Cache::memory(1 << 20))
        .build()?;
    let peer = peer()?;
    let url = format!("{}/v1/customers/cus_1", for_them.url());
    ours::<Text>(&runtime, &engine, 1);
    theirs(&runtime, &peer, &url, 1, |_| {});
    contest(
        "a hit of the cache, bytes handed out",
        HITS,
        GOAL,
        |hits| ours::<Text>(&runtime, &engine, hits),
        |hits| theirs(&runtime, &peer, &url, hits, |_| {}),
    );
    let read = |body: &[u8]| {
        black_box(serde_json::from_slice::<Value>(body).expect("the server answers JSON"));
    };
    if std::env::args().nth(2).is_none() {
        contest(
            "a hit of the cache, read as a Value (the goal is for the row above)",
            HITS,
            GOAL,
            |hits| ours::<Value>(&runtime, &engine, hits),
            |hits| theirs(&runtime, &peer, &url, hits, read),
        );
    }
    assert_eq!((for_us.asked(), for_them.asked()), (1, 1), "all but the first are hits");
    Ok(())
}

fn peer() -> Result<ClientWithMiddleware, Box<dyn Error>> {
    let client = reqwest_before::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let private = CacheOptions {
        // A shared cache keeps nothing that was asked for with a key.
        shared: false,
        ..CacheOptions::default()
    };
    let cache = http_cache_reqwest::Cache(HttpCache {
        mode: CacheMode::Default,
        manager: MokaManager::default(),
        options: HttpCacheOptions {
            cache_options: Some(private),
            ..HttpCacheOptions::default()
        },
    });
    Ok(ClientBuilder::new(client).with(cache).build())
}

fn ours<T: FromAnswer>(runtime: &Runtime, client: &Client, hits: u32) {
    runtime.block_on(async {
        for _ in 0..hits {
            let call = client.call::<T>(&RETRIEVE).path(0, &"cus_1");
            black_box(call.send().await.expect("the server answers").into_inner());
        }
    });
}

fn theirs(runtime: &Runtime, client: &ClientWithMiddleware, url: &str, hits: u32, read: impl Fn(&[u8])) {
    runtime.block_on(async {
        for _ in 0..hits {
            let answer = client
                .get(url)
                .bearer_auth(KEY)
                .send()
                .await
                .expect("the server answers");
            assert!(answer.status().is_success());
            let body = answer.bytes().await.expect("the server answers to the end");
            read(&black_box(body));
        }
    });
}

fn answer() -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=3600\r\netag: \"1\"\r\n\
         request-id: req_Bench\r\ncontent-length: {}\r\n\r\n",
        CUSTOMER.len()
    );
    [head.as_bytes(), CUSTOMER].concat()
}
