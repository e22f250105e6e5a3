//! A streamed chat of 10,000 chunks: this engine against async-openai, in processor time of the client.
//!
//! Both sides read every member of every chunk into types of their own. The floor is what any client on reqwest pays
//! before it looks at a chunk: bytes off the connection, and events out of them. Goals: at most 0.30 of the peer's
//! time, and at most two allocations a chunk beyond those of the members that it owns.

use std::error::Error;
use std::fmt::Write as _;
use std::hint::black_box;

use async_openai::config::OpenAIConfig;
use async_openai::types::chat::{ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequestArgs};
use futures_util::StreamExt as _;
use integrator_core::wire::sse::Parser;
use integrator_core::{Client, decode};
use tokio::runtime::{Builder, Runtime};

use crate::asker::Asker;
use crate::chat::{self, Chunk};
use crate::contest::{self, contest};
use crate::server::Server;

/// Chunks of one stream.
const CHUNKS: u32 = 10_000;
const GOAL: f64 = 0.30;

type Peer = async_openai::Client<OpenAIConfig>;

pub(crate) fn run() -> Result<(), Box<dyn Error>> {
    if let Some(together) = std::env::args().nth(3) {
        return compare(together.parse()?);
    }
    // One event an HTTP chunk, as they leave a model, and many, as they arrive where a proxy joins them.
    compare(1)?;
    compare(64)
}

fn compare(together: u32) -> Result<(), Box<dyn Error>> {
    let answer = answer(together);
    let length = answer.len();
    let server = Server::start(answer)?;
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let engine = chat::client(&server.url())?;
    let bare = reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?;
    let config = OpenAIConfig::new().with_api_base(server.url()).with_api_key("key");
    let peer = Peer::with_config(config);
    let url = format!("{}/chat/completions", server.url());
    let ours = |chunks| assert_eq!(task(&runtime, ours(engine.clone())), chunks);
    let floor = |chunks| assert_eq!(task(&runtime, floor(bare.clone(), url.clone())), chunks);
    let theirs = |chunks| assert_eq!(task(&runtime, theirs(peer.clone())), chunks);
    contest(
        &format!("a chunk of a streamed chat, {together} at a time"),
        CHUNKS,
        GOAL,
        ours,
        theirs,
    );
    if std::env::args().nth(2).is_some() {
        return Ok(());
    }
    contest(
        &format!("the floor of it, {together} at a time"),
        CHUNKS,
        GOAL,
        floor,
        theirs,
    );
    if contest::COUNTS {
        // What the server's thread allocates would count as the client's.
        let mut asker = Asker::new(server.port, "POST / HTTP/1.1\r\n\r\n".to_owned())?;
        let own = contest::allocations(1, |_| asker.ask_for(length).expect("the server answers"));
        assert!(own < 0.5, "the server allocates {own} times");
        let chunk: Chunk = decode(event(0).as_bytes())?;
        let members = contest::allocations(1, |_| drop(black_box(&chunk).clone()));
        let beyond = contest::allocations(CHUNKS, ours) - members;
        contest::say(&format!(
            "the members of a chunk: {members} allocations; ours beyond them: {beyond:.2} (goal: at most 2)"
        ));
    }
    Ok(())
}

/// Lets a task do it, as in a server that calls on: the runtime's own first future goes to sleep for every chunk, which
/// would cost those who spawn no task inside a system call each.
fn task(runtime: &Runtime, work: impl Future<Output = u32> + Send + 'static) -> u32 {
    let done = runtime.block_on(runtime.spawn(work));
    done.expect("nothing panics or is cancelled")
}

async fn ours(client: Client) -> u32 {
    let mut events = chat::stream(&client).await.expect("the server answers");
    let mut read = 0;
    while let Some(chunk) = events.next().await {
        black_box(chunk.expect("the server answers chunks"));
        read += 1;
    }
    read
}

async fn floor(client: reqwest::Client, url: String) -> u32 {
    let answer = client.post(url).body("{}").send().await.expect("the server answers");
    let mut bytes = answer.bytes_stream();
    let mut parser = Parser::new(1 << 20);
    let mut read = 0;
    while let Some(bytes) = bytes.next().await {
        let bytes = bytes.expect("the server answers to the end");
        let mut rest = &bytes[..];
        while parser.advance(&mut rest).expect("no event is large") {
            read += u32::from(!black_box(parser.data()).starts_with(b"[DONE]"));
        }
    }
    read
}

async fn theirs(client: Peer) -> u32 {
    let message = ChatCompletionRequestUserMessageArgs::default().content("hi").build();
    let request = CreateChatCompletionRequestArgs::default()
        .model("gpt-5")
        .messages([message.expect("it is whole").into()])
        .build();
    let request = request.expect("it is whole");
    let mut events = client.chat().create_stream(request).await.expect("the server answers");
    let mut read = 0;
    while let Some(chunk) = events.next().await {
        black_box(chunk.expect("the server answers chunks"));
        read += 1;
    }
    read
}

fn answer(together: u32) -> Vec<u8> {
    let mut answer =
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let mut events = String::new();
    for number in 0..=CHUNKS {
        let data = if number == CHUNKS {
            "[DONE]".to_owned()
        } else {
            event(number)
        };
        // Writing to a String cannot fail.
        let _ = write!(events, "data: {data}\n\n");
        if number % together == 0 || number == CHUNKS {
            let _ = write!(answer, "{:x}\r\n{events}\r\n", events.len());
            events.clear();
        }
    }
    answer.push_str("0\r\n\r\n");
    answer.into_bytes()
}

fn event(number: u32) -> String {
    format!(
        "{{\"id\":\"chatcmpl-AbCdEf0123456789\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\
         \"model\":\"gpt-5-2026-08-07\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_0123456789\",\
         \"choices\":[{{\"index\":0,\"delta\":{{\"content\":\" word{number}\"}},\"logprobs\":null,\
         \"finish_reason\":null}}],\"usage\":null}}"
    )
}
