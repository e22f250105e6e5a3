//! Numbers within the bounds of a schema.

use fastrand::Rng;
use serde_json::{Number, Value};

/// Where instants begin that look like today.
const RECENTLY: i64 = 1_780_000_000;
/// How far apart examples lie where no bound says so.
const SPREAD: i64 = 9_999;

pub(super) fn integer(schema: &Value, random: &mut Rng) -> Value {
    let bound = |keyword: &str| schema.get(keyword).and_then(whole);
    let low = bound("minimum").max(bound("exclusiveMinimum").map(|bound| bound.saturating_add(1)));
    let high = [
        bound("maximum"),
        bound("exclusiveMaximum").map(|bound| bound.saturating_sub(1)),
    ];
    let high = high.into_iter().flatten().min();
    let instant = schema.get("format").is_some_and(|format| format == "unix-time");
    let first = low.unwrap_or_else(|| high.map_or(if instant { RECENTLY } else { 1 }, |high| high.min(1)));
    let last = high.unwrap_or_else(|| first.saturating_add(SPREAD)).max(first);
    let step = bound("multipleOf").filter(|step| *step > 0).unwrap_or(1);
    let value = random.i64(first..=last);
    let down = value - value.rem_euclid(step);
    Value::from(if down < first { down.saturating_add(step) } else { down })
}

pub(super) fn decimal(schema: &Value, random: &mut Rng) -> Value {
    let bound = |keyword: &str| schema.get(keyword).and_then(Value::as_f64);
    let low = bound("minimum").or(bound("exclusiveMinimum"));
    let high = bound("maximum").or(bound("exclusiveMaximum"));
    let first = low.unwrap_or_else(|| high.map_or(0.0, |high| high.min(0.0)));
    let last = high.unwrap_or(first + 100.0).max(first);
    if let Some(step) = bound("multipleOf").filter(|step| *step > 0.0) {
        return number((first / step).ceil() * step);
    }
    // Quarters are exact in binary; strictly inside, since a bound may be exclusive.
    let quarter = ((first + (last - first) * (0.1 + 0.8 * random.f64())) * 4.0).round() / 4.0;
    number(if quarter > first && quarter < last {
        quarter
    } else {
        f64::midpoint(first, last)
    })
}

fn number(value: f64) -> Value {
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

/// A bound as an integer; documents also write `100.0`.
fn whole(value: &Value) -> Option<i64> {
    let truncated = |bound: f64| (bound.abs() < 9e15).then_some(bound.ceil() as i64);
    value.as_i64().or_else(|| value.as_f64().and_then(truncated))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bounds_are_kept() {
        let mut random = Rng::with_seed(1);
        for (schema, low, high) in [
            (json!({"minimum": 1, "maximum": 3}), 1, 3),
            (json!({"exclusiveMinimum": 1, "exclusiveMaximum": 3}), 2, 2),
            (json!({"maximum": -5}), -5, -5),
            (json!({"minimum": 7, "multipleOf": 5}), 10, 10_010),
        ] {
            for _ in 0..100 {
                let value = integer(&schema, &mut random).as_i64().unwrap();
                assert!((low..=high).contains(&value), "{value} under {schema}");
            }
        }
        let value = decimal(&json!({"exclusiveMinimum": 0, "maximum": 0.5}), &mut random)
            .as_f64()
            .unwrap();
        assert!(value > 0.0 && value <= 0.5);
    }
}
