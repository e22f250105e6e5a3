//! Files: one that is sent from disk, twice where it must be, and one that is received.

use std::path::PathBuf;

use integrator_core::testing::{Recorded, Scripted};
use integrator_core::{ErrorKind, Upload, json};

use crate::support::{self, header};

/// A file that is gone when the test is over.
struct Kept(PathBuf);

impl Kept {
    fn new(name: &str, content: &[u8]) -> Self {
        let folder = std::env::temp_dir().join(format!("integrator-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("evidence.pdf");
        std::fs::write(&path, content).unwrap();
        Self(path)
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.0.parent().unwrap());
    }
}

/// Every byte there is, more than one chunk of a file long, with what looks like the end of a part in it.
fn content() -> Vec<u8> {
    let mut content: Vec<u8> = (0..300_000_u32).map(|at| (at % 251) as u8).collect();
    content.extend_from_slice(b"\r\n--\r\n\r\n--boundary--\r\n");
    content
}

fn file() -> Scripted {
    Scripted::json(&json!({
        "id": "file_1", "object": "file", "created": 1_795_100_400, "purpose": "dispute_evidence",
        "size": 300_000, "filename": "evidence.pdf", "title": null, "type": "pdf", "url": null, "expires_at": null,
    }))
}

/// The body as RFC 7578 has it, put together from scratch.
fn expected(request: &Recorded, content: &[u8]) -> Vec<u8> {
    let boundary = header(request, "content-type")
        .strip_prefix("multipart/form-data; boundary=")
        .unwrap();
    let mut body = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\ndispute_evidence\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"evidence.pdf\"\r\n\
         Content-Type: application/pdf\r\n\r\n"
    )
    .into_bytes();
    body.extend_from_slice(content);
    body.extend_from_slice(format!("\r\n--{boundary}--\r\n").as_bytes());
    body
}

#[tokio::test]
async fn a_file_from_disk_is_sent_again_after_a_503() {
    let content = content();
    let kept = Kept::new("again", &content);
    let busy = Scripted::status(503).header("retry-after-ms", "0");
    let (client, transport) = support::stripe([busy, file()]);
    let upload = Upload::open(&kept.0).await.unwrap();
    let answer = client
        .files()
        .create()
        .file(upload)
        .purpose("dispute_evidence")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.id, "file_1");

    let received = transport.received();
    assert_eq!(received.len(), 2);
    for request in &received {
        assert_eq!(request.uri.to_string(), "https://files.stripe.com/v1/files");
        assert!(request.body == expected(request, &content), "byte for byte");
        assert!(!header(request, "idempotency-key").is_empty());
    }
    assert_eq!(
        header(&received[0], "idempotency-key"),
        header(&received[1], "idempotency-key")
    );
}

#[tokio::test]
async fn a_file_that_changed_is_an_error_that_names_it() {
    let kept = Kept::new("changed", b"before");
    let (client, transport) = support::stripe([file()]);
    let upload = Upload::open(&kept.0).await.unwrap();
    std::fs::write(&kept.0, b"longer than before").unwrap();
    let call = client.files().create().file(upload).purpose("dispute_evidence");
    let error = call.send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Upload);
    assert!(!error.may_have_been_sent());
    assert!(transport.received().is_empty());

    let missing = Upload::open(kept.0.with_extension("none")).await.unwrap_err();
    assert!(missing.to_string().contains("evidence.none"), "{missing}");
}

#[tokio::test]
async fn a_file_that_is_missing_is_named_before_anything_is_sent() {
    let (client, transport) = support::stripe([file()]);
    let error = client.files().create().send().await.unwrap_err();
    let shown = error.to_string();
    assert!(shown.contains("`file`") && shown.contains("`purpose`"), "{shown}");
    assert!(transport.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_download_arrives_in_chunks() {
    let pdf = || {
        Scripted::status(200)
            .header("content-type", "application/pdf")
            .chunk("%PDF")
            .chunk("-1.7")
    };
    let (client, transport) = support::stripe([Scripted::status(503), pdf(), pdf()]);
    let mut download = client.quotes().pdf("qt_1").send().await.unwrap().into_inner();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "%PDF");
    assert_eq!(download.chunk().await.unwrap().unwrap(), "-1.7");
    assert!(download.chunk().await.unwrap().is_none());
    let received = transport.received();
    assert_eq!(received.len(), 2);
    assert_eq!(
        received[1].uri.to_string(),
        "https://files.stripe.com/v1/quotes/qt_1/pdf"
    );
    assert_eq!(header(&received[1], "accept"), "*/*");

    let download = client.quotes().pdf("qt_1").send().await.unwrap().into_inner();
    assert_eq!(download.bytes(100).await.unwrap(), "%PDF-1.7");
}

#[tokio::test(start_paused = true)]
async fn a_download_that_breaks_off_is_no_file() {
    let cut = Scripted::status(200).chunk("%PDF").cut();
    let (client, transport) = support::stripe([cut, Scripted::status(200)]);
    let mut download = client.quotes().pdf("qt_1").send().await.unwrap().into_inner();
    assert_eq!(download.chunk().await.unwrap().unwrap(), "%PDF");
    let error = download.chunk().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NoAnswer);
    assert_eq!(transport.left(), 1, "nothing is sent again once content was handed on");

    let refused = Scripted::status(404).with_json(&json!({"error": {"code": "resource_missing"}}));
    let (client, _) = support::stripe([refused]);
    let error = client.quotes().pdf("qt_1").send().await.unwrap_err();
    assert_eq!((error.is_not_found(), error.code()), (true, Some("resource_missing")));
}
