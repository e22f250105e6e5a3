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
    /// `redis-server`, which tests start on a port of their own.
    Redis,
}

/// Lets the tests of what processes share pass without a server.
const SKIP_REDIS: &str = "INTEGRATOR_SKIP_REDIS";

impl Tool {
    /// The command that shows that it is there.
    fn probe(self, root: &Path) -> Command {
        let mut probe = match self {
            Self::Rustfmt | Self::Clippy => cargo(root),
            Self::Redis => Command::new("redis-server"),
        };
        match self {
            Self::Rustfmt => probe.arg("fmt"),
            Self::Clippy => probe.arg("clippy"),
            Self::Redis => &mut probe,
        }
        .arg("--version");
        probe
    }

    /// The name of rustup's component.
    fn component(self) -> Option<&'static str> {
        match self {
            Self::Rustfmt => Some("rustfmt"),
            Self::Clippy => Some("clippy"),
            Self::Redis => None,
        }
    }

    fn is_there(self, root: &Path) -> bool {
        let mut probe = self.probe(root);
        probe.stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}

/// Makes sure that the tools are there: rustup adds what is missing of Rust, Debian's package manager what else is.
///
/// # Errors
///
/// When a tool is missing and cannot be added; the error holds the one line that adds it.
pub(super) fn ensure<'a>(root: &Path, tools: impl Iterator<Item = &'a Tool>) -> Result<()> {
    let missing: Vec<Tool> = tools.copied().filter(|tool| !tool.is_there(root)).collect();
    components(root, &missing)?;
    if missing.contains(&Tool::Redis) {
        redis(root)?;
    }
    Ok(())
}

fn components(root: &Path, missing: &[Tool]) -> Result<()> {
    let missing: Vec<(Tool, &str)> = missing
        .iter()
        .filter_map(|tool| Some((*tool, tool.component()?)))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|(_, name)| *name).collect();
    println!("adding {}", names.join(" and "));
    let added = Command::new("rustup").args(["component", "add"]).args(&names).status();
    if added.is_ok_and(|status| status.success()) && missing.iter().all(|(tool, _)| tool.is_there(root)) {
        return Ok(());
    }
    bail!(
        "{} not installed: run `rustup component add {}`, or install what your system calls it",
        if missing.len() == 1 { "a tool is" } else { "tools are" },
        names.join(" ")
    );
}

fn redis(root: &Path) -> Result<()> {
    if std::env::var(SKIP_REDIS).is_ok_and(|value| value == "1") {
        println!("SKIPPED: no `redis-server`, and {SKIP_REDIS}=1 allows it: what processes share is not tested");
        return Ok(());
    }
    println!("adding redis-server");
    // A list of packages may be old or not there at all. The server is for the tests to start, not for the machine.
    let steps: [&[&str]; 2] = [
        &["update"],
        &["install", "--yes", "--no-install-recommends", "redis-server"],
    ];
    for arguments in steps {
        let step = Command::new("apt-get")
            .args(arguments)
            .env("DEBIAN_FRONTEND", "noninteractive")
            .env("RUNLEVEL", "1")
            .stdout(Stdio::null())
            .status();
        if !step.is_ok_and(|status| status.success()) {
            break;
        }
    }
    if Tool::Redis.is_there(root) {
        return Ok(());
    }
    bail!(
        "`redis-server` is not installed: as root, run `apt-get install redis-server`, or install what your system \
         calls it; `{SKIP_REDIS}=1` tests without it"
    );
}
