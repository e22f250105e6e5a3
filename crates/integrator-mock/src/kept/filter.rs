//! Rules of Directus' kind that an object meets or not: `{"_and": [..]}`, `{"author": {"name": {"_eq": "Ada"}}}`.
//!
//! Dynamic variables and exact geometry are not known; a rule with them is refused, not passed over.

use std::cmp::Ordering;

use serde_json::Value;

/// Whether an object meets a rule.
///
/// # Errors
/// What the rule has that is not known.
pub(super) fn meets(object: &Value, rule: &Value) -> Result<bool, String> {
    let Some(members) = rule.as_object() else {
        return Err(format!("a filter is an object, not {rule}"));
    };
    for (name, inner) in members {
        let met = match name.as_str() {
            "_and" => all(listed(name, inner)?, |rule| meets(object, rule))?,
            "_or" => any(listed(name, inner)?, |rule| meets(object, rule))?,
            field => field_meets(&field_of(object, field), inner)?,
        };
        if !met {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether what stands at a field meets the rule below its name.
fn field_meets(value: &Value, rule: &Value) -> Result<bool, String> {
    let Some(members) = rule.as_object() else {
        // `{"status": "draft"}` is short for equality.
        return operator(value, "_eq", rule);
    };
    for (name, inner) in members {
        let met = match (name.as_str(), value) {
            ("_and", _) => all(listed(name, inner)?, |rule| field_meets(value, rule))?,
            ("_or", _) => any(listed(name, inner)?, |rule| field_meets(value, rule))?,
            ("_some", _) => any(items(value), |item| meets(item, inner))?,
            ("_none", _) => !any(items(value), |item| meets(item, inner))?,
            (name, _) if name.starts_with('_') => operator(value, name, inner)?,
            // A step into several items is one into any of them.
            (name, Value::Array(items)) => any(items, |item| field_meets(&field_of(item, name), inner))?,
            (name, value) => field_meets(&field_of(value, name), inner)?,
        };
        if !met {
            return Ok(false);
        }
    }
    Ok(true)
}

fn operator(value: &Value, name: &str, wanted: &Value) -> Result<bool, String> {
    let is_wanted = |wanted: &Value| !matches!(wanted, Value::Bool(false)) && *wanted != "false";
    let ordered = |fits: fn(Ordering) -> bool| !value.is_null() && fits(compare(value, wanted));
    let between = || {
        let ends = choices(wanted);
        let [from, to] = ends.as_slice() else {
            return Err(format!("`{name}` takes two values"));
        };
        Ok(!value.is_null() && compare(value, from).is_ge() && compare(value, to).is_le())
    };
    let is_empty = || value.is_null() || *value == "" || value.as_array().is_some_and(Vec::is_empty);
    if let Some(variable) = wanted
        .as_str()
        .filter(|text| text.starts_with("$NOW") || text.starts_with("$CURRENT_"))
    {
        return Err(format!("the variable `{variable}` is not known in a query here"));
    }
    if let Some(found) = textual(value, name, wanted) {
        return Ok(found);
    }
    Ok(match name {
        "_eq" => alike(value, wanted),
        "_neq" => !alike(value, wanted),
        "_lt" => ordered(Ordering::is_lt),
        "_lte" => ordered(Ordering::is_le),
        "_gt" => ordered(Ordering::is_gt),
        "_gte" => ordered(Ordering::is_ge),
        "_in" => choices(wanted).iter().any(|wanted| alike(value, wanted)),
        "_nin" => !choices(wanted).iter().any(|wanted| alike(value, wanted)),
        "_between" => between()?,
        "_nbetween" => !between()?,
        "_null" => value.is_null() == is_wanted(wanted),
        "_nnull" => value.is_null() != is_wanted(wanted),
        "_empty" => is_empty() == is_wanted(wanted),
        "_nempty" => is_empty() != is_wanted(wanted),
        "_regex" => matches_pattern(value, wanted)?,
        "_intersects_bbox" => boxes_meet(value, wanted)?,
        "_nintersects_bbox" => !boxes_meet(value, wanted)?,
        "_intersects" | "_nintersects" => {
            return Err(format!(
                "the operator `{name}` needs exact geometry, which is not known here, unlike `{name}_bbox`"
            ));
        }
        _ => return Err(format!("the operator `{name}` is not known in a query here")),
    })
}

/// Whether a text matches a regular expression, which may stand between slashes.
fn matches_pattern(value: &Value, wanted: &Value) -> Result<bool, String> {
    let wanted = plain(wanted);
    let bare = wanted.strip_prefix('/').and_then(|rest| rest.strip_suffix('/'));
    let matches = integrator_contract::matches(bare.unwrap_or(&wanted), &plain(value));
    let matches = matches.ok_or_else(|| format!("`{wanted}` is no regular expression"))?;
    Ok(matches && !value.is_null())
}

/// Operators on parts of a text: `_contains`, `_starts_with`, `_ends_with`, with an `n` for not and an `i` for any case.
fn textual(value: &Value, name: &str, wanted: &Value) -> Option<bool> {
    let name = name.strip_prefix('_')?;
    let (is_met, name) = match name.strip_prefix('n') {
        Some(rest) => (false, rest),
        None => (true, name),
    };
    let (any_case, name) = match name.strip_prefix('i').filter(|rest| !rest.starts_with('n')) {
        Some(rest) => (true, rest),
        None => (false, name),
    };
    let find: fn(&str, &str) -> bool = match name {
        "contains" => |text, part| text.contains(part),
        "starts_with" => |text, part| text.starts_with(part),
        "ends_with" => |text, part| text.ends_with(part),
        _ => return None,
    };
    let (mut text, mut part) = (plain(value), plain(wanted));
    if any_case {
        (text, part) = (text.to_lowercase(), part.to_lowercase());
    }
    Some(find(&text, &part) == is_met && (is_met || !value.is_null()))
}

/// What is at a field: a member, or a function of one, `year(date_created)`, `count(tags)`.
pub(super) fn field_of(object: &Value, field: &str) -> Value {
    let Some((function, rest)) = field.split_once('(') else {
        return object.get(field).cloned().unwrap_or_default();
    };
    let value = object.get(rest.trim_end_matches(')')).cloned().unwrap_or_default();
    // The parts of `2026-11-20T08:15:09Z`.
    let part = |from: usize, to: usize| {
        let digits = value.as_str().and_then(|text| text.get(from..to));
        digits
            .and_then(|digits| digits.parse::<u64>().ok())
            .map_or(Value::Null, Value::from)
    };
    match function {
        "year" => part(0, 4),
        "month" => part(5, 7),
        "day" => part(8, 10),
        "hour" => part(11, 13),
        "minute" => part(14, 16),
        "second" => part(17, 19),
        "count" => items(&value).len().into(),
        _ => Value::Null,
    }
}

/// How two values are ordered: numbers as numbers, also where one is a text, all else as texts; null comes first.
pub(super) fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (false, false) => {}
        (a, b) => return b.cmp(&a),
    }
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        _ => plain(a).cmp(&plain(b)),
    }
}

