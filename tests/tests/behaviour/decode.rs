//! What answers become: own fixtures, as they are and perturbed as real servers perturb them.

use integrator_calendly::types::{Event, EventResponse, EventStatus, InviteeResponse, Location};
use integrator_contract::{Contract, Where};
use integrator_core::testing::{Scripted, decode};
use integrator_core::wire::Written;
use integrator_core::{ErrorKind, Value, Wire, json};
use integrator_stripe::types::{Charge, Customer, CustomerOrDeleted};

use crate::support::{self, fixture};

mod habits;

/// Fixture, and the schema that it is made for.
const FIXTURES: [(&str, &str, &str); 4] = [
    ("calendly", "scheduled_event", "EventResponse"),
    ("calendly", "invitee", "InviteeResponse"),
    ("stripe", "customer", "customer"),
    ("stripe", "charge", "charge"),
];

fn event() -> Value {
    fixture("calendly", "scheduled_event")
}

fn customer() -> Value {
    fixture("stripe", "customer")
}

fn charge() -> Value {
    fixture("stripe", "charge")
}

/// The document with the value at `pointer` replaced.
fn with(mut document: Value, pointer: &str, value: impl Into<Value>) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    document.pointer_mut(parent).unwrap()[name] = value.into();
    document
}

/// The document without the member at `pointer`.
fn without(mut document: Value, pointer: &str) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    let parent = document.pointer_mut(parent).unwrap();
    parent.as_object_mut().unwrap().remove(name).unwrap();
    document
}

fn encode<T: Wire>(value: &T) -> Value {
    serde_json::to_value(Written(value)).unwrap()
}

/// What the document says when nothing, null and an empty list are the same, and so are 2 and 2.0.
fn essence(value: &Value) -> Value {
    match value {
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(whole) if whole.fract() == 0.0 => json!(whole as i64),
            _ => value.clone(),
        },
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), essence(value)))
            .filter(|(_, value)| !value.is_null() && *value != json!([]) && *value != json!({}))
            .collect(),
        Value::Array(items) => items.iter().map(essence).collect(),
        other => other.clone(),
    }
}

fn is_kept<T: Wire>(document: &Value) {
    let read: T = decode(document.clone()).unwrap();
    assert_eq!(essence(&encode(&read)), essence(document));
}

#[test]
fn fixtures_are_what_the_contract_says() {
    for (provider, name, schema) in FIXTURES {
        let schema = Contract::load(provider).unwrap().schema(schema).unwrap();
        let faults = schema.violations(&fixture(provider, name), Where::Body);
        assert!(faults.is_empty(), "{provider} {name}: {faults:?}");
    }
}

#[test]
fn nothing_known_is_lost_on_the_way_in_and_out() {
    is_kept::<EventResponse>(&event());
    is_kept::<InviteeResponse>(&fixture("calendly", "invitee"));
    is_kept::<Customer>(&customer());
    is_kept::<Charge>(&charge());
}

#[test]
fn unknown_enum_values_are_kept() {
    let read: EventResponse = decode(with(event(), "/resource/status", "postponed")).unwrap();
    assert!(matches!(read.resource.status, EventStatus::Unlisted(_)));
    assert_eq!(read.resource.status, "postponed");
    is_kept::<EventResponse>(&with(event(), "/resource/status", "postponed"));
    is_kept::<Customer>(&with(customer(), "/tax_exempt", "sometimes"));
}

#[test]
fn unknown_members_are_passed_over() {
    let document = with(event(), "/resource/mood", json!({"of": ["the", {"day": null}]}));
    let read: EventResponse = decode(document).unwrap();
    assert_eq!(encode(&read), encode(&decode::<EventResponse>(event()).unwrap()));
}

#[test]
fn optional_members_may_be_missing_or_null() {
    for document in [
        without(event(), "/resource/location"),
        with(event(), "/resource/location", Value::Null),
    ] {
        assert!(decode::<EventResponse>(document).unwrap().resource.location.is_none());
    }
    for document in [
        without(customer(), "/balance"),
        with(customer(), "/balance", Value::Null),
    ] {
        assert_eq!(decode::<Customer>(document).unwrap().balance, None);
    }
}

#[test]
fn lists_and_maps_may_be_missing_or_null() {
    for document in [
        without(event(), "/resource/event_guests"),
        with(event(), "/resource/event_guests", Value::Null),
    ] {
        let read: EventResponse = decode(document).unwrap();
        assert!(read.resource.event_guests.is_empty());
    }
    for document in [
        without(customer(), "/metadata"),
        with(customer(), "/metadata", Value::Null),
    ] {
        assert!(decode::<Customer>(document).unwrap().metadata.is_empty());
    }
}

