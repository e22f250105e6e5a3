//! Anthropic: headers that the engine sends, features in beta, lists of files.

use integrator_anthropic::{Client, types};
use integrator_core::testing::Scripted;
use integrator_core::{Call, Patch, RequestOptions, Upload, Value, json};

use crate::support;

async fn sent(call: impl FnOnce(&Client) -> Call<Value>) -> String {
    super::sent(support::anthropic([Scripted::json(&json!({}))]), call).await
}

#[tokio::test(start_paused = true)]
async fn json_with_the_headers_of_the_engine() {
    let call = |c: &Client| {
        let city = types::InputSchema::new().properties(json!({"city": {"type": "string"}}));
        c.messages()
            .create()
            .model("claude-sonnet-4-5")
            .max_tokens(100)
            .system("Be brief.")
            .messages([types::InputMessage::new("What is the weather?", "user")])
            .tools([types::CreateMessageParamsTools::Tool(types::Tool::new("weather", city))])
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_asked_for_in_the_body() {
    let (client, transport) = support::anthropic([Scripted::status(200)]);
    let create = client.messages().create().model("claude-sonnet-4-5").max_tokens(9);
    let said = [types::InputMessage::new("hi", "user")];
    let _ = create.messages(said).stream().await;
    insta::assert_snapshot!(support::raw(&transport.received()[0]));
}

#[tokio::test(start_paused = true)]
async fn features_in_beta_are_one_header() {
    let call = |c: &Client| {
        c.beta()
            .messages()
            .create()
            .betas(["context-1m-2025-08-07", "files-api-2025-04-14"])
            .model("claude-sonnet-4-5")
            .max_tokens(9)
            .messages([types::BetaInputMessage::new("user").content("hi")])
            .with(RequestOptions::new().beta("one-more-2026-01-01"))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn an_operation_in_beta_says_so_by_itself() {
    insta::assert_snapshot!(sent(|c| c.beta().environments().retrieve("env_1").raw()).await);
}

#[tokio::test(start_paused = true)]
async fn an_argument_in_a_header() {
    let call = |c: &Client| c.models().list().anthropic_workspace_id("wrkspc_1").limit(20).raw();
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_whose_names_end_in_brackets() {
    let call = |c: &Client| {
        c.models()
            .list()
            .lifecycle(["active", "deprecated"])
            .after_id("m 1&2")
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_that_unsets() {
    let call = |c: &Client| {
        c.messages()
            .create()
            .model("claude-sonnet-4-5")
            .max_tokens(9)
            .messages([types::InputMessage::new("hi", "user")])
            .cache_control(Patch::unset())
            .inference_geo(Patch::keep())
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart() {
    let call = |c: &Client| {
        let plan = Upload::bytes("plan.txt", "one\ntwo");
        c.files().upload().expires_in_seconds(3_600).file(plan).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart_of_a_list_of_files() {
    let call = |c: &Client| {
        let files = vec![
            Upload::bytes("skill/SKILL.md", "# Skill"),
            Upload::bytes("skill/run.py", "pass"),
        ];
        c.skills().create().display_name("Ledger").files(files).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn calls_within_a_call() {
    let (client, transport) = support::anthropic([Scripted::json(&json!({}))]);
    let ask = |text: &str| {
        let create = client.messages().create().model("claude-sonnet-4-5").max_tokens(9);
        create.messages([types::InputMessage::new(text, "user")])
    };
    let _ = client.batch([ask("one"), ask("two")]).send().await;
    insta::assert_snapshot!(support::raw(&transport.received()[0]));
}
