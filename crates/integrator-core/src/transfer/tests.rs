//! A file that is larger than the memory of the process that sends it.

#![cfg(target_os = "linux")]

use std::io::Write as _;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::testing::acme::{PLAIN, SEND_FILE};
use crate::{Client, Credential, Retry, Upload};

const GIB: u64 = 1 << 30;
const MEMORY: u64 = 64 << 20;

/// Where the child sends which file.
const TASK: &str = "INTEGRATOR_TEST_UPLOAD";
const NAME: &str = "transfer::tests::a_gibibyte_goes_through_little_memory";

#[tokio::test]
async fn a_gibibyte_goes_through_little_memory() {
    if let Ok(task) = std::env::var(TASK) {
        return send(&task).await;
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(GIB).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let task = format!("{}|{}", listener.local_addr().unwrap(), file.path().display());
    let child = tokio::task::spawn_blocking(move || {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child
            .args(["--exact", NAME, "--nocapture"])
            .env(TASK, task)
            .output()
            .unwrap()
    });

    let server = tokio::spawn(async move {
        // The first attempt breaks off on the way: the second begins at the beginning.
        let (first, _) = listener.accept().await.unwrap();
        receive(first, 8 << 20).await;
        let (second, _) = listener.accept().await.unwrap();
        receive(second, u64::MAX).await
    });

    let output = child.await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}");
    let sent = server.await.unwrap();
    assert!(sent > GIB && sent < GIB + 1024, "{sent}");
    let peak = said
        .split("peak:")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next());
    let peak: u64 = peak.expect("the child says its peak").parse().unwrap();
    assert!(peak * 1024 < MEMORY, "{peak} kB");
}

/// Takes a body of at most `max` bytes, answers it if it came to its end, and says how long it was.
async fn receive(mut stream: TcpStream, max: u64) -> u64 {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length: u64 = length.unwrap().trim().parse().unwrap();
    let mut buffer = vec![0; 256 * 1024];
    let mut received = 0;
    while received < length.min(max) {
        let read = stream.read(&mut buffer).await.unwrap();
        assert!(read > 0);
        received += read as u64;
    }
    if received == length {
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        stream.write_all(answer).await.unwrap();
    }
    received
}

/// What the child does.
async fn send(task: &str) {
    let (address, path) = task.split_once('|').unwrap();
    let client = Client::builder(&PLAIN)
        .base_url(format!("http://{address}"))
        .credential(Credential::bearer("key"))
        .retry(Retry::standard().backoff(Duration::ZERO))
        .first_byte_timeout(Duration::from_secs(600))
        .deadline(Duration::from_secs(600))
        .build()
        .unwrap();
    let call = client
        .call::<Value>(&SEND_FILE)
        .upload(1, Upload::open(path).await.unwrap());
    let answer = call.send().await.unwrap();
    assert_eq!(answer.attempts().len(), 2);
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let said = format!("peak: {}\n", peak.unwrap().trim().trim_end_matches(" kB"));
    std::io::stdout().write_all(said.as_bytes()).unwrap();
}
