//! What is tried on Directus: collections of the user's own, long lists by offset, and its refusals, which say in the body
//! how long to wait.
//!
//! The mock keeps what is created, as a server does.

use std::time::Duration;

use integrator::directus::collection::{Collection, Filter};
use integrator::directus::{Client, PROVIDER, op};
use integrator::mock::{Fault, Mock};
use integrator::{ErrorKind, Recovery, Value, json};

use super::live::{self, Reading};
use super::memory;
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
        name: "10,000 items by offset, with a 503 on the way, in constant memory",
        survives: Some("10,000 items by offset"),
        run: |scene| Box::pin(pages(scene)),
    },
    Scenario {
        name: "an item is created, read, changed and deleted, with failures in between",
        survives: Some("500 for a delete"),
        run: |scene| Box::pin(life(scene)),
    },
    Scenario {
        name: "a create whose answer is lost is not sent again",
        survives: Some("lost create sent once"),
        run: |scene| Box::pin(lost_create(scene)),
    },
    Scenario {
        name: "429 whose body says when there is room again",
        survives: Some("429 told in the body"),
        run: |scene| Box::pin(limited(scene)),
    },
    Scenario {
        name: "an item that may not be read, by the server's own code",
        survives: None,
        run: |scene| Box::pin(forbidden(scene)),
    },
];

/// What is read from a live server.
const READINGS: &[Reading<Client>] = &[
    Reading {
        name: "users.me.retrieve",
        run: |client| {
            Box::pin(async {
                let me = client.users().me().retrieve().send().await?;
                Ok(live::found(usize::from(me.data.is_some()), 1))
            })
        },
    },
    Reading {
        name: "files.list",
        run: |client| {
            Box::pin(async {
                let files = client.files().list().fields(["id"]).limit(100).items();
                files
                    .collect_all(live::ITEMS)
                    .await
                    .map(|files| live::found(files.len(), live::ITEMS))
            })
        },
    },
];

/// Items of the long list, and how many a page holds.
const ITEMS: usize = 10_000;
const PAGE: u32 = 100;
/// How far the process may grow while it reads the list, in bytes: all of it are more than 20 million.
const GROWTH: u64 = 8 * 1024 * 1024;
/// Length of the text of an item in bytes.
const TEXT: usize = 2_000;

fn articles(scene: &Scene<'_, Client>) -> Collection<Value> {
    scene.client.collection("articles")
}

async fn pages(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let list = &op::items::LIST;
    let text = "x".repeat(TEXT);
    let on = scene
        .mock
        .on(list)
        .list(ITEMS, |index| json!({"id": index, "text": text}));
    let mut items = articles(scene).list().sort(["id"]).limit(PAGE).items();
    let (mut seen, mut misplaced) = (0, 0);
    let reading = async {
        while let Some(item) = items.next().await {
            let item = scene.succeeds("every page succeeds", item)?.into_inner();
            misplaced += usize::from(item["id"] != seen || item["text"].as_str().map(str::len) != Some(TEXT));
            seen += 1;
            if seen == ITEMS / 2 {
                on.fail(Fault::status(503));
            }
            if seen % 1_000 == 0 {
                scene.tick(seen as u64, ITEMS as u64);
            }
        }
        Ok(())
    };
    let (read, growth) = memory::growth_during(reading).await;
    read?;
    scene.equal("every item comes", seen, ITEMS);
    scene.equal("in its place, once and whole", misplaced, 0);
    // A list that does not say how long it is ends with a page that is not full.
    scene.equal(
        "no page is asked for in vain",
        scene.mock.count(list),
        ITEMS / PAGE as usize + 2,
    );
    if let Some(growth) = growth {
        scene.expect("memory does not grow with the list", growth <= GROWTH, || {
            format!("by {growth} bytes")
        });
    }
    Ok(())
}

async fn life(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let articles = articles(scene);
    let new = json!({"title": "Hello", "status": "draft"});
    let made = scene.succeeds("the item is created", articles.create(&new).send().await)?;
    let key = made["id"].to_string();
    scene.mock.on(&op::items::RETRIEVE).fail(Fault::truncate());
    let read = scene.succeeds("the item is read", articles.retrieve(&key).send().await)?;
    scene.equal("it is what was created", read["title"].clone(), json!("Hello"));
    let change = articles.update(&key, &json!({"status": "published"}));
    let changed = scene.succeeds("the item is changed", change.send().await)?;
    scene.equal("the rest stays", changed["title"].clone(), json!("Hello"));
    scene.mock.on(&op::items::DELETE).fail(Fault::status(500));
    scene.succeeds("the item is deleted", articles.delete(&key).send().await)?;
    scene.equal("nothing is left", scene.mock.stored("/items/articles").len(), 0);
    let gone = scene.fails("the item is gone", articles.retrieve(&key).send().await)?;
    // Directus does not tell what is not there from what one may not see.
    scene.equal("and the error says so", gone.kind(), ErrorKind::Forbidden);
    Ok(())
}

async fn lost_create(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let articles = articles(scene);
    scene.mock.on(&op::items::CREATE).fail(Fault::drop_after_read());
    let new = json!({"title": "Once"});
    let error = scene.fails("the call fails", articles.create(&new).send().await)?;
    scene.equal("the mock read it once", scene.mock.count(&op::items::CREATE), 1);
    scene.equal(
        "the error says to check the outcome",
        error.recovery(),
        Recovery::CheckOutcome,
    );
    scene.mock.on(&op::items::LIST).fail(Fault::status(503));
    let found = articles.list().filter(Filter::field("title").eq("Once")).send().await;
    let found = scene.succeeds("the outcome can be looked up", found)?;
    scene.equal("one item is there", found.len(), 1);
    Ok(())
}

async fn limited(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    scene.mock.on(&op::items::LIST).fail(Fault::limited());
    let list = scene.succeeds("the call succeeds", articles(scene).list().send().await)?;
    scene.equal("it takes two attempts", list.attempts().len(), 2);
    let waited = list.attempts().last().map(|attempt| attempt.wait());
    let obeyed = waited.is_some_and(|wait| wait >= Duration::from_millis(500));
    scene.expect("the wait that was asked for is kept", obeyed, || {
        format!("waited {waited:?}")
    });
    Ok(())
}

async fn forbidden(scene: &Scene<'_, Client>) -> Result<(), Stop> {
    let refusal = json!({"message": "You don't have permission.", "extensions": {"code": "FORBIDDEN"}});
    let fault = Fault::status(403).with_json(json!({ "errors": [refusal] }));
    scene.mock.on(&op::items::RETRIEVE).fail(fault);
    let error = scene.fails("the call fails", articles(scene).retrieve(7).send().await)?;
    scene.equal("it takes one attempt", error.attempts().len(), 1);
    scene.equal("the error holds the code", error.code(), Some("FORBIDDEN"));
    scene.equal(
        "the error says to look at what was asked for",
        error.recovery(),
        Recovery::FixRequest,
    );
    Ok(())
}
