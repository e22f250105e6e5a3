//! Each rule against data that keeps it and data that breaks it.

use super::files::File;
use super::{features, header, layers, names, size, tree, weight, words};
use crate::report::{Problems, plain};

/// What a rule says, without the frame around it.
fn said(check: impl FnOnce(&mut Problems)) -> String {
    let mut problems = Problems::default();
    check(&mut problems);
    problems
        .into_result("it")
        .err()
        .map(|report| plain(&report))
        .unwrap_or_default()
}

fn file(path: &str, text: &str) -> File {
    File {
        path: path.to_owned(),
        text: text.to_owned(),
    }
}

#[test]
fn the_top_level_is_what_the_architecture_says() {
    let names = [
        "Cargo.toml",
        "LICENSE-MIT",
        "README.md",
        "crates",
        "docs",
        "specs",
        "xtask",
    ]
    .map(str::to_owned);
    insta::assert_snapshot!(said(|problems| tree::check(&names, problems)), @r#"
      × it has 2 problems

    Error:
      × tests: is missing at the root
      help: the tree in crates/README.md has it: put it back

    Error:
      × docs: has no place at the root
      help: move it below `crates/`, `.github/` or a dotfile, or remove it
    "#);
}

#[test]
fn dependencies_go_down_the_layers() {
    let metadata = serde_json::json!({ "packages": [
        { "name": "integrator-core", "dependencies": [
            { "name": "integrator-core", "kind": "dev" }, { "name": "integrator-stripe", "kind": null }] },
        { "name": "integrator-stripe", "dependencies": [
            { "name": "integrator-core", "kind": null }, { "name": "integrator-mock", "kind": "dev" },
            { "name": "integrator-calendly", "kind": "dev" }, { "name": "wiremock", "kind": null }] },
        { "name": "integrator-calendly", "dependencies": [{ "name": "wiremock", "kind": "dev" }] },
        { "name": "integrator-mock", "dependencies": [
            { "name": "integrator-contract", "kind": null }, { "name": "integrator-stripe", "kind": null },
            { "name": "jsonschema", "kind": null }] },
        { "name": "integrator-contract", "dependencies": [{ "name": "jsonschema", "kind": null }] },
        { "name": "integrator-new", "dependencies": [] },
        { "name": "xtask", "dependencies": [
            { "name": "progenitor", "kind": null }, { "name": "integrator-core", "kind": "dev" }] },
    ] });
    let packages = layers::packages(metadata.to_string().as_bytes()).unwrap();
    let providers = ["calendly", "stripe"].map(str::to_owned);
    insta::assert_snapshot!(said(|problems| layers::check(&packages, &providers, problems)), @r#"
      × it has 7 problems

    Error:
      × integrator-core: depends on integrator-stripe
      help: integrator-core is in layer 0, integrator-stripe in layer 1: move what both need into a lower layer

    Error:
      × integrator-stripe: depends on integrator-calendly
      help: providers never see each other: what both need belongs into core

    Error:
      × integrator-stripe: depends on wiremock
      help: wiremock is for tests: put it under [dev-dependencies]

    Error:
      × integrator-mock: depends on integrator-stripe
      help: it may depend on integrator-core, integrator-contract

    Error:
      × integrator-mock: depends on jsonschema
      help: only integrator-contract may use jsonschema: ask it for what you need

    Error:
      × integrator-new: stands in no layer
      help: a provider has its document in specs/; any other crate needs a place in the layer table of crates/README.md
            and in xtask/src/tidy/layers.rs

    Error:
      × xtask: depends on integrator-core
      help: it may depend on no crate of the workspace
    "#);
}

#[test]
fn providers_hand_the_features_of_the_runtime_on() {
    let metadata = serde_json::json!({ "packages": [
        { "name": "integrator-core", "dependencies": [], "features": { "cache": [], "oauth": [], "tower": [] } },
        { "name": "integrator-acme", "dependencies": [], "features": {
            "oauth": ["integrator-core/oauth"], "tower": ["integrator-core/oauth"] } },
        { "name": "integrator-mock", "dependencies": [] },
    ] });
    let packages = layers::packages(metadata.to_string().as_bytes()).unwrap();
    insta::assert_snapshot!(said(|problems| features::check(&packages, problems)), @r#"
      × it has 1 problem

    Error:
      × integrator-acme: does not hand on the feature `tower`
      help: add to its `[features]`: tower = ["integrator-core/tower"]
    "#);
}

#[test]
fn a_provider_may_need_twelve_crates_beyond_the_client() {
    let tree = |extra: usize| {
        let mut tree =
            "0acme v1.0.0 (/here)\n1integrator-core v1.0.0\n2reqwest v0.13.0\n3hyper v1.0.0\n2hyper v1.0.0\n"
                .to_owned();
        for number in 0..extra {
            tree += &format!("2crate{number} v1.0.0 (proc-macro)\n");
        }
        tree
    };
    assert_eq!(
        said(|problems| weight::check("acme", &tree(12), problems)),
        "",
        "twelve, and our own"
    );
    insta::assert_snapshot!(said(|problems| weight::check("acme", &tree(13), problems)), @r#"
      × it has 1 problem

    Error:
      × acme: needs 13 crates beyond reqwest's own, 12 are allowed
      help: drop one of: crate0 v1.0.0, crate1 v1.0.0, crate10 v1.0.0, crate11 v1.0.0, crate12 v1.0.0, crate2 v1.0.0,
            crate3 v1.0.0, crate4 v1.0.0, crate5 v1.0.0, crate6 v1.0.0, crate7 v1.0.0, crate8 v1.0.0, crate9 v1.0.0
    "#);
}

#[test]
fn files_have_limits_by_kind() {
    let lines = |count: usize| "//\n".repeat(count);
    for (path, limit) in [
        ("crates/integrator-core/src/call.rs", 700),
        ("crates/integrator-stripe/src/lib.rs", 30),
        ("crates/integrator-stripe/src/generated.rs", 5_000),
        ("crates/integrator-stripe/src/generated/customers.rs", 5_000),
        ("crates/integrator-contract/src/lib.rs", 700),
        ("crates/integrator-core/src/generated.rs", 700),
        ("tests/tests/encode_stripe/generated.rs", 5_000),
    ] {
        assert_eq!(said(|problems| size::check(&file(path, &lines(limit)), problems)), "");
        let report = said(|problems| size::check(&file(path, &lines(limit + 1)), problems));
        assert!(
            report.contains(&format!("has {} lines, {limit} are allowed", limit + 1)),
            "{report}"
        );
    }
    assert_eq!(
        said(|problems| size::check(&file("README.md", &lines(9_000)), problems)),
        ""
    );
}

#[test]
fn generated_files_name_their_command_and_input() {
    let providers = ["stripe".to_owned()];
    let check = |path: &str, line: &str| said(|problems| header::check(&file(path, line), &providers, problems));
    let line = |name: &str| {
        format!(
            "// Generated by `cargo xtask generate {name}` from specs/{name} (sha256 0123456789abcdef). Do not edit."
        )
    };
    let path = "crates/integrator-stripe/src/generated/customers.rs";
    assert_eq!(check(path, &line("stripe")), "");
    assert!(check(path, &line("acme")).contains("specs/acme, which is not there"));
    assert!(check(path, "//! Customers.").contains("lacks the header"));
    assert!(check(path, &line("stripe").replace("cdef", "cde")).contains("lacks the header"));
    assert!(check("crates/integrator-stripe/src/lib.rs", &line("stripe")).contains("carries the header"));
    assert_eq!(check("crates/integrator-stripe/src/lib.rs", "//! Stripe."), "");
}

#[test]
fn names_say_something() {
    let check = |path| said(|problems| names::check(&file(path, ""), problems));
    assert!(check("crates/integrator-core/src/wire/mod.rs").contains("is a `mod.rs`"));
    assert!(check("crates/integrator-core/src/utils.rs").contains("says nothing"));
    assert_eq!(check("crates/integrator-core/src/wire.rs"), "");
    assert_eq!(check("crates/integrator-stripe/src/generated/common.rs"), "");
}

#[test]
fn traces_of_a_machine_and_unfinished_work_are_found_with_their_line() {
    let text = [
        "let a = \"/ho",
        "me/someone/x\";\nlet b = \"/v1/work/1\" + \"a/root/b\";\nlet c = \"https://regi",
        "stry.example/x\";\nto",
        "do!()\n#[ig",
        "nore]\n// ```ig",
        "nore\n// TO",
        "DO later\n// TO",
        "DO https://example.test/1\nlet d = \"/t",
        "mp/x\";\n",
    ]
    .concat();
    let report = said(|problems| words::check(&file("lib.rs", &text), problems));
    let found: Vec<&str> = report
        .lines()
        .filter_map(|line| line.split_once("lib.rs:")?.1.split(':').next())
        .collect();
    assert_eq!(found, ["1", "3", "4", "5", "6", "7", "9"], "{report}");
    // Only code can be unfinished; paths and hosts are wrong everywhere.
    let report = said(|problems| words::check(&file("README.md", &text), problems));
    let found: Vec<&str> = report
        .lines()
        .filter_map(|line| line.split_once("README.md:")?.1.split(':').next())
        .collect();
    assert_eq!(found, ["1", "3", "9"], "{report}");
}
