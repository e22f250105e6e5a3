//! What is tried on Stripe: forms, idempotency keys, cursors that are the last item, and a large upload.

use std::time::Duration;

use integrator::mock::{Fault, Mock};
use integrator::stripe::{Client, PROVIDER, op};
use integrator::{ErrorKind, Recovery, RequestOptions, Upload, Value, json};
use tokio::time::Instant;

use super::file::Large;
use super::live::{self, Reading};
use super::memory;
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
        name: "429 for a POST, with a wait in milliseconds",
        survives: Some("429"),
        run: |scene| Box::pin(limited(scene)),
    },
    Scenario {
        name: "a connection dropped before the body is read",
        survives: Some("drop mid-request"),
        run: |scene| Box::pin(dropped_before(scene)),
    },
    Scenario {
        name: "a POST whose answer is lost is sent again under the same key",
        survives: Some("lost POST under one key"),
        run: |scene| Box::pin(lost_post(scene)),
    },
    Scenario {
        name: "a 500 with the provider's word that a repeat is no use",
        survives: None,
        run: |scene| Box::pin(told_not_to(scene)),
    },
    Scenario {
        name: "a declined card",
        survives: None,
        run: |scene| Box::pin(declined(scene)),
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
        name: "10,000 customers by last item, with a 503 on the way",
        survives: Some("10,000 items by cursor"),
        run: |scene| Box::pin(pages(scene)),
    },
    Scenario {
        name: "50 MB from disk, with the first connection dropped",
        survives: Some("50 MB upload"),
        run: |scene| Box::pin(upload(scene)),
    },
    Scenario {
        name: "an answer that stops half-way, and a deadline",
        survives: Some("stalled server"),
        run: |scene| Box::pin(stalled(scene)),
    },
];

/// What is read from a live server.
const READINGS: &[Reading<Client>] = &[
    Reading {
        name: "balance.retrieve",
        run: |client| {
            Box::pin(async {
                client
                    .balance()
                    .retrieve()
                    .send()
                    .await
                    .map(|balance| live::found(balance.available.len(), live::ITEMS))
            })
        },
    },
    Reading {
        name: "customers.list",
        run: |client| {
            Box::pin(async {
                let customers = client.customers().list().limit(100).items();
                customers
                    .collect_all(live::ITEMS)
                    .await
                    .map(|customers| live::found(customers.len(), live::ITEMS))
            })
        },
    },
    Reading {
        name: "payment_intents.list",
        run: |client| {
            Box::pin(async {
                let intents = client.payment_intents().list().limit(100).items();
                intents
                    .collect_all(live::ITEMS)
                    .await
                    .map(|intents| live::found(intents.len(), live::ITEMS))
            })
        },
    },
];

/// Items of the long list, and how many a page holds.
const ITEMS: usize = 10_000;
const PAGE: usize = 100;
/// Length of the upload in bytes.
const UPLOAD: u64 = 50_000_000;
/// How far the process may grow while it sends and receives the upload, in bytes.
const GROWTH: u64 = 16 * 1024 * 1024;

async fn unavailable(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::payment_intents::RETRIEVE)
        .fail(Fault::status(503).times(2));
    let intent = scene.client.payment_intents().retrieve("pi_1").send().await;
    let intent = scene.succeeds("the call succeeds", intent)?;
    scene.equal("it takes three attempts", intent.attempts().len(), 3);
    scene.equal("the answer is whole", intent.id.as_str(), "pi_1");
    Ok(())
}

async fn limited(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let fault = Fault::status(429)
        .header("retry-after-ms", "30")
        .header("stripe-rate-limited-reason", "global-rate");
    scene.mock.on(&op::customers::CREATE).fail(fault);
    let ada = scene.client.customers().create().email("ada@example.com").send().await;
    let ada = scene.succeeds("the call succeeds", ada)?;
    let waited = ada.attempts().last().map(|attempt| attempt.wait());
    let obeyed = waited.is_some_and(|wait| wait >= Duration::from_millis(30));
    scene.expect("the wait that was asked for is kept", obeyed, || {
        format!("waited {waited:?}")
    });
    Ok(())
}

async fn dropped_before(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::customers::CREATE).fail(Fault::drop_before_read());
    let ada = scene.client.customers().create().email("ada@example.com").send().await;
    let ada = scene.succeeds("the call succeeds", ada)?;
    scene.equal("it takes two attempts", ada.attempts().len(), 2);
    Ok(())
}

async fn lost_post(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::customers::CREATE)
        .fail(Fault::drop_after_read())
        .fail(Fault::truncate());
    let create = scene
        .client
        .customers()
        .create()
        .email("ada@example.com")
        .metadata([("order", "42")]);
    let ada = scene.succeeds("the call succeeds", create.send().await)?;
    let requests = scene.mock.received_for(&op::customers::CREATE);
    scene.equal("the mock read three requests", requests.len(), 3);
    let key = ada.idempotency_key().map(str::to_owned);
    scene.expect("there is a key", key.is_some(), || "there is none".to_owned());
    let same_key = requests
        .iter()
        .all(|request| request.header("idempotency-key").map(str::to_owned) == key);
    scene.expect("all carry the same key", same_key, || "they differ".to_owned());
    let same_body = requests.windows(2).all(|pair| pair[0].body == pair[1].body);
    scene.expect("all carry the same body", same_body, || "they differ".to_owned());
    Ok(())
}

