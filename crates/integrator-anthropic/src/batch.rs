//! [`Batch`]: calls that are answered together, within a day and at half the price.
//!
//! What all batches have in common is `integrator_core::batch`.

use std::fmt;
use std::marker::PhantomData;

use integrator_core::batch::{self, Cadence, Outcome};
use integrator_core::{Call, Error, Operation, Raw, RequestOptions, Value, Wire, decode, json};

use crate::{Client, PROVIDER, op, types};

/// Answers that can come in a batch: those of `messages().create()` and of its twin in beta.
pub trait Batched: Wire + 'static {
    #[doc(hidden)]
    const ASK: &'static Operation;
    #[doc(hidden)]
    const CREATE: &'static Operation;
    #[doc(hidden)]
    const RETRIEVE: &'static Operation;
    #[doc(hidden)]
    const RESULTS: &'static Operation;
}

impl Batched for types::Message {
    const ASK: &'static Operation = &op::messages::CREATE;
    const CREATE: &'static Operation = &op::messages::batches::CREATE;
    const RETRIEVE: &'static Operation = &op::messages::batches::RETRIEVE;
    const RESULTS: &'static Operation = &op::messages::batches::RESULTS;
}

impl Batched for types::BetaMessage {
    const ASK: &'static Operation = &op::beta::messages::CREATE;
    const CREATE: &'static Operation = &op::beta::messages::batches::CREATE;
    const RETRIEVE: &'static Operation = &op::beta::messages::batches::RETRIEVE;
    const RESULTS: &'static Operation = &op::beta::messages::batches::RESULTS;
}

impl Client {
    /// Calls to be answered together: up to 100,000, within a day, at half the price.
    ///
    /// ```no_run
    /// # use integrator_anthropic::{Client, Error, types::InputMessage};
    /// # async fn run(anthropic: Client) -> Result<(), Error> {
    /// let ask = |text: &str| {
    ///     let said = [InputMessage::new(text, "user")];
    ///     anthropic.messages().create().model("claude-sonnet-4-5").max_tokens(64).messages(said)
    /// };
    /// let batch = anthropic.batch([ask("one"), ask("two")]).send().await?;
    /// println!("{} can be waited for elsewhere", batch.id());
    /// for answer in batch.answers().await? {
    ///     println!("{:?}", answer?.content);
    /// }
    /// # Ok(()) }
    /// ```
    pub fn batch<T: Batched>(&self, calls: impl IntoIterator<Item = impl Into<Call<T>>>) -> Batch<T> {
        Batch {
            client: self.clone(),
            calls: calls.into_iter().map(Into::into).collect(),
        }
    }

    /// A batch that was sent earlier, maybe by another process.
    pub fn sent_batch<T: Batched>(&self, id: impl Into<String>) -> SentBatch<T> {
        SentBatch {
            client: self.clone(),
            id: id.into(),
            cadence: Cadence::default(),
            answer: PhantomData,
        }
    }
}

/// Calls that are not sent yet.
#[must_use = "nothing is sent before `send()`"]
pub struct Batch<T> {
    client: Client,
    calls: Vec<Call<T>>,
}

impl<T: Batched> Batch<T> {
    /// Sends them in one request. Features in beta that one call opts in to are on for all of them.
    ///
    /// # Errors
    /// When a call is not complete, and what creating the batch fails with. Creating one is not repeated once it may
    /// have been done.
    pub async fn send(self) -> Result<SentBatch<T>, Error> {
        let mut requests = Vec::new();
        let mut options = RequestOptions::new();
        for (index, call) in self.calls.iter().enumerate() {
            let prepared = call.prepare()?;
            let beta = PROVIDER
                .beta_header
                .and_then(|name| prepared.headers().get(name)?.to_str().ok());
            for name in beta.into_iter().flat_map(|names| names.split(',')) {
                options = options.beta(name);
            }
            let params: Value = decode(prepared.body().unwrap_or(b"{}")).unwrap_or_default();
            requests.push(json!({"custom_id": batch::id(index), "params": params}));
        }
        let create = self.client.core().call::<State>(T::CREATE).set("requests", requests);
        let created = create.with(options).send().await?;
        Ok(self.client.sent_batch(&created.id))
    }
}

