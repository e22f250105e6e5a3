//! Queries within a query: what was asked for of the lists that stand in an object, and under which names.

use serde_json::{Map, Value};

use super::{Query, plain};

impl Query {
    /// The object with no more of its lists than these rules ask for: `{"comments": {"_sort": "-stars", "_limit": 1}}`.
    ///
    /// A single object that does not meet its filter is null.
    pub(super) fn deepened(&self, object: Value, rules: &Value) -> Result<Value, String> {
        let rules = rules
            .as_object()
            .ok_or_else(|| format!("`{}` takes an object", self.deep))?;
        let Value::Object(mut members) = object else {
            return Ok(object);
        };
        for (name, rule) in rules {
            if let Some(value) = members.get_mut(name) {
                *value = self.part(value.take(), &self.own_parameters(rule)?)?;
            }
        }
        Ok(Value::Object(members))
    }

    /// What a query within a query asks for of a value.
    fn part(&self, value: Value, parameters: &super::Pairs) -> Result<Value, String> {
        match value {
            Value::Array(items) => {
                let items = self.matching(parameters, items)?;
                let items = self.cut(parameters, self.ordered(parameters, items), usize::MAX);
                self.shown(parameters, items.into())
            }
            Value::Object(_) => {
                let found = self.matching(parameters, vec![value])?.pop();
                found.map_or(Ok(Value::Null), |object| self.shown(parameters, object))
            }
            other => Ok(other),
        }
    }

    /// The members of a rule as the parameters that they stand for.
    fn own_parameters(&self, rule: &Value) -> Result<Vec<(String, String)>, String> {
        let rule = rule
            .as_object()
            .ok_or_else(|| format!("`{}` takes an object for each member", self.deep))?;
        let known = [
            &self.filter,
            &self.search,
            &self.sort,
            &self.fields,
            &self.limit,
            &self.offset,
            &self.page,
            &self.alias,
        ];
        let mut parameters = Vec::new();
        let mut below = Map::new();
        for (name, value) in rule {
            match name.strip_prefix('_') {
                Some(own) if known.iter().any(|known| *known == own) => parameters.push((own.to_owned(), text(value))),
                Some(_) => return Err(format!("`{name}` is not known in `{}` here", self.deep)),
                None => {
                    below.insert(name.clone(), value.clone());
                }
            }
        }
        if !below.is_empty() {
            parameters.push((self.deep.clone(), Value::Object(below).to_string()));
        }
        Ok(parameters)
    }
}

/// The object with further names for some of its members: `{"headline": "title"}`.
pub(super) fn renamed(object: Value, names: &Value) -> Result<Value, String> {
    let names = names.as_object().ok_or("an alias is an object of names")?;
    let Value::Object(mut members) = object else {
        return Ok(object);
    };
    for (alias, name) in names {
        let name = name.as_str().filter(|name| !name.contains('.') && !alias.contains('.'));
        let name = name.ok_or_else(|| format!("the alias `{alias}` is one for a member, without dots"))?;
        if let Some(value) = members.get(name).cloned() {
            members.insert(alias.clone(), value);
        }
    }
    Ok(Value::Object(members))
}

/// A value as it stands in a query: lists with commas.
fn text(value: &Value) -> String {
    match value {
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(","),
        Value::Object(_) => value.to_string(),
        scalar => plain(scalar),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::tests::query;
    use super::*;

    fn shown(parameters: &[(&str, &Value)]) -> Result<Value, String> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let parameters = parameters.iter().map(|(name, value)| ((*name).to_owned(), text(value)));
        let parameters: Vec<(String, String)> = parameters.collect();
        let object = json!({
            "title": "t", "author": {"name": "Ada", "books": [{"id": 1}, {"id": 2}]},
            "comments": [{"id": 1, "stars": 2}, {"id": 2, "stars": 5}, {"id": 3, "stars": 4}], "tags": ["a", "b"],
        });
        query().shown(&parameters, object)
    }

    #[test]
    fn lists_within_are_narrowed_ordered_and_cut() {
        let fields = json!("comments.id");
        let deep = |rule: Value| shown(&[("fields", &fields), ("deep", &json!({"comments": rule}))]).unwrap();
        let ids = |found: Value| -> Vec<u64> {
            let comments = found["comments"].as_array().unwrap();
            comments.iter().map(|comment| comment["id"].as_u64().unwrap()).collect()
        };
        assert_eq!(ids(deep(json!({}))), [1, 2, 3]);
        assert_eq!(ids(deep(json!({"_sort": ["-stars"], "_limit": 2}))), [2, 3]);
        assert_eq!(ids(deep(json!({"_sort": "stars", "_offset": 1}))), [3, 2]);
        assert_eq!(ids(deep(json!({"_limit": 2, "_page": 2}))), [3]);
        assert_eq!(ids(deep(json!({"_filter": {"stars": {"_gte": 4}}}))), [2, 3]);
        assert_eq!(
            shown(&[("deep", &json!({"tags": {"_limit": 1}}))]).unwrap()["tags"],
            json!(["a"])
        );
        let further = json!({"author": {"books": {"_limit": 1}}});
        assert_eq!(
            shown(&[("deep", &further)]).unwrap()["author"]["books"],
            json!([{"id": 1}])
        );
        let other = json!({"author": {"_filter": {"name": {"_eq": "Grace"}}}});
        assert_eq!(shown(&[("deep", &other)]).unwrap()["author"], Value::Null);
    }

    #[test]
    fn a_list_can_be_asked_for_twice_under_other_names() {
        let alias = json!({"best": "comments", "headline": "title"});
        let deep = json!({"best": {"_sort": "-stars", "_limit": 1}});
        let fields = json!("headline,best.id,comments.stars");
        let found = shown(&[("alias", &alias), ("deep", &deep), ("fields", &fields)]).unwrap();
        let all = json!([{"stars": 2}, {"stars": 5}, {"stars": 4}]);
        assert_eq!(found, json!({"headline": "t", "best": [{"id": 2}], "comments": all}));
        assert_eq!(
            shown(&[("alias", &alias)]).unwrap()["title"],
            "t",
            "the member keeps its own name"
        );
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for (name, value) in [
            ("deep", json!([])),
            ("deep", json!({"comments": 1})),
            ("deep", json!({"comments": {"_aggregate": {}}})),
            ("deep", json!({"comments": {"_filter": {"id": {"_like": 1}}}})),
            ("alias", json!({"a.b": "title"})),
            ("alias", json!({"a": 1})),
        ] {
            assert!(shown(&[(name, &value)]).is_err(), "{name} {value}");
        }
    }
}
