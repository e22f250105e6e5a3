//! The files that a provider has of its own: its crate, and the proof of its operations.

use miette::{IntoDiagnostic, Result, WrapErr};

use super::document::Document;
use crate::generate;

/// Path and text of each.
///
/// # Errors
/// When the facts that were guessed are none.
pub(super) fn all(provider: &str, title: &str, document: &Document, facts: &str) -> Result<Vec<(String, String)>> {
    let facts: generate::Facts = toml::from_str(facts)
        .into_diagnostic()
        .wrap_err("failed to read the facts of the document: its names cannot be written into provider.toml")?;
    let folder = format!("crates/integrator-{provider}");
    Ok(vec![
        (format!("{folder}/Cargo.toml"), manifest(provider, title)),
        (
            format!("{folder}/src/lib.rs"),
            root(provider, title, &example(document, &facts)),
        ),
        (format!("tests/tests/encode_{provider}/main.rs"), proof(provider, title)),
    ])
}

fn manifest(provider: &str, title: &str) -> String {
    format!(
        r#"[package]
name = "integrator-{provider}"
description = "{title}'s API, every operation, behind integrator's resilience pipeline"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true

[features]
# Answers that are kept in memory.
cache-memory = ["integrator-core/cache-memory"]
# Compressed answers.
compression = ["integrator-core/compression"]
# Measurements through the `metrics` facade.
metrics = ["integrator-core/metrics"]
# Access tokens that are obtained, kept and renewed by themselves.
oauth = ["integrator-core/oauth"]
# What processes share, kept in Redis.
redis = ["integrator-core/redis"]
# Requests through a client that is a tower service.
tower = ["integrator-core/tower"]

[dependencies]
integrator-core.workspace = true

[dev-dependencies]
integrator-mock.workspace = true
tokio = {{ workspace = true, features = ["rt-multi-thread"] }}

[lints]
workspace = true
"#
    )
}

/// The first call that needs no argument and answers JSON.
fn example(document: &Document, facts: &generate::Facts) -> Option<String> {
    let calls = generate::names(&document.flat, facts).ok()?;
    document
        .flat_operations()
        .into_iter()
        .find_map(|(path, method, operation)| {
            document.answer(operation)?;
            let needs = document
                .parameters(operation)
                .any(|(_, _, parameter)| parameter.get("required").is_some_and(|required| required == true));
            let call = calls.get(&(path.to_owned(), method.to_owned()))?;
            (method == "get" && !needs).then(|| call.trim_start_matches("client.").to_owned())
        })
}

fn root(provider: &str, title: &str, example: &Option<String>) -> String {
    let example = match example {
        Some(call) => format!(
            "//! let answer = {provider}.{call}().send().await?;\n//! println!(\"{{:?}}\", answer.into_inner());"
        ),
        None => format!("//! println!(\"{{}} operations\", PROVIDER.operations.len());\n//! # drop({provider});"),
    };
    format!(
        r#"//! {title}'s API: every operation, typed, with retries, deadlines and one error.
//!
//! ```
//! use integrator_{provider}::{{Client, Credential, PROVIDER}};
//! # async fn run() -> Result<(), Box<dyn std::error::Error>> {{
//! let mock = integrator_mock::Mock::start(PROVIDER).await?;
//! let {provider} = Client::builder().base_url(mock.url()).credential(Credential::bearer("key")).build()?;
{example}
//! # Ok(()) }}
//! # tokio::runtime::Runtime::new().unwrap().block_on(run()).unwrap();
//! ```
//!
//! The operations are listed in `specs/{provider}/api.md`.

#[rustfmt::skip]
#[allow(missing_docs, unused_imports, clippy::large_enum_variant, clippy::module_inception,
    clippy::should_implement_trait, reason = "generated: names are the provider's, one prelude for all files")]
mod generated;

pub use generated::*;
/// The runtime, whole: `Limit`, `Breaker`, `ErrorKind` and all else that calls can be given.
pub use integrator_core as core;
pub use integrator_core::{{Credential, Error, Expandable, Patch, RequestOptions, Response, Retry, Upload}};
"#
    )
}

fn proof(provider: &str, title: &str) -> String {
    format!(
        r#"//! Proof of {title}: every operation, through its generated setters, arrives as the document says, and its answer is kept.

#[rustfmt::skip]
mod generated;
#[path = "../encode/run.rs"]
mod run;

use integrator_core::Credential;

run::proof!(integrator_{provider}, Credential::bearer("key"));
"#
    )
}
