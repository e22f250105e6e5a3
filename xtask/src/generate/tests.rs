//! The whole pipe over a small document: the same bytes anywhere, and a new document that changes only what it should.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

const FACTS: &str = "title = \"Mini\"\nbase_url = \"https://mini.example\"\nscheme = \"bearer\"\nlists = [\"data\"]\n\
    version_header = \"mini-version\"\nprobe = \"pets.list\"\n\
    key_shapes = [{ prefix = \"pk_\", is = \"publishable key\", opens = \"nothing\" }]\n\
    [env]\ncredential = \"MINI_KEY\"\nbase_url = \"MINI_URL\"\n\
    [[paging]]\nkind = \"last_item\"\nitems = \"data\"\nargument = \"after\"\nfield = \"id\"\nmore = \"more\"\n\
    [groups]\n\"kind:{body.name}\" = [\"POST /pets\"]\n\
    [throttling]\nusage = [\"usage.in + usage.out\"]\n\
    windows = [{ resource = \"requests\", refill = \"gradual\", pairs = \"ratelimit\" }]\n\
    [throttling.reasons]\nheader = \"why\"\ndrains = { all = \"identity\" }\n";

fn document() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Mini", "version": "1"},
        "paths": {
            "/pets": {
                "get": {
                    "operationId": "listPets",
                    "parameters": [{"name": "after", "in": "query", "schema": {"type": "string"}}],
                    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {
                        "type": "object",
                        "properties": {
                            "data": {"type": "array", "items": {"$ref": "#/components/schemas/pet"}},
                            "more": {"type": "boolean"},
                        },
                        "required": ["data", "more"],
                    }}}}},
                },
                "post": {
                    "operationId": "createPet",
                    "requestBody": {"content": {"application/json": {"schema": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string"},
                            "home": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
                        },
                        "required": ["name"],
                    }}}},
                    "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/pet"}}}}},
                },
            },
        },
        "components": {"schemas": {
            "pet": {
                "type": "object",
                "properties": {
                    "id": {"type": "string"},
                    "kind": {"type": "string", "enum": ["cat", "dog"]},
                },
                "required": ["id"],
            },
        }},
    })
}

/// A repository that holds one provider, generated from `document`.
fn generated(root: &Path, document: &Value) -> BTreeMap<PathBuf, String> {
    let folder = root.join("specs/mini");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("openapi.json"), document.to_string()).unwrap();
    fs::write(folder.join("provider.toml"), FACTS).unwrap();
    if !folder.join("lock.toml").exists() {
        fs::write(folder.join("lock.toml"), "[source]\nfile = \"mini.json\"\n").unwrap();
    }
    let made = super::generate(root, "mini").unwrap();
    made.tree.write(root).unwrap();
    assert_eq!(made.tree.diff(root).unwrap(), "", "what was written is what is checked");
    read(root, root)
}

fn read(root: &Path, folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(read(root, &path));
        } else {
            files.insert(
                path.strip_prefix(root).unwrap().to_owned(),
                fs::read_to_string(&path).unwrap(),
            );
        }
    }
    files
}

fn all(files: &BTreeMap<PathBuf, String>) -> String {
    files.values().map(String::as_str).collect()
}

#[test]
fn the_same_document_gives_the_same_bytes_in_any_folder() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = generated(one.path(), &document());
    assert_eq!(first, generated(two.path(), &document()));
    assert_eq!(
        first,
        generated(one.path(), &document()),
        "a second run changes nothing"
    );
}

#[test]
fn what_a_key_looks_like_and_what_only_reads_becomes_data() {
    let root = tempfile::tempdir().unwrap();
    let text = all(&generated(root.path(), &document()));
    for data in [
        "KeyShape { prefix: \"pk_\", what: \"publishable key\", opens: Opens::Nothing }",
        "version_header: Some(\"mini-version\")",
        "probe: Some(\"pets.list\")",
    ] {
        let flat = |text: &str| text.split_whitespace().collect::<String>().replace(",}", "}");
        assert!(flat(&text).contains(&flat(data)), "{data}");
    }
    let facts = root.path().join("specs/mini/provider.toml");
    for (right, wrong, named) in [
        ("pets.list", "pets.create", "names no operation that only reads"),
        ("nothing", "admin", "opens `admin`, which is none of"),
    ] {
        fs::write(&facts, FACTS.replace(right, wrong)).unwrap();
        let refused = format!("{:?}", super::generate(root.path(), "mini").unwrap_err());
        let words: Vec<&str> = refused.split_whitespace().filter(|word| *word != "│").collect();
        assert!(words.join(" ").contains(named), "{refused}");
    }
}

#[test]
fn limits_become_data() {
    let root = tempfile::tempdir().unwrap();
    let files = generated(root.path(), &document());
    let text: String = all(&files).split_whitespace().collect();
    for data in [
        "WindowFact{resource:Resource::Requests,source:WindowSource::Pairs(\"ratelimit\"),refill:Refill::Gradual",
        "reasons:Some(Reasons{header:\"why\",drains:&[(\"all\",Drains::Identity)]",
        "usage:&[\"usage.in+usage.out\"]",
    ] {
        assert!(text.contains(data), "{data}");
    }
    assert_eq!(text.matches("group:\"").count(), 1, "one of two operations");
    assert!(text.contains("group:\"kind:{body.name}\""));
}

