//! Connections: accepted, served one task each, and ended the way a fault asks for.
//!
//! What happens on one socket below HTTP is in `socket`.

mod socket;

use std::{future::poll_fn, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpSocket, TcpStream},
    sync::{mpsc, oneshot},
    task::JoinSet,
    time::sleep,
};

pub(crate) use socket::Ending;

use crate::{handle, state::State};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// What to do with the listener.
#[derive(Debug)]
pub(crate) enum Door {
    /// Ends all connections and refuses new ones, for a time or until it is opened.
    Close(Option<Duration>, Option<oneshot::Sender<()>>),
    Open(oneshot::Sender<()>),
}

/// Accepts until it is aborted; its connections end with it.
pub(crate) async fn run(listener: TcpListener, state: Arc<State>, mut door: mpsc::UnboundedReceiver<Door>) {
    let Ok(address) = listener.local_addr() else { return };
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    while let Some(open) = &listener {
        let accepted = tokio::select! {
            accepted = open.accept() => accepted,
            Some(_) = connections.join_next() => continue,
            Some(change) = door.recv() => {
                match change {
                    Door::Open(done) => {
                        let _ = done.send(());
                    }
                    Door::Close(time, done) => {
                        connections.shutdown().await;
                        drop(listener.take());
                        listener = closed(address, time, done, &mut door).await.ok();
                    }
                }
                continue;
            }
        };
        match accepted {
            Ok((stream, _)) if state.takes_unread() => drop(stream),
            Ok((stream, _)) => {
                connections.spawn(serve(stream, state.clone()));
            }
            // Out of descriptors, or the peer left before it was accepted: others may still come.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

/// Holds the port without listening on it, so that the system refuses for us and nobody else takes it.
async fn closed(
    address: SocketAddr,
    time: Option<Duration>,
    done: Option<oneshot::Sender<()>>,
    door: &mut mpsc::UnboundedReceiver<Door>,
) -> std::io::Result<TcpListener> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    // Who asked may have given up waiting.
    let answer = |done: Option<oneshot::Sender<()>>| {
        let _ = done.map(|done| done.send(()));
    };
    answer(done);
    let over = async {
        match time {
            Some(time) => sleep(time).await,
            None => std::future::pending().await,
        }
    };
    tokio::pin!(over);
    let opener = loop {
        tokio::select! {
            () = &mut over => break None,
            Some(change) = door.recv() => match change {
                Door::Open(done) => break Some(done),
                Door::Close(_, done) => answer(done),
            },
        }
    };
    let listener = socket.listen(BACKLOG)?;
    answer(opener);
    Ok(listener)
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    // Small answers leave at once; without it, nothing is lost but time.
    let _ = stream.set_nodelay(true);
    let ending = Arc::new(Ending::default());
    let socket = socket::Socket::new(stream, ending.clone());
    let service = {
        let ending = ending.clone();
        service_fn(move |request| Box::pin(handle::handle(state.clone(), ending.clone(), request)))
    };
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(socket), service);
    // Shutting down is left out: the socket below decides between a close and a reset.
    let _ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    connection.into_parts().io.into_inner().end();
}
