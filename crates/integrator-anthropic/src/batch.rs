//! [`Batch`]: conversations that are answered together, within a day and at half the price.
//!
//! What all batches have in common is `integrator_core::batch`.

use integrator_core::batch::{Batch, Batched, Ended, Outcome, Results, SentBatch, Service};
use integrator_core::pipeline::Prepared;
use integrator_core::{BoxFuture, Call, Error, Operation, Raw, RequestOptions, Value, json};

use crate::{Client, op, types};

/// `messages().create()`, or its twin in beta: the operations of one kind of batch.
struct Messages {
    create: &'static Operation,
    retrieve: &'static Operation,
    results: &'static Operation,
    cancel: &'static Operation,
}

static MESSAGES: Messages = Messages {
    create: &op::messages::batches::CREATE,
    retrieve: &op::messages::batches::RETRIEVE,
    results: &op::messages::batches::RESULTS,
    cancel: &op::messages::batches::CANCEL,
};

static BETA_MESSAGES: Messages = Messages {
    create: &op::beta::messages::batches::CREATE,
    retrieve: &op::beta::messages::batches::RETRIEVE,
    results: &op::beta::messages::batches::RESULTS,
    cancel: &op::beta::messages::batches::CANCEL,
};

impl Batched for types::Message {
    type Client = Client;
    const OPERATIONS: &'static [&'static Operation] = &[&op::messages::CREATE];
    const SERVICE: &'static dyn Service = &MESSAGES;
}

impl Batched for types::BetaMessage {
    type Client = Client;
    const OPERATIONS: &'static [&'static Operation] = &[&op::beta::messages::CREATE];
    const SERVICE: &'static dyn Service = &BETA_MESSAGES;
}

impl Client {
    /// Calls of `messages().create()`, or of its twin in beta, to be answered together: up to 100,000, within a day, at
    /// half the price.
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
    pub fn batch<T: Batched<Client = Self>>(&self, calls: impl IntoIterator<Item = impl Into<Call<T>>>) -> Batch<T> {
        Batch::new(self.core(), calls)
    }

    /// A batch that was sent earlier, maybe by another process.
    pub fn sent_batch<T: Batched<Client = Self>>(&self, id: impl Into<String>) -> SentBatch<T> {
        SentBatch::new(self.core(), id)
    }
}

impl Service for Messages {
    fn most(&self) -> usize {
        100_000
    }

    fn line(&self, id: &str, _: &Prepared, body: &str) -> Result<String, String> {
        Ok(format!("{{\"custom_id\":\"{id}\",\"params\":{body}}}"))
    }

    fn create<'a>(
        &'a self,
        client: &'a integrator_core::Client,
        _: &'static Operation,
        lines: String,
        options: RequestOptions,
    ) -> BoxFuture<'a, Result<String, Error>> {
        Box::pin(async move {
            let requests = lines
                .lines()
                .map(|line| Raw::parse(line).unwrap_or_else(|_| json!(null).into()));
            let requests: Vec<Raw> = requests.collect();
            let at = self.create.argument("requests").and_then(|at| u16::try_from(at).ok());
            let create = client
                .call::<State>(self.create)
                .argument(at.unwrap_or_default(), &requests);
            Ok(create.with(options).send().await?.into_inner().id)
        })
    }

    fn ended<'a>(
        &'a self,
        client: &'a integrator_core::Client,
        id: &'a str,
    ) -> BoxFuture<'a, Result<Option<Ended>, Error>> {
        Box::pin(async move {
            let state = about::<State>(client, self.retrieve, id).send().await?;
            Ok((state.processing_status == "ended").then(|| Ended {
                count: state.request_counts.total(),
                rest: None,
                state: Value::Null,
            }))
        })
    }

    fn results<'a>(
        &'a self,
        client: &'a integrator_core::Client,
        id: &'a str,
        _: &'a Ended,
        into: &'a mut dyn Results,
    ) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let mut lines = about::<Value>(client, self.results, id).stream::<Line>().await?;
            while let Some(line) = lines.next().await {
                match line {
                    Ok(line) => into.put(&line.custom_id, line.result.outcome()),
                    Err(error) if error.is_decode() => into.unreadable(&error.to_string()),
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
    }

    fn cancel<'a>(&'a self, client: &'a integrator_core::Client, id: &'a str) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move { about::<State>(client, self.cancel, id).send().await.map(drop) })
    }
}

fn about<A>(client: &integrator_core::Client, operation: &'static Operation, id: &str) -> Call<A> {
    client.call(operation).set("message_batch_id", id)
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
        1 result: Became = "result",
    }
}

integrator_core::object! {
    /// What became of a conversation.
    pub struct Became {
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

impl Became {
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
    use integrator_core::batch::Cadence;
    use integrator_core::testing::{Scripted, ScriptedTransport};
    use integrator_core::{Credential, ErrorKind, decode};
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

    #[tokio::test]
    async fn a_batch_of_a_mock_is_answered_and_can_be_cancelled() {
        let mock = integrator_mock::Mock::builder(crate::PROVIDER)
            .stateful()
            .start()
            .await
            .unwrap();
        let key = Credential::header("x-api-key", "key");
        let client: Client = Client::builder().base_url(mock.url()).credential(key).build().unwrap();
        let quick = Cadence::default().first(Duration::from_millis(1));
        let send = || client.batch(["a", "b", "c"].map(|text| ask(&client, text))).send();
        let told = |answers: Vec<Result<Message, Error>>| {
            let text = |message: Message| json!(message)["content"][0]["text"].as_str().map(str::to_owned);
            answers
                .into_iter()
                .map(|answer| answer.ok().and_then(text))
                .collect::<Vec<_>>()
        };
        let text = |text: &str| Some(text.to_owned());
        let answers = send().await.unwrap().cadence(quick).answers().await.unwrap();
        assert_eq!(told(answers), [text("a"), text("b"), text("c")]);
        let sent = send().await.unwrap().cadence(quick);
        sent.cancel().await.unwrap();
        assert_eq!(told(sent.answers().await.unwrap()), [text("a"), text("b"), None]);
        assert_eq!(mock.violations(), [""; 0]);
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
