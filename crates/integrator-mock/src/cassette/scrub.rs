//! What is secret in an exchange: members and parameters by their names, headers off the allow-list, texts that look like
//! keys.

use integrator_core::{
    Provider,
    redact::{self, REDACTED},
};
use serde_json::Value;

/// How keys and tokens begin, whoever made them.
const PREFIXES: &[&str] = &[
    "sk_live_", "sk_test_", "rk_live_", "rk_test_", "sk-", "whsec_", "api_", "xoxb-", "ghp_", "eyJ",
];
/// Characters that must follow, so that a word is none.
const FOLLOWING: usize = 16;
/// Schemes after which a credential stands.
const SCHEMES: &[&str] = &["Bearer ", "Basic "];

/// Knows a provider's secrets.
#[derive(Clone, Copy)]
pub(crate) struct Scrub {
    provider: &'static [&'static str],
}

impl Scrub {
    pub(crate) const fn new(provider: &Provider) -> Self {
        Self {
            provider: provider.redact,
        }
    }

    fn is_secret(&self, name: &str) -> bool {
        let innermost = |name: &str| redact::is_secret(name) || self.provider.contains(&name);
        name.split(['[', ']']).any(innermost)
    }

    /// Masks what is secret and names where it was, as JSON pointers.
    pub(crate) fn value(&self, value: &mut Value, at: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(members) => {
                for (name, member) in members {
                    let at = format!("{at}/{name}");
                    if self.is_secret(name) && !member.is_null() && *member != "" {
                        mask(member, at, found);
                    } else {
                        self.value(member, &at, found);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(item, &format!("{at}/{index}"), found);
                }
            }
            Value::String(text) if looks_secret(text) => mask(value, at.to_owned(), found),
            _ => {}
        }
    }

    /// A target with the secret values of its query masked.
    pub(crate) fn target(&self, target: &str) -> String {
        match target.split_once('?') {
            Some((path, query)) => format!("{path}?{}", self.form(query)),
            None => target.to_owned(),
        }
    }

    /// A form or a query with its secret values masked.
    pub(crate) fn form(&self, text: &str) -> String {
        let pair = |pair: &str| match pair.split_once('=') {
            Some((name, value)) if !value.is_empty() => {
                let (decoded, text) = decoded(pair);
                if self.is_secret(&decoded) || looks_secret(&text) {
                    format!("{name}={REDACTED}")
                } else {
                    pair.to_owned()
                }
            }
            _ => pair.to_owned(),
        };
        text.split('&').map(pair).collect::<Vec<_>>().join("&")
    }

    /// A text with its lines of JSON scrubbed, as in a stream of events, and lines that look like keys masked.
    pub(crate) fn lines(&self, text: &str) -> String {
        let line = |line: &str| {
            let (before, data) = match line.find(['{', '[']) {
                Some(at) => line.split_at(at),
                None => ("", line),
            };
            let Ok(mut value) = serde_json::from_str::<Value>(data) else {
                return if looks_secret(line) {
                    REDACTED.to_owned()
                } else {
                    line.to_owned()
                };
            };
            let mut found = Vec::new();
            self.value(&mut value, "", &mut found);
            // What holds no secret stays as it was, to the byte.
            if found.is_empty() {
                line.to_owned()
            } else {
                format!("{before}{value}")
            }
        };
        text.split('\n').map(line).collect::<Vec<_>>().join("\n")
    }

    /// Places in one half of an exchange where something stands that recording would have masked.
    pub(crate) fn secrets_in(&self, provider: &Provider, half: &Value) -> Vec<String> {
        let mut found = Vec::new();
        for (name, value) in half.get("headers").and_then(Value::as_object).into_iter().flatten() {
            let text = value.as_str().unwrap_or_default();
            if redact::header(provider, name, text) != text || looks_secret(text) {
                found.push(format!("/headers/{name}"));
            }
        }
        let mut check = |place: &str, text: &str, scrubbed: String| {
            if scrubbed != text {
                found.push(place.to_owned());
            }
        };
        if let Some(target) = half.get("target").and_then(Value::as_str) {
            check("/target", target, self.target(target));
        }
        let body = half.get("body").unwrap_or(&Value::Null);
        if let Some(form) = body.get("form").and_then(Value::as_str) {
            check("/body/form", form, self.form(form));
        }
        if let Some(text) = body.get("text").and_then(Value::as_str) {
            check("/body/text", text, self.lines(text));
        }
        for name in ["json", "parts"] {
            let mut value = body.get(name).cloned().unwrap_or_default();
            self.value(&mut value, &format!("/body/{name}"), &mut found);
        }
        found
    }
}

fn mask(value: &mut Value, at: String, found: &mut Vec<String>) {
    if *value != REDACTED {
        *value = Value::from(REDACTED);
        found.push(at);
    }
}

/// Whether a text is, or holds, what only a key looks like.
fn looks_secret(text: &str) -> bool {
    let is_part = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-' | '.');
    let words = text.split(|char: char| !is_part(char));
    let key = |word: &str| {
        let mut rests = PREFIXES.iter().filter_map(|prefix| word.strip_prefix(prefix));
        rests.any(|rest| rest.len() >= FOLLOWING)
    };
    let scheme = |scheme: &&str| {
        text.strip_prefix(scheme)
            .is_some_and(|key| !key.trim().is_empty() && key != REDACTED)
    };
    SCHEMES.iter().any(scheme) || words.into_iter().any(key)
}

fn decoded(pair: &str) -> (String, String) {
    let mut pairs = integrator_contract::form_pairs(pair);
    pairs
        .next()
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .unwrap_or_default()
}
