//! The elements of a document while it is read, and the JSON text that they become.

use std::collections::HashMap;

use crate::wire::json::push_string;

/// One element; its children are JSON text already.
#[derive(Debug)]
pub(super) struct Element {
    name: String,
    text: String,
    members: Vec<(String, Vec<String>)>,
    positions: HashMap<String, usize>,
}

impl Element {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: String::new(),
            members: Vec::new(),
            positions: HashMap::new(),
        }
    }

    pub(super) fn attribute(&mut self, name: &str, value: &str) {
        let mut json = String::new();
        push_string(&mut json, value);
        self.member(format!("@{name}"), json);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    pub(super) fn child(&mut self, child: Self) {
        let name = child.name.clone();
        self.member(name, child.json());
    }

    pub(super) fn json(mut self) -> String {
        let mut out = String::new();
        if self.members.is_empty() {
            push_string(&mut out, &self.text);
            return out;
        }
        // Blanks between elements are layout.
        if !self.text.trim().is_empty() {
            let mut text = String::new();
            push_string(&mut text, &self.text);
            self.member("$text".to_owned(), text);
        }
        out.push('{');
        for (at, (name, values)) in self.members.iter().enumerate() {
            if at > 0 {
                out.push(',');
            }
            push_string(&mut out, name);
            out.push(':');
            match values.as_slice() {
                [value] => out.push_str(value),
                values => {
                    out.push('[');
                    out.push_str(&values.join(","));
                    out.push(']');
                }
            }
        }
        out.push('}');
        out
    }

    fn member(&mut self, name: String, json: String) {
        let at = *self.positions.entry(name.clone()).or_insert_with(|| {
            self.members.push((name, Vec::new()));
            self.members.len() - 1
        });
        if let Some((_, values)) = self.members.get_mut(at) {
            values.push(json);
        }
    }
}
