//! Cassettes: exchanges recorded as lines of JSON that a person can read, without secrets, and replayed in their order.
//!
//! What is masked and refused is `scrub`'s, how a body stands in a line is `body`'s, recording and replaying are in
//! `recorder` and `player`.

mod body;
mod player;
mod recorder;
mod scrub;

use std::{
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use integrator_core::{Provider, Transport, redact};
use serde_json::{Map, Value, json};

pub use player::{Mismatch, Player};

use self::{body::read_body, recorder::Recorder, scrub::Scrub};

/// Headers of requests and answers that say something of one connection or one version of a library only.
const NOISE: &[&str] = &[
    "host",
    "user-agent",
    "content-length",
    "transfer-encoding",
    "connection",
    "accept",
    "accept-encoding",
];

/// Exchanges with one provider, in the order in which they began. Clones share them.
///
/// One line is one exchange: `{"request": {"method", "target", "headers", "body"}, "answer": {"status", "headers",
/// "body"}}`. Header values that may be secret, secret members of bodies and queries, and texts that look like keys stand
/// as `REDACTED`; a cassette in which such a value stands does not load.
#[derive(Clone)]
pub struct Cassette {
    provider: &'static Provider,
    /// None while an exchange is under way, and for one that was given up.
    exchanges: Arc<Mutex<Vec<Option<Exchange>>>>,
}

/// One request and its answer as they stand in a line: scrubbed.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Exchange {
    pub(crate) request: Value,
    pub(crate) answer: Value,
}

/// Why a cassette does not load.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CassetteError {
    /// The file cannot be read or written.
    #[error("use the cassette {path}: {source}")]
    File {
        /// The file.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// Lines are no exchanges, or hold what should have been masked.
    #[error("load the cassette: {}", problems.join("; "))]
    Content {
        /// Everything that is wrong, line by line.
        problems: Vec<String>,
    },
}

impl Cassette {
    /// An empty one, to record on.
    #[must_use]
    pub fn new(provider: &'static Provider) -> Self {
        Self {
            provider,
            exchanges: Arc::default(),
        }
    }

    /// Reads a file.
    ///
    /// # Errors
    /// The file cannot be read, a line is no exchange, or a secret stands in it; all that is wrong is named.
    pub fn open(provider: &'static Provider, path: impl AsRef<Path>) -> Result<Self, CassetteError> {
        let text = std::fs::read_to_string(&path).map_err(|source| file_error(path.as_ref(), source))?;
        Self::from_text(provider, &text)
    }

    /// Reads lines of JSON; empty lines are passed over.
    ///
    /// # Errors
    /// A line is no exchange, or a secret stands in it; all that is wrong is named.
    pub fn from_text(provider: &'static Provider, text: &str) -> Result<Self, CassetteError> {
        let mut problems = Vec::new();
        let mut exchanges = Vec::new();
        for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
            match read(provider, line) {
                Ok(exchange) => exchanges.push(Some(exchange)),
                Err(found) => problems.extend(
                    found
                        .into_iter()
                        .map(|problem| format!("line {}: {problem}", index + 1)),
                ),
            }
        }
        if problems.is_empty() {
            Ok(Self {
                provider,
                exchanges: Arc::new(Mutex::new(exchanges)),
            })
        } else {
            Err(CassetteError::Content { problems })
        }
    }

    /// The exchanges that came to their end, one a line.
    #[must_use]
    pub fn to_text(&self) -> String {
        let line =
            |exchange: &Exchange| format!("{}\n", json!({"request": exchange.request, "answer": exchange.answer}));
        self.exchanges().iter().flatten().map(line).collect()
    }

    /// Writes a file.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), CassetteError> {
        std::fs::write(&path, self.to_text()).map_err(|source| file_error(path.as_ref(), source))
    }

    /// How many exchanges came to their end.
    #[must_use]
    pub fn len(&self) -> usize {
        self.exchanges().iter().flatten().count()
    }

    /// Whether nothing is on it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A transport that records what goes through this one, for
    /// [`ClientBuilder::wrap_transport`](integrator_core::ClientBuilder::wrap_transport).
    #[must_use]
    pub fn recording(&self, transport: Arc<dyn Transport>) -> Arc<dyn Transport> {
        Arc::new(Recorder::new(self.clone(), transport))
    }

    /// Answers what is on it, in its order, to the same requests.
    #[must_use]
    pub fn player(&self) -> Player {
        let exchanges: Vec<Exchange> = self.exchanges().iter().flatten().cloned().collect();
        Player::new(self.provider, exchanges)
    }

    /// Keeps a place for an exchange that begins.
    pub(crate) fn begin(&self) -> usize {
        let mut exchanges = self.exchanges();
        exchanges.push(None);
        exchanges.len() - 1
    }

    /// Puts an exchange in its place.
    pub(crate) fn end(&self, place: usize, asked: &Half<'_>, status: u16, answered: &Half<'_>) {
        let exchange = Exchange {
            request: request(self.provider, asked),
            answer: answer(self.provider, status, answered),
        };
        if let Some(slot) = self.exchanges().get_mut(place) {
            *slot = Some(exchange);
        }
    }

    fn exchanges(&self) -> MutexGuard<'_, Vec<Option<Exchange>>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Cassette {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cassette")
            .field("provider", &self.provider.name)
            .field("exchanges", &self.len())
            .finish()
    }
}

