//! A snapshot of a small shop, and the structs that it becomes; the crate's own tests compile and use them.

use serde_json::{Value, json};

use super::types_of;

fn read(path: &str) -> String {
    std::fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn document() -> Value {
    serde_json::from_str(&read("specs/directus/openapi.json")).unwrap()
}

#[test]
fn a_snapshot_becomes_structs() {
    let snapshot: Value = serde_json::from_str(&read("specs/directus/fixtures/snapshot.json")).unwrap();
    let text = types_of(&snapshot, &document()).unwrap();
    let kept = "crates/integrator-directus/tests/shop/types.rs";
    assert_eq!(
        text,
        read(kept),
        "write it: cargo xtask directus types --from specs/directus/fixtures/snapshot.json --to {kept}"
    );
}

#[test]
fn what_is_no_snapshot_is_refused() {
    let problem = types_of(&json!({"data": []}), &document()).unwrap_err();
    assert!(problem.contains("no schema snapshot"), "{problem}");
    let twice = json!({"collections": [
        {"collection": "a_b", "schema": {}}, {"collection": "aB", "schema": {}},
    ]});
    let problem = types_of(&twice, &document()).unwrap_err();
    assert!(problem.contains("`a_b` and `aB`"), "{problem}");
}
