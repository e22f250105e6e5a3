//! A streamed chat of 10,000 chunks on loopback: this engine against async-openai, in processor time of the client.
//!
//! `cargo run --release` in this folder. Both sides read every member of every chunk into types of their own; the server
//! is a thread that has its answer ready. Goal: at most 0.30 of the peer's time.

use std::error::Error;
use std::hint::black_box;

use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs};
use futures_util::StreamExt as _;
use tokio::runtime::Builder;

mod chat;
#[path = "../../benches/race.rs"]
mod race;
mod server;

/// Chunks of one stream.
const CHUNKS: u32 = 10_000;

fn main() -> Result<(), Box<dyn Error>> {
    // One event an HTTP chunk, as they leave a model, and many, as they arrive where a proxy or a slow reader joins them.
    for together in [1, 64] {
        compare(together)?;
    }
    Ok(())
}

fn compare(together: u32) -> Result<(), Box<dyn Error>> {
    let port = server::start(CHUNKS, together)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let ours = chat::client(&format!("http://127.0.0.1:{port}"))?;
    let config = OpenAIConfig::new()
        .with_api_base(format!("http://127.0.0.1:{port}"))
        .with_api_key("key");
    let theirs = async_openai::Client::with_config(config);
    race::race(
        &format!("a chunk of a streamed chat, {together} at a time"),
        CHUNKS,
        0.30,
        |chunks| {
            let read = runtime.block_on(async {
                let mut events = chat::stream(&ours).await.expect("the server answers");
                let mut read = 0;
                while let Some(chunk) = events.next().await {
                    black_box(chunk.expect("the server answers chunks"));
                    read += 1;
                }
                read
            });
            assert_eq!(read, chunks);
        },
        |chunks| {
            let read = runtime.block_on(async {
                let message = ChatCompletionRequestUserMessageArgs::default().content("hi").build();
                let request = CreateChatCompletionRequestArgs::default()
                    .model("gpt-5")
                    .messages([message.expect("it is whole").into()])
                    .build();
                let request = request.expect("it is whole");
                let mut events = theirs.chat().create_stream(request).await.expect("the server answers");
                let mut read = 0;
                while let Some(chunk) = events.next().await {
                    black_box(chunk.expect("the server answers chunks"));
                    read += 1;
                }
                read
            });
            assert_eq!(read, chunks);
        },
    );
    Ok(())
}
