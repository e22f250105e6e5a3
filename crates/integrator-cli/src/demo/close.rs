//! What is tried on Close: messages that reach people, which must not go out twice, custom fields, and lists by offset.
//!
//! The mock keeps what is created, so that a program can look up what became of a call.

use std::time::Duration;

use integrator::close::types::{SmsActivity, SmsStatus};
use integrator::close::{Client, PROVIDER, op};
use integrator::mock::{Fault, Mock};
use integrator::{Call, ErrorKind, Recovery, json};

use super::live::{self, Reading};
use super::scene::{Scenario, Scene, Stop};
use super::{Part, play};

/// Its part of the demo.
pub(super) const PART: Part = Part {
    provider: PROVIDER,
    play: |settings, console| {
        let mock = Mock::builder(PROVIDER).stateful();
        Box::pin(play(PROVIDER, mock, SCENARIOS, settings, console))
    },
    read: |url, console| Box::pin(live::read(PROVIDER, READINGS, url, console)),
};

/// The table.
const SCENARIOS: &[Scenario<Client>] = &[
    Scenario {
        name: "an SMS whose answer is lost is not sent again",
        survives: Some("lost SMS sent once"),
        run: |scene| Box::pin(lost_sms(scene)),
    },
    Scenario {
        name: "a draft that is sent by an update is not sent twice",
        survives: None,
        run: |scene| Box::pin(lost_update(scene)),
    },
    Scenario {
        name: "an SMS that the limit of its endpoints turned away is sent once",
        survives: Some("429 for an SMS"),
        run: |scene| Box::pin(limited(scene)),
    },
    Scenario {
        name: "a lead with custom fields, by way of an HTML 502 and a connection cut half-way",
        survives: Some("HTML 502, cut body"),
        run: |scene| Box::pin(lead(scene)),
    },
    Scenario {
        name: "2,000 leads by offset, with a 503 on the way",
        survives: Some("2,000 items by offset"),
        run: |scene| Box::pin(pages(scene)),
    },
    Scenario {
        name: "a request that does not please says which field is wrong",
        survives: None,
        run: |scene| Box::pin(refused(scene)),
    },
];

/// What is read from a live server.
const READINGS: &[Reading<Client>] = &[
    Reading {
        name: "users.retrieve_me",
        run: |client| {
            Box::pin(async {
                let me = client.users().retrieve_me().send().await?;
                Ok(live::found(usize::from(!me.id.is_empty()), 1))
            })
        },
    },
    Reading {
        name: "leads.list",
        run: |client| {
            Box::pin(async {
                let leads = client.leads().list().limit(100).fields("id").items();
                leads
                    .collect_all(live::ITEMS)
                    .await
                    .map(|leads| live::found(leads.len(), live::ITEMS))
            })
        },
    },
];

/// Items of the long list, and how many a page holds.
const ITEMS: usize = 2_000;
const PAGE: usize = 100;
/// Where the mock keeps messages.
const SMS: &str = "/activity/sms/";

fn sms(client: &Client, status: SmsStatus) -> Call<SmsActivity> {
    let create = client.activities().sms().create().lead_id("lead_demo");
    create.text("Your table is ready.").status(status).call()
}

async fn lost_sms(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let create = &op::activities::sms::CREATE;
    scene.mock.on(create).fail(Fault::reset_after_read());
    let error = scene.fails("the call fails", sms(&scene.client, SmsStatus::Outbox).send().await)?;
    scene.equal("the mock read it once", scene.mock.received_for(create).len(), 1);
    scene.equal("there was no answer", error.kind(), ErrorKind::NoAnswer);
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
    // What a program does then: it looks, and finds that the message went out.
    scene.mock.on(&op::activities::sms::LIST).fail(Fault::status(503));
    let sent = scene.client.activities().sms().list().lead_id(["lead_demo"]).send();
    let sent = scene.succeeds("the outcome can be looked up", sent.await)?;
    scene.equal("one message went out", sent.data.len(), 1);
    Ok(())
}

