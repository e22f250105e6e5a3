//! Sends every operation of one provider to its mock and holds what arrived against the second reader.
//!
//! Which calls there are is said by the generated table; which arguments they get and what must arrive, by
//! `integrator_tests`.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::Write as _;

use integrator_core::wire::{Wire, decode};
use integrator_core::{Call, Upload, Value};
use integrator_mock::Mock;
use integrator_tests::arguments::Arguments;
use integrator_tests::document::{Document, Operation};
use integrator_tests::proof::{Received, prove};

/// One operation: its id, and how its generated setters take arguments.
pub(crate) type Row<C> = (&'static str, fn(&C, &Arguments) -> Result<Call<Value>, String>);

/// Sends everything that the table has, and fails unless it is everything that the document has.
pub(crate) async fn run<C>(provider: &str, mock: &Mock, client: &C, table: &[Row<C>]) -> Result<(), Box<dyn Error>> {
    let document = Document::load(provider)?;
    let calls: BTreeMap<&str, _> = table.iter().copied().collect();
    let proof = prove(
        provider,
        &document,
        async |operation: &Operation, arguments: &Arguments| {
            let build = calls
                .get(operation.id.as_str())
                .ok_or("the generated table has no such operation")?;
            let answer = build(client, arguments)?.send().await;
            let mut received = last(mock).ok_or_else(|| match &answer {
                Ok(_) => "answered, but nothing was received".to_owned(),
                Err(error) => format!("not sent: failed to {error}"),
            })?;
            if let Err(error) = answer {
                received
                    .violations
                    .push(format!("answered with an error: failed to {error}"));
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

/// The argument of this name as the type that its setter takes.
pub(crate) fn read<T: Wire>(arguments: &Arguments, name: &str) -> Result<Option<T>, String> {
    let Some(value) = arguments.value(name) else {
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
    Ok(arguments.upload(name)?.map(|file| Upload::bytes(file.name, file.bytes)))
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
    })
}
