//! A made-up provider for core's own tests: one operation of each class, and both a plain and a rich set of facts.

use serde_json::json;

use super::{Scripted, ScriptedTransport};
use crate::client::{Client, ClientBuilder};
use crate::operation::{Answer, Argument, Body, Method, Operation, Place, QueryStyle, Repeat, Streaming};
use crate::provider::{ErrorCode, ErrorFacts, Idempotency, Provider, RecoveryFact, RetryFacts, StatusRule};

/// Facts as few as possible.
pub(crate) static PLAIN: Provider = Provider {
    name: "acme",
    title: "Acme",
    version: "1",
    base_url: Some("https://api.acme.test"),
    base_url_env: "ACME_BASE_URL",
    credential_env: "ACME_KEY",
    headers: &[("Acme-Version", "1")],
    request_id: &["request-id"],
    scope_headers: &["acme-account"],
    idempotency: Some(Idempotency {
        header: "Idempotency-Key",
        max_length: 40,
        replayed_header: Some("idempotent-replayed"),
    }),
    ..Provider::DEFAULT
};

/// Every fact that bears on repeats.
pub(crate) static RICH: Provider = Provider {
    retry: RetryFacts {
        verdict_header: Some("acme-should-retry"),
        verdict_covers_unsafe: true,
        statuses: &[
            StatusRule {
                status: 409,
                code: Some("lock_timeout"),
                repeat: &[Repeat::Safe, Repeat::Idempotent, Repeat::Keyed],
            },
            StatusRule {
                status: 408,
                code: None,
                repeat: &[Repeat::Safe],
            },
        ],
        refused_before_work: &[503],
        quota_codes: &["insufficient_quota"],
    },
    errors: ErrorFacts {
        codes: &[ErrorCode {
            code: "account_closed",
            status: 0,
            recovery: RecoveryFact::ContactProvider,
            meaning: "The account was closed.",
        }],
        ..ErrorFacts::DEFAULT
    },
    ..PLAIN
};

const fn argument(name: &'static str, place: Place, required: bool) -> Argument {
    Argument { name, place, required }
}

static THING: &[Argument] = &[
    argument("id", Place::Path, true),
    argument("expand", Place::Query(QueryStyle::Form), false),
];
static FIELDS: &[Argument] = &[
    argument("name", Place::Field, true),
    argument("background", Place::Field, false),
];
static FILES: &[Argument] = &[
    argument("purpose", Place::Field, false),
    argument("file", Place::File, true),
];

/// Reads.
pub(crate) static RETRIEVE: Operation = Operation {
    id: "GetThing",
    name: "things.retrieve",
    path: "/things/{id}",
    arguments: THING,
    repeat: Repeat::Safe,
    ..Operation::DEFAULT
};

/// May be repeated by definition.
pub(crate) static DELETE: Operation = Operation {
    id: "DeleteThing",
    name: "things.delete",
    method: Method::Delete,
    answer: Answer::None,
    repeat: Repeat::Idempotent,
    ..RETRIEVE
};

/// Sends a key.
pub(crate) static CREATE: Operation = Operation {
    id: "CreateThing",
    name: "things.create",
    method: Method::Post,
    path: "/things",
    arguments: FIELDS,
    body: Body::Json,
    repeat: Repeat::Keyed,
    ..Operation::DEFAULT
};

/// Costs, and has no lasting effect unless it goes on in the background.
pub(crate) static PREVIEW: Operation = Operation {
    id: "PreviewThing",
    name: "things.preview",
    path: "/things/preview",
    repeat: Repeat::Repeatable,
    repeatable_unless: &["background"],
    ..CREATE
};

/// Must not be done twice.
pub(crate) static LAUNCH: Operation = Operation {
    id: "LaunchThing",
    name: "things.launch",
    path: "/things/launch",
    repeat: Repeat::Unsafe,
    ..CREATE
};

/// Sends a file.
pub(crate) static SEND_FILE: Operation = Operation {
    id: "SendFile",
    name: "files.create",
    path: "/files",
    arguments: FILES,
    body: Body::Multipart,
    ..CREATE
};

/// Answers a file.
pub(crate) static READ_FILE: Operation = Operation {
    id: "ReadFile",
    name: "files.content",
    path: "/files/{id}",
    answer: Answer::Bytes,
    ..RETRIEVE
};

/// Answers events.
pub(crate) static WATCH: Operation = Operation {
    id: "WatchThing",
    name: "things.watch",
    path: "/things/{id}/events",
    answer: Answer::Bytes,
    stream: Some(Streaming {
        switch: None,
        ..Streaming::DEFAULT
    }),
    ..RETRIEVE
};

/// Another host, and not a safe one.
pub(crate) static ELSEWHERE: Operation = Operation {
    id: "Elsewhere",
    name: "things.elsewhere",
    server: Some("http://files.acme.test"),
    ..RETRIEVE
};

/// One of each class: safe, idempotent, keyed, repeatable, unsafe.
pub(crate) static CLASSES: [(&Operation, char); 5] = [
    (&RETRIEVE, 'S'),
    (&DELETE, 'I'),
    (&CREATE, 'K'),
    (&PREVIEW, 'R'),
    (&LAUNCH, 'U'),
];

/// A client of a provider with a seed, a key and a scripted transport.
pub(crate) fn scripted(
    provider: &'static Provider,
    script: impl IntoIterator<Item = Scripted>,
) -> (ClientBuilder<Client>, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let builder = Client::builder(provider)
        .credential(crate::Credential::bearer("key"))
        .seed(7)
        .transport(transport.clone());
    (builder, transport)
}

/// A success.
pub(crate) fn thing() -> Scripted {
    Scripted::json(&json!({"id": "1"})).header("request-id", "req_ok")
}

/// A call of any of the operations with its required arguments.
pub(crate) fn call(client: &Client, operation: &'static Operation) -> crate::Call<serde_json::Value> {
    let call = client.call(operation);
    let first = operation.arguments.first().map_or("id", |argument| argument.name);
    call.set(first, "1")
}

/// A stream of one chunk.
pub(crate) fn once(text: &'static str) -> impl futures_core::Stream<Item = std::io::Result<bytes::Bytes>> + Send {
    struct Once(Option<&'static str>);
    impl futures_core::Stream for Once {
        type Item = std::io::Result<bytes::Bytes>;
        fn poll_next(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Self::Item>> {
            std::task::Poll::Ready(self.0.take().map(|text| Ok(text.into())))
        }
    }
    Once(Some(text))
}
