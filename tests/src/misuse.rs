//! What must not compile, beside the same thing done right, so that each fails for the reason it names.
//!
//! A call is sent once:
//!
//! ```compile_fail
//! fn twice(client: &integrator_calendly::Client) {
//!     let call = client.users().me();
//!     drop(call.send());
//!     drop(call.send());
//! }
//! ```
//!
//! ```
//! fn twice(client: &integrator_calendly::Client) {
//!     let call = client.users().me();
//!     drop(call.clone().send());
//!     drop(call.send());
//! }
//! ```
//!
//! A setter takes what the document says:
//!
//! ```compile_fail
//! fn list(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().list().count("ten"));
//! }
//! ```
//!
//! ```
//! fn list(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().list().count(10));
//! }
//! ```
//!
//! There is no setter that the document does not have; by its name on the wire an argument can still be set:
//!
//! ```compile_fail
//! fn list(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().list().colour("red"));
//! }
//! ```
//!
//! ```
//! fn cancel(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().cancellation("1").set("colour", "red".into()));
//! }
//! ```
//!
//! An id in the path cannot be left out:
//!
//! ```compile_fail
//! fn retrieve(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().retrieve());
//! }
//! ```
//!
//! ```
//! fn retrieve(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().retrieve("1"));
//! }
//! ```
//!
//! Only what pages has pages:
//!
//! ```compile_fail
//! fn me(client: &integrator_calendly::Client) {
//!     drop(client.users().me().items());
//! }
//! ```
//!
//! ```
//! fn events(client: &integrator_calendly::Client) {
//!     drop(client.scheduled_events().list().items());
//! }
//! ```
//!
//! Types may grow, so a struct is built with `new`:
//!
//! ```compile_fail
//! fn email() -> integrator_calendly::types::ContactEmail {
//!     integrator_calendly::types::ContactEmail { email: "a@example.com".to_owned(), is_primary: true }
//! }
//! ```
//!
//! ```
//! fn email() -> integrator_calendly::types::ContactEmail {
//!     integrator_calendly::types::ContactEmail::new("a@example.com", true)
//! }
//! ```
