//! Faults written down in TOML, read with everything that is wrong with them named at once.
//!
//! What each kind does is told at the function of its name in [`Fault`].

use std::time::Duration;

use integrator_contract::nearest_name;
use integrator_core::Provider;
use toml::{Table, Value};

use super::Fault;
use crate::state::{Chance, State};

/// Faults from a file, for [`Mock::script`](crate::Mock::script).
///
/// Each `[[fault]]` has a `kind`, which is the name of a function of [`Fault`], with that function's arguments as keys.
/// It happens to the next request of its `operation` (SDK name or `operationId`; any when left out), to the next few
/// with `times`, or now and then with `chance`. Any fault may have `headers`, `retry_after` (seconds or text),
/// `retry_after_ms`, `retry_after_date` (seconds from now), and those that answer an error a `body`.
///
/// | kind | keys of its own |
/// |---|---|
/// | `none` `limited` `error_in_200` | |
/// | `drop_before_read` `drop_after_read` `reset_before_read` `reset_after_read` | |
/// | `reset_before_body` `reset_mid_body` `reset_after_body` `truncate` `truncated_json` `unknown_field` | |
/// | `status` `html` | `status` |
/// | `redirect` | `status` (307 unless given), `location` |
/// | `refuse` `slow_head` | `seconds` |
/// | `stall` `stall_body` | `seconds` (for ever unless given) |
/// | `content_type` | `media_type` |
/// | `gzip_bomb` | `mebibytes` |
/// | `cut_stream` `stream_error` | `events` (0 unless given) |
/// | `unknown_enum` | `path` |
///
/// ```
/// # use integrator_core::{Operation, Provider};
/// # static LIST: Operation = Operation { id: "GetNotes", name: "notes.list", ..Operation::DEFAULT };
/// # static NOTES: Provider = Provider { name: "notes", operations: &[&LIST], ..Provider::DEFAULT };
/// use integrator_mock::Faults;
///
/// let faults = Faults::from_toml(&NOTES, r#"
///     [[fault]]
///     operation = "notes.list"
///     kind = "status"
///     status = 503
///     times = 2
///     retry_after = 1
///
///     [[fault]]
///     kind = "reset_mid_body"
///     chance = 0.05
/// "#)?;
///
/// let error = Faults::from_toml(&NOTES, "[[fault]]\nkind = \"stal\"\noperation = \"notes.lst\"").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "read the faults: fault 1: no kind is named `stal`, did you mean `stall`?; \
///      fault 1: notes has no operation `notes.lst`, did you mean `notes.list`?",
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Faults {
    pub(crate) planned: Vec<Planned>,
}

/// What is wrong with a file of faults.
#[derive(Debug, Clone, thiserror::Error)]
#[error("read the faults: {}", problems.join("; "))]
#[non_exhaustive]
pub struct FaultsError {
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<String>,
}

#[derive(Debug, Clone)]
pub(crate) struct Planned {
    operation: Option<&'static str>,
    chance: Option<f64>,
    fault: Fault,
}

impl Faults {
    /// Reads faults for this provider.
    ///
    /// # Errors
    /// The text is no TOML, or anything in it is unknown, missing or out of range; all of it is named.
    pub fn from_toml(provider: &Provider, text: &str) -> Result<Self, FaultsError> {
        let one = |problem: String| FaultsError {
            problems: vec![problem],
        };
        let mut file: Table = text.parse().map_err(|error: toml::de::Error| one(error.to_string()))?;
        let rows = match file.remove("fault") {
            None => Vec::new(),
            Some(Value::Array(rows)) => rows,
            Some(_) => return Err(one("`fault` is no list, write `[[fault]]`".to_owned())),
        };
        let mut problems: Vec<String> = file
            .keys()
            .map(|key| format!("unknown key `{key}`, the file holds `[[fault]]` only"))
            .collect();
        let mut planned = Vec::new();
        for (index, row) in rows.into_iter().enumerate() {
            let Value::Table(row) = row else {
                problems.push(format!("fault {}: is no table", index + 1));
                continue;
            };
            let mut row = Row {
                keys: row,
                known: Vec::new(),
                problems: Vec::new(),
            };
            planned.extend(row.read(provider));
            row.refuse_unknown();
            problems.extend(
                row.problems
                    .iter()
                    .map(|problem| format!("fault {}: {problem}", index + 1)),
            );
        }
        if problems.is_empty() {
            Ok(Self { planned })
        } else {
            Err(FaultsError { problems })
        }
    }
}

