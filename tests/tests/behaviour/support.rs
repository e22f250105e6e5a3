//! Clients over a scripted transport, and a request as text.

use std::fmt::Write as _;
use std::path::PathBuf;

use integrator_core::testing::{Recorded, Scripted, ScriptedTransport};
use integrator_core::{Client, ClientBuilder, Credential, Provider, Value};

/// Both providers.
pub(crate) const PROVIDERS: [&Provider; 2] = [integrator_calendly::PROVIDER, integrator_stripe::PROVIDER];

/// A client builder with a bearer key and a seed, over this script.
pub(crate) fn scripted<C>(
    builder: ClientBuilder<C>,
    script: impl IntoIterator<Item = Scripted>,
) -> (ClientBuilder<C>, ScriptedTransport) {
    let transport = ScriptedTransport::new(script);
    let builder = builder
        .credential(Credential::bearer("key"))
        .seed(7)
        .transport(transport.clone());
    (builder, transport)
}

/// A Calendly client over this script.
pub(crate) fn calendly(script: impl IntoIterator<Item = Scripted>) -> (integrator_calendly::Client, ScriptedTransport) {
    built(scripted(integrator_calendly::Client::builder(), script))
}

/// A Stripe client over this script.
pub(crate) fn stripe(script: impl IntoIterator<Item = Scripted>) -> (integrator_stripe::Client, ScriptedTransport) {
    built(scripted(integrator_stripe::Client::builder(), script))
}

/// An OpenAI client over this script.
pub(crate) fn openai(script: impl IntoIterator<Item = Scripted>) -> (integrator_openai::Client, ScriptedTransport) {
    built(scripted(integrator_openai::Client::builder(), script))
}

/// An Anthropic client over this script.
pub(crate) fn anthropic(
    script: impl IntoIterator<Item = Scripted>,
) -> (integrator_anthropic::Client, ScriptedTransport) {
    let (builder, transport) = scripted(integrator_anthropic::Client::builder(), script);
    built((builder.credential(key(integrator_anthropic::PROVIDER)), transport))
}

/// A Directus client over this script.
pub(crate) fn directus(script: impl IntoIterator<Item = Scripted>) -> (integrator_directus::Client, ScriptedTransport) {
    let (builder, transport) = scripted(integrator_directus::Client::builder(), script);
    built((builder.base_url("https://directus.example"), transport))
}

/// A Close client over this script.
pub(crate) fn close(script: impl IntoIterator<Item = Scripted>) -> (integrator_close::Client, ScriptedTransport) {
    let (builder, transport) = scripted(integrator_close::Client::builder(), script);
    built((builder.credential(key(integrator_close::PROVIDER)), transport))
}

/// A key as the provider wants it.
fn key(provider: &Provider) -> Credential {
    Credential::from_scheme(provider.scheme, "key")
}

fn built<C: From<Client>>((builder, transport): (ClientBuilder<C>, ScriptedTransport)) -> (C, ScriptedTransport) {
    (builder.build().unwrap(), transport)
}

/// A fixture of a provider, `specs/<provider>/fixtures/<name>.json`.
pub(crate) fn fixture(provider: &str, name: &str) -> Value {
    let text = std::fs::read_to_string(specs(provider).join(format!("fixtures/{name}.json")));
    serde_json::from_str(&text.unwrap()).unwrap()
}

/// The folder `specs/<provider>`.
pub(crate) fn specs(provider: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../specs")
        .join(provider)
}

/// The value of a header; empty when there is none.
pub(crate) fn header<'a>(request: &'a Recorded, name: &str) -> &'a str {
    let value = request.headers.get(name);
    value.map_or("", |value| value.to_str().unwrap())
}

/// The request, byte for byte but for line breaks before each `&`, the clients' key, and the name of a boundary.
pub(crate) fn raw(request: &Recorded) -> String {
    let mut headers: Vec<(&str, &str)> = request
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().unwrap()))
        .collect();
    headers.sort_unstable();
    let broken = |text: &str| text.replace('&', "\n&");
    let uri = request.uri.to_string().replacen('?', "\n?", 1);
    let mut text = format!("{} {}\n", request.method, broken(&uri));
    for (name, value) in headers {
        let _ = match (name, value.split_once(' ')) {
            ("authorization", Some((scheme, "key" | "a2V5Og=="))) => writeln!(text, "{name}: {scheme} REDACTED"),
            ("x-api-key", _) => writeln!(text, "{name}: REDACTED"),
            _ => writeln!(text, "{name}: {value}"),
        };
    }
    let body = String::from_utf8(request.body.to_vec()).unwrap();
    let media_type = header(request, "content-type");
    if media_type == "application/x-www-form-urlencoded" {
        let _ = writeln!(text, "\n{}", broken(&body));
    } else if let Some((_, boundary)) = media_type.split_once("boundary=") {
        let _ = writeln!(text, "\n{}", body.escape_debug().to_string().replace("\\n", "\\n\n"));
        text = text.replace(boundary, "BOUNDARY");
    } else if !body.is_empty() {
        let _ = writeln!(text, "\n{body}");
    }
    text
}
