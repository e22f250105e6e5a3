//! Running the program to its end.

use std::process::{Command, Stdio};

/// What a run left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// Runs the program with these arguments; of the environment it sees only what is given.
pub(crate) fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Run {
    let output = Command::new(env!("CARGO_BIN_EXE_integrator"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    Run {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("stdout is text"),
        err: String::from_utf8(output.stderr).expect("stderr is text"),
    }
}

/// A program that serves until it is dropped.
#[derive(Debug)]
pub(crate) struct Serving {
    process: std::process::Child,
    /// Held open: the program ends when nobody reads what it says.
    _out: std::io::BufReader<std::process::ChildStdout>,
    /// The address that its first line names.
    pub(crate) url: String,
}

/// Starts the program and waits for the line that says where it listens.
pub(crate) fn serve(arguments: &[&str]) -> Serving {
    use std::io::BufRead as _;
    let mut process = Command::new(env!("CARGO_BIN_EXE_integrator"))
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program starts");
    let mut line = String::new();
    let mut out = std::io::BufReader::new(process.stdout.take().expect("stdout is piped"));
    out.read_line(&mut line).expect("stdout is text");
    let url = line.trim().rsplit(' ').next().unwrap_or_default().to_owned();
    Serving {
        process,
        _out: out,
        url,
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