impl Planned {
    /// Puts the fault where it waits for its requests.
    pub(crate) fn put(self, state: &State) {
        let operation = self.operation.map(str::to_owned);
        match (self.chance, operation) {
            (Some(probability), operation) => state.fail_sometimes(Chance {
                operation,
                probability,
                fault: self.fault,
            }),
            (None, Some(operation)) => state.script(&operation, |script| script.faults.push_back(self.fault)),
            (None, None) => state.fail_any(self.fault),
        }
    }
}

const KINDS: &[&str] = &[
    "none",
    "status",
    "html",
    "limited",
    "error_in_200",
    "redirect",
    "refuse",
    "drop_before_read",
    "drop_after_read",
    "reset_before_read",
    "reset_after_read",
    "reset_before_body",
    "reset_mid_body",
    "reset_after_body",
    "truncate",
    "truncated_json",
    "stall",
    "stall_body",
    "slow_head",
    "content_type",
    "gzip_bomb",
    "cut_stream",
    "stream_error",
    "unknown_enum",
    "unknown_field",
];

/// One `[[fault]]` while it is read.
struct Row {
    keys: Table,
    known: Vec<&'static str>,
    problems: Vec<String>,
}

impl Row {
    fn read(&mut self, provider: &Provider) -> Option<Planned> {
        let fault = match self.text("kind") {
            Some(kind) => self.kind(&kind),
            None => {
                self.problems
                    .push(format!("`kind` is missing: one of {}", KINDS.join(", ")));
                None
            }
        };
        let fault = fault.map(|fault| self.dressed(fault));
        let operation = match self.text("operation") {
            None => None,
            Some(name) => {
                let found = provider.operation(&name).map(|operation| operation.id);
                if found.is_none() {
                    let near = nearest_name(&name, provider.operations.iter().map(|operation| operation.name));
                    let near = near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default();
                    self.problems
                        .push(format!("{} has no operation `{name}`{near}", provider.name));
                }
                found
            }
        };
        let chance = self.number("chance", 0.0..=1.0);
        let times = self.whole("times", 1..=u64::from(u32::MAX));
        if chance.is_some() && times.is_some() {
            self.problems.push("`times` and `chance` exclude each other".to_owned());
        }
        let fault = fault?.times(times.and_then(|times| u32::try_from(times).ok()).unwrap_or(1));
        Some(Planned {
            operation,
            chance,
            fault,
        })
    }

    fn kind(&mut self, kind: &str) -> Option<Fault> {
        if !KINDS.contains(&kind) {
            let near = match nearest_name(kind, KINDS.iter().copied()) {
                Some(near) => format!(", did you mean `{near}`?"),
                None => format!(": one of {}", KINDS.join(", ")),
            };
            self.problems.push(format!("no kind is named `{kind}`{near}"));
            // What else is there belongs to a kind that nobody knows.
            self.known.extend([
                "status",
                "location",
                "seconds",
                "media_type",
                "mebibytes",
                "events",
                "path",
                "body",
            ]);
            return None;
        }
        let fault = match kind {
            "status" => Fault::status(self.status()?),
            "html" => Fault::html(self.status()?),
            "limited" => Fault::limited(),
            "error_in_200" => Fault::error_in_200(),
            "redirect" => {
                let status = self.whole("status", 300..=399).unwrap_or(307);
                Fault::redirect(u16::try_from(status).unwrap_or(307), self.needed("location")?)
            }
            "refuse" => Fault::refuse(self.seconds_needed()?),
            "drop_before_read" => Fault::drop_before_read(),
            "drop_after_read" => Fault::drop_after_read(),
            "reset_before_read" => Fault::reset_before_read(),
            "reset_after_read" => Fault::reset_after_read(),
            "reset_before_body" => Fault::reset_before_body(),
            "reset_mid_body" => Fault::reset_mid_body(),
            "reset_after_body" => Fault::reset_after_body(),
            "truncate" => Fault::truncate(),
            "truncated_json" => Fault::truncated_json(),
            "stall" => self.seconds("seconds").map_or_else(Fault::stall_forever, Fault::stall),
            "stall_body" => self
                .seconds("seconds")
                .map_or_else(Fault::stall_body_forever, Fault::stall_body),
            "slow_head" => Fault::slow_head(self.seconds_needed()?),
            "content_type" => Fault::content_type(self.needed("media_type")?),
            "gzip_bomb" => {
                let mebibytes = self.whole("mebibytes", 1..=65_536);
                Fault::gzip_bomb(u32::try_from(self.need("mebibytes", mebibytes)?).unwrap_or(1))
            }
            "cut_stream" => Fault::cut_stream(self.events()),
            "stream_error" => Fault::stream_error(self.events()),
            "unknown_enum" => Fault::unknown_enum(self.needed("path")?),
            "unknown_field" => Fault::unknown_field(),
            _ => Fault::none(),
        };
        Some(match kind {
            "status" | "html" | "limited" | "error_in_200" => match self.text("body") {
                Some(body) => fault.with_body(body),
                None => fault,
            },
            _ => fault,
        })
    }

