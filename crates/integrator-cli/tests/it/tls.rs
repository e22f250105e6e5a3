//! `integrator doctor` against servers whose certificates nobody should trust, and one whose authority is known.

#![allow(clippy::unwrap_used, reason = "a test says what is wrong by where it panics")]

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::program::{Run, run};

const CANARY: &str = "sk_test_canary";

/// An authority, and a server with a certificate of it.
struct Server {
    authority: String,
    address: SocketAddr,
    read: Arc<Mutex<Vec<u8>>>,
}

impl Server {
    /// Shows a certificate of `name`, good until `year`.
    async fn start(name: &str, year: i32) -> Self {
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, "an authority of one's own");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap().der().clone();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider);
        let config = config
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let acceptor = TlsAcceptor::from(Arc::new(config.with_single_cert(vec![certificate], key).unwrap()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            authority: authority.pem(),
            address: listener.local_addr().unwrap(),
            read: Arc::default(),
        };
        let read = Arc::clone(&server.read);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else {
                    continue;
                };
                let mut buffer = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                    read.lock().unwrap().extend_from_slice(&buffer[..length]);
                    let answer = b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 2\r\n\r\n{}";
                    if stream.write_all(answer).await.is_err() {
                        break;
                    }
                }
            }
        });
        server
    }

    /// Checks Stripe at this server; with its authority among those that the system trusts, if wanted.
    fn doctor(&self, is_trusted: bool) -> Run {
        let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("authority-{}.pem", self.address.port()));
        std::fs::write(&file, &self.authority).unwrap();
        let url = format!("https://localhost:{}", self.address.port());
        let mut variables = vec![("STRIPE_API_KEY", CANARY)];
        if is_trusted {
            variables.push(("SSL_CERT_FILE", file.to_str().unwrap()));
        }
        let run = run(&["doctor", "stripe", "--base-url", &url], &variables);
        std::fs::remove_file(&file).unwrap();
        assert!(!run.out.contains(CANARY) && !run.err.contains(CANARY), "{run:?}");
        run
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read.lock().unwrap()).into_owned()
    }

    /// The certificate is found fault with in these words, and nothing was sent.
    fn is_refused(&self, is_trusted: bool, words: &str) {
        let run = self.doctor(is_trusted);
        assert_eq!(run.code, Some(1), "{run:?}");
        let steps = ["dns", "connect", "tls"].map(|step| crate::doctor::verdict(&run, step));
        assert_eq!(steps, ["ok", "ok", "FAILED"], "{run:?}");
        let advice = run.out.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(advice.contains(words), "{words:?} is missing in {run:?}");
        assert!(!run.out.contains("auth "), "what comes after is not judged: {run:?}");
        assert_eq!(self.text(), "", "a byte of the request was sent");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_an_unknown_authority_is_told() {
    let server = Server::start("localhost", 2100).await;
    server.is_refused(false, "no trusted authority signed it");
    // With the authority known, the same server gets as far as the key.
    let run = server.doctor(true);
    assert_eq!(crate::doctor::verdict(&run, "tls"), "ok", "{run:?}");
    assert_eq!(crate::doctor::verdict(&run, "auth"), "FAILED", "{run:?}");
    assert!(server.text().contains(CANARY), "the request was sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate_is_told() {
    Server::start("localhost", 2021)
        .await
        .is_refused(true, "it has expired: check this machine's clock");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_for_another_host_is_told() {
    Server::start("api.acme.test", 2100)
        .await
        .is_refused(true, "it is for another host");
}
