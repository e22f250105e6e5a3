//! What is tried on Calendly: JSON, tokens that lead from page to page, and no idempotency keys.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use integrator::calendly::types::{BookingInvitee, BookingLocation, BookingLocationPhysical};
use integrator::calendly::{Client, PROVIDER, op};
use integrator::mock::{Fault, Mock};
use integrator::{Call, ErrorKind, Recovery, RequestOptions, Value, calendly, json};
use tokio::net::TcpSocket;
use tokio::time::Instant;

use super::live::{self, Reading};
use super::scene::{CANARY, Scenario, Scene, Stop};
use super::{Part, play};

/// Its part of the demo.
pub(super) const PART: Part = Part {
    provider: PROVIDER,
    play: |settings, console| Box::pin(play(PROVIDER, Mock::builder(PROVIDER), SCENARIOS, settings, console)),
    read: |url, console| Box::pin(live::read(PROVIDER, READINGS, url, console)),
};

/// The table.
const SCENARIOS: &[Scenario<Client>] = &[
    Scenario {
        name: "503 twice, then an answer",
        survives: Some("503 twice"),
        run: |scene| Box::pin(unavailable(scene)),
    },
    Scenario {
        name: "429 with Retry-After in seconds",
        survives: Some("429"),
        run: |scene| Box::pin(limited(scene)),
    },
    Scenario {
        name: "a connection dropped before the request is read",
        survives: Some("drop before sending"),
        run: |scene| Box::pin(dropped_before(scene)),
    },
    Scenario {
        name: "a connection dropped after the request is read",
        survives: Some("drop after sending"),
        run: |scene| Box::pin(dropped_after(scene)),
    },
    Scenario {
        name: "a POST without a key whose answer is lost is not sent again",
        survives: Some("lost POST sent once"),
        run: |scene| Box::pin(lost_post(scene)),
    },
    Scenario {
        name: "a meeting that a 429 turned away is booked once",
        survives: Some("429 for a booking"),
        run: |scene| Box::pin(booked(scene)),
    },
    Scenario {
        name: "the same POST is sent again when nothing listens",
        survives: None,
        run: |scene| Box::pin(nobody_listens(scene)),
    },
    Scenario {
        name: "an enum value and a field that nobody knows yet",
        survives: Some("unknown enum value"),
        run: |scene| Box::pin(unknown(scene)),
    },
    Scenario {
        name: "a gateway's HTML page with status 502",
        survives: Some("HTML 502"),
        run: |scene| Box::pin(html(scene)),
    },
    Scenario {
        name: "an answer cut short",
        survives: Some("truncated body"),
        run: |scene| Box::pin(truncated(scene)),
    },
    Scenario {
        name: "10,000 events by page token, with a 503 on the way",
        survives: Some("10,000 items by token"),
        run: |scene| Box::pin(pages(scene)),
    },
    Scenario {
        name: "a server that never answers, and a deadline",
        survives: Some("stalled server"),
        run: |scene| Box::pin(stalled(scene)),
    },
    Scenario {
        name: "an answer without a member that it must have",
        survives: None,
        run: |scene| Box::pin(missing(scene)),
    },
    Scenario {
        name: "keys in whatever is printed",
        survives: None,
        run: |scene| Box::pin(secrets(scene)),
    },
];

/// What is read from a live server.
const READINGS: &[Reading<Client>] = &[
    Reading {
        name: "users.me",
        run: |client| {
            Box::pin(async {
                client
                    .users()
                    .me()
                    .send()
                    .await
                    .map(|me| live::found(usize::from(!me.resource.uri.is_empty()), 1))
            })
        },
    },
    Reading {
        name: "scheduled_events.list",
        run: |client| {
            Box::pin(async {
                let me = client.users().me().send().await?;
                let events = client.scheduled_events().list().user(&*me.resource.uri).count(100);
                events
                    .items()
                    .collect_all(live::ITEMS)
                    .await
                    .map(|events| live::found(events.len(), live::ITEMS))
            })
        },
    },
    Reading {
        name: "event_types.list",
        run: |client| {
            Box::pin(async {
                let me = client.users().me().send().await?;
                let types = client.event_types().list().user(&*me.resource.uri).count(100);
                types
                    .items()
                    .collect_all(live::ITEMS)
                    .await
                    .map(|types| live::found(types.len(), live::ITEMS))
            })
        },
    },
];

/// Items of the long list, and how many a page holds.
const ITEMS: usize = 10_000;
const PAGE: usize = 100;

async fn unavailable(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::users::ME).fail(Fault::status(503).times(2));
    let me = scene.client.users().me().send().await;
    let me = scene.succeeds("the call succeeds", me)?;
    scene.equal("it takes three attempts", me.attempts().len(), 3);
    scene.equal("the mock saw as many", scene.mock.count(&op::users::ME), 3);
    let reasons: Vec<_> = me.attempts().iter().map(|attempt| attempt.reason()).collect();
    scene.equal(
        "each attempt says how it ended",
        reasons,
        vec!["server", "server", "ok"],
    );
    scene.expect("the answer is whole", !me.resource.name.is_empty(), || {
        "a user without a name".to_owned()
    });
    Ok(())
}

