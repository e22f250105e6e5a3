//! [`RedisStore`]: tokens that processes on several machines share.

use std::time::Duration;

use redis::aio::ConnectionManager;
use redis::{RedisError, Script};

use super::{StoreError, StoreLock, TokenStore};
use crate::credential::Secret;
use crate::credential::oauth::Token;
use crate::redis_link::Link;
use crate::rng::Rng;
use crate::transport::BoxFuture;

/// A process that dies with the lock holds it this long; a renewal takes no longer.
const LEASE: Duration = Duration::from_secs(90);
/// Connecting and each command take no longer.
const PATIENCE: Duration = Duration::from_secs(2);
const AGAIN: Duration = Duration::from_millis(50);

/// Saves unless a later version is there.
const SAVE: &str = "
local kept = redis.call('HGET', KEYS[1], 'version')
if kept and tonumber(kept) > tonumber(ARGV[1]) then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[1], 'token', ARGV[2])
return 1";

/// Lets go of a lock that is still one's own.
const UNLOCK: &str = "
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0";

/// Keeps tokens in Redis, under `integrator:token:{<key>}`.
#[derive(Clone)]
pub struct RedisStore {
    link: Link,
}

impl RedisStore {
    /// A store at `redis://…` or `rediss://…`. It connects when it is needed.
    ///
    /// # Errors
    /// When `url` is no address of a Redis server.
    pub fn new(url: impl Into<Secret>) -> Result<Self, StoreError> {
        let wrong = || StoreError::new("use the address of the Redis server: it looks like `redis://host:6379`");
        let url = url.into();
        // The source may repeat the password.
        let link = Link::open(url.expose(), PATIENCE).map_err(|_| wrong())?;
        Ok(Self { link })
    }
}

impl std::fmt::Debug for RedisStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisStore")
    }
}

impl TokenStore for RedisStore {
    fn lock<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<StoreLock, StoreError>> {
        Box::pin(async move {
            let lease = Lease {
                connection: self.link.connection().map_err(away)?,
                name: format!("{}:lock", name(key)),
                owner: Rng::system().uuid(),
            };
            loop {
                let mut connection = lease.connection.clone();
                let lease_ms = u64::try_from(LEASE.as_millis()).unwrap_or(u64::MAX);
                let mut set = redis::cmd("SET");
                set.arg(&lease.name).arg(&lease.owner).arg("NX").arg("PX").arg(lease_ms);
                let taken: Option<String> = set.query_async(&mut connection).await.map_err(away)?;
                if taken.is_some() {
                    return Ok(Box::new(lease) as StoreLock);
                }
                tokio::time::sleep(AGAIN).await;
            }
        })
    }

    fn load<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Option<Token>, StoreError>> {
        Box::pin(async move {
            let mut connection = self.link.connection().map_err(away)?;
            let mut get = redis::cmd("HGET");
            get.arg(name(key)).arg("token");
            let text: Option<String> = get.query_async(&mut connection).await.map_err(away)?;
            let Some(text) = text.map(Secret::new) else {
                return Ok(None);
            };
            let token = Token::from_json(text.expose());
            let wrong = || StoreError::new(format!("read the token: `{}` holds none, delete it", name(key)));
            token.map(Some).ok_or_else(wrong)
        })
    }

    fn save<'a>(&'a self, key: &'a str, token: &'a Token) -> BoxFuture<'a, Result<(), StoreError>> {
        Box::pin(async move {
            let mut connection = self.link.connection().map_err(away)?;
            let script = Script::new(SAVE);
            let mut call = script.key(name(key));
            call.arg(token.version()).arg(token.to_json().expose());
            let saved: u8 = call.invoke_async(&mut connection).await.map_err(away)?;
            if saved == 0 {
                Err(StoreError::conflict())
            } else {
                Ok(())
            }
        })
    }
}

fn name(key: &str) -> String {
    format!("integrator:token:{{{key}}}")
}

fn away(error: RedisError) -> StoreError {
    StoreError::new("reach the Redis server").caused_by(error)
}

/// A lock; it may be asked for by then, not taken: letting go of what is not one's own does nothing.
struct Lease {
    connection: ConnectionManager,
    name: String,
    owner: String,
}

impl Drop for Lease {
    fn drop(&mut self) {
        let (mut connection, name) = (self.connection.clone(), std::mem::take(&mut self.name));
        let owner = std::mem::take(&mut self.owner);
        // Without a runtime the lease runs out by itself.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let script = Script::new(UNLOCK);
                let mut call = script.key(name);
                let _: Result<u8, _> = call.arg(owner).invoke_async(&mut connection).await;
            });
        }
    }
}
