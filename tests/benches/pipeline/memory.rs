//! Transports without a network: one answers at once from memory, one never.

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, DATE, HeaderValue};
use integrator_core::{
    AnswerBody, BoxFuture, RequestBody, Transport, TransportError, TransportRequest, TransportResponse,
};

/// Answers every request with the same bytes.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    headers: HeaderMap,
    body: Bytes,
}

impl Memory {
    pub(crate) fn new(body: &'static [u8], cache_control: Option<&'static str>) -> Self {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert("request-id", HeaderValue::from_static("req_Bench"));
        headers.insert(DATE, HeaderValue::from_static("Tue, 17 Nov 2026 09:30:00 GMT"));
        headers.extend(cache_control.map(|value| (CACHE_CONTROL, HeaderValue::from_static(value))));
        Self {
            headers,
            body: Bytes::from_static(body),
        }
    }

    /// One request and its answer with nothing around them.
    pub(crate) async fn bare(&self) -> usize {
        let request = TransportRequest::new(RequestBody::Empty);
        let response = self.send(request).await.expect("it answers");
        response.headers().len()
    }
}

impl Transport for Memory {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        Box::pin(async move {
            drop(request);
            let mut response = TransportResponse::new(AnswerBody::from(self.body.clone()));
            response.headers_mut().clone_from(&self.headers);
            Ok(response)
        })
    }
}

/// Has sent the request, and never answers; what a transport keeps is not the pipeline's.
#[derive(Debug)]
pub(crate) struct Silent;

impl Transport for Silent {
    fn send(&self, request: TransportRequest) -> BoxFuture<'_, Result<TransportResponse, TransportError>> {
        drop(request);
        Box::pin(std::future::pending())
    }
}
