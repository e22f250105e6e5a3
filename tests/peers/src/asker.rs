//! The least that a client can be: one connection and one request, always the same; asking allocates nothing.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;

use crate::server::length;

/// More than is read at once.
const BUFFER: usize = 64 * 1024;

/// A connection that is kept.
pub(crate) struct Asker {
    connection: TcpStream,
    request: String,
    buffer: Vec<u8>,
}

impl Asker {
    pub(crate) fn new(port: u16, request: String) -> io::Result<Self> {
        let connection = TcpStream::connect(("127.0.0.1", port))?;
        connection.set_nodelay(true)?;
        let buffer = vec![0; BUFFER];
        Ok(Self {
            connection,
            request,
            buffer,
        })
    }

    /// Asks, and reads an answer that says its length, which has to fit the buffer.
    pub(crate) fn ask(&mut self) -> io::Result<&[u8]> {
        self.connection.write_all(self.request.as_bytes())?;
        let mut filled = 0;
        while length(&self.buffer[..filled]).is_none_or(|length| filled < length) {
            filled += self.read(filled)?;
        }
        Ok(&self.buffer[..filled])
    }

    /// Asks, and reads so many bytes without keeping them.
    pub(crate) fn ask_for(&mut self, mut bytes: usize) -> io::Result<()> {
        self.connection.write_all(self.request.as_bytes())?;
        while bytes > 0 {
            bytes = bytes.saturating_sub(self.read(0)?);
        }
        Ok(())
    }

    fn read(&mut self, filled: usize) -> io::Result<usize> {
        match self.connection.read(&mut self.buffer[filled..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => Ok(read),
        }
    }
}
