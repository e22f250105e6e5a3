//! Numbers as RFC 8259 writes them.

use serde::de::Error as _;

use super::{Fault, Reader};

/// A number in the first of these forms that holds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Number {
    Unsigned(u64),
    /// Below zero.
    Signed(i64),
    /// Whatever has a fraction or an exponent, or is too large for the others; and `-0`.
    Float(f64),
}

/// So many digits fit into 64 bits, sign or no sign.
const SURE: usize = 18;

impl Reader<'_> {
    /// Reads the number that begins here.
    pub(super) fn number(&mut self) -> Result<Number, Fault> {
        let rest = self.json.as_bytes().get(self.at..).unwrap_or_default();
        let (negative, digits) = match rest {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let is_plain = match digits {
            [b'0', ..] => count == 1 && !negative,
            _ => (1..=SURE).contains(&count),
        } && !matches!(digits.get(count), Some(b'.' | b'e' | b'E'));
        if !is_plain {
            return self.odd_number();
        }
        let mut sum = 0_u64;
        for digit in digits.iter().take(count) {
            sum = sum * 10 + u64::from(digit - b'0');
        }
        self.at += count + usize::from(negative);
        Ok(match i64::try_from(sum) {
            Ok(sum) if negative => Number::Signed(-sum),
            _ => Number::Unsigned(sum),
        })
    }

    /// Reads a number that is no short integer.
    fn odd_number(&mut self) -> Result<Number, Fault> {
        let from = self.at;
        self.skip_number()?;
        let text = self.json.get(from..self.at).unwrap_or_default();
        if text != "-0" {
            if let Ok(number) = text.parse() {
                return Ok(Number::Unsigned(number));
            }
            if let Ok(number) = text.parse() {
                return Ok(Number::Signed(number));
            }
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(Number::Float(number)),
            _ => Err(Fault::custom("number out of range")),
        }
    }

    /// Passes over the number that begins here.
    pub(super) fn skip_number(&mut self) -> Result<(), Fault> {
        let byte = |at: usize| self.json.as_bytes().get(at).copied();
        let digits = |from: usize| {
            let rest = self.json.as_bytes().get(from..).unwrap_or_default();
            from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut at = self.at + usize::from(byte(self.at) == Some(b'-'));
        let mut sound = byte(at).is_some_and(|byte| byte.is_ascii_digit());
        at = match byte(at) {
            Some(b'0') => at + 1,
            _ => digits(at),
        };
        if sound && byte(at) == Some(b'.') {
            let end = digits(at + 1);
            sound = end > at + 1;
            at = end;
        }
        if sound && matches!(byte(at), Some(b'e' | b'E')) {
            at += 1;
            at += usize::from(matches!(byte(at), Some(b'+' | b'-')));
            let end = digits(at);
            sound = end > at;
            at = end;
        }
        self.at = at;
        match sound {
            true => Ok(()),
            false => Err(self.expected("a digit")),
        }
    }
}
