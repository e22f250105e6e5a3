//! Proof of OpenAI: every operation, through its generated setters, arrives as the document says, and its answer is kept.

#[rustfmt::skip]
mod generated;
#[path = "../encode/run.rs"]
mod run;

use std::error::Error;

use integrator_core::{Credential, Retry};
use integrator_mock::Mock;
use integrator_openai::{Client, PROVIDER};

#[test]
fn every_operation_arrives_and_is_answered_as_the_document_says() -> Result<(), Box<dyn Error>> {
    run::in_little_room(async || {
        let mock = Mock::start(PROVIDER).await?;
        let heard = run::Heard::default();
        let client = Client::builder()
            .per_call(heard.clone())
            .credential(Credential::bearer("key"))
            .base_url(mock.url())
            .retry(Retry::never())
            .build()?;
        run::run(PROVIDER, (&mock, &heard), &client, generated::OPERATIONS).await
    })
}

#[test]
fn every_call_is_owned() {
    generated::owned();
}
