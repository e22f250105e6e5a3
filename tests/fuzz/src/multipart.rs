//! Multipart bodies: what core writes, the contract's reader reads, however it is cut.

use std::collections::BTreeMap;

use integrator_contract::multipart::{Part, Reader};
use integrator_core::operation::{Argument, Body, Method, Operation, Place};
use integrator_core::provider::Provider;
use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Call, Client, Credential, Upload, Value};

use super::answer::runtime;
use super::cut::{pieces, seed};

static PROVIDER: Provider = Provider {
    name: "multipart",
    base_url: Some("https://multipart.test"),
    ..Provider::DEFAULT
};

static FILES: &[Argument] = &[Argument {
    name: "file",
    place: Place::File,
    required: false,
}];

static SEND: Operation = Operation {
    id: "send",
    name: "send",
    method: Method::Post,
    body: Body::Multipart,
    arguments: FILES,
    ..Operation::DEFAULT
};

/// Reads `input` as a body; and takes it as lines `name=value` and `=filename` with the rest as the file's content, which
/// are written and read.
///
/// # Panics
/// When what is read hangs on the cuts, or is not what was written.
pub fn check(input: &[u8]) {
    let by_hand = "multipart/form-data; boundary=b";
    let whole = read(by_hand, &[input]);
    let cut = read(by_hand, &pieces(input, seed(input)));
    match (&whole, &cut) {
        (Ok(whole), Ok(cut)) => assert_eq!(whole, cut),
        // Which mistake is met first may hang on the cuts, whether there is one may not.
        (whole, cut) => assert_eq!(whole.is_err(), cut.is_err(), "{whole:?} {cut:?}"),
    }
    written(input);
}

fn written(input: &[u8]) {
    let mut fields = BTreeMap::new();
    let mut file = None;
    let mut rest = input;
    while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
        let line = String::from_utf8_lossy(&rest[..end]).into_owned();
        rest = &rest[end + 1..];
        match line.split_once('=') {
            Some(("", name)) if is_plain(name) => {
                file = Some((name.to_owned(), rest.to_vec()));
                break;
            }
            Some((name, value)) if is_plain(name) && name != "file" && !name.is_empty() => {
                fields.insert(name.to_owned(), value.to_owned());
            }
            _ => return,
        }
    }
    let transport = ScriptedTransport::new([Scripted::json(&Value::Null)]);
    let builder = Client::builder(&PROVIDER).credential(Credential::none());
    let client = builder
        .transport(transport.clone())
        .build()
        .expect("nothing is missing");
    let mut call: Call<Value> = client.call(&SEND);
    for (name, value) in &fields {
        call = call.set(name, value.as_str());
    }
    if let Some((name, content)) = &file {
        call = call.upload(0, Upload::bytes(name, content.clone()));
    }
    runtime()
        .block_on(async { call.send().await })
        .expect("the script answers");
    let received = transport.received();
    let request = received.first().expect("it was sent");
    let media_type = request.headers["content-type"].to_str().expect("it is ASCII");
    let parts = read(media_type, &pieces(&request.body, seed(input))).expect("what is written can be read");
    let mut found = BTreeMap::new();
    for part in &parts {
        match &part.filename {
            Some(filename) => {
                let (name, content) = file.as_ref().expect("a file was given");
                assert_eq!((part.name.as_str(), filename), ("file", name));
                assert_eq!(part.length, content.len() as u64);
                assert!(content.starts_with(&part.head));
            }
            None => {
                found.insert(part.name.clone(), part.text().unwrap_or_default().to_owned());
            }
        }
    }
    assert_eq!(parts.len(), fields.len() + usize::from(file.is_some()));
    assert_eq!(found, fields);
}

/// What browsers escape can be read back; what they leave as it is (`%22` as text, `\`) cannot be told apart.
fn is_plain(name: &str) -> bool {
    !name.contains(['%', '\\', '[', ']'])
}

fn read(media_type: &str, pieces: &[&[u8]]) -> Result<Vec<Part>, String> {
    let mut reader = Reader::from_content_type(media_type).ok_or("no boundary")?;
    pieces.iter().for_each(|piece| reader.push(piece));
    reader.finish().map_err(|error| error.to_string())
}
