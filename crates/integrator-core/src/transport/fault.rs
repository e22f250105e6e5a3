//! How far a failed request got, read from the errors that reqwest, hyper, h2 and rustls chain up.

use std::error::Error as StdError;
use std::io;

use super::{TransportError, tls};

/// The failure of a request whose head of answer never came.
pub(super) fn of_request(error: reqwest::Error) -> TransportError {
    // The error's own text holds the URL.
    let error = error.without_url();
    let timeout = error.is_timeout();
    let fault = match refused(&error) {
        Some(fault) => fault,
        None if error.is_connect() => TransportError::not_sent("connect"),
        None if error.is_builder() => TransportError::not_sent("build the request"),
        None => TransportError::may_have_been_sent("read the head of the answer"),
    };
    let fault = if timeout { fault.timed_out() } else { fault };
    fault.caused_by(error)
}

/// The failure of a service that was ready.
#[cfg(feature = "tower")]
pub(super) fn of_service(error: Box<dyn StdError + Send + Sync>) -> TransportError {
    use hyper_util::client::legacy;
    let is_kind = |kind| find::<io::Error>(&*error).is_some_and(|error| error.kind() == kind);
    let connect = find::<legacy::Error>(&*error).is_some_and(legacy::Error::is_connect)
        || is_kind(io::ErrorKind::ConnectionRefused);
    let timeout = is_kind(io::ErrorKind::TimedOut) || find::<tokio::time::error::Elapsed>(&*error).is_some();
    let fault = match refused(&*error) {
        Some(fault) => fault,
        None if connect => TransportError::not_sent("connect"),
        None => TransportError::may_have_been_sent("read the head of the answer"),
    };
    let fault = if timeout { fault.timed_out() } else { fault };
    fault.caused_by(error)
}

/// What either side said no to before anything was sent.
fn refused(error: &(dyn StdError + 'static)) -> Option<TransportError> {
    let secured = find::<rustls::Error>(error);
    if let Some(advice) = secured.and_then(tls::advice) {
        let fault = TransportError::not_sent("agree on certificates");
        return Some(fault.permanent().advising(advice));
    }
    if secured.is_some_and(tls::is_version) {
        let fault = TransportError::not_sent("agree on a version of TLS");
        return Some(
            fault.advising("the server offers no version of TLS that `min_tls` allows: lower it, or update the server"),
        );
    }
    if find::<h2::Error>(error).is_some_and(is_refused) {
        return Some(TransportError::not_sent("open a stream, the server refused it"));
    }
    let canceled = find::<hyper::Error>(error).is_some_and(hyper::Error::is_canceled);
    canceled.then(|| TransportError::not_sent("use a connection, the server closed it"))
}

/// The failure of an answer that stopped short.
pub(super) fn of_body(error: reqwest::Error) -> TransportError {
    let timeout = error.is_timeout();
    let fault = TransportError::may_have_been_sent("read the whole answer");
    let fault = if timeout { fault.timed_out() } else { fault };
    fault.caused_by(error.without_url())
}

/// The server said that it did not look at this stream (RFC 9113, 8.7).
fn is_refused(error: &h2::Error) -> bool {
    error.is_remote()
        && match error.reason() {
            Some(h2::Reason::REFUSED_STREAM) => error.is_reset(),
            Some(h2::Reason::NO_ERROR) => error.is_go_away(),
            _ => false,
        }
}

/// The first error of type `E` in the chain, also inside an [`io::Error`].
fn find<'a, E: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An `io::Error` hands out the source of what it wraps, not what it wraps.
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_is_found_inside_io_errors() {
        let refused = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let chain = io::Error::other(io::Error::new(io::ErrorKind::InvalidData, refused));
        assert!(find::<rustls::Error>(&chain).and_then(tls::advice).is_some());
        assert!(find::<h2::Error>(&chain).is_none());
        assert_eq!(tls::advice(&rustls::Error::HandshakeNotComplete), None);
    }

    #[test]
    fn only_the_servers_word_counts_as_a_refusal() {
        assert!(
            !is_refused(&h2::Error::from(h2::Reason::REFUSED_STREAM)),
            "it is our own"
        );
    }
}
