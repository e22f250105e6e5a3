//! Everything that a mock can do to a call, over real sockets: what came of it, in how many attempts, whether it may have
//! been done, and when it was over. The same table as `repeat.rs` has, from the other end: there the failures are
//! scripted where the transport is, here they happen.
//!
//! Which calls there are is `chaos/calls.rs`; what happens to them, `chaos/faults.rs`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use integrator_core::{Attempt, Client, ClientBuilder, Credential, Error, Provider, Retry};
use integrator_mock::Mock;
use tokio::task::JoinSet;
use tokio::time::Instant;

use calls::{CALLS, Class, Script};
use faults::{FAULTS, Happening};

mod calls;
mod faults;

/// How long an attempt waits for the next sign of life: long for a machine that has much else to do.
const SILENCE: Duration = Duration::from_secs(3);
/// What a call may take beyond the waits that it was asked for.
const WITHIN: Duration = Duration::from_secs(10);
/// Ends a call that nothing else ends; none must need it.
const DEADLINE: Duration = Duration::from_secs(20);
/// Largest answer in bytes.
const LARGEST: u64 = 256 * 1024;

/// A call, and a mock that nobody else uses.
struct Contender {
    script: &'static Script,
    mock: Mock,
}

impl Contender {
    async fn start(script: &'static Script) -> Self {
        let mock = Mock::builder(script.provider).start().await;
        let mock = mock.expect("loopback has a free port");
        Self { script, mock }
    }

    /// A client that has met nothing yet.
    fn client(&self) -> Client {
        client(self.script.provider, self.mock.url())
    }

    /// Lets it happen to the call, and says what came of it.
    async fn meet(&self, happening: &Happening, client: Client) -> Option<String> {
        if happening.of_streams && self.script.class != Class::Stream {
            return None;
        }
        (happening.set)(&self.mock, self.script);
        if happening.refused {
            self.mock.refuse().await;
        }
        let started = Instant::now();
        let outcome = (self.script.send)(client).await;
        let took = started.elapsed();
        self.mock.accept().await;
        self.mock.reset();
        let (text, attempts) = told(&outcome);
        let name = format!("{} of {}: {text}", happening.name, self.script.provider.name);
        assert!(took < happening.waits + WITHIN, "{name}: took {took:?}");
        let waited: Duration = attempts.iter().map(Attempt::wait).sum();
        let obeyed = attempts.len() < 2 || waited >= happening.waits;
        assert!(obeyed, "{name}: waited {waited:?}");
        Some(text)
    }
}

fn client(provider: &'static Provider, url: &str) -> Client {
    let retry = Retry::standard().backoff(Duration::from_millis(1));
    ClientBuilder::<Client>::new(provider)
        .base_url(url)
        .credential(Credential::from_scheme(provider.scheme, "key"))
        .retry(retry.throttled_backoff(Duration::from_millis(1)))
        .first_byte_timeout(SILENCE)
        .idle_timeout(SILENCE)
        .deadline(DEADLINE)
        .max_answer(LARGEST)
        .seed(7)
        .build()
        .expect("the settings agree")
}

/// `ok 2`, or `no_answer 1 sent`: the kind of failure, how many attempts, and whether it may have been done.
fn told(outcome: &Result<Vec<Attempt>, Error>) -> (String, Vec<Attempt>) {
    match outcome {
        Ok(attempts) => (format!("ok {}", attempts.len()), attempts.clone()),
        Err(error) => {
            let sent = if error.may_have_been_sent() { " sent" } else { "" };
            let attempts = error.attempts().to_vec();
            (format!("{} {}{sent}", error.kind().as_str(), attempts.len()), attempts)
        }
    }
}

/// What most of a class's calls met, then those that met something else.
fn cell(met: &[(&'static str, String)]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, text) in met {
        *counts.entry(text).or_default() += 1;
    }
    let Some(most) = counts.iter().max_by_key(|(_, count)| **count).map(|(text, _)| *text) else {
        return String::new();
    };
    let others = met.iter().filter(|(_, text)| text != most);
    others.fold(most.to_owned(), |cell, (provider, text)| {
        format!("{cell}; {provider}: {text}")
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_table() {
    let mut contenders = Vec::new();
    for script in CALLS {
        contenders.push(Contender::start(script).await);
    }
    let contenders = Arc::new(contenders);
    let mut rows = vec![header()];
    for happening in FAULTS {
        let mut running = JoinSet::new();
        // Built beforehand, since that takes long and no call should wait for it.
        let clients: Vec<Client> = contenders.iter().map(Contender::client).collect();
        for (at, client) in clients.into_iter().enumerate() {
            let contenders = contenders.clone();
            running.spawn(async move { (at, contenders[at].meet(happening, client).await) });
        }
        let mut met = running.join_all().await;
        met.sort_unstable();
        let mut row = vec![happening.name.to_owned(), happening.asked_for()];
        for class in Class::ALL {
            let of_class = met.iter().filter_map(|(at, text)| {
                let script = contenders[*at].script;
                let text = text.clone().filter(|_| script.class == class)?;
                Some((script.provider.name, text))
            });
            row.push(cell(&of_class.collect::<Vec<_>>()));
        }
        rows.push(row);
    }
    insta::assert_snapshot!(aligned(&rows));
}

fn header() -> Vec<String> {
    let mut header = vec!["what happened".to_owned(), "waits".to_owned()];
    header.extend(Class::ALL.map(|class| format!("{class:?}").to_lowercase()));
    header
}

fn aligned(rows: &[Vec<String>]) -> String {
    let columns = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            let _ = write!(line, "{cell:width$}  ");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
