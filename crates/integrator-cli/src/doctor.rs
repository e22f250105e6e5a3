//! `integrator doctor`: whether this machine, this key and these settings can call a provider, and if not, at which step.
//!
//! What is looked at stands in the files of `doctor/`; facts about a provider come from its data, so that none is named
//! here. The only request is one that reads ([`Provider::probe`]), sent once.

mod answer;
mod check;
mod key;
mod reach;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args as ClapArgs;
use integrator::core::lint::Severity;
use integrator::core::{Client, ClientBuilder};
use integrator::{Credential, Error, PROVIDERS, Provider, Retry, json};

use crate::{failure::Failure, output, providers};
use check::{Check, Report, Verdict};

/// How long the one request may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Arguments of `doctor`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Whom to check; all whose key stands in the environment, unless given
    #[arg(value_parser = providers::parse)]
    providers: Vec<&'static Provider>,
    /// Where to call instead of the provider's own address
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
    /// Takes the key from a file, as `Credential::file` does, and not from the environment
    #[arg(long, value_name = "FILE")]
    key_file: Option<PathBuf>,
    /// Allows plain HTTP to this host; it is found fault with all the same
    #[arg(long, value_name = "HOST")]
    allow_plain_http: Vec<String>,
    /// Prints JSON
    #[arg(long)]
    json: bool,
}

/// Checks one provider after the other.
///
/// # Errors
/// When nobody can be checked, or a check fails.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let providers = chosen(args)?;
    let mut reports = Vec::new();
    for provider in providers {
        let report = Patient { provider, args }.examined().await;
        if !args.json {
            output::line(report.to_string())?;
        }
        reports.push(report);
    }
    if args.json {
        let all: Vec<_> = reports.iter().map(Report::json).collect();
        output::line(format!("{:#}", json!({ "version": check::VERSION, "providers": all })))?;
    }
    let checks = || reports.iter().flat_map(|report| &report.checks);
    let failed = checks().filter(|check| check.verdict == Verdict::Failed).count();
    match failed {
        0 => Ok(()),
        failed => Err(Failure::Checks(failed, checks().count())),
    }
}

fn chosen(args: &Args) -> Result<Vec<&'static Provider>, Failure> {
    let chosen = if args.providers.is_empty() {
        let all = PROVIDERS.iter().copied();
        all.filter(|provider| variable(provider.credential_env).is_some())
            .collect()
    } else {
        args.providers.clone()
    };
    if chosen.is_empty() {
        let variables: Vec<&str> = PROVIDERS.iter().map(|provider| provider.credential_env).collect();
        return Err(Failure::Usage(format!(
            "no key stands in the environment: name a provider, or set one of {}",
            variables.join(", ")
        )));
    }
    if chosen.len() > 1 && (args.base_url.is_some() || args.key_file.is_some()) {
        return Err(Failure::Usage(
            "`--base-url` and `--key-file` are of one provider: name it".to_owned(),
        ));
    }
    Ok(chosen)
}

/// A provider with the settings that it is checked under.
struct Patient<'a> {
    provider: &'static Provider,
    args: &'a Args,
}

impl Patient<'_> {
    async fn examined(&self) -> Report {
        let mut report = Report::new(self.provider);
        report
            .checks
            .extend(key::checks(self.provider, self.args.key_file.as_deref()));
        let client = match self.builder().build() {
            Ok(client) => client,
            Err(error) => {
                report.checks.push(refused(&error));
                return report;
            }
        };
        report.address = client.base_url();
        report.checks.extend(settings(&client));
        // Calling with a key that cannot be right says nothing more.
        if report
            .checks
            .iter()
            .any(|check| check.name == key::NAME && check.verdict == Verdict::Failed)
        {
            return report;
        }
        let once = self.builder().retry(Retry::never()).deadline(PATIENCE);
        match once.build() {
            Ok(client) => report.checks.extend(reach::checks(&client).await),
            Err(error) => report.checks.push(refused(&error)),
        }
        report
    }

    /// A client as it would be used.
    fn builder(&self) -> ClientBuilder<Client> {
        let (provider, args) = (self.provider, self.args);
        let mut builder = Client::builder(provider);
        builder = match &args.key_file {
            Some(path) => builder.credential(Credential::file(path, provider.scheme, Duration::from_secs(60))),
            None => match variable(provider.credential_env) {
                Some(key) => builder.credential(Credential::from_scheme(provider.scheme, key)),
                None => builder,
            },
        };
        for fact in provider.keys {
            if let Some(key) = variable(fact.env) {
                builder = builder.key(fact.name, Credential::from_scheme(provider.scheme, key));
            }
        }
        let url = args.base_url.clone().or_else(|| variable(provider.base_url_env));
        if let Some(url) = url {
            builder = builder.base_url(url);
        }
        for host in &args.allow_plain_http {
            builder = builder.allow_plain_http(host);
        }
        builder
    }
}

/// A variable of the environment that is set to something.
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

fn refused(error: &Error) -> Check {
    Check::failed("settings", error.detail(), "change what is named")
}

/// What is allowed and rarely meant.
fn settings(client: &Client) -> Vec<Check> {
    let findings = client.lint().into_iter();
    // What proves who is calling has a check of its own.
    let mut checks: Vec<Check> = findings
        .filter(|finding| finding.code != "no_credential")
        .map(|finding| {
            let verdict = match finding.severity {
                Severity::Error => Verdict::Failed,
                _ => Verdict::Warning,
            };
            Check::new(verdict, "settings", finding.what)
                .advising(finding.advice)
                .coded(finding.code)
        })
        .collect();
    if checks.is_empty() {
        checks.push(Check::passed("settings", "nothing that is rarely meant"));
    }
    checks
}
