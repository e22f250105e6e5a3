//! `integrator demo`: the main job. Mocks misbehave, the generated clients go on, and every expectation is judged.
//!
//! What is tried stands in tables, one a provider (`demo/calendly.rs`, `demo/stripe.rs`); this file runs them in order
//! and decides about the end. How much it took is counted by `demo/meter.rs` and shown by `demo/table.rs`.

mod calendly;
mod file;
mod live;
mod memory;
mod meter;
mod progress;
mod scene;
mod stripe;
mod table;

use clap::Args as ClapArgs;
use integrator::core::Client;
use integrator::mock::Mock;
use integrator::{Provider, Retry};
use tokio::time::Instant;

use crate::{failure::Failure, providers};
use meter::{Meter, Numbers};
use progress::Console;
use scene::{Check, Scenario, Scene, Settings};

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
        return live::run(provider, args.base_url.as_deref(), &mut console).await;
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
    let wanted = |provider: &Provider| args.provider.is_none_or(|only| only.name == provider.name);
    let mut outcomes = Vec::new();
    if wanted(integrator::calendly::PROVIDER) {
        let provider = integrator::calendly::PROVIDER;
        outcomes.push(play(provider, calendly::SCENARIOS, &settings, &mut console).await?);
    }
    if wanted(integrator::stripe::PROVIDER) {
        let provider = integrator::stripe::PROVIDER;
        outcomes.push(play(provider, stripe::SCENARIOS, &settings, &mut console).await?);
    }
    console.line(format!("\n{}", table::of(&outcomes)))?;
    judge(&outcomes, &mut console)
}

/// Plays all scenarios of one provider.
async fn play<C: From<Client>>(
    provider: &'static Provider,
    scenarios: &[Scenario<C>],
    settings: &Settings,
    console: &mut Console,
) -> Result<Outcome, Failure> {
    let mock = Mock::start(provider).await?;
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
