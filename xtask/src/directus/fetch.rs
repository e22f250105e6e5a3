//! The schema snapshot of an instance, asked for over the network.

use std::time::Duration;

use miette::{IntoDiagnostic, WrapErr, bail, miette};
use reqwest::{Client, Response, Url, header::AUTHORIZATION, redirect::Policy};
use serde_json::Value;

/// Where the token stands.
const TOKEN: &str = "DIRECTUS_TOKEN";
/// Greatest length of a snapshot in bytes.
const MOST: usize = 64 * 1024 * 1024;
/// How long an instance may take for the whole answer.
const PATIENCE: Duration = Duration::from_secs(120);

/// The snapshot of the instance at `url`, for the token in the environment.
///
/// # Errors
/// When there is no token, it would leave over plain HTTP, or the instance does not answer a snapshot.
pub(super) fn snapshot(url: &str, allow_plain_http: bool) -> miette::Result<Value> {
    let token = std::env::var(TOKEN).ok().filter(|token| !token.is_empty());
    let token = token.ok_or_else(|| miette!("set {TOKEN} to the token of an administrator"))?;
    snapshot_for(url, &token, allow_plain_http)
}

/// The same for this token.
pub(super) fn snapshot_for(url: &str, token: &str, allow_plain_http: bool) -> miette::Result<Value> {
    let url = address(url, allow_plain_http)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .into_diagnostic()?;
    runtime.block_on(async {
        // A redirect would take the token along.
        let client = Client::builder()
            .redirect(Policy::none())
            .timeout(PATIENCE)
            .build()
            .into_diagnostic()?;
        let request = client.get(url).header(AUTHORIZATION, format!("Bearer {token}"));
        let answer = request
            .send()
            .await
            .into_diagnostic()
            .wrap_err("failed to ask the instance")?;
        if !answer.status().is_success() {
            bail!(
                "the instance answered {}: {}",
                answer.status(),
                said(&bytes(answer).await?)
            );
        }
        serde_json::from_slice(&bytes(answer).await?)
            .into_diagnostic()
            .wrap_err("the instance answered no JSON")
    })
}

/// Where the instance at `url` has its snapshot.
fn address(url: &str, allow_plain_http: bool) -> miette::Result<Url> {
    let mut url = Url::parse(url)
        .into_diagnostic()
        .wrap_err_with(|| format!("`{url}` is no address"))?;
    let is_here = match url.host_str() {
        Some("localhost" | "[::1]") => true,
        Some(host) => host
            .parse::<std::net::Ipv4Addr>()
            .is_ok_and(|address| address.is_loopback()),
        None => false,
    };
    match url.scheme() {
        "https" => {}
        "http" if is_here || allow_plain_http => {}
        "http" => bail!("the token would leave over plain HTTP: use https, or --allow-plain-http in your own network"),
        other => bail!("`{other}` is neither https nor http"),
    }
    let mut segments = url
        .path_segments_mut()
        .map_err(|()| miette!("the address has no path"))?;
    segments.pop_if_empty().extend(["schema", "snapshot"]);
    drop(segments);
    Ok(url)
}

async fn bytes(mut answer: Response) -> miette::Result<Vec<u8>> {
    let mut all = Vec::new();
    while let Some(chunk) = answer
        .chunk()
        .await
        .into_diagnostic()
        .wrap_err("the answer broke off")?
    {
        if all.len() + chunk.len() > MOST {
            bail!("the answer is longer than {MOST} bytes");
        }
        all.extend_from_slice(&chunk);
    }
    Ok(all)
}

/// The instance's own words about a failure.
fn said(body: &[u8]) -> String {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let message = body.pointer("/errors/0/message").and_then(Value::as_str);
    message.unwrap_or("it does not say why").to_owned()
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    /// A server on loopback for one request: where it is, and what it will have read.
    fn server(answer: String) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let serve = move || {
            let (mut peer, _) = listener.accept().unwrap();
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                peer.read_exact(&mut byte).unwrap();
                head.extend(byte);
            }
            peer.write_all(answer.as_bytes()).unwrap();
            String::from_utf8(head).unwrap()
        };
        (url, std::thread::spawn(serve))
    }

    fn answer(status: &str, headers: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}connection: close\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn a_snapshot_is_asked_for_with_the_token() {
        let path = format!(
            "{}/../specs/directus/fixtures/snapshot.json",
            env!("CARGO_MANIFEST_DIR")
        );
        let fixture = std::fs::read_to_string(path).unwrap();
        let (url, served) = server(answer("200 OK", "", &fixture));
        let snapshot = snapshot_for(&format!("{url}/cms/"), "t-1", false).unwrap();
        assert_eq!(snapshot, serde_json::from_str::<Value>(&fixture).unwrap());
        let head = served.join().unwrap();
        assert!(head.starts_with("GET /cms/schema/snapshot HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("authorization: Bearer t-1\r\n"), "{head}");
    }

    #[test]
    fn a_refusal_says_why_and_a_redirect_is_not_followed() {
        let body = r#"{"errors": [{"message": "You don't have permission."}]}"#;
        let (url, served) = server(answer("403 Forbidden", "", body));
        let error = snapshot_for(&url, "t-1", false).unwrap_err().to_string();
        assert!(error.contains("403") && error.contains("permission"), "{error}");
        served.join().unwrap();
        let (url, served) = server(answer("302 Found", "location: http://127.0.0.1:1/\r\n", ""));
        let error = snapshot_for(&url, "t-1", false).unwrap_err().to_string();
        assert!(error.contains("302"), "{error}");
        served.join().unwrap();
    }

    #[test]
    fn the_token_does_not_leave_over_plain_http() {
        let error = address("http://cms.example", false).unwrap_err().to_string();
        assert!(error.contains("plain HTTP"), "{error}");
        assert!(address("ftp://cms.example", true).is_err() && address("cms", true).is_err());
        let of = |url: &str| address(url, false).unwrap().to_string();
        assert_eq!(of("https://cms.example"), "https://cms.example/schema/snapshot");
        assert_eq!(of("http://localhost:8055/a"), "http://localhost:8055/a/schema/snapshot");
        assert!(address("http://cms.example", true).is_ok());
    }
}
