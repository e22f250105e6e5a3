//! The limits that a document puts on arguments.

use crate::operation::Bound;
use crate::wire::scan;

/// What is wrong with `json`, without repeating the value; `None` when it keeps the bound or the bound is not about it.
pub(super) fn broken(json: &str, bound: &Bound) -> Option<String> {
    match *bound {
        Bound::MinLength(least) => {
            (length(json)? < least).then(|| format!("is shorter than {least} {}", plural(least, "character")))
        }
        Bound::MaxLength(greatest) => {
            (length(json)? > greatest).then(|| format!("is longer than {greatest} {}", plural(greatest, "character")))
        }
        Bound::Minimum(least) => (number(json)? < least).then(|| format!("is less than {least}")),
        Bound::Maximum(greatest) => (number(json)? > greatest).then(|| format!("is greater than {greatest}")),
        Bound::MinItems(least) => {
            (items(json)? < least).then(|| format!("has fewer than {least} {}", plural(least, "item")))
        }
        Bound::MaxItems(greatest) => {
            (items(json)? > greatest).then(|| format!("has more than {greatest} {}", plural(greatest, "item")))
        }
    }
}

fn length(json: &str) -> Option<u64> {
    Some(scan::string(json)?.chars().count() as u64)
}

fn number(json: &str) -> Option<f64> {
    if json.starts_with('"') {
        return None;
    }
    scan::scalar(json)?.parse().ok()
}

fn items(json: &str) -> Option<u64> {
    json.starts_with('[').then(|| scan::items(json).count() as u64)
}

fn plural(count: u64, word: &str) -> String {
    if count == 1 {
        word.to_owned()
    } else {
        format!("{word}s")
    }
}
