//! Strings for simple patterns: literals, classes, groups, alternatives and repeats.
//!
//! A pattern that needs more than that is an error, not a guess.

use std::iter::Peekable;
use std::str::Chars;

/// Repeats beyond the least number that a pattern asks for.
const EXTRA: u32 = 3;

/// A string that matches the expression.
pub(super) fn sample(expression: &str, rng: &mut fastrand::Rng) -> Result<String, String> {
    let mut reader = Reader {
        rest: expression.chars().peekable(),
        rng,
    };
    let text = reader.alternatives()?;
    match reader.rest.next() {
        None => Ok(text),
        Some(left) => Err(format!("the pattern {expression:?} is beyond this reader at {left:?}")),
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    rng: &'a mut fastrand::Rng,
}

impl Reader<'_> {
    fn alternatives(&mut self) -> Result<String, String> {
        let mut all = vec![self.sequence()?];
        while self.rest.next_if_eq(&'|').is_some() {
            all.push(self.sequence()?);
        }
        let chosen = self.rng.usize(..all.len());
        Ok(all.swap_remove(chosen))
    }

    fn sequence(&mut self) -> Result<String, String> {
        let mut text = String::new();
        while let Some(next) = self.rest.next_if(|next| !matches!(next, '|' | ')')) {
            let atom = match next {
                '^' | '$' => continue,
                '(' => {
                    let inner = self.alternatives()?;
                    self.rest.next_if_eq(&')').ok_or("a group without an end")?;
                    vec![inner]
                }
                '[' => self.class()?.into_iter().map(String::from).collect(),
                '.' => vec!["x".to_owned()],
                '\\' => self.escape()?.into_iter().map(String::from).collect(),
                '?' | '*' | '+' | '{' => return Err("a repeat of nothing".to_owned()),
                literal => vec![literal.to_string()],
            };
            for _ in 0..self.times()? {
                text.push_str(&atom[self.rng.usize(..atom.len())]);
            }
        }
        Ok(text)
    }

    fn times(&mut self) -> Result<u32, String> {
        let (least, most) = match self.rest.peek() {
            Some('?') => (0, 1),
            Some('*') => (0, EXTRA),
            Some('+') => (1, 1 + EXTRA),
            Some('{') => {
                let inside: String = self.rest.by_ref().skip(1).take_while(|next| *next != '}').collect();
                let (least, most) = inside.split_once(',').unwrap_or((&inside, &inside));
                let least: u32 = least.parse().map_err(|_| "a repeat without a number")?;
                let most = if most.is_empty() {
                    Ok(least + EXTRA)
                } else {
                    most.parse()
                };
                return Ok(self
                    .rng
                    .u32(least..=most.map_err(|_| "a repeat without a number")?.min(least + EXTRA)));
            }
            _ => return Ok(1),
        };
        self.rest.next();
        Ok(self.rng.u32(least..=most))
    }

    fn class(&mut self) -> Result<Vec<char>, String> {
        let mut members = Vec::new();
        loop {
            match self.rest.next().ok_or("a class without an end")? {
                ']' if members.is_empty() => return Err("an empty class".to_owned()),
                ']' => return Ok(members),
                '^' if members.is_empty() => return Err("a negated class".to_owned()),
                '\\' => members.extend(self.escape()?),
                first => {
                    let mut ahead = self.rest.clone();
                    let range = ahead.next() == Some('-') && ahead.next().is_some_and(|last| last != ']');
                    if range {
                        self.rest.next();
                    }
                    let last = if range {
                        self.rest.next().unwrap_or(first)
                    } else {
                        first
                    };
                    members.extend(first..=last);
                }
            }
        }
    }

    fn escape(&mut self) -> Result<Vec<char>, String> {
        Ok(match self.rest.next().ok_or("an escape of nothing")? {
            'd' => ('0'..='9').collect(),
            'w' => ('a'..='z').chain('0'..='9').chain(['_']).collect(),
            's' => vec![' '],
            letter if letter.is_ascii_alphanumeric() => {
                return Err(format!("the escape \\{letter}"));
            }
            literal => vec![literal],
        })
    }
}
