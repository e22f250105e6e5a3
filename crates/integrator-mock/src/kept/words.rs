//! Words in braces in a provider's file, and what stands for them: ids, times, what was sent.
//!
//! | word | stands for |
//! |---|---|
//! | `{alnum:N}` `{uuid}` `{n}` | so many letters and digits, a UUID, the next number |
//! | `{unix}` `{date}` | now, in seconds or as RFC 3339 |
//! | `{base}` `{parent}` `{id}` | the provider's base URL, the last segment of the parent's id, the object's own id |
//! | `{sent:NAME}` `{own:NAME}` | a member of what was sent, or of the object |
//! | `{text}` `{word}` `{input_tokens}` and other words that are none of these | a member of the object, too |
//! | `{file:length}` `{file:name}` `{file:type}` | of the file that was uploaded |
//!
//! A text that is nothing but one word takes that word's type. A member whose word stands for nothing is left out.

use std::time::SystemTime;

use fastrand::Rng;
use integrator_contract::multipart::Part;
use serde_json::{Map, Value};

use crate::dotted;

/// What the words of one object stand for.
pub(crate) struct Words<'a> {
    pub(crate) random: Rng,
    pub(crate) number: u64,
    pub(crate) now: SystemTime,
    pub(crate) base: &'a str,
    pub(crate) parent: &'a str,
    pub(crate) id: Value,
    pub(crate) sent: &'a Value,
    pub(crate) file: Option<&'a Part>,
}

impl Words<'static> {
    /// Words that stand for nothing but members.
    pub(crate) fn of_nothing() -> Self {
        Self {
            random: Rng::with_seed(0),
            number: 0,
            now: SystemTime::UNIX_EPOCH,
            base: "",
            parent: "",
            id: Value::Null,
            sent: &Value::Null,
            file: None,
        }
    }
}

impl Words<'_> {
    /// The members with their words replaced; those that stand for nothing are not among them.
    pub(crate) fn members(&mut self, members: &Map<String, Value>, own: &Value) -> Map<String, Value> {
        let filled = members
            .iter()
            .filter_map(|(name, value)| Some((name.clone(), self.value(value, own)?)));
        filled.collect()
    }

    /// The value with its words replaced.
    pub(crate) fn value(&mut self, value: &Value, own: &Value) -> Option<Value> {
        match value {
            Value::String(text) => self.text(text, own),
            Value::Array(items) => items.iter().map(|item| self.value(item, own)).collect(),
            Value::Object(members) => Some(Value::Object(self.members(members, own))),
            other => Some(other.clone()),
        }
    }

    /// The text with its words replaced.
    pub(crate) fn text(&mut self, text: &str, own: &Value) -> Option<Value> {
        if let Some(word) = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'))
            && !word.contains('{')
        {
            return self.word(word, own);
        }
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (word, after) = after.split_once('}')?;
            out.push_str(before);
            match self.word(word, own)? {
                Value::String(text) => out.push_str(&text),
                other => out.push_str(&other.to_string()),
            }
            rest = after;
        }
        out.push_str(rest);
        Some(Value::String(out))
    }

    fn word(&mut self, word: &str, own: &Value) -> Option<Value> {
        let (word, argument) = word.split_once(':').unwrap_or((word, ""));
        Some(match (word, argument) {
            ("alnum", count) => {
                let count = count.parse().unwrap_or(14);
                (0..count)
                    .map(|_| self.random.alphanumeric())
                    .collect::<String>()
                    .into()
            }
            ("uuid", _) => self.uuid().into(),
            ("n", _) => own.get("n").cloned().unwrap_or_else(|| self.number.into()),
            ("unix", _) => seconds(self.now).into(),
            ("date", _) => date(self.now).into(),
            ("base", _) => self.base.into(),
            ("parent", _) => self.parent.into(),
            ("id", _) => self.id.clone(),
            ("sent", name) => dotted::get(self.sent, name)?.clone(),
            ("own", name) => dotted::get(own, name)?.clone(),
            ("file", "length") => self.file?.length.into(),
            ("file", "name") => self.file?.filename.clone()?.into(),
            ("file", "type") => self.file?.content_type.clone()?.into(),
            (name, "") => own.get(name)?.clone(),
            _ => return None,
        })
    }

    fn uuid(&mut self) -> String {
        let (high, low) = (self.random.u64(..), self.random.u64(..));
        format!(
            "{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}",
            high >> 32,
            (high >> 16) & 0xffff,
            high & 0xfff,
            low >> 52,
            low & 0xffff_ffff_ffff
        )
    }
}

pub(crate) fn seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// RFC 3339 in UTC.
pub(crate) fn date(time: SystemTime) -> String {
    let seconds = seconds(time);
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    // The proleptic Gregorian calendar, counted from March so that the leap day comes last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year + era * 400 + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;

    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        let of = |seconds| date(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
        assert_eq!(of(0), "1970-01-01T00:00:00Z");
        assert_eq!(of(951_782_399), "2000-02-28T23:59:59Z");
        assert_eq!(of(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(of(1_795_547_103), "2026-11-24T19:05:03Z");
    }

    #[test]
    fn words_take_their_own_type_alone_and_are_text_within_text() {
        let sent = json!({"amount": 5, "deep": {"x": true}});
        let mut words = Words {
            random: Rng::with_seed(1),
            number: 7,
            now: SystemTime::UNIX_EPOCH,
            base: "https://a",
            parent: "p",
            id: json!("id_1"),
            sent: &sent,
            file: None,
        };
        let own = json!({"name": "n"});
        let mut value = |text: &str| words.value(&json!(text), &own);
        assert_eq!(value("{n}"), Some(json!(7)));
        assert_eq!(value("{sent:deep.x}"), Some(json!(true)));
        assert_eq!(value("{base}/{parent}/{n}-{own:name}"), Some(json!("https://a/p/7-n")));
        assert_eq!(value("{sent:nothing}"), None);
        assert_eq!(value("{file:length}"), None);
        assert_eq!(value("{alnum:14}").unwrap().as_str().unwrap().len(), 14);
        assert_eq!(value("{uuid}").unwrap().as_str().unwrap().len(), 36);
    }
}
