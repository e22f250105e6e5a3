//! Sends every operation of one provider to its mock and holds what arrived against the second reader.
//!
//! Which calls there are is said by the generated table; which arguments they get and what must arrive, by
//! `integrator_tests`. The mock answers with everything that the contract allows, and with random parts of it; that is
//! read as the operation's type, and must say the same when it is written again.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Debug;
use std::io::Write as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use integrator_contract::{Contract, Example};
use integrator_core::wire::{Wire, Written, decode};
use integrator_core::{BoxFuture, Exchange, FromAnswer, Layer, Next, Provider, Reply, Sending, Upload, Uploads, Value};
use integrator_mock::Mock;
use integrator_tests::arguments::Arguments;
use integrator_tests::document::{Document, Operation};
use integrator_tests::perturb::Habit;
use integrator_tests::proof::{Received, prove};
use integrator_tests::words;

/// The proof of one provider, from its crate and a credential of its kind: two tests over the generated table.
macro_rules! proof {
    ($provider:ident, $credential:expr) => {
        #[test]
        fn every_operation_arrives_and_is_answered_as_the_document_says() -> Result<(), Box<dyn std::error::Error>> {
            run::in_little_room(async || {
                let mock = integrator_mock::Mock::start($provider::PROVIDER).await?;
                let heard = run::Heard::default();
                let client = $provider::Client::builder()
                    .per_call(heard.clone())
                    .credential($credential)
                    .base_url(mock.url())
                    .retry(integrator_core::Retry::never())
                    .build()?;
                run::run(
                    $provider::PROVIDER,
                    (&mock, &heard),
                    &client,
                    generated::OPERATIONS,
                )
                .await
            })
        }

        #[test]
        fn every_call_is_owned() {
            generated::owned();
        }
    };
}
pub(crate) use proof;

/// One operation: its id, and how its generated setters take arguments.
pub(crate) type Row<C> = (&'static str, fn(&C, &Arguments) -> Result<Sent, String>);

/// A call on its way; resolves to what was read where the answer is a document.
pub(crate) type Sent = Pin<Box<dyn Future<Output = Result<Option<Kept>, integrator_core::Error>>>>;

/// What a type keeps of an answer.
pub(crate) struct Kept {
    /// The answer, written again.
    written: Value,
    /// A member of a union was none that the union lists.
    has_unlisted: bool,
    /// Words that their enums do not list.
    words: Vec<String>,
}

/// Sends a call whose answer is a document.
pub(crate) fn answered<T: Wire + Debug + 'static>(sending: Sending<T>) -> Sent {
    Box::pin(async move {
        let answer = sending.await?;
        let shown = format!("{:?}", *answer);
        let kept = |written| Kept {
            written,
            has_unlisted: shown.contains("Unlisted(Raw("),
            words: words::unlisted(&shown),
        };
        Ok(serde_json::to_value(Written(&*answer)).ok().map(kept))
    })
}

/// Sends a call whose answer is a file or a text.
#[allow(dead_code, reason = "not every provider answers files")]
pub(crate) fn streamed<T: FromAnswer + 'static>(sending: Sending<T>) -> Sent {
    Box::pin(async move { sending.await.map(|_| None) })
}

/// A layer that keeps the last answer as it came.
#[derive(Debug, Clone, Default)]
pub(crate) struct Heard(Arc<Mutex<Option<Value>>>);

impl Layer for Heard {
    fn handle<'a>(
        &'a self,
        exchange: Exchange,
        next: Next<'a>,
    ) -> BoxFuture<'a, Result<Reply, integrator_core::Error>> {
        Box::pin(async move {
            let reply = next.run(exchange).await?;
            let document = reply.body_bytes().and_then(|body| serde_json::from_slice(body).ok());
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = document;
            Ok(reply)
        })
    }
}

impl Heard {
    fn take(&self) -> Option<Value> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Runs the proof on half of the stack that a worker of tokio has, in a debug build: no answer may need more.
pub(crate) fn in_little_room(
    proof: impl AsyncFnOnce() -> Result<(), Box<dyn Error>> + Send + 'static,
) -> Result<(), Box<dyn Error>> {
    let thread = std::thread::Builder::new().stack_size(1024 * 1024).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(proof()).map_err(|error| error.to_string())
    })?;
    let outcome = thread.join().map_err(|_| "the proof panicked")?;
    outcome.map_err(Into::into)
}

/// Sends everything that the table has, and fails unless it is everything that the document has.
pub(crate) async fn run<C>(
    provider: &'static Provider,
    (mock, heard): (&Mock, &Heard),
    client: &C,
    table: &[Row<C>],
) -> Result<(), Box<dyn Error>> {
    let document = Document::load(provider.name)?;
    let contract = Contract::load(provider.name)?;
    let listed = listed(contract);
    let turn = Cell::new(0);
    let calls: BTreeMap<&str, _> = table.iter().copied().collect();
    let proof = prove(
        provider.name,
        &document,
        async |operation: &Operation, arguments: &Arguments| {
            let build = calls
                .get(operation.id.as_str())
                .ok_or("the generated table has no such operation")?;
            let habit = habit(provider, turn.get());
            let elements = script(mock, provider, contract, &operation.id, (turn.get(), habit));
            let answer = build(client, arguments)?.await;
            let mut received = last(mock).ok_or_else(|| match &answer {
                Ok(_) => "answered, but nothing was received".to_owned(),
                Err(error) => format!("not sent: failed to {error}"),
            })?;
            let found = match (answer, elements.or(heard.take())) {
                (Err(error), _) => vec![format!("answered with an error: failed to {error}")],
                (Ok(Some(kept)), Some(sent)) => {
                    let mut found = habit.lost(&sent, &kept.written);
                    if kept.has_unlisted && habit == Habit::None {
                        found.push("a member of a union is none of those that it lists".to_owned());
                    }
                    let lost = kept.words.iter().filter(|word| listed.contains(*word));
                    found.extend(lost.map(|word| format!("the document lists `{word}`, and its type does not")));
                    found
                }
                (Ok(_), _) => Vec::new(),
            };
            // A request that contradicts the contract is not answered.
            if received.violations.is_empty() {
                turn.set(turn.get() + 1);
                received.answer = found
                    .into_iter()
                    .map(|found| format!("the answer ({habit:?}): {found}"))
                    .collect();
            }
            Ok(received)
        },
    )
    .await;
    // Past the capture of the test harness, so that a run that passes says how much it covered.
    writeln!(std::io::stderr(), "{}", proof.summary())?;
    proof.verdict()?;
    assert_eq!(
        calls.len(),
        document.operations().len(),
        "operations in the generated table and in the document"
    );
    Ok(())
}

