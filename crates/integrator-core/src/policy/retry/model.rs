//! The loop against a model that reads the table of what may be repeated as it is written down, under a paused clock.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use crate::pipeline::Stage;
use crate::policy::Retry;
use crate::testing::Scripted;
use crate::testing::acme::{self, CLASSES, PLAIN, RICH, thing};

const BASE: u64 = 50;
const THROTTLED_BASE: u64 = 500;
const CAP: u64 = 8_000;
const LONGEST_HINT: u64 = 120;

#[derive(Debug, Clone, Copy)]
enum Step {
    Succeeds,
    IsNotSent,
    IsReset,
    /// A status, what the provider says about a repeat, and for how many seconds it wants none.
    Answers(u16, Option<bool>, Option<u64>),
}

fn step() -> impl Strategy<Value = Step> {
    let status = prop::sample::select(vec![400, 404, 408, 409, 425, 429, 500, 501, 502, 503, 504, 505, 529]);
    let says = prop::option::weighted(0.3, any::<bool>());
    let wait = prop::option::weighted(0.3, 0_u64..150);
    prop_oneof![
        1 => Just(Step::Succeeds),
        2 => Just(Step::IsNotSent),
        2 => Just(Step::IsReset),
        6 => (status, says, wait).prop_map(|(status, says, wait)| Step::Answers(status, says, wait)),
    ]
}

impl Step {
    fn scripted(self) -> Scripted {
        match self {
            Self::Succeeds => thing(),
            Self::IsNotSent => Scripted::not_sent(),
            Self::IsReset => Scripted::reset(),
            Self::Answers(status, says, wait) => {
                let mut answer = Scripted::status(status);
                if let Some(says) = says {
                    answer = answer.header("acme-should-retry", &says.to_string());
                }
                if let Some(wait) = wait {
                    answer = answer.header("retry-after", &wait.to_string());
                }
                answer
            }
        }
    }

    /// Whether it may be repeated, for a provider without any facts and for the one with all of them.
    fn repeats(self, class: char, rich: bool) -> bool {
        let harmless = class != 'U';
        match self {
            Self::Succeeds => false,
            Self::IsNotSent => true,
            Self::IsReset => harmless,
            // Not named by anybody.
            Self::Answers(400 | 404, ..) => false,
            Self::Answers(_, Some(says), _) if rich => says,
            // The rich provider's rule for 409 names a code, which these answers lack.
            Self::Answers(408, ..) => rich && class == 'S',
            Self::Answers(409 | 425 | 501 | 505, ..) => false,
            Self::Answers(429, ..) => true,
            Self::Answers(503, ..) => harmless || rich,
            Self::Answers(..) => harmless,
        }
    }

    /// Seconds that the provider asks for, where they are read.
    fn hint(self) -> u64 {
        match self {
            Self::Answers(_, _, wait) => wait.unwrap_or_default(),
            _ => 0,
        }
    }

    fn ceiling(self, failed: u32) -> u64 {
        let base = match self {
            Self::Answers(429 | 503 | 529, ..) => THROTTLED_BASE,
            _ => BASE,
        };
        (base << (failed - 1)).min(CAP)
    }
}

/// How many attempts there are, and between which two times, in milliseconds, the call ends.
fn predicted(steps: &[Step], attempts: u32, class: char, rich: bool) -> (u32, u64, u64) {
    let (mut made, mut least, mut most) = (0, 0, 0);
    for step in steps {
        made += 1;
        if !step.repeats(class, rich) || made == attempts || step.hint() > LONGEST_HINT {
            break;
        }
        least += step.hint() * 1_000;
        most += (step.hint() * 1_000).max(step.ceiling(made));
    }
    (made, least, most)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_loop_is_what_the_table_says(
        steps in prop::collection::vec(step(), 8),
        attempts in 1_u32..8,
        class in 0_usize..CLASSES.len(),
        rich in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let provider = if rich { &RICH } else { &PLAIN };
            let (operation, class) = CLASSES[class];
            let (builder, transport) = acme::scripted(provider, steps.iter().map(|step| step.scripted()));
            // Whom a provider refuses twice is slowed down as well, by another stage.
            let client = builder
                .without(Stage::Limit)
                .deadline(Duration::from_secs(3_600))
                .retry(Retry::standard().max_attempts(attempts))
                .build()
                .unwrap();
            let begun = Instant::now();
            let outcome = acme::call(&client, operation).send().await;
            let took = u64::try_from(begun.elapsed().as_millis()).unwrap();
            let (made, least, most) = predicted(&steps, attempts, class, rich);
            prop_assert_eq!(transport.received().len(), made as usize);
            prop_assert_eq!(outcome.is_ok(), matches!(steps[made as usize - 1], Step::Succeeds));
            // Tokio's timers have the resolution of a millisecond, once a wait.
            prop_assert!((least..=most + 2 * u64::from(made)).contains(&took), "{least} <= {took} <= {most}");
            Ok(())
        })?;
    }
}
