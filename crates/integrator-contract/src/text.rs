//! Formats of strings that JSON Schema leaves open, and examples of all that we know.

/// A decimal number as text, `-12.50`.
pub(crate) fn is_decimal(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    (!whole.is_empty() || !fraction.is_empty()) && all_digits(whole) && all_digits(fraction)
}

/// A 64-bit integer as text.
pub(crate) fn is_int64(text: &str) -> bool {
    text.parse::<i64>().is_ok()
}

/// An example of a string of this format; none for a format that we do not know.
pub(crate) fn example(format: &str, random: &mut fastrand::Rng) -> Option<String> {
    let n = random.u32(0..10_000);
    Some(match format {
        "date-time" => {
            let (month, day, hour, minute) = (1 + n % 12, 1 + n % 28, n % 24, n % 60);
            format!("2026-{month:02}-{day:02}T{hour:02}:{minute:02}:00Z")
        }
        "date" => format!("2026-{:02}-{:02}", 1 + n % 12, 1 + n % 28),
        "time" => format!("{:02}:{:02}:00Z", n % 24, n % 60),
        "duration" => format!("PT{}M", 1 + n % 59),
        "uri" | "url" | "iri" | "uri-reference" | "iri-reference" => {
            format!("https://example.com/{n:04x}")
        }
        "email" | "idn-email" => format!("person{n}@example.com"),
        "hostname" | "idn-hostname" => format!("host{n}.example.com"),
        "ipv4" => format!("192.0.2.{}", n % 256),
        "ipv6" => format!("2001:db8::{n:x}"),
        "uuid" => format!("{:08x}-0000-4000-8000-{:012x}", n, random.u32(..)),
        "decimal" => format!("{}.{:02}", n, n % 100),
        "int64" => n.to_string(),
        "currency" => ["eur", "usd", "gbp", "jpy"][n as usize % 4].to_owned(),
        "byte" | "base64" => "aW50ZWdyYXRvcg==".to_owned(),
        "binary" => "integrator".to_owned(),
        "regex" => "^[a-z]+$".to_owned(),
        "json-pointer" => format!("/n/{n}"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_digits_with_one_point() {
        for good in ["0", "12", "-12.50", "+1.", ".5", "123456789012345678901234567890.1"] {
            assert!(is_decimal(good), "{good}");
        }
        for bad in ["", ".", "-", "1e5", "1.2.3", "12,5", "NaN", " 1"] {
            assert!(!is_decimal(bad), "{bad}");
        }
    }
}
