//! [`RedisCache`]: answers that several processes share.
//!
//! A Redis that is away or slow costs a moment and a warning, and the call goes to the provider. An answer of a
//! credential without a name is not kept here: such a one is nobody's in another process.

use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use redis::{FromRedisValue, Pipeline, RedisError, RedisResult, pipe};
use serde_json::{Value, json};
use tracing::warn;

use super::{CacheStore, Found, LONGEST, StoredAnswer};
use crate::BoxFuture;
use crate::error::{Error, ErrorKind};
use crate::policy::request_key::RequestKey;
use crate::redis_link::Link;

/// A command that takes longer is given up, so that a slow store never holds up a call for long.
const PATIENCE: Duration = Duration::from_millis(250);
/// Shorter values are kept as they are, in bytes.
const COMPRESS_FROM: usize = 1024;
/// The greatest value that is unpacked, in bytes.
const LARGEST: u64 = 64 * 1024 * 1024;

/// Keeps answers in Redis, those above 1 KiB compressed with zstd.
pub struct RedisCache {
    link: Link,
    prefix: String,
    away: AtomicBool,
}

impl RedisCache {
    /// Of the server at `url` (`redis://host:6379/0`), under keys that begin with `prefix`. It connects when it is needed.
    ///
    /// # Errors
    /// When `url` is none of a Redis server.
    pub fn open(url: &str, prefix: impl Into<String>) -> Result<Self, Error> {
        let fault = |error: RedisError| {
            Error::new(
                ErrorKind::Configuration,
                "the cache needs the URL of a Redis server, as in `redis://host:6379`",
            )
            .caused_by(error)
        };
        Ok(Self {
            link: Link::open(url, PATIENCE).map_err(fault)?,
            prefix: prefix.into(),
            away: AtomicBool::new(false),
        })
    }

    fn answer_key(&self, key: &RequestKey) -> Option<String> {
        let text = key.shared_text()?;
        let hash = |salt: u8| {
            let mut hasher = DefaultHasher::new();
            (salt, &text).hash(&mut hasher);
            hasher.finish()
        };
        // The text stays out of the key, since a URL may say who somebody is; the value repeats it, so that two requests
        // of one key are never mixed up.
        Some(format!("{}:answer:{:016x}{:016x}", self.prefix, hash(0), hash(1)))
    }

    fn version_key(&self, slot: u16) -> String {
        format!("{}:version:{slot}", self.prefix)
    }

    /// Runs commands; says once that the store is away, and once that it is back.
    async fn run<T: FromRedisValue>(&self, commands: &Pipeline) -> Option<T> {
        let outcome: RedisResult<T> = match self.link.connection() {
            Ok(mut connection) => commands.query_async(&mut connection).await,
            Err(error) => Err(error),
        };
        let away = outcome.is_err();
        if self.away.swap(away, Ordering::Relaxed) != away {
            match &outcome {
                Err(error) => {
                    warn!(target: "integrator", %error, "the cache in Redis is away; calls go to the provider")
                }
                Ok(_) => warn!(target: "integrator", "the cache in Redis is back"),
            }
        }
        outcome.ok()
    }
}

impl CacheStore for RedisCache {
    fn find<'a>(&'a self, key: &'a RequestKey, slot: u16) -> BoxFuture<'a, Found> {
        Box::pin(async move {
            let Some(answer) = self.answer_key(key) else {
                return Found::default();
            };
            let mut commands = pipe();
            commands.get(answer).get(self.version_key(slot));
            let (answer, version): (Option<Vec<u8>>, Option<u64>) = self.run(&commands).await.unwrap_or_default();
            Found {
                answer: answer.and_then(|bytes| unpack(&bytes, key)).map(Arc::new),
                version: version.unwrap_or_default(),
            }
        })
    }

