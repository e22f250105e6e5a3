//! `integrator doctor`: what is healthy passes, and what is wrong is told at the step where it is, without a secret.

use std::time::{Duration, SystemTime};

use integrator::mock::{Fault, Mock, Reply};
use integrator::{Provider, Value, anthropic, calendly, directus, openai, stripe};
use stripe::op;

use crate::program::{Run, run};

const CANARY: &str = "sk_test_canary";
const KEY: (&str, &str) = ("STRIPE_API_KEY", CANARY);

async fn mock(provider: &'static Provider) -> Mock {
    Mock::start(provider).await.expect("a port is free")
}

/// Checks Stripe at this address.
fn doctor(url: &str, more: &[&str]) -> Run {
    let run = run(&[&["doctor", "stripe", "--base-url", url], more].concat(), &[KEY]);
    assert!(!run.out.contains(CANARY) && !run.err.contains(CANARY), "{run:?}");
    run
}

/// The verdict of the check with this name.
pub(crate) fn verdict(run: &Run, name: &str) -> String {
    let line = run
        .out
        .lines()
        .find(|line| line.split_whitespace().nth(1) == Some(name));
    let verdict = line.and_then(|line| line.split_whitespace().next());
    verdict.map_or_else(|| format!("no {name} in {run:?}"), str::to_owned)
}