fn alike(a: &Value, b: &Value) -> bool {
    a.is_null() == b.is_null() && compare(a, b).is_eq()
}

pub(super) fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

pub(super) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        // A related object stands for its id.
        Value::Object(members) => members.get("id").map(plain).unwrap_or_default(),
        other => other.to_string(),
    }
}

/// Several values: a list, or a text with commas.
fn choices(wanted: &Value) -> Vec<Value> {
    match wanted {
        Value::Array(items) => items.clone(),
        Value::String(text) => text.split(',').map(Value::from).collect(),
        one => vec![one.clone()],
    }
}

fn items(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn listed<'a>(name: &str, rules: &'a Value) -> Result<&'a [Value], String> {
    let rules = rules.as_array().map(Vec::as_slice);
    rules.ok_or_else(|| format!("`{name}` takes a list"))
}

fn all(rules: &[Value], mut is_met: impl FnMut(&Value) -> Result<bool, String>) -> Result<bool, String> {
    rules.iter().try_fold(true, |all, rule| Ok(all && is_met(rule)?))
}

fn any(rules: &[Value], mut is_met: impl FnMut(&Value) -> Result<bool, String>) -> Result<bool, String> {
    rules.iter().try_fold(false, |any, rule| Ok(any || is_met(rule)?))
}

/// Whether the boxes around two geometries (GeoJSON) have a point in common.
fn boxes_meet(a: &Value, b: &Value) -> Result<bool, String> {
    if a.is_null() {
        return Ok(false);
    }
    let bounds = |geometry: &Value| {
        let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
        stretch(geometry.get("coordinates").unwrap_or(&Value::Null), &mut bounds);
        if bounds[0].is_finite() {
            Ok(bounds)
        } else {
            Err("a geometry has coordinates".to_owned())
        }
    };
    let (a, b) = (bounds(a)?, bounds(b)?);
    Ok(a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3])
}

