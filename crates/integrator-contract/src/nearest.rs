//! What somebody may have meant who wrote a name or a path that does not exist.

use crate::Operation;

/// The name in `known` that a typing error away from `name`, if any.
#[must_use]
pub fn name<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = 1 + name.chars().count() / 3;
    known
        .map(|candidate| (distance(name, candidate), candidate))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// Up to three `METHOD /template` that look most like the request.
pub(crate) fn routes(operations: &[Operation], method: &str, path: &str) -> Vec<String> {
    let wanted: Vec<&str> = path.split('/').collect();
    let mut ranked: Vec<(usize, &Operation)> = operations
        .iter()
        .map(|operation| {
            let template: Vec<&str> = operation.path.split('/').collect();
            let segments: usize = wanted.iter().zip(&template).map(|(a, b)| segment_distance(a, b)).sum();
            let rest = wanted.len().abs_diff(template.len()) * 6;
            (segments + rest + usize::from(operation.method != method) * 3, operation)
        })
        .collect();
    ranked.sort_by_key(|(distance, _)| *distance);
    ranked
        .iter()
        .take(3)
        .map(|(_, operation)| format!("{} {}", operation.method, operation.path))
        .collect()
}

fn segment_distance(wanted: &str, template: &str) -> usize {
    if template.contains('{') {
        1
    } else {
        distance(wanted, template)
    }
}

/// Edits (insert, delete, replace) from one name to another; long names count as far away.
fn distance(a: &str, b: &str) -> usize {
    if a == b {
        return 0;
    }
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > 64 || b.len() > 64 {
        return a.len().max(b.len());
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            let cost = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            row[j] = left;
            diagonal = above;
            left = cost;
        }
        row[b.len()] = left;
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (a, b, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("kitten", "sitting", 3),
            ("limt", "limit", 1),
            ("ab", "ba", 2),
        ] {
            assert_eq!(distance(a, b), expected, "{a} → {b}");
        }
    }

    #[test]
    fn only_a_typing_error_is_suggested() {
        assert_eq!(name("emial", ["name", "email"].into_iter()), Some("email"));
        assert_eq!(name("telephone", ["name", "email"].into_iter()), None);
    }
}
