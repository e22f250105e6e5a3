//! [`RedisQuota`]: a rate that processes on several machines share, by one script that decides as
//! [`Rate::decide`](super::Rate::decide) does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use redis::{RedisError, RedisResult, Script};

use super::{Ask, Grant, Quota, QuotaError, SEEN_FOR};
use crate::error::{Error, ErrorKind};
use crate::policy::limit::sharing::PATIENCE;
use crate::redis_link::Link;
use crate::transport::BoxFuture;

/// Takes what is wanted; all times are whole microseconds, since the epoch or as a length.
///
/// The time is the server's own, so that no process's clock counts. What is left is forgotten when the quota is full
/// again, and those who share it when none of them has asked for a while.
const TAKE: &str = "
local cost, room, longest, seen_for = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000000 + tonumber(clock[2])
local full_at = tonumber(redis.call('GET', KEYS[1]) or '0')
full_at = math.max(math.min(full_at, now + longest), now)
local wait = math.max(full_at - now - room, 0)
full_at = full_at + cost
redis.call('SET', KEYS[1], string.format('%.0f', full_at), 'PX', math.ceil((full_at - now) / 1000) + 1)
redis.call('ZADD', KEYS[2], string.format('%.0f', now), ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('(%.0f', now - seen_for))
redis.call('PEXPIRE', KEYS[2], math.ceil(seen_for / 1000))
return {wait, redis.call('ZCARD', KEYS[2]), string.format('%.0f', now), string.format('%.0f', full_at)}";

/// Keeps what is left of shared limits in Redis.
///
/// Clones share one connection. It belongs to [`Limit::shared`](crate::Limit::shared):
///
/// ```
/// use integrator_core::{Limit, RedisQuota};
///
/// # fn main() -> Result<(), integrator_core::Error> {
/// let quota = RedisQuota::open("redis://localhost:6379", "my-app")?;
/// let limit = Limit::per_second(25).shared(quota);
/// # let _ = limit;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct RedisQuota {
    link: Link,
    script: Arc<Script>,
    prefix: Arc<str>,
}

/// What the script answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Taken {
    wait: Duration,
    sharers: u32,
    now: Duration,
    full_at: Duration,
}

impl RedisQuota {
    /// Of the server at `url` (`redis://host:6379/0`), under keys that begin with `prefix`. It connects when it is needed.
    ///
    /// # Errors
    /// When `url` is none of a Redis server.
    pub fn open(url: &str, prefix: impl Into<Arc<str>>) -> Result<Self, Error> {
        let fault = |_: RedisError| {
            // The source may repeat the password.
            Error::new(
                ErrorKind::Configuration,
                "the shared limit needs the URL of a Redis server, as in `redis://host:6379`",
            )
        };
        Ok(Self {
            link: Link::open(url, PATIENCE).map_err(fault)?,
            script: Arc::new(Script::new(TAKE)),
            prefix: prefix.into(),
        })
    }

    async fn run(&self, ask: Ask<'_>) -> RedisResult<Taken> {
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let (key, rate) = (self.key(ask.key), ask.rate);
        let mut call = self.script.key(&key);
        call.key(format!("{key}:who"))
            .arg(ask.who)
            .arg(micros(rate.time(ask.want)))
            .arg(micros(rate.time(rate.burst.saturating_sub(ask.want))))
            .arg(micros(rate.longest_queue()))
            .arg(micros(SEEN_FOR));
        let mut connection = self.link.connection()?;
        let (wait, sharers, now, full_at): (u64, u32, u64, u64) = call.invoke_async(&mut connection).await?;
        Ok(Taken {
            wait: Duration::from_micros(wait),
            sharers,
            now: Duration::from_micros(now),
            full_at: Duration::from_micros(full_at),
        })
    }

    fn key(&self, key: &str) -> String {
        format!("{}:quota:{key}", self.prefix)
    }
}

impl Quota for RedisQuota {
    fn take<'a>(&'a self, ask: Ask<'a>) -> BoxFuture<'a, Result<Grant, QuotaError>> {
        Box::pin(async move {
            let taken = self.run(ask).await.map_err(|error| QuotaError(error.into()))?;
            Ok(Grant {
                wait: taken.wait,
                sharers: taken.sharers,
            })
        })
    }
}

impl fmt::Debug for RedisQuota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The URL may hold a password.
        f.debug_struct("RedisQuota")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
