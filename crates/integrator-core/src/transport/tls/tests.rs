//! Real handshakes on loopback: who is refused, what the error says, and that no byte of a request got through.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::TlsVersion;
use crate::testing::acme::{self, PLAIN, RETRIEVE};
use crate::{Client, ClientBuilder, Credential, Error, ErrorKind, Recovery, Retry};

const CANARY: &str = "canary-4711";

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        Self::called("one")
    }

    fn called(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate of `name` and its key, good until `year`.
    fn issue(&self, name: &str, year: i32) -> (CertificateDer<'static>, KeyPair) {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), key)
    }

    fn roots(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        roots
    }
}

/// A server that answers every request, and what it has read in the clear.
struct Server {
    address: SocketAddr,
    read: Arc<Mutex<Vec<u8>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(
        (certificate, key): (CertificateDer<'static>, KeyPair),
        clients: Option<&Authority>,
        versions: &[&'static SupportedProtocolVersion],
    ) -> Self {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(versions)
            .unwrap();
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(authority) => config.with_client_cert_verifier(
                WebPkiClientVerifier::builder_with_provider(Arc::new(authority.roots()), provider)
                    .build()
                    .unwrap(),
            ),
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let config = config.with_single_cert(vec![certificate], key).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            read: Arc::default(),
            connections: Arc::default(),
        };
        let (read, connections) = (Arc::clone(&server.read), Arc::clone(&server.connections));
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let (acceptor, read) = (acceptor.clone(), Arc::clone(&read));
                tokio::spawn(async move {
                    let Ok(mut stream) = acceptor.accept(stream).await else {
                        return;
                    };
                    let mut buffer = [0; 4096];
                    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
                        read.lock().unwrap().extend_from_slice(&buffer[..length]);
                        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                        if stream.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        server
    }

    fn client(&self, host: &str) -> ClientBuilder {
        Client::builder(&PLAIN)
            .base_url(format!("https://{host}:{}", self.address.port()))
            .credential(Credential::bearer(CANARY))
            .retry(Retry::standard().backoff(Duration::ZERO))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.read.lock().unwrap()).into_owned()
    }
}

async fn send(builder: ClientBuilder) -> Result<(), Error> {
    let call = acme::call(&builder.build().unwrap(), &RETRIEVE).send().await;
    call.map(|_| ())
}

/// The call fails at once, for good, before anything was sent, and the error says what to do.
async fn refused(server: &Server, builder: ClientBuilder, words: &str) {
    let error = send(builder).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Certificate, "{error:?}");
    assert!(!error.may_have_been_sent(), "{error:?}");
    assert_eq!(error.attempts().len(), 1, "it is not retried: {error:?}");
    assert_eq!(error.recovery(), Recovery::FixRequest);
    assert!(error.to_string().contains(words), "{words:?} is missing in {error}");
    assert_eq!(server.connections.load(Ordering::Relaxed), 1);
    assert!(!server.text().contains(CANARY), "a secret was sent");
    assert!(!format!("{error:?}{error}").contains(CANARY));
}

#[tokio::test]
async fn an_authority_of_ones_own_is_trusted_once_it_is_named() {
    let authority = Authority::new();
    let server = Server::start(authority.issue("localhost", 2100), None, rustls::ALL_VERSIONS).await;
    refused(&server, server.client("localhost"), "add it with `root_certificates`").await;
    send(server.client("localhost").root_certificates(authority.pem()))
        .await
        .unwrap();
    assert!(server.text().contains(&format!("Bearer {CANARY}")));
    let another = Authority::called("another").pem();
    let error = send(server.client("localhost").root_certificates(another))
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Certificate);
}

#[tokio::test]
async fn an_expired_certificate_is_refused() {
    let authority = Authority::new();
    let server = Server::start(authority.issue("localhost", 2021), None, rustls::ALL_VERSIONS).await;
    let client = server.client("localhost").root_certificates(authority.pem());
    refused(&server, client, "it has expired: check this machine's clock").await;
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let authority = Authority::new();
    let server = Server::start(authority.issue("api.acme.test", 2100), None, rustls::ALL_VERSIONS).await;
    let client = server.client("localhost").root_certificates(authority.pem());
    refused(
        &server,
        client,
        "it is for another host: check the host in the base URL",
    )
    .await;
}

#[tokio::test]
async fn a_server_that_asks_for_a_client_certificate_gets_one() {
    let authority = Authority::new();
    for versions in [&[&rustls::version::TLS12], &[&rustls::version::TLS13]] {
        let server = Server::start(authority.issue("localhost", 2100), Some(&authority), versions).await;
        let client = || server.client("localhost").root_certificates(authority.pem());
        refused(&server, client(), "client certificate").await;
        let (certificate, key) = authority.issue("client", 2100);
        let known = pem(&certificate) + &key.serialize_pem();
        send(client().client_certificate(known)).await.unwrap();
        let (certificate, key) = Authority::called("another").issue("client", 2100);
        let strange = pem(&certificate) + &key.serialize_pem();
        let error = send(client().client_certificate(strange)).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Certificate, "{error:?}");
        assert!(
            error.to_string().contains("does not accept the client certificate"),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_old_version_is_refused_where_a_later_one_is_asked_for() {
    let authority = Authority::new();
    let old = &[&rustls::version::TLS12];
    let server = Server::start(authority.issue("localhost", 2100), None, old).await;
    let client = || server.client("localhost").root_certificates(authority.pem());
    send(client().min_tls(TlsVersion::Tls12)).await.unwrap();
    let error = send(client().min_tls(TlsVersion::Tls13)).await.unwrap_err();
    assert!(!error.may_have_been_sent());
    assert!(error.to_string().contains("`min_tls`"), "{error}");
}

#[test]
fn settings_that_are_no_pem_are_refused_without_repeating_them() {
    let builder = Client::builder(&PLAIN)
        .root_certificates(CANARY)
        .client_certificate(CANARY);
    let error = builder.build().unwrap_err();
    let text = format!("{error} {error:?}");
    assert!(
        text.contains("`root_certificates`") && text.contains("`client_certificate`"),
        "{text}"
    );
    assert!(!text.contains(CANARY));
    let own = Client::builder(&PLAIN).transport(crate::testing::ScriptedTransport::default());
    let error = own.min_tls(TlsVersion::Tls13).build().unwrap_err();
    assert!(error.to_string().contains("built-in transport"), "{error}");
}

fn pem(certificate: &[u8]) -> String {
    let text = crate::credential::base64::encode(certificate);
    format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n")
}
