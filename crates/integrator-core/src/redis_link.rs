//! [`Link`]: the way to a Redis server.
//!
//! Making a connection takes a runtime, and stores are opened where there may be none yet; so it is made when somebody
//! needs it, and once.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisResult};

/// Clones share one connection.
#[derive(Clone)]
pub(crate) struct Link(Arc<Inner>);

struct Inner {
    client: Client,
    patience: Duration,
    connection: OnceLock<ConnectionManager>,
}

impl Link {
    /// To the server at `url`; connecting and each command take `patience` at most.
    pub(crate) fn open(url: &str, patience: Duration) -> RedisResult<Self> {
        Ok(Self(Arc::new(Inner {
            client: Client::open(url)?,
            patience,
            connection: OnceLock::new(),
        })))
    }

    pub(crate) fn connection(&self) -> RedisResult<ConnectionManager> {
        let Inner {
            client,
            patience,
            connection,
        } = &*self.0;
        if let Some(connection) = connection.get() {
            return Ok(connection.clone());
        }
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_connection_timeout(Some(*patience))
            .set_response_timeout(Some(*patience));
        let made = ConnectionManager::new_lazy_with_config(client.clone(), config)?;
        Ok(connection.get_or_init(|| made).clone())
    }
}

#[cfg(test)]
mod tests {
    /// No `#[tokio::test]`: that is the point.
    #[test]
    fn stores_are_opened_where_there_is_no_runtime() {
        let url = "redis://127.0.0.1:1";
        assert!(crate::RedisQuota::open(url, "app").is_ok());
        assert!(crate::RedisCache::open(url, "app").is_ok());
        #[cfg(feature = "oauth")]
        assert!(crate::oauth::RedisStore::new(url).is_ok());
    }
}
