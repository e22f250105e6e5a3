//! Freshness against a model in whole seconds: when a kept answer serves, stands in, or is no use.

use std::time::Duration;

use proptest::prelude::*;
use serde_json::json;
use tokio::time::advance;

use super::{Cache, Served};
use crate::testing::Scripted;
use crate::testing::acme::{PLAIN, RETRIEVE, call, scripted};
use crate::{RequestOptions, Retry};

#[derive(Debug, Clone, Copy)]
struct Case {
    /// What the provider says: for how long its answer is fresh, and how old it was when it came.
    max_age: Option<u64>,
    age: u64,
    no_store: bool,
    /// What the caller says.
    cache_for: Option<u64>,
    or_stale: Option<u64>,
    /// When it is asked again, and whether the provider is away then.
    later: u64,
    is_away: bool,
}

fn case() -> impl Strategy<Value = Case> {
    let seconds = || prop::option::of(0_u64..40);
    (
        seconds(),
        0_u64..20,
        prop::bool::weighted(0.2),
        seconds(),
        seconds(),
        0_u64..80,
        any::<bool>(),
    )
        .prop_map(|(max_age, age, no_store, cache_for, or_stale, later, is_away)| Case {
            max_age,
            age,
            no_store,
            cache_for,
            or_stale,
            later,
            is_away,
        })
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Kept,
    Stale,
    Asked,
    Failed,
}

fn predicted(case: Case) -> Outcome {
    let by_provider = match (case.no_store, case.max_age) {
        (false, Some(max_age)) => max_age.saturating_sub(case.age),
        _ => 0,
    };
    let is_kept = by_provider > 0 || case.cache_for.is_some() || case.or_stale.is_some();
    let until = by_provider.max(case.cache_for.unwrap_or_default());
    let until_stale = case.or_stale.map(|time| until + time);
    match case.is_away {
        _ if is_kept && case.later < until => Outcome::Kept,
        false => Outcome::Asked,
        true if is_kept && until_stale.is_some_and(|until| case.later < until) => Outcome::Stale,
        true => Outcome::Failed,
    }
}

fn first_answer(case: Case) -> Scripted {
    let answer = Scripted::json(&json!({"number": 1})).header("age", &case.age.to_string());
    let says = match (case.no_store, case.max_age) {
        (true, _) => "no-store".to_owned(),
        (false, Some(max_age)) => format!("max-age={max_age}"),
        (false, None) => return answer,
    };
    answer.header("cache-control", &says)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn an_answer_serves_exactly_as_long_as_the_model_says(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let second = if case.is_away { Scripted::status(503) } else { Scripted::json(&json!({"number": 2})) };
            let (builder, transport) = scripted(&PLAIN, [first_answer(case), second]);
            let client = builder.retry(Retry::never()).cache(Cache::memory(1_000_000)).build().unwrap();
            let options = || {
                let mut options = RequestOptions::new();
                if let Some(time) = case.cache_for {
                    options = options.cache_for(Duration::from_secs(time));
                }
                if let Some(time) = case.or_stale {
                    options = options.or_stale(Duration::from_secs(time));
                }
                options
            };
            call(&client, &RETRIEVE).with(options()).send().await.unwrap();
            advance(Duration::from_secs(case.later)).await;
            let outcome = match call(&client, &RETRIEVE).with(options()).send().await {
                Err(_) => Outcome::Failed,
                Ok(answer) => match answer.served() {
                    Served::Cache { .. } => Outcome::Kept,
                    Served::Stale { .. } => Outcome::Stale,
                    _ => Outcome::Asked,
                },
            };
            let asked = if outcome == Outcome::Kept { 1 } else { 2 };
            prop_assert_eq!(transport.received().len(), asked);
            prop_assert_eq!(outcome, predicted(case));
            Ok(())
        })?;
    }
}