async fn limited(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::users::ME).fail(Fault::status(429).retry_after("1"));
    let me = scene.client.users().me().send().await;
    let me = scene.succeeds("the call succeeds", me)?;
    let waited = me.attempts().last().map(|attempt| attempt.wait());
    let obeyed = waited.is_some_and(|wait| wait >= Duration::from_secs(1));
    scene.expect("the wait that was asked for is kept", obeyed, || {
        format!("waited {waited:?}")
    });
    Ok(())
}

async fn dropped_before(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.leave_unread(1);
    let me = scene.client.users().me().send().await;
    let me = scene.succeeds("the call succeeds", me)?;
    scene.equal("it takes two attempts", me.attempts().len(), 2);
    scene.equal("the mock read one request", scene.mock.count(&op::users::ME), 1);
    Ok(())
}

async fn dropped_after(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::users::ME).fail(Fault::drop_after_read());
    let me = scene.client.users().me().send().await;
    let me = scene.succeeds("the call succeeds", me)?;
    scene.equal("it takes two attempts", me.attempts().len(), 2);
    scene.equal("the mock read two requests", scene.mock.count(&op::users::ME), 2);
    Ok(())
}

/// The call that must not be repeated once it may have been done.
fn link(client: &Client) -> Call<calendly::types::SchedulingLinkResponse> {
    let create = client.scheduling_links().create();
    create
        .owner("https://api.calendly.com/event_types/DEMO")
        .owner_type("EventType")
        .max_event_count(1)
        .call()
}

async fn lost_post(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    for (fault, count) in [
        (Fault::drop_after_read(), 1),
        (Fault::truncate(), 2),
        (Fault::status(500), 3),
    ] {
        scene.mock.on(&op::scheduling_links::CREATE).fail(fault);
        let error = scene.fails("the call fails", link(&scene.client).send().await)?;
        scene.equal(
            "the mock read it once",
            scene.mock.count(&op::scheduling_links::CREATE),
            count,
        );
        scene.expect(
            "the error says that it may have been sent",
            error.may_have_been_sent(),
            || format!("{error}"),
        );
        scene.equal(
            "the error says to check the outcome",
            error.recovery(),
            Recovery::CheckOutcome,
        );
    }
    scene.succeeds("the next call succeeds", link(&scene.client).send().await)?;
    Ok(())
}

/// A meeting for Ada.
fn booking(client: &Client) -> Call<calendly::types::InviteeResponse> {
    let invitee = BookingInvitee::new("ada@example.com", "Europe/London").name("Ada");
    let create = client.invitees().create();
    create
        .event_type("https://api.calendly.com/event_types/DEMO")
        .start_time("2026-12-01T09:00:00Z")
        .invitee(invitee)
        .location(BookingLocation::BookingLocationPhysical(BookingLocationPhysical::new(
            "12 Rose Lane",
        )))
        .call()
}

async fn booked(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::invitees::CREATE;
    let on = scene.mock.on(create).fail(Fault::status(429));
    let invitee = scene.succeeds("the meeting is booked", booking(&scene.client).send().await)?;
    scene.equal("it takes two attempts", invitee.attempts().len(), 2);
    let known = !invitee.resource.uri.is_empty() && !invitee.resource.event.is_empty();
    scene.expect("the booking and its event are known", known, || {
        "an invitee without URI".to_owned()
    });
    on.fail(Fault::reset_before_body());
    let error = scene.fails(
        "a booking whose answer is lost fails",
        booking(&scene.client).send().await,
    )?;
    scene.equal("it is not sent again", scene.mock.count(create), 3);
    scene.equal(
        "the error says to check the outcome",
        error.recovery(),
        Recovery::CheckOutcome,
    );
    Ok(())
}

/// A port that is taken, so that nobody else gets it, and where nobody listens.
fn silent_port() -> io::Result<(TcpSocket, SocketAddr)> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))?;
    let address = socket.local_addr()?;
    Ok((socket, address))
}

async fn nobody_listens(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let (_taken, address) = scene.succeeds("there is a port where nobody listens", silent_port())?;
    let client = scene.client_at(&format!("http://{address}"))?;
    let error = scene.fails("the call fails", link(&client).send().await)?;
    scene.equal("there is no connection", error.kind(), ErrorKind::Connect);
    scene.equal("it takes three attempts", error.attempts().len(), 3);
    scene.expect(
        "the error says that nothing was sent",
        !error.may_have_been_sent(),
        || format!("{error}"),
    );
    Ok(())
}

