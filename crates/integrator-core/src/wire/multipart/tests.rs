use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::Stream;

use super::{Builder, Multipart, seed};
use crate::transfer::{BodyStream, Upload};

async fn collect(mut stream: BodyStream) -> io::Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(chunk) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

struct Chunks(Vec<&'static str>);

impl Stream for Chunks {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready((!self.0.is_empty()).then(|| Ok(Bytes::from(self.0.remove(0)))))
    }
}

fn form(upload: &Upload) -> Multipart {
    let mut builder = Builder::new(0x00c0_ffee);
    builder.field("purpose", None, "dispute_evidence");
    builder.field("file_link_data[create]", None, "true");
    builder.file("file", upload);
    builder.finish()
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("integrator-core-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

#[tokio::test]
async fn a_form_is_exact_to_the_byte() {
    let body = form(&Upload::bytes("r\"e\r\nceipt.pdf", "%PDF\r\n--"));
    let expected = "--integrator-00000000000000000000000000c0ffee\r\n\
        Content-Disposition: form-data; name=\"purpose\"\r\n\r\n\
        dispute_evidence\r\n\
        --integrator-00000000000000000000000000c0ffee\r\n\
        Content-Disposition: form-data; name=\"file_link_data[create]\"\r\n\r\n\
        true\r\n\
        --integrator-00000000000000000000000000c0ffee\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"r%22e%0D%0Aceipt.pdf\"\r\n\
        Content-Type: application/pdf\r\n\r\n\
        %PDF\r\n--\r\n\
        --integrator-00000000000000000000000000c0ffee--\r\n";
    assert_eq!(
        body.media_type(),
        "multipart/form-data; boundary=integrator-00000000000000000000000000c0ffee"
    );
    assert_eq!(body.length(), Some(expected.len() as u64));
    assert!(body.is_replayable());
    for _ in 0..2 {
        assert_eq!(
            String::from_utf8(collect(body.open().await.unwrap()).await.unwrap()).unwrap(),
            expected
        );
    }
}

#[tokio::test]
async fn a_form_without_parts_is_only_its_end() {
    let body = Builder::new(1).finish();
    let text = String::from_utf8(collect(body.open().await.unwrap()).await.unwrap()).unwrap();
    assert_eq!(text, "--integrator-00000000000000000000000000000001--\r\n");
}

#[tokio::test]
async fn a_file_on_disk_is_read_in_chunks_and_again_for_every_attempt() {
    let folder = folder("chunks");
    let path = folder.join("big.bin");
    let content: Vec<u8> = (0..200_000_u32).map(|at| (at % 251) as u8).collect();
    std::fs::write(&path, &content).unwrap();
    let upload = Upload::open(&path).await.unwrap();
    assert_eq!(
        (upload.name(), upload.content_type(), upload.length()),
        ("big.bin", "application/octet-stream", Some(200_000))
    );
    let body = form(&upload);
    for _ in 0..2 {
        let mut stream = body.open().await.unwrap();
        let mut sent = Vec::new();
        while let Some(chunk) = poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
            let chunk = chunk.unwrap();
            assert!(chunk.len() <= 64 * 1024, "{} bytes at once", chunk.len());
            sent.extend_from_slice(&chunk);
        }
        assert_eq!(sent.len() as u64, body.length().unwrap());
        assert!(sent.windows(content.len()).any(|window| window == content));
    }
    std::fs::write(&path, b"short").unwrap();
    assert_eq!(
        body.open().await.map(|_| ()).unwrap_err().kind(),
        io::ErrorKind::InvalidData
    );
    std::fs::remove_file(&path).unwrap();
    let error = body.open().await.map(|_| ()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
    assert!(error.to_string().contains("big.bin"), "{error}");
    assert!(Upload::open(&folder).await.is_err());
    std::fs::remove_dir_all(folder).unwrap();
}

#[tokio::test]
async fn a_stream_is_sent_once_and_held_to_its_length() {
    let stream = |length| Upload::stream("a.csv", length, Chunks(vec!["a,b\n", "1,2\n"]));
    let body = form(&stream(Some(8)));
    assert!(!body.is_replayable());
    assert!(body.length().is_some());
    assert!(collect(body.open().await.unwrap()).await.is_ok());
    assert!(body.open().await.is_err());
    assert_eq!(form(&stream(None)).length(), None);
    for wrong in [7, 9] {
        let body = form(&stream(Some(wrong)));
        assert!(collect(body.open().await.unwrap()).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn one_file_can_be_the_whole_body() {
    let body = Multipart::whole("application/sdp", Upload::bytes("offer", "v=0"));
    assert_eq!((body.media_type(), body.length()), ("application/sdp", Some(3)));
    assert_eq!(collect(body.open().await.unwrap()).await.unwrap(), b"v=0");
}

#[test]
fn boundaries_differ() {
    assert_ne!(seed(), seed());
}