/// Every member that the contract requires, taken out one after the other: an error that names it, never a zero.
#[test]
fn required_scalars_may_not_be_missing() {
    fn refuses<T: Wire>(document: &Value, base: &str, names: &[&str]) {
        for name in names {
            let pointer = format!("{base}/{name}");
            let path = pointer[1..].replace('/', ".");
            for broken in [
                without(document.clone(), &pointer),
                with(document.clone(), &pointer, Value::Null),
            ] {
                let error = decode::<T>(broken).err().unwrap_or_else(|| panic!("{path} is missed"));
                assert_eq!(error.path, path, "{error}");
            }
        }
    }
    let times = ["uri", "status", "start_time", "end_time", "created_at", "updated_at"];
    refuses::<EventResponse>(&event(), "/resource", &times);
    refuses::<EventResponse>(&event(), "/resource/invitees_counter", &["total", "active", "limit"]);
    refuses::<Customer>(&customer(), "", &["id", "object", "created", "livemode"]);
    let money = [
        "amount",
        "amount_captured",
        "amount_refunded",
        "billing_details",
        "captured",
        "currency",
        "disputed",
        "paid",
        "refunded",
        "status",
    ];
    refuses::<Charge>(&charge(), "", &money);
    refuses::<Charge>(&charge(), "/payment_method_details/card", &["exp_month", "exp_year"]);
}

#[test]
fn the_path_of_an_error_leads_through_lists_and_unions() {
    let document = with(
        event(),
        "/resource/event_memberships",
        json!([{"user": "u"}, {"user": 1}]),
    );
    let error = decode::<EventResponse>(document).unwrap_err();
    assert_eq!(error.path, "resource.event_memberships[1].user");

    let document = with(event(), "/resource/location/data", json!([]));
    let error = decode::<EventResponse>(document).unwrap_err();
    assert_eq!(error.path, "resource.location.data");

    let document = without(customer(), "/sources/data");
    let document = with(document, "/sources/data", json!([{"object": "card", "id": "card_1"}]));
    let error = decode::<Customer>(document).unwrap_err();
    assert_eq!(error.path, "sources.data[0].brand");
}

/// The same through a whole call: path, status, request id and the bytes are there.
#[tokio::test(start_paused = true)]
async fn a_call_whose_answer_cannot_be_read_says_why() {
    let broken = without(customer(), "/created");
    let answer = Scripted::json(&broken).header("request-id", "req_1");
    let (client, _) = support::stripe([answer]);
    let error = client.customers().create().send().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert!(error.to_string().contains("`created`"), "{error}");
    assert_eq!(error.status().map(|status| status.as_u16()), Some(200));
    assert_eq!(error.request_id(), Some("req_1"));
    assert!(error.may_have_been_sent());
    assert_eq!(error.body_bytes(), broken.to_string().as_bytes());
}

#[test]
fn numbers_may_be_texts() {
    let document = with(customer(), "/balance", "-1250");
    assert_eq!(decode::<Customer>(document).unwrap().balance, Some(-1_250));
    let document = with(customer(), "/created", "1795100400");
    assert_eq!(decode::<Customer>(document).unwrap().created.seconds(), 1_795_100_400);
    let document = with(charge(), "/amount", "lots");
    assert_eq!(decode::<Charge>(document).unwrap_err().path, "amount");
    let document = with(charge(), "/amount", 0.5);
    assert_eq!(
        decode::<Charge>(document).unwrap_err().path,
        "amount",
        "no cents are dropped"
    );
}

#[test]
fn dates_without_a_zone_are_flagged() {
    let read = |text: &str| {
        let document = with(event(), "/resource/start_time", text);
        decode::<EventResponse>(document).unwrap().resource.start_time
    };
    let zoned = read("2026-11-30T13:00:00+01:00");
    assert!(!zoned.is_naive());
    assert_eq!(zoned.instant().unwrap().to_string(), "2026-11-30T12:00:00Z");
    let naive = read("2026-11-30 13:00:00");
    assert!(naive.is_naive());
    assert_eq!(naive.instant().unwrap().to_string(), "2026-11-30T13:00:00Z");
    let nonsense = read("soon");
    assert_eq!((nonsense.as_str(), nonsense.instant()), ("soon", None));
}

