//! The built-in transport: reqwest with rustls, one pool of connections a client.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body as _;

use super::{
    AnswerBody, BoxFuture, RequestBody, Transport, TransportError, TransportRequest, TransportResponse, fault, tls,
};
use crate::error::{Error, ErrorKind};

/// Pooled connections over rustls; repeats, redirects and cookies are off.
#[derive(Debug, Clone)]
pub(crate) struct Pooled(reqwest::Client);

impl Pooled {
    /// A pool of its own. `loopback`: the host is this machine, so no proxy stands in between.
    pub(crate) fn new(connect: Duration, loopback: bool, tls: tls::Tls) -> Result<Self, Error> {
        let builder = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .connect_timeout(connect)
            .tcp_nodelay(true);
        let builder = if loopback { builder.no_proxy() } else { builder };
        tls.apply(builder)
            .build()
            .map(Self)
            .map_err(|error| Error::new(ErrorKind::Configuration, "set up TLS").caused_by(error.without_url()))
    }
}

impl Transport for Pooled {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        let (head, body) = request.into_parts();
        let url = reqwest::Url::parse(&text_of(&head.uri));
        Box::pin(async move {
            let url = url.map_err(|error| TransportError::not_sent("build the request's URL").caused_by(error))?;
            let mut request = reqwest::Request::new(head.method, url);
            *request.headers_mut() = head.headers;
            match body {
                RequestBody::Empty => {}
                RequestBody::Bytes(bytes) => *request.body_mut() = Some(bytes.into()),
                RequestBody::Stream { stream, length } => {
                    if let Some(length) = length {
                        request
                            .headers_mut()
                            .insert(http::header::CONTENT_LENGTH, length.into());
                    }
                    *request.body_mut() = Some(reqwest::Body::wrap_stream(stream));
                }
            }
            let response = self.0.execute(request).await.map_err(fault::of_request)?;
            Ok(http::Response::from(response).map(AnswerBody::pooled))
        })
    }
}

/// The URL as text; `Display` would grow a string piece by piece.
fn text_of(uri: &http::Uri) -> String {
    let (scheme, authority) = (
        uri.scheme_str().unwrap_or_default(),
        uri.authority().map_or("", |host| host.as_str()),
    );
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut text = String::with_capacity(scheme.len() + 3 + authority.len() + target.len());
    for part in [scheme, "://", authority, target] {
        text.push_str(part);
    }
    text
}

/// The next chunk of an answer; trailers are passed over.
pub(super) fn poll_chunk(
    body: &mut reqwest::Body,
    cx: &mut Context<'_>,
) -> Poll<Option<Result<Bytes, TransportError>>> {
    loop {
        return match Pin::new(&mut *body).poll_frame(cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(None) => Poll::Ready(None),
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(Err(fault::of_body(error)))),
            Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                Ok(chunk) if !chunk.is_empty() => Poll::Ready(Some(Ok(chunk))),
                _ => continue,
            },
        };
    }
}
