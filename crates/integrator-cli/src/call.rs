//! `integrator call`: one operation by its name, arguments without types, the answer as it came.
//!
//! Arguments go through the same path as the setters of the generated clients; what they must be is for core to say.

use std::collections::BTreeMap;

use clap::Args as ClapArgs;
use integrator::core::Client;
use integrator::core::operation::Answer;
use integrator::{Call, Download, Operation, Provider, RequestOptions, Text, Upload, Value};

use crate::{failure::Failure, output, providers};

/// Arguments of `call`.
#[derive(Debug, ClapArgs)]
pub(crate) struct Args {
    /// Whom to call
    #[arg(value_parser = providers::parse)]
    provider: &'static Provider,
    /// Which operation: `customers.create`, or the provider's own id of it
    operation: String,
    /// Sets an argument by its name on the wire; what is no JSON is taken as text
    #[arg(long, value_name = "NAME=JSON")]
    set: Vec<String>,
    /// Sends a file as an argument
    #[arg(long, value_name = "NAME=PATH")]
    upload: Vec<String>,
    /// Goes on with an earlier call that was sent with this key
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Where to call instead of the provider's own address
    #[arg(long, value_name = "URL")]
    base_url: Option<String>,
}

/// Sends the call and prints the answer.
///
/// # Errors
/// When the operation does not exist, arguments cannot be read, the key is missing, or the call fails.
pub(crate) async fn run(args: &Args) -> Result<(), Failure> {
    let operation = providers::operation(args.provider, &args.operation)?;
    let mut problems = Vec::new();
    let values = values(operation, &args.set, &mut problems);
    let uploads = uploads(operation, &args.upload, &mut problems).await;
    if !problems.is_empty() {
        return Err(Failure::Usage(problems.join("\n  ")));
    }

    let mut builder = Client::builder(args.provider).from_env();
    if let Some(url) = &args.base_url {
        builder = builder.base_url(url);
    }
    let client = builder.build()?;
    let mut options = RequestOptions::new();
    if let Some(key) = &args.idempotency_key {
        options = options.idempotency_key(key);
    }
    let filled = Filled {
        client,
        operation,
        values,
        uploads,
        options,
    };
    match operation.answer {
        Answer::Bytes => {
            let mut download = filled.call::<Download>().send().await?.into_inner();
            while let Some(chunk) = download.chunk().await? {
                output::bytes(&chunk)?;
            }
            Ok(())
        }
        Answer::Text => output::line(filled.call::<Text>().send().await?.as_str()),
        Answer::None => filled.call::<Value>().send().await.map(drop).map_err(Failure::from),
        _ => output::line(format!("{:#}", *filled.call::<Value>().send().await?)),
    }
}

/// A call but for the type of its answer.
struct Filled<'a> {
    client: Client,
    operation: &'static Operation,
    values: Vec<(&'a str, Value)>,
    uploads: BTreeMap<u16, Vec<Upload>>,
    options: RequestOptions,
}

impl Filled<'_> {
    fn call<T>(self) -> Call<T> {
        let mut call = self.client.call(self.operation).with(self.options);
        for (name, value) in self.values {
            call = call.set(name, value);
        }
        for (index, uploads) in self.uploads {
            call = call.upload(index, uploads);
        }
        call
    }
}

/// Names and values of what is set.
fn values<'a>(operation: &Operation, given: &'a [String], problems: &mut Vec<String>) -> Vec<(&'a str, Value)> {
    let mut values = Vec::new();
    for text in given {
        match pair(text).and_then(|(name, value)| Ok((name, json(name, value)?))) {
            Ok((name, value)) => {
                note_unlisted(operation, name);
                values.push((name, value));
            }
            Err(problem) => problems.push(problem),
        }
    }
    values
}

/// Positions and files of what is uploaded.
async fn uploads(operation: &Operation, given: &[String], problems: &mut Vec<String>) -> BTreeMap<u16, Vec<Upload>> {
    let mut uploads: BTreeMap<u16, Vec<Upload>> = BTreeMap::new();
    for text in given {
        let found = pair(text).and_then(|(name, path)| {
            let index = operation.file(name).and_then(|index| u16::try_from(index).ok());
            let unknown = || format!("`{name}` is no argument of {}", operation.name);
            Ok((index.ok_or_else(unknown)?, path))
        });
        match found {
            Ok((index, path)) => match Upload::open(path).await {
                Ok(upload) => uploads.entry(index).or_default().push(upload),
                Err(error) => problems.push(error.to_string()),
            },
            Err(problem) => problems.push(problem),
        }
    }
    uploads
}

fn pair(text: &str) -> Result<(&str, &str), String> {
    let pair = text.split_once('=').filter(|(name, _)| !name.is_empty());
    pair.ok_or_else(|| format!("`{text}` is not of the form NAME=VALUE"))
}

/// What starts like JSON must be JSON; anything else that is none is text, so that words need no quotes.
fn json(name: &str, text: &str) -> Result<Value, String> {
    match text.parse() {
        Ok(value) => Ok(value),
        Err(error) if text.starts_with(['{', '[', '"']) => Err(format!("the value of `{name}` is not JSON: {error}")),
        Err(_) => Ok(Value::from(text)),
    }
}

/// Unlisted names are sent, since a document may be behind; a typing error should not go unseen.
fn note_unlisted(operation: &Operation, name: &str) {
    if operation.argument(name).is_none() {
        let known = operation.arguments.iter().map(|argument| argument.name);
        let nearest = providers::nearest(name, known).join(", ");
        eprintln!("note: {} does not list `{name}`; nearest are {nearest}", operation.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_need_no_quotes_and_broken_json_is_named() {
        assert_eq!(json("a", "ada@example.com"), Ok(Value::from("ada@example.com")));
        assert_eq!(json("a", "12"), Ok(Value::from(12)));
        assert_eq!(json("a", "\"12\""), Ok(Value::from("12")));
        assert!(json("a", "{\"b\": ").unwrap_err().contains("`a` is not JSON"));
        assert!(pair("novalue").is_err() && pair("=1").is_err());
        assert_eq!(pair("a=b=c"), Ok(("a", "b=c")));
    }
}
