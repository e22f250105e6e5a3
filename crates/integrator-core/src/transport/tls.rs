//! Whom the built-in transport trusts, and how it proves who it is itself.
//!
//! *What it does*: keeps the settings of TLS and says in words why a certificate was refused. *Defaults*: the system's
//! own verifier and authorities, TLS 1.2 or later, no client certificate. *Interplay*: a refused certificate is found
//! out before anything is sent and is never retried, since a repeat would fail in the same way.

use rustls::{AlertDescription, CertificateError};

use crate::credential::Secret;

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TlsVersion {
    /// TLS 1.2 (RFC 5246).
    Tls12,
    /// TLS 1.3 (RFC 8446).
    Tls13,
}

/// The settings; `reqwest` shows neither keys nor certificates in `Debug`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tls {
    roots: Vec<reqwest::Certificate>,
    least: Option<TlsVersion>,
    identity: Option<reqwest::Identity>,
}

impl Tls {
    /// Trusts the authorities of a PEM file besides the system's own.
    pub(crate) fn trust(&mut self, pem: &[u8]) -> Result<(), String> {
        let wrong = "`root_certificates` needs PEM with at least one `BEGIN CERTIFICATE` block";
        match reqwest::Certificate::from_pem_bundle(pem) {
            Ok(found) if !found.is_empty() => {
                self.roots.extend(found);
                Ok(())
            }
            _ => Err(wrong.to_owned()),
        }
    }

    /// Proves who the client is with the chain and the key of a PEM file.
    pub(crate) fn identify(&mut self, pem: &Secret) -> Result<(), String> {
        // The source may repeat the text.
        let identity = reqwest::Identity::from_pem(pem.expose().as_bytes()).map_err(|_| {
            "`client_certificate` needs PEM with the certificate, its chain and one unencrypted private key".to_owned()
        })?;
        self.identity = Some(identity);
        Ok(())
    }

    /// Refuses versions before this one.
    pub(crate) fn at_least(&mut self, version: TlsVersion) {
        self.least = Some(version);
    }

    pub(crate) fn is_set(&self) -> bool {
        !self.roots.is_empty() || self.least.is_some() || self.identity.is_some()
    }

    pub(super) fn apply(self, mut builder: reqwest::ClientBuilder) -> reqwest::ClientBuilder {
        // The system's verifier stays in charge; with no roots of one's own there is nothing to merge.
        if !self.roots.is_empty() {
            builder = builder.tls_certs_merge(self.roots);
        }
        if let Some(identity) = self.identity {
            builder = builder.identity(identity);
        }
        let least = match self.least {
            None => return builder,
            Some(TlsVersion::Tls12) => reqwest::tls::Version::TLS_1_2,
            Some(TlsVersion::Tls13) => reqwest::tls::Version::TLS_1_3,
        };
        builder.tls_version_min(least)
    }
}

/// What to do about a refusal of either side's certificate; none where it is about something else.
pub(super) fn advice(error: &rustls::Error) -> Option<&'static str> {
    match error {
        rustls::Error::InvalidCertificate(why) => Some(about(why)),
        rustls::Error::NoCertificatesPresented => Some("the server showed none: check the address and port"),
        rustls::Error::AlertReceived(alert) => refusal(*alert),
        _ => None,
    }
}

/// Why we refuse the server.
fn about(why: &CertificateError) -> &'static str {
    use CertificateError as Why;
    match why {
        Why::UnknownIssuer => {
            "no trusted authority signed it: if it is your own authority, add it with `root_certificates`; a proxy that \
             intercepts TLS needs its authority among the system's"
        }
        Why::Expired | Why::ExpiredContext { .. } => {
            "it has expired: check this machine's clock, and have the server's certificate renewed"
        }
        Why::NotValidYet | Why::NotValidYetContext { .. } => "it is not valid yet: check this machine's clock",
        Why::NotValidForName | Why::NotValidForNameContext { .. } => {
            "it is for another host: check the host in the base URL, or have a certificate issued for it"
        }
        Why::Revoked => "it was revoked: have the server's certificate replaced",
        Why::InvalidPurpose | Why::InvalidPurposeContext { .. } => {
            "it is not meant for servers: have one issued for server authentication"
        }
        _ => "it is not valid: the source says why; have the server's certificate replaced",
    }
}

/// Why the server refuses us; it does so before it looks at the request, in TLS 1.3 at times after that was sent.
fn refusal(alert: AlertDescription) -> Option<&'static str> {
    use AlertDescription as Alert;
    match alert {
        Alert::CertificateRequired | Alert::NoCertificate => {
            Some("the server asks for a client certificate: set one with `client_certificate`")
        }
        Alert::CertificateExpired => Some("the client certificate has expired: renew it"),
        Alert::CertificateRevoked => Some("the client certificate was revoked: replace it"),
        Alert::BadCertificate
        | Alert::UnsupportedCertificate
        | Alert::CertificateUnknown
        | Alert::UnknownCA
        | Alert::AccessDenied => Some(
            "the server does not accept the client certificate: check that it is the right one, with its whole chain",
        ),
        _ => None,
    }
}

/// Whether both sides share no version of TLS.
pub(super) fn is_version(error: &rustls::Error) -> bool {
    matches!(
        error,
        rustls::Error::AlertReceived(AlertDescription::ProtocolVersion) | rustls::Error::PeerIncompatible(_)
    )
}

#[cfg(test)]
mod tests;