    /// The fault with the headers that the row asks for.
    fn dressed(&mut self, mut fault: Fault) -> Fault {
        match self.take("headers") {
            None => {}
            Some(Value::Table(headers)) => {
                for (name, value) in headers {
                    match value {
                        Value::String(value) => fault = fault.header(name, value),
                        _ => self.problems.push(format!("the header `{name}` is no text")),
                    }
                }
            }
            Some(_) => self
                .problems
                .push("`headers` is no table of names and texts".to_owned()),
        }
        match self.take("retry_after") {
            None => {}
            Some(Value::String(text)) => fault = fault.retry_after(text),
            Some(Value::Integer(seconds)) => fault = fault.retry_after(seconds.to_string()),
            Some(Value::Float(seconds)) => fault = fault.retry_after(seconds.to_string()),
            Some(_) => self
                .problems
                .push("`retry_after` is neither seconds nor text".to_owned()),
        }
        if let Some(milliseconds) = self.whole("retry_after_ms", 0..=u64::MAX) {
            fault = fault.retry_after_ms(milliseconds);
        }
        match self.seconds("retry_after_date") {
            Some(wait) => fault.retry_after_date(wait),
            None => fault,
        }
    }

    fn status(&mut self) -> Option<u16> {
        let status = self.whole("status", 200..=599);
        self.need("status", status)
            .and_then(|status| u16::try_from(status).ok())
    }

    fn events(&mut self) -> usize {
        let events = self.whole("events", 0..=1_000_000).unwrap_or(0);
        usize::try_from(events).unwrap_or(0)
    }

    fn seconds_needed(&mut self) -> Option<Duration> {
        let seconds = self.seconds("seconds");
        self.need("seconds", seconds)
    }

    fn needed(&mut self, key: &'static str) -> Option<String> {
        let text = self.text(key);
        self.need(key, text)
    }

    /// Names a key that is missing; one that is there and wrong was named when it was read.
    fn need<T>(&mut self, key: &str, value: Option<T>) -> Option<T> {
        let named = self
            .problems
            .iter()
            .any(|problem| problem.starts_with(&format!("`{key}`")));
        if value.is_none() && !named {
            self.problems.push(format!("`{key}` is missing"));
        }
        value
    }

    fn seconds(&mut self, key: &'static str) -> Option<Duration> {
        self.number(key, 0.0..=86_400.0).map(Duration::from_secs_f64)
    }

    fn number(&mut self, key: &'static str, range: std::ops::RangeInclusive<f64>) -> Option<f64> {
        let number = match self.take(key)? {
            Value::Float(number) => Some(number),
            Value::Integer(number) => i32::try_from(number).ok().map(f64::from),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{key}` is no number from {} to {}", range.start(), range.end());
            self.problems.push(message);
        }
        number
    }

    fn whole(&mut self, key: &'static str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let number = match self.take(key)? {
            Value::Integer(number) => u64::try_from(number).ok(),
            _ => None,
        };
        let number = number.filter(|number| range.contains(number));
        if number.is_none() {
            let message = format!("`{key}` is no whole number from {} to {}", range.start(), range.end());
            self.problems.push(message);
        }
        number
    }

    fn text(&mut self, key: &'static str) -> Option<String> {
        match self.take(key)? {
            Value::String(text) => Some(text),
            _ => {
                self.problems.push(format!("`{key}` is no text"));
                None
            }
        }
    }

    fn take(&mut self, key: &'static str) -> Option<Value> {
        self.known.push(key);
        self.keys.remove(key)
    }

    fn refuse_unknown(&mut self) {
        for key in self.keys.keys().filter(|key| !self.known.contains(&key.as_str())) {
            let near = match nearest_name(key, self.known.iter().copied()) {
                Some(near) => format!(", did you mean `{near}`?"),
                None => format!(": this kind has {}", self.known.join(", ")),
            };
            self.problems.push(format!("unknown key `{key}`{near}"));
        }
    }
}