#[test]
fn unions_by_tag() {
    let read = |value: Value| {
        let document = with(event(), "/resource/location", value);
        decode::<EventResponse>(document).unwrap().resource.location.unwrap()
    };
    let Location::LocationZoom(zoom) = read(event()["resource"]["location"].clone()) else {
        panic!("no zoom")
    };
    assert_eq!(zoom.join_url.as_deref(), Some("https://zoom.example/j/93471"));
    // The tag need not be first, and may be spelled with escapes.
    let Location::LocationPhysical(place) = read(json!({"location": "Pier 4", "type": "physical"})) else {
        panic!("no place")
    };
    assert_eq!(place.location.as_deref(), Some("Pier 4"));
    let holodeck = json!({"type": "holodeck", "deck": 12});
    let Location::Unlisted(raw) = read(holodeck.clone()) else {
        panic!("a member that is not listed is kept")
    };
    assert_eq!(raw.decode::<Value>().unwrap(), holodeck);
    is_kept::<EventResponse>(&with(event(), "/resource/location", holodeck));
}

#[test]
fn unions_with_a_deleted_twin() {
    let Ok(CustomerOrDeleted::Customer(read)) = decode(customer()) else {
        panic!("no customer")
    };
    assert_eq!(read.id, "cus_Fly7wheel");
    let deleted = json!({"id": "cus_Fly7wheel", "object": "customer", "deleted": true});
    let Ok(CustomerOrDeleted::DeletedCustomer(read)) = decode(deleted) else {
        panic!("not deleted")
    };
    assert!(read.deleted);
    let whole = with(customer(), "/deleted", false);
    assert!(matches!(decode(whole), Ok(CustomerOrDeleted::Customer(_))));
}

#[test]
fn expandables_are_an_id_or_an_object() {
    let read: Charge = decode(charge()).unwrap();
    let payer = read.customer.unwrap();
    assert_eq!(payer.id(), "cus_Fly7wheel");
    assert!(!payer.is_expanded() && payer.object().is_none());

    let expanded = with(
        charge(),
        "/balance_transaction",
        json!({"id": "txn_1c", "object": "balance_transaction"}),
    );
    let expanded = with(expanded, "/customer", customer());
    let read: Charge = decode(expanded.clone()).unwrap();
    let payer = read.customer.as_ref().unwrap();
    assert_eq!(payer.id(), "cus_Fly7wheel");
    let object = encode(&payer.object().unwrap().unwrap());
    assert_eq!(object["name"], "Wheels & Sons");
    // An object that is not whole is an error where it is read, and only there.
    let movement = read.balance_transaction.unwrap();
    assert_eq!(movement.id(), "txn_1c");
    assert_eq!(movement.object().unwrap().unwrap_err().path, "amount");
    is_kept::<Charge>(&expanded);

    // A preview of an object may have no id yet; one that is no text is an error.
    for preview in [json!({"object": "customer"}), json!({"id": null})] {
        let read: Charge = decode(with(charge(), "/customer", preview)).unwrap();
        let payer = read.customer.unwrap();
        assert_eq!((payer.id(), payer.is_expanded()), ("", true));
    }
    // Some providers count their objects.
    let read: Charge = decode(with(charge(), "/customer", json!({"id": 7}))).unwrap();
    assert_eq!(read.customer.unwrap().id(), "7");
    for odd in [json!(7), json!([])] {
        let error = decode::<Charge>(with(charge(), "/customer", odd)).unwrap_err();
        assert_eq!(error.path, "customer");
    }
}

#[test]
fn what_nests_too_deep_is_refused() {
    let nested = |levels: usize| {
        let mut text = customer().to_string();
        text.pop();
        let (open, close) = ("[".repeat(levels), "]".repeat(levels));
        format!("{text},\"deep\":{open}{close}}}")
    };
    assert!(integrator_core::decode::<Customer>(nested(127).as_bytes()).is_ok());
    let error = integrator_core::decode::<Customer>(nested(128).as_bytes()).unwrap_err();
    assert!(error.to_string().contains("128"), "{error}");
    assert!(integrator_core::decode::<Customer>(nested(500_000).as_bytes()).is_err());
}

#[test]
fn broken_documents_are_errors_and_never_panics() {
    let text = event().to_string();
    for end in 0..text.len() {
        if text.is_char_boundary(end) {
            assert!(integrator_core::decode::<EventResponse>(&text.as_bytes()[..end]).is_err());
        }
    }
    for odd in [
        "null",
        "[]",
        "3",
        "\"\"",
        "{\"resource\":null}",
        "{\"resource\":[]}",
        "\u{0}",
        "{}x",
    ] {
        assert!(
            integrator_core::decode::<EventResponse>(odd.as_bytes()).is_err(),
            "{odd}"
        );
    }
    assert!(integrator_core::decode::<Event>(b"\xff\xfe").is_err());
}
