//! How far a request gets: name resolution, connection, TLS, the provider's answer to the key.
//!
//! One request is sent. Only where that does not connect, the steps are tried one by one to tell which one fails.

use std::time::{Duration, SystemTime};

use http::Uri;
use integrator::core::Client;
use integrator::{Error, ErrorKind, Operation, Value};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::answer;
use super::check::{Check, Verdict};

/// How long one step may take.
const STEP: Duration = Duration::from_secs(5);
/// The steps before the provider's answer, and what is said of those that were taken.
const STEPS: [(&str, &str); 3] = [
    ("dns", "the name is found"),
    ("connect", "the port is open"),
    ("tls", "the certificate is trusted"),
];
/// Variables that put a proxy in between.
const PROXIES: [&str; 6] = [
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// Sends the one request and says how far it got.
pub(super) async fn checks(client: &Client) -> Vec<Check> {
    let provider = client.provider();
    let Some(operation) = provider.probe.and_then(|name| provider.operation(name)) else {
        let what = format!("{} has no operation that is known to only read", provider.title);
        return vec![Check::warning("auth", what, "try `integrator call`")];
    };
    let begun = Instant::now();
    let outcome = client.call::<Value>(operation).send().await;
    let (took, now) = (begun.elapsed(), SystemTime::now());
    let mut checks = match &outcome {
        Ok(response) => {
            let what = format!(
                "{} answered {} in {} ms",
                operation.name,
                response.status().as_u16(),
                took.as_millis()
            );
            passed_up_to("auth", client)
                .chain([Check::passed("auth", what)])
                .collect()
        }
        Err(error) => failed(client, operation, error).await,
    };
    let headers = match &outcome {
        Ok(response) => Some(response.headers()),
        Err(error) => error.status().map(|_| error.headers()),
    };
    if let Some(headers) = headers {
        checks.extend(answer::clock(headers, now));
        checks.push(answer::version(client, headers));
    }
    checks
}

/// The steps before this one.
fn passed_up_to(step: &'static str, client: &Client) -> impl Iterator<Item = Check> + use<> {
    let is_encrypted = client.base_url().starts_with("https:");
    let before = STEPS.into_iter().take_while(move |(name, _)| *name != step);
    before
        .filter(move |(name, _)| is_encrypted || *name != "tls")
        .map(|(name, what)| Check::passed(name, what))
}

async fn failed(client: &Client, operation: &Operation, error: &Error) -> Vec<Check> {
    let (step, verdict, what, advice): (&'static str, _, String, String) = match error.kind() {
        ErrorKind::Certificate => ("tls", Verdict::Failed, chain(error), error.detail().to_owned()),
        ErrorKind::Connect => return unconnected(client, error).await,
        ErrorKind::Unauthenticated => (
            "auth",
            Verdict::Failed,
            told("the provider does not accept the key", error),
            format!(
                "check that the key in use is of this environment, not revoked, and that it belongs to {}",
                client.base_url()
            ),
        ),
        ErrorKind::Forbidden => (
            "auth",
            Verdict::Warning,
            told(&format!("the key is accepted, but not for {}", operation.name), error),
            "give the key the scopes of the operations that it is for".to_owned(),
        ),
        ErrorKind::RateLimited | ErrorKind::QuotaExhausted => (
            "auth",
            Verdict::Warning,
            told("the provider holds calls back", error),
            "see the quota with the provider, and who else uses it".to_owned(),
        ),
        ErrorKind::NotFound | ErrorKind::UnexpectedStatus => (
            "auth",
            Verdict::Failed,
            told(&format!("{} is not at this address", operation.name), error),
            "check the base URL: a path too many or too few, another product, a proxy".to_owned(),
        ),
        ErrorKind::Server => (
            "auth",
            Verdict::Failed,
            told("the provider fails", error),
            "see the provider's status page; give the request's id to its support when it lasts".to_owned(),
        ),
        ErrorKind::NoAnswer | ErrorKind::Timeout | ErrorKind::Deadline => (
            "auth",
            Verdict::Failed,
            format!("it connects, and no answer comes: {}", chain(error)),
            format!(
                "look for what stands in between{}; else see the provider's status page",
                proxies()
            ),
        ),
        ErrorKind::Decode | ErrorKind::TooLarge => (
            "auth",
            Verdict::Failed,
            told("something else than the provider's API answers", error),
            "check the base URL".to_owned(),
        ),
        _ => (
            "auth",
            Verdict::Failed,
            told("the request is not accepted", error),
            "read what the provider says".to_owned(),
        ),
    };
    passed_up_to(step, client)
        .chain([Check::new(verdict, step, what).advising(advice)])
        .collect()
}

/// Tries the steps that a connection takes.
async fn unconnected(client: &Client, error: &Error) -> Vec<Check> {
    let base: Uri = client.base_url().parse().unwrap_or_default();
    let host = base.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let usual = if base.scheme_str() == Some("http") { 80 } else { 443 };
    let port = base.port_u16().unwrap_or(usual);
    let found = match timeout(STEP, lookup_host((host.as_str(), port))).await {
        Ok(Ok(found)) => found.collect::<Vec<_>>(),
        _ => Vec::new(),
    };
    let (step, what, advice) = if found.is_empty() {
        let advice = format!("check its spelling, the network and the name server{}", proxies());
        ("dns", format!("the name {host} is not found"), advice)
    } else {
        match timeout(STEP, TcpStream::connect(&found[..])).await {
            Ok(Ok(_)) => (
                "tls",
                format!(
                    "{host}:{port} accepts connections, but agrees on no TLS: {}",
                    chain(error)
                ),
                format!(
                    "check that it is an https port, and what stands in between{}",
                    proxies()
                ),
            ),
            Ok(Err(refused)) => (
                "connect",
                format!("{host}:{port} does not accept connections: {refused}"),
                format!("check the port, and that a firewall lets it through{}", proxies()),
            ),
            Err(_) => (
                "connect",
                format!("{host}:{port} does not answer within {} s", STEP.as_secs()),
                format!("check that a firewall lets it through{}", proxies()),
            ),
        }
    };
    passed_up_to(step, client)
        .chain([Check::failed(step, what, advice)])
        .collect()
}

/// Which variables put a proxy in between, for the end of an advice.
fn proxies() -> String {
    let set: Vec<&str> = PROXIES
        .into_iter()
        .filter(|name| super::variable(name).is_some())
        .collect();
    match &set[..] {
        [] => String::new(),
        names => format!(" (a proxy is set: {})", names.join(", ")),
    }
}

/// Status, code and request id are safe to say; the provider's message may repeat what was sent.
fn told(what: &str, error: &Error) -> String {
    format!("{what}: {error}")
}

/// What lies below an error.
fn chain(error: &Error) -> String {
    let mut text = error.kind().as_str().to_owned();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}