/// A batch that is being worked on, or has ended.
pub struct SentBatch<T> {
    client: Client,
    id: String,
    cadence: Cadence,
    answer: PhantomData<fn() -> T>,
}

impl<T: Batched> SentBatch<T> {
    /// The provider's id of the batch, to take it up again with [`Client::sent_batch`].
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Asks for the end in another rhythm.
    #[must_use]
    pub fn cadence(mut self, cadence: Cadence) -> Self {
        self.cadence = cadence;
        self
    }

    /// Waits for the end; the answers in the order of the calls.
    ///
    /// # Errors
    /// When the batch cannot be asked for or does not end. What went wrong with a single call stands in its place.
    ///
    /// # Cancel safety
    /// The batch goes on without it; it can be called again.
    pub async fn answers(&self) -> Result<Vec<Result<T, Error>>, Error> {
        let ended = self.cadence.wait(|| async {
            let state = self.call::<State>(T::RETRIEVE).send().await?.into_inner();
            Ok((state.processing_status == "ended").then_some(state))
        });
        let count = ended.await?.request_counts.total();
        let mut lines = self.call::<Value>(T::RESULTS).stream::<Line>().await?;
        let mut outcomes = Vec::new();
        while let Some(line) = lines.next().await {
            let line = line?;
            outcomes.push((line.custom_id, line.result.outcome()));
        }
        Ok(batch::answers(PROVIDER, T::ASK, count, outcomes))
    }

    fn call<A>(&self, operation: &'static Operation) -> Call<A> {
        self.client.core().call(operation).set("message_batch_id", &*self.id)
    }
}

impl<T> fmt::Debug for Batch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("calls", &self.calls.len())
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SentBatch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SentBatch")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

integrator_core::object! {
    /// How far a batch is: the same for both kinds.
    pub struct State {
        0 id: String = "id",
        1 processing_status: String = "processing_status",
        2 request_counts: Counts = "request_counts",
    }
}

integrator_core::object! {
    pub struct Counts {
        0 canceled: i64 = "canceled",
        1 errored: i64 = "errored",
        2 expired: i64 = "expired",
        3 processing: i64 = "processing",
        4 succeeded: i64 = "succeeded",
    }
}

integrator_core::object! {
    pub struct Line {
        0 custom_id: String = "custom_id",
        1 result: Ended = "result",
    }
}

integrator_core::object! {
    pub struct Ended {
        0 kind: String = "type",
        1 message: Option<Raw> = "message",
        2 error: Option<Raw> = "error",
    }
}

impl Counts {
    fn total(&self) -> usize {
        let total = self.canceled + self.errored + self.expired + self.processing + self.succeeded;
        usize::try_from(total).unwrap_or_default()
    }
}

impl Ended {
    fn outcome(self) -> Outcome {
        match (&*self.kind, self.message, self.error) {
            (_, Some(message), _) => Outcome::Answered(message),
            (_, _, Some(error)) => Outcome::Failed(error),
            ("canceled", ..) => Outcome::Canceled,
            _ => Outcome::Expired,
        }
    }
}

#[cfg(test)]
mod tests {
    use integrator_core::testing::{Scripted, ScriptedTransport};
    use integrator_core::{Credential, ErrorKind};
    use tokio::time::{Duration, Instant};

    use super::*;
    use crate::types::{InputMessage, Message};

    fn batch(status: &str) -> Scripted {
        let counts = json!({"canceled": 1, "errored": 1, "expired": 1, "processing": 0, "succeeded": 2});
        Scripted::json(&json!({"id": "msgbatch_1", "processing_status": status, "request_counts": counts}))
    }

    fn line(index: usize, result: &Value) -> String {
        format!("{}\n", json!({"custom_id": format!("call-{index}"), "result": result}))
    }

