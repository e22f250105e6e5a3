//! Figures about objects in place of the objects: counts, sums, averages and extremes, for each group if wanted.
//!
//! A row has `{"status": "draft", "count": {"id": 3}}`; all objects are counted as `{"count": 3}`. Figures are numbers;
//! databases that answer texts are not simulated.

use serde_json::{Map, Number, Value};

use super::{
    super::filter::{compare, number, plain},
    field_of,
};

/// One row for each group in the order of its first object; one in all when there are no groups.
///
/// # Errors
/// What was asked for is not known, or there are no numbers to add up.
pub(super) fn rows(aggregate: &Value, groups: &[String], items: &[Value]) -> Result<Vec<Value>, String> {
    let functions = aggregate
        .as_object()
        .ok_or("figures are asked for by an object of functions")?;
    let mut grouped: Vec<(Vec<Value>, Vec<&Value>)> = Vec::new();
    if groups.is_empty() {
        grouped.push((Vec::new(), items.iter().collect()));
    } else {
        for item in items {
            let key: Vec<Value> = groups.iter().map(|group| field_of(item, group)).collect();
            match grouped.iter_mut().find(|(known, _)| *known == key) {
                Some((_, members)) => members.push(item),
                None => grouped.push((key, vec![item])),
            }
        }
    }
    let row = |(key, members): (Vec<Value>, Vec<&Value>)| {
        let mut row: Map<String, Value> = groups.iter().map(|group| name_of(group)).zip(key).collect();
        for (function, fields) in functions {
            row.insert(function.clone(), figures(function, fields, &members)?);
        }
        Ok(Value::Object(row))
    };
    grouped.into_iter().map(row).collect()
}

/// `year(date)` is answered as `date_year`.
fn name_of(group: &str) -> String {
    match group.split_once('(') {
        Some((function, field)) => format!("{}_{function}", field.trim_end_matches(')')),
        None => group.to_owned(),
    }
}

/// What one function says about each of its fields.
fn figures(function: &str, fields: &Value, items: &[&Value]) -> Result<Value, String> {
    let fields: Vec<String> = match fields {
        Value::Array(fields) => fields.iter().map(plain).collect(),
        one => plain(one).split(',').map(str::to_owned).collect(),
    };
    if function == "countAll" || function == "count" && fields.iter().any(|field| field == "*") {
        return Ok(items.len().into());
    }
    let mut found = Map::new();
    for field in fields {
        let values = items.iter().map(|item| field_of(item, &field));
        let values: Vec<Value> = values.filter(|value| !value.is_null()).collect();
        let figure = figure(function, &field, values)?;
        found.insert(field, figure);
    }
    Ok(Value::Object(found))
}

fn figure(function: &str, field: &str, mut values: Vec<Value>) -> Result<Value, String> {
    let function = match function.strip_suffix("Distinct") {
        Some(function) => {
            values.sort_by(compare);
            values.dedup_by(|a, b| compare(a, b).is_eq());
            function
        }
        None => function,
    };
    Ok(match function {
        "count" => values.len().into(),
        "min" => values.into_iter().min_by(compare).unwrap_or_default(),
        "max" => values.into_iter().max_by(compare).unwrap_or_default(),
        "sum" | "avg" => {
            let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
            let numbers = numbers.ok_or_else(|| format!("`{function}` takes numbers, and `{field}` has others"))?;
            let sum: f64 = numbers.iter().sum();
            match numbers.len() {
                0 => Value::Null,
                _ if function == "sum" => whole(sum),
                count => whole(sum / count as f64),
            }
        }
        _ => return Err(format!("the function `{function}` is not known in a query here")),
    })
}

/// A number without a fraction of zero.
fn whole(figure: f64) -> Value {
    // Up to 2^53 every whole number has its own double.
    if figure.fract() == 0.0 && figure.abs() <= 9_007_199_254_740_992.0 {
        #[expect(clippy::cast_possible_truncation, reason = "whole, and within the range")]
        return Value::from(figure as i64);
    }
    Number::from_f64(figure).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(aggregate: &Value, groups: &[&str]) -> Result<Vec<Value>, String> {
        let items = [
            json!({"id": 1, "status": "draft", "words": 10, "price": "1.50", "date": "2025-01-02"}),
            json!({"id": 2, "status": "live", "words": 30, "price": "2.25", "date": "2026-01-02"}),
            json!({"id": 3, "status": "draft", "words": 10, "price": null, "date": "2026-03-04"}),
        ];
        let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        rows(aggregate, &groups, &items)
    }

    #[test]
    fn every_function_says_its_figure() {
        let asked = json!({
            "count": ["id", "price"], "countDistinct": ["words"], "sum": ["words", "price"], "sumDistinct": ["words"],
            "avg": ["words"], "avgDistinct": ["words"], "min": ["date", "price"], "max": "date,words",
        });
        let row = json!({
            "count": {"id": 3, "price": 2}, "countDistinct": {"words": 2}, "sum": {"words": 50, "price": 3.75},
            "sumDistinct": {"words": 40}, "avg": {"words": 50.0 / 3.0}, "avgDistinct": {"words": 20},
            "min": {"date": "2025-01-02", "price": "1.50"}, "max": {"date": "2026-03-04", "words": 30},
        });
        assert_eq!(found(&asked, &[]).unwrap(), [row]);
        assert_eq!(found(&json!({"count": ["*"]}), &[]).unwrap(), [json!({"count": 3})]);
        assert_eq!(found(&json!({"countAll": "*"}), &[]).unwrap(), [json!({"countAll": 3})]);
        assert_eq!(
            found(&json!({"sum": ["nothing"]}), &[]).unwrap(),
            [json!({"sum": {"nothing": null}})]
        );
    }

    #[test]
    fn groups_have_rows_of_their_own() {
        let rows = found(&json!({"sum": ["words"]}), &["status"]).unwrap();
        let row = |status: &str, words: u64| json!({"status": status, "sum": {"words": words}});
        assert_eq!(rows, [row("draft", 20), row("live", 30)]);
        let rows = found(&json!({"count": "*"}), &["year(date)", "status"]).unwrap();
        let row = |year: u64, status: &str| json!({"date_year": year, "status": status, "count": 1});
        assert_eq!(rows, [row(2025, "draft"), row(2026, "live"), row(2026, "draft")]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for asked in [json!([]), json!({"median": ["words"]}), json!({"sum": ["status"]})] {
            assert!(found(&asked, &[]).is_err(), "{asked}");
        }
    }
}
