//! Lists that a request narrows, orders, cuts and counts by parameters of one language, under the names that a provider's
//! file gives them.
//!
//! What stands within an object is `nested`'s, figures about several are `figures`'.

mod figures;
mod nested;

use serde::Deserialize;
use serde_json::{Map, Value};

use super::filter::{compare, field_of, meets, plain};

/// Names of the parameters; a part that the provider does not have is empty.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Query {
    /// A rule as JSON, see `filter`.
    filter: String,
    /// A text that some member has.
    search: String,
    /// Members to order by; those with a `-` the other way round.
    sort: String,
    /// Members to answer, `author.name`; `*` is all of an object.
    fields: String,
    limit: String,
    offset: String,
    /// A page of `limit` items, counted from one on.
    page: String,
    /// Which counts to answer; `*` is all of them.
    meta: String,
    /// Member of the answer that takes the counts.
    meta_member: String,
    /// How many there are, and how many the filter leaves.
    meta_counts: [String; 2],
    /// Items of a page when the request does not say how many.
    default_limit: usize,
    /// Further names of members, as JSON: `{"headline": "title"}`.
    alias: String,
    /// Queries for the lists within an object, as JSON; there, each parameter begins with `_`.
    deep: String,
    /// Figures in place of items, as JSON: `{"sum": ["words"]}`.
    aggregate: String,
    /// Members for each of whose values there is a row of figures.
    group: String,
}

/// Parameters of a request, decoded.
type Pairs = [(String, String)];

/// The part of a list that was asked for.
#[derive(Debug, PartialEq)]
pub(super) struct Found {
    pub(super) items: Vec<Value>,
    /// The counts that were asked for.
    pub(super) meta: Option<Map<String, Value>>,
}

impl Query {
    /// Member of the answer that takes the counts.
    pub(super) fn meta_member(&self) -> &str {
        &self.meta_member
    }

    /// What of these objects was asked for.
    ///
    /// # Errors
    /// What in the query is not known.
    pub(super) fn find(&self, parameters: &Pairs, objects: Vec<Value>) -> Result<Found, String> {
        let total = objects.len();
        let items = self.matching(parameters, objects)?;
        let counts = [total, items.len()];
        let limit = self.default_limit.max(1);
        let items = match json(parameters, &self.aggregate)? {
            Some(aggregate) => {
                let rows = figures::rows(&aggregate, &many(parameters, &self.group), &items)?;
                self.cut(parameters, self.ordered(parameters, rows), limit)
            }
            None => {
                let items = self.cut(parameters, self.ordered(parameters, items), limit);
                let shown = items.into_iter().map(|item| self.shown(parameters, item));
                shown.collect::<Result<_, _>>()?
            }
        };
        let meta = self.counted(one(parameters, &self.meta), counts);
        Ok(Found { items, meta })
    }

    fn matching(&self, parameters: &Pairs, objects: Vec<Value>) -> Result<Vec<Value>, String> {
        let rule = json(parameters, &self.filter)?.unwrap_or_else(|| Map::new().into());
        let search = one(parameters, &self.search);
        let mut items = Vec::new();
        for object in objects {
            if meets(&object, &rule)? && search.is_none_or(|text| mentions(&object, text)) {
                items.push(object);
            }
        }
        Ok(items)
    }

    fn ordered(&self, parameters: &Pairs, mut items: Vec<Value>) -> Vec<Value> {
        for field in many(parameters, &self.sort).iter().rev() {
            let (field, is_down) = field
                .strip_prefix('-')
                .map_or((field.as_str(), false), |field| (field, true));
            items.sort_by(|a, b| {
                let order = compare(&at(a, field), &at(b, field));
                if is_down { order.reverse() } else { order }
            });
        }
        items
    }

    fn cut(&self, parameters: &Pairs, items: Vec<Value>, default_limit: usize) -> Vec<Value> {
        let number = |name: &str| one(parameters, name).and_then(|text| text.parse::<usize>().ok());
        // A limit that is no number from zero on, such as -1, is none.
        let limit = match one(parameters, &self.limit) {
            Some(_) => number(&self.limit).unwrap_or(usize::MAX),
            None => default_limit,
        };
        let page = number(&self.page).and_then(|page| page.checked_sub(1));
        let start = page.map(|page| page.saturating_mul(limit));
        let start = start.or_else(|| number(&self.offset)).unwrap_or(0);
        items.into_iter().skip(start).take(limit).collect()
    }

    /// Whether a query in a body, with these parameters as members, asks for the object.
    pub(super) fn asks_for(&self, query: &Value, object: &Value) -> Result<bool, String> {
        query.get(&self.filter).map_or(Ok(true), |rule| meets(object, rule))
    }

    /// An object, or several, as the request wants to see it: under further names, with what it asked for of the lists
    /// within, and no other members than those that it named.
    ///
    /// # Errors
    /// What in the query is not known.
    pub(super) fn shown(&self, parameters: &Pairs, object: Value) -> Result<Value, String> {
        if let Value::Array(items) = object {
            return items.into_iter().map(|item| self.shown(parameters, item)).collect();
        }
        let object = match json(parameters, &self.alias)? {
            Some(names) => nested::renamed(object, &names)?,
            None => object,
        };
        let object = match json(parameters, &self.deep)? {
            Some(rules) => self.deepened(object, &rules)?,
            None => object,
        };
        Ok(projected(object, &many(parameters, &self.fields)))
    }

    fn counted(&self, asked: Option<&str>, counts: [usize; 2]) -> Option<Map<String, Value>> {
        let asked: Vec<&str> = asked?.split(',').map(str::trim).collect();
        let wanted = |name: &str| asked.contains(&"*") || asked.contains(&name);
        let counts = self.meta_counts.iter().zip(counts).filter(|(name, _)| wanted(name));
        Some(counts.map(|(name, count)| (name.clone(), count.into())).collect())
    }
}

