//! The two clients: the same request, and every member of the answer read.

use std::error::Error;
use std::fmt;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use integrator_stripe::Credential;
use integrator_stripe::core::Limit;
use reqwest::header::{ACCEPT, HeaderMap, HeaderValue};
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::twin;

const KEY: &str = "sk_test_bench";

/// Which client.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// The generated one, as `builder()` makes it.
    Integrator,
    /// `reqwest`, and `serde_json` into derived structs.
    Reqwest,
}

impl Kind {
    pub(crate) const ALL: [Self; 2] = [Self::Integrator, Self::Reqwest];

    pub(crate) fn named(name: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.to_string() == name);
        found.ok_or_else(|| format!("no client `{name}`: use `integrator` or `reqwest`"))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Integrator => "integrator",
            Self::Reqwest => "reqwest",
        })
    }
}

/// A client of the server at a port of this machine.
#[derive(Clone)]
pub(crate) enum Client {
    Integrator(integrator_stripe::Client),
    Reqwest(reqwest::Client, Arc<str>),
}

impl Client {
    pub(crate) fn new(kind: Kind, port: u16) -> Result<Self, Box<dyn Error>> {
        let base = format!("http://127.0.0.1:{port}");
        Ok(match kind {
            Kind::Integrator => {
                let builder = integrator_stripe::Client::builder().base_url(base);
                // The provider's own rate is far below what is measured; slots keep the limiter at work.
                let limit = Limit::never().in_flight(1_000);
                Self::Integrator(builder.credential(Credential::bearer(KEY)).limit(limit).build()?)
            }
            Kind::Reqwest => {
                let mut headers = HeaderMap::new();
                headers.insert(ACCEPT, HeaderValue::from_static("application/json"));
                headers.insert("stripe-version", HeaderValue::from_static("2026-10-28.endive"));
                let client = reqwest::Client::builder()
                    .user_agent("bench")
                    .default_headers(headers)
                    .no_proxy()
                    .tcp_nodelay(true)
                    .build()?;
                Self::Reqwest(client, base.into())
            }
        })
    }

    pub(crate) const fn kind(&self) -> Kind {
        match self {
            Self::Integrator(_) => Kind::Integrator,
            Self::Reqwest(..) => Kind::Reqwest,
        }
    }

    /// Sends `calls`, so many at a time, and says how long it took.
    pub(crate) fn run(&self, runtime: &Runtime, at_a_time: usize, calls: u64) -> Duration {
        runtime.block_on(async {
            let started = Instant::now();
            if at_a_time == 1 {
                self.repeat("cus_1", calls).await;
            } else {
                let mut lanes = JoinSet::new();
                let each = calls.div_ceil(at_a_time as u64);
                for lane in 0..at_a_time {
                    // One for each: the same read at the same time would be one request.
                    let (client, id) = (self.clone(), format!("cus_{lane}"));
                    lanes.spawn(async move { client.repeat(&id, each).await });
                }
                while let Some(lane) = lanes.join_next().await {
                    lane.expect("a lane does not panic");
                }
                // What was sent beyond `calls`, to keep all lanes busy, is not counted.
                return started
                    .elapsed()
                    .mul_f64(calls as f64 / (each * at_a_time as u64) as f64);
            }
            started.elapsed()
        })
    }

    async fn repeat(&self, id: &str, calls: u64) {
        for _ in 0..calls {
            match self {
                Self::Integrator(stripe) => {
                    let customer = stripe.customers().retrieve(id).send().await;
                    black_box(customer.expect("the server answers a customer"));
                }
                Self::Reqwest(client, base) => {
                    let customer = retrieve(client, base, id).await;
                    black_box(customer.expect("the server answers a customer"));
                }
            }
        }
    }
}

async fn retrieve(client: &reqwest::Client, base: &str, id: &str) -> Result<twin::Customer, Box<dyn Error>> {
    let request = client.get(format!("{base}/v1/customers/{id}")).bearer_auth(KEY);
    let answer = request.send().await?.error_for_status()?;
    Ok(serde_json::from_slice(&answer.bytes().await?)?)
}
