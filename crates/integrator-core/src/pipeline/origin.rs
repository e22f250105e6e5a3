//! Where calls go: scheme, host, port and the path in front of every operation's.

use std::fmt;
use std::net::IpAddr;

use bytes::Bytes;
use http::Uri;
use http::uri::{Authority, Parts, PathAndQuery, Scheme};

/// A base URL, read once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    scheme: Scheme,
    authority: Authority,
    /// Empty, or starts with `/` and does not end with it.
    prefix: String,
}

impl Origin {
    /// Reads a base URL.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let wrong = |why: &str| format!("base URL `{}` {why}", scrub(text));
        let uri: Uri = text
            .trim()
            .parse()
            .map_err(|_| wrong("is no URL: it looks like `https://api.example.com`"))?;
        let parts = uri.into_parts();
        let (Some(scheme), Some(authority)) = (parts.scheme, parts.authority) else {
            return Err(wrong("is not absolute: put `https://` in front"));
        };
        if scheme != Scheme::HTTPS && scheme != Scheme::HTTP {
            return Err(wrong("has another scheme than `https` or `http`"));
        }
        if authority.as_str().contains('@') {
            return Err(wrong("holds a user or password: give them as a credential"));
        }
        let path = parts.path_and_query.as_ref();
        if path.is_some_and(|path| path.query().is_some()) {
            return Err(wrong("has a query: leave it out"));
        }
        let prefix = path.map_or("", PathAndQuery::path).trim_end_matches('/').to_owned();
        Ok(Self {
            scheme,
            authority,
            prefix,
        })
    }

    /// The URL of an operation.
    pub(crate) fn join(&self, path_and_query: String) -> Result<Uri, String> {
        let target = if self.prefix.is_empty() {
            path_and_query
        } else {
            format!("{}{path_and_query}", self.prefix)
        };
        // As long as it is: every call holds it until it ends.
        self.at(Bytes::from(target.into_boxed_str().into_boxed_bytes()))
    }

    /// What of a path stands behind the base URL's own.
    pub(crate) fn below<'a>(&self, path: &'a str) -> &'a str {
        path.strip_prefix(&*self.prefix).unwrap_or(path)
    }

    /// The URL at a path that is whole already.
    pub(crate) fn at(&self, target: Bytes) -> Result<Uri, String> {
        let target = PathAndQuery::from_maybe_shared(target).map_err(|_| "the URL is too long".to_owned())?;
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(target);
        Uri::from_parts(parts).map_err(|_| "the URL is too long".to_owned())
    }

    /// Path and query of a URL of the same origin (scheme, host, port); of any other, none.
    pub(crate) fn target_of(&self, url: &str) -> Option<String> {
        let uri: Uri = url.parse().ok()?;
        let relative = uri.scheme().is_none() && uri.authority().is_none();
        let same = uri.scheme() == Some(&self.scheme)
            && uri
                .host()
                .is_some_and(|host| host.eq_ignore_ascii_case(self.authority.host()))
            && port(uri.port_u16(), &self.scheme) == port(self.authority.port_u16(), &self.scheme)
            && uri
                .authority()
                .is_some_and(|authority| !authority.as_str().contains('@'));
        let target = uri.path_and_query()?.as_str();
        ((relative || same) && target.starts_with('/') && !target.starts_with("//")).then(|| target.to_owned())
    }

    /// Whether a secret may go there.
    pub(crate) fn is_safe(&self, plain_hosts: &[String]) -> bool {
        self.scheme == Scheme::HTTPS
            || self.is_loopback()
            || plain_hosts
                .iter()
                .any(|host| host.eq_ignore_ascii_case(self.authority.host()))
    }

    /// Whether it is this machine.
    pub(crate) fn is_loopback(&self) -> bool {
        let host = self.authority.host().trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost") || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    }

    /// Whoever is in between cannot read along.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    pub(crate) fn host(&self) -> &str {
        self.authority.host()
    }
}

fn port(given: Option<u16>, scheme: &Scheme) -> u16 {
    given.unwrap_or(if *scheme == Scheme::HTTP { 80 } else { 443 })
}

/// A URL as it may be printed: without query, user and password.
fn scrub(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme, self.authority, self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    #[test]
    fn a_prefix_is_kept() {
        let url = |base: &str| origin(base).join("/items?x=1".to_owned()).unwrap().to_string();
        assert_eq!(url("https://h"), "https://h/items?x=1");
        assert_eq!(url("https://h/"), "https://h/items?x=1");
        assert_eq!(url("https://h:8055/api/"), "https://h:8055/api/items?x=1");
    }

    #[test]
    fn what_is_no_base_url_is_refused_without_its_secrets() {
        for text in [
            "",
            "h",
            "/p",
            "ftp://h",
            "https://",
            "https://u:canary@h",
            "https://h?k=canary",
            "http//x",
        ] {
            let fault = Origin::parse(text).unwrap_err();
            assert!(!fault.contains("canary"), "{fault}");
        }
    }

    #[test]
    fn only_the_same_origin_is_followed() {
        let base = origin("https://api.h.com/v1");
        assert_eq!(
            base.target_of("https://api.h.com/v1/x?p=2").as_deref(),
            Some("/v1/x?p=2")
        );
        assert_eq!(base.target_of("https://API.h.com:443/x").as_deref(), Some("/x"));
        assert_eq!(base.target_of("/v1/x").as_deref(), Some("/v1/x"));
        for url in [
            "http://api.h.com/x",
            "https://h.com/x",
            "https://api.h.com:8443/x",
            "https://u@api.h.com/x",
            "x",
            "//e.com/x",
        ] {
            assert_eq!(base.target_of(url), None, "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_and_allowed_hosts() {
        for text in [
            "https://h",
            "http://localhost:1",
            "http://127.0.0.1",
            "http://[::1]:8080",
        ] {
            assert!(origin(text).is_safe(&[]), "{text}");
        }
        assert!(!origin("http://10.0.0.1").is_safe(&[]));
        assert!(!origin("http://localhost.evil.com").is_safe(&[]));
        assert!(origin("http://cms.lan:8055").is_safe(&["CMS.lan".to_owned()]));
    }
}
