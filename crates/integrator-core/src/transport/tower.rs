//! [`TowerTransport`]: requests through a client that is a tower service.

use std::error::Error as StdError;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::{any, fmt};

use bytes::{Buf, Bytes};
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};
use tower_service::Service;

use super::{
    AnswerBody, BoxFuture, RequestBody, Transport, TransportError, TransportRequest, TransportResponse, fault,
};

/// An HTTP client that is a [tower service](Service), as the transport of a client: `hyper_util`'s, or a stack of your
/// own layers over one.
///
/// Every request goes through a clone of the service, which is asked whether it is ready. Until it is, nothing was sent.
/// What fails afterwards may have been sent, unless the error tells: `hyper_util`'s failures to connect, refused
/// connections and streams, refused certificates.
///
/// The service must neither repeat nor redirect: both are decided above, where it is known what may be sent twice and
/// where credentials may go. Settings of the built-in transport (connect timeout, TLS, compressed answers) are the
/// service's own matter.
///
/// ```
/// use hyper_util::{client::legacy, rt::TokioExecutor};
/// use integrator_core::{Client, Credential, Provider, TowerTransport};
///
/// static ACME: Provider = Provider { name: "acme", title: "Acme", ..Provider::DEFAULT };
/// let service = legacy::Client::builder(TokioExecutor::new()).build_http();
/// let client = Client::builder(&ACME)
///     .base_url("http://localhost:8055")
///     .credential(Credential::bearer("key"))
///     .transport(TowerTransport::new(service))
///     .build()?;
/// # Ok::<(), integrator_core::Error>(())
/// ```
// Locked to be cloned, since many services are not `Sync`.
pub struct TowerTransport<S>(Mutex<S>);

impl<S> TowerTransport<S> {
    /// A transport that sends through `service`.
    #[must_use]
    pub const fn new(service: S) -> Self {
        Self(Mutex::new(service))
    }
}

impl<S, B> Transport for TowerTransport<S>
where
    S: Service<TransportRequest, Response = http::Response<B>, Future: Send> + Clone + Send + 'static,
    S::Error: Into<Box<dyn StdError + Send + Sync>>,
    B: Body<Data: Send, Error: Into<Box<dyn StdError + Send + Sync>>> + Send + 'static,
{
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        let mut service = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Box::pin(async move {
            poll_fn(|cx| service.poll_ready(cx))
                .await
                .map_err(|error| TransportError::not_sent("get the service ready").caused_by(error))?;
            let response = service
                .call(request)
                .await
                .map_err(|error| fault::of_service(error.into()))?;
            Ok(response.map(|body| AnswerBody::stream(Chunks(Box::pin(body)))))
        })
    }
}

impl<S> fmt::Debug for TowerTransport<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TowerTransport({})", any::type_name::<S>())
    }
}

/// The data of a body; trailers are passed over.
struct Chunks<B>(Pin<Box<B>>);

impl<B> Stream for Chunks<B>
where
    B: Body<Error: Into<Box<dyn StdError + Send + Sync>>>,
{
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            let Some(frame) = ready!(self.0.as_mut().poll_frame(cx)) else {
                return Poll::Ready(None);
            };
            let data = frame
                .map(Frame::into_data)
                .map_err(|error| TransportError::may_have_been_sent("read the whole answer").caused_by(error))?;
            if let Ok(mut data) = data
                && data.has_remaining()
            {
                return Poll::Ready(Some(Ok(data.copy_to_bytes(data.remaining()))));
            }
        }
    }
}

/// What a service sends.
impl Body for RequestBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        match &mut *self {
            Self::Empty => Poll::Ready(None),
            Self::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Self::Stream { stream, .. } => stream.as_mut().poll_next(cx).map_ok(Frame::data),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Bytes(bytes) => bytes.is_empty(),
            Self::Stream { .. } => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Empty => SizeHint::with_exact(0),
            Self::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Self::Stream { length, .. } => length.map_or_else(SizeHint::new, SizeHint::with_exact),
        }
    }
}

#[cfg(test)]
mod tests;
