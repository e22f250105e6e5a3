//! [`Batch`]: calls that are answered together, within a day and at half the price.
//!
//! The calls go as lines of a file, and their results come as lines of two: one of answers, one of errors. What all
//! batches have in common is `integrator_core::batch`.

use integrator_core::batch::{Batch, Batched, Ended, Outcome, Results, SentBatch, Service, each_line, index};
use integrator_core::pipeline::Prepared;
use integrator_core::{BoxFuture, Call, Download, Error, Operation, Raw, RequestOptions, Upload, Value, decode, json};

use crate::{Client, PROVIDER, op, types};

/// What the addresses of operations begin with inside of a batch, whatever the client's base URL is.
const VERSION: &str = "/v1";

/// Batches of OpenAI's.
struct Files;

/// Answers, and the operations that they come from.
macro_rules! batched {
    ($($answer:ident = $($operation:path),+;)*) => {
        $(
            impl Batched for types::$answer {
                type Client = Client;
                const OPERATIONS: &'static [&'static Operation] = &[$(&$operation),+];
                const SERVICE: &'static dyn Service = &Files;
            }
        )*
    };
}

batched! {
    CreateChatCompletionResponse = op::chat::completions::CREATE;
    CreateCompletionResponse = op::completions::CREATE;
    CreateEmbeddingResponse = op::embeddings::CREATE;
    CreateModerationResponse = op::moderations::CREATE;
    ImagesResponse = op::images::GENERATE, op::images::EDIT;
    ResponseObject = op::responses::CREATE;
    VideoResource = op::videos::CREATE;
}

impl Client {
    /// Calls of one operation to be answered together: up to 50,000, within a day, at half the price.
    ///
    /// Responses, chats, completions, embeddings, moderations, images and videos can be in a batch. Files that they take
    /// are named by their ids or URLs: an upload cannot be in one, nor can a feature in beta.
    ///
    /// The files with the calls and the results stay until they are deleted or expire.
    ///
    /// ```no_run
    /// # use integrator_openai::{Client, Error};
    /// # async fn run(openai: Client) -> Result<(), Error> {
    /// let ask = |text: &str| openai.responses().create().model("gpt-5").input(text);
    /// let batch = openai.batch([ask("one"), ask("two")]).send().await?;
    /// println!("{} can be waited for elsewhere", batch.id());
    /// for answer in batch.answers().await? {
    ///     println!("{:?}", answer?.output);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn batch<T: Batched<Client = Self>>(&self, calls: impl IntoIterator<Item = impl Into<Call<T>>>) -> Batch<T> {
        Batch::new(self.core(), calls)
    }

    /// A batch that was sent earlier, maybe by another process.
    pub fn sent_batch<T: Batched<Client = Self>>(&self, id: impl Into<String>) -> SentBatch<T> {
        SentBatch::new(self.core(), id)
    }
}

impl Service for Files {
    fn most(&self) -> usize {
        50_000
    }

    fn line(&self, id: &str, call: &Prepared, body: &str) -> Result<String, String> {
        if let Some(header) = PROVIDER.beta_header.filter(|name| call.headers().contains_key(*name)) {
            return Err(format!("`{header}` has no place in it, so leave features in beta out"));
        }
        let (method, path) = (call.method(), call.operation().path);
        Ok(format!(
            r#"{{"custom_id":"{id}","method":"{method}","url":"{VERSION}{path}","body":{body}}}"#
        ))
    }

