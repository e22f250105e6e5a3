//! What real servers do to answers against their own documents: own fixtures of every provider with each habit, and what
//! single providers, or servers that are compatible with them, are known for.
//!
//! The encode proofs do the same to answers made from every schema.

use std::fmt::Debug;

use integrator_anthropic::types::{Message, MessageBatch};
use integrator_calendly::types::{EventResponse, InviteeResponse, LocationConfiguration};
use integrator_close::types::{Lead, SmsActivity};
use integrator_core::testing::{Scripted, decode};
use integrator_core::{Own, Value, Wire, json};
use integrator_directus::types::{ActivityList, UsersAnswer};
use integrator_openai::types::{CreateChatCompletionResponse, ResponseObject};
use integrator_stripe::types::{Charge, Customer};
use integrator_tests::perturb::Habit;

use super::{encode, with, without};
use crate::support::{self, fixture};

/// The fixture is read with all habits, and nothing of it is lost; as it is, no member of a union is unknown.
fn bears<T: Wire + Debug>(provider: &str, name: &str) {
    bears_all::<T>(provider, name, &fixture(provider, name));
}

fn bears_all<T: Wire + Debug>(provider: &str, name: &str, document: &Value) {
    let lenient = (provider == "directus").then_some(Habit::Anything);
    for habit in Habit::ALL.into_iter().chain(lenient) {
        for seed in 0..20 {
            let sent = habit.put(document, seed);
            let read = decode::<T>(sent.clone());
            let read = read.unwrap_or_else(|error| panic!("{provider} {name}, {habit:?} {seed}: {error}"));
            let lost = habit.lost(&sent, &encode(&read));
            assert_eq!(lost, [""; 0], "{provider} {name}, {habit:?} {seed}");
            let unlisted = habit == Habit::None && format!("{read:?}").contains("Unlisted(");
            assert!(!unlisted, "{provider} {name}: {read:?}");
        }
    }
}

#[test]
fn every_fixture_is_read_with_every_habit() {
    bears::<Message>("anthropic", "message");
    bears::<MessageBatch>("anthropic", "message_batch");
    bears::<EventResponse>("calendly", "scheduled_event");
    bears::<InviteeResponse>("calendly", "invitee");
    bears::<Lead>("close", "lead");
    bears::<SmsActivity>("close", "sms");
    bears::<UsersAnswer>("directus", "users_me");
    bears::<ActivityList>("directus", "activity");
    bears::<CreateChatCompletionResponse>("openai", "chat_completion");
    // The fixture is older than this count.
    let response = with(
        fixture("openai", "response"),
        "/usage/input_tokens_details/cache_write_tokens",
        0,
    );
    bears_all::<ResponseObject>("openai", "response", &response);
    bears::<Customer>("stripe", "customer");
    bears::<Charge>("stripe", "charge");
}

/// Servers that speak Anthropic's or OpenAI's API leave out what the document requires and says may be null.
#[test]
fn what_compatible_servers_leave_out_is_none() {
    let mut message = fixture("anthropic", "message");
    for pointer in [
        "/stop_sequence",
        "/stop_details",
        "/container",
        "/diagnostics",
        "/usage/cache_creation",
        "/usage/cache_creation_input_tokens",
        "/usage/cache_read_input_tokens",
        "/usage/inference_geo",
        "/usage/server_tool_use",
        "/usage/service_tier",
        "/usage/output_tokens_details",
        "/usage/speed",
        "/content/1/citations",
    ] {
        message = without(message, pointer);
    }
    let read: Message = decode(message.clone()).unwrap();
    assert_eq!((read.usage.output_tokens, read.stop_sequence), (42, None));
    let error = decode::<Message>(without(message, "/usage/output_tokens")).unwrap_err();
    assert_eq!(error.path, "usage.output_tokens", "a number is never made up");

    // This fixture has neither `refusal` nor `logprobs`.
    let chat: CreateChatCompletionResponse = decode(fixture("openai", "chat_completion")).unwrap();
    assert_eq!(chat.choices[0].message.refusal, None);
    assert!(chat.choices[0].logprobs.is_none());
    let bare = without(fixture("openai", "chat_completion"), "/usage");
    assert!(decode::<CreateChatCompletionResponse>(bare).unwrap().usage.is_none());
}

/// Dates of SQLite, decimals of PostgreSQL, and an action that no document lists.
#[test]
fn directus_answers_as_its_database_does() {
    let list = with(fixture("directus", "activity"), "/data/0/id", "41");
    let list = with(list, "/meta/total_count", "1");
    let read: ActivityList = decode(list).unwrap();
    assert_eq!(read.data[0].id, Some(41));
    assert_eq!(read.data[0].action.as_ref().map(|action| action.as_str()), Some("run"));
    assert!(read.data[0].timestamp.as_ref().is_some_and(|at| at.is_naive()));
    for empty in [json!({}), json!({"data": null}), json!({"data": {}})] {
        assert!(decode::<UsersAnswer>(empty.clone()).is_ok(), "{empty}");
    }
}

/// Permissions are an object by collection where the document has a list.
#[tokio::test(start_paused = true)]
async fn directus_answers_an_object_where_a_list_is_declared() {
    let permissions = json!({"data": {"articles": {"read": {"access": "full"}}}});
    let (client, _) = support::directus([Scripted::json(&permissions)]);
    let read = client.permissions().me().retrieve().send().await.unwrap();
    assert_eq!(json!(read.into_inner())["data"]["articles"]["read"]["access"], "full");
}

/// Prices are texts; dates of some resources have no zone; `_fields` leaves out whatever was not asked for.
#[tokio::test(start_paused = true)]
async fn close_answers_what_was_asked_for() {
    let sms = with(fixture("close", "sms"), "/date_sent", "2026-11-20T08:15:08");
    let read: SmsActivity = decode(sms).unwrap();
    assert_eq!(json!(read)["cost"], "2.5");
    assert!(read.date_sent.as_ref().is_some_and(|at| at.is_naive()));

    let page = json!({"has_more": false, "data": [{"name": "Ada Ltd"}]});
    let (client, _) = support::close([Scripted::json(&page), Scripted::json(&page)]);
    let names = || client.leads().list().fields("name").call();
    let mut leads = names().items::<Own<Value>>();
    let lead = leads.next().await.unwrap().unwrap().into_inner();
    assert_eq!(lead, json!({"name": "Ada Ltd"}));
    let error = names().send().await.unwrap_err();
    assert!(
        error.is_decode() && error.to_string().contains("`data[0].id`"),
        "{error}"
    );
}

/// A number to call is a text or an integer.
#[test]
fn calendly_answers_a_phone_number_as_a_text_or_an_integer() {
    for number in [json!("+49 221 1"), json!(492_211)] {
        let read: LocationConfiguration = decode(json!({"kind": "outbound_call", "phone_number": number})).unwrap();
        assert_eq!(encode(&read)["phone_number"], number);
        assert!(!format!("{read:?}").contains("Unlisted"), "{read:?}");
    }
}
