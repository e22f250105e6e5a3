//! Mocks that keep what is created: its whole life, in the shape that each provider gives it.

use integrator_core::{Operation, Provider, operation::Next, operation::Paging};
use integrator_mock::Mock;
use serde_json::{Value, json};

use crate::client::{Answer, LIST_CUSTOMERS, STRIPE, get, send};

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";
const JSON: &str = "content-type: application/json\r\n";

static LIST_SUBSCRIPTIONS: Operation = Operation {
    id: "webhooks_list-webhook-subscriptions",
    name: "webhook_subscriptions.list",
    path: "/webhook_subscriptions",
    paging: Some(BY_TOKEN),
    ..Operation::DEFAULT
};
static LIST_INVITEES: Operation = Operation {
    id: "scheduledEvents_list-event-invitees",
    path: "/scheduled_events/{uuid}/invitees",
    paging: Some(BY_TOKEN),
    ..Operation::DEFAULT
};
const BY_TOKEN: Paging = Paging {
    items: "collection",
    next: Next::Token {
        argument: "page_token",
        path: "pagination.next_page_token",
        more: "",
    },
    size: Some("count"),
};
static CALENDLY: Provider = Provider {
    name: "calendly",
    base_url: Some("https://api.calendly.com"),
    operations: &[&LIST_SUBSCRIPTIONS, &LIST_INVITEES],
    ..Provider::DEFAULT
};

async fn stateful(provider: &'static Provider) -> Mock {
    Mock::builder(provider)
        .stateful()
        .start()
        .await
        .expect("loopback has a free port")
}

/// Sends, and holds the answer against the contract.
async fn ask(mock: &Mock, method: &str, target: &str, headers: &str, body: &str) -> Answer {
    let answer = send(mock, method, target, headers, body)
        .await
        .expect("the mock answers");
    let path = target.split('?').next().unwrap_or_default();
    let (operation, _) = mock
        .contract()
        .route(method, path)
        .expect("the path is in the contract");
    if answer.status < 300 {
        let media_type = answer.header("content-type");
        let found = mock
            .contract()
            .validate_response(operation, answer.status, media_type, &answer.body);
        assert_eq!(
            found,
            [],
            "{method} {target}: {}",
            String::from_utf8_lossy(&answer.body)
        );
    }
    answer
}

fn ids(list: &Value) -> Vec<&str> {
    let items = list["data"].as_array().map_or(&[][..], Vec::as_slice);
    items.iter().filter_map(|item| item["id"].as_str()).collect()
}

#[tokio::test]
async fn a_customers_whole_life() {
    let mock = stateful(&STRIPE).await;
    assert_eq!(ask(&mock, "GET", "/v1/customers/cus_1", "", "").await.status, 404);
    let body = "email=ada%40example.com&name=Ada&metadata[a]=1&metadata[b]=2&address[city]=London";
    let created = ask(&mock, "POST", "/v1/customers", FORM, body).await.json();
    let id = created["id"].as_str().unwrap();
    assert!(id.starts_with("cus_") && id.len() == 18, "{id}");
    assert_eq!(created["email"], "ada@example.com");
    assert_eq!(created["metadata"], json!({"a": "1", "b": "2"}));
    assert_eq!(
        (&created["address"]["city"], &created["livemode"]),
        (&json!("London"), &json!(false))
    );
    assert!(created["created"].as_u64().unwrap() > 1_700_000_000);

    let path = format!("/v1/customers/{id}");
    assert_eq!(ask(&mock, "GET", &path, "", "").await.json(), created);
    let changed = ask(
        &mock,
        "POST",
        &path,
        FORM,
        "name=&email=b%40c.d&metadata[a]=&metadata[c]=3",
    )
    .await
    .json();
    assert_eq!(changed["metadata"], json!({"b": "2", "c": "3"}));
    assert_eq!(
        (changed["email"].as_str(), changed.get("name").and_then(Value::as_str)),
        (Some("b@c.d"), None)
    );
    assert_eq!(changed["created"], created["created"]);
    assert_eq!(mock.stored("/v1/customers"), [changed]);

    let deleted = ask(&mock, "DELETE", &path, "", "").await.json();
    assert_eq!((&deleted["id"], &deleted["deleted"]), (&json!(id), &json!(true)));
    let twin = ask(&mock, "GET", &path, "", "").await;
    assert_eq!(
        (twin.status, twin.json()),
        (200, deleted),
        "what is deleted leaves its twin"
    );
    assert_eq!(ask(&mock, "POST", &path, FORM, "name=x").await.status, 404);
    assert_eq!(ask(&mock, "DELETE", &path, "", "").await.status, 404);
    assert_eq!(ids(&ask(&mock, "GET", "/v1/customers", "", "").await.json()), [""; 0]);
}

