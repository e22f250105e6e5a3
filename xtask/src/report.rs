//! One report for everything that is wrong with an input.
//!
//! Checks collect [`Problem`]s; [`Problems::into_result`] turns them into a single error that names each one.

use miette::Diagnostic;

/// One thing that is wrong, and what was expected instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Diagnostic)]
#[error("{place}: {what}")]
pub(crate) struct Problem {
    /// JSON pointer, file or `line:column`.
    place: String,
    what: String,
    #[help]
    help: String,
}

/// All that was found wrong with one input.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

/// The error made of all problems of one input.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{subject} has {}", counted(problems.len(), "problem"))]
struct Refused {
    subject: String,
    #[related]
    problems: Vec<Problem>,
}

impl Problems {
    /// Adds one, with what to do about it.
    pub(crate) fn add(&mut self, place: impl Into<String>, what: impl Into<String>, help: impl Into<String>) {
        self.0.push(Problem {
            place: place.into(),
            what: what.into(),
            help: help.into(),
        });
    }

    /// Adds one, with what should stand there instead.
    #[cfg(feature = "codegen")]
    pub(crate) fn unexpected(
        &mut self,
        place: impl Into<String>,
        what: impl Into<String>,
        expected: impl Into<String>,
    ) {
        self.add(place, what, format!("expected {}", expected.into()));
    }

    /// Nothing, or one error about `subject` with every problem in it.
    pub(crate) fn into_result(self, subject: impl Into<String>) -> miette::Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Refused {
            subject: subject.into(),
            problems: self.0,
        }
        .into())
    }
}

/// `1 problem`, `2 problems`.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// The report as a terminal shows it, without colour.
#[cfg(test)]
pub(crate) fn plain(report: &miette::Report) -> String {
    let mut text = String::new();
    miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor())
        .with_width(120)
        .render_report(&mut text, report.as_ref())
        .expect("a string takes every write");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}
