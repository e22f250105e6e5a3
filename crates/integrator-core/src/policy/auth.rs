//! Who is calling.
//!
//! *What it does*: attaches the credential to each attempt, as a header that never prints or as a query parameter that
//! is never part of a printed URL. *When it acts*: on every attempt; and once more where the provider refuses the secret
//! (401) and there is another one: the older one of a rotating credential, what a file holds by now, or a renewed access
//! token. A refused secret means that nothing was done, so that replay covers every operation and costs no repeat; only
//! an upload that can be read once is left alone. *Interplay*: inside retry, so that a replaced credential takes effect
//! on the next attempt; `prepare` has checked before that the request goes over https, to this machine, or to a host for
//! which plain HTTP was allowed.

use std::future::Future;
#[cfg(feature = "oauth")]
use std::sync::Arc;

use http::uri::PathAndQuery;
use http::{HeaderMap, StatusCode, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroize;

use crate::clock::Clock;
use crate::credential::{Attach, Credential, Lent};
use crate::error::{Error, ErrorKind};
#[cfg(feature = "oauth")]
use crate::pipeline::lane::Lane;
use crate::pipeline::{Exchange, History, Reply};

/// What a credential needs to say which secret serves.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Means<'a> {
    pub(crate) clock: &'a Clock,
    #[cfg(feature = "oauth")]
    pub(crate) lane: &'a Arc<Lane>,
}

/// Runs `once` with a secret lent, and once more with another where that one is refused; without a credential, as it is.
pub(crate) async fn authorized<F, Fut>(
    (credential, means): (Option<&Credential>, Means<'_>),
    exchange: &Exchange,
    history: &History,
    once: F,
) -> Result<Reply, Error>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Result<Reply, Error>>,
{
    if let Some(credential) = credential {
        history.lend(credential.lend(means).await?);
    }
    let mut is_first = true;
    // One place to await both tries, since each place keeps a whole attempt in this future.
    loop {
        let outcome = once().await;
        let Some(credential) = credential.filter(|credential| credential.is_replaceable()) else {
            return outcome;
        };
        let refused = outcome.as_ref().is_err_and(is_refused);
        let Some(used) = history.lent().filter(|_| refused || !is_first) else {
            return outcome;
        };
        if !refused {
            credential.accepted(&used, means);
            return outcome;
        }
        if !std::mem::take(&mut is_first) {
            return outcome;
        }
        if !exchange.is_replayable() {
            let remark = "not sent with another secret, since the upload can be read once only";
            return outcome.map_err(|error| error.remark(remark));
        }
        let Some(other) = Box::pin(credential.other(&used, means)).await else {
            return outcome;
        };
        history.lend(other);
    }
}

/// Looks after a wait whether the token still serves; its renewal needs nothing that the attempt holds by now.
#[cfg(feature = "oauth")]
pub(crate) async fn after_wait((credential, means): (&Credential, Means<'_>), history: &History) -> Result<(), Error> {
    if credential.may_end() {
        history.lend(credential.lend(means).await?);
    }
    Ok(())
}

/// The provider does not know the secret, or knows it no more.
fn is_refused(error: &Error) -> bool {
    error.status() == Some(StatusCode::UNAUTHORIZED)
}

/// Attaches the secret.
pub(crate) fn attach(lent: &Lent, headers: &mut HeaderMap, uri: &mut Uri) -> Result<(), Error> {
    match lent.key.attach() {
        Attach::Nothing => {}
        Attach::Header(name, value) => {
            headers.insert(name.clone(), value.clone());
        }
        Attach::Query(name, secret) => *uri = with_query(uri, name, secret.expose())?,
    }
    Ok(())
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
