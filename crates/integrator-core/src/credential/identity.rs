//! [`Identity`]: by what policies tell callers apart.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest::{SHA256, digest};
use http::HeaderValue;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Owner {
    Nobody,
    Unnamed(u64),
    Named(Arc<str>),
}

impl Owner {
    /// Somebody that nobody else is.
    pub(super) fn unnamed() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        Self::Unnamed(NEXT.fetch_add(1, Ordering::Relaxed))
    }
}

/// Who a call is made for: the credential and the headers that select an account.
///
/// It says nothing about the secret, and stays the same when the secret is replaced.
#[derive(Clone, PartialEq, Eq)]
pub struct Identity {
    owner: Owner,
    /// None where nothing was selected.
    scope: Option<Arc<[(&'static str, HeaderValue)]>>,
}

impl Identity {
    pub(super) fn new(owner: Owner, scope: Vec<(&'static str, HeaderValue)>) -> Self {
        let scope = (!scope.is_empty()).then(|| scope.into());
        Self { owner, scope }
    }

    fn scope(&self) -> &[(&'static str, HeaderValue)] {
        self.scope.as_deref().unwrap_or_default()
    }

    /// The same text in every process for the same caller; none where another process cannot be the same caller.
    pub(crate) fn shared_text(&self) -> Option<String> {
        let mut text = match &self.owner {
            Owner::Nobody => "-".to_owned(),
            Owner::Named(name) => format!("={name}"),
            Owner::Unnamed(_) => return None,
        };
        for (name, value) in self.scope() {
            text = format!("{text}\n{name}: {}", value.to_str().ok()?);
        }
        Some(text)
    }

    /// What this caller has of a group of a provider's operations, as a key for stores that processes share: it says
    /// nothing about who that is. None where another process cannot be the same caller.
    pub(crate) fn shared_key(&self, provider: &str, group: &str) -> Option<String> {
        let text = format!("{group}\n{}", self.shared_text()?);
        let hash = digest(&SHA256, text.as_bytes());
        let hash: String = hash
            .as_ref()
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        // The braces keep the keys of one quota on one node of a cluster.
        Some(format!("{provider}:{{{hash}}}"))
    }
}

/// As few writes as there can be: every call is looked up by it several times.
impl Hash for Identity {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.owner {
            Owner::Nobody => state.write_u64(u64::MAX),
            Owner::Unnamed(number) => state.write_u64(*number),
            Owner::Named(name) => state.write(name.as_bytes()),
        }
        for (_, value) in self.scope() {
            state.write(value.as_bytes());
        }
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope: Vec<&str> = self.scope().iter().map(|(name, _)| *name).collect();
        f.debug_struct("Identity")
            .field("owner", &self.owner)
            .field("scope", &scope)
            .finish()
    }
}
