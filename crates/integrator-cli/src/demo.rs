//! `integrator demo`: the main job. Mocks misbehave, the generated clients go on, and every expectation is judged.
//!
//! What is tried stands in tables, one a provider (`demo/anthropic.rs`, `demo/calendly.rs` …), and those in [`PARTS`];
//! this file runs them in order and decides about the end. How much it took is counted by `demo/meter.rs` and shown by `demo/table.rs`.

mod anthropic;
mod calendly;
mod close;
mod directus;
mod file;
mod live;
mod memory;
mod meter;
mod openai;
mod progress;
mod scene;
mod stripe;
mod table;

use std::pin::Pin;

use clap::Args as ClapArgs;
use integrator::core::Client;
use integrator::mock::Builder;
use integrator::{Provider, Retry};
use tokio::time::Instant;

use crate::{failure::Failure, providers};
use meter::{Meter, Numbers};
use progress::Console;
use scene::{Check, Scenario, Scene, Settings};

/// What is tried, provider by provider. One that is not here can be called, but has nothing in the demo.
const PARTS: &[&Part] = &[
    &anthropic::PART,
    &calendly::PART,
    &close::PART,
    &directus::PART,
    &openai::PART,
    &stripe::PART,
];

/// One provider's part of the demo.
struct Part {
    provider: &'static Provider,
    /// Plays its scenarios.
    play: for<'a> fn(&'a Settings, &'a mut Console) -> Running<'a, Outcome>,
    /// Only reads, from a server at this URL or at its own address.
    read: for<'a> fn(Option<&'a str>, &'a mut Console) -> Running<'a, ()>,
}

/// A part of the demo that is under way.
type Running<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + 'a>>;

/// Arguments of `demo`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Allows one attempt a call, so that the demo must fail: it proves that its expectations see a missing retry
    #[arg(long, conflicts_with = "live")]
    sabotage: bool,
    /// Runs for this provider alone
    #[arg(long, value_parser = providers::parse, conflicts_with = "live")]
    provider: Option<&'static Provider>,
    /// Only reads, from a real or compatible server; the key stands in the environment
    #[arg(long, value_name = "PROVIDER", value_parser = providers::parse)]
    live: Option<&'static Provider>,
    /// Where the live server is, if not at the provider's own address
    #[arg(long, value_name = "URL", requires = "live")]
    base_url: Option<String>,
}

/// What came of one provider's scenarios.
#[derive(Debug)]
struct Outcome {
    provider: &'static Provider,
    survived: Vec<&'static str>,
    numbers: Numbers,
    broken: Vec<Broken>,
    expectations: usize,
}

/// An expectation that did not hold.
#[derive(Debug)]
struct Broken {
    scenario: &'static str,
    check: Check,
}

/// Runs the demo.
///
/// # Errors
/// When an expectation does not hold, a mock cannot be started, or a live server does not answer.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let mut console = Console::new();
    if let Some(provider) = args.live {
        return (part(provider)?.read)(args.base_url.as_deref(), &mut console).await;
    }
    let settings = Settings {
        retry: if args.sabotage {
            Retry::never()
        } else {
            scene::quick_retry()
        },
    };
    if args.sabotage {
        console.line("sabotage: every call has one attempt")?;
    }
    let parts = match args.provider {
        Some(provider) => vec![part(provider)?],
        None => PARTS.to_vec(),
    };
    let mut outcomes = Vec::new();
    for part in parts {
        outcomes.push((part.play)(&settings, &mut console).await?);
    }
    console.line(format!("\n{}", table::of(&outcomes)))?;
    judge(&outcomes, &mut console)
}

/// The part of a provider.
fn part(provider: &Provider) -> Result<&'static Part, Failure> {
    let part = PARTS.iter().copied().find(|part| part.provider.name == provider.name);
    part.ok_or_else(|| {
        let known = providers::names(PARTS.iter().map(|part| part.provider));
        Failure::Usage(format!(
            "{} has no part in the demo; those that have are {known}",
            provider.title
        ))
    })
}

/// Plays all scenarios of one provider against this mock of it.
async fn play<C: From<Client>>(
    provider: &'static Provider,
    mock: Builder,
    scenarios: &[Scenario<C>],
    settings: &Settings,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mock = mock.start().await?;
    console.begin(provider.title, mock.url(), scenarios.len())?;
    let meter = Meter::default();
    let mut outcome = Outcome {
        provider,
        survived: Vec::new(),
        numbers: Numbers::default(),
        broken: Vec::new(),
        expectations: 0,
    };
    for scenario in scenarios {
        console.scenario(scenario.name);
        let started = Instant::now();
        let scene = Scene::new(provider, &mock, settings, &meter, console.ticker())?;
        // A scenario that cannot go on has noted why.
        let _ = (scenario.run)(&scene).await;
        let checks = scene.finish();
        meter.add_sent(mock.received().iter().map(|received| received.body_length).sum());
        mock.reset();

        outcome.expectations += checks.len();
        let broken: Vec<Check> = checks.into_iter().filter(|check| !check.holds()).collect();
        console.finished(scenario.name, started.elapsed(), &broken)?;
        if broken.is_empty() {
            outcome.survived.extend(scenario.survives);
        }
        let named = |check| Broken {
            scenario: scenario.name,
            check,
        };
        outcome.broken.extend(broken.into_iter().map(named));
    }
    outcome.numbers = meter.numbers();
    Ok(outcome)
}

/// Names what did not hold; also looks for secrets in all that was written.
fn judge(outcomes: &[Outcome], console: &mut Console) -> Result<(), Failure> {
    let mut expectations = 1;
    let mut failed = 0;
    for outcome in outcomes {
        expectations += outcome.expectations;
        failed += outcome.broken.len();
        for broken in &outcome.broken {
            console.line(format!(
                "broken: {}: {}: {}",
                outcome.provider.name, broken.scenario, broken.check
            ))?;
        }
    }
    if console.has_written(scene::CANARY) {
        failed += 1;
        console.line("broken: no secret is in the output: a key was written")?;
    }
    if failed > 0 {
        return Err(Failure::Expectations(failed, expectations));
    }
    console.line(format!("all {expectations} expectations held"))
}
