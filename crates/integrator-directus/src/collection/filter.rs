//! [`Filter`]: which items match, as Directus' filter rules.

use integrator_core::{Value, json};

/// A rule that items match or not: made by [`Filter::field`], or from the JSON of one.
///
/// ```
/// use integrator_core::{Value, json};
/// use integrator_directus::collection::Filter;
///
/// let filter = Filter::field("status").eq("published").and(Filter::field("author.name").starts_with("A"));
/// assert_eq!(
///     Value::from(filter),
///     json!({"_and": [{"status": {"_eq": "published"}}, {"author": {"name": {"_starts_with": "A"}}}]})
/// );
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Filter(Value);

/// A field that a rule is about; each operator makes a [`Filter`] of it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use = "a field alone is no filter"]
pub struct Field(String);

impl Filter {
    /// A field; dots reach into relations, and functions such as `year(date_created)` are fields, too.
    pub fn field(path: impl Into<String>) -> Field {
        Field(path.into())
    }

    /// Matches what all of these match.
    #[must_use]
    pub fn all(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(json!({ "_and": list(filters.into_iter().map(|filter| filter.0)) }))
    }

    /// Matches what one of these matches.
    #[must_use]
    pub fn any(filters: impl IntoIterator<Item = Self>) -> Self {
        Self(json!({ "_or": list(filters.into_iter().map(|filter| filter.0)) }))
    }

    /// Matches what both match.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.joined("_and", other)
    }

    /// Matches what either matches.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.joined("_or", other)
    }

    /// `a.and(b).and(c)` is one list of three.
    fn joined(mut self, how: &str, other: Self) -> Self {
        let only = self.0.as_object().is_some_and(|members| members.len() == 1);
        match self.0.get_mut(how).and_then(Value::as_array_mut).filter(|_| only) {
            Some(filters) => {
                filters.push(other.0);
                self
            }
            None => Self(json!({ how: [self.0, other.0] })),
        }
    }
}

/// The JSON of a filter is one.
impl From<Value> for Filter {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<Filter> for Value {
    fn from(filter: Filter) -> Self {
        filter.0
    }
}

/// Operators with a value, without one, and with a list.
macro_rules! operators {
    (
        value { $($(#[$note:meta])* $name:ident = $operator:literal,)* }
        flag { $($(#[$flag_note:meta])* $flag:ident = $flag_operator:literal,)* }
        list { $($(#[$list_note:meta])* $list:ident = $list_operator:literal,)* }
    ) => {
        impl Field {
            $(
                $(#[$note])*
                #[must_use]
                pub fn $name(self, value: impl Into<Value>) -> Filter {
                    self.rule($operator, value.into())
                }
            )*
            $(
                $(#[$flag_note])*
                #[must_use]
                pub fn $flag(self) -> Filter {
                    self.rule($flag_operator, Value::Bool(true))
                }
            )*
            $(
                $(#[$list_note])*
                #[must_use]
                pub fn $list<V: Into<Value>>(self, values: impl IntoIterator<Item = V>) -> Filter {
                    self.rule($list_operator, list(values.into_iter().map(Into::into)))
                }
            )*
        }
    };
}

operators! {
    value {
        /// Equals.
        eq = "_eq",
        /// Does not equal.
        neq = "_neq",
        /// Less than.
        lt = "_lt",
        /// At most.
        lte = "_lte",
        /// Greater than.
        gt = "_gt",
        /// At least.
        gte = "_gte",
        /// Contains this text.
        contains = "_contains",
        /// Does not contain this text.
        ncontains = "_ncontains",
        /// Contains this text in any case.
        icontains = "_icontains",
        /// Does not contain this text in any case.
        nicontains = "_nicontains",
        /// Starts with this text.
        starts_with = "_starts_with",
        /// Starts with this text in any case.
        istarts_with = "_istarts_with",
        /// Does not start with this text.
        nstarts_with = "_nstarts_with",
        /// Does not start with this text in any case.
        nistarts_with = "_nistarts_with",
        /// Ends with this text.
        ends_with = "_ends_with",
        /// Ends with this text in any case.
        iends_with = "_iends_with",
        /// Does not end with this text.
        nends_with = "_nends_with",
        /// Does not end with this text in any case.
        niends_with = "_niends_with",
        /// Matches this regular expression; in validations only.
        regex = "_regex",
        /// Meets this geometry.
        intersects = "_intersects",
        /// Does not meet this geometry.
        nintersects = "_nintersects",
        /// Meets the box around this geometry.
        intersects_bbox = "_intersects_bbox",
        /// Does not meet the box around this geometry.
        nintersects_bbox = "_nintersects_bbox",
    }
    flag {
        /// Is null.
        is_null = "_null",
        /// Is not null.
        is_not_null = "_nnull",
        /// Is null, an empty text, or an empty list.
        is_empty = "_empty",
        /// Is neither null nor empty.
        is_not_empty = "_nempty",
        /// Was sent; in validations only.
        is_submitted = "_submitted",
    }
    list {
        /// Is one of these.
        is_in = "_in",
        /// Is none of these.
        is_not_in = "_nin",
    }
}

impl Field {
    /// Lies between both, which count.
    #[must_use]
    pub fn between(self, from: impl Into<Value>, to: impl Into<Value>) -> Filter {
        self.rule("_between", list([from.into(), to.into()].into_iter()))
    }

    /// Does not lie between both.
    #[must_use]
    pub fn not_between(self, from: impl Into<Value>, to: impl Into<Value>) -> Filter {
        self.rule("_nbetween", list([from.into(), to.into()].into_iter()))
    }

    /// Some item of this relation matches.
    #[must_use]
    pub fn some(self, filter: Filter) -> Filter {
        self.rule("_some", filter.0)
    }

    /// No item of this relation matches.
    #[must_use]
    pub fn none(self, filter: Filter) -> Filter {
        self.rule("_none", filter.0)
    }

    /// The rule inside an object for each step of the path.
    fn rule(self, operator: &str, value: Value) -> Filter {
        let mut rule = json!({});
        rule[operator] = value;
        // A dot inside of a function's parentheses is no step.
        let steps = if self.0.contains('(') {
            vec![self.0.as_str()]
        } else {
            self.0.split('.').collect()
        };
        Filter(steps.into_iter().rev().fold(rule, |inner, step| json!({ step: inner })))
    }
}

fn list(values: impl Iterator<Item = Value>) -> Value {
    Value::Array(values.collect())
}
