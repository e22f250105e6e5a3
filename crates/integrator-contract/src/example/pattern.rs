//! Text that a regular expression matches.

use fastrand::Rng;
use regex_syntax::hir::{Class, Hir, HirKind};

/// Longest text that is built.
const LONGEST: usize = 10_000;

/// None when the pattern uses what automata cannot do, such as looking ahead.
pub(super) fn example(pattern: &str, random: &mut Rng) -> Option<String> {
    let parsed = regex_syntax::parse(pattern).ok()?;
    let mut text = String::new();
    write(&parsed, random, &mut text)?;
    Some(text)
}

fn write(part: &Hir, random: &mut Rng, text: &mut String) -> Option<()> {
    match part.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => text.push(character(class, random)?),
        HirKind::Repetition(repetition) => {
            let most = repetition.max.unwrap_or(u32::MAX).min(repetition.min.saturating_add(2));
            for _ in 0..random.u32(repetition.min..=most) {
                if text.len() > LONGEST {
                    return None;
                }
                write(&repetition.sub, random, text)?;
            }
        }
        HirKind::Capture(capture) => write(&capture.sub, random, text)?,
        HirKind::Concat(parts) => {
            for part in parts {
                write(part, random, text)?;
            }
        }
        HirKind::Alternation(parts) => write(random.choice(parts)?, random, text)?,
    }
    Some(())
}

/// A printable ASCII character of the class where it has one.
fn character(class: &Class, random: &mut Rng) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class
            .ranges()
            .iter()
            .map(|range| (range.start(), range.end()))
            .collect(),
        Class::Bytes(class) => class
            .ranges()
            .iter()
            .map(|range| (range.start().into(), range.end().into()))
            .collect(),
    };
    let printable: Vec<(char, char)> = ranges
        .iter()
        .map(|(first, last)| ((*first).max('!'), (*last).min('~')))
        .filter(|(first, last)| first <= last)
        .collect();
    let (first, last) = *random.choice(if printable.is_empty() { &ranges } else { &printable })?;
    Some(random.char(first..=last))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_has_the_shape() {
        let mut random = Rng::with_seed(3);
        let color = example(r"^#[a-f\d]{6}$", &mut random).unwrap();
        assert!(color.len() == 7 && color.starts_with('#'), "{color}");
        assert!(color[1..].chars().all(|c| c.is_ascii_hexdigit()), "{color}");
        assert_eq!(
            example("^(a|b)?c$", &mut random).map(|text| text.ends_with('c')),
            Some(true)
        );
        assert_eq!(example("(?=a)b", &mut random), None);
    }
}
