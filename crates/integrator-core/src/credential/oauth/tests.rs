//! The flows as they look on the wire, and what of them shows.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::*;
use crate::provider::{ClientAuth, LoginFacts, OAuthFacts};
use crate::testing::Spans;
use crate::testing::acme::{self, PLAIN, RETRIEVE};
use crate::testing::{Recorded, Scripted, ScriptedTransport};
use crate::{Client, Error, ErrorKind};

const FACTS: OAuthFacts = OAuthFacts {
    authorize_url: Some("https://auth.acme.test/authorize"),
    token_url: "https://auth.acme.test/token",
    client_auth: ClientAuth::Body,
    pkce: true,
    single_use_refresh: true,
};

static PROVIDER: Provider = Provider {
    oauth: Some(&FACTS),
    login: Some(&LoginFacts {
        login_path: "/auth/login",
        refresh_path: "/auth/refresh",
        user_argument: "email",
        password_argument: "password",
        refresh_argument: "refresh_token",
        constant: &[("mode", "json")],
        access_path: "data.access_token",
        refresh_token_path: "data.refresh_token",
        expires_ms_path: "data.expires",
    }),
    ..PLAIN
};

static BASIC: Provider = Provider {
    oauth: Some(&OAuthFacts {
        client_auth: ClientAuth::Basic,
        pkce: false,
        ..FACTS
    }),
    ..PLAIN
};

fn issued() -> Scripted {
    Scripted::json(&json!({"access_token": "access-1", "token_type": "Bearer", "expires_in": 3600, "scope": "a b"}))
}

fn form(request: &Recorded) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        percent_encoding::percent_decode_str(&spaced)
            .decode_utf8()
            .unwrap()
            .into_owned()
    };
    let body = std::str::from_utf8(&request.body).unwrap();
    let pair = |pair: &str| {
        pair.split_once('=')
            .map(|(name, value)| (decode(name), decode(value)))
            .unwrap()
    };
    body.split('&').map(pair).collect()
}

fn field(request: &Recorded, name: &str) -> Option<String> {
    form(request)
        .into_iter()
        .find_map(|(found, value)| (found == name).then_some(value))
}

async fn sent_by(oauth: OAuth, script: impl IntoIterator<Item = Scripted>) -> (Result<(), Error>, Vec<Recorded>) {
    let (outcome, transport) = called(&PROVIDER, Credential::oauth(oauth), script).await;
    (outcome, transport.received())
}

async fn called(
    provider: &'static Provider,
    credential: Credential,
    script: impl IntoIterator<Item = Scripted>,
) -> (Result<(), Error>, ScriptedTransport) {
    let (builder, transport) = acme::scripted(provider, script);
    let client = builder.credential(credential).build().unwrap();
    let outcome = acme::call(&client, &RETRIEVE).send().await;
    (outcome.map(|_| ()), transport)
}

#[tokio::test(start_paused = true)]
async fn a_code_is_asked_for_and_redeemed_with_its_proof() {
    let transport = ScriptedTransport::new([Scripted::json(&json!({
        "access_token": "access-1", "refresh_token": "refresh-1", "token_type": "Bearer", "expires_in": "7200",
    }))]);
    let store = MemoryStore::new();
    let oauth = OAuth::new(&PROVIDER, "id", "secret")
        .redirect_url("https://app.test/back")
        .scopes(["read", "write"])
        .store(store.clone(), "user")
        .transport(transport.clone());
    let authorization = oauth.authorize().unwrap();
    let url: http::Uri = authorization.url().parse().unwrap();
    assert_eq!((url.host(), url.path()), (Some("auth.acme.test"), "/authorize"));
    for part in [
        "response_type=code",
        "client_id=id",
        "redirect_uri=https%3A%2F%2Fapp.test%2Fback",
        "scope=read+write",
        "code_challenge_method=S256",
        "code_challenge=",
        &format!("state={}", authorization.state().expose()),
    ] {
        assert!(url.query().unwrap().contains(part), "{part} is missing in {url}");
    }
    let kept = Authorization::resume(authorization.state().expose(), authorization.verifier().expose());
    let credential = oauth
        .exchange(&kept, "the-code", authorization.state().expose())
        .await
        .unwrap();
    let request = &transport.received()[0];
    let field = |name| field(request, name).unwrap();
    assert_eq!(request.uri, "https://auth.acme.test/token");
    assert_eq!(
        (field("grant_type"), field("code")),
        ("authorization_code".into(), "the-code".into())
    );
    assert_eq!(field("code_verifier"), authorization.verifier().expose());
    assert_eq!(
        (field("client_id"), field("client_secret")),
        ("id".into(), "secret".into())
    );
    assert_eq!(field("redirect_uri"), "https://app.test/back");
    assert_eq!(store.load("user").await.unwrap().unwrap().access().expose(), "access-1");
    let (outcome, transport) = called(&PROVIDER, credential, [acme::thing()]).await;
    outcome.unwrap();
    assert_eq!(transport.received()[0].headers["authorization"], "Bearer access-1");
}

