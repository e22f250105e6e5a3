//! Counting instructions and allocations of a call: the slope over two numbers of calls, of one client process each.

use std::error::Error;
use std::fmt::Write as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::client::Kind;

/// Few calls and many; what is left of starting up falls away between them.
const CALLS: [u32; 2] = [200, 1200];

/// A process that ends with its owner.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Counts both clients and says on standard output what a call takes.
pub(crate) fn count() -> Result<(), Box<dyn Error>> {
    let program = std::env::current_exe()?;
    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    let server = Command::new(&program)
        .args(["--serve", &port.to_string()])
        .stdin(Stdio::null())
        .spawn()?;
    let _server = Running(server);
    while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        std::thread::yield_now();
    }

    let profiles = std::env::temp_dir().join("integrator-bench-call");
    std::fs::create_dir_all(&profiles)?;
    let mut lines = String::new();
    for (what, tool, marker) in [
        ("instructions", "--tool=callgrind", "Collected :"),
        ("allocations", "--tool=memcheck", "total heap usage:"),
    ] {
        let mut slopes = Vec::new();
        for kind in Kind::ALL {
            let mut counts = Vec::new();
            for calls in CALLS {
                let mut valgrind = Command::new("valgrind");
                valgrind.arg(tool);
                if what == "instructions" {
                    let profile = format!("callgrind.{kind}.{calls}");
                    valgrind.arg(format!("--callgrind-out-file={}", profiles.join(profile).display()));
                } else {
                    valgrind.args(["--leak-check=no", "--undef-value-errors=no"]);
                }
                let client = ["--client", &kind.to_string(), "--port", &port.to_string()].map(str::to_owned);
                valgrind
                    .arg(&program)
                    .args(client)
                    .args(["--calls", &calls.to_string()]);
                counts.push(counted(valgrind, marker)?);
            }
            let [few, many] = counts.as_slice() else { continue };
            slopes.push((many - few) / f64::from(CALLS[1] - CALLS[0]));
        }
        let [ours, theirs] = slopes.as_slice() else { continue };
        writeln!(
            lines,
            "{what} a call: {ours:.0} ours, {theirs:.0} theirs, ratio {:.3}",
            ours / theirs
        )?;
    }
    writeln!(lines, "profiles: {}", show(&profiles))?;
    std::io::stdout().write_all(lines.as_bytes())?;
    Ok(())
}

/// The first number behind `marker` in what valgrind says.
fn counted(mut command: Command, marker: &str) -> Result<f64, Box<dyn Error>> {
    let output = command
        .output()
        .map_err(|error| format!("failed to start valgrind, install it: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let number = said
        .split_once(marker)
        .and_then(|(_, rest)| rest.split_whitespace().next());
    match number.filter(|_| output.status.success()) {
        Some(number) if marker.ends_with("usage:") => Ok(number.replace(',', "").parse()?),
        Some(number) => Ok(number.parse()?),
        None => Err(format!("valgrind failed:\n{said}").into()),
    }
}

fn show(path: &Path) -> std::path::Display<'_> {
    path.display()
}
