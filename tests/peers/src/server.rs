//! The least that a server can be: it answers every request with the same stream, so many events an HTTP chunk.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};

/// Answers at a free port of this machine from a thread of its own, and says the port.
pub(crate) fn start(chunks: u32, together: u32) -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    let answer = answer(chunks, together);
    std::thread::spawn(move || {
        for connection in listener.incoming().flatten() {
            let answer = answer.clone();
            // A client that goes away is no failure of the server.
            std::thread::spawn(move || drop(serve(connection, &answer)));
        }
    });
    Ok(port)
}

fn answer(chunks: u32, together: u32) -> String {
    let mut answer =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let mut events = String::new();
    for number in 0..=chunks {
        let event = match number {
            last if last == chunks => "data: [DONE]\n\n".to_owned(),
            _ => format!(
                "data: {{\"id\":\"chatcmpl-AbCdEf0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\
                 \"model\":\"gpt-5-2026-08-07\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",\
                 \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{number}\"}},\"logprobs\":null,\
                 \"finish_reason\":null}}],\"usage\":null}}\n\n"
            ),
        };
        events.push_str(&event);
        if number % together == 0 || number == chunks {
            // Writing to a String cannot fail.
            let _ = write!(answer, "{:x}\r\n{events}\r\n", events.len());
            events.clear();
        }
    }
    answer.push_str("0\r\n\r\n");
    answer
}

fn serve(mut connection: TcpStream, answer: &str) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut read = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let length = connection.read(&mut buffer)?;
        if length == 0 {
            return Ok(());
        }
        read.extend_from_slice(&buffer[..length]);
        if is_whole(&read) {
            read.clear();
            connection.write_all(answer.as_bytes())?;
        }
    }
}

/// Whether a request with a `content-length` is there to its end.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    length.is_some_and(|length| body.len() >= length)
}
