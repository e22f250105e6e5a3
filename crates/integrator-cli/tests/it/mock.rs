//! `integrator mock`: what a file of faults does to whoever calls, and how a wrong one is refused.

use crate::program::{run, serve};

fn faults(name: &str, text: &str) -> String {
    let path = std::env::temp_dir().join(format!("integrator-{}-{name}.toml", std::process::id()));
    std::fs::write(&path, text).expect("the directory for temporary files can be written");
    path.display().to_string()
}

#[test]
fn faults_of_a_file_meet_any_caller() {
    let file = faults(
        "good",
        "[[fault]]\noperation = \"users.me\"\nkind = \"status\"\nstatus = 404\n\n[[fault]]\nkind = \"truncate\"\ntimes = 9\n",
    );
    let mock = serve(&["mock", "calendly", "--faults", &file]);
    let call = || {
        run(
            &["call", "calendly", "users.me", "--base-url", &mock.url],
            &[("CALENDLY_TOKEN", "t")],
        )
    };
    let missing = call();
    assert_eq!(missing.code, Some(1), "{missing:?}");
    assert!(missing.err.contains("404"), "{missing:?}");
    let torn = call();
    assert!(torn.err.contains("failed to") && !torn.err.contains("404"), "{torn:?}");
    std::fs::remove_file(file).expect("the file is still there");
}

#[test]
fn a_wrong_file_is_refused_before_anything_listens() {
    let file = faults("bad", "[[fault]]\nkind = \"stal\"\noperation = \"users.mee\"\n");
    let refused = run(&["mock", "calendly", "--faults", &file], &[]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    for named in ["did you mean `stall`?", "did you mean `users.me`?"] {
        assert!(refused.err.contains(named), "{refused:?}");
    }
    std::fs::remove_file(file).expect("the file is still there");
    let nowhere = run(&["mock", "calendly", "--faults", "nowhere.toml"], &[]);
    assert!(nowhere.err.contains("read nowhere.toml"), "{nowhere:?}");
}

#[test]
fn a_cassette_is_played_to_any_caller() {
    let line = r#"{"request": {"method": "GET", "target": "/users/me"}, "answer": {"status": 404, "headers": {"content-type": "application/json"}, "body": {"json": {"title": "Resource Not Found", "message": "from the tape"}}}}"#;
    let tape = faults("tape", line);
    let mock = serve(&["mock", "calendly", "--replay", &tape]);
    let call = || {
        run(
            &["call", "calendly", "users.me", "--base-url", &mock.url],
            &[("CALENDLY_TOKEN", "t")],
        )
    };
    let played = call();
    assert!(played.err.contains("from the tape"), "{played:?}");
    let over = call();
    assert!(over.err.contains("replay exchange 2 of 1"), "{over:?}");
    std::fs::remove_file(tape).expect("the file is still there");
}
