//! [`Spans`]: what a program says through `tracing`, as text.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber};

/// A `tracing` subscriber that notes every span, record and event as a line of `name=value` pairs: a test sees what
/// its calls say, and that no secret is among it.
#[derive(Debug, Clone)]
pub struct Spans(Arc<Mutex<Vec<String>>>, Level);

impl Spans {
    /// Notes everything down to [`Level::DEBUG`] on this thread until the guard is dropped. Finer ones show masked
    /// requests and answers.
    #[must_use]
    pub fn capture() -> (Self, tracing::subscriber::DefaultGuard) {
        Self::capture_to(Level::DEBUG)
    }

    /// Notes everything down to this level on this thread until the guard is dropped.
    #[must_use]
    pub fn capture_to(level: Level) -> (Self, tracing::subscriber::DefaultGuard) {
        // With a single subscriber, `tracing` would ask the thread that comes to an event first whether anybody cares,
        // and that may be the thread of a test that does not. A second one makes it ask both.
        static ANOTHER: OnceLock<Dispatch> = OnceLock::new();
        ANOTHER.get_or_init(|| Dispatch::new(Self(Arc::default(), Level::TRACE)));
        let spans = Self(Arc::default(), level);
        let guard = tracing::subscriber::set_default(spans.clone());
        (spans, guard)
    }

    /// All lines so far.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).join("\n")
    }

    fn note(&self, kind: &str, fill: impl FnOnce(&mut Line)) {
        let mut line = Line(kind.to_owned());
        fill(&mut line);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.0);
    }
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

impl Subscriber for Spans {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.1
    }

    fn new_span(&self, attributes: &Attributes<'_>) -> Id {
        self.note("span", |line| attributes.record(line));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.note("record", |line| values.record(line));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.note("event", |line| event.record(line));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}