#[tokio::test]
async fn a_list_is_paged_and_filtered_and_begins_with_the_newest() {
    let mock = stateful(&STRIPE).await;
    for n in 0..5 {
        ask(
            &mock,
            "POST",
            "/v1/customers",
            FORM,
            &format!("email=e{}%40x.y&name=n{n}", n % 2),
        )
        .await;
    }
    let all = mock.stored("/v1/customers");
    let all: Vec<&str> = all.iter().rev().filter_map(|item| item["id"].as_str()).collect();
    let first = ask(&mock, "GET", "/v1/customers?limit=2", "", "").await.json();
    assert_eq!((ids(&first), &first["has_more"]), (all[..2].to_vec(), &json!(true)));
    let next = format!("/v1/customers?limit=3&starting_after={}", all[1]);
    let next = ask(&mock, "GET", &next, "", "").await.json();
    assert_eq!((ids(&next), &next["has_more"]), (all[2..].to_vec(), &json!(false)));
    let some = ask(&mock, "GET", "/v1/customers?email=e1%40x.y", "", "").await.json();
    assert_eq!(ids(&some), [all[1], all[3]]);
    mock.reset();
    assert!(mock.stored("/v1/customers").is_empty());
}

#[tokio::test]
async fn payments_move_on() {
    let mock = stateful(&STRIPE).await;
    let created = ask(&mock, "POST", "/v1/payment_intents", FORM, "amount=2000&currency=eur")
        .await
        .json();
    assert_eq!(
        (&created["amount"], &created["currency"]),
        (&json!(2000), &json!("eur"))
    );
    assert_eq!(created["status"], "requires_payment_method");
    let id = created["id"].as_str().unwrap();
    assert!(
        created["client_secret"]
            .as_str()
            .unwrap()
            .starts_with(&format!("{id}_secret_"))
    );
    let confirmed = ask(&mock, "POST", &format!("/v1/payment_intents/{id}/confirm"), FORM, "")
        .await
        .json();
    assert_eq!(
        (&confirmed["status"], &confirmed["amount_received"]),
        (&json!("succeeded"), &json!(2000))
    );
    let refund = ask(
        &mock,
        "POST",
        "/v1/refunds",
        FORM,
        &format!("payment_intent={id}&amount=500"),
    )
    .await
    .json();
    assert_eq!(
        (&refund["payment_intent"], &refund["amount"]),
        (&json!(id), &json!(500))
    );
    let of_it = ask(&mock, "GET", &format!("/v1/refunds?payment_intent={id}"), "", "")
        .await
        .json();
    assert_eq!(ids(&of_it), [refund["id"].as_str().unwrap()]);

    let invoice = ask(&mock, "POST", "/v1/invoices", FORM, "customer=cus_1").await.json();
    assert_eq!(
        (&invoice["status"], &invoice["customer"]),
        (&json!("draft"), &json!("cus_1"))
    );
    let path = format!("/v1/invoices/{}", invoice["id"].as_str().unwrap());
    for (action, status) in [("finalize", "open"), ("pay", "paid"), ("void", "void")] {
        let after = ask(&mock, "POST", &format!("{path}/{action}"), FORM, "").await.json();
        assert_eq!(after["status"], status);
    }
}

#[tokio::test]
async fn products_and_prices_take_what_is_sent() {
    let mock = stateful(&STRIPE).await;
    let product = ask(
        &mock,
        "POST",
        "/v1/products",
        FORM,
        "id=tea&name=Tea&default_price_data[currency]=eur",
    )
    .await
    .json();
    assert_eq!(
        (&product["id"], &product["name"], &product["active"]),
        (&json!("tea"), &json!("Tea"), &json!(true))
    );
    let body = "product=tea&currency=eur&unit_amount=500&recurring[interval]=month";
    let price = ask(&mock, "POST", "/v1/prices", FORM, body).await.json();
    assert_eq!((&price["product"], &price["unit_amount"]), (&json!("tea"), &json!(500)));
    let off = ask(&mock, "POST", "/v1/products/tea", FORM, "active=false")
        .await
        .json();
    assert_eq!((&off["active"], &off["name"]), (&json!(false), &json!("Tea")));
}

