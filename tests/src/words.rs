//! Words of enums: which ones a document lists, and which of them a type that was read did not know.

use std::collections::BTreeSet;

use serde_json::Value;

/// How [`Debug`] shows a word that is kept and not listed.
const SHOWN: &str = "Unlisted(\"";

/// Every text that an enum or a constant in these schemas lists, and in those that they refer to by name.
pub fn listed<'a>(
    schemas: impl IntoIterator<Item = &'a Value>,
    named: impl Fn(&str) -> Option<&'a Value>,
) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut left: Vec<&Value> = schemas.into_iter().collect();
    while let Some(value) = left.pop() {
        match value {
            Value::Object(members) => {
                let target = members.get("$ref").and_then(Value::as_str);
                if let Some(name) = target.and_then(|target| target.rsplit('/').next())
                    && seen.insert(name)
                {
                    left.extend(named(name));
                }
                let options = members.get("enum").and_then(Value::as_array).into_iter().flatten();
                let texts = options.chain(members.get("const")).filter_map(Value::as_str);
                words.extend(texts.map(str::to_owned));
                left.extend(members.values());
            }
            Value::Array(items) => left.extend(items),
            _ => {}
        }
    }
    words
}

/// The words in a type's [`Debug`] text that its enums kept without listing them.
#[must_use]
pub fn unlisted(shown: &str) -> Vec<String> {
    let rest = shown.split(SHOWN).skip(1);
    rest.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    integrator_core::open_enum! {
        /// An enum whose generator forgot a word.
        pub enum Size { Small = "small", Large = "large" }
    }

    #[test]
    fn a_word_that_a_type_forgot_is_found() {
        let sizes = json!({"type": "string", "enum": ["small", "medium", "large"]});
        let pet = json!({"properties": {"size": {"$ref": "#/$defs/Size"}, "kind": {"const": "pet"}, "of": {"$ref": "#/$defs/Pet"}}});
        let named = |name: &str| match name {
            "Size" => Some(&sizes),
            "Pet" => Some(&pet),
            _ => None,
        };
        let listed = listed([&pet], named);
        assert_eq!(listed, ["large", "medium", "pet", "small"].map(str::to_owned).into());
        let read = ["small", "medium", "huge"].map(Size::from);
        let unlisted = unlisted(&format!("{read:?}"));
        assert_eq!(unlisted, ["medium", "huge"]);
        let lost: Vec<&String> = unlisted.iter().filter(|word| listed.contains(*word)).collect();
        assert_eq!(lost, ["medium"]);
    }
}
