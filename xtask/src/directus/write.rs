//! The structs as a file of Rust, in rustfmt's shape.

use std::fmt::Write as _;

use super::schema::{Collection, Schema};

pub(super) fn file(schema: &Schema) -> String {
    let body: String = schema.collections.iter().map(collection).collect();
    let mut text = String::from(
        "// Written by `cargo xtask directus types`. Change the data model, then write it again.\n\
         //! Items of the instance's collections. Every field may be missing: fields are chosen, and hidden by permissions.\n\n",
    );
    for (word, line) in [
        ("Related<", "use integrator_directus::collection::Related;\n"),
        ("types::", "use integrator_directus::types;\n"),
    ] {
        if body.contains(word) {
            text.push_str(line);
        }
    }
    let own: Vec<&str> = ["Decimal", "Timestamp", "Value"]
        .into_iter()
        .filter(|name| uses(&body, name))
        .collect();
    match own.as_slice() {
        [] => {}
        [one] => {
            let _ = writeln!(text, "use integrator_directus::{one};");
        }
        several => {
            let _ = writeln!(text, "use integrator_directus::{{{}}};", several.join(", "));
        }
    }
    text.push_str("use serde::{Deserialize, Serialize};\n");
    text + &body
}

fn uses(body: &str, name: &str) -> bool {
    body.split(|sign: char| !sign.is_alphanumeric() && sign != '_')
        .any(|word| word == name)
}

fn collection(collection: &Collection) -> String {
    let which = if collection.singleton {
        "The only item"
    } else {
        "An item"
    };
    let mut text = format!(
        "\n/// {which} of `{}`.\n#[derive(Debug, Clone, Default, Serialize, Deserialize)]\n#[serde(default)]\npub struct {} {{\n",
        collection.wire, collection.name
    );
    for field in &collection.fields {
        let rename = if field.name == field.wire {
            String::new()
        } else {
            format!("rename = {:?}, ", field.wire)
        };
        let _ = writeln!(text, "    /// `{}`", field.wire);
        let _ = writeln!(text, "    #[serde({rename}skip_serializing_if = \"Option::is_none\")]");
        let _ = writeln!(text, "    pub {}: Option<{}>,", field.name, field.ty);
    }
    text.push_str("}\n");
    text
}
