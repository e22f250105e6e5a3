//! [`Console`]: a moving bar where there is a terminal, plain lines everywhere; it remembers what was written.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use super::scene::Check;
use crate::{failure::Failure, output};

/// Where the demo writes to.
#[derive(Debug)]
pub(super) struct Console {
    /// On stderr, and hidden where that is no terminal.
    bar: ProgressBar,
    written: String,
}

impl Console {
    pub(super) fn new() -> Self {
        Self {
            bar: ProgressBar::hidden(),
            written: String::new(),
        }
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(super) fn line(&mut self, text: impl AsRef<str>) -> Result<(), Failure> {
        self.written.push_str(text.as_ref());
        self.written.push('\n');
        self.bar.suspend(|| output::line(text))
    }

    /// Whether this text was written.
    pub(super) fn has_written(&self, text: &str) -> bool {
        self.written.contains(text)
    }

    /// A provider's turn.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(super) fn begin(&mut self, title: &str, url: &str, scenarios: usize) -> Result<(), Failure> {
        self.line(format!("{title} at {url}"))?;
        self.bar = ProgressBar::new(scenarios as u64);
        if let Ok(style) = ProgressStyle::with_template("  {bar:20} {pos}/{len} {msg}") {
            self.bar.set_style(style);
        }
        self.bar.enable_steady_tick(Duration::from_millis(100));
        Ok(())
    }

    /// A scenario begins.
    pub(super) fn scenario(&self, name: &'static str) {
        self.bar.set_message(name);
    }

    /// A scenario is over.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub(super) fn finished(&mut self, name: &str, took: Duration, broken: &[Check]) -> Result<(), Failure> {
        let verdict = if broken.is_empty() { "ok" } else { "BROKEN" };
        self.bar.inc(1);
        if self.bar.length() == Some(self.bar.position()) {
            self.bar.finish_and_clear();
        }
        self.line(format!("  {verdict:6} {name} ({} ms)", took.as_millis()))
    }

    /// A handle for scenarios that take long.
    pub(super) fn ticker(&self) -> Ticker {
        Ticker(self.bar.clone())
    }
}

/// Shows how far a scenario is.
#[derive(Debug)]
pub(super) struct Ticker(ProgressBar);

impl Ticker {
    pub(super) fn tick(&self, done: u64, of: u64) {
        self.0.set_message(format!("{done} of {of}"));
    }
}
