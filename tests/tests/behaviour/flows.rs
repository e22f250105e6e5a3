//! How each provider's tokens are asked for and renewed, as its own endpoints and documents want it.

use std::fmt::Write as _;

use integrator_calendly::op::users::ME;
use integrator_core::oauth::{Authorization, OAuth, Token};
use integrator_core::testing::{Scripted, ScriptedTransport};
use integrator_core::{Client, Credential, Error, Provider, Value, json};

use crate::support::raw;

const PROVIDERS: [&Provider; 3] = [
    integrator_calendly::PROVIDER,
    integrator_close::PROVIDER,
    integrator_stripe::PROVIDER,
];

fn oauth(provider: &'static Provider, transport: &ScriptedTransport) -> OAuth {
    OAuth::new(provider, "client-id", "client-secret")
        .redirect_url("https://app.test/back")
        .scopes(["first", "second"])
        .transport(transport.clone())
}

fn issued() -> Scripted {
    Scripted::json(&json!({
        "access_token": "access", "refresh_token": "refresh-2", "token_type": "bearer", "expires_in": 7200,
    }))
}

/// The address that the user is sent to, with what chance has put into it left out.
fn asked(url: &str) -> String {
    let masked = |pair: &str| match pair.split_once('=') {
        Some((name @ ("state" | "code_challenge"), value)) => format!("{name}=({} characters)", value.len()),
        _ => pair.to_owned(),
    };
    let pairs: Vec<String> = url.split('&').map(masked).collect();
    pairs.join("\n&")
}

#[tokio::test(start_paused = true)]
async fn tokens_are_asked_for_as_each_provider_wants_it() -> Result<(), Error> {
    let mut text = String::new();
    for provider in PROVIDERS {
        let transport = ScriptedTransport::new([issued(), issued(), Scripted::json(&json!({}))]);
        let url = oauth(provider, &transport).authorize()?.url().to_owned();
        // What a server kept of the user's session; there is no verifier where the provider knows no PKCE.
        let verifier = match provider.oauth {
            Some(facts) if facts.pkce => "a-verifier-of-a-user-who-comes-back-later-on",
            _ => "",
        };
        let kept = Authorization::resume("state", verifier);
        oauth(provider, &transport).exchange(&kept, "code", "state").await?;
        let known = Token::from_refresh_token("refresh-1");
        let credential = Credential::oauth(oauth(provider, &transport).token(known));
        let client = Client::builder(provider)
            .credential(credential)
            .transport(transport.clone())
            .build()?;
        client.call::<Value>(&ME).send().await?;
        let sent = transport.received();
        assert_eq!(
            sent.len(),
            3,
            "one request for the code, one for the refresh token, and the call"
        );
        assert_eq!(sent[2].headers["authorization"], "Bearer access");
        let _ = writeln!(text, "# {}\n\n{}\n", provider.title, asked(&url));
        for request in &sent[..2] {
            let _ = writeln!(text, "{}", raw(request));
        }
    }
    insta::assert_snapshot!(text);
    Ok(())
}