/// A request or an answer as it went over the wire.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Half<'a> {
    /// Method and target of a request.
    pub(crate) line: (&'a str, &'a str),
    pub(crate) headers: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

impl Half<'_> {
    fn content_type(&self) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        found.map_or("", |(_, value)| value)
    }
}

/// A request as it stands in a line.
pub(crate) fn request(provider: &Provider, half: &Half<'_>) -> Value {
    let scrub = Scrub::new(provider);
    let mut value = json!({
        "method": half.line.0,
        "target": scrub.target(half.line.1),
        "headers": headers(provider, half.headers),
    });
    put_body(&mut value, read_body(&scrub, half.content_type(), half.body));
    value
}

fn answer(provider: &Provider, status: u16, half: &Half<'_>) -> Value {
    let scrub = Scrub::new(provider);
    let mut value = json!({"status": status, "headers": headers(provider, half.headers)});
    put_body(&mut value, read_body(&scrub, half.content_type(), half.body));
    value
}

fn put_body(value: &mut Value, body: Option<Value>) {
    if let (Some(members), Some(body)) = (value.as_object_mut(), body) {
        members.insert("body".to_owned(), body);
    }
}

fn headers(provider: &Provider, headers: &[(String, String)]) -> Map<String, Value> {
    let kept = headers
        .iter()
        .filter(|(name, _)| !NOISE.contains(&name.to_ascii_lowercase().as_str()));
    kept.map(|(name, value)| (name.to_ascii_lowercase(), Value::from(shown(provider, name, value))))
        .collect()
}

/// A header's value, without the boundary that each multipart body makes anew.
fn shown<'a>(provider: &Provider, name: &str, value: &'a str) -> &'a str {
    let value = redact::header(provider, name, value);
    match value.split_once("boundary=") {
        Some((media_type, _)) => media_type.trim_end_matches([' ', ';']),
        None => value,
    }
}

/// One line; everything that is wrong in it.
fn read(provider: &Provider, line: &str) -> Result<Exchange, Vec<String>> {
    let value: Value = serde_json::from_str(line).map_err(|error| vec![format!("no JSON: {error}")])?;
    let half = |name: &str| value.get(name).filter(|half| half.is_object()).cloned();
    let (Some(request), Some(answer)) = (half("request"), half("answer")) else {
        return Err(vec!["expected an object with `request` and `answer`".to_owned()]);
    };
    let mut problems = Vec::new();
    for (half, name) in [(&request, "method"), (&request, "target")] {
        if !half.get(name).is_some_and(Value::is_string) {
            problems.push(format!("request: `{name}` is no text"));
        }
    }
    if answer
        .get("status")
        .and_then(Value::as_u64)
        .is_none_or(|status| !(100..600).contains(&status))
    {
        problems.push("answer: `status` is no HTTP status".to_owned());
    }
    let scrub = Scrub::new(provider);
    for (half, name) in [(&request, "request"), (&answer, "answer")] {
        let secrets = scrub.secrets_in(provider, half);
        problems.extend(
            secrets
                .into_iter()
                .map(|place| format!("a secret stands in {name}{place}; record again, or write REDACTED")),
        );
    }
    if problems.is_empty() {
        Ok(Exchange { request, answer })
    } else {
        Err(problems)
    }
}

fn file_error(path: &Path, source: io::Error) -> CassetteError {
    CassetteError::File {
        path: path.display().to_string(),
        source,
    }
}
