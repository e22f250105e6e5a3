//! A `tracing` subscriber that keeps every span, record and event as a line of text.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Level, Metadata, Subscriber};

/// What was noted so far.
#[derive(Debug, Clone)]
pub(crate) struct Spans(Arc<Mutex<Vec<String>>>, Level);

impl Spans {
    /// Notes everything on this thread until the guard is dropped.
    pub(crate) fn capture() -> (Self, DefaultGuard) {
        let spans = Self(Arc::default(), Level::DEBUG);
        let guard = tracing::subscriber::set_default(spans.clone());
        (spans, guard)
    }

    /// All lines.
    pub(crate) fn text(&self) -> String {
        self.0.lock().unwrap().join("\n")
    }

    fn note(&self, kind: &str, fill: impl FnOnce(&mut Line)) {
        let mut line = Line(kind.to_owned());
        fill(&mut line);
        self.0.lock().unwrap().push(line.0);
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
        // Finer ones show masked requests and answers, which tests of their own look at.
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
