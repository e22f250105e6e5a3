//! Between cargo and rustc: runs the compiler and notes what it took.
//!
//! Cargo starts this program as `RUSTC_WRAPPER`, once per crate. It writes one line per compiler run; adding up is
//! [`super::record`]'s work.

use std::env;
use std::ffi::OsStr;
use std::process::{Command, ExitCode};

/// Environment variable with the file to write to; whoever finds it set is a wrapper.
pub(crate) const LOG: &str = "INTEGRATOR_BENCH_LOG";

/// Runs the compiler whose command line is in the arguments, notes its cost, and ends as it ended.
pub(crate) fn run(log: &OsStr) -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let Some(compiler) = arguments.next() else {
        return ExitCode::FAILURE;
    };
    let Ok(status) = Command::new(compiler).args(arguments).status() else {
        return ExitCode::FAILURE;
    };
    // Cargo also asks for versions and targets, which belong to no package.
    if let Some(package) = env::var_os("CARGO_PKG_NAME") {
        note(log, &package.to_string_lossy());
    }
    match status.code() {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    }
}

/// Adds a line: package, CPU microseconds, peak of resident memory in KiB.
#[cfg(unix)]
fn note(log: &OsStr, package: &str) {
    use std::io::Write;

    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    let Ok(usage) = getrusage(UsageWho::RUSAGE_CHILDREN) else {
        return;
    };
    let cpu = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    // Apple's systems count bytes.
    let peak = if cfg!(target_vendor = "apple") {
        usage.max_rss() / 1024
    } else {
        usage.max_rss()
    };
    if let Ok(mut file) = std::fs::OpenOptions::new().create(true).append(true).open(log) {
        // One write, so that the lines of parallel compilers do not mix.
        file.write_all(format!("{package}\t{cpu}\t{peak}\n").as_bytes()).ok();
    }
}

#[cfg(not(unix))]
fn note(_: &OsStr, _: &str) {}
