//! What an answer says: an example made from the schema, what the test gave, or why a request was refused.

use integrator_contract::{Example, Operation};
use serde_json::{Map, Value, json};

use crate::{
    Received, Reply,
    asked::Asked,
    dotted,
    kept::words::Words,
    list,
    state::{Normal, State},
    stream, stream_event,
};

/// A value that no provider lists.
const UNLISTED: &str = "integrator_unlisted";

pub(crate) fn normal(asked: &Asked<'_>) -> Reply {
    let (state, operation, received) = (asked.state, asked.operation, asked.received);
    match state.normal(&operation.id) {
        Normal::Example => {
            let kept = state.keeper.as_ref().and_then(|keeper| keeper.answer(state, asked));
            kept.or_else(|| state.echo.answer(asked, None))
                .or_else(|| stream::example(asked))
                .unwrap_or_else(|| example(state, operation, received))
        }
        Normal::Says(text) => {
            let said = state.echo.answer(asked, Some(&text));
            said.unwrap_or_else(|| example(state, operation, received))
        }
        Normal::Fixed(reply) => reply,
        Normal::By(make) => make(received),
        Normal::List(list) => list.page(state, operation, received),
    }
}

/// The request contradicts the contract.
pub(crate) fn contradiction(state: &State, received: &Received) -> Reply {
    let named: Vec<String> = received.violations.iter().map(ToString::to_string).collect();
    let message = format!(
        "the request contradicts the contract of {}: {}",
        state.provider.name,
        named.join("; ")
    );
    let mut body = error_body(state, "contract_violation", &message);
    let violations = received.violations.iter().map(
        |violation| json!({"place": violation.place.as_str(), "path": violation.path, "message": violation.message}),
    );
    dotted::set(&mut body, "error.violations", violations.collect());
    Reply::status(422).with_json(body)
}

pub(crate) fn unknown_route(state: &State, received: &Received) -> Reply {
    let nearest = state.contract.nearest(&received.method, received.path()).join(", ");
    let path = received.path();
    let message = format!("no operation answers {} {path}; nearest are {nearest}", received.method);
    Reply::status(404).with_json(error_body(state, "unknown_route", &message))
}

/// The page that a cursor asks for is not there.
pub(crate) fn unknown_cursor(state: &State, argument: &str) -> Reply {
    let message = format!("no page begins where `{argument}` points");
    Reply::status(400).with_json(error_body(state, "unknown_cursor", &message))
}

/// An error as the provider would send it with this status.
pub(crate) fn error(state: &State, status: u16) -> Reply {
    let known = state.provider.errors.codes.iter().find(|code| code.status == status);
    let code = known.map_or("scripted_fault", |known| known.code);
    Reply::status(status).with_json(error_body(state, code, &format!("status {status} by script")))
}

/// A refusal as the provider would send it with this status.
pub(crate) fn refusal(state: &State, status: u16, message: &str) -> Reply {
    let known = state.provider.errors.codes.iter().find(|code| code.status == status);
    coded(state, status, known.map_or("refused", |known| known.code), message)
}

/// An error as the provider would send it with this status and code.
pub(crate) fn coded(state: &State, status: u16, code: &str, message: &str) -> Reply {
    Reply::status(status).with_json(error_body(state, code, message))
}

/// An error in the provider's shape, or else in the one that most APIs use, with code and message where this provider
/// keeps them.
pub(crate) fn error_body(state: &State, code: &str, message: &str) -> Value {
    let own = json!({"code": code, "message": message});
    if let Some(body) = Words::of_nothing().value(&state.error, &own).filter(Value::is_object) {
        return body;
    }
    let mut body = json!({"error": {"code": code, "type": code, "message": message}});
    let facts = &state.provider.errors;
    for (paths, text) in [(facts.code, code), (facts.message, message)] {
        if let Some(path) = paths.first() {
            // Where the path leads through what is there already, the common shape is enough.
            dotted::set(&mut body, path, Value::from(text));
        }
    }
    body
}

/// The stream with the provider's error after so many events, as the last; an error in a 200 when it is no stream.
pub(crate) fn with_error_event(state: &State, reply: Reply, events: usize) -> Reply {
    let error = error_body(state, "scripted_fault", "an error within a success by script");
    if !reply.is_stream() {
        return reply.with_json(error);
    }
    let mut body = reply.body[..stream_event::after(&reply.body, events)].to_vec();
    body.extend_from_slice(stream::error(state, error).to_string().as_bytes());
    reply.with_body(body)
}

/// An example made from the schema; of a read always the same one, made once.
fn example(state: &State, operation: &'static Operation, received: &Received) -> Reply {
    let safe = matches!(operation.method.as_str(), "GET" | "HEAD" | "SEARCH");
    if !safe {
        return make(state, operation, received, state.look(<[Received]>::len) as u64);
    }
    if let Some(known) = state.example(&operation.id, received.path()) {
        return known;
    }
    let reply = make(state, operation, received, 0);
    state.keep_example(&operation.id, received.path(), reply.clone());
    reply
}

fn make(state: &State, operation: &'static Operation, received: &Received, turn: u64) -> Reply {
    let (status, content) = operation.success();
    let Some((media_type, schema)) = content else {
        return Reply::status(status);
    };
    let seed = seed(state.seed ^ turn, &[&operation.id, received.path()]);
    let mut value = Example::seeded(seed).of(state.contract, schema);
    let reply = Reply::status(status).header("content-type", media_type);
    if !media_type.contains("json") {
        return reply.with_body(value.as_str().unwrap_or_default().to_owned());
    }
    if let Some((_, id)) = received.path_arguments.last().filter(|_| operation.path.ends_with('}'))
        && let Some(own) = value.get_mut("id").filter(|own| own.is_string())
    {
        *own = Value::from(id.as_str());
    }
    if let Some(paging) = state.provider.operation(&operation.id).and_then(|known| known.paging) {
        list::close(&mut value, &paging, |value| schema.accepts(value));
    }
    reply.with_body(value.to_string())
}

/// A seed from words (FNV-1a).
pub(crate) fn seed(start: u64, words: &[&str]) -> u64 {
    let bytes = words.iter().flat_map(|word| word.bytes().chain([0xff]));
    bytes.fold(0xcbf2_9ce4_8422_2325 ^ start, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

pub(crate) fn with_unknown_enum(reply: Reply, path: &str) -> Reply {
    changed(reply, |value| {
        dotted::set(value, path, Value::from(UNLISTED));
    })
}

pub(crate) fn with_unknown_field(reply: Reply) -> Reply {
    fn add(members: &mut Map<String, Value>) {
        members.insert("integrator_unknown_field".to_owned(), json!({"nested": [1, null]}));
    }
    changed(reply, |value| {
        let lists = match value {
            Value::Object(members) => {
                add(members);
                members.values_mut().filter_map(Value::as_array_mut).collect()
            }
            Value::Array(items) => vec![items],
            _ => Vec::new(),
        };
        lists
            .into_iter()
            .flatten()
            .filter_map(Value::as_object_mut)
            .for_each(add);
    })
}

fn changed(reply: Reply, change: impl FnOnce(&mut Value)) -> Reply {
    match serde_json::from_slice(&reply.body) {
        Ok(mut value) => {
            change(&mut value);
            reply.with_body(value.to_string())
        }
        // What is no JSON has no members to change.
        Err(_) => reply,
    }
}
