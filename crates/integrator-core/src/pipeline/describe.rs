//! The pipeline as data: which stages a client has, in their order, with their settings.

use std::fmt;

use super::Pipeline;
use crate::policy::layer::Layer;
use crate::policy::retry::LONGEST_HINT;
use crate::provider::LimitFact;

/// A stage of the pipeline, in the order in which a call runs through them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// Arguments, URL, body and limits are checked.
    Prepare,
    /// Span and events.
    Observe,
    /// Time for the whole call.
    Deadline,
    /// The application's own layers around a call.
    PerCall,
    /// The idempotency key.
    Idempotency,
    /// Answers that are kept.
    Cache,
    /// One request for identical reads at the same time.
    Dedup,
    /// Repeats.
    Retry,
    /// A rest for a host that fails.
    Breaker,
    /// The credential.
    Auth,
    /// Slots, requests and tokens.
    Limit,
    /// Time for one attempt.
    Timeout,
    /// The application's own layers around an attempt.
    PerAttempt,
    /// The connection.
    Transport,
}

impl Stage {
    /// Every stage there is, in order.
    pub const ALL: [Self; 14] = [
        Self::Prepare,
        Self::Observe,
        Self::Deadline,
        Self::PerCall,
        Self::Idempotency,
        Self::Cache,
        Self::Dedup,
        Self::Retry,
        Self::Breaker,
        Self::Auth,
        Self::Limit,
        Self::Timeout,
        Self::PerAttempt,
        Self::Transport,
    ];

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Observe => "observe",
            Self::Deadline => "deadline",
            Self::PerCall => "per_call",
            Self::Idempotency => "idempotency",
            Self::Cache => "cache",
            Self::Dedup => "dedup",
            Self::Retry => "retry",
            Self::Breaker => "breaker",
            Self::Auth => "auth",
            Self::Limit => "limit",
            Self::Timeout => "timeout",
            Self::PerAttempt => "per_attempt",
            Self::Transport => "transport",
        }
    }
}

/// Stages that were taken out; none outside tests.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Stages {
    without: u32,
}

impl Stages {
    #[cfg(any(test, feature = "test-util"))]
    pub(crate) fn remove(&mut self, stage: Stage) {
        self.without |= 1 << stage as u32;
    }

    pub(crate) fn has(self, stage: Stage) -> bool {
        #[cfg(test)]
        super::matrix::entered(stage);
        self.without & (1 << stage as u32) == 0
    }
}

/// One stage that a client has.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StageDescription {
    /// Which stage.
    pub stage: Stage,
    /// Names and values of its settings.
    pub settings: Vec<(&'static str, String)>,
}

/// The stages of a client, outermost first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description(Vec<StageDescription>);

impl Description {
    /// The stages.
    #[must_use]
    pub fn stages(&self) -> &[StageDescription] {
        &self.0
    }

    /// Whether the client has this stage.
    #[must_use]
    pub fn has(&self, stage: Stage) -> bool {
        self.0.iter().any(|description| description.stage == stage)
    }
}

/// One line a stage.
impl fmt::Display for Description {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for description in &self.0 {
            write!(f, "{}", description.stage.as_str())?;
            for (name, value) in &description.settings {
                write!(f, " {name}={value}")?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

impl Pipeline {
    /// The stages that exist, in order, with their settings.
    #[must_use]
    pub fn describe(&self) -> Description {
        let stages = Stage::ALL.into_iter().filter(|stage| self.exists(*stage));
        Description(
            stages
                .map(|stage| StageDescription {
                    stage,
                    settings: self.settings(stage),
                })
                .collect(),
        )
    }

    fn exists(&self, stage: Stage) -> bool {
        let used = match stage {
            Stage::PerCall => !self.per_call.is_empty(),
            Stage::PerAttempt => !self.per_attempt.is_empty(),
            Stage::Idempotency => self.prepare.provider.idempotency.is_some(),
            Stage::Breaker => self.circuits.breaker.percent.is_some(),
            Stage::Limit => !self.limiter.limit.is_never(),
            #[cfg(feature = "cache")]
            Stage::Cache => self.cache.is_some(),
            #[cfg(not(feature = "cache"))]
            Stage::Cache => false,
            Stage::Dedup => self.dedup.is_some(),
            _ => true,
        };
        used && self.stages.has(stage)
    }

    fn settings(&self, stage: Stage) -> Vec<(&'static str, String)> {
        match stage {
            Stage::Prepare => {
                let validation = self.prepare.validation.as_ref();
                let settings = [
                    Some(("base_url", self.prepare.base.to_string())),
                    Some(("max_request", self.prepare.max_request.to_string())),
                    validation.map(|validation| ("validate", validation.word().to_owned())),
                    #[cfg(feature = "compression")]
                    self.compress.settings(),
                ];
                settings.into_iter().flatten().collect()
            }
            Stage::Observe => vec![],
            Stage::Deadline => vec![("limit", format!("{:?}", self.deadline))],
            Stage::PerCall => names(&self.per_call),
            Stage::Idempotency => {
                let rule = self.prepare.provider.idempotency;
                rule.map(|rule| ("header", rule.header.to_owned()))
                    .into_iter()
                    .collect()
            }
            #[cfg(feature = "cache")]
            Stage::Cache => self.cache.as_ref().map_or_else(Vec::new, crate::Cache::settings),
            #[cfg(not(feature = "cache"))]
            Stage::Cache => vec![],
            Stage::Dedup => vec![],
            Stage::Retry => {
                let retry = &self.repeater.retry;
                vec![
                    ("max_attempts", retry.max_attempts.to_string()),
                    ("backoff", format!("{:?}", retry.backoff)),
                    ("throttled_backoff", format!("{:?}", retry.throttled_backoff)),
                    ("longest_backoff", format!("{:?}", retry.longest_backoff)),
                    ("longest_retry_after", format!("{LONGEST_HINT:?}")),
                ]
            }
            Stage::Breaker => {
                let breaker = &self.circuits.breaker;
                vec![
                    ("percent", breaker.percent.unwrap_or_default().to_string()),
                    ("attempts", breaker.attempts.to_string()),
                    ("pause", format!("{:?}", breaker.pause)),
                    ("longest_pause", format!("{:?}", breaker.longest_pause)),
                ]
            }
            Stage::Auth => vec![("credential", format!("{:?}", self.credential))],
            Stage::Limit => {
                let mut settings = self.limiter.limit.settings();
                settings.extend(self.prepare.provider.limits.iter().map(|fact| {
                    let LimitFact {
                        group,
                        requests,
                        seconds,
                    } = *fact;
                    (group, format!("{requests}/{seconds}s"))
                }));
                settings
            }
            Stage::Timeout => {
                let mut settings = vec![
                    ("first_byte", format!("{:?}", self.limits.first_byte)),
                    ("idle", format!("{:?}", self.limits.idle)),
                    ("max_answer", self.max_answer.to_string()),
                ];
                settings.extend(self.limits.attempt.map(|limit| ("attempt", format!("{limit:?}"))));
                settings
            }
            Stage::PerAttempt => names(&self.per_attempt),
            Stage::Transport => match self.connect {
                Some(connect) => vec![("kind", "pooled".to_owned()), ("connect", format!("{connect:?}"))],
                None => vec![("kind", "custom".to_owned())],
            },
        }
    }
}

fn names(layers: &[std::sync::Arc<dyn Layer>]) -> Vec<(&'static str, String)> {
    layers.iter().map(|layer| ("layer", layer.name().to_owned())).collect()
}
