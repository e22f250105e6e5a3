//! Requests whose shape depends on what is given, keys by what is asked for, and what is sent twice.

use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{RequestOptions, Upload, json};
use integrator_mock::{Fault, Mock};
use integrator_openai::types::AudioTranscriptionsCreateResponse;
use integrator_openai::{Client, Credential, PROVIDER, op};

use crate::{body, client, header};

#[tokio::test]
async fn a_transcription_is_a_document_or_a_text_as_the_answer_says() {
    let (client, transport) = client([
        Scripted::json(&json!({"text": "hello"})),
        Scripted::status(200)
            .header("content-type", "text/plain; charset=utf-8")
            .chunk("hello\n"),
    ]);
    let recording = || Upload::bytes("a.mp3", "sound");
    let create = || {
        client
            .audio()
            .transcriptions()
            .create()
            .model("whisper-1")
            .file(recording())
    };
    let answer = create().send().await.unwrap().into_inner();
    let AudioTranscriptionsCreateResponse::CreateTranscriptionResponseJson(document) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(document.text, "hello");
    let answer = create().response_format("text").send().await.unwrap().into_inner();
    assert!(
        matches!(&answer, AudioTranscriptionsCreateResponse::String(text) if text == "hello\n"),
        "{answer:?}"
    );
    let sent = String::from_utf8_lossy(&transport.received()[1].body).into_owned();
    assert!(sent.contains("name=\"response_format\"\r\n\r\ntext\r\n"), "{sent}");
    assert!(sent.contains("name=\"file\"; filename=\"a.mp3\""), "{sent}");
}

#[tokio::test]
async fn an_edit_of_images_is_multipart_with_files_and_json_without() {
    let image = json!({"created": 1, "data": [{"b64_json": "aGk="}]});
    let (client, transport) = client([Scripted::json(&image), Scripted::json(&image), Scripted::json(&image)]);
    let edit = || {
        client
            .images()
            .edit()
            .prompt("a hat")
            .set("model", json!("gpt-image-1"))
    };
    let png = |name: &str| Upload::bytes(name, "png");
    edit().image(png("a.png")).send().await.unwrap();
    edit().image([png("a.png"), png("b.png")]).send().await.unwrap();
    edit()
        .set("images", json!([{"file_id": "file-1"}]))
        .send()
        .await
        .unwrap();

    let received = transport.received();
    let text = |index: usize| String::from_utf8_lossy(&received[index].body).into_owned();
    for index in [0, 1] {
        assert!(header(&received[index], "content-type").starts_with("multipart/form-data; boundary="));
    }
    assert!(text(0).contains("name=\"image\"; filename=\"a.png\""), "{}", text(0));
    assert_eq!(text(1).matches("name=\"image[]\"; filename=").count(), 2, "{}", text(1));
    assert_eq!(header(&received[2], "content-type"), "application/json");
    assert_eq!(
        body(&received[2]),
        json!({"prompt": "a hat", "model": "gpt-image-1", "images": [{"file_id": "file-1"}]})
    );
}

#[tokio::test]
async fn the_administrators_key_goes_with_administration_and_nothing_else() {
    let page =
        || Scripted::json(&json!({"object": "list", "data": [], "has_more": false, "first_id": "", "last_id": ""}));
    let transport = ScriptedTransport::new([page(), page(), page()]);
    let builder = Client::builder()
        .credential(Credential::bearer("usual"))
        .transport(transport.clone());
    let client: Client = builder.key("admin", Credential::bearer("admin")).build().unwrap();
    client.admin().organization().projects().list().send().await.unwrap();
    client.models().list().send().await.unwrap();
    client.files().list().send().await.unwrap();
    let sent: Vec<(String, String)> = transport
        .received()
        .iter()
        .map(|request| {
            (
                request.uri.path().to_owned(),
                header(request, "authorization").to_owned(),
            )
        })
        .collect();
    let expected = [
        ("/v1/organization/projects", "Bearer admin"),
        ("/v1/models", "Bearer usual"),
        ("/v1/files", "Bearer usual"),
    ];
    assert_eq!(sent, expected.map(|(path, key)| (path.to_owned(), key.to_owned())));
}

#[tokio::test]
async fn beta_headers_are_the_operations_and_the_callers() {
    let (client, transport) = client([
        Scripted::json(&json!({"object": "list", "data": [], "has_more": false})),
        Scripted::json(&json!({"object": "list", "data": [], "has_more": false})),
        Scripted::json(&json!({"object": "list", "data": []})),
    ]);
    let agents = client.beta().agents();
    agents.list().send().await.unwrap();
    agents
        .list()
        .with(RequestOptions::new().beta("newer=v2"))
        .send()
        .await
        .unwrap();
    client.models().list().send().await.unwrap();
    let received = transport.received();
    assert_eq!(header(&received[0], "openai-beta"), "agents=v1");
    assert_eq!(header(&received[1], "openai-beta"), "agents=v1,newer=v2");
    assert!(!received[2].headers.contains_key("openai-beta"));
}

#[tokio::test(start_paused = true)]
async fn what_leaves_nothing_behind_is_repeated_and_what_goes_on_by_itself_is_not() {
    let failed = || Scripted::status(500).with_json(&json!({"error": {"code": "server_error"}}));
    let vectors = json!({"object": "list", "model": "m", "data": [], "usage": {"prompt_tokens": 1, "total_tokens": 1}});
    let (client, transport) = client([failed(), Scripted::json(&vectors), failed()]);
    client.embeddings().create().model("m").input("x").send().await.unwrap();
    assert_eq!(transport.received().len(), 2);

    let respond = client.responses().create().model("gpt-5").input("x").background(true);
    let error = respond.send().await.unwrap_err();
    assert!(error.may_have_been_sent());
    assert_eq!(transport.received().len(), 3, "it may go on at the provider");
}

#[tokio::test]
async fn a_file_is_uploaded_read_back_and_deleted() {
    let mock = Mock::builder(PROVIDER).stateful().start().await.unwrap();
    let builder = Client::builder()
        .base_url(mock.url())
        .credential(Credential::bearer("key"));
    let client: Client = builder.build().unwrap();
    let files = client.files();
    let content = "line\n".repeat(50_000);
    let file = files
        .create()
        .purpose("user_data")
        .file(Upload::bytes("a.txt", content.clone()));
    let file = file.send().await.unwrap().into_inner();
    assert_eq!((file.bytes, &*file.filename), (250_000, "a.txt"));
    assert_eq!(files.retrieve(&file.id).send().await.unwrap().id, file.id);
    let download = files.content(&file.id).send().await.unwrap().into_inner();
    assert_eq!(download.bytes(1 << 20).await.unwrap(), content);
    let listed = files.list().purpose("user_data").items().collect_all(10).await.unwrap();
    assert_eq!(listed.iter().map(|listed| &listed.id).collect::<Vec<_>>(), [&file.id]);
    assert!(files.delete(&file.id).send().await.unwrap().deleted);
    assert!(files.retrieve(&file.id).send().await.unwrap_err().is_not_found());
    assert!(files.content(&file.id).send().await.unwrap_err().is_not_found());
    mock.on(&op::files::CREATE).fail(Fault::status(400));
    assert_eq!(mock.violations(), [""; 0]);
}
