//! What a client is set up to do that is allowed and rarely meant.
//!
//! What cannot work at all is refused when the client is built; what is wrong with the provider or the way to it shows in
//! [`Client::health`]. `integrator doctor` prints what is found here.

use std::fmt;
use std::time::Duration;

use crate::client::Client;
use crate::credential::Credential;

/// From here on a deadline ends nothing that anybody waits for.
const NO_DEADLINE: Duration = Duration::from_secs(60 * 60);
/// From here on attempts are as good as without a limit.
const NO_LIMIT: u32 = 20;

/// Something about the settings of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// A word for it, which stays the same.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What was found.
    pub what: String,
    /// What to do about it.
    pub advice: String,
}

/// How bad a [`Finding`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// It may be meant.
    Warning,
    /// It should not stay like this.
    Error,
}

impl Severity {
    /// A word for it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.advice)
    }
}

impl Client {
    /// What is allowed and rarely meant in its settings, the worst first. It looks at the files that secrets are in.
    ///
    /// | code | severity | found when |
    /// |---|---|---|
    /// | `readable_secret` | error | others than its owner may read the file of a key or token (Unix) |
    /// | `plain_http` | error | secrets go over plain HTTP to another machine |
    /// | `no_credential` | warning | nothing proves who is calling |
    /// | `no_deadline` | warning | a call may take an hour or longer |
    /// | `unlimited_retry` | warning | a call may be tried 20 times or more |
    /// | `no_version_pin` | warning | the provider has versions, and requests name none |
    /// | `other_version` | warning | requests name another version than the types were made from |
    #[must_use]
    pub fn lint(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        let pipeline = self.pipeline();
        let (title, base) = (self.provider().title, &pipeline.prepare.base);
        if !base.is_encrypted() && !base.is_loopback() {
            findings.push(Finding::error(
                "plain_http",
                format!("`{base}` is plain http, so whoever is in between reads keys and data"),
                "use https, also within a network of your own",
            ));
        }
        let keys = pipeline.keys.iter().map(|(_, credential)| credential);
        for credential in std::iter::once(&pipeline.credential).chain(keys) {
            findings.extend(readable(credential));
        }
        if pipeline.credential.is_nobody() {
            findings.push(Finding::warning(
                "no_credential",
                format!("nothing proves to {title} who is calling"),
                "set a `credential`, or read it with `from_env`",
            ));
        }
        if pipeline.deadline >= NO_DEADLINE {
            findings.push(Finding::warning(
                "no_deadline",
                format!("a call may take {:?}", pipeline.deadline),
                "set a `deadline` that somebody would wait for",
            ));
        }
        let attempts = pipeline.repeater.retry.max_attempts;
        if attempts >= NO_LIMIT {
            findings.push(Finding::warning(
                "unlimited_retry",
                format!("a call may be tried {attempts} times, which keeps a failing provider down"),
                "allow fewer with `Retry::max_attempts`; 3 are usual",
            ));
        }
        findings.extend(self.version());
        findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        findings
    }

    fn version(&self) -> Option<Finding> {
        let provider = self.provider();
        let header = provider.version_header?;
        let pinned = provider
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(header));
        // Where the provider's facts pin none, there is none to pin.
        let (_, pinned) = pinned?;
        match self.pipeline().prepare.headers.get(header) {
            Some(sent) if sent == *pinned => None,
            Some(sent) if !sent.is_empty() => Some(Finding::warning(
                "other_version",
                format!(
                    "`{header}` is {}, the types were made from {pinned}",
                    sent.to_str().unwrap_or("unreadable")
                ),
                "leave the header out, or expect answers that differ from their types",
            )),
            _ => Some(Finding::warning(
                "no_version_pin",
                format!("`{header}` is empty, so the account's own version decides about the shape of answers"),
                "leave the header out: the client sends the version that its types were made from",
            )),
        }
    }
}

impl Finding {
    fn error(code: &'static str, what: String, advice: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            what,
            advice: advice.into(),
        }
    }

    fn warning(code: &'static str, what: String, advice: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, what, advice)
        }
    }
}

/// The credential's file, if others may read it.
#[cfg(unix)]
fn readable(credential: &Credential) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt as _;

    let path = credential.path()?;
    let mode = std::fs::metadata(&path).ok()?.permissions().mode() & 0o777;
    let path = path.display();
    (mode & 0o077 != 0).then(|| {
        Finding::error(
            "readable_secret",
            format!("{path} holds a secret and has mode {mode:o}, so others on this machine may read or replace it"),
            format!("chmod 600 {path}"),
        )
    })
}

#[cfg(not(unix))]
fn readable(_: &Credential) -> Option<Finding> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Provider, Scheme};
    use crate::testing::acme::{PLAIN, scripted};
    use crate::{Retry, Secret};

    static VERSIONED: Provider = Provider {
        version_header: Some("acme-version"),
        ..PLAIN
    };

    fn codes(client: &Client) -> Vec<&'static str> {
        client.lint().iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn what_is_usual_has_no_finding() {
        let (builder, _) = scripted(&VERSIONED, []);
        assert_eq!(builder.build().unwrap().lint(), []);
        let (builder, _) = scripted(&PLAIN, []);
        let loopback = builder.base_url("http://127.0.0.1:1").build().unwrap();
        assert_eq!(loopback.lint(), []);
    }

    #[test]
    fn each_setting_has_its_finding_and_the_worst_comes_first() {
        let (builder, _) = scripted(&VERSIONED, []);
        let client = builder
            .credential(Credential::none())
            .base_url("http://acme.lan")
            .allow_plain_http("acme.lan")
            .deadline(Duration::MAX)
            .retry(Retry::standard().max_attempts(u32::MAX))
            .header("acme-version", "2")
            .build()
            .unwrap();
        let expected = [
            "plain_http",
            "no_credential",
            "no_deadline",
            "unlimited_retry",
            "other_version",
        ];
        assert_eq!(codes(&client), expected);
        assert!(client.lint().iter().all(|finding| !finding.advice.is_empty()));
        let (builder, _) = scripted(&VERSIONED, []);
        let client = builder.header("acme-version", "").build().unwrap();
        assert_eq!(codes(&client), ["no_version_pin"]);
    }

    #[cfg(unix)]
    #[test]
    fn files_of_secrets_are_for_their_owner() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key");
        std::fs::write(&path, "canary").unwrap();
        for (mode, expected) in [(0o600, 0), (0o400, 0), (0o640, 1), (0o604, 1), (0o602, 1)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let credential = Credential::file(&path, Scheme::Bearer, Duration::from_secs(1));
            let (builder, _) = scripted(&PLAIN, []);
            let findings = builder.credential(credential).build().unwrap().lint();
            assert_eq!(findings.len(), expected, "{mode:o}: {findings:?}");
            assert!(
                findings
                    .iter()
                    .all(|finding| { finding.code == "readable_secret" && !finding.to_string().contains("canary") })
            );
        }
        let credential = Credential::bearer(Secret::new("x"));
        assert_eq!(credential.path(), None);
    }
}
