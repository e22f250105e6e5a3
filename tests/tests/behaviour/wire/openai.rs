//! OpenAI: JSON with unions, multipart with lists, names with brackets, features in beta, another key for administration.

use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Call, Credential, Patch, RequestOptions, Upload, Value, json};
use integrator_openai::{Client, types};

use crate::support;

async fn sent(call: impl FnOnce(&Client) -> Call<Value>) -> String {
    super::sent(support::openai([Scripted::json(&json!({}))]), call).await
}

fn question(text: &str) -> types::ChatCompletionRequestMessage {
    let message = types::ChatCompletionRequestUserMessage::new(text);
    types::ChatCompletionRequestMessage::ChatCompletionRequestUserMessage(message)
}

#[tokio::test(start_paused = true)]
async fn json_of_unions_by_tag_and_by_type() {
    let call = |c: &Client| {
        let weather = types::FunctionObject::new("weather").parameters(json!({"type": "object"}));
        let weather =
            types::CreateChatCompletionRequestTools::ChatCompletionTool(types::ChatCompletionTool::new(weather));
        c.chat()
            .completions()
            .create()
            .model("gpt-5")
            .messages([question("What is \"18 °C\"?")])
            .tools([weather])
            .tool_choice("auto")
            .stop(types::StopConfiguration::from("\n"))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_asked_for_in_the_body() {
    let (client, transport) = support::openai([Scripted::status(200)]);
    let create = client
        .chat()
        .completions()
        .create()
        .model("gpt-5")
        .messages([question("hi")]);
    let _ = create.stream().await;
    insta::assert_snapshot!(support::raw(&transport.received()[0]));
}

#[tokio::test(start_paused = true)]
async fn json_of_a_text_or_a_list() {
    insta::assert_snapshot!(sent(|c| c.responses().create().model("gpt-5").input("Name a prime.").raw()).await);
}

#[tokio::test(start_paused = true)]
async fn json_that_unsets() {
    let call = |c: &Client| c.conversations().update("conv_1").metadata(Patch::unset()).raw();
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_post_without_a_body() {
    insta::assert_snapshot!(sent(|c| c.responses().cancel("resp_1").raw()).await);
}

#[tokio::test(start_paused = true)]
async fn query_of_an_object_in_brackets() {
    let call = |c: &Client| {
        c.chat()
            .completions()
            .list()
            .model("gpt-5")
            .metadata([("team", "engines"), ("a b", "c&d")])
            .limit(20)
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn query_whose_names_end_in_brackets_with_the_key_of_administration() {
    let transport = ScriptedTransport::new([Scripted::json(&json!({}))]);
    let client = Client::builder()
        .credential(Credential::bearer("key"))
        .key("admin", Credential::header("x-api-key", "admin"))
        .transport(transport.clone())
        .build()
        .unwrap();
    let call = |c: &Client| {
        c.admin()
            .organization()
            .audit_logs()
            .list()
            .project_ids(["proj_1", "proj_2"])
            .actor_emails(["ada+lovelace@example.com"])
            .raw()
    };
    insta::assert_snapshot!(super::sent((client, transport), call).await);
}

#[tokio::test(start_paused = true)]
async fn headers_of_a_feature_in_beta_and_of_the_callers_own() {
    let call = |c: &Client| {
        let options = RequestOptions::new()
            .beta("one-more=v2")
            .header("OpenAI-Organization", "org_1");
        c.beta().agents().environments().retrieve("env_1").with(options).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn a_key_where_the_provider_takes_one() {
    let call = |c: &Client| {
        let environment = types::CreateAgentEnvironmentBodyEnvironment::new().env([("TEAM", "engines")]);
        let create = c.beta().agents().environments().create().environment(environment);
        create.with("order-42").raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart_of_an_object_in_brackets() {
    let call = |c: &Client| {
        c.files()
            .create()
            .purpose("batch")
            .expires_after(types::FileExpirationAfter::new(3_600))
            .file(Upload::bytes("calls.jsonl", "{}\n"))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart_of_lists_in_brackets() {
    let call = |c: &Client| {
        c.audio()
            .transcriptions()
            .create()
            .model("whisper-1")
            .timestamp_granularities(["word", "segment"])
            .temperature(0.5)
            .file(Upload::bytes("speech.wav", "RIFF"))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart_of_several_files() {
    let call = |c: &Client| {
        let image = |name: &str| Upload::bytes(name, "PNG");
        c.images()
            .edit()
            .prompt("A red hat.")
            .image(vec![image("a.png"), image("b.png")])
            .mask_file(image("mask.png"))
            .raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn json_where_no_file_is_given() {
    let call = |c: &Client| {
        let hat = types::ImageRefParam::new().file_id("file_1");
        c.images().edit().prompt("A red hat.").images([hat]).raw()
    };
    insta::assert_snapshot!(sent(call).await);
}

#[tokio::test(start_paused = true)]
async fn multipart_of_a_text_with_a_type_of_its_own() {
    let (client, transport) = support::openai([Scripted::status(201).header("content-type", "application/sdp")]);
    let _ = client.realtime().calls().create().sdp("v=0\r\n").send().await;
    insta::assert_snapshot!(support::raw(&transport.received()[0]));
}
