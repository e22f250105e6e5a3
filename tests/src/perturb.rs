//! Answers as real servers give them against their own documents: one habit at a time, all over the answer.
//!
//! What must come of it is the same for each: the answer is read, and says what it said when it is written again. A habit
//! only says which differences do not count.

use fastrand::Rng;
use serde_json::{Map, Value};

use crate::answer;

/// A member that no document mentions.
const UNHEARD_OF: &str = "integrator_unheard_of";
/// A word that no document lists.
const WORD: &str = "integrator_unlisted";

/// Members that are a list or a word, which only their schemas tell; one of both must be there.
const LIST_OR_WORD: [&str; 2] = ["allowed_inference_geos", "enabled_tiers"];

/// What a server does to its answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// It keeps to its document.
    None,
    /// New members, everywhere.
    Members,
    /// New words where words stand: values of enums, types of members of unions.
    Words,
    /// Whole numbers as texts, and dates without a zone, some with a space in the middle.
    Spellings,
    /// Lists that are missing or null.
    Lists,
    /// Anything that is missing or null.
    Anything,
}

impl Habit {
    /// What a client of any provider must bear.
    pub const ALL: [Self; 5] = [Self::None, Self::Members, Self::Words, Self::Spellings, Self::Lists];

    /// The answer with this habit; the same seed does the same.
    #[must_use]
    pub fn put(self, document: &Value, seed: u64) -> Value {
        self.changed(document, &mut Rng::with_seed(seed))
    }

    fn changed(self, value: &Value, random: &mut Rng) -> Value {
        match value {
            Value::Object(members) => {
                let mut kept = Map::new();
                for (name, member) in members {
                    let gone = match self {
                        Self::Lists => member.is_array() && !LIST_OR_WORD.contains(&name.as_str()),
                        Self::Anything => random.u8(..3) == 0,
                        _ => false,
                    };
                    if !gone {
                        kept.insert(name.clone(), self.changed(member, random));
                    } else if random.bool() {
                        kept.insert(name.clone(), Value::Null);
                    }
                }
                // A map takes what is like its others, and nothing else.
                if let Some(like) = members.values().next().filter(|_| self == Self::Members) {
                    kept.insert(UNHEARD_OF.to_owned(), like.clone());
                }
                Value::Object(kept)
            }
            Value::Array(items) => items.iter().map(|item| self.changed(item, random)).collect(),
            Value::Number(number) if self == Self::Spellings && number.as_i64().is_some() => number.to_string().into(),
            Value::String(text) if self == Self::Words && is_word(text) && random.bool() => WORD.into(),
            Value::String(text) if self == Self::Spellings => match zone(text) {
                Some(at) if random.bool() => text[..at].replacen('T', " ", 1).into(),
                Some(at) => text[..at].into(),
                None => value.clone(),
            },
            other => other.clone(),
        }
    }

    /// What was lost of the answer on its way into a type and out of it, or came into being.
    #[must_use]
    pub fn lost(self, sent: &Value, kept: &Value) -> Vec<String> {
        answer::lost(&self.essence(sent), &self.essence(kept))
    }

    /// What counts of an answer.
    fn essence(self, value: &Value) -> Value {
        match value {
            Value::Object(members) => members
                .iter()
                .filter(|(name, _)| *name != UNHEARD_OF)
                .map(|(name, value)| (name.clone(), self.essence(value)))
                .collect(),
            Value::Array(items) => items.iter().map(|item| self.essence(item)).collect(),
            Value::String(text) if self == Self::Spellings => {
                text.parse::<i64>().map_or_else(|_| value.clone(), Value::from)
            }
            other => other.clone(),
        }
    }
}

/// As providers write the values of enums.
fn is_word(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .chars()
            .all(|letter| letter.is_ascii_lowercase() || matches!(letter, '_' | '.'))
}

/// Where the zone of a date-time begins (RFC 3339).
fn zone(text: &str) -> Option<usize> {
    let is_date = text.get(..19)?.char_indices().all(|(at, letter)| match at {
        4 | 7 => letter == '-',
        10 => letter == 'T',
        13 | 16 => letter == ':',
        _ => letter.is_ascii_digit(),
    });
    let at = 19 + text[19..].find(['Z', '+', '-'])?;
    is_date.then_some(at)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document() -> Value {
        json!({"id": 7, "status": "in_use", "at": "2026-11-02T09:00:00.5+01:00", "of": [{"n": [1, 2.5]}], "name": "Ada"})
    }

    /// The change that a seed below a hundred makes.
    fn once(habit: Habit, wanted: &Value) -> bool {
        (0..100).any(|seed| habit.put(&document(), seed) == *wanted)
    }

    #[test]
    fn habits_change_what_they_say() {
        assert_eq!(Habit::None.put(&document(), 1), document());
        let with = |name: &str, value: Value| {
            let mut changed = document();
            changed[name] = value;
            changed
        };
        assert!(once(Habit::Words, &with("status", json!(WORD))));
        assert!(once(Habit::Lists, &with("of", Value::Null)));
        for at in ["2026-11-02 09:00:00.5", "2026-11-02T09:00:00.5"] {
            let of = json!([{"n": ["1", 2.5]}]);
            let other = json!({"id": "7", "status": "in_use", "at": at, "of": of, "name": "Ada"});
            assert!(once(Habit::Spellings, &other), "{at}");
        }
        let members = Habit::Members.put(&document(), 1);
        assert!(members.get(UNHEARD_OF).is_some() && members["of"][0].get(UNHEARD_OF).is_some());
    }

    #[test]
    fn only_what_a_habit_excuses_may_differ() {
        for habit in Habit::ALL {
            let sent = habit.put(&document(), 3);
            assert_eq!(habit.lost(&sent, &sent), [""; 0], "{habit:?}");
            assert_ne!(habit.lost(&sent, &json!({"id": 7})), [""; 0], "{habit:?}");
        }
        let mut texts = Habit::Spellings.put(&document(), 3);
        texts["at"] = document()["at"].take();
        assert_eq!(Habit::Spellings.lost(&texts, &document()), [""; 0]);
        assert_eq!(Habit::Words.lost(&texts, &document()).len(), 2);
        let members = Habit::Members.put(&document(), 3);
        assert_eq!(Habit::Members.lost(&members, &document()), [""; 0]);
    }
}