#[tokio::test(start_paused = true)]
async fn another_users_answer_is_not_taken() {
    let transport = ScriptedTransport::default();
    let oauth = OAuth::new(&PROVIDER, "id", "secret").transport(transport.clone());
    let authorization = oauth.authorize().unwrap();
    for state in ["", "forged", &format!("{}x", authorization.state().expose())] {
        let error = oauth.clone().exchange(&authorization, "code", state).await.unwrap_err();
        assert!(error.to_string().contains("`state`"), "{error}");
    }
    let empty = Authorization::resume("", "");
    oauth.clone().exchange(&empty, "code", "").await.unwrap_err();
    assert!(transport.received().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_client_speaks_for_itself() {
    let oauth = OAuth::new(&PROVIDER, "id", "secret").client_credentials().scopes(["a"]);
    let (outcome, sent) = sent_by(
        oauth,
        [Scripted::status(503), Scripted::reset(), issued(), acme::thing()],
    )
    .await;
    outcome.unwrap();
    assert_eq!(sent.len(), 4, "it is repeated, since that does no harm");
    assert_eq!(field(&sent[2], "grant_type").unwrap(), "client_credentials");
    assert_eq!(field(&sent[2], "scope").unwrap(), "a");

    let oauth = OAuth::new(&BASIC, "id", "s e").client_credentials();
    let (outcome, transport) = called(&BASIC, Credential::oauth(oauth), [issued(), acme::thing()]).await;
    outcome.unwrap();
    // RFC 6749, 2.3.1: form-encoded before they are joined.
    assert_eq!(transport.received()[0].headers["authorization"], "Basic aWQ6cytl");
    assert_eq!(field(&transport.received()[0], "client_secret"), None);
}

#[tokio::test(start_paused = true)]
async fn an_assertion_is_signed_anew_for_every_token() {
    let assertion = Assertion::hs256("key").subject("user").key_id("k1").claim("extra", 7);
    let oauth = OAuth::new(&PROVIDER, "id", "").assertion(assertion).scopes(["a"]);
    let (outcome, sent) = sent_by(oauth, [issued(), acme::thing()]).await;
    outcome.unwrap();
    assert_eq!(
        field(&sent[0], "grant_type").unwrap(),
        "urn:ietf:params:oauth:grant-type:jwt-bearer"
    );
    let text = field(&sent[0], "assertion").unwrap();
    let mut checks = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
    checks.set_audience(&["https://auth.acme.test/token"]);
    let key = jsonwebtoken::DecodingKey::from_secret(b"key");
    let read = jsonwebtoken::decode::<Value>(&text, &key, &checks).unwrap();
    assert_eq!(read.header.kid.as_deref(), Some("k1"));
    assert_eq!(
        (&read.claims["iss"], &read.claims["sub"]),
        (&json!("id"), &json!("user"))
    );
    assert_eq!(read.claims["extra"], 7);
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    assert!(
        read.claims["iat"].as_u64().unwrap() <= now - 25,
        "other clocks may be behind"
    );

    for (assertion, name) in [
        (Assertion::rs256("canary"), "RS256"),
        (Assertion::es256("canary"), "ES256"),
    ] {
        let oauth = OAuth::new(&PROVIDER, "id", "").assertion(assertion);
        let (outcome, sent) = sent_by(oauth, []).await;
        let text = format!("{0} {0:?}", outcome.unwrap_err());
        assert!(
            text.contains(name) && text.contains("PEM") && !text.contains("canary"),
            "{text}"
        );
        assert!(sent.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn assertions_are_signed_with_real_keys() {
    let key = rcgen::KeyPair::generate().unwrap();
    let oauth = OAuth::new(&PROVIDER, "id", "").assertion(Assertion::es256(key.serialize_pem()));
    let (outcome, sent) = sent_by(oauth, [issued(), acme::thing()]).await;
    outcome.unwrap();
    let public = jsonwebtoken::DecodingKey::from_ec_pem(key.public_key_pem().as_bytes()).unwrap();
    let mut checks = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::ES256);
    checks.set_audience(&["https://auth.acme.test/token"]);
    jsonwebtoken::decode::<Value>(field(&sent[0], "assertion").unwrap(), &public, &checks).unwrap();
}

fn logged_in(number: u32) -> Scripted {
    let data = json!({
        "access_token": format!("access-{number}"), "refresh_token": format!("refresh-{number}"), "expires": 900_000,
    });
    Scripted::json(&json!({"data": data}))
}

#[tokio::test(start_paused = true)]
async fn a_login_is_renewed_and_made_again_where_it_cannot_be() {
    let no_more =
        Scripted::status(401).with_json(&json!({"errors": [{"extensions": {"code": "INVALID_CREDENTIALS"}}]}));
    let script = [
        logged_in(1),
        acme::thing(),
        logged_in(2),
        acme::thing(),
        no_more,
        logged_in(3),
        acme::thing(),
    ];
    let (builder, transport) = acme::scripted(&PROVIDER, script);
    let client = builder
        .credential(Credential::login(&PROVIDER, "ada", "pass"))
        .build()
        .unwrap();
    for _ in 0..3 {
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        tokio::time::advance(Duration::from_secs(890)).await;
    }
    let bodies: Vec<Option<Value>> = transport
        .received()
        .iter()
        .map(|request| serde_json::from_slice(&request.body).ok())
        .collect();
    let login = Some(json!({"mode": "json", "email": "ada", "password": "pass"}));
    let renew = |token: &str| Some(json!({"mode": "json", "refresh_token": token}));
    let expected = [
        login.clone(),
        None,
        renew("refresh-1"),
        None,
        renew("refresh-2"),
        login,
        None,
    ];
    assert_eq!(bodies, expected);
    assert_eq!(transport.received()[0].uri, "https://api.acme.test/auth/login");
    assert_eq!(transport.received()[2].uri, "https://api.acme.test/auth/refresh");
    assert_eq!(transport.received()[6].headers["authorization"], "Bearer access-3");
    let error = Client::builder(&PLAIN)
        .credential(Credential::login(&PLAIN, "a", "b"))
        .build()
        .unwrap_err();
    assert!(error.to_string().contains("no login for programs"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn odd_lifetimes_do_no_harm() {
    let years = 10_i64 * 365 * 24 * 3_600;
    let odd = [
        (json!(years), Some(366 * 24 * 3_600)),
        (json!(1e300), None),
        (json!(-5), None),
        (json!(0), None),
        (json!(1e-12), Some(0)),
        (json!("3600"), Some(3_600)),
        (json!("soon"), None),
        (json!(null), None),
    ];
    for (expires, left) in odd {
        let answer =
            Scripted::status(201).chunk(json!({"access_token": "access-1", "expires_in": expires}).to_string());
        let (builder, transport) = acme::scripted(&PROVIDER, [answer, acme::thing()]);
        let credential = Credential::oauth(OAuth::new(&PROVIDER, "id", "s").client_credentials());
        let client = builder.credential(credential.clone()).build().unwrap();
        acme::call(&client, &RETRIEVE).send().await.unwrap();
        assert_eq!(transport.received().len(), 2, "{expires}");
        assert_eq!(
            credential.token_status().unwrap().left.map(|left| left.as_secs()),
            left,
            "{expires}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn answers_that_are_no_token_are_errors_that_say_what_to_do() {
    let answers = [
        (
            Scripted::status(200).chunk("<html>canary"),
            ErrorKind::NoToken,
            "cannot be read",
        ),
        (Scripted::status(200).chunk("{}"), ErrorKind::NoToken, "cannot be read"),
        (
            Scripted::status(404).chunk("canary"),
            ErrorKind::Unauthenticated,
            "answered 404",
        ),
        (
            Scripted::status(401).with_json(&json!({"error": "invalid_client"})),
            ErrorKind::Unauthenticated,
            "check client id and secret",
        ),
        (
            Scripted::status(400).with_json(&json!({"error": "invalid_scope"})),
            ErrorKind::Unauthenticated,
            "check the scopes",
        ),
        (
            Scripted::status(400).with_json(&json!({"error": "canary and more"})),
            ErrorKind::Unauthenticated,
            "unknown code",
        ),
    ];
    for (answer, kind, words) in answers {
        let oauth = OAuth::new(&PROVIDER, "id", "canary").client_credentials();
        let (outcome, _) = sent_by(oauth, [answer]).await;
        let error = outcome.unwrap_err();
        let text = format!("{error} {error:?}");
        assert_eq!(error.kind(), kind, "{text}");
        assert!(text.contains(words) && !text.contains("canary"), "{text}");
    }
    let (outcome, sent) = sent_by(OAuth::new(&PROVIDER, "id", "s"), []).await;
    assert!(outcome.unwrap_err().to_string().contains("`OAuth::authorize`"));
    assert!(sent.is_empty());
}

#[tokio::test(start_paused = true)]
async fn secrets_go_to_no_plain_address() {
    let oauth = OAuth::new(&PROVIDER, "id", "s")
        .client_credentials()
        .token_endpoint("http://auth.acme.test/token");
    let (outcome, sent) = sent_by(oauth, [issued()]).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Insecure);
    assert!(sent.is_empty());
}

#[tokio::test(start_paused = true)]
async fn no_secret_shows_anywhere() {
    let (spans, _guard) = Spans::capture();
    let canary = "canary-4711";
    let token = || json!({"access_token": "canary-4711", "refresh_token": "canary-4711", "expires_in": 60});
    let mut shown = String::new();
    for script in [
        vec![Scripted::json(&token()), Scripted::status(401).with_json(&token())],
        vec![Scripted::status(400).with_json(&json!({"error": "invalid_grant", "error_description": "canary-4711"}))],
        vec![Scripted::status(500).with_json(&token())],
        vec![Scripted::status(200).chunk("{\"access_token\": \"canary-4711\", ")],
        vec![Scripted::reset()],
    ] {
        let store = MemoryStore::new();
        let oauth = OAuth::new(&PROVIDER, "id", canary)
            .token(Token::from_refresh_token(canary))
            .store(store.clone(), "user");
        shown += &format!("{oauth:?} {:?}", oauth.authorize().unwrap());
        let credential = Credential::oauth(oauth);
        let (outcome, _) = called(&PROVIDER, credential.clone(), script).await;
        shown += &format!("{0} {0:?}", outcome.unwrap_err());
        shown += &format!(
            "{credential:?} {store:?} {:?} {:?}",
            credential.token_status(),
            store.load("user").await
        );
    }
    shown += &format!("{:?} {:?}", Assertion::hs256(canary), Token::new(canary).to_json());
    shown += &spans.text();
    assert!(shown.contains("Token") && !shown.contains(canary), "{shown}");
    assert!(!shown.contains("code_verifier"));
}

#[test]
fn a_token_survives_being_written_down() {
    let until = SystemTime::UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    let token = Token::new("a").refresh_token("r").expires_at(until);
    let read = Token::from_json(token.to_json().expose()).unwrap();
    assert_eq!((read.access().expose(), read.refresh().unwrap().expose()), ("a", "r"));
    assert_eq!(
        read.left(until - Duration::from_secs(10)),
        Some(Duration::from_secs(10))
    );
    for text in ["", "{}", "[1]", "{\"access_token\": 1}"] {
        assert!(Token::from_json(text).is_none());
    }
}