/// A port of this machine that nobody listens on.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it is bound").port()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_healthy_passes_with_one_request_that_reads() {
    let mock = mock(stripe::PROVIDER).await;
    let run = doctor(mock.url(), &[]);
    assert_eq!((run.code, run.err.as_str()), (Some(0), ""), "{run:?}");
    for check in ["key", "settings", "dns", "connect", "auth", "clock", "version"] {
        assert_eq!(verdict(&run, check), "ok", "{check}");
    }
    assert!(
        run.out.contains("a secret key, ") && run.out.contains("Stripe at http://127.0.0.1"),
        "{run:?}"
    );
    let received = mock.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].method.as_str(), mock.count(&op::balance::RETRIEVE)),
        ("GET", 1)
    );
    assert_eq!(received[0].header("authorization"), Some("Bearer sk_test_canary"));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_provider_has_a_request_that_only_reads() {
    for provider in integrator::PROVIDERS {
        let mock = Mock::builder(provider)
            .authenticated()
            .start()
            .await
            .expect("a port is free");
        let arguments = ["doctor", provider.name, "--base-url", mock.url()];
        let run = run(&arguments, &[(provider.credential_env, "canary")]);
        assert_eq!(run.code, Some(0), "{run:?}");
        assert_eq!(verdict(&run, "auth"), "ok", "{}", provider.name);
        assert_eq!(mock.violations(), [""; 0], "{}", provider.name);
        assert!(!run.out.contains("canary"), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_refused_is_told_from_a_way_that_is_blocked() {
    let mock = mock(stripe::PROVIDER).await;
    mock.on(&op::balance::RETRIEVE).fail(Fault::status(401).times(9));
    let run = doctor(mock.url(), &[]);
    assert_eq!(run.code, Some(1));
    assert_eq!(
        (verdict(&run, "connect").as_str(), verdict(&run, "auth").as_str()),
        ("ok", "FAILED")
    );
    assert!(
        run.out.contains("does not accept the key") && run.out.contains("what to do: check that the key"),
        "{run:?}"
    );
    assert!(run.err.contains("1 of "), "{run:?}");
    assert_eq!(mock.received().len(), 1, "one request, whatever is answered");

    mock.reset();
    mock.on(&op::balance::RETRIEVE).fail(Fault::status(403));
    let run = doctor(mock.url(), &[]);
    assert_eq!(
        (run.code, verdict(&run, "auth").as_str()),
        (Some(0), "warning"),
        "{run:?}"
    );

    mock.on(&op::balance::RETRIEVE).fail(Fault::drop_after_read());
    let run = doctor(mock.url(), &[]);
    assert_eq!((run.code, verdict(&run, "auth").as_str()), (Some(1), "FAILED"));
    assert!(run.out.contains("no answer comes"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_step_of_a_connection_fails_by_its_name() {
    let closed = doctor(&format!("http://127.0.0.1:{}", closed_port()), &[]);
    assert_eq!(closed.code, Some(1), "{closed:?}");
    assert_eq!(
        (verdict(&closed, "dns").as_str(), verdict(&closed, "connect").as_str()),
        ("ok", "FAILED")
    );
    assert!(!closed.out.contains("auth "), "{closed:?}");

    // A name below `invalid` is nobody's (RFC 6761).
    let unknown = doctor("https://api.stripe.invalid", &[]);
    assert_eq!(
        (unknown.code, verdict(&unknown, "dns").as_str()),
        (Some(1), "FAILED"),
        "{unknown:?}"
    );

    // The simulator speaks no TLS.
    let mock = mock(stripe::PROVIDER).await;
    let plain = doctor(&mock.url().replace("http://", "https://"), &[]);
    assert_eq!(
        (verdict(&plain, "connect").as_str(), verdict(&plain, "tls").as_str()),
        ("ok", "FAILED"),
        "{plain:?}"
    );
    assert!(plain.out.contains("an https port"), "{plain:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn clocks_that_are_apart_are_found_also_in_a_refusal() {
    let mock = mock(stripe::PROVIDER).await;
    let date = |apart: u64| httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(apart));
    mock.on(&op::balance::RETRIEVE)
        .reply(Reply::status(401).header("date", date(300)));
    let run = doctor(mock.url(), &[]);
    assert_eq!(
        (verdict(&run, "clock").as_str(), run.code),
        ("warning", Some(1)),
        "{run:?}"
    );
    assert!(
        run.out.contains("s behind the provider") && run.out.contains("signatures of webhooks"),
        "{run:?}"
    );

    mock.reset();
    let example = Reply::json(integrator::json!({"object": "balance"}));
    mock.on(&op::balance::RETRIEVE).reply(example.header("date", date(20)));
    let run = doctor(mock.url(), &[]);
    assert_eq!((verdict(&run, "clock").as_str(), run.code), ("ok", Some(0)), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn another_version_than_asked_for_is_found() {
    let mock = mock(stripe::PROVIDER).await;
    let example = || Reply::json(integrator::json!({"object": "balance"}));
    let answers = |version: &str| {
        mock.on(&op::balance::RETRIEVE)
            .reply(example().header("stripe-version", version));
    };
    answers("2019-01-01");
    let old = doctor(mock.url(), &[]);
    assert_eq!(
        (verdict(&old, "version").as_str(), old.code),
        ("warning", Some(0)),
        "{old:?}"
    );
    assert!(old.out.contains("answered in 2019-01-01"), "{old:?}");
    answers(stripe::PROVIDER.version);
    assert_eq!(verdict(&doctor(mock.url(), &[]), "version"), "ok");
}

#[test]
fn keys_of_the_wrong_kind_are_found_before_anything_is_sent() {
    let address = format!("http://127.0.0.1:{}", closed_port());
    let doctor = |provider: &'static Provider, key: (&str, &str)| {
        run(&["doctor", provider.name, "--base-url", &address], &[key])
    };
    let publishable = doctor(stripe::PROVIDER, ("STRIPE_API_KEY", "pk_live_canary"));
    assert_eq!(verdict(&publishable, "key"), "FAILED");
    assert!(publishable.out.contains("a publishable key"), "{publishable:?}");
    assert!(
        publishable.out.contains("begins with `sk_` or `rk_`"),
        "{publishable:?}"
    );
    assert!(
        !publishable.out.contains("connect"),
        "nothing was sent: {publishable:?}"
    );
    let admin = doctor(openai::PROVIDER, ("OPENAI_API_KEY", "sk-admin-canary"));
    assert!(admin.out.contains("put it into `OPENAI_ADMIN_KEY`"), "{admin:?}");
    let token = doctor(anthropic::PROVIDER, ("ANTHROPIC_API_KEY", "sk-ant-oat-canary"));
    assert_eq!(verdict(&token, "key"), "FAILED", "{token:?}");
    let missing = doctor(calendly::PROVIDER, ("OTHER", "x"));
    assert!(missing.out.contains("`CALENDLY_TOKEN` is not set"), "{missing:?}");
    for run in [publishable, admin, token, missing] {
        assert_eq!(run.code, Some(1));
        assert!(!run.out.contains("canary"), "{run:?}");
    }
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_others_can_read_is_found() {
    use std::os::unix::fs::PermissionsExt as _;

    let mock = mock(stripe::PROVIDER).await;
    let path = std::env::temp_dir().join(format!("integrator-{}-doctor-key", std::process::id()));
    std::fs::write(&path, format!("{CANARY}\n")).expect("the directory for temporary files can be written");
    let shown = path.display().to_string();
    let set = |mode| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("the file is ours");
    let checked = || {
        run(
            &["doctor", "stripe", "--base-url", mock.url(), "--key-file", &shown],
            &[],
        )
    };
    set(0o644);
    let open = checked();
    assert_eq!(
        (open.code, verdict(&open, "settings").as_str()),
        (Some(1), "FAILED"),
        "{open:?}"
    );
    assert!(open.out.contains(&format!("chmod 600 {shown}")), "{open:?}");
    assert_eq!(verdict(&open, "auth"), "ok", "the key itself is good");
    set(0o600);
    let private = checked();
    assert_eq!(
        (private.code, verdict(&private, "settings").as_str()),
        (Some(0), "ok"),
        "{private:?}"
    );
    assert_eq!(
        mock.received()[1].header("authorization"),
        Some("Bearer sk_test_canary")
    );
    assert!(!(open.out + &private.out).contains(CANARY));
    std::fs::remove_file(path).expect("the file is still there");
}

#[test]
fn plain_http_to_another_machine_is_refused_unless_it_is_allowed_and_then_found_fault_with() {
    // An address for documentation (RFC 5737), and a name below `invalid`: nobody is there.
    let refused = doctor("http://192.0.2.1", &[]);
    assert_eq!(
        (refused.code, verdict(&refused, "settings").as_str()),
        (Some(1), "FAILED"),
        "{refused:?}"
    );
    assert!(refused.out.contains("allow_plain_http(\"192.0.2.1\")"), "{refused:?}");
    let allowed = doctor("http://cms.invalid", &["--allow-plain-http", "cms.invalid"]);
    assert_eq!(verdict(&allowed, "settings"), "FAILED", "{allowed:?}");
    assert!(allowed.out.contains("reads keys and data"), "{allowed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_whose_key_is_there_are_checked_and_json_says_the_same() {
    let (one, other) = (mock(directus::PROVIDER).await, mock(calendly::PROVIDER).await);
    other.fail(Fault::status(401).times(9));
    let environment = [
        ("DIRECTUS_TOKEN", "canary-1"),
        ("DIRECTUS_URL", one.url()),
        ("CALENDLY_TOKEN", "canary-2"),
        ("CALENDLY_BASE_URL", other.url()),
    ];
    let all = run(&["doctor", "--json"], &environment);
    assert_eq!(all.code, Some(1), "{all:?}");
    let told: Value = all.out.parse().expect("it is JSON");
    let names: Vec<&str> = told["providers"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|report| report["provider"].as_str())
        .collect();
    assert_eq!(names, ["calendly", "directus"]);
    let failed = told["providers"][0]["checks"].as_array().expect("a list").iter();
    let failed: Vec<&Value> = failed.filter(|check| check["verdict"] == "failed").collect();
    assert_eq!(failed.len(), 1, "{told:#}");
    assert_eq!(failed[0]["check"], "auth");
    assert!(failed[0]["advice"].is_string());
    assert!(!all.out.contains("canary"), "{all:?}");

    let nobody = run(&["doctor"], &[]);
    assert_eq!(nobody.code, Some(2));
    assert!(nobody.err.contains("STRIPE_API_KEY"), "{nobody:?}");
    let several = run(&["doctor", "stripe", "close", "--base-url", one.url()], &[KEY]);
    assert_eq!(several.code, Some(2), "{several:?}");
}