    fn keep<'a>(&'a self, key: RequestKey, answer: Arc<StoredAnswer>, at_most: Duration) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let (Some(name), Some(value)) = (self.answer_key(&key), pack(&answer, &key)) else {
                return;
            };
            let seconds = at_most.as_secs().max(1);
            let mut commands = pipe();
            commands.set_ex(name, value, seconds).ignore();
            self.run::<()>(&commands).await;
        })
    }

    fn outdate<'a>(&'a self, slots: &'a [u16]) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let mut commands = pipe();
            // Longer than any answer is kept: a version that is forgotten counts as the first again.
            let remembered = i64::try_from(LONGEST.as_secs().saturating_mul(2)).unwrap_or(i64::MAX);
            for slot in slots {
                let key = self.version_key(*slot);
                commands.incr(&key, 1).ignore().expire(&key, remembered).ignore();
            }
            self.run::<()>(&commands).await;
        })
    }
}

/// A head as JSON on one line, then the body; the first byte says whether what follows is compressed.
fn pack(answer: &StoredAnswer, key: &RequestKey) -> Option<Vec<u8>> {
    let headers: Option<Vec<(&str, &str)>> = answer
        .headers
        .iter()
        .map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
        .collect();
    let vary: Option<Vec<(&str, Option<&str>)>> = answer
        .vary
        .iter()
        .map(|(name, value)| Some((name.as_str(), value.as_ref().map(HeaderValue::to_str).transpose().ok()?)))
        .collect();
    let since = answer.at.duration_since(UNIX_EPOCH).ok()?;
    let head = json!({
        "request": key.shared_text()?,
        "status": answer.status.as_u16(),
        "headers": headers?,
        "at_ms": u64::try_from(since.as_millis()).ok()?,
        "fresh_ms": u64::try_from(answer.fresh_for.as_millis()).ok()?,
        "vary": vary?,
        "version": answer.version,
    });
    let mut plain = head.to_string().into_bytes();
    plain.push(b'\n');
    plain.extend_from_slice(&answer.body);
    let packed = (plain.len() > COMPRESS_FROM)
        .then(|| zstd::bulk::compress(&plain, 0).ok())
        .flatten();
    Some(match packed {
        Some(packed) => [&[1], &packed[..]].concat(),
        None => [&[0], &plain[..]].concat(),
    })
}

/// None for what was written by somebody else, for another request, or is damaged.
fn unpack(bytes: &[u8], key: &RequestKey) -> Option<StoredAnswer> {
    let (kind, rest) = bytes.split_first()?;
    let plain = match kind {
        0 => rest.to_vec(),
        1 => {
            let mut plain = Vec::new();
            zstd::stream::read::Decoder::new(rest)
                .ok()?
                .take(LARGEST)
                .read_to_end(&mut plain)
                .ok()?;
            plain
        }
        _ => return None,
    };
    let end = plain.iter().position(|byte| *byte == b'\n')?;
    let head: Value = serde_json::from_slice(plain.get(..end)?).ok()?;
    if head.get("request")?.as_str() != key.shared_text().as_deref() {
        return None;
    }
    let number = |name: &str| head.get(name)?.as_u64();
    let pairs =
        |name: &str| -> Option<Vec<(String, Option<String>)>> { serde_json::from_value(head.get(name)?.clone()).ok() };
    let mut headers = HeaderMap::new();
    for (name, value) in pairs("headers")? {
        headers.append(HeaderName::try_from(name).ok()?, HeaderValue::try_from(value?).ok()?);
    }
    let vary: Option<Vec<(HeaderName, Option<HeaderValue>)>> = pairs("vary")?
        .into_iter()
        .map(|(name, value)| {
            let value = value.map(HeaderValue::try_from).transpose().ok()?;
            Some((HeaderName::try_from(name).ok()?, value))
        })
        .collect();
    Some(StoredAnswer {
        status: StatusCode::from_u16(u16::try_from(number("status")?).ok()?).ok()?,
        headers,
        at: SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(number("at_ms")?))?,
        fresh_for: Duration::from_millis(number("fresh_ms")?),
        vary: vary?,
        version: number("version")?,
        body: Bytes::from(plain).slice(end + 1..),
    })
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("RedisCache")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}
