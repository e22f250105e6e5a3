//! Which group a call belongs to: the group of its operation, with `{body.name}` replaced by that argument's value.

use std::borrow::Cow;

use crate::arguments::Arguments;
use crate::operation::Operation;

/// Longest value that becomes part of a group's name, in bytes; a longer one is cut.
const LONGEST: usize = 64;

/// The group that limits and circuits of a call are kept by.
pub(crate) fn of(operation: &'static Operation, arguments: &Arguments) -> Cow<'static, str> {
    let template = operation.group;
    let Some((before, rest)) = template.split_once("{body.") else {
        return Cow::Borrowed(template);
    };
    let (name, after) = rest.split_once('}').unwrap_or((rest, ""));
    let listed = operation.argument(name).and_then(|at| u16::try_from(at).ok());
    let value = listed.and_then(|at| arguments.get(at)).unwrap_or_default();
    let value = value.trim_matches('"');
    let end = (0..=value.len().min(LONGEST))
        .rev()
        .find(|at| value.is_char_boundary(*at));
    Cow::Owned(format!(
        "{before}{}{after}",
        value.get(..end.unwrap_or(0)).unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::acme::{CREATE, RETRIEVE};

    static BY_NAME: Operation = Operation {
        group: "model:{body.name}",
        ..CREATE
    };

    #[test]
    fn a_templated_group_takes_the_argument() {
        let mut arguments = Arguments::default();
        assert_eq!(of(&RETRIEVE, &arguments), "default");
        assert_eq!(of(&BY_NAME, &arguments), "model:");
        arguments.put(0, &"large".to_owned());
        assert_eq!(of(&BY_NAME, &arguments), "model:large");
        arguments.put(0, &"ä".repeat(100));
        assert_eq!(of(&BY_NAME, &arguments), format!("model:{}", "ä".repeat(32)));
    }
}
