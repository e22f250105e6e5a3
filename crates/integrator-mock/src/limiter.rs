//! The provider's rate limiter: so many requests in a window of tokio's clock, told and refused in the provider's dialect.
//!
//! Requests count by credential and account, and by the operation's group where the provider has a limit for it. Tokens
//! are not counted: how many an account may use is nowhere written.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use integrator_core::{
    Operation,
    provider::{Drains, LimitFact, ResetFormat, Resource, WindowSource},
};
use tokio::time::Instant;

use crate::{Received, Reply, answer, dotted, kept::words, state::State};

/// What a fault tells when no limit is known.
const UNKNOWN: LimitFact = LimitFact {
    group: "default",
    requests: 100,
    seconds: 1,
};
/// Windows that are kept; beyond it all that are over go.
const MOST: usize = 10_000;

/// Counts requests.
pub(crate) struct Limiter {
    limits: Vec<Limit>,
    windows: Mutex<HashMap<(u64, &'static str), Window>>,
}

#[derive(Debug, Clone, Copy)]
struct Limit {
    group: &'static str,
    requests: u32,
    window: Duration,
}

#[derive(Debug, Clone, Copy)]
struct Window {
    opened: Instant,
    used: u32,
}

/// How a request stands to its limit.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Standing {
    limit: u32,
    remaining: u32,
    reset: Duration,
    pub(crate) spent: bool,
}

impl Limiter {
    /// The limits that the provider documents.
    pub(crate) fn of(limits: &[LimitFact]) -> Self {
        let limit = |fact: &LimitFact| Limit {
            group: fact.group,
            requests: fact.requests,
            window: Duration::from_secs(u64::from(fact.seconds)),
        };
        Self {
            limits: limits.iter().map(limit).collect(),
            windows: Mutex::default(),
        }
    }

    /// One limit for all requests together.
    pub(crate) fn one(requests: u32, window: Duration) -> Self {
        Self {
            limits: vec![Limit {
                group: UNKNOWN.group,
                requests,
                window,
            }],
            windows: Mutex::default(),
        }
    }

    /// Counts a request; none when nothing limits it.
    pub(crate) fn take(&self, state: &State, known: Option<&Operation>, received: &Received) -> Option<Standing> {
        let named = |group: &str| self.limits.iter().find(|limit| limit.group == group);
        let limit = known
            .and_then(|known| named(known.group))
            .or_else(|| named(UNKNOWN.group))?;
        let names = state
            .provider
            .scope_headers
            .iter()
            .chain(&["authorization", "x-api-key"]);
        let identity: Vec<&str> = names.map(|name| received.header(name).unwrap_or_default()).collect();
        let now = Instant::now();
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MOST {
            windows.retain(|_, window| now.duration_since(window.opened) < limit.window);
        }
        let fresh = Window { opened: now, used: 0 };
        let window = windows
            .entry((answer::seed(0, &identity), limit.group))
            .or_insert(fresh);
        if now.duration_since(window.opened) >= limit.window {
            *window = fresh;
        }
        let spent = window.used >= limit.requests;
        window.used += u32::from(!spent);
        Some(Standing {
            limit: limit.requests,
            remaining: limit.requests - window.used,
            reset: limit.window.saturating_sub(now.duration_since(window.opened)),
            spent,
        })
    }

    pub(crate) fn reset(&self) {
        self.windows.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

impl Standing {
    /// Nothing is left, until the provider's window is over.
    pub(crate) fn spent(state: &State) -> Self {
        let limit = state.provider.limits.first().copied().unwrap_or(UNKNOWN);
        Self {
            limit: limit.requests,
            remaining: 0,
            reset: Duration::from_secs(u64::from(limit.seconds)),
            spent: true,
        }
    }

    /// The refusal as the provider sends it.
    pub(crate) fn refusal(&self, state: &State) -> Reply {
        let facts = &state.provider.throttling;
        let codes = state.provider.errors.codes.iter();
        let mut rates = codes.filter(|code| code.status == 429 && !facts.unrelated_codes.contains(&code.code));
        let code = rates.next().map_or("rate_limit", |known| known.code);
        let mut body = answer::error_body(state, code, "too many requests");
        if let Some(window) = &facts.body {
            dotted::set(&mut body, window.limit, self.limit.into());
            dotted::set(&mut body, window.reset, self.written(state, window.format).into());
        }
        let mut reply = Reply::status(429).with_json(body);
        let whole = facts.reasons.and_then(|reasons| {
            let of_all = reasons.drains.iter().find(|(_, drains)| *drains == Drains::Identity)?;
            Some((reasons.header, of_all.0))
        });
        if let Some((header, reason)) = whole {
            reply = reply.header(header, reason);
        }
        if state.retry_after {
            reply = reply.header("retry-after", seconds(self.reset).to_string());
        }
        self.told(state, reply)
    }

    /// The reply with the headers in which the provider tells what is left of its requests.
    pub(crate) fn told(&self, state: &State, mut reply: Reply) -> Reply {
        let windows = state.provider.throttling.windows.iter();
        for window in windows.filter(|window| window.resource == Resource::Requests) {
            reply = match window.source {
                WindowSource::Headers {
                    limit,
                    remaining,
                    reset,
                    format,
                } => reply
                    .header(limit, self.limit.to_string())
                    .header(remaining, self.remaining.to_string())
                    .header(reset, self.written(state, format)),
                WindowSource::Pairs(name) => {
                    let (limit, remaining, reset) = (self.limit, self.remaining, seconds(self.reset));
                    reply.header(name, format!("limit={limit}, remaining={remaining}, reset={reset}"))
                }
                _ => reply,
            };
        }
        reply
    }

    fn written(&self, state: &State, format: ResetFormat) -> String {
        match format {
            ResetFormat::Duration => {
                let (minutes, rest) = (self.reset.as_secs() / 60, self.reset.as_secs() % 60);
                match (minutes, self.reset.as_secs()) {
                    (0, 0) => format!("{}ms", self.reset.as_millis()),
                    (0, seconds) => format!("{seconds}s"),
                    _ => format!("{minutes}m{rest}s"),
                }
            }
            ResetFormat::Rfc3339 => words::date(state.clock.wall() + Duration::from_secs(seconds(self.reset))),
            _ => seconds(self.reset).to_string(),
        }
    }
}

/// Rounded up, so that nobody comes too early.
fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Limiter").field(&self.limits).finish()
    }
}
