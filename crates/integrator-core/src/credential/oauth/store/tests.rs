//! Every store by the same rules; processes that share one; and Redis when it goes away.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;
use crate::oauth::OAuth;
use crate::provider::Provider;
use crate::testing::RedisServer;
use crate::testing::acme::{self, PLAIN, RETRIEVE};
use crate::testing::{Scripted, ScriptedTransport};
use crate::{Client, Credential};

fn token(version: u64) -> Token {
    (0..version).fold(Token::new("access").refresh_token("refresh"), |before, number| {
        Token::new(format!("access-{number}")).after(Some(&before))
    })
}

/// What every store has to do.
async fn keeps(store: impl TokenStore) {
    let load = async |key| {
        store
            .load(key)
            .await
            .unwrap()
            .map(|token| token.access().expose().to_owned())
    };
    assert_eq!(load("a/b").await, None);
    store.save("a/b", &token(1)).await.unwrap();
    store.save("a b", &token(2)).await.unwrap();
    assert_eq!(
        (load("a/b").await.as_deref(), load("a b").await.as_deref()),
        (Some("access-0"), Some("access-1"))
    );
    store.save("a/b", &token(3)).await.unwrap();
    let error = store.save("a/b", &token(2)).await.unwrap_err();
    assert!(error.to_string().contains("a later one"), "{error}");
    assert_eq!(load("a/b").await.as_deref(), Some("access-2"));

    let short = Duration::from_millis(100);
    let held = store.lock("a/b").await.unwrap();
    drop(store.lock("a b").await.unwrap());
    assert!(
        tokio::time::timeout(short, store.lock("a/b")).await.is_err(),
        "a lock is held once"
    );
    drop(held);
    let again = tokio::time::timeout(Duration::from_secs(20), store.lock("a/b")).await;
    drop(again.expect("it is free once it is dropped").unwrap());
}

#[tokio::test]
async fn the_store_in_memory_keeps_the_rules() {
    keeps(MemoryStore::new()).await;
}

#[tokio::test]
async fn the_store_in_files_keeps_the_rules_and_its_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("tokens");
    keeps(FileStore::new(&inside)).await;
    let names: Vec<_> = std::fs::read_dir(&inside)
        .unwrap()
        .map(|entry| entry.unwrap())
        .collect();
    assert_eq!(names.len(), 4, "two tokens and their locks: {names:?}");
    #[cfg(unix)]
    for entry in names {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
    let store = FileStore::new(&inside);
    std::fs::write(inside.join("x.json"), "canary").unwrap();
    let text = format!("{0} {0:?}", store.load("x").await.unwrap_err());
    assert!(
        text.contains("x.json") && text.contains("authorize again") && !text.contains("canary"),
        "{text}"
    );
}

#[tokio::test]
async fn the_store_in_redis_keeps_the_rules() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    keeps(RedisStore::new(server.url()).unwrap()).await;
    let error = RedisStore::new("canary").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"));
}

static PROVIDER: Provider = Provider { ..PLAIN };

fn credential(store: impl TokenStore, port: u16) -> Credential {
    let oauth = OAuth::new(&PROVIDER, "id", "secret")
        .token_endpoint(format!("http://127.0.0.1:{port}/token"))
        .token(Token::from_refresh_token("refresh-0"));
    Credential::oauth(oauth.store(store, "user"))
}

fn client(credential: Credential, transport: ScriptedTransport) -> Client {
    let builder = Client::builder(&PROVIDER).transport(transport);
    builder.credential(credential).build().unwrap()
}

#[tokio::test]
async fn redis_may_go_away_and_calls_go_on() {
    let Some(mut server) = RedisServer::start().unwrap() else {
        return;
    };
    let issued = |number: u32| {
        Scripted::json(&json!({
            "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "expires_in": 1,
        }))
    };
    let transport = ScriptedTransport::new([issued(1), acme::thing()]);
    let credential = credential(RedisStore::new(server.url()).unwrap(), 1);
    let client = client(credential.clone(), transport.clone());
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    assert!(!credential.token_status().unwrap().unsaved);
    server.kill().unwrap();
    // The token has to be renewed at some moment of this; each renewal goes on without the store.
    tokio::time::timeout(Duration::from_secs(60), async {
        while !credential.token_status().unwrap().unsaved {
            transport.push(issued(2));
            transport.push(acme::thing());
            let _ = acme::call(&client, &RETRIEVE).send().await;
        }
    })
    .await
    .expect("the token is renewed and serves from memory");
    let last = transport
        .received()
        .into_iter()
        .rev()
        .find(|request| request.headers.contains_key("authorization"));
    assert_eq!(last.unwrap().headers["authorization"], "Bearer access-2");
}

