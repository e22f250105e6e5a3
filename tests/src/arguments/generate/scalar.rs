//! Scalars: members of an enum, integers and numbers within their bounds.

use serde_json::{Number, Value};

use super::{At, Generator, Plan};
use crate::arguments::text;
use crate::document::DocumentError;

/// What a provider may add to an open enum tomorrow.
const UNLISTED: [&str; 2] = ["not_listed_yet", "neu & größer"];

/// Integers where no bound says otherwise.
const INTEGERS: [i64; 10] = [
    0,
    1,
    -1,
    42,
    -2_000,
    4_294_967_296,
    9_007_199_254_740_993,
    -9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
];

/// Numbers where no bound says otherwise.
const NUMBERS: [f64; 7] = [0.5, -1.25, 0.1, 100.0, 12_345.678, 0.000_01, -99_999_999.125];

impl Generator<'_> {
    pub(super) fn listed(&mut self, schema: &Value, listed: &[Value], at: &At) -> Result<Value, DocumentError> {
        // An open enum of one value is a tag more often than not, so it keeps to it.
        let open = schema["x-open-enum"] == true && listed.len() > 1;
        if open && matches!(self.plan, Plan::Unlisted(_)) && self.rng.bool() {
            return Ok(Value::from(UNLISTED[self.rng.usize(..UNLISTED.len())]));
        }
        let filled = at.purpose != text::Use::Anywhere;
        let usable: Vec<&Value> = listed.iter().filter(|value| !(filled && **value == "")).collect();
        match usable.len() {
            0 => Err(at.error("the enum has no value that can stand here")),
            count => Ok(usable[self.rng.usize(..count)].clone()),
        }
    }

    pub(super) fn integer(&mut self, schema: &Value, at: &At) -> Result<Value, DocumentError> {
        if schema["format"] == "unix-time" {
            return Ok(Value::from([1_795_000_000_i64, 0, 4_102_444_800][self.rng.usize(..3)]));
        }
        let narrow = schema["format"] == "int32";
        let bound = |key, exclusive: &str, step: i64| {
            let bound: Option<i64> = schema.get(key).and_then(Value::as_i64);
            let strict = schema
                .get(exclusive)
                .and_then(Value::as_i64)
                .map(|bound| bound.saturating_add(step));
            if schema[exclusive] == true {
                bound.map(|bound| bound.saturating_add(step))
            } else {
                strict.or(bound)
            }
        };
        let least = bound("minimum", "exclusiveMinimum", 1).unwrap_or(if narrow { i32::MIN.into() } else { i64::MIN });
        let most = bound("maximum", "exclusiveMaximum", -1).unwrap_or(if narrow { i32::MAX.into() } else { i64::MAX });
        if least > most {
            return Err(at.error(format!("no integer lies between {least} and {most}")));
        }
        let mut usable: Vec<i64> = INTEGERS
            .into_iter()
            .filter(|number| (least..=most).contains(number))
            .collect();
        usable.extend([least, most, self.rng.i64(least..=most)]);
        let step = schema
            .get("multipleOf")
            .and_then(Value::as_i64)
            .filter(|step| *step > 1);
        usable.retain(|number| step.is_none_or(|step| number % step == 0));
        match usable.len() {
            0 => Err(at.error("no multiple lies in the bounds")),
            count => Ok(Value::from(usable[self.rng.usize(..count)])),
        }
    }

    pub(super) fn number(&mut self, schema: &Value, at: &At) -> Result<Value, DocumentError> {
        let least = schema.get("minimum").and_then(Value::as_f64).unwrap_or(f64::MIN);
        let most = schema.get("maximum").and_then(Value::as_f64).unwrap_or(f64::MAX);
        let strict = |key: &str, bound: f64, number: f64| match &schema[key] {
            Value::Bool(excluded) => !excluded || number != bound,
            Value::Number(excluded) => excluded.as_f64() != Some(number),
            _ => true,
        };
        let least = least.max(schema["exclusiveMinimum"].as_f64().unwrap_or(f64::MIN));
        let most = most.min(schema["exclusiveMaximum"].as_f64().unwrap_or(f64::MAX));
        let mut usable: Vec<f64> = NUMBERS
            .into_iter()
            .chain([least, most].into_iter().filter(|bound| bound.abs() < 1e15))
            .filter(|number| (least..=most).contains(number))
            .collect();
        if let Some(step) = schema["multipleOf"].as_f64().filter(|step| *step > 0.0) {
            usable = usable
                .into_iter()
                .map(|number| (number / step).round() * step)
                .filter(|number| (least..=most).contains(number))
                .collect();
        }
        usable.retain(|number| strict("exclusiveMinimum", least, *number) && strict("exclusiveMaximum", most, *number));
        let number = usable
            .get(self.rng.usize(..usable.len().max(1)))
            .and_then(|number| Number::from_f64(*number));
        number
            .map(Value::Number)
            .ok_or_else(|| at.error(format!("no number lies between {least} and {most}")))
    }
}