async fn lost_update(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let draft = scene.succeeds("there is a draft", sms(&scene.client, SmsStatus::Draft).send().await)?;
    let update = &op::activities::sms::UPDATE;
    scene.mock.on(update).fail(Fault::reset_mid_body());
    let send = scene
        .client
        .activities()
        .sms()
        .update(&*draft.id)
        .status(SmsStatus::Outbox);
    let error = scene.fails("the call fails", send.send().await)?;
    scene.equal("the mock read it once", scene.mock.received_for(update).len(), 1);
    scene.equal(
        "the error says to check the outcome",
        error.recovery(),
        Recovery::CheckOutcome,
    );
    Ok(())
}

async fn limited(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::activities::sms::CREATE).fail(Fault::limited());
    let sent = sms(&scene.client, SmsStatus::Outbox).send().await;
    let sent = scene.succeeds("the call succeeds", sent)?;
    scene.equal("it takes two attempts", sent.attempts().len(), 2);
    let waited = sent.attempts().last().map(|attempt| attempt.wait());
    let obeyed = waited.is_some_and(|wait| wait >= Duration::from_secs(1));
    scene.expect("the wait that was asked for is kept", obeyed, || {
        format!("waited {waited:?}")
    });
    scene.equal("one message went out", scene.mock.stored(SMS).len(), 1);
    Ok(())
}

async fn lead(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let leads = scene.client.leads();
    let create = leads.create().name("Ada Ltd").set("custom.cf_size", json!(12));
    let create = create.set("custom.cf_tags", json!(["north", "new"]));
    let made = scene.succeeds("the lead is created", create.send().await)?;
    scene
        .mock
        .on(&op::leads::RETRIEVE)
        .fail(Fault::html(502))
        .fail(Fault::reset_mid_body());
    let lead = scene.succeeds("the lead is read", leads.retrieve(&*made.id).send().await)?;
    scene.equal("it takes three attempts", lead.attempts().len(), 3);
    let field = |name: &str| lead.custom_fields.get(name).cloned().unwrap_or_default();
    scene.equal(
        "a number of the user's own is there",
        field("custom.cf_size"),
        json!(12),
    );
    let tags = json!(["north", "new"]);
    scene.equal("a list of the user's own is there", field("custom.cf_tags"), tags);
    Ok(())
}

async fn pages(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let id = |index: usize| format!("lead_{index:05}");
    let on = scene
        .mock
        .on(&op::leads::LIST)
        .list(ITEMS, |index| json!({"id": id(index)}));
    let mut leads = scene.client.leads().list().limit(PAGE as i64).items();
    let (mut seen, mut misplaced) = (0, 0);
    while let Some(lead) = leads.next().await {
        let lead = scene.succeeds("every page succeeds", lead)?;
        misplaced += usize::from(lead.id != id(seen));
        seen += 1;
        if seen == ITEMS / 2 {
            on.fail(Fault::status(503));
        }
    }
    scene.equal("every item comes", seen, ITEMS);
    scene.equal("in its place and once", misplaced, 0);
    scene.equal(
        "no page is asked for in vain",
        scene.mock.count(&op::leads::LIST),
        ITEMS / PAGE + 1,
    );
    Ok(())
}

async fn refused(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let body = json!({"errors": [], "field-errors": {"remote_phone": "This field is required."}});
    let fault = Fault::status(400).with_json(body);
    scene.mock.on(&op::activities::sms::CREATE).fail(fault);
    let error = scene.fails("the call fails", sms(&scene.client, SmsStatus::Outbox).send().await)?;
    scene.equal("it takes one attempt", error.attempts().len(), 1);
    scene.equal(
        "the error says to change the request",
        error.recovery(),
        Recovery::FixRequest,
    );
    let body = error.body::<integrator::Value>().unwrap_or_default();
    let named = body["field-errors"]["remote_phone"].is_string();
    scene.expect("the field is named", named, || format!("{error}"));
    Ok(())
}