#[test]
fn a_new_document_changes_only_specs_and_generated_files() {
    let root = tempfile::tempdir().unwrap();
    let before = generated(root.path(), &document());
    let mut bumped = document();
    bumped["components"]["schemas"]["pet"]["properties"]["age"] = json!({"type": "integer"});
    bumped["components"]["schemas"]["pet"]["properties"]["kind"]["enum"] = json!(["cat", "dog", "newt"]);
    bumped["paths"]["/pets/{id}"] = json!({"get": {
        "operationId": "getPet",
        "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/pet"}}}}},
    }});
    let after = generated(root.path(), &bumped);
    for (path, text) in &after {
        let ours = path.starts_with("specs/mini")
            || path.starts_with("crates/integrator-mini/src/generated")
            || path == Path::new("crates/integrator-mini/src/generated.rs")
            || path == Path::new("crates/integrator/docs/calls/mini.md")
            || path == Path::new("tests/tests/encode_mini/generated.rs")
            || path.starts_with("tests/tests/encode_mini/generated");
        assert!(ours || before.get(path) == Some(text), "{} changed", path.display());
    }
    let text = all(&after);
    for wanted in [
        "age: Option<i64> = \"age\"",
        "Newt = \"newt\"",
        "retrieve(0 id) -> RetrieveCall",
        "operations = 3",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing");
    }
}

#[test]
fn a_type_keeps_its_name_when_another_wants_it() {
    let root = tempfile::tempdir().unwrap();
    let before = all(&generated(root.path(), &document()));
    assert!(before.contains("pub struct Home {"));
    let mut bumped = document();
    // Stands first in the document, so that without a pin it would take the name.
    bumped["components"]["schemas"]["aunt"] = json!({
        "type": "object",
        "properties": {"home": {"type": "object", "properties": {"street": {"type": "string"}}}},
    });
    let after = all(&generated(root.path(), &bumped));
    assert!(
        after.contains("pub struct Home {\n        0 city: String"),
        "the old type lost its name"
    );
    assert!(
        after.contains("pub struct AuntHome {"),
        "the new type has no name of its own"
    );
}

#[test]
fn types_of_one_shape_are_one_type_under_all_their_names() {
    let root = tempfile::tempdir().unwrap();
    let mut twice = document();
    let pet = twice["components"]["schemas"]["pet"].clone();
    twice["components"]["schemas"]["cat"] = pet;
    let text = all(&generated(root.path(), &twice));
    for wanted in [
        "pub type Pet = Cat;",
        "pub struct Cat {",
        "CREATE as CreateCall -> Pet {",
        "same_shape = 1",
        "types = 4",
    ] {
        assert!(text.contains(wanted), "{wanted} is missing");
    }
    assert!(!text.contains("pub struct Pet {"));
}

#[test]
fn check_shows_a_unified_diff_and_writes_nothing() {
    let root = tempfile::tempdir().unwrap();
    generated(root.path(), &document());
    let victim = root.path().join("crates/integrator-mini/src/generated/pets.rs");
    let edited = fs::read_to_string(&victim).unwrap().replace("\"name\"", "\"nom\"");
    fs::write(&victim, &edited).unwrap();
    fs::write(
        root.path().join("crates/integrator-mini/src/generated/stale.rs"),
        "// old\n",
    )
    .unwrap();
    let diff = super::generate(root.path(), "mini")
        .unwrap()
        .tree
        .diff(root.path())
        .unwrap();
    assert!(
        diff.contains("--- a/crates/integrator-mini/src/generated/pets.rs"),
        "{diff}"
    );
    assert!(diff.contains("-// old"), "{diff}");
    assert_eq!(fs::read_to_string(&victim).unwrap(), edited);
}

#[test]
fn an_xml_body_is_written_under_the_name_that_its_schema_gives() {
    let xml = |schema: Value| {
        let mut document = document();
        document["paths"]["/pets"]["post"]["requestBody"]["content"] = json!({"application/xml": {"schema": schema}});
        document
    };
    let root = tempfile::tempdir().unwrap();
    let named = json!({"type": "object", "xml": {"name": "Pet"}, "properties": {"name": {"type": "string"}}});
    assert!(all(&generated(root.path(), &xml(named))).contains("data::Body::Xml(\"Pet\")"));
    let nameless = json!({"type": "object", "properties": {"name": {"type": "string"}}});
    fs::write(root.path().join("specs/mini/openapi.json"), xml(nameless).to_string()).unwrap();
    let report = super::generate(root.path(), "mini")
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(
        report.contains("pets.create: the root of its XML body has no name"),
        "{report}"
    );
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let root = tempfile::tempdir().unwrap();
    let mut broken = document();
    broken["paths"]["/pets"]["get"]["x-sdk-name"] = json!("pets.create");
    broken["paths"]["/pets"]["post"]["x-sdk-name"] = json!("pets.create");
    broken["paths"]["/"] = json!({"get": {"operationId": "root", "responses": {}}});
    let folder = root.path().join("specs/mini");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("openapi.json"), broken.to_string()).unwrap();
    fs::write(folder.join("provider.toml"), FACTS).unwrap();
    fs::write(folder.join("lock.toml"), "").unwrap();
    let report = super::generate(root.path(), "mini")
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default();
    assert!(report.contains("both `pets.create`"), "{report}");
    assert!(report.contains("get /: no name"), "{report}");
}
