//! Settings that are refused, each error naming everything that is wrong.

use std::time::Duration;

use crate::operation::Operation;
use crate::provider::{KeyFact, Provider};
use crate::testing::ScriptedTransport;
use crate::testing::acme::{self, PLAIN, RETRIEVE};
use crate::{Client, ClientBuilder, Credential, ErrorKind, Retry};

fn refused(builder: ClientBuilder) -> String {
    let error = builder.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    error.to_string()
}

#[test]
fn one_error_names_everything_that_is_wrong() {
    let text = refused(
        Client::builder(&PLAIN)
            .base_url("http://cms.lan")
            .credential(Credential::bearer("a\nb"))
            .header("content-length", "1")
            .retry(Retry::standard().max_attempts(0))
            .idle_timeout(Duration::ZERO)
            .first_byte_timeout(Duration::from_secs(9))
            .deadline(Duration::from_secs(5)),
    );
    for part in [
        "allow_plain_http(\"cms.lan\")",
        "line break",
        "`content-length`",
        "max_attempts(0)",
        "`idle_timeout` is zero",
        "`first_byte_timeout` (9s) is longer than `deadline` (5s)",
    ] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
}

#[test]
fn only_settings_of_the_user_contradict_each_other() {
    Client::builder(&PLAIN)
        .deadline(Duration::from_secs(1))
        .build()
        .unwrap();
    Client::builder(&PLAIN)
        .base_url("http://cms.lan:8055")
        .allow_plain_http("cms.lan")
        .build()
        .unwrap();
    Client::builder(&PLAIN).base_url("http://127.0.0.1:1").build().unwrap();
    let own = Client::builder(&PLAIN).transport(ScriptedTransport::default());
    assert!(refused(own.connect_timeout(Duration::from_secs(1))).contains("built-in transport"));
}

#[tokio::test(start_paused = true)]
async fn operations_that_need_another_key_are_sent_with_it() {
    static GUARDED: Provider = Provider {
        keys: &[KeyFact {
            name: "admin",
            env: "ACME_ADMIN",
        }],
        ..PLAIN
    };
    static CLOSE: Operation = Operation {
        key: Some("admin"),
        ..RETRIEVE
    };
    let variables = |name: &str| (name != PLAIN.base_url_env).then(|| format!("{name}-secret"));
    let transport = ScriptedTransport::new([acme::thing(), acme::thing(), acme::thing()]);
    let builder = || Client::builder(&GUARDED).transport(transport.clone());
    let client: Client = builder().variables(variables).build().unwrap();
    acme::call(&client, &CLOSE).send().await.unwrap();
    acme::call(&client, &RETRIEVE).send().await.unwrap();
    let usual = Credential::bearer("usual");
    let set: Client = builder()
        .credential(usual.clone())
        .key("admin", Credential::bearer("own"))
        .build()
        .unwrap();
    acme::call(&set, &CLOSE).send().await.unwrap();
    let identity = |operation| acme::call(&set, operation).prepare().unwrap().identity().clone();
    assert_ne!(identity(&CLOSE), identity(&RETRIEVE));
    let sent: Vec<String> = transport
        .received()
        .iter()
        .map(|request| {
            request
                .headers
                .get("authorization")
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(
        sent,
        ["Bearer ACME_ADMIN-secret", "Bearer ACME_KEY-secret", "Bearer own"]
    );
    assert!(refused(builder().key("root", usual)).contains("no key `root`: there are [admin]"));
}

#[test]
fn a_missing_address_is_asked_for() {
    static HOMELESS: Provider = Provider {
        base_url: None,
        ..PLAIN
    };
    assert!(refused(Client::builder(&HOMELESS)).contains("base_url"));
}

#[test]
fn the_environment_gives_key_and_address() {
    static HOMELESS: Provider = Provider {
        base_url: None,
        ..PLAIN
    };
    let none = |_: &str| None;
    let text = refused(Client::builder(&HOMELESS).variables(none));
    assert!(
        text.contains("`ACME_KEY`") && text.contains("`ACME_BASE_URL`"),
        "{text}"
    );
    assert!(refused(Client::builder(&PLAIN).variables(|_| Some(" ".to_owned()))).contains("`ACME_KEY`"));
    let both = |name: &str| {
        Some(
            if name == "ACME_KEY" {
                "key"
            } else {
                "https://own.test/api/"
            }
            .to_owned(),
        )
    };
    let client = Client::builder(&HOMELESS).variables(both).build().unwrap();
    assert_eq!(client.base_url(), "https://own.test/api");
    assert!(format!("{client:?}").contains("authorization: REDACTED"), "{client:?}");
}

#[test]
fn what_is_set_by_hand_need_not_be_in_the_environment() {
    static HOMELESS: Provider = Provider {
        base_url: None,
        ..PLAIN
    };
    let none = |_: &str| None;
    let key = |name: &str| (name == "ACME_KEY").then(|| "key".to_owned());
    let own = "https://own.test";
    let after = Client::builder(&HOMELESS).variables(key).base_url(own);
    let before = Client::builder(&HOMELESS).base_url(own).variables(key);
    let both = Client::builder(&HOMELESS).variables(none).base_url(own);
    for builder in [after, before, both.credential(Credential::bearer("key"))] {
        assert_eq!(builder.build().unwrap().base_url(), own);
    }
    let text = refused(Client::builder(&HOMELESS).variables(none).base_url(own));
    assert!(
        text.contains("`ACME_KEY`") && !text.contains("`ACME_BASE_URL`"),
        "{text}"
    );
}
