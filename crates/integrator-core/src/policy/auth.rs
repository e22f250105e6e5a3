//! Who is calling.
//!
//! *What it does*: attaches the credential to each attempt, as a header that never prints or as a query parameter that
//! is never part of a printed URL. *Interplay*: inside retry, so that a replaced credential takes effect on the next
//! attempt; `prepare` has checked before that the request goes over https, to this machine, or to a host for which
//! plain HTTP was allowed.

use http::Uri;
use http::uri::PathAndQuery;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroize;

use crate::credential::{Attach, Credential};
use crate::error::{Error, ErrorKind};
use crate::pipeline::Exchange;

/// Attaches `credential`.
pub(crate) fn attach(credential: &Credential, mut exchange: Box<Exchange>) -> Result<Box<Exchange>, Error> {
    match credential.attach() {
        Attach::Nothing => {}
        Attach::Header(name, value) => {
            exchange.headers_mut().insert(name.clone(), value.clone());
        }
        Attach::Query(name, secret) => exchange.uri = with_query(&exchange.uri, name, secret.expose())?,
        Attach::Faulty(why) => return Err(Error::new(ErrorKind::Configuration, why.clone())),
    }
    Ok(exchange)
}

fn with_query(uri: &Uri, name: &str, secret: &str) -> Result<Uri, Error> {
    let separator = if uri.query().is_some() { '&' } else { '?' };
    let path = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    let encode = |text| utf8_percent_encode(text, NON_ALPHANUMERIC);
    let mut text = format!("{path}{separator}{}={}", encode(name), encode(secret));
    let target = PathAndQuery::try_from(text.as_str());
    text.zeroize();
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(target.map_err(|_| too_long())?);
    Uri::from_parts(parts).map_err(|_| too_long())
}

fn too_long() -> Error {
    Error::new(ErrorKind::InvalidCall, "the URL is too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_joins_the_query() {
        let plain = Uri::from_static("https://h/p");
        assert_eq!(with_query(&plain, "key", "a b").unwrap(), "https://h/p?key=a%20b");
        let filled = Uri::from_static("https://h/p?x=1");
        assert_eq!(with_query(&filled, "key", "k").unwrap(), "https://h/p?x=1&key=k");
    }
}
