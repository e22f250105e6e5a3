//! Tools that come beside rustc: is each there, and how it gets there.

use std::path::Path;
use std::process::{Command, Stdio};

use miette::{Result, bail};

use crate::cargo::cargo;

/// A tool that a step needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tool {
    /// `cargo fmt`
    Rustfmt,
    /// `cargo clippy`
    Clippy,
}

impl Tool {
    /// The name of cargo's subcommand.
    fn subcommand(self) -> &'static str {
        match self {
            Self::Rustfmt => "fmt",
            Self::Clippy => "clippy",
        }
    }

    /// The name of rustup's component.
    fn component(self) -> &'static str {
        match self {
            Self::Rustfmt => "rustfmt",
            Self::Clippy => "clippy",
        }
    }
}

/// Makes sure that the tools are there: rustup adds what is missing, where there is a rustup.
///
/// # Errors
///
/// When a tool is missing and cannot be added; the error holds the one line that adds all of them.
pub(super) fn ensure<'a>(root: &Path, tools: impl Iterator<Item = &'a Tool>) -> Result<()> {
    let missing: Vec<Tool> = tools.copied().filter(|tool| !is_there(root, *tool)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let components: Vec<&str> = missing.iter().map(|tool| tool.component()).collect();
    println!("adding {}", components.join(" and "));
    let added = Command::new("rustup")
        .args(["component", "add"])
        .args(&components)
        .status();
    if added.is_ok_and(|status| status.success()) && missing.iter().all(|tool| is_there(root, *tool)) {
        return Ok(());
    }
    bail!(
        "{} not installed: run `rustup component add {}`, or install what your system calls it",
        if missing.len() == 1 { "a tool is" } else { "tools are" },
        components.join(" ")
    );
}

fn is_there(root: &Path, tool: Tool) -> bool {
    let mut probe = cargo(root);
    probe
        .args([tool.subcommand(), "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    probe.status().is_ok_and(|status| status.success())
}
