//! The least that a server can be: it answers every request with the same bytes, and allocates nothing for it.

use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// More than any request here is long.
const LARGEST: usize = 16 * 1024;

/// A server that runs on threads of its own until the process ends.
pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<AtomicU32>,
}

impl Server {
    /// Answers at a free port of this machine.
    pub(crate) fn start(answer: Vec<u8>) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let answer: Arc<[u8]> = answer.into();
        let asked = Arc::new(AtomicU32::new(0));
        let count = asked.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let (answer, count) = (answer.clone(), count.clone());
                // A client that goes away is no failure of the server.
                std::thread::spawn(move || drop(serve(connection, &answer, &count)));
            }
        });
        Ok(Self { port, asked })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// How many requests it has answered.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }
}

fn serve(mut connection: TcpStream, answer: &[u8], count: &AtomicU32) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut buffer = [0; LARGEST];
    loop {
        let mut filled = 0;
        while length(&buffer[..filled]).is_none_or(|length| filled < length) {
            match connection.read(&mut buffer[filled..])? {
                0 => return Ok(()),
                more => filled += more,
            }
        }
        count.fetch_add(1, Ordering::Relaxed);
        connection.write_all(answer)?;
    }
}

/// How long the message is that begins here, head and body; none while its head is not whole.
pub(crate) fn length(message: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let head = message.windows(4).position(|end| end == b"\r\n\r\n")? + 4;
    let mut lines = message[..head].split(|byte| *byte == b'\n');
    let body = lines.find_map(|line| {
        let (name, value) = line.split_at_checked(NAME.len())?;
        let value = name.eq_ignore_ascii_case(NAME).then_some(value)?;
        std::str::from_utf8(value).ok()?.trim().parse::<usize>().ok()
    });
    Some(head + body.unwrap_or(0))
}
