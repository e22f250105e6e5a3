//! A query that is too long for a URL, as the JSON body of a POST. When that happens is said in `encode`.

use std::borrow::Cow;

use super::json::ObjectText;
use super::scan;
use crate::operation::QueryStyle;

/// `{"<member>": {"<parameter>": …}}`: a list is what it would be in the URL, anything else stays the JSON that it is.
pub(super) fn write<'a>(member: &str, parameters: impl Iterator<Item = (&'a str, &'a str, QueryStyle)>) -> String {
    let mut inner = ObjectText::new();
    for (name, json, style) in parameters {
        match style {
            QueryStyle::Comma if json.starts_with('[') => {
                let parts: Vec<Cow<'_, str>> = scan::items(json)
                    .map(|item| scan::scalar(item).unwrap_or(Cow::Borrowed(item)))
                    .collect();
                inner.push(name, &serde_json::Value::from(parts.join(",")).to_string());
            }
            _ => inner.push(name, json),
        }
    }
    let mut outer = ObjectText::new();
    outer.push(member, &inner.finish());
    outer.finish()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::write;
    use crate::operation::QueryStyle::{Comma, Form};

    #[test]
    fn parameters_keep_their_types_and_comma_lists_are_joined() {
        let parameters = [
            ("_limit", "5", Form),
            ("id__in", r#"["a","b"]"#, Comma),
            ("query", r#""x \"y\"""#, Form),
        ];
        let text = write("_params", parameters.into_iter());
        assert_eq!(
            serde_json::from_str::<Value>(&text).unwrap(),
            json!({"_params": {"_limit": 5, "id__in": "a,b", "query": "x \"y\""}})
        );
    }
}
