//! The least that a server can be: it answers every request head with the same customer, and keeps the connection.

use std::error::Error;
use std::io;
use std::net::TcpListener;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

const CUSTOMER: &[u8] = include_bytes!("../fixtures/customer_with_card.json");

/// Answers at a free port of this machine from a thread of its own, and says the port.
pub(crate) fn start() -> io::Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    let port = listener.local_addr()?.port();
    std::thread::spawn(move || run(listener).expect("the server runs"));
    Ok(port)
}

/// Answers at `port` for ever.
pub(crate) fn serve(port: u16) -> Result<(), Box<dyn Error>> {
    Ok(run(TcpListener::bind(("127.0.0.1", port))?)?)
}

fn run(listener: TcpListener) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    Builder::new_current_thread().enable_io().build()?.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        loop {
            let (connection, _) = listener.accept().await?;
            // A client that goes away is no failure of the server.
            tokio::spawn(async move { drop(answer(connection).await) });
        }
    })
}

async fn answer(mut connection: TcpStream) -> io::Result<()> {
    connection.set_nodelay(true)?;
    let mut answer = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nrequest-id: req_Bench\r\ncontent-length: {}\r\n\r\n",
        CUSTOMER.len()
    )
    .into_bytes();
    answer.extend_from_slice(CUSTOMER);
    let mut read = Vec::with_capacity(4096);
    while connection.read_buf(&mut read).await? > 0 {
        while let Some(end) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            read.drain(..end + 4);
            connection.write_all(&answer).await?;
        }
    }
    Ok(())
}
