//! What one operation answers: the script of a test.
//!
//! Faults queue and each is used up; after them comes the normal answer, an example made from the schema unless the test
//! gives another one.

use bytes::Bytes;
use integrator_core::Operation;
use serde_json::Value;

use crate::{
    Fault, Mock, Received, Reply, StreamEvent,
    list::List,
    state::{Chance, Normal},
};

/// The script of one operation; every method takes effect at once.
#[derive(Debug, Clone, Copy)]
pub struct On<'a> {
    pub(crate) mock: &'a Mock,
    pub(crate) operation: &'static Operation,
}

impl On<'_> {
    /// Puts a fault at the end of the queue.
    pub fn fail(self, fault: Fault) -> Self {
        self.mock
            .state
            .script(self.operation.id, |script| script.faults.push_back(fault));
        self
    }

    /// Lets this happen to a request with this probability, 0 to 1, whenever no fault stands in the queue.
    ///
    /// The draws follow the mock's seed; [`Fault::times`] does not count here.
    pub fn fail_sometimes(self, probability: f64, fault: Fault) -> Self {
        self.mock.state.fail_sometimes(Chance {
            operation: Some(self.operation.id.to_owned()),
            probability,
            fault,
        });
        self
    }

    /// Answers with status 200 and this JSON.
    pub fn answer(self, json: impl Into<Value>) -> Self {
        self.reply(Reply::json(json))
    }

    /// Answers with this status, these headers and these bytes.
    pub fn answer_with(self, status: u16, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Self {
        let reply = Reply::status(status).with_body(body);
        self.reply(
            headers
                .iter()
                .fold(reply, |reply, (name, value)| reply.header(*name, *value)),
        )
    }

    /// Answers with this.
    pub fn reply(self, reply: Reply) -> Self {
        self.normal(Normal::Fixed(reply))
    }

    /// Lets a language model say this: the text in the operation's own shape, streamed word by word when the request asks
    /// for a stream, with usage. Without it, the model repeats what it was asked.
    pub fn says(self, text: &str) -> Self {
        self.normal(Normal::Says(text.into()))
    }

    /// Answers with this stream of server-sent events; more about it can be said with [`Reply::stream`].
    pub fn stream(self, events: impl IntoIterator<Item = StreamEvent>) -> Self {
        self.reply(Reply::stream(events))
    }

    /// Answers with what the function makes of the request. Requests that contradict the contract do not get here.
    pub fn answer_by(self, make: impl Fn(&Received) -> Reply + Send + Sync + 'static) -> Self {
        self.normal(Normal::By(std::sync::Arc::new(make)))
    }

    /// Serves these items page by page, as the operation's paging says.
    pub fn pages_of(self, items: Vec<Value>) -> Self {
        self.normal(Normal::List(std::sync::Arc::new(List::new(
            self.operation.paging,
            items,
        ))))
    }

    /// Serves as many items page by page; the function makes each from its position.
    pub fn list(self, count: usize, item: impl FnMut(usize) -> Value) -> Self {
        self.pages_of((0..count).map(item).collect())
    }

    /// Serves as many items page by page, each an example made from the schema, with a cursor of its own.
    pub fn list_examples(self, count: usize) -> Self {
        let items = crate::list::examples(&self.mock.state, self.operation, count);
        self.pages_of(items)
    }

    /// Lets a batch that this operation creates end when it was read so many times, at least once; only a
    /// [stateful](crate::Builder::stateful) mock has batches with results.
    pub fn ends_after(self, reads: usize) -> Self {
        self.mock
            .state
            .script(self.operation.id, |script| script.polls = Some(reads));
        self
    }

    /// Lets a batch that this operation creates end before its second half is begun: `expired`, `cancelled`; or before
    /// anything is: `failed`. Which ends there are is in the provider's file; any other name changes nothing.
    pub fn ends_as(self, end: &str) -> Self {
        self.mock
            .state
            .script(self.operation.id, |script| script.end = Some(end.to_owned()));
        self
    }

    /// Answers with examples made from the schema again; the queue stays.
    pub fn then_example(self) -> Self {
        self.normal(Normal::Example)
    }

    /// Forgets the queue and the normal answer.
    pub fn reset(self) -> Self {
        self.mock
            .state
            .script(self.operation.id, |script| *script = crate::state::Script::default());
        self
    }

    fn normal(self, normal: Normal) -> Self {
        self.mock
            .state
            .script(self.operation.id, |script| script.normal = normal);
        self
    }
}