#[tokio::test]
async fn bookings_and_subscriptions_have_uris() {
    let mock = stateful(&CALENDLY).await;
    let body = json!({"event_type": "https://api.calendly.com/event_types/A", "start_time": "2026-12-01T10:00:00Z",
        "invitee": {"name": "Ada", "email": "ada@example.com", "timezone": "Europe/Berlin"}});
    let booked = ask(&mock, "POST", "/invitees", JSON, &body.to_string()).await.json()["resource"].clone();
    assert_eq!(
        (&booked["email"], &booked["name"]),
        (&json!("ada@example.com"), &json!("Ada"))
    );
    let event = booked["event"]
        .as_str()
        .unwrap()
        .strip_prefix("https://api.calendly.com")
        .unwrap()
        .to_owned();
    let own = booked["uri"]
        .as_str()
        .unwrap()
        .strip_prefix("https://api.calendly.com")
        .unwrap();
    assert!(own.starts_with(&format!("{event}/invitees/")), "{own}");
    assert_eq!(ask(&mock, "GET", own, "", "").await.json()["resource"], booked);
    let listed = ask(
        &mock,
        "GET",
        &format!("{event}/invitees?email=ada%40example.com"),
        "",
        "",
    )
    .await
    .json();
    assert_eq!(listed["collection"], json!([booked]));
    let meeting = ask(&mock, "GET", &event, "", "").await.json()["resource"].clone();
    assert_eq!(
        (&meeting["status"], &meeting["start_time"]),
        (&json!("active"), &json!("2026-12-01T10:00:00Z"))
    );
    let cancelled = ask(
        &mock,
        "POST",
        &format!("{event}/cancellation"),
        JSON,
        r#"{"reason": "ill"}"#,
    )
    .await;
    assert_eq!(
        (cancelled.status, &cancelled.json()["resource"]["reason"]),
        (201, &json!("ill"))
    );
    assert_eq!(
        ask(&mock, "GET", &event, "", "").await.json()["resource"]["status"],
        "canceled"
    );

    let hook = json!({"url": "https://a.example/hook", "events": ["invitee.created"], "scope": "organization",
        "organization": "https://api.calendly.com/organizations/O"});
    let hook = ask(&mock, "POST", "/webhook_subscriptions", JSON, &hook.to_string()).await;
    assert_eq!(hook.status, 201);
    let hook = hook.json()["resource"].clone();
    assert_eq!(
        (&hook["callback_url"], &hook["state"]),
        (&json!("https://a.example/hook"), &json!("active"))
    );
    let listed =
        "/webhook_subscriptions?scope=organization&organization=https%3A%2F%2Fapi.calendly.com%2Forganizations%2FO";
    assert_eq!(
        ask(&mock, "GET", listed, "", "").await.json()["collection"],
        json!([hook])
    );
    let path = hook["uri"]
        .as_str()
        .unwrap()
        .strip_prefix("https://api.calendly.com")
        .unwrap();
    assert_eq!(ask(&mock, "DELETE", path, "", "").await.status, 204);
    assert_eq!(ask(&mock, "GET", path, "", "").await.status, 404);
}

#[tokio::test]
async fn objects_can_be_put_there_and_scripts_go_before() {
    let mock = stateful(&STRIPE).await;
    assert!(mock.store("/v1/customers", [json!({"id": "cus_1", "name": "Ada"})]));
    assert!(!mock.store("/v1/nothing", [json!({})]));
    let found = ask(&mock, "GET", "/v1/customers/cus_1", "", "").await.json();
    assert_eq!((&found["name"], &found["object"]), (&json!("Ada"), &json!("customer")));
    mock.on(&LIST_CUSTOMERS).answer(json!({"data": []}));
    assert_eq!(get(&mock, "/v1/customers").await.unwrap().json(), json!({"data": []}));
    assert_eq!(
        get(&mock, "/v1/charges/ch_1").await.unwrap().status,
        200,
        "what has no table answers an example"
    );
}

static CLOSE: Provider = Provider {
    name: "close",
    ..Provider::DEFAULT
};

