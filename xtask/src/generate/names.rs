//! Words of a document as words of Rust.

use heck::{ToSnakeCase, ToUpperCamelCase};

/// Keywords of the 2024 edition, strict and reserved.
const KEYWORDS: &[&str] = &[
    "abstract", "as", "async", "await", "become", "box", "break", "const", "continue", "crate", "do", "dyn", "else",
    "enum", "extern", "false", "final", "fn", "for", "gen", "if", "impl", "in", "let", "loop", "macro", "match", "mod",
    "move", "mut", "override", "priv", "pub", "ref", "return", "self", "static", "struct", "super", "trait", "true",
    "try", "type", "typeof", "unsafe", "unsized", "use", "virtual", "where", "while", "yield",
];

/// Type names that generated code uses for something else.
const TAKEN: &[&str] = &[
    "Box",
    "Client",
    "Clone",
    "Debug",
    "Decimal",
    "Default",
    "Download",
    "Err",
    "Expandable",
    "From",
    "Into",
    "Iterator",
    "List",
    "Map",
    "Members",
    "None",
    "Ok",
    "Option",
    "Patch",
    "Raw",
    "Response",
    "Result",
    "Self",
    "Send",
    "Some",
    "String",
    "Sync",
    "Text",
    "Timestamp",
    "ToString",
    "UnixTime",
    "Upload",
    "Value",
    "Vec",
];

/// Methods of every call; an argument of that name gets a trailing `_`.
const RESERVED: &[&str] = &["body", "call", "new", "path", "raw", "send", "set", "stream", "with"];

/// A type's name.
pub(crate) fn type_name(words: &str) -> String {
    let name = words.to_upper_camel_case();
    if name.starts_with(|first: char| first.is_ascii_digit()) || name.is_empty() {
        format!("N{name}")
    } else {
        name
    }
}

/// Whether generated code uses this name for something else.
pub(crate) fn is_taken(name: &str) -> bool {
    TAKEN.contains(&name)
}

/// A field's, a method's or a module's name.
pub(crate) fn value_name(words: &str) -> String {
    let name = words.to_snake_case();
    if KEYWORDS.contains(&name.as_str()) {
        format!("{name}_")
    } else if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        format!("n{name}")
    } else {
        name
    }
}

/// An argument's name: a field's, unless every call has a method of that name.
pub(crate) fn argument_name(words: &str, pages: bool) -> String {
    let name = value_name(words);
    let reserved = RESERVED.contains(&name.as_str()) || (pages && matches!(name.as_str(), "items" | "pages"));
    if reserved { format!("{name}_") } else { name }
}

/// Names that are told apart: equal ones get signs spelled out, then a number.
pub(crate) fn variant_names(texts: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = texts.iter().map(|text| variant(text, false)).collect();
    for index in 0..names.len() {
        let twin = |names: &[String]| names.iter().filter(|name| **name == names[index]).count() > 1;
        if twin(&names) {
            let spelled = variant(texts[index], true);
            if !names.contains(&spelled) {
                names[index] = spelled;
            }
        }
        let base = names[index].clone();
        let mut number = 2;
        while names[..index].contains(&names[index]) {
            names[index] = format!("{base}{number}");
            number += 1;
        }
    }
    names
}

fn variant(text: &str, spell: bool) -> String {
    let text = if spell {
        text.replace('+', " Plus ")
            .replace('-', " Minus ")
            .replace('<', " Less ")
            .replace('>', " Greater ")
    } else {
        text.to_owned()
    };
    let text = text.replace('*', " Star ");
    let name = text.to_upper_camel_case();
    match name.chars().next() {
        None => "Empty".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("N{name}"),
        Some(_) if name == "Self" || name == "Unlisted" => format!("{name}Value"),
        Some(_) => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_variants_are_told_apart() {
        assert_eq!(
            variant_names(&["Etc/GMT+1", "Etc/GMT-1", "x", "X", "", "3ds"]),
            ["EtcGmtPlus1", "EtcGmt1", "X", "X2", "Empty", "N3ds"]
        );
    }

    #[test]
    fn keywords_and_reserved_words_get_a_tail() {
        assert_eq!(value_name("type"), "type_");
        assert_eq!(argument_name("send", false), "send_");
        assert_eq!(argument_name("items", false), "items");
        assert_eq!(argument_name("items", true), "items_");
    }
}