fn stretch(coordinates: &Value, bounds: &mut [f64; 4]) {
    match items(coordinates) {
        [Value::Number(x), Value::Number(y), ..] => {
            let (x, y) = (x.as_f64().unwrap_or_default(), y.as_f64().unwrap_or_default());
            *bounds = [bounds[0].min(x), bounds[1].min(y), bounds[2].max(x), bounds[3].max(y)];
        }
        nested => nested.iter().for_each(|inner| stretch(inner, bounds)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn met(rule: &Value) -> bool {
        let object = json!({
            "title": "Engine No. 1", "year": 1843, "price": "12.50", "note": null, "tags": ["a", "b"], "none": [],
            "date": "2026-11-20T08:15:09Z", "author": {"id": 7, "name": "Ada"},
            "comments": [{"by": "x", "stars": 2}, {"by": "y", "stars": 5}],
            "place": {"type": "LineString", "coordinates": [[0, 0], [2, 2]]},
        });
        meets(&object, rule).unwrap()
    }

    #[test]
    fn every_operator_tells_both_ways() {
        for (field, rule, opposite) in [
            ("title", json!({"_eq": "Engine No. 1"}), json!({"_neq": "Engine No. 1"})),
            ("year", json!({"_eq": "1843"}), json!({"_neq": 1843})),
            ("price", json!({"_gt": 9}), json!({"_lte": 9})),
            ("year", json!({"_gte": 1843}), json!({"_lt": 1843})),
            ("title", json!({"_contains": "ne No"}), json!({"_ncontains": "ne No"})),
            ("title", json!({"_icontains": "NE NO"}), json!({"_nicontains": "NE NO"})),
            ("title", json!({"_starts_with": "Eng"}), json!({"_nstarts_with": "Eng"})),
            (
                "title",
                json!({"_istarts_with": "eNG"}),
                json!({"_nistarts_with": "eNG"}),
            ),
            ("title", json!({"_ends_with": "1"}), json!({"_nends_with": "1"})),
            (
                "title",
                json!({"_iends_with": "NO. 1"}),
                json!({"_niends_with": "NO. 1"}),
            ),
            ("note", json!({"_null": true}), json!({"_nnull": true})),
            ("note", json!({"_empty": true}), json!({"_nempty": true})),
            ("none", json!({"_empty": true}), json!({"_nempty": true})),
            ("year", json!({"_in": [1, 1843]}), json!({"_nin": [1, 1843]})),
            ("year", json!({"_in": "1,1843"}), json!({"_nin": "1,1843"})),
            (
                "year",
                json!({"_between": [1800, 1843]}),
                json!({"_nbetween": [1800, 1843]}),
            ),
            ("title", json!({"_regex": "^Eng.*\\d$"}), json!({"_regex": "/^No/"})),
            ("year(date)", json!({"_eq": 2026}), json!({"_neq": 2026})),
            ("count(tags)", json!({"_eq": 2}), json!({"_neq": 2})),
            (
                "author",
                json!({"name": {"_eq": "Ada"}}),
                json!({"name": {"_neq": "Ada"}}),
            ),
            ("author", json!({"_eq": 7}), json!({"_neq": 7})),
            (
                "comments",
                json!({"_some": {"stars": {"_gt": 4}}}),
                json!({"_none": {"stars": {"_gt": 4}}}),
            ),
            ("comments", json!({"stars": {"_gt": 4}}), json!({"stars": {"_gt": 5}})),
            (
                "place",
                json!({"_intersects_bbox": {"type": "Point", "coordinates": [2, 0]}}),
                json!({"_nintersects_bbox": {"type": "Point", "coordinates": [2, 0]}}),
            ),
        ] {
            assert!(met(&json!({ field: rule })), "{field} {rule}");
            assert!(!met(&json!({ field: opposite })), "{field} {opposite}");
        }
        let (yes, no) = (json!({"year": {"_gt": 1}}), json!({"year": {"_lt": 1}}));
        assert!(met(&json!({"_or": [no, yes]})) && !met(&json!({"_and": [yes, no]})));
        assert!(met(&json!({"year": {"_or": [{"_lt": 1}, {"_eq": 1843}]}})));
        assert!(!met(&json!({"note": {"_lt": 5}})), "null is not less than anything");
        assert!(met(&json!({})));
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for rule in [
            json!({"a": {"_regex": "("}}),
            json!({"a": {"_like": "x"}}),
            json!({"a": {"_gt": "$NOW(-1 week)"}}),
            json!({"a": {"_eq": "$CURRENT_USER"}}),
            json!({"_and": {}}),
            json!({"a": {"_between": [1]}}),
            json!([]),
        ] {
            assert!(meets(&json!({"a": 1}), &rule).is_err(), "{rule}");
        }
        let point = json!({"type": "Point", "coordinates": [0, 0]});
        for operator in ["_intersects", "_nintersects"] {
            let refused = meets(&json!({"a": point}), &json!({"a": {operator: point}})).unwrap_err();
            assert!(
                refused.contains(&format!("`{operator}` needs exact geometry")),
                "{refused}"
            );
        }
    }
}