    fn create<'a>(
        &'a self,
        client: &'a integrator_core::Client,
        operation: &'static Operation,
        lines: String,
        options: RequestOptions,
    ) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            let files = Client::from(client.clone()).files();
            let upload = files
                .create()
                .purpose("batch")
                .file(Upload::bytes("batch.jsonl", lines));
            let file = upload.send().await?.into_inner().id;
            let create = client.call::<types::Batch>(&op::batches::CREATE).body(json!({
                "input_file_id": file, "endpoint": format!("{VERSION}{}", operation.path), "completion_window": "24h",
            }));
            let created = create.with(options).send().await;
            if created.as_ref().is_err_and(is_surely_refused) {
                // Nobody refers to the file, and a failure to delete it must not hide the one that matters.
                let _ = files.delete(&file).send().await;
            }
            Ok(created?.into_inner().id)
        })
    }

    fn ended<'a>(
        &'a self,
        client: &'a integrator_core::Client,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Ended>, Error>> {
        Box::pin(async move {
            let state = about::<Value>(client, &op::batches::RETRIEVE, id)
                .send()
                .await?
                .into_inner();
            let rest = match state["status"].as_str() {
                Some("completed") => None,
                Some("expired") => Some(Outcome::Expired),
                Some("cancelled") => Some(Outcome::Canceled),
                Some("failed") => Some(refused(&state["errors"]["data"][0])),
                _ => return Ok(None),
            };
            let count = state["request_counts"]["total"].as_u64().unwrap_or_default();
            Ok(Some(Ended {
                count: usize::try_from(count).unwrap_or_default(),
                rest,
                state,
            }))
        })
    }

    fn results<'a>(
        &'a self,
        client: &'a integrator_core::Client,
        _: &'a str,
        ended: &'a Ended,
        into: &'a mut dyn Results,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            for error in ended.state["errors"]["data"].as_array().into_iter().flatten() {
                // Lines are counted from one on.
                let line = error["line"].as_u64().and_then(|line| line.checked_sub(1));
                if let Some(index) = line.and_then(|line| usize::try_from(line).ok()) {
                    into.put(&integrator_core::batch::id(index), refused(error));
                }
            }
            for file in ["output_file_id", "error_file_id"] {
                let Some(id) = ended.state[file].as_str().filter(|id| !id.is_empty()) else {
                    continue;
                };
                let content = client.call::<Download>(&op::files::CONTENT).set("file_id", id);
                let content = content.send().await?.into_inner();
                each_line::<Line>(content, |line| match line {
                    Ok(line) if index(&line.custom_id).is_some() => {
                        let id = line.custom_id.clone();
                        match line.outcome() {
                            Some(outcome) => into.put(&id, outcome),
                            None => into.unreadable("neither a response nor an error"),
                        }
                    }
                    Ok(line) => into.unreadable(&format!("`{}` is the id of no call", line.custom_id)),
                    Err(error) => into.unreadable(&error.to_string()),
                })
                .await?;
            }
            Ok(())
        })
    }

    fn cancel<'a>(&'a self, client: &'a integrator_core::Client, id: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { about::<Value>(client, &op::batches::CANCEL, id).send().await.map(drop) })
    }
}

/// No batch was created: a failure behind the provider's front, or a lost answer, does not say that.
fn is_surely_refused(error: &Error) -> bool {
    let refused = |status: u16| (400..500).contains(&status) && status != 408;
    !error.may_have_been_sent() || error.status().is_some_and(|status| refused(status.as_u16()))
}

fn about<A>(client: &integrator_core::Client, operation: &'static Operation, id: &str) -> Call<A> {
    client.call(operation).set("batch_id", id)
}

/// A call that did not pass the check of the file, or was in a file with another one that did not.
fn refused(error: &Value) -> Outcome {
    Outcome::Refused {
        status: 400,
        request_id: None,
        body: json!({ "error": error }).into(),
    }
}

integrator_core::object! {
    /// A line of the results.
    pub struct Line {
        0 custom_id: String = "custom_id",
        1 response: Option<Answer> = "response",
        2 error: Option<Raw> = "error",
    }
}

integrator_core::object! {
    /// What the operation answered.
    pub struct Answer {
        0 status_code: i64 = "status_code",
        1 request_id: Option<String> = "request_id",
        2 body: Raw = "body",
    }
}

integrator_core::object! {
    /// Why an operation was not asked, or did not answer.
    pub struct Failure {
        0 code: Option<String> = "code",
        1 message: Option<String> = "message",
    }
}

impl Line {
    fn outcome(self) -> Option<Outcome> {
        if let Some(answer) = self.response {
            let status = u16::try_from(answer.status_code).unwrap_or(500);
            return Some(match status {
                200..300 => Outcome::Answered(answer.body),
                status => Outcome::Refused {
                    status,
                    request_id: answer.request_id,
                    body: answer.body,
                },
            });
        }
        let error = self.error?;
        let code = decode::<Failure>(error.get().as_bytes())
            .ok()
            .and_then(|failure| failure.code);
        Some(match code.as_deref() {
            Some("batch_expired") => Outcome::Expired,
            Some("batch_cancelled") => Outcome::Canceled,
            _ => Outcome::Failed(json!({ "error": error.to_value() }).into()),
        })
    }
}