async fn told_not_to(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::customers::CREATE)
        .fail(Fault::status(500).header("stripe-should-retry", "false"));
    let ada = scene
        .client
        .customers()
        .create()
        .email("ada@example.com")
        .with("order-42")
        .send()
        .await;
    let error = scene.fails("the call fails", ada)?;
    scene.equal("the mock read one request", scene.mock.count(&op::customers::CREATE), 1);
    scene.equal(
        "the error holds the caller's key",
        error.idempotency_key(),
        Some("order-42"),
    );
    Ok(())
}

async fn declined(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let body = json!({"error": {"type": "card_error", "code": "card_declined", "message": format!("not {CANARY}")}});
    scene
        .mock
        .on(&op::payment_intents::RETRIEVE)
        .fail(Fault::status(402).with_json(body));
    let intent = scene.client.payment_intents().retrieve("pi_1").send().await;
    let error = scene.fails("the call fails", intent)?;
    scene.equal("it takes one attempt", error.attempts().len(), 1);
    scene.equal("the error holds the code", error.code(), Some("card_declined"));
    scene.equal(
        "the error says to change the request",
        error.recovery(),
        Recovery::FixRequest,
    );
    let printed = format!("{error}{error:?}");
    scene.expect("the message is not printed", !printed.contains(CANARY), || {
        "it is".to_owned()
    });
    Ok(())
}

async fn unknown(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let retrieve = || scene.client.payment_intents().retrieve("pi_1");
    let on = scene.mock.on(&op::payment_intents::RETRIEVE);
    on.fail(Fault::unknown_enum("status")).fail(Fault::unknown_field());
    let intent = scene.succeeds("the call succeeds", retrieve().send().await)?;
    scene.equal("the enum value is kept", intent.status.as_str(), "integrator_unlisted");
    scene.succeeds("the answer with an unknown field is read", retrieve().send().await)?;
    on.fail(Fault::unknown_field());
    let raw = scene.succeeds("the answer is read without a type", retrieve().raw().send().await)?;
    let kept = raw.get("integrator_unknown_field").is_some();
    scene.expect("the unknown field is kept", kept, || "it is gone".to_owned());
    Ok(())
}

async fn html(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::payment_intents::RETRIEVE).fail(Fault::html(502));
    let intent = scene.client.payment_intents().retrieve("pi_1").send().await;
    let intent = scene.succeeds("the call succeeds", intent)?;
    scene.equal("it takes two attempts", intent.attempts().len(), 2);
    Ok(())
}

async fn truncated(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::payment_intents::RETRIEVE)
        .fail(Fault::truncate())
        .fail(Fault::reset_mid_body());
    let intent = scene.client.payment_intents().retrieve("pi_1").send().await;
    let intent = scene.succeeds("the call succeeds", intent)?;
    scene.equal("it takes three attempts", intent.attempts().len(), 3);
    Ok(())
}

async fn pages(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let sample = scene.client.customers().create().raw().send().await;
    let sample = scene.succeeds("there is a sample", sample)?.into_inner();
    let id = |index: usize| format!("cus_{index:05}");
    let item = |index| {
        let mut item = sample.clone();
        if let Some(own) = item.get_mut("id") {
            *own = Value::from(id(index));
        }
        item
    };
    let on = scene.mock.on(&op::customers::LIST).list(ITEMS, item);
    let mut customers = scene.client.customers().list().limit(PAGE as i64).items();
    let (mut seen, mut misplaced) = (0, 0);
    while let Some(customer) = customers.next().await {
        let customer = scene.succeeds("every page succeeds", customer)?;
        misplaced += usize::from(customer.id != id(seen));
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
        scene.mock.count(&op::customers::LIST),
        ITEMS / PAGE + 1,
    );
    Ok(())
}

async fn upload(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let file = scene.succeeds("the file is written", Large::write(UPLOAD))?;
    let upload = scene.succeeds("the file is opened", Upload::open(file.path()).await)?;
    scene.mock.on(&op::files::CREATE).fail(Fault::drop_before_read());
    let create = scene.client.files().create().purpose("dispute_evidence").file(upload);
    let (sent, growth) = memory::growth_during(create.send()).await;
    let sent = scene.succeeds("the call succeeds", sent)?;
    scene.equal("it takes two attempts", sent.attempts().len(), 2);
    let requests = scene.mock.received_for(&op::files::CREATE);
    let arrived = requests
        .last()
        .and_then(|request| request.parts.iter().find(|part| part.name == "file"));
    let arrived = arrived.map(|part| (part.length, part.crc32));
    scene.equal("every byte arrives", arrived, Some((file.length, file.crc32)));
    if let Some(growth) = growth {
        scene.expect("memory does not grow with the file", growth <= GROWTH, || {
            format!("by {growth} bytes")
        });
    }
    Ok(())
}

async fn stalled(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene
        .mock
        .on(&op::payment_intents::RETRIEVE)
        .fail(Fault::stall_body_forever());
    let started = Instant::now();
    let options = RequestOptions::new().timeout(Duration::from_millis(250));
    let intent = scene
        .client
        .payment_intents()
        .retrieve("pi_1")
        .with(options)
        .send()
        .await;
    let error = scene.fails("the call fails", intent)?;
    let took = started.elapsed();
    scene.equal("the deadline ends it", error.kind(), ErrorKind::Deadline);
    scene.expect("in time", took < Duration::from_secs(2), || format!("after {took:?}"));
    Ok(())
}
