//! From the bytes of a file to one value: JSON or YAML 1.2, with the place of a syntax error.
//!
//! Integers stay exact, `on` and `no` are words, a key that stands twice in one object is an error.

use std::fmt;

use miette::{Diagnostic, NamedSource, Result, SourceSpan, miette};
use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A file that is no JSON or no YAML.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{file}:{line}:{column}: {what}")]
#[diagnostic(help("expected {expected}"))]
struct Unreadable {
    file: String,
    line: usize,
    column: usize,
    what: String,
    expected: &'static str,
    #[source_code]
    text: Option<NamedSource<String>>,
    #[label("here")]
    span: Option<SourceSpan>,
}

/// Lines longer than this are not shown: a minified document is one line of megabytes.
const LONGEST_SHOWN_LINE: usize = 240;

/// Parses a document. `file` names it in messages.
///
/// # Errors
///
/// When the text is no UTF-8, or neither JSON nor YAML; the error names line and column.
pub(super) fn parse(file: &str, bytes: &[u8]) -> Result<Value> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        miette!(
            "{file} is not UTF-8: the first wrong byte is at offset {}",
            error.valid_up_to()
        )
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_start().starts_with('{') {
        json(file, text)
    } else {
        yaml(file, text)
    }
}

fn json(file: &str, text: &str) -> Result<Value> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let value = Exact
        .deserialize(&mut reader)
        .and_then(|value| reader.end().map(|()| value));
    value.map_err(|error| {
        let what = error.to_string();
        let what = what.split(" at line ").next().unwrap_or_default().to_owned();
        located(file, text, (error.line(), error.column()), what, "a JSON document").into()
    })
}

fn yaml(file: &str, text: &str) -> Result<Value> {
    let mut options = serde_saphyr::Options::default();
    options.strict_booleans = true;
    options.leading_zero_numbers_as_strings = true;
    options.underscored_numbers_as_strings = true;
    // The defaults are made for small configuration files; aliases keep their own limits.
    if let Some(budget) = &mut options.budget {
        budget.max_events = 50_000_000;
        budget.max_nodes = 50_000_000;
        budget.max_total_scalar_bytes = 1 << 30;
    }
    let value =
        serde_saphyr::with_deserializer_from_str_with_options(text, options, |reader| Exact.deserialize(reader));
    value.map_err(|error| {
        let place = error
            .location()
            .map_or((1, 1), |at| (to_usize(at.line()), to_usize(at.column())));
        located(
            file,
            text,
            place,
            error.without_snippet().to_string(),
            "a YAML 1.2 document",
        )
        .into()
    })
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn located(file: &str, text: &str, (line, column): (usize, usize), what: String, expected: &'static str) -> Unreadable {
    let start: usize = text
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let shown = text[start..].split('\n').next().unwrap_or_default();
    let show = shown.len() <= LONGEST_SHOWN_LINE;
    let offset = shown
        .char_indices()
        .nth(column.saturating_sub(1))
        .map_or(shown.len(), |(at, _)| at);
    Unreadable {
        file: file.to_owned(),
        line,
        column,
        what,
        expected,
        text: show.then(|| NamedSource::new(file, text.to_owned())),
        span: show.then(|| SourceSpan::from(start + offset)),
    }
}

/// Reads any value and refuses what a plain [`Value`] would lose.
struct Exact;

impl<'de> DeserializeSeed<'de> for Exact {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Exact {
    type Value = Value;

    fn expecting(&self, text: &mut fmt::Formatter<'_>) -> fmt::Result {
        text.write_str("a value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value)
            .map(Value::Number)
            .ok_or_else(|| E::custom("a number that JSON cannot hold"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, reader: D) -> Result<Value, D::Error> {
        self.deserialize(reader)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(Self)? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("the key `{name}` stands twice in one object")));
            }
            object.insert(name, members.next_value_seed(Self)?);
        }
        Ok(Value::Object(object))
    }
}