#[tokio::test]
async fn leads_contacts_messages_and_hooks() {
    let mock = stateful(&CLOSE).await;
    let body =
        json!({"name": "Acme", "contacts": [{"name": "Ada", "emails": [{"email": "ada@acme.com", "type": "office"}]}]});
    let lead = ask(&mock, "POST", "/lead/", JSON, &body.to_string()).await.json();
    let id = lead["id"].as_str().unwrap();
    assert!(id.starts_with("lead_"), "{id}");
    assert_eq!((&lead["name"], &lead["display_name"]), (&json!("Acme"), &json!("Acme")));
    assert_eq!(lead["contacts"][0]["emails"][0]["email"], "ada@acme.com");
    let path = format!("/lead/{id}/");
    let changed = ask(&mock, "PUT", &path, JSON, r#"{"description": "d"}"#).await.json();
    assert_eq!(
        (&changed["description"], &changed["name"]),
        (&json!("d"), &json!("Acme"))
    );

    let body = json!({"lead_id": id, "name": "Grace"});
    let contact = ask(&mock, "POST", "/contact/", JSON, &body.to_string()).await.json();
    let body = json!({"status": "outbox", "text": "hi", "lead_id": id, "contact_id": contact["id"]});
    let sms = ask(&mock, "POST", "/activity/sms/", JSON, &body.to_string())
        .await
        .json();
    assert_eq!(
        (&sms["text"], &sms["status"], &sms["_type"]),
        (&json!("hi"), &json!("outbox"), &json!("SMS"))
    );
    let of_lead = ask(&mock, "GET", &format!("/activity/sms/?lead_id={id}"), "", "")
        .await
        .json();
    assert_eq!(of_lead["data"], json!([sms]));
    let none = ask(&mock, "GET", "/activity/sms/?lead_id=lead_other", "", "")
        .await
        .json();
    assert_eq!(none["data"], json!([]));

    let body = json!({"url": "https://a.example", "events": [{"object_type": "lead", "action": "updated"}]});
    let hook = ask(&mock, "POST", "/webhook/", JSON, &body.to_string()).await;
    assert_eq!(
        (hook.status, &hook.json()["url"], &hook.json()["status"]),
        (201, &json!("https://a.example"), &json!("active"))
    );
    assert_eq!(ask(&mock, "DELETE", &path, "", "").await.json(), json!({}));
    assert_eq!(ask(&mock, "GET", &path, "", "").await.status, 404);
}

static DIRECTUS: Provider = Provider {
    name: "directus",
    ..Provider::DEFAULT
};

#[tokio::test]
async fn items_of_any_collection_one_and_many() {
    let mock = stateful(&DIRECTUS).await;
    let one = ask(
        &mock,
        "POST",
        "/items/articles",
        JSON,
        r#"{"title": "a", "tags": ["x"]}"#,
    )
    .await
    .json();
    assert_eq!(
        (&one["data"]["title"], &one["data"]["tags"]),
        (&json!("a"), &json!(["x"]))
    );
    let id = one["data"]["id"].to_string();
    let path = format!("/items/articles/{id}");
    assert_eq!(ask(&mock, "GET", &path, "", "").await.json()["data"], one["data"]);
    let many = ask(
        &mock,
        "POST",
        "/items/articles",
        JSON,
        r#"[{"title": "b"}, {"title": "c", "id": "own"}]"#,
    )
    .await
    .json();
    assert_eq!(
        (&many["data"][0]["title"], &many["data"][1]["id"]),
        (&json!("b"), &json!("own"))
    );
    let change = r#"{"keys": ["own"], "data": {"title": "d"}}"#;
    let changed = ask(&mock, "PATCH", "/items/articles", JSON, change).await.json();
    assert_eq!(changed["data"], json!([{"title": "d", "id": "own"}]));
    assert_eq!(
        ask(&mock, "GET", "/items/pages", "", "").await.json()["data"],
        json!([]),
        "another collection"
    );
    let listed = ask(&mock, "GET", "/items/articles", "", "").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 3);
    let gone = format!("[{id}, \"own\"]");
    assert_eq!(ask(&mock, "DELETE", "/items/articles", JSON, &gone).await.status, 204);
    assert_eq!(ask(&mock, "GET", &path, "", "").await.status, 403);
    assert_eq!(mock.stored("/items/articles").len(), 1);

    let boundary = "content-type: multipart/form-data; boundary=x\r\n";
    let body = "--x\r\ncontent-disposition: form-data; name=\"title\"\r\n\r\nT\r\n--x\r\n\
        content-disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\ncontent-type: text/plain\r\n\r\nhello\r\n--x--\r\n";
    let file = ask(&mock, "POST", "/files", boundary, body).await.json()["data"].clone();
    assert_eq!(
        (&file["title"], &file["filename_download"], &file["type"]),
        (&json!("T"), &json!("a.txt"), &json!("text/plain"))
    );
    let path = format!("/files/{}", file["id"].as_str().unwrap());
    assert_eq!(ask(&mock, "DELETE", &path, "", "").await.status, 204);
    assert_eq!(ask(&mock, "GET", &path, "", "").await.status, 403);
}
