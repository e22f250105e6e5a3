//! From a validator's errors to sentences that say what was expected, without the value that was found.
//!
//! Alternatives (`anyOf`, `oneOf`) report the member that fits best, since "fits none" helps nobody.

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

use crate::violation::{Problem, escaped};

/// A keyword of our own may return nothing but a message, so the inner path travels in it.
const SEPARATOR: char = '\u{1f}';
/// Longest list of allowed values that a message spells out.
const SHOWN: usize = 8;

pub(crate) fn packed(problem: &Problem) -> String {
    format!("{}{SEPARATOR}{}", problem.path, problem.message)
}

pub(crate) fn collect(error: &ValidationError<'_>, problems: &mut Vec<Problem>) {
    let path = error.instance_path().as_str();
    match error.kind() {
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
            problems.extend(best_member(path, error.instance(), context));
        }
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            let at = |name: &String| Problem::new(format!("{path}/{}", escaped(name)), "unknown member");
            problems.extend(unexpected.iter().map(at));
        }
        Kind::Required { property } => {
            let name = property.as_str().unwrap_or_default();
            problems.push(Problem::new(
                format!("{path}/{}", escaped(name)),
                "required but missing",
            ));
        }
        // Documents say `oneOf` where they mean `anyOf`, and no server counts.
        Kind::OneOfMultipleValid { .. } => {}
        Kind::Custom { message, .. } => problems.push(match message.split_once(SEPARATOR) {
            Some((inner, message)) => Problem::new(format!("{path}{inner}"), message),
            None => Problem::new(path, message),
        }),
        kind => problems.push(Problem::new(path, sentence(kind, error))),
    }
}

fn best_member(path: &str, instance: &Value, members: &[Vec<ValidationError<'static>>]) -> Vec<Problem> {
    let explained = members.iter().map(|errors| {
        let mut problems = Vec::new();
        errors.iter().for_each(|error| collect(error, &mut problems));
        (Misfit::of(path, errors, &problems), problems)
    });
    let explained: Vec<_> = explained.collect();
    if explained.iter().all(|(misfit, _)| misfit.wrong_kind) {
        let mut expected: Vec<&str> = explained
            .iter()
            .flat_map(|(_, problems)| problems)
            .filter_map(|problem| problem.message.strip_prefix("expected ")?.split(", found ").next())
            .collect();
        expected.dedup();
        if !expected.is_empty() {
            let message = format!("expected {}, found {}", expected.join(" or "), kind_of(instance));
            return vec![Problem::new(path, message)];
        }
    }
    let best = explained.into_iter().min_by_key(|(misfit, _)| *misfit);
    best.map_or_else(
        || vec![Problem::new(path, "no value is allowed")],
        |(_, problems)| problems,
    )
}

/// How badly a member of a union fits; the least fits best.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Misfit {
    wrong_kind: bool,
    wrong_tag: bool,
    problems: usize,
}

impl Misfit {
    fn of(path: &str, errors: &[ValidationError<'_>], problems: &[Problem]) -> Self {
        let wrong_kind = |problem: &Problem| problem.path == path && problem.message.contains(", found ");
        let wrong_tag = |problem: &Problem| {
            let inside = problem.path.strip_prefix(path).unwrap_or_default();
            inside.matches('/').count() == 1 && problem.message.starts_with("expected the constant")
        };
        Self {
            wrong_kind: problems.iter().any(wrong_kind),
            wrong_tag: problems.iter().any(wrong_tag),
            problems: errors.len().max(problems.len()),
        }
    }
}

fn sentence(kind: &Kind, error: &ValidationError<'_>) -> String {
    let found = kind_of(error.instance());
    match kind {
        Kind::Type {
            kind: TypeKind::Single(expected),
        } => format!("expected {expected}, found {found}"),
        Kind::Type {
            kind: TypeKind::Multiple(expected),
        } => {
            let expected: Vec<String> = expected.iter().map(|kind| kind.to_string()).collect();
            format!("expected {}, found {found}", expected.join(" or "))
        }
        Kind::Enum { options } => allowed(options),
        Kind::Constant { expected_value } => format!("expected the constant {expected_value}"),
        Kind::Format { format } => format!("expected the format {format}"),
        Kind::Pattern { pattern } => format!("expected text that matches {pattern}"),
        Kind::Minimum { limit } => format!("expected at least {limit}"),
        Kind::Maximum { limit } => format!("expected at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("expected more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("expected less than {limit}"),
        Kind::MinLength { limit } => format!("expected at least {limit} characters"),
        Kind::MaxLength { limit } => format!("expected at most {limit} characters"),
        Kind::MinItems { limit } => format!("expected at least {limit} items"),
        Kind::MaxItems { limit } => format!("expected at most {limit} items"),
        Kind::MinProperties { limit } => format!("expected at least {limit} members"),
        Kind::MaxProperties { limit } => format!("expected at most {limit} members"),
        Kind::UniqueItems => "expected items that differ from each other".to_owned(),
        Kind::MultipleOf { multiple_of } => format!("expected a multiple of {multiple_of}"),
        Kind::FalseSchema => "no value is allowed".to_owned(),
        _ => error.masked().to_string(),
    }
}

fn allowed(options: &Value) -> String {
    let options = options.as_array().map_or(&[][..], Vec::as_slice);
    if let [only] = options {
        return format!("expected the constant {only}");
    }
    let shown: Vec<String> = options.iter().take(SHOWN).map(Value::to_string).collect();
    let rest = options.len().saturating_sub(SHOWN);
    let more = if rest == 0 {
        String::new()
    } else {
        format!(" or {rest} more")
    };
    format!("expected one of {}{more}", shown.join(", "))
}

/// What kind of JSON value this is, in the words of JSON Schema.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
