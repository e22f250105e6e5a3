//! Text of Rust.

/// How wide a line may be.
pub(super) const WIDTH: usize = 120;

/// Formats items that are no macro calls.
pub(super) fn pretty(items: &str) -> Result<String, String> {
    let file =
        syn::parse_file(items).map_err(|error| format!("the generator wrote what does not parse: {error}\n{items}"))?;
    Ok(prettyplease::unparse(&file))
}

/// More lines than a generated file may have.
pub(super) fn is_long(text: &str) -> bool {
    text.lines().count() > 5_000
}

/// A Rust string literal.
pub(super) fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// A Rust slice of string literals.
pub(super) fn quoted_list<T: AsRef<str>>(texts: impl IntoIterator<Item = T>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| quoted(text.as_ref())).collect();
    format!("&[{}]", texts.join(", "))
}

/// `None` or `Some("…")`.
pub(super) fn quoted_option(text: Option<&str>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("Some({text:?})"))
}

/// Items behind each other, as many a line as fit.
pub(super) fn wrapped<T: AsRef<str>>(items: impl IntoIterator<Item = T>, indent: usize) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for item in items {
        let item = item.as_ref();
        if !line.is_empty() && indent + line.len() + item.len() + 2 > WIDTH {
            text.push_str(&format!("{:indent$}{line}\n", ""));
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(item);
        line.push(',');
    }
    if !line.is_empty() {
        text.push_str(&format!("{:indent$}{line}\n", ""));
    }
    text
}