/// Every word that an enum of some answer lists.
fn listed(contract: &Contract) -> BTreeSet<String> {
    let answers = contract
        .operations()
        .iter()
        .filter_map(|operation| operation.success().1);
    let named = |name: &str| Some(contract.schema(name)?.json());
    words::listed(answers.map(|(_, schema)| schema.json()), named)
}

/// The argument of this name as the type that its setter takes.
pub(crate) fn read<T: Wire>(arguments: &Arguments, name: &str) -> Result<Option<T>, String> {
    let Some(value) = arguments
        .value(name)
        .filter(|_| !matches!(arguments.upload(name), Ok(Some(_))))
    else {
        return Ok(None);
    };
    let text = value.to_string();
    decode(text.as_bytes())
        .map(Some)
        .map_err(|error| format!("{name} does not take its argument: failed to {error}"))
}

/// The file of this name.
#[allow(dead_code, reason = "not every provider takes files")]
pub(crate) fn upload(arguments: &Arguments, name: &str) -> Result<Option<Upload>, String> {
    // What is no file may be a value in its place, which has a setter of its own.
    let file = arguments.upload(name).unwrap_or_default();
    Ok(file.map(|file| Upload::bytes(file.name, file.bytes)))
}

/// The file of this name, or the files.
#[allow(dead_code, reason = "not every provider takes files")]
pub(crate) fn uploads(arguments: &Arguments, name: &str) -> Result<Option<Uploads>, String> {
    let files = arguments.uploads(name)?;
    let uploads: Vec<Upload> = files
        .into_iter()
        .map(|file| Upload::bytes(file.name, file.bytes))
        .collect();
    Ok((!uploads.is_empty()).then(|| uploads.into()))
}

/// Lets the mock answer with every member that the contract has, or with a random part of them; says what an answer
/// holds that is no JSON.
fn script(
    mock: &Mock,
    provider: &'static Provider,
    contract: &Contract,
    id: &str,
    (turn, habit): (u64, Habit),
) -> Option<Value> {
    let (operation, known) = (provider.operation(id)?, contract.operation(id)?);
    let (status, content) = known.success();
    let (media_type, schema) = content?;
    if media_type.contains("xml") {
        // An element with nothing in it is a text to a reader that knows no schema.
        let value = Example::seeded(turn).all().of(contract, schema);
        let body = format!("<?xml version=\"1.0\"?>\n{}\n", element("answer", &value));
        mock.on(operation)
            .answer_with(status, &[("content-type", media_type)], body);
        return Some(value);
    }
    if media_type.contains("json") {
        let example = Example::seeded(turn).unicode();
        let example = if turn.is_multiple_of(3) {
            example.all()
        } else {
            example.random()
        };
        let body = habit.put(&example.of(contract, schema), turn).to_string();
        mock.on(operation)
            .answer_with(status, &[("content-type", media_type)], body);
    }
    None
}

/// Each in its turn: there are as many as every operation has answers.
fn habit(provider: &Provider, turn: u64) -> Habit {
    let due = Habit::ALL[usize::try_from(turn).unwrap_or_default() % Habit::ALL.len()];
    match (provider.name, due) {
        // Where permissions decide what is shown, nothing need be there.
        ("directus", Habit::Lists) => Habit::Anything,
        ("anthropic" | "calendly" | "close" | "directus" | "openai" | "stripe", due) => due,
        // Of other providers it is not known what their servers do.
        _ => Habit::None,
    }
}

/// A value as a server may write it: spaces between elements, and text in a CDATA section.
fn element(name: &str, value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(|item| element(name, item)).collect(),
        Value::Object(members) => {
            let (attributes, members): (Vec<_>, Vec<_>) = members.iter().partition(|(name, _)| name.starts_with('@'));
            let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let attributes: String = attributes
                .iter()
                .map(|(name, value)| format!(" {}='{}'", &name[1..], text(value)))
                .collect();
            let members: String = members
                .iter()
                .map(|(name, value)| format!("\n  {}", element(name, value)))
                .collect();
            format!("<{name}{attributes}>{members}\n</{name}>")
        }
        Value::String(text) => format!("<{name}><![CDATA[{text}]]></{name}>"),
        scalar => format!("<{name}>{scalar}</{name}>"),
    }
}

/// The request that arrived since the last call of this.
fn last(mock: &Mock) -> Option<Received> {
    let received = mock.received().pop();
    mock.reset();
    let received = received?;
    let mut violations: Vec<String> = received.violations.iter().map(ToString::to_string).collect();
    if received.body.len() as u64 != received.body_length {
        violations.push(format!(
            "a body of {} bytes, of which the mock kept the beginning",
            received.body_length
        ));
    }
    Some(Received {
        method: received.method,
        target: received.target,
        headers: received.headers,
        body: received.body.to_vec(),
        violations,
        answer: Vec::new(),
    })
}
