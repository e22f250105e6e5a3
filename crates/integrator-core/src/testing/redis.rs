//! [`RedisServer`]: a `redis-server` for one test, so that what processes share is tested against the real thing.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::process::{Child, Command, Stdio};

/// The variable that lets tests pass where there is no `redis-server`.
const SKIP: &str = "INTEGRATOR_SKIP_REDIS";

/// A server on a free port of this machine. It keeps nothing on disk and stops when it is dropped.
#[derive(Debug)]
pub struct RedisServer {
    child: Child,
    port: u16,
}

impl RedisServer {
    /// Starts a server; none where `INTEGRATOR_SKIP_REDIS=1` says that tests may pass without one.
    ///
    /// # Errors
    /// When there is no `redis-server`, or it does not start; the error says what to do.
    pub fn start() -> io::Result<Option<Self>> {
        let mut last = None;
        // Another process may take the port in between.
        for _ in 0..5 {
            let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port();
            match Self::on(port) {
                Ok(server) => return Ok(Some(server)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => return missing(),
                Err(error) => last = Some(error),
            }
        }
        Err(last.unwrap_or_else(|| io::Error::other("no free port")))
    }

    /// `redis://127.0.0.1:<port>`
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Kills the server, as an outage would.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(&mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// Starts it again on the same port, empty.
    ///
    /// # Errors
    /// When it does not start.
    pub fn restart(&mut self) -> io::Result<()> {
        self.kill()?;
        *self = Self::on(self.port)?;
        Ok(())
    }

    fn on(port: u16) -> io::Result<Self> {
        let arguments = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir"];
        let mut child = Command::new("redis-server")
            .args(arguments)
            .arg(std::env::temp_dir())
            .args(["--port", &port.to_string()])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let log = child.stdout.take();
        let mut server = Self { child, port };
        let mut lines = BufReader::new(log.ok_or(io::ErrorKind::BrokenPipe)?).lines();
        // The log is not read any further; the server does not mind.
        if lines.any(|line| line.is_ok_and(|line| line.contains("Ready to accept connections"))) {
            return Ok(server);
        }
        let status = server.child.wait()?;
        Err(io::Error::other(format!("`redis-server` ended with {status}")))
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.kill();
    }
}

fn missing() -> io::Result<Option<RedisServer>> {
    let may_skip = std::env::var(SKIP).is_ok_and(|value| value == "1");
    if may_skip {
        // Written to the stream itself, since a test's own output is captured.
        let _ = writeln!(io::stderr(), "SKIPPED: no `redis-server`, and {SKIP}=1 allows it");
        return Ok(None);
    }
    Err(io::Error::new(
        io::ErrorKind::NotFound,
        format!("there is no `redis-server`: install it (Debian: `apt-get install redis-server`), or set {SKIP}=1"),
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::net::TcpStream;
    use std::time::Duration;

    use super::*;

    fn answers(server: &RedisServer) -> bool {
        let ask = || -> io::Result<bool> {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, server.port))?;
            stream.set_read_timeout(Some(Duration::from_secs(5)))?;
            stream.write_all(b"PING\r\n")?;
            let mut answer = [0; 7];
            stream.read_exact(&mut answer)?;
            Ok(&answer == b"+PONG\r\n")
        };
        ask().unwrap_or(false)
    }

    #[test]
    fn it_answers_until_it_is_killed_and_again_after() {
        let Some(mut server) = RedisServer::start().unwrap() else {
            return;
        };
        assert!(answers(&server));
        server.kill().unwrap();
        assert!(!answers(&server));
        server.restart().unwrap();
        assert!(answers(&server));
    }
}
