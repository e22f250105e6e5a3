//! What is read in a document that uses everything, and where a name is put.

use serde_json::Value;

use super::document::Document;
use super::{facts, files, places};
use crate::generate;
use crate::vendor;

/// The document that was written for this.
fn petstore() -> Document {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/petstore.yaml");
    let bytes = std::fs::read(&path).unwrap();
    Document::new(vendor::facts(&path, &bytes).unwrap()).unwrap()
}

#[test]
fn what_can_be_read_is_read_and_the_rest_is_marked() {
    let text = facts::guess("petstore", &petstore());
    let known: generate::Facts = toml::from_str(&text).expect("what is guessed are facts");
    assert_eq!(known.title, "Petstore");
    insta::assert_snapshot!(text);
}

#[test]
fn a_document_that_says_nothing_leaves_everything_to_be_decided() {
    let empty =
        serde_json::json!({ "openapi": "3.0.3", "info": { "title": "Acme \"API\"", "version": "1" }, "paths": {} });
    let text = facts::guess("acme", &Document::new(empty).unwrap());
    toml::from_str::<generate::Facts>(&text).expect("what is guessed are facts");
    assert!(text.matches("decide:").count() >= 8, "{text}");
    assert!(!text.contains("\nbase_url = \"http"), "{text}");
}

#[test]
fn the_crate_shows_a_call_that_needs_nothing() {
    let document = petstore();
    let facts = facts::guess("petstore", &document);
    let files = files::all("petstore", &document.title(), &document, &facts).unwrap();
    let (path, root) = &files[1];
    assert_eq!(path, "crates/integrator-petstore/src/lib.rs");
    assert!(root.contains("petstore.foods().list().send()"), "{root}");
    assert!(root.lines().count() <= 30, "{root}");
}

#[test]
fn a_name_is_put_in_order_into_every_list() {
    let places = places::all("petstore");
    let add = |index: usize, text: &str| places[index].add(text).unwrap();
    let workspace =
        "[workspace.dependencies]\nintegrator = 1\nintegrator-mock = 1\nintegrator-stripe = 1\n\nbytes = 1\n";
    let line = "integrator-petstore = { path = \"crates/integrator-petstore\", version = \"0.1.0\" }\n";
    assert_eq!(
        add(0, workspace),
        workspace.replace("integrator-stripe", &format!("{line}integrator-stripe"))
    );
    let features = "[features]\n# All.\nfull = [\"a\"]\n# Providers.\na = [\"dep:integrator-a\"]\n# Parts.\nz = []\n";
    let added = add(3, &add(4, features));
    assert!(added.contains("full = [\"petstore\", \"a\"]"), "{added}");
    assert!(
        added.contains("a\"]\npetstore = [\"dep:integrator-petstore\"]\n# Parts."),
        "{added}"
    );
    let root = "#[cfg(feature = \"a\")]\npub use integrator_a as a;\n#[cfg(feature = \"z\")]\npub use integrator_z as z;\n\npub use integrator_core as core;\n\n\
                pub const PROVIDERS: &[&Provider] = &[\n    #[cfg(feature = \"z\")]\n    z::PROVIDER,\n];\n";
    let added = add(6, &add(5, root));
    let order: Vec<&str> = added.lines().filter(|line| !line.contains("cfg")).collect();
    assert_eq!(
        order,
        [
            "pub use integrator_a as a;",
            "pub use integrator_petstore as petstore;",
            "pub use integrator_z as z;",
            "",
            "pub use integrator_core as core;",
            "",
            "pub const PROVIDERS: &[&Provider] = &[",
            "    petstore::PROVIDER,",
            "    z::PROVIDER,",
            "];"
        ],
        "{added}"
    );
    let alone = "#[cfg(feature = \"a\")]\npub use integrator_a as a;\n\npub use integrator_core as core;\n#[cfg(feature = \"oauth\")]\npub use integrator_core::oauth;\npub use integrator_core::{\n    A,\n};\n";
    assert!(
        add(5, alone).contains("as a;\n#[cfg(feature = \"petstore\")]\n"),
        "{}",
        add(5, alone)
    );
    let empty = "pub const PROVIDERS: &[&Provider] = &[\n];\n";
    assert!(add(6, empty).contains("&[\n    #[cfg(feature = \"petstore\")]\n    petstore::PROVIDER,\n];"));
    assert!(places[0].add("[dependencies]\n").is_err());
}

#[test]
fn prose_stays_outside() {
    let document: Value = petstore().facts;
    assert!(!document.to_string().contains("prose"), "prose was taken over");
}
