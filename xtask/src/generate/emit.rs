//! The model as files of Rust.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use super::model::{Model, Type};
use super::names::{type_name, value_name};

mod operations;
mod proof;
mod provider;
mod text;
mod types;

pub(crate) use proof::proof;
use text::{is_long, wrapped};
use types::Listing;

/// Files by path below the crate's `src/`.
pub(crate) type Files = BTreeMap<String, String>;

/// Writes all files of a provider crate.
///
/// # Errors
/// What does not parse: a defect of the generator.
pub(crate) fn emit(model: &Model, facts: &Facts, provider: &str, version: &str, header: &str) -> Result<Files, String> {
    let homes = homes(model);
    let ids = types::with_id(&model.types);
    let mut modules: BTreeMap<String, String> = BTreeMap::new();
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut listings: BTreeMap<&str, Listing> = BTreeMap::new();
    for ty in &model.types {
        let home = homes.get(ty.name.as_str()).map_or("", String::as_str);
        listings.entry(home).or_default().add(ty, &ids);
        listed.entry(home.to_owned()).or_default().push(ty.name.clone());
    }
    for (home, listing) in &listings {
        listing.write(modules.entry((*home).to_owned()).or_default());
    }
    let tree = operations::tree(model);
    for (path, node) in &tree {
        if !path.is_empty() {
            operations::write(node, modules.entry(path.clone()).or_default());
        }
    }
    let mut files = Files::new();
    for (path, body) in &modules {
        let below: Vec<&str> = modules
            .keys()
            .filter_map(|other| other.strip_prefix(&format!("{path}/")))
            .filter(|rest| !rest.contains('/'))
            .collect();
        let mut text = format!("{header}\n");
        text.push_str("use integrator_core::generated::*;\nuse crate::types::*;\n");
        for module in below {
            text.push_str(&format!("\npub mod {module};"));
        }
        text.push('\n');
        text.push_str(body);
        if is_long(&text) {
            return Err(format!("{path}: more than 5,000 lines; split its home in emit.rs"));
        }
        files.insert(format!("generated/{path}.rs"), text);
    }
    let shared: Vec<&str> = modules.keys().filter_map(|path| path.strip_prefix("shared/")).collect();
    if !shared.is_empty() {
        let lines: String = shared
            .iter()
            .map(|module| format!("pub(super) mod {module};\n"))
            .collect();
        files.insert("generated/shared.rs".to_owned(), format!("{header}\n{lines}"));
    }
    files.insert(
        "generated/types.rs".to_owned(),
        format!(
            "{header}\n//! All types, wherever they stand.\n\n{}",
            types_list(&listed)
        ),
    );
    files.insert(
        "generated/provider.rs".to_owned(),
        format!("{header}\n{}", provider::write(model, facts, provider, version)?),
    );
    let tops: BTreeSet<&str> = tree
        .keys()
        .filter(|path| !path.is_empty())
        .filter_map(|path| path.split('/').next())
        .collect();
    files.insert(
        "generated.rs".to_owned(),
        format!("{header}\n{}", root(&tops, facts, !shared.is_empty())),
    );
    Ok(files)
}

/// The file in which a type stands: of the one resource that uses it, else a shared one by how its name begins.
fn homes(model: &Model) -> BTreeMap<&str, String> {
    let users = operations::users(model);
    let mut homes = BTreeMap::new();
    let mut shared: BTreeMap<String, Vec<&Type>> = BTreeMap::new();
    let mut own: BTreeMap<&str, Vec<&Type>> = BTreeMap::new();
    for ty in &model.types {
        match users
            .get(ty.name.as_str())
            .map(|modules| modules.iter().collect::<Vec<_>>())
            .as_deref()
        {
            Some([module]) => own.entry(module).or_default().push(ty),
            _ => shared.entry(beginning(&ty.name, 0)).or_default().push(ty),
        }
    }
    for (module, types) in own {
        if types.iter().map(|ty| types::lines(ty)).sum::<usize>() > 3_500 {
            for ty in types {
                shared.entry(beginning(&ty.name, 0)).or_default().push(ty);
            }
        } else {
            homes.extend(types.iter().map(|ty| (ty.name.as_str(), module.to_owned())));
        }
    }
    let mut words = 0;
    while !shared.is_empty() {
        words += 1;
        let mut long: BTreeMap<String, Vec<&Type>> = BTreeMap::new();
        for (begins, types) in shared {
            // A beginning that too many names share gets a file for each further word.
            if types.iter().map(|ty| types::lines(ty)).sum::<usize>() > 4_000 && words < 8 {
                for ty in types {
                    long.entry(beginning(&ty.name, words)).or_default().push(ty);
                }
            } else {
                homes.extend(types.iter().map(|ty| (ty.name.as_str(), format!("shared/{begins}"))));
            }
        }
        shared = long;
    }
    homes
}

/// The first letter of a name, or its first words.
fn beginning(name: &str, words: usize) -> String {
    let snake = value_name(name);
    match words {
        0 => snake.chars().take(1).collect(),
        words => value_name(&snake.split('_').take(words).collect::<Vec<_>>().join("_")),
    }
}

fn types_list(listed: &BTreeMap<String, Vec<String>>) -> String {
    let mut text = String::new();
    for (home, names) in listed {
        let path = home.replace('/', "::");
        if home.starts_with("shared/") {
            // Nothing else stands there.
            text.push_str(&format!("pub use super::{path}::*;\n"));
            continue;
        }
        let mut names = names.clone();
        names.sort();
        text.push_str(&format!("pub use super::{path}::{{\n"));
        text.push_str(&wrapped(names, 4));
        text.push_str("};\n");
    }
    text
}

fn root(tops: &BTreeSet<&str>, facts: &Facts, shared: bool) -> String {
    let mut text = String::new();
    for top in tops {
        text.push_str(&format!("pub mod {top};\n"));
    }
    text.push_str("mod provider;\n");
    if shared {
        text.push_str("mod shared;\n");
    }
    text.push_str("pub mod types;\n\npub use provider::PROVIDER;\n\n");
    text.push_str("/// Operations as data, by resource: `op::users::RETRIEVE`.\npub mod op {\n    pub use super::{\n");
    text.push_str(&wrapped(tops, 8));
    text.push_str("    };\n}\n\n");
    text.push_str(&format!(
        "integrator_core::client! {{\n    /// The client of {}: cheap to clone, safe to share.\n    pub struct Client for PROVIDER {{\n",
        facts.title
    ));
    for top in tops {
        text.push_str(&format!(
            "        {}: {top}::{}Resource,\n",
            value_name(top),
            type_name(top)
        ));
    }
    text.push_str("    }\n}\n");
    text
}