    fn message(text: &str) -> Value {
        json!({
            "id": format!("msg_{text}"), "type": "message", "role": "assistant", "model": "claude-sonnet-4-5",
            "content": [{"type": "text", "text": text, "citations": null}],
            "usage": {"input_tokens": 1, "output_tokens": 1},
        })
    }

    fn ask(client: &Client, text: &str) -> Call<Message> {
        let said = [InputMessage::new(text, "user")];
        let call = client.messages().create().model("claude-sonnet-4-5").max_tokens(64);
        call.messages(said)
            .with(RequestOptions::new().beta(format!("beta-{text}")))
            .call()
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_is_waited_for_and_answered_in_the_order_of_its_calls() {
        let failed = json!({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}});
        let lines = [
            line(4, &json!({"type": "expired"})),
            line(1, &json!({"type": "succeeded", "message": message("b")})),
            line(2, &json!({"type": "errored", "error": failed})),
            line(0, &json!({"type": "succeeded", "message": message("a")})),
            line(3, &json!({"type": "canceled"})),
        ];
        let transport = ScriptedTransport::new([
            batch("in_progress"),
            batch("in_progress"),
            batch("in_progress"),
            batch("ended"),
            Scripted::status(200)
                .header("content-type", "application/x-jsonl")
                .chunk(lines.concat()),
        ]);
        let client: Client = Client::builder()
            .credential(Credential::header("x-api-key", "key"))
            .transport(transport.clone())
            .build()
            .unwrap();
        let start = Instant::now();
        let calls = ["a", "b", "c", "d", "e"].map(|text| ask(&client, text));
        let sent = client.batch(calls).send().await.unwrap();
        assert_eq!(sent.id(), "msgbatch_1");
        let answers = sent.answers().await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(5 + 10));

        let ids: Vec<&str> = answers.iter().flatten().map(|message| &*message.id).collect();
        assert_eq!(ids, ["msg_a", "msg_b"]);
        let errors: Vec<&Error> = answers.iter().filter_map(|answer| answer.as_ref().err()).collect();
        assert_eq!(errors[0].code(), Some("overloaded_error"));
        assert_eq!(errors[0].message(), Some("busy"));
        assert!(errors[1].to_string().contains("canceled"), "{}", errors[1]);
        assert_eq!(errors[2].kind(), ErrorKind::Deadline);
        assert!(!errors[2].may_have_been_sent());

        let received = transport.received();
        let created: Value = serde_json_body(&received[0].body);
        assert_eq!(created["requests"][2]["custom_id"], "call-2");
        assert_eq!(created["requests"][2]["params"]["messages"][0]["content"], "c");
        let betas = received[0].headers.get("anthropic-beta").unwrap();
        assert_eq!(betas, "beta-a,beta-b,beta-c,beta-d,beta-e");
    }

    fn serde_json_body(body: &[u8]) -> Value {
        decode(body).unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_without_a_result_may_have_been_done() {
        let transport = ScriptedTransport::new([
            batch("ended"),
            Scripted::status(200).header("content-type", "application/x-jsonl"),
        ]);
        let builder = Client::builder().credential(Credential::header("x-api-key", "key"));
        let client: Client = builder.transport(transport).build().unwrap();
        let answers = client.sent_batch::<Message>("msgbatch_1").answers().await.unwrap();
        assert_eq!(answers.len(), 5);
        assert!(
            answers
                .iter()
                .all(|answer| answer.as_ref().unwrap_err().may_have_been_sent())
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_does_not_end_is_given_up_in_time() {
        let transport = ScriptedTransport::new(std::iter::repeat_with(|| batch("in_progress")).take(8));
        let builder = Client::builder().credential(Credential::header("x-api-key", "key"));
        let client: Client = builder.transport(transport.clone()).build().unwrap();
        let cadence = Cadence::default().patience(Duration::from_secs(60));
        let sent = client.sent_batch::<Message>("msgbatch_1").cadence(cadence);
        assert_eq!(sent.answers().await.unwrap_err().kind(), ErrorKind::Deadline);
        assert_eq!(transport.left(), 4, "asked after 0, 5, 15 and 35 seconds");
    }
}
