//! [`Check`]: one thing that was looked at; [`Report`]: all of a provider's, as text or JSON.

use std::fmt;

use integrator::{Provider, Value, json};

/// Version of this program and of the clients in it.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Passed,
    Warning,
    Failed,
}

impl Verdict {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Passed => "ok",
            Self::Warning => "warning",
            Self::Failed => "failed",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug)]
pub(super) struct Check {
    pub(super) name: &'static str,
    pub(super) verdict: Verdict,
    what: String,
    advice: Option<String>,
    code: Option<&'static str>,
}

impl Check {
    pub(super) fn new(verdict: Verdict, name: &'static str, what: impl Into<String>) -> Self {
        Self {
            name,
            verdict,
            what: what.into(),
            advice: None,
            code: None,
        }
    }

    pub(super) fn passed(name: &'static str, what: impl Into<String>) -> Self {
        Self::new(Verdict::Passed, name, what)
    }

    pub(super) fn warning(name: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Verdict::Warning, name, what).advising(advice)
    }

    pub(super) fn failed(name: &'static str, what: impl Into<String>, advice: impl Into<String>) -> Self {
        Self::new(Verdict::Failed, name, what).advising(advice)
    }

    /// Says what to do about it.
    pub(super) fn advising(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(advice.into());
        self
    }

    /// Says which finding it is.
    pub(super) fn coded(mut self, code: &'static str) -> Self {
        self.code = Some(code);
        self
    }

    fn json(&self) -> Value {
        json!({
            "check": self.name,
            "verdict": self.verdict.as_str(),
            "what": self.what,
            "advice": self.advice,
            "code": self.code,
        })
    }
}

/// Everything that was looked at for one provider.
#[derive(Debug)]
pub(super) struct Report {
    provider: &'static Provider,
    /// Where calls go; empty when that is not known.
    pub(super) address: String,
    pub(super) checks: Vec<Check>,
}

impl Report {
    pub(super) fn new(provider: &'static Provider) -> Self {
        Self {
            provider,
            address: String::new(),
            checks: Vec::new(),
        }
    }

    pub(super) fn json(&self) -> Value {
        json!({
            "provider": self.provider.name,
            "base_url": self.address,
            "checks": self.checks.iter().map(Check::json).collect::<Vec<_>>(),
        })
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.provider.title)?;
        if !self.address.is_empty() {
            write!(f, " at {}", self.address)?;
        }
        for check in &self.checks {
            let verdict = match check.verdict {
                Verdict::Failed => "FAILED",
                other => other.as_str(),
            };
            write!(f, "\n  {verdict:<8} {:<9} {}", check.name, check.what)?;
            if let Some(advice) = &check.advice {
                write!(f, "\n{:20} what to do: {advice}", "")?;
            }
        }
        Ok(())
    }
}
