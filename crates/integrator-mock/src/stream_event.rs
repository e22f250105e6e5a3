//! One server-sent event as a script writes it, and where events end in the bytes of a stream.

use std::fmt;

use serde_json::Value;

/// One event of a stream (WHATWG HTML, 9.2).
///
/// ```
/// use integrator_mock::StreamEvent;
///
/// let event = StreamEvent::json(serde_json::json!({"type": "ping"})).named("ping");
/// assert_eq!(event.to_string(), "event: ping\ndata: {\"type\":\"ping\"}\n\n");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamEvent {
    name: Option<String>,
    id: Option<String>,
    retry: Option<u64>,
    data: Option<String>,
    raw: Option<String>,
}

impl StreamEvent {
    /// An event with this JSON as its data.
    #[must_use]
    pub fn json(data: impl Into<Value>) -> Self {
        Self::text(data.into().to_string())
    }

    /// An event with this text as its data, a `data:` line for each of its lines.
    #[must_use]
    pub fn text(data: impl Into<String>) -> Self {
        Self {
            data: Some(data.into()),
            ..Self::raw("")
        }
    }

    /// A comment, which clients pass over.
    #[must_use]
    pub fn comment(text: &str) -> Self {
        Self::raw(format!(": {text}\n\n"))
    }

    /// These characters and nothing else, to write what no event may be.
    #[must_use]
    pub fn raw(text: impl Into<String>) -> Self {
        Self {
            name: None,
            id: None,
            retry: None,
            data: None,
            raw: Some(text.into()),
        }
    }

    /// Sets the `event:` line.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Sets the `id:` line.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Sets the `retry:` line, in milliseconds.
    #[must_use]
    pub const fn retry(mut self, milliseconds: u64) -> Self {
        self.retry = Some(milliseconds);
        self
    }
}

impl fmt::Display for StreamEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(name) = &self.name {
            writeln!(f, "event: {name}")?;
        }
        if let Some(id) = &self.id {
            writeln!(f, "id: {id}")?;
        }
        if let Some(retry) = self.retry {
            writeln!(f, "retry: {retry}")?;
        }
        match (&self.data, &self.raw) {
            (Some(data), _) => {
                for line in data.split('\n') {
                    writeln!(f, "data: {line}")?;
                }
                f.write_str("\n")
            }
            (None, raw) => f.write_str(raw.as_deref().unwrap_or_default()),
        }
    }
}

/// Position after so many events of a stream, or its end when there are fewer.
pub(crate) fn after(stream: &[u8], events: usize) -> usize {
    let mut ends = (2..=stream.len()).filter(|end| stream[..*end].ends_with(b"\n\n"));
    match events {
        0 => 0,
        events => ends.nth(events - 1).unwrap_or(stream.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_ends() {
        let event = StreamEvent::text("a\nb").with_id("7").retry(10);
        let stream = format!(
            "{event}{}{}",
            StreamEvent::comment("hi"),
            StreamEvent::text("c").named("n")
        );
        assert_eq!(
            stream,
            "id: 7\nretry: 10\ndata: a\ndata: b\n\n: hi\n\nevent: n\ndata: c\n\n"
        );
        let ends = [0, 1, 2, 3, 4].map(|events| after(stream.as_bytes(), events));
        assert_eq!(ends, [0, 33, 39, 57, 57]);
    }
}
