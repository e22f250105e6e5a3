//! JSON bodies put together from fragments, which are JSON text already and are not read again.

use super::scan;

/// A JSON object that grows member by member.
#[derive(Debug)]
pub(crate) struct ObjectText {
    text: String,
    empty: bool,
}

impl ObjectText {
    pub(crate) fn new() -> Self {
        Self {
            text: "{".to_owned(),
            empty: true,
        }
    }

    /// Continues the object `json`; `None` when it is no object.
    pub(crate) fn continued(json: &str) -> Option<Self> {
        let text = json.trim().strip_suffix('}').filter(|text| text.starts_with('{'))?;
        Some(Self {
            text: text.to_owned(),
            empty: scan::members(json).next().is_none(),
        })
    }

    pub(crate) fn push(&mut self, name: &str, json: &str) {
        if !self.empty {
            self.text.push(',');
        }
        self.empty = false;
        push_string(&mut self.text, name);
        self.text.push(':');
        self.text.push_str(json);
    }

    pub(crate) fn finish(mut self) -> String {
        self.text.push('}');
        self.text
    }
}

/// Appends `text` as a JSON string.
pub(crate) fn push_string(out: &mut String, text: &str) {
    let plain = |char: char| char >= ' ' && !matches!(char, '"' | '\\');
    if text.chars().all(plain) {
        out.push('"');
        out.push_str(text);
        out.push('"');
    } else {
        out.push_str(&serde_json::Value::from(text).to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::ObjectText;

    #[test]
    fn members_are_joined_as_they_are() {
        let mut object = ObjectText::new();
        object.push("a", "1.10");
        object.push("b \"c\"", "[ 1 ]");
        assert_eq!(object.finish(), r#"{"a":1.10,"b \"c\"":[ 1 ]}"#);
        assert_eq!(ObjectText::new().finish(), "{}");
    }

    #[test]
    fn an_object_can_be_continued() {
        let continued = |json: &str| {
            let mut object = ObjectText::continued(json)?;
            object.push("z", "1");
            Some(object.finish())
        };
        assert_eq!(continued("{ }").unwrap(), r#"{ "z":1}"#);
        assert_eq!(continued(r#" {"a": {}} "#).unwrap(), r#"{"a": {},"z":1}"#);
        assert_eq!(continued("[]"), None);
        assert_eq!(continued("\"}\""), None);
    }
}