/// The last value of a parameter.
fn one<'a>(parameters: &'a Pairs, name: &str) -> Option<&'a str> {
    let mut pairs = parameters.iter().filter(|(known, _)| !name.is_empty() && known == name);
    pairs.next_back().map(|(_, value)| value.as_str())
}

/// The value of a parameter that is JSON; an empty one is none.
fn json(parameters: &Pairs, name: &str) -> Result<Option<Value>, String> {
    let text = one(parameters, name).filter(|text| !text.is_empty());
    let read = |text| serde_json::from_str(text).map_err(|_| format!("`{name}` is no JSON"));
    text.map(read).transpose()
}

/// The values of a parameter that takes several: with commas, or given several times, also as `name[]`.
fn many(parameters: &Pairs, name: &str) -> Vec<String> {
    let own = parameters
        .iter()
        .filter(|(known, _)| !name.is_empty() && (known == name || known.strip_suffix("[]") == Some(name)));
    let values = own.flat_map(|(_, value)| value.split(','));
    let values = values.map(str::trim).filter(|value| !value.is_empty());
    values.map(str::to_owned).collect()
}

/// What stands at a dotted path.
fn at(object: &Value, path: &str) -> Value {
    path.split('.')
        .fold(object.clone(), |value, step| field_of(&value, step))
}

/// Whether some text within the object has the text, in any case, or some number is it.
fn mentions(value: &Value, text: &str) -> bool {
    match value {
        Value::String(own) => own.to_lowercase().contains(&text.to_lowercase()),
        Value::Number(_) => plain(value) == text,
        _ => value
            .as_object()
            .into_iter()
            .flatten()
            .any(|(_, value)| mentions(value, text)),
    }
}

fn projected(object: Value, fields: &[String]) -> Value {
    if fields.is_empty() {
        return object;
    }
    match object {
        Value::Array(items) => items.into_iter().map(|item| projected(item, fields)).collect(),
        Value::Object(members) => {
            let kept = members.into_iter().filter_map(|(name, value)| {
                let mut below = Vec::new();
                let mut is_whole = false;
                for field in fields {
                    match field.split_once('.') {
                        None => is_whole |= *field == name || field == "*",
                        Some((first, rest)) if first == name || first == "*" => below.push(rest.to_owned()),
                        Some(_) => {}
                    }
                }
                let nested = value.is_object() || value.is_array();
                match (is_whole, below.is_empty()) {
                    (false, true) => None,
                    (_, false) if nested => Some((name, projected(value, &below))),
                    _ => Some((name, value)),
                }
            });
            Value::Object(kept.collect())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    pub(super) fn query() -> Query {
        toml::from_str(
            r#"
            filter = "filter"
            search = "search"
            sort = "sort"
            fields = "fields"
            limit = "limit"
            offset = "offset"
            page = "page"
            meta = "meta"
            meta_member = "meta"
            meta_counts = ["total_count", "filter_count"]
            default_limit = 3
            alias = "alias"
            deep = "deep"
            aggregate = "aggregate"
            group = "groupBy"
            "#,
        )
        .unwrap()
    }

    fn find(parameters: &[(&str, &str)]) -> Found {
        let object = |id: u64| json!({"id": id, "even": id.is_multiple_of(2), "name": format!("No. {id}"), "author": {"id": id, "name": "Ada"}});
        let parameters: Vec<(String, String)> = parameters
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        query().find(&parameters, (0..10).map(object).collect()).unwrap()
    }

    fn ids(found: &Found) -> Vec<u64> {
        found.items.iter().filter_map(|item| item["id"].as_u64()).collect()
    }

    #[test]
    fn lists_are_narrowed_ordered_and_cut() {
        assert_eq!(ids(&find(&[])), [0, 1, 2]);
        assert_eq!(ids(&find(&[("limit", "-1")])).len(), 10);
        assert_eq!(ids(&find(&[("limit", "2"), ("offset", "3")])), [3, 4]);
        assert_eq!(ids(&find(&[("limit", "4"), ("page", "3")])), [8, 9]);
        let even = ("filter", r#"{"even": {"_eq": true}}"#);
        assert_eq!(ids(&find(&[even, ("sort", "-id")])), [8, 6, 4]);
        assert_eq!(ids(&find(&[("sort", "even,-id")])), [9, 7, 5]);
        assert_eq!(ids(&find(&[("search", "no. 7")])), [7]);
        assert_eq!(ids(&find(&[("search", "7")])), [7]);
        assert_eq!(find(&[]).meta, None);
        let counted = find(&[even, ("meta", "*"), ("limit", "1")]).meta;
        assert_eq!(
            Value::from(counted.unwrap()),
            json!({"total_count": 10, "filter_count": 5})
        );
        let counted = find(&[even, ("meta", "filter_count")]).meta;
        assert_eq!(Value::from(counted.unwrap()), json!({"filter_count": 5}));
    }

    #[test]
    fn members_are_those_that_were_asked_for() {
        let first = |fields: &str| find(&[("fields", fields)]).items[0].clone();
        assert_eq!(first("id"), json!({"id": 0}));
        assert_eq!(first("id,author.name"), json!({"id": 0, "author": {"name": "Ada"}}));
        assert_eq!(first("author.*"), json!({"author": {"id": 0, "name": "Ada"}}));
        assert_eq!(first("*").as_object().unwrap().len(), 4);
        let items = find(&[("fields[]", "id"), ("fields[]", "name")]).items;
        assert_eq!(items[0], json!({"id": 0, "name": "No. 0"}));
    }
}