async fn unknown(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let retrieve = || scene.client.scheduled_events().retrieve("DEMO");
    let on = scene.mock.on(&op::scheduled_events::RETRIEVE);
    on.fail(Fault::unknown_enum("resource.status"))
        .fail(Fault::unknown_field());
    let event = scene.succeeds("the call succeeds", retrieve().send().await)?;
    scene.equal(
        "the enum value is kept",
        event.resource.status.as_str(),
        "integrator_unlisted",
    );
    scene.succeeds("the answer with an unknown field is read", retrieve().send().await)?;
    on.fail(Fault::unknown_field());
    let raw = scene.succeeds("the answer is read without a type", retrieve().raw().send().await)?;
    let kept = raw.get("integrator_unknown_field").is_some();
    scene.expect("the unknown field is kept", kept, || "it is gone".to_owned());
    Ok(())
}

async fn html(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::users::ME).fail(Fault::html(502));
    scene.succeeds("the call succeeds", scene.client.users().me().send().await)?;
    scene.mock.on(&op::users::ME).fail(Fault::html(502).times(3));
    let error = scene.fails(
        "a call that meets nothing else fails",
        scene.client.users().me().send().await,
    )?;
    scene.equal("the error is the provider's", error.kind(), ErrorKind::Server);
    let kept = error.body_bytes().starts_with(b"<html>");
    scene.expect("the page is kept", kept, || {
        format!("{} bytes of something else", error.body_bytes().len())
    });
    let hidden = !error.to_string().contains("<h");
    scene.expect("the page is not in the error's text", hidden, || error.to_string());
    Ok(())
}

async fn truncated(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::users::ME)
        .fail(Fault::truncate())
        .fail(Fault::reset_mid_body());
    let me = scene.client.users().me().send().await;
    let me = scene.succeeds("the call succeeds", me)?;
    scene.equal("it takes three attempts", me.attempts().len(), 3);
    Ok(())
}

async fn pages(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let sample = scene.client.scheduled_events().retrieve("DEMO").raw().send().await;
    let sample = scene.succeeds("there is a sample", sample)?;
    let uri = |index: usize| format!("https://api.calendly.com/scheduled_events/{index:05}");
    let item = |index| {
        let mut item = sample.get("resource").cloned().unwrap_or_default();
        if let Some(own) = item.get_mut("uri") {
            *own = Value::from(uri(index));
        }
        item
    };
    let on = scene.mock.on(&op::scheduled_events::LIST).list(ITEMS, item);
    let list = scene.client.scheduled_events().list();
    let mut events = list
        .user("https://api.calendly.com/users/DEMO")
        .count(PAGE as i64)
        .items();
    let (mut seen, mut misplaced) = (0, 0);
    while let Some(event) = events.next().await {
        let event = scene.succeeds("every page succeeds", event)?;
        misplaced += usize::from(event.uri != uri(seen));
        seen += 1;
        if seen == ITEMS / 2 {
            on.fail(Fault::status(503));
        }
        if seen % 1_000 == 0 {
            scene.tick(seen as u64, ITEMS as u64);
        }
    }
    scene.equal("every item comes", seen, ITEMS);
    scene.equal("in its place and once", misplaced, 0);
    scene.equal(
        "no page is asked for in vain",
        scene.mock.count(&op::scheduled_events::LIST),
        ITEMS / PAGE + 1,
    );
    Ok(())
}

async fn stalled(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::users::ME).fail(Fault::stall_forever());
    let started = Instant::now();
    let options = RequestOptions::new().timeout(Duration::from_millis(250));
    let error = scene.fails("the call fails", scene.client.users().me().with(options).send().await)?;
    let took = started.elapsed();
    scene.equal("the deadline ends it", error.kind(), ErrorKind::Deadline);
    scene.expect("in time", took < Duration::from_secs(2), || format!("after {took:?}"));
    scene.succeeds("the next call succeeds", scene.client.users().me().send().await)?;
    Ok(())
}

async fn missing(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let on = scene
        .mock
        .on(&op::users::ME)
        .answer(json!({"resource": {"uri": "https://api.calendly.com/users/A"}}));
    let error = scene.fails("the call fails", scene.client.users().me().send().await)?;
    on.then_example();
    let names = error.to_string().contains("resource.");
    scene.expect("the error names the path", error.is_decode() && names, || {
        error.to_string()
    });
    Ok(())
}

async fn secrets(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let call = link(&scene.client).with(RequestOptions::new().header("x-demo", CANARY).query("demo", CANARY));
    let mut printed = format!(
        "{:?}{:?}{call:?}",
        scene.client,
        scene.client.core().pipeline().describe()
    );
    scene
        .mock
        .on(&op::users::ME)
        .fail(Fault::status(401).with_json(json!({"message": format!("no: {CANARY}")})));
    let error = scene.fails("a refused key is an error", scene.client.users().me().send().await)?;
    printed += &format!("{error}{error:?}");
    scene.equal(
        "the error says to renew the key",
        error.recovery(),
        Recovery::Reauthenticate,
    );
    let sent = scene.mock.received_for(&op::users::ME);
    let arrived = sent
        .iter()
        .any(|request| request.header("authorization").is_some_and(|key| key.contains(CANARY)));
    scene.expect("the key was sent", arrived, || "it was not".to_owned());
    scene.expect("the key is not printed", !printed.contains(CANARY), || {
        "it is".to_owned()
    });
    Ok(())
}