/// A token endpoint whose refresh tokens can be used once: it counts the renewals, and notes a second use.
struct Endpoint {
    port: u16,
    renewals: Arc<std::sync::atomic::AtomicU32>,
    used_twice: Arc<AtomicBool>,
}

impl Endpoint {
    fn start(lifetime: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let endpoint = Self {
            port: listener.local_addr().unwrap().port(),
            renewals: Arc::default(),
            used_twice: Arc::default(),
        };
        let (renewals, used_twice) = (Arc::clone(&endpoint.renewals), Arc::clone(&endpoint.used_twice));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let Some(body) = read(&stream) else { continue };
                let number = renewals.load(Ordering::SeqCst);
                let good = body
                    .split('&')
                    .any(|pair| pair == format!("refresh_token=refresh-{number}"));
                let answer = if good {
                    renewals.store(number + 1, Ordering::SeqCst);
                    let (access, refresh) = (format!("access-{}", number + 1), format!("refresh-{}", number + 1));
                    json!({"access_token": access, "refresh_token": refresh, "expires_in": lifetime})
                } else {
                    // A call of the API has no body.
                    used_twice.fetch_or(body.contains("refresh_token="), Ordering::SeqCst);
                    json!({"error": "invalid_grant"})
                };
                respond(&stream, if good { 200 } else { 400 }, &answer);
            }
        });
        endpoint
    }
}

fn read(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.to_ascii_lowercase().split_once(':') {
            Some(("content-length", value)) => length = value.trim().parse().ok()?,
            _ if line == "\r\n" => break,
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    String::from_utf8(body).ok()
}

fn respond(mut stream: &TcpStream, status: u16, body: &Value) {
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

/// Where a child process finds its store and its endpoint: `file <folder> <port> <rounds>` or `redis <url> …`.
const CHILD: &str = "INTEGRATOR_TEST_TOKENS";

/// The same program again, running the test below alone.
fn child(store: &str, port: u16, rounds: u32) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "credential::oauth::store::tests::another_process",
            "--nocapture",
        ])
        .env(CHILD, format!("{store} {port} {rounds}"))
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// What a child process does; by itself, nothing.
#[tokio::test]
async fn another_process() {
    let Ok(order) = std::env::var(CHILD) else { return };
    let words: Vec<&str> = order.split(' ').collect();
    let [kind, place, port, rounds] = words[..] else {
        panic!("{order}")
    };
    for _ in 0..rounds.parse().unwrap() {
        // A process that starts anew: all that it knows is in the store.
        let port = port.parse().unwrap();
        let credential = match kind {
            "file" => credential(FileStore::new(place), port),
            _ => credential(RedisStore::new(place).unwrap(), port),
        };
        let client = Client::builder(&PROVIDER)
            .base_url(format!("http://127.0.0.1:{port}"))
            .credential(credential.clone())
            .retry(crate::Retry::never());
        // The endpoint is no API; what counts is that there was a token to call it with.
        let _ = acme::call(&client.build().unwrap(), &RETRIEVE).send().await;
        assert!(credential.token_status().unwrap().fingerprint.is_some());
    }
}

fn run(store: &str, endpoint: &Endpoint, rounds: u32) {
    let children: Vec<Child> = (0..4).map(|_| child(store, endpoint.port, rounds)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

/// Lasting tokens are renewed once for all processes; tokens that end at once, one process after the other.
fn shares(store: impl Fn(u32) -> String) {
    let lasting = Endpoint::start(3_600);
    run(&store(1), &lasting, 2);
    assert_eq!(lasting.renewals.load(Ordering::SeqCst), 1, "one process renews for all");

    let short = Endpoint::start(1);
    run(&store(2), &short, 5);
    assert_eq!(short.renewals.load(Ordering::SeqCst), 20);
    assert!(
        !short.used_twice.load(Ordering::SeqCst),
        "a single-use token was used twice"
    );
}

#[test]
fn processes_that_share_files_renew_once() {
    let folder = tempfile::tempdir().unwrap();
    shares(|number| format!("file {}", folder.path().join(number.to_string()).display()));
}

#[test]
fn processes_that_share_redis_renew_once() {
    let Some(server) = RedisServer::start().unwrap() else {
        return;
    };
    shares(|number| format!("redis {}/{number}", server.url()));
}

#[test]
fn the_oldest_time_is_no_trouble() {
    let token = Token::new("a").expires_at(SystemTime::UNIX_EPOCH);
    assert_eq!(token.left(SystemTime::now()), Some(Duration::ZERO));
}
