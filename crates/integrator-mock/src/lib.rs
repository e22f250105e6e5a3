//! Simulated providers on loopback: they hold every request against the provider's contract, answer with fixtures or with
//! examples made from the schema, serve lists page by page, and fail when a test says so.
//!
//! What a request must look like is known by `integrator-contract`; what is special about one provider is data, in
//! `providers/`. A mock keeps what was created when it is [asked to](Builder::stateful).
//!
//! ```
//! use integrator_core::{Operation, Provider};
//! use integrator_mock::{Fault, Mock};
//!
//! static ME: Operation = Operation { id: "users_get-current-user", path: "/users/me", ..Operation::DEFAULT };
//! static CALENDLY: Provider = Provider { name: "calendly", operations: &[&ME], ..Provider::DEFAULT };
//!
//! # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
//! let mock = Mock::start(&CALENDLY).await?;
//! mock.on(&ME).fail(Fault::status(503).retry_after("1"));
//! assert_eq!(reqwest::get(format!("{}/users/me", mock.url())).await?.status(), 503);
//! assert_eq!(reqwest::get(format!("{}/users/me", mock.url())).await?.status(), 200);
//! assert_eq!(reqwest::get(format!("{}/users/me?id=5", mock.url())).await?.status(), 422);
//! assert_eq!(mock.violations(), ["GET /users/me: query /id: unknown parameter, there are none here"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Where next: [`Mock`] to start one, [`On`] for what one operation answers, [`Fault`] for all that can go wrong,
//! [`Received`] for what came in. There are no cargo features.

mod answer;
mod asked;
mod body;
mod cassette;
mod dotted;
mod echo;
mod fault;
mod gate;
mod handle;
mod idempotent;
mod kept;
mod limiter;
mod list;
mod long_query;
mod mock;
mod on;
mod outgoing;
mod received;
mod reply;
mod server;
mod state;
mod stream;
mod stream_event;
mod taped;

pub use cassette::{Cassette, CassetteError, Mismatch, Player};
pub use fault::{Fault, Faults, FaultsError};
pub use integrator_contract::multipart::Part;
pub use integrator_contract::{Violation, Where};
pub use mock::{Builder, Mock, StartError};
pub use on::On;
pub use received::Received;
pub use reply::{Pace, Reply};
pub use stream_event::StreamEvent;
