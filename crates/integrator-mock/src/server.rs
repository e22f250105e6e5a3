//! Connections: accepted, served one task each, and ended the way a fault asks for.

use std::{
    future::poll_fn,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::{handle, state::State};

/// Accepts until it is aborted; its connections end with it.
pub(crate) async fn run(listener: TcpListener, state: Arc<State>) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            Some(_) = connections.join_next() => continue,
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

/// How a connection that is cut goes down.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    reset: AtomicBool,
}

impl Ending {
    /// Lets the connection end with a reset instead of in order.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
    }
}

async fn serve(stream: TcpStream, state: Arc<State>) {
    // Small answers leave at once; without it, nothing is lost but time.
    let _ = stream.set_nodelay(true);
    let ending = Arc::new(Ending::default());
    let service = {
        let ending = ending.clone();
        service_fn(move |request| Box::pin(handle::handle(state.clone(), ending.clone(), request)))
    };
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // Shutting down is left out: the socket below decides between a close and a reset.
    let _ended = poll_fn(|context| connection.poll_without_shutdown(context)).await;
    let stream = connection.into_parts().io.into_inner();
    if ending.reset.load(Ordering::Relaxed) {
        // Where the system refuses, the close below is the nearest thing.
        let _ = stream.set_zero_linger();
    }
}
