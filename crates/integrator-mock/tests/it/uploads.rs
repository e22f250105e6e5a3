//! Multipart uploads are checked as they come, and their files are counted, not kept.

use crate::client::{UPLOAD, send, stripe};

const MULTIPART: &str = "content-type: multipart/form-data; boundary=b\r\n";

fn body(file: &str, purpose: &str) -> String {
    format!(
        "--b\r\ncontent-disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
         --b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"f.bin\"\r\n\r\n{file}\r\n--b--\r\n"
    )
}

#[tokio::test]
async fn a_large_file_is_counted() {
    let mock = stripe().await;
    let file = "0123456789abcdef".repeat(8 << 16);
    let answer = send(&mock, "POST", "/v1/files", MULTIPART, &body(&file, "business_logo"))
        .await
        .unwrap();
    assert_eq!((answer.status, mock.violations()), (200, vec![]));
    let received = &mock.received_for(&UPLOAD)[0];
    let part = received.parts.iter().find(|part| part.name == "file").unwrap();
    assert_eq!(
        (part.length, part.head.len(), part.filename.as_deref()),
        (8 << 20, 64 << 10, Some("f.bin"))
    );
    assert!(received.body_length > 8 << 20 && received.body.len() == 64 << 10);
    assert_eq!(received.parts[0].text(), Some("business_logo"));
}

#[tokio::test]
async fn a_wrong_part_is_named() {
    let mock = stripe().await;
    let answer = send(&mock, "POST", "/v1/files", MULTIPART, &body("x", "portrait"))
        .await
        .unwrap();
    assert_eq!(answer.status, 422);
    assert!(mock.violations()[0].starts_with("POST /v1/files: body /purpose: expected one of \"account_requirement\""));
    let cut = send(&mock, "POST", "/v1/files", MULTIPART, "--b\r\n").await.unwrap();
    assert_eq!(cut.status, 422);
    assert_eq!(
        mock.violations()[1],
        "POST /v1/files: body: expected the closing boundary, found the end"
    );
}
