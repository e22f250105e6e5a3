//! The calls that things happen to: for each provider one of every class that it has.

use integrator_core::operation::Repeat;
use integrator_core::{
    Accumulate, Attempt, BoxFuture, Call, Client, Error, FromAnswer, Opening, Operation, Provider, Wire, json,
};
use integrator_mock::On;

/// Classes of calls: `core`'s, with streams apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Safe,
    Idempotent,
    Keyed,
    Repeatable,
    Stream,
    Unsafe,
}

impl Class {
    pub(super) const ALL: [Self; 6] = [
        Self::Safe,
        Self::Idempotent,
        Self::Keyed,
        Self::Repeatable,
        Self::Stream,
        Self::Unsafe,
    ];

    const fn repeat(self) -> Repeat {
        match self {
            Self::Safe => Repeat::Safe,
            Self::Idempotent => Repeat::Idempotent,
            Self::Keyed => Repeat::Keyed,
            Self::Repeatable | Self::Stream => Repeat::Repeatable,
            Self::Unsafe => Repeat::Unsafe,
        }
    }
}

/// One call.
pub(super) struct Script {
    pub(super) provider: &'static Provider,
    pub(super) class: Class,
    pub(super) operation: &'static Operation,
    pub(super) send: fn(Client) -> BoxFuture<'static, Result<Vec<Attempt>, Error>>,
}

impl Script {
    /// What the mock does about it.
    pub(super) fn on<'a>(&self, mock: &'a integrator_mock::Mock) -> On<'a> {
        mock.on(self.operation)
    }
}

/// A row of the table: provider, class, operation, and the call that a client makes.
macro_rules! calls {
    ($($krate:ident $class:ident $($op:ident)::+ => |$client:ident| $call:expr, $how:ident;)+) => {
        &[$(Script {
            provider: $krate::PROVIDER,
            class: Class::$class,
            operation: &$krate::op::$($op)::+,
            send: |core| {
                let $client = $krate::Client::from(core);
                $how($call)
            },
        }),+]
    };
}

pub(super) const CALLS: &[Script] = calls! {
    integrator_anthropic Safe models::RETRIEVE => |c| c.models().retrieve("m").call(), sent;
    integrator_anthropic Idempotent files::DELETE => |c| c.files().delete("file_1").call(), sent;
    integrator_anthropic Repeatable messages::CREATE => |c| message(&c), sent;
    integrator_anthropic Stream messages::CREATE =>
        |c| message(&c).stream::<integrator_anthropic::types::MessageStreamEvent>(), streamed;
    integrator_anthropic Unsafe messages::batches::CREATE => |c| {
        let params = json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]});
        let requests = json!([{"custom_id": "1", "params": params}]);
        c.messages().batches().create().set("requests", requests).call()
    }, sent;
    integrator_calendly Safe users::ME => |c| c.users().me().call(), sent;
    integrator_calendly Idempotent webhook_subscriptions::DELETE =>
        |c| c.webhook_subscriptions().delete("1").call(), sent;
    integrator_calendly Unsafe scheduled_events::CANCELLATION =>
        |c| c.scheduled_events().cancellation("1").reason("rain").call(), sent;
    integrator_close Safe leads::RETRIEVE => |c| c.leads().retrieve("lead_1").call(), sent;
    integrator_close Idempotent leads::DELETE => |c| c.leads().delete("lead_1").call(), sent;
    integrator_close Unsafe activities::sms::CREATE =>
        |c| c.activities().sms().create().lead_id("lead_1").text("hi").status("outbox").call(), sent;
    integrator_directus Safe users::me::RETRIEVE => |c| c.users().me().retrieve().call(), sent;
    integrator_directus Idempotent items::DELETE => |c| c.items().delete("articles", 1).call(), sent;
    integrator_directus Unsafe items::CREATE =>
        |c| c.items().create("articles").call().body(json!({"title": "hi"})), sent;
    integrator_openai Safe models::RETRIEVE => |c| c.models().retrieve("m").call(), sent;
    integrator_openai Idempotent files::DELETE => |c| c.files().delete("file_1").call(), sent;
    integrator_openai Keyed beta::agents::environments::CREATE =>
        |c| {
        let environment = integrator_openai::types::CreateAgentEnvironmentBodyEnvironment::new();
        c.beta().agents().environments().create().environment(environment).call()
    }, sent;
    integrator_openai Repeatable chat::completions::CREATE => |c| chat(&c), sent;
    integrator_openai Stream chat::completions::CREATE =>
        |c| chat(&c).stream::<integrator_openai::types::CreateChatCompletionStreamResponse>(), streamed;
    integrator_openai Unsafe batches::CREATE => |c| {
        let create = c.batches().create().input_file_id("file_1").endpoint("/v1/responses");
        create.completion_window("24h").call()
    }, sent;
    integrator_stripe Safe customers::RETRIEVE => |c| c.customers().retrieve("cus_1").call(), sent;
    integrator_stripe Idempotent customers::DELETE => |c| c.customers().delete("cus_1").call(), sent;
    integrator_stripe Keyed customers::CREATE => |c| c.customers().create().email("ada@example.com").call(), sent;
};

fn message(client: &integrator_anthropic::Client) -> Call<integrator_anthropic::types::Message> {
    let said = [integrator_anthropic::types::InputMessage::new("one two three", "user")];
    client
        .messages()
        .create()
        .model("m")
        .max_tokens(9)
        .messages(said)
        .call()
}

fn chat(client: &integrator_openai::Client) -> Call<integrator_openai::types::CreateChatCompletionResponse> {
    let said = json!([{"role": "user", "content": "one two three"}]);
    client
        .chat()
        .completions()
        .create()
        .model("m")
        .set("messages", said)
        .call()
}

fn sent<T: FromAnswer + 'static>(call: Call<T>) -> BoxFuture<'static, Result<Vec<Attempt>, Error>> {
    let sending = call.send();
    Box::pin(async move { sending.await.map(|answer| answer.attempts().to_vec()) })
}

fn streamed<E: Accumulate + Wire + 'static>(opening: Opening<E>) -> BoxFuture<'static, Result<Vec<Attempt>, Error>> {
    Box::pin(async move {
        let events = opening.await?;
        let attempts = events.attempts().to_vec();
        events.into_message().await.map(|_| attempts)
    })
}

/// Each call is of the class that it stands for, and no class of a provider's operations is left out.
#[test]
fn no_class_is_left_out() {
    for call in CALLS {
        assert_eq!(call.operation.repeat, call.class.repeat(), "{}", call.operation.name);
    }
    let providers: Vec<&Provider> = CALLS.iter().map(|call| call.provider).collect();
    for provider in providers {
        for operation in provider.operations {
            let there = CALLS
                .iter()
                .any(|call| call.provider.name == provider.name && call.class.repeat() == operation.repeat);
            assert!(there, "{}: no call is {:?}", provider.name, operation.repeat);
        }
    }
}
